"""Days written by hand: each journal, read into an empty database, gives exactly the rows written beside it.

The first day was written by the first release and its journal never changes; the others have what came later.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.domain.chain import GENESIS
from appliance.domain.codec import KINDS
from appliance.domain.office import Office
from appliance.domain.rules import evolve
from appliance.store import changes, database, journal, rows
from appliance.store.load import load
from appliance.store.reader import connect_reader
from appliance.store.verify import Report, replay, verify
from tests.domain.acts import without_undo
from tests.store.golden_days import DAYS, GoldenDay


@pytest.fixture(params=DAYS, ids=lambda day: day.name)
def day(request: pytest.FixtureRequest) -> GoldenDay:
    """One of the days."""
    found = request.param
    assert isinstance(found, GoldenDay)
    return found


@pytest.fixture
def path(tmp_path: Path, day: GoldenDay) -> Path:
    """A database that holds the journal, its plan, and the rows that a replay gives."""
    made = tmp_path / "queue.db"
    db = database.connect(made)
    day.write_journal(db)
    changes.write(db, replay(db, Report(), lambda _: None))
    db.close()
    return made


@pytest.fixture
def db(path: Path) -> Iterator[sqlite3.Connection]:
    """A reader of that database."""
    reader = connect_reader(path)
    yield reader
    reader.close()


def test_the_days_have_an_event_of_every_kind_in_its_newest_version() -> None:
    written = {(entry["kind"], entry["version"]) for day in DAYS for entry in day.entries}
    assert written >= {(name, kind.version) for name, kind in KINDS.items()}


@pytest.mark.parametrize("table", rows.COLUMNS)
def test_the_replay_gives_the_rows_written_by_hand(db: sqlite3.Connection, day: GoldenDay, table: str) -> None:
    keys = ", ".join(rows.KEYS[table])
    found = [list(row) for row in db.execute(f"{rows.select(table)} ORDER BY {keys}")]
    assert found == day.rows[table]


def test_the_chain_ends_in_the_link_it_always_had(db: sqlite3.Connection, day: GoldenDay) -> None:
    assert journal.head(db) == (len(day.entries), bytes.fromhex(day.chain))
    assert journal.broken_link(db) is None


def test_verify_agrees(path: Path) -> None:
    assert verify(path).faults == []


def test_loading_gives_the_state_that_the_fold_gives(db: sqlite3.Connection, day: GoldenDay) -> None:
    office = Office()
    for row in journal.rows(db):
        office = evolve(office, journal.record_of(row), {day.plan.digest: day.plan}.__getitem__)
    loaded = load(db).office
    assert without_undo(loaded) == without_undo(office)
    assert loaded.seq == len(day.entries)


def test_encoding_the_read_entries_of_todays_versions_gives_the_same_text(db: sqlite3.Connection) -> None:
    previous = GENESIS
    for row in journal.rows(db):
        kind, version = row[6], row[7]
        if version == KINDS[kind].version:
            assert journal.row_of(journal.record_of(row), previous) == row
        previous = row[-1]
