"""What may be put again and what a deletion does: repeated objects, kept history, personal data erased for certain."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import lz4.frame
import pytest

from sync.centre.inbox import Conflict, Inbox, ObjectPut
from sync.centre.inbox.names import Kind, Lineage, ObjectName, parse_name
from sync.centre.inbox.refusal import RefusalError
from sync.centre.mirror import Mirror
from tests.centre.inbox_helpers import GENERATION, INCARNATION, LINEAGE, OFFICE, Source, keys, packed, rows_in, store

DAY_MS = 86_400_000
PERSONAL = Lineage(OFFICE, INCARNATION, "personal")


class Clock:
    def __init__(self) -> None:
        self.ms = 1_795_000_000_000

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def conflicts() -> list[Conflict]:
    return []


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def inbox(tmp_path: Path, conflicts: list[Conflict], clock: Clock) -> Inbox:
    return Inbox(tmp_path / "inbox", keys(), on_conflict=conflicts.append, now_ms=clock, personal_hours=20)


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Source]:
    source = Source(tmp_path / "queue.db")
    source.write(3)
    yield source
    source.close()


def piece_of(source: Source) -> tuple[ObjectName, bytes]:
    piece = source.piece()
    assert piece is not None
    return piece


def refused(inbox: Inbox, name: ObjectName, body: bytes) -> RefusalError:
    with pytest.raises(RefusalError) as caught:
        store(inbox, (name, body))
    return caught.value


def bytes_of(inbox: Inbox, name: ObjectName) -> bytes:
    path = inbox.find(name)
    assert path is not None
    return path.read_bytes()


def test_same_bytes_again_are_fine_and_not_news(inbox: Inbox, source: Source, conflicts: list[Conflict]) -> None:
    heard: list[ObjectPut] = []
    inbox.listen(heard.append)
    for item in (source.snapshot(), piece_of(source)):
        store(inbox, item)
        store(inbox, item)
    assert len(heard) == 2
    assert inbox.counting.numbers()["repeats"] == 2
    assert conflicts == []


def test_piece_with_other_bytes_is_refused_reported_and_the_first_stays(
    inbox: Inbox, source: Source, conflicts: list[Conflict], tmp_path: Path
) -> None:
    name, body = piece_of(source)
    store(inbox, (name, body))
    second = Source(tmp_path / "second.db")
    second.write(3)
    refusal = refused(inbox, *piece_of(second))
    second.close()
    assert (refusal.code, refusal.status) == ("PieceChanged", 409)
    assert bytes_of(inbox, name) == body
    assert [(one.office, one.reason, one.name) for one in conflicts] == [(OFFICE, "piece-changed", str(name))]
    # Also after the first was deleted: a thief's key doesn't write another history.
    inbox.delete(name)
    assert refused(inbox, name, packed(bytes(lz4.frame.decompress(body)[:32]) + bytes(1048))).code == "PieceChanged"
    assert len(conflicts) == 2
    assert inbox.find(name) is None
    store(inbox, (name, body))
    assert bytes_of(inbox, name) == body


def test_an_upload_that_arrives_late_is_no_second_device(
    inbox: Inbox, source: Source, conflicts: list[Conflict]
) -> None:
    name, body = piece_of(source)
    source.write(2)
    source.offset = 0
    _, longer = piece_of(source)
    store(inbox, (name, body))
    assert refused(inbox, name, longer).reason == "piece-length"
    assert bytes_of(inbox, name) == body
    assert conflicts == []


def test_a_replaced_snapshot_keeps_the_old_ones_aside(inbox: Inbox, source: Source, clock: Clock) -> None:
    heard: list[ObjectPut] = []
    inbox.listen(heard.append)
    old = []
    for _ in range(6):
        source.write(2)
        source.connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        name, body = source.snapshot()
        store(inbox, (name, body))
        old.append(body)
        clock.ms += 1000
    assert bytes_of(inbox, name) == old[-1]
    aside = sorted(path for path in (inbox.objects.parent / "aside").rglob("*") if path.is_file())
    assert [path.read_bytes() for path in aside] == old[2:5]
    assert len(heard) == 6
    assert inbox.purge(clock.ms + 29 * DAY_MS) == 0
    assert inbox.purge(clock.ms + 31 * DAY_MS) == 3
    assert bytes_of(inbox, name) == old[-1]


def test_older_generation_that_comes_back_is_reported(
    inbox: Inbox, source: Source, conflicts: list[Conflict], tmp_path: Path
) -> None:
    store(inbox, source.snapshot())
    store(inbox, piece_of(source))
    other = Source(tmp_path / "other.db", generation="00000000000000b2")
    other.write()
    store(inbox, other.snapshot())
    store(inbox, piece_of(other))
    source.write()
    store(inbox, piece_of(source))
    assert conflicts == []  # a minute's grace for what was on its way
    for path in inbox.objects.rglob("*.lz4"):
        at_ns = path.stat().st_mtime_ns - 61 * 1_000_000_000
        os.utime(path, ns=(at_ns, at_ns))
    again = Inbox(inbox.objects.parent, keys(), on_conflict=conflicts.append)
    other.write()
    store(again, piece_of(other))
    assert conflicts == []
    source.write()
    store(again, piece_of(source))
    assert [one.reason for one in conflicts] == ["generation-returns"]
    other.close()


def test_deleted_queue_objects_are_kept_for_their_days_and_come_back(
    inbox: Inbox, source: Source, clock: Clock, tmp_path: Path
) -> None:
    mirror = Mirror(tmp_path / "mirrors", inbox, OFFICE, INCARNATION)
    items = [source.snapshot(), piece_of(source)]
    source.write()
    items.append(piece_of(source))
    for item in items:
        store(inbox, item)
    assert mirror.bring_forward().trouble == ""
    for name, _ in items:
        assert inbox.delete(name)
        assert not inbox.delete(name)
    assert inbox.lineages() == []
    # Nobody could restore now: the centre asks for a snapshot, and its own image still stands.
    assert mirror.bring_forward().trouble == "no-base"
    assert rows_in(mirror.path) == source.rows()
    again = Mirror(tmp_path / "again", Inbox(inbox.objects.parent, keys(), now_ms=clock), OFFICE, INCARNATION)
    assert again.bring_forward().trouble == "no-base"
    assert rows_in(again.path) == source.rows()
    clock.ms += 29 * DAY_MS
    assert inbox.purge(clock.ms) == 0
    assert inbox.bring_back(LINEAGE) == 3
    assert [bytes_of(inbox, name) for name, _ in items] == [body for _, body in items]
    assert mirror.bring_forward().trouble == ""
    for name, _ in items:
        inbox.delete(name)
    assert inbox.purge(clock.ms + 32 * DAY_MS) == 3
    assert inbox.bring_back(LINEAGE) == 0


def holding(folder: Path, needle: bytes) -> list[Path]:
    """Files in which a text can be found, packed or not."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file():
            raw = path.read_bytes()
            if raw.startswith(b"\x04\x22\x4d\x18"):
                raw = lz4.frame.decompress(raw)
            if needle in raw:
                found.append(path)
    return found


