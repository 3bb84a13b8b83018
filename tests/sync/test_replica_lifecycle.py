"""A replica with the real Litestream: what it keeps, what it says, what it survives."""

from __future__ import annotations

import logging
import os
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import helpers
import pytest
import writer

from sync.replica import Replica, ReplicaCondition
from sync.restore import RestoreCode, restore
from sync.target import FolderTarget, ReplicaPlace

ROOT = Path(__file__).parents[2]


def restored_rows(home: Path) -> list[tuple[object, ...]]:
    output = home / "restored.db"
    report = restore(helpers.place_in(home / "target"), output)
    assert report.code is RestoreCode.RESTORED, report
    return writer.rows(output)


def gone(pid: int) -> bool:
    """Whether a process has ended (a zombie that nobody has waited for counts)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def wait_gone(pid: int, within: float = 3.0) -> bool:
    until = time.monotonic() + within
    while not gone(pid):
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def test_what_was_committed_is_restored_equal(
    home: Path, db: Path, connection: sqlite3.Connection, replica: Replica
) -> None:
    for _ in range(300):
        writer.add(connection)
    state = helpers.wait_complete(replica)
    assert state.condition is ReplicaCondition.RUNNING
    assert state.generation
    assert state.last_replicated_at is not None
    assert restored_rows(home) == writer.rows(db)


def test_stop_sends_what_was_just_committed_and_is_quick(
    home: Path, db: Path, connection: sqlite3.Connection, replica: Replica
) -> None:
    pid = replica.state().pid
    assert pid is not None
    writer.add(connection)
    began = time.monotonic()
    replica.stop()
    assert time.monotonic() - began < 3.0
    assert gone(pid)
    state = replica.state()
    assert (state.condition, state.pid, state.lag_bytes) == (ReplicaCondition.STOPPED, None, 0)
    assert restored_rows(home) == writer.rows(db)


def test_killed_litestream_is_restarted_and_catches_up(
    home: Path,
    db: Path,
    connection: sqlite3.Connection,
    replica: Replica,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "talon.sync.replica")
    pid = replica.state().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    for _ in range(20):
        writer.add(connection)
    state = helpers.wait_for(replica, lambda s: s.condition is ReplicaCondition.RUNNING and s.pid not in (None, pid))
    helpers.wait_complete(replica)
    assert state.restarts == 1
    assert "-9" in state.last_error
    assert restored_rows(home) == writer.rows(db)
    words = [record.getMessage().split()[1] for record in caplog.records]
    assert words == ["lost:", "back"]


def test_frozen_litestream_is_replaced(home: Path, db: Path, connection: sqlite3.Connection) -> None:
    patience = replace(helpers.EAGER, mute_s=0.5)
    replica = helpers.make_replica(home, patience)
    replica.start()
    try:
        pid = helpers.wait_complete(replica).pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        writer.add(connection)
        helpers.wait_for(replica, lambda s: s.pid not in (None, pid))
        assert gone(pid)
        helpers.wait_complete(replica)
    finally:
        replica.stop()
    assert restored_rows(home) == writer.rows(db)


def test_upload_that_hangs_for_ever_is_noticed_and_heals(home: Path, db: Path, connection: sqlite3.Connection) -> None:
    patience = replace(helpers.EAGER, folder_upload_s=0.3)
    replica = helpers.make_replica(home, patience)
    replica.start()
    try:
        state = helpers.wait_complete(replica)
        pieces = Path(helpers.place_in(home / "target").path) / "generations" / state.generation / "wal"
        pieces.rename(home / "pieces")
        pieces.write_text("in the way")
        writer.add(connection)
        stalled = helpers.wait_for(replica, lambda s: s.hint == "stalled")
        assert stalled.condition is ReplicaCondition.FAILED
        blocked = helpers.wait_for(replica, lambda s: s.hint not in ("", "stalled"))
        assert blocked.condition is ReplicaCondition.FAILED
        assert blocked.lag_bytes > 0
        assert blocked.lag_s > 0
        pieces.unlink()
        (home / "pieces").rename(pieces)
        helpers.wait_for(replica, lambda s: s.condition is ReplicaCondition.RUNNING)
        helpers.wait_complete(replica)
    finally:
        replica.stop()
    assert restored_rows(home) == writer.rows(db)


@pytest.mark.usefixtures("connection")
def test_absent_folder_is_a_state_and_heals_when_it_appears(home: Path, db: Path) -> None:
    (home / "target").rmdir()
    replica = helpers.make_replica(home)
    began = time.monotonic()
    replica.start()
    assert time.monotonic() - began < 2.0
    try:
        state = helpers.wait_for(replica, lambda s: s.hint == "target-missing" and s.lag_s > 0.3)
        assert (state.condition, state.pid) == (ReplicaCondition.FAILED, None)
        assert state.lag_bytes > 0
        assert not (home / "target").exists()
        (home / "target").mkdir()
        assert helpers.wait_complete(replica).lag_s == 0
        assert replica.state().condition is ReplicaCondition.RUNNING
    finally:
        replica.stop()
    assert restored_rows(home) == writer.rows(db)


def test_folder_pulled_out_and_put_back_is_completed(
    home: Path, db: Path, connection: sqlite3.Connection, replica: Replica
) -> None:
    (home / "target").rename(home / "pocket")
    helpers.wait_for(replica, lambda s: s.hint == "target-missing")
    writer.add(connection)
    young = helpers.wait_for(replica, lambda s: s.lag_bytes > 0)
    writer.add(connection)
    old = helpers.wait_for(replica, lambda s: s.lag_bytes > young.lag_bytes)
    assert old.lag_s > young.lag_s > 0
    assert not (home / "target").exists()
    (home / "pocket").rename(home / "target")
    helpers.wait_complete(replica)
    assert replica.state().lag_s == 0
    assert restored_rows(home) == writer.rows(db)


@pytest.mark.usefixtures("connection")
def test_folder_in_which_nothing_can_be_made_is_a_state_and_heals(home: Path, db: Path) -> None:
    office = home / "target" / "office-17"
    office.write_text("a file where the folder should be")
    replica = helpers.make_replica(home)
    replica.start()
    try:
        state = helpers.wait_for(replica, lambda s: s.hint == "target-not-writable")
        assert state.condition is ReplicaCondition.FAILED
        office.unlink()
        helpers.wait_complete(replica)
    finally:
        replica.stop()
    assert restored_rows(home) == writer.rows(db)


@pytest.mark.usefixtures("connection")
def test_emptied_target_gets_a_whole_replica_again(home: Path, db: Path, replica: Replica) -> None:
    (home / "target" / "office-17").rename(home / "stolen")
    helpers.wait_for(replica, lambda s: s.hint == "target-wiped" and s.lag_bytes > 0)
    helpers.wait_complete(replica)
    assert restored_rows(home) == writer.rows(db)


def test_stick_that_is_not_mounted_is_missing_though_its_folder_is_there(home: Path) -> None:
    place = ReplicaPlace(FolderTarget(home / "target", mount_point=True), "office-17", "a1")
    replica = Replica(home / "queue.db", place, home / "work", patience=helpers.EAGER)
    replica.start()
    try:
        helpers.wait_for(replica, lambda s: s.hint == "target-missing")
    finally:
        replica.stop()
    assert list((home / "target").iterdir()) == []


@pytest.mark.usefixtures("connection")
def test_missing_binary_is_a_state_with_a_hint(home: Path) -> None:
    replica = Replica(
        home / "queue.db",
        helpers.place_in(home / "target"),
        home / "work",
        patience=helpers.EAGER,
        binary=home / "no-such-litestream",
    )
    replica.start()
    try:
        state = helpers.wait_for(replica, lambda s: s.condition is ReplicaCondition.NO_BINARY)
        assert state.hint == "no-binary"
        helpers.wait_for(replica, lambda s: s.lag_bytes > 0)
    finally:
        replica.stop()
    assert replica.state().condition is ReplicaCondition.STOPPED


def test_replica_waits_for_a_database_that_does_not_exist_yet(home: Path, db: Path) -> None:
    replica = helpers.make_replica(home)
    replica.start()
    try:
        state = helpers.wait_for(replica, lambda s: s.hint == "waiting-for-database")
        assert state.lag_bytes == 0
        assert not db.exists()
        connection = writer.connect(db)
        writer.add(connection)
        helpers.wait_for(replica, lambda s: s.condition is ReplicaCondition.RUNNING)
        helpers.wait_complete(replica)
        connection.close()
    finally:
        replica.stop()
    assert len(restored_rows(home)) == 1


@pytest.mark.usefixtures("connection")
def test_restarted_office_finds_its_idle_replica_complete(home: Path, replica: Replica) -> None:
    generation = replica.state().generation
    replica.stop()
    again = helpers.make_replica(home)
    again.start()
    try:
        state = helpers.wait_for(again, lambda s: s.condition is ReplicaCondition.RUNNING)
        assert (state.lag_bytes, state.generation) == (0, generation)
    finally:
        again.stop()


@pytest.mark.usefixtures("connection")
def test_second_replica_of_one_database_is_refused_until_the_first_ends(home: Path, replica: Replica) -> None:
    second = helpers.make_replica(home)
    second.start()
    try:
        helpers.wait_for(second, lambda s: s.hint == "already-running")
        replica.stop()
        helpers.wait_for(second, lambda s: s.condition is ReplicaCondition.RUNNING)
    finally:
        second.stop()


PARENT = """
import sys, time
from pathlib import Path
sys.path[:0] = [sys.argv[2], sys.argv[2] + "/tests/sync"]
import helpers
replica = helpers.make_replica(Path(sys.argv[1]))
replica.start()
print(helpers.wait_complete(replica).pid, flush=True)
time.sleep(60)
"""


@pytest.mark.usefixtures("connection")
def test_litestream_dies_with_a_parent_that_is_killed(home: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(home), str(ROOT)], stdout=subprocess.PIPE, text=True)
    try:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        # Frozen, so that only the kernel can end it, and not a broken pipe at its next log line.
        os.kill(pid, signal.SIGSTOP)
    finally:
        parent.kill()
        parent.communicate()
    died = wait_gone(pid)
    if not died:
        os.kill(pid, signal.SIGKILL)
    assert died


def test_replica_is_equal_after_kills_of_the_writer_of_litestream_and_of_both() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.sync.kill_matrix", "--rounds", "2"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("2/2") == 3
