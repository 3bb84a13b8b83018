"""Is this database what its journal says? SQLite's own check, the chain, and a replay compared with every row."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from appliance.domain.office import Office
from appliance.domain.plan import Plan
from appliance.domain.plans.reader import read_plan
from appliance.domain.rules import evolve
from appliance.store import changes, journal, rows
from appliance.store.reader import connect_reader

DIFFERENCES_SHOWN = 20


@dataclass(slots=True)
class Report:
    """What was found. `faults` are (code, detail) pairs; an empty list means that all is well."""

    faults: list[tuple[str, str]] = field(default_factory=list)
    entries: int = 0
    rows: int = 0

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not self.faults


def verify(path: Path, progress: Callable[[int], None] = lambda _: None) -> Report:
    """Check a database file without changing it. `progress` is told how many entries have been replayed."""
    report = Report()
    db = connect_reader(path)
    try:
        (integrity,) = db.execute("PRAGMA integrity_check(5)").fetchone()
        if integrity != "ok":
            report.faults.append(("integrity", integrity))
            return report
        broken = journal.broken_link(db)
        if broken is not None:
            report.faults.append(("chain", f"journal entry {broken}"))
            return report
        expected = replay(db, report, progress)
        compare(db, expected, report)
    except sqlite3.DatabaseError as error:
        report.faults.append(("integrity", str(error)))
    except Exception as error:  # what the rules can't replay is a fault of the database, not of this check
        report.faults.append(("replay", f"{type(error).__name__}: {error}"))
    finally:
        db.close()
    return report


def replay(db: sqlite3.Connection, report: Report, progress: Callable[[int], None]) -> changes.Changes:
    """Every row as the journal alone would have it."""
    known: dict[str, Plan] = {}

    def plan(digest: str) -> Plan:
        if digest not in known:
            found = db.execute("SELECT document FROM plan WHERE digest = ?", (digest,)).fetchone()
            if found is None:
                raise LookupError(f"no plan {digest}")
            known[digest] = read_plan(found[0])
        return known[digest]

    office, expected = Office(), changes.Changes()
    for row in journal.rows(db):
        record = journal.record_of(row)
        before, office = office, evolve(office, record, plan)
        changes.note(expected, before, office, record)
        report.entries += 1
        if report.entries % 5000 == 0:
            progress(report.entries)
    return expected


def compare(db: sqlite3.Connection, expected: changes.Changes, report: Report) -> None:
    """Add a fault for every row that is not as expected, missing, or too many."""
    wanted: dict[str, dict[tuple[object, ...], rows.Row]] = {table: {} for table in rows.COLUMNS}
    for (table, _), row in expected.items():
        wanted[table][row[: len(rows.KEYS[table])]] = row
    for table, columns in rows.COLUMNS.items():
        keys = len(rows.KEYS[table])
        for row in db.execute(rows.select(table)):
            report.rows += 1
            right = wanted[table].pop(row[:keys], None)
            if right != row:
                told = _difference(columns, right, row)
                report.faults.append(("row", f"{table} {row[:keys]}: {told}"))
        report.faults += [("row-missing", f"{table} {key}") for key in wanted[table]]
    del report.faults[DIFFERENCES_SHOWN:]


def _difference(columns: tuple[str, ...], right: rows.Row | None, found: rows.Row) -> str:
    if right is None:
        return "not in the journal"
    return ", ".join(
        f"{name} is {is_!r}, the journal says {should!r}"
        for name, is_, should in zip(columns, found, right, strict=True)
        if is_ != should
    )