def test_personal_objects_are_gone_from_every_byte_after_their_hours(
    inbox: Inbox, clock: Clock, tmp_path: Path
) -> None:
    name_of_a_person = b"Planted Name Petrenko"
    top = inbox.objects.parent
    source = Source(tmp_path / "personal.db", PERSONAL)
    queue = Source(tmp_path / "queue.db")
    for one in (source, queue):
        one.connection.execute("INSERT INTO slip (id, body) VALUES (100, ?)", (name_of_a_person,))
    for item in (queue.snapshot(), piece_of(queue), source.snapshot(), piece_of(source)):
        store(inbox, item)
    source.next_index()
    store(inbox, source.snapshot())
    replaced = ObjectName(PERSONAL, GENERATION, Kind.SNAPSHOT, 1)
    source.write()
    source.connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    store(inbox, source.snapshot())
    personal = [path for path in holding(top, name_of_a_person) if "/personal/" in str(path)]
    # The replaced snapshot has no copy aside; the piece and the newest snapshot hold the name.
    assert len(personal) == 2
    assert bytes_of(inbox, replaced) in [path.read_bytes() for path in personal]
    now_ms = int(max(path.stat().st_mtime for path in personal) * 1000)
    assert inbox.purge(now_ms + int(19.9 * 3_600_000)) == 0
    assert len([path for path in holding(top, name_of_a_person) if "/personal/" in str(path)]) == 2
    assert inbox.purge(now_ms + int(20.1 * 3_600_000)) == 3
    assert [path for path in holding(top, name_of_a_person) if "/personal/" in str(path)] == []
    assert len(holding(top, name_of_a_person)) == 1  # the queue's control: purge took nothing else
    # What a device deletes of it is gone at once.
    store(inbox, source.snapshot())
    inbox.delete(replaced)
    assert [path for path in holding(top, name_of_a_person) if "/personal/" in str(path)] == []
    source.close()
    queue.close()


