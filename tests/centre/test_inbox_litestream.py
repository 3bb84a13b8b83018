"""The real Litestream against the real inbox over HTTP: mirrored row by row, restored with the same key."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sync.centre.inbox import Inbox, StaticKeys
from sync.centre.mirror import Mirror, MirrorState
from sync.litestream import Pace, find_binary
from sync.replica import Replica, ReplicaCondition
from sync.restore import RestoreCode, restore
from sync.target import FolderTarget, ReplicaPlace, S3Target
from tests.centre.inbox_helpers import INCARNATION, KEY, LINEAGE, OFFICE, keys, served
from tests.sync import writer
from tests.sync.helpers import EAGER, FAST, wait_complete, wait_for

pytestmark = pytest.mark.skipif(find_binary() is None, reason="litestream is not installed")


@pytest.fixture
def access() -> StaticKeys:
    return keys()


@pytest.fixture
def inbox(tmp_path: Path, access: StaticKeys) -> Inbox:
    return Inbox(tmp_path / "inbox", access)


@pytest.fixture
def port(inbox: Inbox) -> Iterator[int]:
    with served(inbox) as port:
        yield port


@pytest.fixture
def source(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = writer.connect(tmp_path / "queue.db")
    yield connection
    connection.close()


def place_at(tmp_path: Path, port: int, key_id: str = KEY.key_id, office: str = OFFICE) -> ReplicaPlace:
    secret = tmp_path / "secret"
    secret.write_text(KEY.secret)
    target = S3Target(f"http://127.0.0.1:{port}", "offices", key_id, secret)
    return ReplicaPlace(target, office, INCARNATION)


def kept(tmp_path: Path, place: ReplicaPlace) -> Replica:
    replica = Replica(tmp_path / "queue.db", place, tmp_path / "work", pace=FAST, patience=EAGER)
    replica.start()
    return replica


def equal(tmp_path: Path, mirror: Mirror) -> MirrorState:
    """Bring the mirror forward and compare it with the office's database."""
    state = mirror.bring_forward()
    assert (state.trouble, state.path) == ("", mirror.path), state
    assert writer.rows(mirror.path) == writer.rows(tmp_path / "queue.db")
    assert mirror.quick_check() == ""
    return state


def becomes_equal(tmp_path: Path, mirror: Mirror, within_s: float = 10.0) -> None:
    """The mirror of a replica that has just snapshotted, deleted and gone on: equal as soon as its pieces are in."""
    until = time.monotonic() + within_s
    while True:
        try:
            equal(tmp_path, mirror)
        except AssertionError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return


@pytest.mark.parametrize("size", [300, 40_000], ids=["small", "in-parts"])
def test_mirror_and_restore_equal_the_office(
    tmp_path: Path, inbox: Inbox, port: int, source: sqlite3.Connection, size: int
) -> None:
    for _ in range(200):
        writer.add(source, size)
    place = place_at(tmp_path, port)
    mirror = Mirror(tmp_path / "mirrors", inbox, OFFICE, INCARNATION)
    replica = kept(tmp_path, place)
    try:
        wait_complete(replica, 30)
        first = state = equal(tmp_path, mirror)
        for _ in range(3):
            before = state
            for _ in range(40):
                writer.add(source, size)
            wait_complete(replica, 30)
            state = equal(tmp_path, mirror)
            # On a busy machine Litestream now and then begins a new generation by itself.
            assert state.rebuilt == (state.generation != before.generation)
        assert (state.generation, state.index, state.offset) != (first.generation, first.index, first.offset)
        assert state.generation == replica.state().generation
    finally:
        replica.stop()
    # 40,000 random bytes a row: Litestream sends such a snapshot in parts.
    assert (inbox.counting.numbers().get("uploads", 0) > 0) == (size == 40_000)
    assert inbox.counting.refusals() == {}

    report = restore(place, tmp_path / "restored.db")
    assert report.code is RestoreCode.RESTORED, report
    assert writer.rows(tmp_path / "restored.db") == writer.rows(tmp_path / "queue.db")
    # The inbox's own folder is a replica that can be read without a centre.
    folder = ReplicaPlace(FolderTarget(inbox.objects), OFFICE, INCARNATION)
    assert restore(folder, tmp_path / "by-folder.db").ok
    assert writer.rows(tmp_path / "by-folder.db") == writer.rows(tmp_path / "queue.db")


def test_restart_of_litestream_and_a_new_generation_are_followed(
    tmp_path: Path, inbox: Inbox, port: int, source: sqlite3.Connection
) -> None:
    place, mirror = place_at(tmp_path, port), Mirror(tmp_path / "mirrors", inbox, OFFICE, INCARNATION)
    generations = []
    for step in range(3):
        if step == 2:
            # Its memory is lost, as after a replaced folder: a new generation follows.
            (tmp_path / ".queue.db-litestream").rename(tmp_path / "lost")
        replica = kept(tmp_path, place)
        try:
            for _ in range(20):
                writer.add(source)
            wait_complete(replica)
            state = equal(tmp_path, mirror)
            generations.append(state.generation)
            assert state.rebuilt == (generations[-2:-1] != [state.generation])
        finally:
            replica.stop()
    assert generations[1] != generations[2]


