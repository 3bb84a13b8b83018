"""A mirror step by step: pieces, indices, generations; what it says of a gap, a broken piece, a missing base."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import lz4.frame
import pytest

from sync.centre.inbox import Inbox
from sync.centre.inbox.names import ObjectName
from sync.centre.mirror import Mirror, MirrorState
from tests.centre.inbox_helpers import INCARNATION, OFFICE, Source, keys, packed, rows_in, rows_of, store


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path / "inbox", keys())


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Source]:
    source = Source(tmp_path / "queue.db")
    source.write(3)
    yield source
    source.close()


@pytest.fixture
def mirror(tmp_path: Path, inbox: Inbox) -> Mirror:
    return Mirror(tmp_path / "mirrors", inbox, OFFICE, INCARNATION)


def piece_of(source: Source) -> tuple[ObjectName, bytes]:
    piece = source.piece()
    assert piece is not None
    return piece


def base(inbox: Inbox, source: Source) -> None:
    store(inbox, source.snapshot())
    store(inbox, piece_of(source))


def good(mirror: Mirror, source: Source) -> MirrorState:
    state = mirror.bring_forward()
    assert state.trouble == "", state
    assert rows_in(mirror.path) == source.rows()
    assert (state.generation, state.index, state.offset) == (source.generation, source.index, source.offset)
    left = {path.name for path in mirror.path.parent.iterdir()}
    assert left == {"queue.db", ".queue.wal", ".queue.position"}
    return state


def test_nothing_then_a_snapshot_then_its_first_piece(inbox: Inbox, source: Source, mirror: Mirror) -> None:
    assert mirror.bring_forward() == MirrorState(None)
    with pytest.raises(sqlite3.OperationalError):
        mirror.connect().execute("SELECT 1 FROM slip")
    store(inbox, source.snapshot())
    # A snapshot alone may have been copied in the middle of a checkpoint.
    assert mirror.bring_forward() == MirrorState(None)
    store(inbox, piece_of(source))
    state = good(mirror, source)
    assert (state.rebuilt, state.path) == (True, mirror.path)
    assert mirror.bring_forward() == mirror.state()
    assert not mirror.state().rebuilt


def test_pieces_and_indices_are_taken_in_one_by_one_and_many_at_once(
    inbox: Inbox, source: Source, mirror: Mirror
) -> None:
    base(inbox, source)
    good(mirror, source)
    for many in (1, 1, 3, 7):
        for step in range(many):
            source.write(2)
            store(inbox, piece_of(source))
            if step == 2:
                source.next_index()
                source.write()
                store(inbox, piece_of(source))
        state = good(mirror, source)
        assert (state.rebuilt, state.applied) == (False, many + (many >= 3))
    source.drop_some()
    store(inbox, piece_of(source))
    size = good(mirror, source).path.stat().st_size  # type: ignore[union-attr]
    source.next_index()
    assert size == source.path.stat().st_size
    # Anybody may open it with sqlite3: one file in rollback mode, and the page size of the office.
    with closing(sqlite3.connect(mirror.path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert connection.execute("PRAGMA page_size").fetchone() == (1024,)


def test_snapshot_again_is_nothing_new_and_a_later_one_neither(inbox: Inbox, source: Source, mirror: Mirror) -> None:
    base(inbox, source)
    good(mirror, source)
    source.connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    store(inbox, source.snapshot())
    assert not good(mirror, source).rebuilt
    source.next_index()
    store(inbox, source.snapshot())
    source.write()
    store(inbox, piece_of(source))
    state = good(mirror, source)
    assert (state.rebuilt, state.applied) == (False, 1)


def test_new_generation_is_followed_once_it_can_be_read(inbox: Inbox, source: Source, mirror: Mirror) -> None:
    base(inbox, source)
    good(mirror, source)
    before = source.rows()
    source.new_generation("00000000000000b2")
    source.write(4)
    store(inbox, source.snapshot())
    state = mirror.bring_forward()
    assert (state.generation, state.trouble) == ("00000000000000a1", "")
    assert rows_in(mirror.path) == before
    store(inbox, piece_of(source))
    assert good(mirror, source).rebuilt
    source.write()
    store(inbox, piece_of(source))
    assert not good(mirror, source).rebuilt


def test_generation_without_a_snapshot_has_no_base(inbox: Inbox, source: Source, mirror: Mirror) -> None:
    base(inbox, source)
    good(mirror, source)
    before = source.rows()
    source.new_generation("00000000000000b2")
    source.write()
    store(inbox, piece_of(source))
    state = mirror.bring_forward()
    assert (state.trouble, state.generation) == ("no-base", "00000000000000a1")
    assert rows_in(mirror.path) == before
    store(inbox, source.snapshot())
    good(mirror, source)


def test_snapshot_that_overtakes_its_pieces_is_no_broken_one(source: Source, tmp_path: Path) -> None:
    source.write(300, 300)
    waited = []
    for step in range(9):
        # Pages that the first piece of an index leaves alone, and the late one changes.
        source.next_index()
        source.connection.execute("UPDATE slip SET body = randomblob(300) WHERE id = 250")
        inbox = Inbox(tmp_path / f"inbox-{step}", keys())
        mirror = Mirror(tmp_path / f"mirrors-{step}", inbox, OFFICE, INCARNATION)
        store(inbox, piece_of(source))
        source.connection.execute("DELETE FROM slip WHERE id % 10 = ?", (step + 1,))
        source.write(9, 2000)
        late = piece_of(source)
        source.connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        store(inbox, source.snapshot())
        state = mirror.bring_forward()
        assert state.trouble == ""
        waited.append(state.path is None)
        store(inbox, late)
        good(mirror, source)
    assert any(waited), "every mixture could be read: the test shows nothing"


@pytest.mark.parametrize("first_piece", [False, True])
def test_gap_is_told_and_filled(inbox: Inbox, source: Source, mirror: Mirror, first_piece: bool) -> None:
    store(inbox, source.snapshot())
    if not first_piece:
        store(inbox, piece_of(source))
        good(mirror, source)
    before = source.rows()
    source.write()
    missing = piece_of(source)
    source.write()
    store(inbox, piece_of(source))
    for _ in range(2):
        state = mirror.bring_forward()
        assert state.trouble == "gap", state
        if not first_piece:
            assert rows_in(mirror.path) == before
            assert f"{missing[0].index:08x}_{missing[0].offset:08x}" in state.detail
    store(inbox, missing)
    good(mirror, source)


def test_gap_at_a_new_index_heals_by_a_later_snapshot(inbox: Inbox, source: Source, mirror: Mirror) -> None:
    base(inbox, source)
    good(mirror, source)
    source.next_index()
    source.write()
    piece_of(source)
    source.write()
    store(inbox, piece_of(source))
    assert mirror.bring_forward().trouble == "gap"
    source.next_index()
    source.write()
    store(inbox, source.snapshot())
    assert mirror.bring_forward().trouble == "gap"
    store(inbox, piece_of(source))
    state = good(mirror, source)
    assert state.rebuilt


def broken(piece: tuple[ObjectName, bytes], at: int = -10) -> tuple[ObjectName, bytes]:
    """A piece whose frames don't have their checksums, in a frame of lz4 that does."""
    raw = bytearray(lz4.frame.decompress(piece[1]))
    raw[at] ^= 0xFF
    return piece[0], packed(bytes(raw))


