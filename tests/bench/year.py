"""A year of history: 75,000 tickets in a database that `talon verify` finds clean, made without running the days."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from appliance.domain.calling import CallHeard, TicketCalled
from appliance.domain.chain import GENESIS
from appliance.domain.days import DayClosed, DayOpened
from appliance.domain.desks import DeskClosed, DeskOpened
from appliance.domain.identity import IncarnationBegun, PlanAdopted
from appliance.domain.message import Event, Record
from appliance.domain.moment import Moment
from appliance.domain.plan import Plan
from appliance.domain.plans.reader import read_plan
from appliance.domain.serving import ServiceFinished, ServiceStarted
from appliance.domain.slips import SlipPrinted
from appliance.domain.tickets import TicketIssued
from appliance.store import database, journal, rows
from tests.bench.place import SERVICES, Place

DAYS = 250
TICKETS_A_DAY = 300
DESKS = (1, 2, 3)
STEP_MS = 15_000
"""Between two journal entries: 300 visits of six entries are a working day of seven and a half hours."""

Entry = tuple[str, Event]


@dataclass(slots=True)
class Year:
    """The rows of one year, visit after visit; each visit ends before the next one begins."""

    plan: Plan
    seq: int = 0
    chain: bytes = GENESIS
    at_ms: int = 0
    tickets: list[rows.Row] = field(default_factory=list)
    slips: list[rows.Row] = field(default_factory=list)
    days: list[rows.Row] = field(default_factory=list)
    counters: list[rows.Row] = field(default_factory=list)
    desks: dict[int, rows.Row] = field(default_factory=dict)

    def entries(self, days: int, tickets: int) -> Iterator[journal.Row]:
        """The journal; the other rows grow as it is read."""
        first = datetime.now(UTC).replace(hour=6, minute=0, second=0, microsecond=0) - timedelta(days=days)
        self.at_ms = round(first.timestamp() * 1000)
        yield self._row("office", IncarnationBegun("demo", 1, 0, None, "bench"))
        yield self._row("office", PlanAdopted(self.plan.version, self.plan.digest))
        for day in range(1, days + 1):
            date = first + timedelta(days=day - 1)
            self.at_ms = round(date.timestamp() * 1000)
            yield from self._day(day, date.date().isoformat(), tickets)

    def _day(self, day: int, date: str, tickets: int) -> Iterator[journal.Row]:
        yield self._row("clock", DayOpened(day, date, 0, self.plan.digest))
        opened = self.seq
        for desk in DESKS:
            yield self._row(f"desk:{desk}", DeskOpened(desk))
        numbers: dict[str, int] = {}
        for visit in range(tickets):
            yield from self._visit(day, visit, numbers)
        for desk in DESKS:
            yield self._row("clock", DeskClosed(desk, by_system=True))
            self.desks[desk] = (desk, "closed", None, None, self.seq)
        yield self._row("clock", DayClosed(day, by_system=True))
        self.days.append((day, date, 0, self.plan.digest, opened, self.seq))
        self.counters += [(day, series, following) for series, following in numbers.items()]

    def _visit(self, day: int, visit: int, numbers: dict[str, int]) -> Iterator[journal.Row]:
        service = self.plan.services[SERVICES[visit % len(SERVICES)]]
        number = numbers.get(service.series, 1)
        numbers[service.series] = number + 1
        ticket = slip = len(self.tickets) + 1
        desk = DESKS[visit % len(DESKS)]
        issued = TicketIssued(ticket, service.series, number, service.id, "ru", slip)
        first = self.seq + 1
        yield self._row("kiosk", issued)
        yield self._row("printer", SlipPrinted(slip, confirmed=True))
        yield self._row(f"desk:{desk}", TicketCalled(ticket, desk))
        yield self._row("voice", CallHeard(ticket))
        yield self._row(f"desk:{desk}", ServiceStarted(ticket, desk, inferred=False))
        yield self._row(f"desk:{desk}", ServiceFinished(ticket, desk))
        self.slips.append((slip, ticket, 0, "printed", first, first + 1))
        times = (first, first + 2, first + 3, first + 4, first + 5)
        begun = (ticket, day, service.series, number, service.id, "ru", "done", ticket, 0)
        self.tickets.append((*begun, 0, None, None, 0, 1, *times, 0, 0))

    def _row(self, actor: str, event: Event) -> journal.Row:
        self.seq += 1
        self.at_ms += STEP_MS
        moment = Moment(self.at_ms, True, "bench", 15_000 * self.seq)
        row = journal.row_of(Record(self.seq, moment, actor, event), self.chain)
        self.chain = row[-1]
        return row


def make_year(place: Place, days: int = DAYS, tickets: int = TICKETS_A_DAY) -> Year:
    """Fill the place's database with closed days, the last of them yesterday."""
    plan = read_plan((place.folder / "plan.toml").read_text(encoding="utf-8"))
    year = Year(plan)
    db = database.connect(place.database)
    db.execute("PRAGMA synchronous = OFF")
    entries = year.entries(days, tickets)
    while chunk := list(itertools.islice(entries, 20_000)):
        db.execute("BEGIN")
        db.executemany(journal.INSERT, chunk)
        db.execute("COMMIT")
    db.execute("BEGIN")
    db.execute(
        "INSERT INTO plan (digest, version, document) VALUES (?, ?, ?)",
        (plan.digest, plan.version, plan.document),
    )
    for table, made in (
        ("office", [(1, "demo", 1, "bench", None, None, plan.digest, None)]),
        ("day", year.days),
        ("ticket", year.tickets),
        ("slip", year.slips),
        ("counter", year.counters),
        ("desk", list(year.desks.values())),
    ):
        db.executemany(rows.upsert(table), made)
    db.execute("COMMIT")
    db.close()
    return year


def size_mb(path: Path) -> float:
    """Of a file, in units of 10^6 bytes."""
    return path.stat().st_size / 1e6