def test_wiped_inbox_is_told_and_a_new_generation_heals_it(
    tmp_path: Path, inbox: Inbox, port: int, source: sqlite3.Connection
) -> None:
    place, mirror = place_at(tmp_path, port), Mirror(tmp_path / "mirrors", inbox, OFFICE, INCARNATION)
    replica = kept(tmp_path, place)
    try:
        writer.add(source)
        wait_complete(replica)
        equal(tmp_path, mirror)
        inbox.objects.joinpath(OFFICE).rename(tmp_path / "wiped")
        writer.add(source)
        wait_complete(replica)
        state = mirror.bring_forward()
        assert state.trouble == "no-base"
        # Nothing is lost for those who look: the mirror itself went on.
        assert writer.rows(mirror.path) == writer.rows(tmp_path / "queue.db")
        fresh = Mirror(tmp_path / "other", inbox, OFFICE, INCARNATION)
        assert (fresh.bring_forward().trouble, fresh.state().path) == ("no-base", None)
    finally:
        replica.stop()
    (tmp_path / ".queue.db-litestream").rename(tmp_path / "lost")
    replica = kept(tmp_path, place)
    try:
        writer.add(source)
        wait_complete(replica)
        assert equal(tmp_path, mirror).rebuilt
        equal(tmp_path, fresh)
    finally:
        replica.stop()


@pytest.mark.parametrize("case", ["unknown-key", "wrong-secret", "other-office", "revoked", "read-only"])
def test_a_device_without_the_right_key_fails_visibly_and_leaves_nothing(
    tmp_path: Path, inbox: Inbox, access: StaticKeys, port: int, source: sqlite3.Connection, case: str
) -> None:
    place = place_at(tmp_path, port)
    if case == "unknown-key":
        place = place_at(tmp_path, port, key_id="nobody")
    elif case == "wrong-secret":
        (tmp_path / "secret").write_text("guessed")
    elif case == "other-office":
        place = place_at(tmp_path, port, office="office-18")
    elif case == "revoked":
        access.revoke(KEY.key_id)
    else:
        access.put(replace(KEY, incarnation=""))
    writer.add(source)
    replica = kept(tmp_path, place)
    try:
        state = wait_for(replica, lambda s: s.condition is ReplicaCondition.FAILED)
        assert state.hint == "target-refused"
        code = {"unknown-key": "InvalidAccessKeyId", "wrong-secret": "SignatureDoesNotMatch"}.get(case, "AccessDenied")
        assert code in state.last_error
    finally:
        replica.stop()
    assert list(inbox.objects.iterdir()) == []
    assert Mirror(tmp_path / "mirrors", inbox, OFFICE, INCARNATION).bring_forward().path is None


def test_retention_deletes_out_of_sight_and_purge_erases_after_its_days(
    tmp_path: Path, access: StaticKeys, source: sqlite3.Connection
) -> None:
    inbox = Inbox(tmp_path / "inbox", access)
    with served(inbox) as port:
        place = place_at(tmp_path, port)
        pace = Pace(sync_s=0.1, snapshot_s=1.0, retention_s=1.0)
        replica = Replica(tmp_path / "queue.db", place, tmp_path / "work", pace=pace, patience=EAGER)
        replica.start()
        try:
            mirror = Mirror(tmp_path / "mirrors", inbox, OFFICE, INCARNATION)
            for _ in range(30):
                for _ in range(60):
                    writer.add(source, 2000)
                wait_complete(replica)
                becomes_equal(tmp_path, mirror)
                if inbox.counting.numbers().get("deletes", 0) > 3:
                    break
        finally:
            replica.stop()
        numbers = inbox.counting.numbers()
        assert numbers.get("deletes", 0) > 3, numbers
        fresh = Mirror(tmp_path / "again", inbox, OFFICE, INCARNATION)
        equal(tmp_path, fresh)
        generation = inbox.generations(LINEAGE)[0].name
        in_sight = sum(1 for _ in inbox.objects.rglob("*.lz4"))
        assert len(inbox.contents(LINEAGE, generation)) == in_sight + numbers["deletes"]
        assert inbox.purge(inbox.now_ms()) == 0
        assert inbox.purge(inbox.now_ms() + 32 * 86_400_000) >= numbers["deletes"]
        assert len(inbox.contents(LINEAGE, generation)) == in_sight
        assert restore(place, tmp_path / "restored.db").ok