@pytest.mark.parametrize("new_index", [False, True])
def test_broken_piece_is_told_and_the_last_good_state_stays(
    inbox: Inbox, source: Source, mirror: Mirror, tmp_path: Path, new_index: bool
) -> None:
    base(inbox, source)
    good(mirror, source)
    if new_index:
        source.next_index()
    before = source.rows()
    source.write()
    store(inbox, broken(piece_of(source)))
    fresh = Mirror(tmp_path / "fresh", inbox, OFFICE, INCARNATION)
    for one in (mirror, fresh, mirror, fresh):
        state = one.bring_forward()
        assert state.trouble == "corrupt", state
        assert rows_in(one.path) == before
        assert one.quick_check() == ""
    source.write()
    store(inbox, piece_of(source))
    assert [one.bring_forward().trouble for one in (mirror, fresh)] == ["corrupt", "corrupt"]
    # A fresh snapshot is what cures it: of this generation after the next index, or of a new one.
    if new_index:
        source.next_index()
    else:
        source.new_generation("00000000000000b2")
    source.write()
    store(inbox, source.snapshot())
    store(inbox, piece_of(source))
    for one in (mirror, fresh):
        assert good(one, source).rebuilt


def test_broken_snapshot_is_told_and_an_older_generation_does(
    inbox: Inbox, source: Source, mirror: Mirror, tmp_path: Path
) -> None:
    source.write(30)
    base(inbox, source)
    good(mirror, source)
    before = source.rows()
    source.new_generation("00000000000000b2")
    name, body = source.snapshot()
    raw = bytearray(lz4.frame.decompress(body))
    for page in range(2, 9):
        raw[page * 1024 : page * 1024 + 400] = bytes(400)
    store(inbox, (name, packed(bytes(raw))))
    source.write()
    store(inbox, piece_of(source))
    for one in (mirror, Mirror(tmp_path / "fresh", inbox, OFFICE, INCARNATION)):
        state = one.bring_forward()
        assert (state.trouble, state.generation) == ("corrupt", "00000000000000a1"), state
        assert rows_in(one.path) == before
    store(inbox, (name, body))
    good(mirror, source)


