"""Fourteen desks press NEXT at once: `python -m tests.store.races --calls 10000 --tickets 4000`.

The witness stands outside the database: each desk writes down which ticket its own answers gave it. A ticket that two
answers name was called twice; a ticket that nobody names although a later one was called is a gap.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from appliance.domain.calling import TicketCalled
from appliance.domain.days import CloseDay, OpenDay
from appliance.domain.desks import OpenDesk
from appliance.domain.identity import AdoptPlan, BeginIncarnation
from appliance.domain.keys import Key, Press
from appliance.domain.office import TicketState
from appliance.domain.refusal import Code, Refused
from appliance.domain.tickets import TakeTicket
from appliance.store.verify import verify
from appliance.store.writer import Outcome, QueueWriter
from tests.domain.clock import Clock
from tests.plans import Sketch, hall_of

DESKS = 14
SERIES = "АБВГД"
PATIENCE_S = 60.0
MOST_REFUSALS = 100
"""After so many refusals a desk gives up: a broken office must not race for ever."""


@dataclass
class Race:
    """What came of it. `twice`: tickets that more than one answer named; `gaps`: tickets passed over."""

    calls: int = 0
    days: int = 0
    twice: list[int] = field(default_factory=list)
    gaps: list[int] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)
    commits: int = 0
    internal_errors: int = 0
    faults: list[tuple[str, str]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def clean(self) -> bool:
        """Whether nothing went wrong."""
        return not (self.twice or self.gaps or self.internal_errors or self.faults)


class Desk(threading.Thread):
    """One desk that presses NEXT until nobody waits, and remembers what its lamp showed."""

    def __init__(self, writer: QueueWriter, number: int, start: threading.Barrier, race: Hall) -> None:
        super().__init__(name=f"desk-{number}")
        self._writer, self._number, self._start_line, self._race = writer, number, start, race
        self.shown: list[int] = []
        self.refusals: Counter[str] = Counter()

    def run(self) -> None:
        """Press until the race is over."""
        self._start_line.wait(PATIENCE_S)
        while self._race.wanted():
            try:
                self._note(self._press())
            except Refused as refusal:
                self.refusals[refusal.code.value] += 1
                if refusal.code in (Code.NOBODY_WAITING, Code.STORE_FAILED) or self.refusals.total() > MOST_REFUSALS:
                    return

    def _press(self) -> Outcome:
        press = Press(self._number, Key.NEXT)
        return self._writer.submit(press, actor=f"desk:{self._number}").result(PATIENCE_S)

    def _note(self, outcome: Outcome) -> None:
        for record in outcome.records:
            if isinstance(record.event, TicketCalled):
                self.shown.append(record.event.ticket)
                self._race.count()


class Hall:
    """An office of fourteen desks where NEXT finishes and calls; days follow each other until enough was called."""

    def __init__(self, path: Path, calls: int, tickets: int) -> None:
        self._path, self._calls, self._tickets = path, calls, tickets
        self._left, self._lock = calls, threading.Lock()
        self._deaths: list[BaseException] = []
        self._clock = Clock(trusted=False)
        self._sketch: Sketch = hall_of(DESKS, series=SERIES, next_when_called="finish-and-call", start_after_s=0)
        self.writer = QueueWriter(path, self._clock.now, on_death=self._deaths.append)

    def wanted(self) -> bool:
        """Whether more calls are wanted."""
        return self._left > 0

    def count(self) -> None:
        """One more call was answered."""
        with self._lock:
            self._left -= 1

    def run(self) -> Race:
        """Race until the calls are made; the database is verified at the end."""
        race, begun = Race(), time.monotonic()
        self.writer.start()
        self._do(BeginIncarnation("office-17", "life"))
        self._do(AdoptPlan(self._sketch.plan))
        called = -1
        while self.wanted() and race.calls > called:
            called = race.calls
            self._day(race)
        race.commits, race.internal_errors = self.writer.commits, self.writer.internal_errors
        self.writer.stop()
        race.faults = verify(self._path).faults
        race.seconds = time.monotonic() - begun
        return race

    def _do(self, command: BeginIncarnation | AdoptPlan | OpenDay | CloseDay | OpenDesk) -> None:
        self.writer.submit(command, actor="test").result(PATIENCE_S)

    def _day(self, race: Race) -> None:
        self._clock.advance(24 * 3_600_000)
        self._do(OpenDay())
        for number in self._sketch.desks:
            self._do(OpenDesk(number))
        first = self.writer.office.last_ticket + 1
        self._fill()
        start = threading.Barrier(DESKS)
        desks = [Desk(self.writer, number, start, self) for number in self._sketch.desks]
        for desk in desks:
            desk.start()
        for desk in desks:
            desk.join()
        self._judge(race, desks, first)
        self._do(CloseDay())

    def _fill(self) -> None:
        services = list(self._sketch.services)
        for begin in range(0, self._tickets, 200):
            takes = [
                self.writer.submit(TakeTicket(services[number % len(services)], paper=False), actor="kiosk")
                for number in range(begin, min(begin + 200, self._tickets))
            ]
            for taken in takes:
                taken.result(PATIENCE_S)

    def _judge(self, race: Race, desks: list[Desk], first: int) -> None:
        shown = Counter(ticket for desk in desks for ticket in desk.shown)
        last = max(shown, default=first - 1)
        race.days += 1
        race.calls += shown.total()
        race.twice += sorted(ticket for ticket, times in shown.items() if times > 1)
        race.gaps += sorted(set(range(first, last + 1)) - set(shown))
        waiting = {t.id for t in self.writer.office.tickets.values() if t.state is TicketState.WAITING}
        race.gaps += sorted(waiting & set(shown))
        for desk in desks:
            race.refusals += desk.refusals


def race(path: Path, calls: int, tickets: int) -> Race:
    """Make so many calls in days of so many tickets, in a new database at `path`."""
    return Hall(path, calls, tickets).run()


def main() -> int:
    """Print the figures; 1 when a ticket was called twice or passed over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--tickets", type=int, default=4_000, help="of one day; at most 4995")
    asked = parser.parse_args()
    logging.disable(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="talon-race-") as folder:
        found = race(Path(folder) / "queue.db", asked.calls, asked.tickets)
    print(f"calls {found.calls} by {DESKS} desks in {found.days} days, {found.commits} commits, {found.seconds:.1f} s")
    print(f"called twice: {len(found.twice)}, gaps: {len(found.gaps)}, internal errors: {found.internal_errors}")
    print(f"refusals: {dict(found.refusals)}, verify: {found.faults or 'clean'}")
    return 0 if found.clean else 1


if __name__ == "__main__":
    raise SystemExit(main())
