"""Several copies in one Litestream: the main one goes on, whatever becomes of the others."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

import helpers
import pytest
import writer

from sync.litestream import Copy, Pace, Seal
from sync.litestream_folders import kept_here
from sync.replica import Replica, ReplicaCondition, ReplicaState
from sync.restore import RestoreCode, find_candidate, restore, restore_newest
from sync.seal import SealError, new_identity, unseal, write_identity
from sync.target import FolderTarget, ReplicaPlace
from sync.watchdog import Limits

PATIENT = replace(helpers.EAGER, aside_s=0.5, weigh_s=0.2)


def stick_in(home: Path, *, mount_point: bool = False) -> Copy:
    place = ReplicaPlace(FolderTarget(home / "stick", mount_point=mount_point), "office-17", "a1")
    return Copy("stick", home / "queue.db", place, helpers.FAST)


@contextmanager
def kept(home: Path, *also: Copy, limits: Limits | None = None, **patience: float) -> Iterator[Replica]:
    replica = Replica(
        home / "queue.db",
        helpers.place_in(home / "target"),
        home / "work",
        pace=helpers.FAST,
        patience=replace(PATIENT, **patience),
        also=also,
        limits=limits,
    )
    replica.start()
    try:
        yield replica
    finally:
        replica.stop()


def wait_state(replica: Replica, name: str, wanted: object, within: float = 10.0) -> ReplicaState:
    """Until a copy has this condition, or this hint."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        state = replica.states()[name]
        if wanted in (state.condition, state.hint):
            return state
        time.sleep(0.01)
    raise AssertionError(f"still {replica.states()[name]}")


def wait_all(replica: Replica, within: float = 10.0) -> None:
    """Until a look that began after this call finds every copy complete."""
    helpers.wait_complete(replica, within)
    until = time.monotonic() + within
    while any(state.lag_bytes or state.hint for state in replica.states().values()):
        assert time.monotonic() < until, replica.states()
        time.sleep(0.01)


def rows_at(place: ReplicaPlace, output: Path) -> list[tuple[object, ...]]:
    report = restore(place, output)
    assert report.ok, report
    found = writer.rows(output)
    for file in output.parent.glob(f"{output.name}*"):
        file.unlink()
    return found


