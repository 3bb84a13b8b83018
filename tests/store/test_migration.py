"""A database of an earlier release, with a day in it, opens under this one, and nothing of the day is lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from appliance.domain.bell import AnswerBell, PressBell
from appliance.domain.calling import CallNext
from appliance.domain.desks import OpenDesk
from appliance.domain.devices import NoteDevice
from appliance.domain.directives import ApplyDirective
from appliance.domain.tickets import TakeTicket
from appliance.store import database, journal, rows
from appliance.store.load import load
from appliance.store.reader import connect_reader
from appliance.store.verify import verify
from appliance.store.writer import QueueWriter
from tests.domain.clock import Clock
from tests.store.golden_days import BELLS_AND_DEVICES, FIRST_RELEASE, WHOLE_QUEUE, GoldenDay
from tests.store.rig import PATIENCE_S

TABLES_OF_0003 = [table for table in rows.COLUMNS if table not in ("directive", "standing")]
TABLES_OF_0002 = [table for table in TABLES_OF_0003 if table not in ("bell", "device")]
TABLES_OF_0001 = [table for table in TABLES_OF_0002 if table != "pause"]


def stop_order(seq: int, service: str) -> ApplyDirective:
    """A directive that stops a service, good for all times."""
    body = f'{{"service":"{service}"}}'
    return ApplyDirective(seq, f"id-{seq}", "stop-service", body, "disp-1", "queue", 0, 2**53)


def left_by(schema: int, day: GoldenDay, tables: Sequence[str], path: Path) -> Path:
    """What an earlier release left: its schema, its journal, its rows."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    for sql in database.migrations()[:schema]:
        db.executescript(sql)
    db.execute(f"PRAGMA user_version = {schema}")
    day.write_journal(db)
    for table in tables:
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
        for row in day.rows[table]:
            known = dict(zip(rows.COLUMNS[table], row, strict=True))
            marks = ", ".join("?" * len(columns))
            db.execute(f"INSERT INTO {table} VALUES ({marks})", [known[name] for name in columns])
    db.close()
    return path


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """What the first release left."""
    return left_by(1, FIRST_RELEASE, TABLES_OF_0001, tmp_path / "queue.db")


def test_the_old_day_has_the_rows_that_its_history_gives_today(old: Path) -> None:
    db = database.connect(old)
    for table in rows.COLUMNS:
        keys = ", ".join(rows.KEYS[table])
        found = [list(row) for row in db.execute(f"{rows.select(table)} ORDER BY {keys}")]
        assert found == FIRST_RELEASE.rows[table]
    db.close()
    report = verify(old)
    assert report.faults == []
    assert report.entries == len(FIRST_RELEASE.entries)


def test_the_journal_is_not_touched(old: Path) -> None:
    reader = connect_reader(old)
    before = list(journal.rows(reader))
    reader.close()
    db = database.connect(old)
    assert list(journal.rows(db)) == before
    assert journal.broken_link(db) is None
    assert db.execute("PRAGMA user_version").fetchone() == (len(database.migrations()),)
    db.close()


def test_a_second_opening_migrates_nothing(old: Path) -> None:
    database.connect(old).close()
    before = old.read_bytes()
    database.connect(old).close()
    assert old.read_bytes() == before


def test_the_open_day_goes_on_where_it_was(old: Path) -> None:
    clock = Clock(boots=9)
    writer = QueueWriter(old, clock.now, on_death=lambda error: pytest.fail(str(error)))
    writer.start()
    try:
        for command in (TakeTicket("consult"), OpenDesk(1), CallNext(1)):
            writer.submit(command, actor="test").result(PATIENCE_S)
        assert writer.office.tickets[7].number == 1003
        assert writer.office.tickets[6].state.value == "called"
    finally:
        writer.stop()
    assert verify(old).clean


def test_a_migration_that_is_cut_begins_again_from_the_old_file(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(_: sqlite3.Connection) -> None:
        raise OSError("the plug was pulled")

    monkeypatch.setattr(database, "rebuild", cut)
    with pytest.raises(OSError, match="the plug"):
        database.connect(old)
    monkeypatch.undo()
    left = old.with_name("left.db")
    for suffix in ("", "-wal"):
        left.with_name(left.name + suffix).write_bytes(old.with_name(old.name + suffix).read_bytes())
    raw = sqlite3.connect(left)
    assert raw.execute("PRAGMA user_version").fetchone() == (len(database.migrations()) - 1,)
    assert raw.execute("PRAGMA table_info(directive)").fetchall() == []
    raw.close()
    database.connect(left).close()
    assert verify(left).clean


def test_an_office_that_never_opened_migrates_too(tmp_path: Path) -> None:
    path = tmp_path / "queue.db"
    raw = sqlite3.connect(path)
    raw.executescript(database.migrations()[0])
    raw.execute("PRAGMA user_version = 1")
    raw.close()
    db = database.connect(path)
    assert load(db).office.plan is None
    db.close()
    assert verify(path).clean


def test_an_office_of_the_second_release_gets_a_bell_and_loses_nothing(tmp_path: Path) -> None:
    path = left_by(2, WHOLE_QUEUE, TABLES_OF_0002, tmp_path / "queue.db")
    clock = Clock(boots=9)
    writer = QueueWriter(path, clock.now, on_death=lambda error: pytest.fail(str(error)))
    writer.start()
    try:
        for command in (PressBell("ramp"), AnswerBell("ramp"), NoteDevice("printer", "ready")):
            writer.submit(command, actor="test").result(PATIENCE_S)
        assert writer.office.bells["ramp"].answered is not None
        assert writer.office.tickets[1].state.value == "parked"
    finally:
        writer.stop()
    db = database.connect(path)
    for table in TABLES_OF_0002:
        keys = ", ".join(rows.KEYS[table])
        found = [list(row) for row in db.execute(f"{rows.select(table)} ORDER BY {keys}")]
        assert found == WHOLE_QUEUE.rows[table]
    assert db.execute("SELECT bell, answered, closed FROM bell").fetchall() == [("ramp", 40, None)]
    db.close()
    assert verify(path).clean


def test_an_office_of_the_third_release_takes_directives_and_loses_nothing(tmp_path: Path) -> None:
    path = left_by(3, BELLS_AND_DEVICES, TABLES_OF_0003, tmp_path / "queue.db")
    clock = Clock(boots=9)
    writer = QueueWriter(path, clock.now, on_death=lambda error: pytest.fail(str(error)))
    writer.start()
    try:
        assert writer.office.last_directive == 0
        for command in (stop_order(1, "pay"), stop_order(2, "consult")):
            writer.submit(command, actor="centre:disp-1").result(PATIENCE_S)
        assert sorted(writer.office.standing) == ["limit:consult", "limit:pay"]
    finally:
        writer.stop()
    db = database.connect(path)
    for table in TABLES_OF_0003:
        keys = ", ".join(rows.KEYS[table])
        found = [list(row) for row in db.execute(f"{rows.select(table)} ORDER BY {keys}")]
        assert found == BELLS_AND_DEVICES.rows[table]
    assert db.execute("SELECT seq, outcome FROM directive").fetchall() == [(1, "applied"), (2, "applied")]
    db.close()
    assert verify(path).clean
