"""All indicators of random days equal what a program that shares no line with the project makes of the same journal."""

from __future__ import annotations

import ast
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from appliance.domain.chain import GENESIS
from appliance.domain.indicators.day_log import day_logs
from appliance.domain.indicators.facts import ALL, DIMENSIONS, facts_of, merged
from appliance.domain.indicators.period import INDICATORS, values
from appliance.domain.message import Record
from appliance.store import database, journal, rows
from appliance.store.reads import Reads
from tests.domain.random_days import RandomDays
from tests.independent import recompute

DAYS = 3


def differences(days: RandomDays, records: Sequence[Record], lines: Sequence[str]) -> list[str]:
    """Where the two don't agree: the whole hall and every part of it."""
    facts = merged(facts_of(log, by=DIMENSIONS) for log in day_logs(records, days.plan))
    whole, parts = recompute.recompute(lines, days.texts)
    found = [f"all: {line}" for line in _compare(values_of(facts, ALL), whole)]
    for group in sorted({*facts.groups, *parts} - {ALL}, key=str):
        found += [f"{group}: {line}" for line in _compare(values_of(facts, group), parts.get(group, {}))]
    return found


def values_of(facts: object, group: tuple[str, str | int]) -> dict[str, float | None]:
    return {name: one.value for name, one in values(facts, group).items()}  # type: ignore[arg-type]


def _compare(ours: dict[str, float | None], theirs: dict[str, float | None]) -> list[str]:
    return [
        f"{name}: {ours.get(name, 'nothing')} but {theirs.get(name, 'nothing')} by the independent program"
        for name in sorted({*ours, *theirs})
        if ours.get(name, "nothing") != theirs.get(name, "nothing")
    ]


@pytest.mark.parametrize("seed", [*range(10), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(10, 24))])
def test_every_indicator_equals_the_independent_recomputation(seed: int) -> None:
    days = RandomDays(seed).live(DAYS)
    assert differences(days, days.redated(), days.lines()) == []


def test_the_comparison_sees_an_undo_that_is_not_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.domain.indicators.day_log.effective", list)
    found = [line for seed in range(4) for line in _tried(seed)]
    assert any("wait_mean" in line for line in found)


def test_the_comparison_sees_a_pause_that_is_not_cut_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "appliance.domain.indicators.day_log.DayLog.elapsed", lambda _, since, until: until.since(since)
    )
    found = [line for seed in range(4) for line in _tried(seed)]
    assert any("wait_mean" in line for line in found)


def _tried(seed: int) -> list[str]:
    days = RandomDays(seed).live(DAYS)
    try:
        return differences(days, days.redated(), days.lines())
    except (KeyError, ValueError):
        return ["wait_mean: the log can't even be read"]


@pytest.mark.long
def test_the_random_days_have_everything_in_them() -> None:
    """Otherwise equality would prove little."""
    told: set[str] = set()
    for seed in range(24):
        days = RandomDays(seed).live(DAYS)
        facts = merged(facts_of(log) for log in day_logs(days.redated(), days.plan))
        told |= {name for name, found in values_of(facts, ALL).items() if found}
    assert set(INDICATORS) - told == set()


def test_the_recomputation_imports_nothing_of_the_project() -> None:
    tree = ast.parse(Path(recompute.__file__).read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names


@pytest.fixture(params=[7, 8, 9])
def on_disk(tmp_path: Path, request: pytest.FixtureRequest) -> tuple[RandomDays, Path]:
    """Five random days in a database. In two of the three an operator signs in at a desk that stays closed all day."""
    days = RandomDays(request.param).live(5, steps=120)
    path = tmp_path / "queue.db"
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    database.migrate(db)
    link = GENESIS
    for record in days.records:
        row = journal.row_of(record, link)
        db.execute(journal.INSERT, row)
        link = row[-1]
    for name, mark in days.office.devices.items():
        db.execute(rows.upsert("device"), rows.device_row(name, mark))
    for log in day_logs(days.records, days.plan):
        closed = None if log.closed is None else log.closed.seq
        day = (log.number, str(log.date), 0, log.plan.digest, log.opened.seq, closed)
        db.execute("INSERT INTO day (number, date, block, plan, opened, closed) VALUES (?, ?, ?, ?, ?, ?)", day)
    db.close()
    return days, path


def test_days_read_from_the_database_are_the_days_of_the_journal(on_disk: tuple[RandomDays, Path]) -> None:
    days, path = on_disk
    reads = Reads(path)
    try:
        logs = list(day_logs(days.redated(), days.plan))
        dates = [str(log.date) for log in logs]
        assert reads.days(dates[1], dates[3]) == [log.number for log in logs if dates[1] <= str(log.date) <= dates[3]]
        for whole in logs:
            number = whole.number
            (log,) = day_logs(reads.day_records(number), days.plan, first=number, last=number)
            assert log.number == number
            assert (log.visits, log.halts, log.away) == (whole.visits, whole.halts, whole.away)
            assert facts_of(log) == facts_of(whole)
    finally:
        reads.close()


def test_the_printed_journal_is_enough(on_disk: tuple[RandomDays, Path], tmp_path: Path) -> None:
    days, path = on_disk
    command = [sys.executable, "-m", "appliance", "journal", str(path), "--jsonl", "--redated"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert differences(days, days.redated(), printed.splitlines()) == []