def test_restart_goes_on_and_a_crash_in_the_middle_builds_anew(
    inbox: Inbox, source: Source, mirror: Mirror, tmp_path: Path
) -> None:
    base(inbox, source)
    good(mirror, source)

    def again() -> MirrorState:
        source.write()
        store(inbox, piece_of(source))
        return good(Mirror(tmp_path / "mirrors", inbox, OFFICE, INCARNATION), source)

    assert not again().rebuilt
    mark = mirror.path.with_name(".queue.position")
    mark.unlink()  # what a kill in the middle of taking a piece in leaves
    assert again().rebuilt
    mirror.path.with_name("queue.db-wal").write_bytes(mirror.path.with_name(".queue.wal").read_bytes())
    assert again().rebuilt
    mark.write_text("{")
    assert again().rebuilt
    mark.write_text(json.dumps(json.loads(mark.read_text()) | {"boot": "another"}))  # a power cut: nothing was synced
    assert again().rebuilt
    os.utime(mirror.path)
    assert again().rebuilt
    mirror.path.unlink()
    assert again().rebuilt
    mirror.path.with_name(".queue.wal").unlink()
    assert again().rebuilt
    with closing(sqlite3.connect(mirror.path)) as vandal:
        vandal.execute("DELETE FROM slip")
        vandal.commit()
    assert again().rebuilt
    assert not again().rebuilt


def test_distrusted_mirror_is_made_anew(inbox: Inbox, source: Source, mirror: Mirror) -> None:
    base(inbox, source)
    good(mirror, source)
    mirror.distrust()
    assert good(mirror, source).rebuilt


def test_quick_check_finds_a_damaged_page(inbox: Inbox, source: Source, mirror: Mirror) -> None:
    source.write(50)
    base(inbox, source)
    good(mirror, source)
    assert mirror.quick_check() == ""
    with mirror.path.open("r+b") as file:
        file.seek(3 * 1024)
        file.write(bytes(1024))
    assert mirror.quick_check() != ""
    assert good(mirror, source).rebuilt


def test_full_disk_of_the_centre_is_told_and_overcome(
    inbox: Inbox, source: Source, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    base(inbox, source)
    good(mirror, source)
    before = source.rows()
    source.write()
    store(inbox, piece_of(source))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr(os, "link", full)
    state = mirror.bring_forward()
    assert (state.trouble, state.path) == ("no-room", mirror.path)
    assert rows_in(mirror.path) == before
    monkeypatch.undo()
    assert good(mirror, source).rebuilt


def test_readers_on_other_threads_see_whole_transactions(inbox: Inbox, source: Source, mirror: Mirror) -> None:
    """Each transaction of the source adds as many rows as it says; a reader never sees a part of one."""
    import threading

    source.connection.execute("CREATE TABLE told (n INTEGER)")
    source.connection.execute("INSERT INTO told SELECT count(*) FROM slip")
    base(inbox, source)
    mirror.bring_forward()
    done, wrong, seen = threading.Event(), [], set()

    def read() -> None:
        while not done.is_set():
            with closing(mirror.connect()) as connection:
                connection.execute("BEGIN")
                told = connection.execute("SELECT n FROM told").fetchone()[0]
                count = len(rows_of(connection))
                seen.add(count)
                if told != count:
                    wrong.append((told, count))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for step in range(80):
        source.connection.execute("BEGIN")
        source.connection.execute("INSERT INTO slip (body) SELECT randomblob(900) FROM slip LIMIT 4")
        source.connection.execute("UPDATE told SET n = (SELECT count(*) FROM slip)")
        source.connection.execute("COMMIT")
        store(inbox, piece_of(source))
        assert mirror.bring_forward().trouble == ""
        if step % 20 == 19:
            source.next_index()
    done.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert len(seen) > 3
    assert rows_in(mirror.path) == source.rows()
