"""Bringing a database back: never over another one, never a damaged one, always with a code."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

import helpers
import pytest
import writer

from sync.litestream_folders import list_generations
from sync.replica import Replica
from sync.restore import RestoreCode, restore
from sync.target import FolderTarget, ReplicaPlace, list_incarnations


def generation_folders(home: Path) -> list[Path]:
    place = helpers.place_in(home / "target")
    return [Path(place.path) / "generations" / name for name in list_generations(place)]


@pytest.mark.parametrize("name", ["restored.db", "restored.db-wal", "restored.db-shm"])
@pytest.mark.usefixtures("replica")
def test_restore_refuses_to_overwrite(home: Path, name: str) -> None:
    (home / name).write_bytes(b"precious")
    report = restore(helpers.place_in(home / "target"), home / "restored.db")
    assert report.code is RestoreCode.OUTPUT_EXISTS
    assert not report.ok
    assert (home / name).read_bytes() == b"precious"


@pytest.mark.usefixtures("replica")
def test_restore_leaves_one_file_and_nothing_else(home: Path) -> None:
    before = set(home.iterdir())
    report = restore(helpers.place_in(home / "target"), home / "restored.db")
    assert report.ok
    assert report.size == (home / "restored.db").stat().st_size
    assert set(home.iterdir()) - before == {home / "restored.db"}


def test_absent_folder_and_absent_replica_have_their_own_codes(home: Path) -> None:
    absent = restore(helpers.place_in(home / "unplugged"), home / "restored.db")
    assert absent.code is RestoreCode.TARGET_UNREACHABLE
    empty = restore(helpers.place_in(home / "target"), home / "restored.db")
    assert empty.code is RestoreCode.NO_REPLICA
    assert not (home / "restored.db").exists()


@pytest.mark.usefixtures("replica")
def test_missing_binary_has_its_own_code(home: Path) -> None:
    place = helpers.place_in(home / "target")
    report = restore(place, home / "restored.db", binary=home / "no-such-litestream")
    assert report.code is RestoreCode.NO_BINARY


def test_damaged_replica_is_malformed_and_leaves_nothing(home: Path, replica: Replica) -> None:
    replica.stop()
    for piece in (home / "target").rglob("*.lz4"):
        piece.write_bytes(b"\x00" * piece.stat().st_size)
    before = set(home.iterdir())
    report = restore(helpers.place_in(home / "target"), home / "restored.db")
    assert report.code is RestoreCode.MALFORMED
    assert report.skipped[0].detail
    assert set(home.iterdir()) == before


def test_older_generation_does_when_the_newest_is_damaged_and_the_report_says_so(
    home: Path, db: Path, connection: sqlite3.Connection, replica: Replica
) -> None:
    replica.stop()
    old_rows = writer.rows(db)
    shutil.rmtree(home / ".queue.db-litestream")
    writer.add(connection)
    again = helpers.make_replica(home)
    again.start()
    helpers.wait_complete(again)
    again.stop()
    newest, older = generation_folders(home)
    intact = restore(helpers.place_in(home / "target"), home / "intact.db")
    assert (intact.generation, intact.skipped) == (newest.name, ())
    assert writer.rows(home / "intact.db") == writer.rows(db)

    next((newest / "snapshots").iterdir()).unlink()
    report = restore(helpers.place_in(home / "target"), home / "restored.db")
    assert (report.code, report.generation) == (RestoreCode.RESTORED, older.name)
    assert [skipped.generation for skipped in report.skipped] == [newest.name]
    assert writer.rows(home / "restored.db") == old_rows


def test_incarnations_of_an_office_are_listed_newest_first(home: Path) -> None:
    target = FolderTarget(home / "target")
    for age, (office, incarnation) in enumerate([("office-17", "b2"), ("office-17", "a1"), ("office-18", "c3")]):
        place = ReplicaPlace(target, office, incarnation)
        piece = Path(place.path) / "generations" / ("0" * 16) / "wal" / "00000000_00000000.wal.lz4"
        piece.parent.mkdir(parents=True)
        piece.write_bytes(b"")
        os.utime(piece, (1_000_000 - age, 1_000_000 - age))
    (home / "target" / "office-17" / "empty").mkdir()
    assert list_incarnations(target, "office-17") == ["b2", "a1"]
    assert list_incarnations(target, "office-99") == []
    assert list_incarnations(FolderTarget(home / "unplugged"), "office-17") == []