def test_personal_objects_that_are_not_sealed_are_refused_and_nothing_of_them_is_kept(
    inbox: Inbox, tmp_path: Path
) -> None:
    source = Source(tmp_path / "queue.db")
    source.connection.execute("INSERT INTO slip (id, body) VALUES (100, ?)", (b"Planted Name",))
    for name, body in (source.snapshot(), piece_of(source)):
        assert refused(inbox, replace(name, lineage=PERSONAL), body).reason == "not-sealed"
    assert holding(inbox.objects.parent, b"Planted Name") == []
    source.close()


def test_personal_snapshot_that_is_sent_again_is_in_force_again(inbox: Inbox, tmp_path: Path) -> None:
    source = Source(tmp_path / "personal.db", PERSONAL)
    store(inbox, source.snapshot())
    path = inbox.find(source.snapshot()[0])
    assert path is not None
    os.utime(path, (1, 1))
    store(inbox, source.snapshot())
    assert path.stat().st_mtime > 1_000_000
    source.close()


def test_what_an_interrupted_request_left_goes_after_a_day(inbox: Inbox) -> None:
    left = inbox.incoming / "abc" / "00001"
    left.parent.mkdir()
    left.write_bytes(b"x")
    now_ms = int(left.stat().st_mtime * 1000)
    inbox.purge(now_ms + DAY_MS // 2)
    assert left.exists()
    inbox.purge(now_ms + DAY_MS + 1000)
    assert list(inbox.incoming.iterdir()) == []


def test_objects_and_their_folders_are_synced_before_the_answer(
    inbox: Inbox, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order of what reaches the disk: the bytes, the new folders, the name; and only then somebody hears."""
    steps: list[str] = []
    real = os.fsync

    def fsync(fd: int) -> None:
        steps.append(str(Path(f"/proc/self/fd/{fd}").readlink()).replace(str(inbox.objects.parent), ""))
        real(fd)

    monkeypatch.setattr(os, "fsync", fsync)
    inbox.listen(lambda _: steps.append("heard"))
    name, body = piece_of(source)
    store(inbox, (name, body))
    assert steps[0].startswith("/incoming/")
    folder = f"/objects/{name.folder}"
    above = [folder]
    while above[-1] != "/objects":
        above.append(above[-1].rpartition("/")[0])
    assert steps[1:-2] == above[:0:-1]
    assert steps[-2:] == [folder, "heard"]
    steps.clear()
    source.write()
    store(inbox, piece_of(source))
    assert steps[0].startswith("/incoming/")
    assert steps[1:] == [folder, "heard"]


def test_names_are_read_back_as_they_are_written() -> None:
    for name in (
        ObjectName(LINEAGE, GENERATION, Kind.SNAPSHOT, 0xAB),
        ObjectName(replace(LINEAGE, database="personal"), GENERATION, Kind.WAL, 1, 0xFFFFFFFF),
    ):
        assert parse_name(str(name)) == name