@contextmanager
def mounted(point: Path, size: str = "8m") -> Iterator[None]:
    point.mkdir(exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(point)], capture_output=True)
    if done.returncode != 0:
        pytest.skip("a file system can't be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(point)], check=False, capture_output=True)


def test_two_places_get_the_same_and_each_has_its_own_state(
    home: Path, db: Path, connection: sqlite3.Connection
) -> None:
    (home / "stick").mkdir()
    with kept(home, stick_in(home)) as replica:
        for _ in range(20):
            writer.add(connection)
        wait_all(replica)
        states = replica.states()
        assert list(states) == ["main", "stick"]
        assert {state.condition for state in states.values()} == {ReplicaCondition.RUNNING}
        assert states["main"].generation == states["stick"].generation
    for place in (helpers.place_in(home / "target"), stick_in(home).place):
        assert rows_at(place, home / "out.db") == writer.rows(db)


def test_a_stick_that_comes_and_is_pulled_never_fills_the_card(home: Path, connection: sqlite3.Connection) -> None:
    copy = stick_in(home, mount_point=True)
    (home / "stick").mkdir()
    with kept(home, copy) as replica:
        helpers.wait_complete(replica)
        assert wait_state(replica, "stick", "target-missing").lag_bytes > 0
        with mounted(home / "stick"):
            wait_state(replica, "stick", ReplicaCondition.RUNNING)
            writer.add(connection)
            wait_all(replica)
            assert find_candidate(copy.place, home).ok
            restarts = replica.state().restarts
        for _ in range(5):
            writer.add(connection)
        wait_state(replica, "stick", "target-missing")
        helpers.wait_complete(replica)
        assert replica.state().condition is ReplicaCondition.RUNNING
        assert list((home / "stick").iterdir()) == []
        assert replica.state().restarts == restarts == 0


@pytest.mark.parametrize("trouble", ["full", "hanging"])
def test_a_stick_in_trouble_is_set_aside_and_the_main_copy_goes_on(
    home: Path, db: Path, connection: sqlite3.Connection, trouble: str
) -> None:
    copy = stick_in(home, mount_point=trouble == "full")
    (home / "stick").mkdir()
    stick = mounted(home / "stick", "64k") if trouble == "full" else nullcontext()
    with stick, kept(home, copy, folder_upload_s=0.5, retry_s=0.3) as replica:
        helpers.wait_complete(replica)
        if trouble == "hanging":
            wait_all(replica)
            pieces = Path(copy.place.path) / "generations" / replica.state().generation / "wal"
            shutil.rmtree(pieces)
            # A folder that refuses a file makes an upload wait for ever.
            pieces.write_text("in the way")
        for _ in range(200):
            writer.add(connection, 2000)
        state = wait_state(replica, "stick", "disk-full" if trouble == "full" else "stalled")
        assert state.condition is ReplicaCondition.FAILED
        began = time.monotonic()
        writer.add(connection)
        helpers.wait_complete(replica)
        assert time.monotonic() - began < 8.0
        until = time.monotonic() + 8.0
        while replica.states()["stick"].last_step != "set-aside":
            assert time.monotonic() < until, replica.states()
            time.sleep(0.02)
        helpers.wait_complete(replica)
    assert rows_at(helpers.place_in(home / "target"), home / "out.db") == writer.rows(db)


def test_a_stick_that_was_away_too_long_begins_anew_and_the_main_copy_does_not(
    home: Path, db: Path, connection: sqlite3.Connection
) -> None:
    (home / "stick").mkdir()
    copy = stick_in(home)
    with kept(home, copy) as replica:
        wait_all(replica)
        generation, pid = replica.state().generation, replica.state().pid
        (home / "stick").rename(home / "pocket")
        wait_state(replica, "stick", "target-missing")
        helpers.wait_for(replica, lambda s: s.pid not in (None, pid) and s.condition is ReplicaCondition.RUNNING)
        # A burst right after its start, or a checkpoint of the writer, makes Litestream begin a new generation.
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        writer.add(connection)
        helpers.wait_complete(replica)
        until = time.monotonic() + 20
        while kept_here(db).oldest < 2:
            assert time.monotonic() < until
            for _ in range(300):
                writer.add(connection, 3000)
            time.sleep(0.2)
        (home / "pocket").rename(home / "stick")
        wait_state(replica, "stick", ReplicaCondition.RUNNING)
        wait_all(replica)
        assert replica.states()["stick"].renewed == 1
        assert (replica.state().renewed, replica.state().generation) == (0, generation)
    assert rows_at(copy.place, home / "out.db") == writer.rows(db)
    assert len(list((Path(copy.place.path) / "generations").iterdir())) == 2


def test_a_fresh_snapshot_is_a_new_generation(home: Path, db: Path, connection: sqlite3.Connection) -> None:
    with kept(home) as replica:
        old = helpers.wait_complete(replica).generation
        called: list[int | None] = []
        assert replica.fresh_snapshot(between=lambda: called.append(replica.state().pid)).wait(5)
        assert called == [None]
        writer.add(connection)
        state = helpers.wait_for(replica, lambda s: s.generation not in ("", old) and s.lag_bytes == 0)
        assert (state.renewed, state.restarts) == (1, 0)
        with pytest.raises(KeyError):
            replica.fresh_snapshot("nobody")
    assert rows_at(helpers.place_in(home / "target"), home / "out.db") == writer.rows(db)


def test_a_last_piece_that_was_cut_off_is_healed_without_a_person(
    home: Path, db: Path, connection: sqlite3.Connection
) -> None:
    with kept(home) as replica:
        helpers.wait_complete(replica)
        writer.add(connection)
        old = helpers.wait_complete(replica).generation
    last = max((home / "target").rglob("*.wal.lz4"), key=lambda file: file.name)
    last.write_bytes(last.read_bytes()[:-20])
    with kept(home) as replica:
        writer.add(connection)
        helpers.wait_for(replica, lambda s: s.renewed == 1)
        state = helpers.wait_for(replica, lambda s: s.generation not in ("", old) and s.lag_bytes == 0)
        assert (state.last_step, state.last_reason) == ("new-generation", "target-damaged")
    assert rows_at(helpers.place_in(home / "target"), home / "out.db") == writer.rows(db)


def test_a_long_outage_ends_with_a_snapshot_that_is_smaller_than_the_backlog(
    home: Path, db: Path, connection: sqlite3.Connection
) -> None:
    limits = Limits(retry_s=0.5, outage_s=0.5, floor_bytes=20_000)
    from tiny_s3 import tiny_s3

    with tiny_s3() as s3:
        place = _s3_place(s3.endpoint, home)
        replica = Replica(db, place, home / "work", pace=helpers.FAST, patience=PATIENT, limits=limits)
        replica.start()
        try:
            old = helpers.wait_complete(replica).generation
            s3.down()
            for _ in range(600):
                connection.execute("UPDATE slip SET body = ? WHERE id = 1", (os.urandom(6000),))
            state = helpers.wait_for(replica, lambda s: s.renewed >= 1)
            assert (state.last_step, state.last_reason) == ("new-generation", "backlog")
            before = sum(len(body) for body, _ in s3.objects.values())
            s3.up()
            writer.add(connection)
            state = helpers.wait_complete(replica)
            assert state.generation != old
            sent = sum(len(body) for body, _ in s3.objects.values()) - before
            assert sent < 600 * 6000 / 2, "the backlog was sent"
        finally:
            replica.stop()
        assert rows_at(place, home / "out.db") == writer.rows(db)


def test_what_is_kept_for_an_absent_target_stays_bounded(home: Path, db: Path, connection: sqlite3.Connection) -> None:
    limits = Limits(retry_s=0.5, disk_bytes=200_000)
    replica = Replica(
        db, _s3_place("http://127.0.0.1:9", home), home / "work", pace=helpers.FAST, patience=PATIENT, limits=limits
    )
    replica.start()
    try:
        for _ in range(300):
            writer.add(connection, 2000)
        helpers.wait_for(replica, lambda s: s.renewed >= 1 and s.last_reason == "disk")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        helpers.wait_for(replica, lambda s: s.kept_bytes < 200_000)
    finally:
        replica.stop()


def _s3_place(endpoint: str, home: Path) -> ReplicaPlace:
    from tiny_s3 import KEY_ID

    from sync.target import S3Target

    (home / "secret").write_text("not-a-real-secret\n")
    return ReplicaPlace(S3Target(endpoint, "talon", KEY_ID, home / "secret", "offices"), "office-17", "a1")


def test_a_sealed_copy_opens_for_the_owner_and_for_nobody_else(home: Path, connection: sqlite3.Connection) -> None:
    assert connection
    recipient = write_identity(home / "owner.txt")
    personal = home / "personal.db"
    names = writer.connect(personal)
    names.execute("INSERT INTO slip (number, body) VALUES ('Melnychenko-Zasulych', x'00')")
    place = ReplicaPlace(FolderTarget(home / "target"), "office-17", "a1", "personal")
    seal = Seal((recipient,), home / "keys" / "personal.txt")
    copy = Copy("personal", personal, place, Pace(sync_s=0.1), seal)
    for _ in range(2):  # The second life reads its own last piece again.
        with kept(home, copy) as replica:
            writer.add(names)
            wait_all(replica)
            assert replica.states()["personal"].renewed == 0
    files = [file for file in Path(place.path).rglob("*") if file.is_file()]
    assert len(files) >= 3
    assert all(file.read_bytes().startswith(b"age-encryption.org/v1\n") for file in files)
    assert (home / "keys" / "personal.txt").stat().st_mode & 0o777 == 0o600
    assert restore(place, home / "nobody.db").code is RestoreCode.MALFORMED
    assert restore(place, home / "out.db", identity=home / "owner.txt").ok
    assert writer.rows(home / "out.db") == writer.rows(personal)
    stranger, _ = new_identity()
    with pytest.raises(SealError, match="somebody else"):
        unseal(files[0].read_bytes(), stranger)
    names.close()


def test_a_restore_takes_the_newer_of_two_places(home: Path, db: Path, connection: sqlite3.Connection) -> None:
    (home / "stick").mkdir()
    copy = stick_in(home)
    main = helpers.place_in(home / "target")
    with kept(home, copy) as replica:
        wait_all(replica)
        (home / "target").rename(home / "gone")
        wait_state(replica, "main", "target-missing")
        writer.add(connection)
        until = time.monotonic() + 10
        while replica.states()["stick"].lag_bytes or not replica.states()["stick"].pid:
            assert time.monotonic() < until
            time.sleep(0.01)
        writer.add(connection)
        time.sleep(0.1)
        while replica.states()["stick"].lag_bytes:
            assert time.monotonic() < until
            time.sleep(0.01)
        (home / "gone").rename(home / "away")
    (home / "away").rename(home / "target")
    done = restore_newest([main, copy.place], home / "out.db")
    assert done.place == copy.place
    assert writer.rows(home / "out.db") == writer.rows(db)
    assert [one.place for one in done.candidates] == [copy.place, main]
    shutil.rmtree(home / "stick")
    for file in home.glob("out.db*"):
        file.unlink()
    again = restore_newest([main, copy.place], home / "out.db")
    assert again.place == main
    assert [one.code for one in again.candidates] == [RestoreCode.RESTORED, RestoreCode.TARGET_UNREACHABLE]
