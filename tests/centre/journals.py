"""Journals for tests of the centre: small real offices, their days as rows, and the databases they would have."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from appliance.domain.calling import CallNext
from appliance.domain.chain import GENESIS
from appliance.domain.clockwork import CorrectClock, Tick
from appliance.domain.days import CloseDay, OpenDay
from appliance.domain.desks import OpenDesk
from appliance.domain.devices import NoteDevice
from appliance.domain.identity import AdoptPlan, BeginIncarnation
from appliance.domain.message import Command, Record
from appliance.domain.office import DeskState, Office
from appliance.domain.plan import Plan
from appliance.domain.refusal import Refused
from appliance.domain.rules import decide, evolve
from appliance.domain.serving import Finish, Start
from appliance.domain.tickets import TakeTicket
from appliance.store import database
from appliance.store.journal import INSERT, Row, row_of
from tests.domain.clock import DAY, MINUTE, SECOND, Clock
from tests.plans import Sketch

SKETCH = Sketch()


@dataclass
class Ledger:
    """An office in memory and the journal that it would have written. `branch` makes the ledger of a restored card."""

    name: str = "office-17"
    life: str = "aaaa"
    clock: Clock = field(default_factory=Clock)
    office: Office = field(default_factory=Office)
    rows: list[Row] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    plans: dict[str, Plan] = field(default_factory=dict)

    @property
    def incarnation(self) -> str:
        """The folder of its replica."""
        return f"{self.office.incarnation:04d}-{self.life}"

    @property
    def documents(self) -> dict[str, str]:
        """Its plans' documents by digest."""
        return {digest: plan.document for digest, plan in self.plans.items()}

    def begin(self) -> Ledger:
        """A new office with its plan."""
        self.do(BeginIncarnation(self.name, self.life))
        self.do(AdoptPlan(SKETCH.plan))
        return self

    def do(self, command: Command) -> None:
        """Decide and note; what the rules refuse is passed over."""
        now = self.clock.now()
        try:
            events = decide(self.office, command, now)
        except Refused:
            return
        if isinstance(command, AdoptPlan):
            self.plans[command.plan.digest] = command.plan
        for event in events:
            record = Record(self.office.seq + 1, now.moment, "test", event)
            self.office = evolve(self.office, record, self.plans.__getitem__)
            self.records.append(record)
            self.rows.append(row_of(record, self.rows[-1][-1] if self.rows else GENESIS))

    def branch(self, seq: int, life: str) -> Ledger:
        """The card restored from the first `seq` entries, with its new incarnation begun."""
        made = self.cut(seq, life)
        made.do(BeginIncarnation(self.name, life))
        return made

    def cut(self, seq: int, life: str | None = None) -> Ledger:
        """The card as it was after its first `seq` entries, in a new boot."""
        made = Ledger(self.name, life or self.life, Clock(self.clock.at_ms + MINUTE, boots=self.clock.boots + 50))
        made.plans = dict(self.plans)
        for record, row in zip(self.records[:seq], self.rows[:seq], strict=True):
            made.office = evolve(made.office, record, made.plans.__getitem__)
            made.records.append(record)
            made.rows.append(row)
        return made

    def work(self, seed: int, visits: int = 10) -> Ledger:
        """Visitors come and are served; a device fails now and then."""
        chance = Random(seed)
        for _ in range(visits):
            self.clock.advance(chance.randint(20, 200) * SECOND)
            self.do(TakeTicket(chance.choice(("consult", "submit"))))
            if chance.random() < 0.2:
                self.do(NoteDevice("printer", chance.choice(("ready", "fault", "missing"))))
            for desk in (1, 2, 3):
                self.clock.advance(chance.randint(1, 20) * SECOND)
                state = self.office.desks[desk].state
                if state is DeskState.CALLED:
                    self.do(Start(desk))
                elif state is DeskState.SERVING:
                    self.do(Finish(desk))
                elif state is DeskState.FREE:
                    self.do(CallNext(desk))
        return self

    def day(self, seed: int, visits: int = 24) -> Ledger:
        """A whole day and the night after it. Every third one begins without a clock that is believed."""
        if seed % 3 == 0:
            self.clock.reboot(trusted=False, dark_ms=0)
            self.clock.at_ms -= 5 * DAY
        self.do(OpenDay())
        for desk in (1, 2, 3):
            self.do(OpenDesk(desk))
        self.work(seed, visits // 2)
        if seed % 3 == 0:
            self.clock.at_ms += 5 * DAY
            self.clock.trusted = True
            self.do(CorrectClock(self.clock.at_ms - self.clock.uptime_ms))
            self.do(Tick(settled=True))
        self.work(seed + 1000, visits - visits // 2)
        self.do(CloseDay())
        self.clock.set_local(9, 0, days=1)
        return self

    def write(self, path: Path) -> Path:
        """Its database, as the office itself would have it, in one file."""
        with closing(database.connect(path)) as db:
            for digest, plan in self.plans.items():
                db.execute(
                    "INSERT INTO plan (digest, version, document) VALUES (?, ?, ?)",
                    (digest, plan.version, plan.document),
                )
            db.executemany(INSERT, self.rows)
            database.rebuild(db)
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            db.execute("PRAGMA journal_mode = DELETE")
        return path


def office(days: int = 3, visits: int = 24, name: str = "office-17", seed: int = 1) -> Ledger:
    """An office with so many days behind it, and one more that is open."""
    made = Ledger(name).begin()
    for number in range(days):
        made.day(seed + number, visits)
    made.do(OpenDay())
    made.do(OpenDesk(1))
    return made.work(seed + 99, visits // 2)


def incarnations(found: Sequence[Ledger]) -> Sequence[str]:
    """Their names."""
    return [one.incarnation for one in found]
