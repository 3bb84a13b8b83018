"""A day written by hand: its journal, read into an empty database, gives exactly the rows written beside it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.domain.chain import GENESIS, link
from appliance.domain.codec import KINDS
from appliance.domain.office import Office
from appliance.domain.plan_reader import read_plan
from appliance.domain.rules import evolve
from appliance.store import changes, database, journal, rows
from appliance.store.load import load
from appliance.store.verify import Report, replay, verify
from tests.domain.acts import without_undo

GOLDEN = Path(__file__).parent / "golden"
DAY: list[dict[str, Any]] = [
    json.loads(line) for line in (GOLDEN / "day.jsonl").read_text(encoding="utf-8").splitlines()
]
EXPECTED: dict[str, Any] = json.loads((GOLDEN / "day-rows.json").read_text(encoding="utf-8"))
PLAN = read_plan((GOLDEN / "plan.toml").read_text(encoding="utf-8"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database that holds the journal, its plan, and the rows that a replay gives."""
    made = tmp_path / "queue.db"
    db = database.connect(made)
    db.execute(
        "INSERT INTO plan (digest, version, document) VALUES (?, ?, ?)", (PLAN.digest, PLAN.version, PLAN.document)
    )
    previous = GENESIS
    for entry in DAY:
        values = {**entry, "body": json.dumps(entry["body"], ensure_ascii=False, separators=(",", ":"))}
        chained = {**values, "clock_trusted": bool(entry["clock_trusted"])}
        previous = link(previous, **chained)
        db.execute(journal.INSERT, (*values.values(), previous))
    changes.write(db, replay(db, Report(), lambda _: None))
    db.close()
    return made


@pytest.fixture
def db(path: Path) -> Iterator[sqlite3.Connection]:
    """A reader of that database."""
    reader = database.connect_reader(path)
    yield reader
    reader.close()


def test_the_day_has_an_event_of_every_kind() -> None:
    assert {entry["kind"] for entry in DAY} == set(KINDS)


@pytest.mark.parametrize("table", rows.COLUMNS)
def test_the_replay_gives_the_rows_written_by_hand(db: sqlite3.Connection, table: str) -> None:
    keys = ", ".join(rows.KEYS[table])
    found = [list(row) for row in db.execute(f"{rows.select(table)} ORDER BY {keys}")]
    assert found == EXPECTED[table]


def test_the_chain_ends_in_the_link_it_always_had(db: sqlite3.Connection) -> None:
    assert journal.head(db) == (len(DAY), bytes.fromhex(EXPECTED["chain"]))
    assert journal.broken_link(db) is None


def test_verify_agrees(path: Path) -> None:
    assert verify(path).faults == []


def test_loading_gives_the_state_that_the_fold_gives(db: sqlite3.Connection) -> None:
    office = Office()
    for row in journal.rows(db):
        office = evolve(office, journal.record_of(row), {PLAN.digest: PLAN}.__getitem__)
    loaded = load(db).office
    assert without_undo(loaded) == without_undo(office)
    assert loaded.seq == len(DAY)


def test_encoding_the_read_entries_gives_the_same_text(db: sqlite3.Connection) -> None:
    previous = GENESIS
    for row in journal.rows(db):
        made = journal.row_of(journal.record_of(row), previous)
        assert made == row
        previous = made[-1]
