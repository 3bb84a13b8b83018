"""What Litestream left beside a database is believed within a boot, and after a quiet moment; else it begins anew."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import helpers
import pytest
import writer

from sync.litestream_folders import state_mark
from sync.local_trust import LocalTrust
from sync.replica import Replica


def trust(home: Path, boot: str) -> LocalTrust:
    return LocalTrust(home, [home / "queue.db"], boot)


@pytest.fixture
def left(home: Path) -> Path:
    """A file that Litestream may have left."""
    meta = home / ".queue.db-litestream"
    file = meta / "generations" / "00000000000000aa" / "wal" / "00000000.wal"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"x" * 100)
    (meta / "generation").write_text("00000000000000aa\n")
    return file


def test_a_killed_process_is_believed_and_a_power_cut_is_not(home: Path, left: Path) -> None:
    assert trust(home, "one").begin() == [home / "queue.db"], "nobody knows who left it"
    assert state_mark(home / "queue.db") == ""
    left.parent.mkdir(parents=True)
    left.write_bytes(b"x" * 100)
    (home / ".queue.db-litestream" / "generation").write_text("00000000000000aa\n")
    assert trust(home, "one").begin() == []
    assert trust(home, "two").begin() == [home / "queue.db"]


def test_a_machine_without_a_name_for_its_boot_believes_nothing(home: Path, left: Path) -> None:
    trust(home, "").begin()
    left.parent.mkdir(parents=True)
    left.write_bytes(b"x")
    (home / ".queue.db-litestream" / "generation").write_text("00000000000000aa\n")
    assert trust(home, "").begin() == [home / "queue.db"]


@pytest.mark.parametrize("grown", [False, True])
def test_what_was_flushed_in_a_quiet_moment_is_believed_until_it_changes(home: Path, left: Path, grown: bool) -> None:
    first = trust(home, "one")
    first.begin()
    left.parent.mkdir(parents=True)
    left.write_bytes(b"x" * 100)
    (home / ".queue.db-litestream" / "generation").write_text("00000000000000aa\n")
    first.look()
    first.look()
    if grown:
        left.write_bytes(b"x" * 200)
    assert trust(home, "two").begin() == ([home / "queue.db"] if grown else [])


def test_an_orderly_stop_keeps_the_generation_over_a_boot_and_a_power_cut_does_not(
    home: Path, db: Path, connection: sqlite3.Connection
) -> None:
    assert connection
    generations = []
    for boot in ("one", "two"):
        replica = Replica(
            db, helpers.place_in(home / "target"), home / "work", pace=helpers.FAST, patience=helpers.EAGER, boot=boot
        )
        replica.start()
        generations.append(helpers.wait_complete(replica).generation)
        replica.stop()
    writer.add(connection)
    (home / "work" / "left.json").unlink()
    replica = helpers.make_replica(home)
    replica.start()
    generations.append(helpers.wait_complete(replica).generation)
    renewed = replica.state().renewed
    replica.stop()
    assert generations[0] == generations[1] != generations[2]
    assert renewed == 1
