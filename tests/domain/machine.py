"""The office as a state machine for Hypothesis: all commands, time and its tricks, restores and restarts."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from appliance.domain.calling import (
    CallBack,
    CallNext,
    Finish,
    HearCall,
    Miss,
    Park,
    Recall,
    ReturnTicket,
    Start,
    Transfer,
)
from appliance.domain.clockwork import CorrectClock, Tick
from appliance.domain.days import CloseDay, OpenDay
from appliance.domain.desks import CloseDesk, OpenDesk, SignIn, SignOut, TakeBreak
from appliance.domain.identity import AdoptPlan, BeginIncarnation
from appliance.domain.keys import Key, Press
from appliance.domain.message import Command
from appliance.domain.office import DeskState, SlipState
from appliance.domain.slips import RecordSlip, Reprint
from appliance.domain.tickets import AdoptTicket, LeaveTicket, TakeTicket
from appliance.domain.undoing import UndoLast
from tests.domain.bench import Bench, Tally
from tests.domain.clock import DAY, HOUR, MINUTE, SECOND, YEAR, Clock
from tests.domain.stores import FileStore, MemoryStore
from tests.plans import Sketch

QUICK = {"start_after_s": 20, "missed_after_s": 90, "unheard_after_s": 5, "park_min": 1}
SKETCHES = (
    Sketch(desks={3: ("submit",), 1: (), 2: ("consult",)}),
    Sketch(version=2, settings={**QUICK, "next_when_called": "finish-and-call"}),
    Sketch(version=3, settings={"next_when_called": "start", "missed_after_s": 30, "undo_s": 3}),
    Sketch(
        version=4,
        services={"consult": "А", "collect": "А", "pay": "В"},
        desks={1: ("consult",), 2: ("collect",), 4: ()},
        transfer_to={2: "consult", 4: "pay"},
        settings={"park_min": 0, "start_after_s": 0, "slip_deadline_s": 30, "grace_min": 0},
        closes=24 * 60,
    ),
)

NEXT, REPEAT, FINISH = Key.NEXT, Key.REPEAT, Key.FINISH
SENSIBLE: Mapping[DeskState, Sequence[tuple[Key, bool]]] = {
    DeskState.CLOSED: [(NEXT, False)],
    DeskState.BREAK: [(NEXT, False)],
    DeskState.FREE: [*[(NEXT, False)] * 5, (REPEAT, False), (NEXT, True), (FINISH, False)],
    DeskState.CALLED: [
        *[(FINISH, False)] * 3,
        *[(REPEAT, True)] * 2,
        (NEXT, False),
        (REPEAT, False),
        (NEXT, True),
    ],
    DeskState.SERVING: [
        *[(NEXT, False)] * 2,
        *[(FINISH, False)] * 2,
        (REPEAT, False),
        (FINISH, True),
        (NEXT, True),
    ],
}
"""What people at a desk do; the likelier more than once."""

DESKS = st.sampled_from((1, 2, 3, 1, 2, 3, 1, 2, 3, 4, 9))
SERVICES = st.sampled_from(("consult", "submit") * 6 + ("collect", "pay", "nothing"))
RARELY = st.integers(0, 3).map(lambda drawn: drawn == 0)
MOVES = st.lists(
    st.tuples(DESKS, st.integers(0, 20), st.sampled_from((0, 0, SECOND, 4 * SECOND, 11 * SECOND))),
    min_size=5,
    max_size=25,
)
TICKETS = st.integers(0, 40)
PAUSES = st.sampled_from(
    (0, 200, SECOND, 5 * SECOND, 10 * SECOND, 10_001, 30 * SECOND, MINUTE, 2 * MINUTE, 11 * MINUTE, HOUR, 5 * HOUR)
)
STEPS = st.sampled_from((2 * SECOND, MINUTE, HOUR, DAY, 2 * YEAR))
MOST_RESTORES = 7
"""A later one would come back to a block that was used on the same date."""


class Hall(RuleBasedStateMachine):
    """The rules in memory against the model."""

    tally: ClassVar[Tally] = Tally()

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.restores, self.rushed = 0, False
        self.bench = self.furnish()

    def furnish(self) -> Bench:
        """The store of this machine."""
        return Bench(SKETCHES, MemoryStore(self.clock), self.clock, self.tally)

    @initialize(plan=st.sampled_from((*SKETCHES, *SKETCHES, None)), dark=RARELY, desks=st.booleans())
    def wake(self, plan: Sketch | None, dark: bool, desks: bool) -> None:
        self.clock.trusted = not dark
        if plan is not None:
            self.bench.do(BeginIncarnation("office-17", "life-1"))
            self.bench.do(AdoptPlan(plan.plan))
            if desks:
                self.ask(*(Press(desk, Key.NEXT) for desk in plan.desks))

    def ask(self, *commands: Command) -> None:
        """Give the commands; refusals are answers too."""
        self.bench.together(commands)

    def ticket(self, pick: int, states: Sequence[str]) -> int:
        """One of today's tickets in these states, or any id, known or not."""
        found = [t.id for t in self.bench.office.tickets.values() if t.state.value in states]
        return found[pick % len(found)] if found else pick

    @rule(service=SERVICES, language=st.sampled_from(("ru", "uk", "en", "xx")), paper=st.booleans())
    def take(self, service: str, language: str, paper: bool) -> None:
        self.ask(TakeTicket(service, language, paper))

    @rule(services=st.lists(SERVICES, min_size=2, max_size=8))
    def crowd(self, services: list[str]) -> None:
        self.ask(*(TakeTicket(service, paper=False) for service in services))

    @precondition(lambda self: not self.rushed)
    @rule(sure=st.integers(0, 59), service=SERVICES)
    def rush(self, sure: int, service: str) -> None:
        """More people than a block has numbers."""
        if sure == 0 and self.bench.office.open_day is not None:
            self.rushed = True
            self.ask(*[TakeTicket(service, paper=False)] * 1001)

    @rule(
        series=st.sampled_from(("А", "A", " б", "В", "Я", "")),
        number=st.sampled_from((0, 1, 2, 5, 30, 999, 1001, 1002, 2005, 9001, 9002, 9999, 10001)),
        service=SERVICES,
        ago=st.sampled_from((None, -5, 0, 1, 10, 300)),
    )
    def adopt(self, series: str, number: int, service: str, ago: int | None) -> None:
        local = self.clock.local
        printed_at = None if ago is None else (local.hour * 60 + local.minute - ago) % 1440
        self.ask(AdoptTicket(series, number, service, "uk", printed_at))

    @rule(pick=TICKETS, any_state=st.booleans())
    def leave(self, pick: int, any_state: bool) -> None:
        self.ask(LeaveTicket(pick if any_state else self.ticket(pick, ("waiting", "parked"))))

    @rule(desk=DESKS, key=st.sampled_from(Key), long=st.booleans())
    def press(self, desk: int, key: Key, long: bool) -> None:
        self.ask(Press(desk, key, long))

    @rule(moves=MOVES, people=st.integers(0, 12))
    def busy_minutes(self, moves: list[tuple[int, int, int]], people: int) -> None:
        """Visitors come, and every desk does what its state suggests, with the clock running."""
        self.ask(*(TakeTicket(("consult", "submit")[n % 2], paper=n % 3 == 0) for n in range(people)))
        for number, pick, pause in moves:
            desk = self.bench.office.desks.get(number)
            if desk is not None:
                sensible = SENSIBLE[desk.state]
                key, long = sensible[pick % len(sensible)]
                self.ask(Press(number, key, long))
            self.clock.advance(pause)
            if pick == 0:
                self.ask(Tick(settled=True))
            if pick == 1:
                self.ask(HearCall(self.ticket(pick, ("called",)), 1))
            if pick == 2:
                self.ask(ReturnTicket(self.ticket(pause, ("missed", "parked"))))

    @rule(desk=DESKS, expects=st.integers(0, 5))
    def press_expecting(self, desk: int, expects: int) -> None:
        self.ask(Press(desk, Key.NEXT, expects=expects))

    @rule(
        desk=DESKS,
        of=st.sampled_from((CallNext, Recall, Start, Finish, Miss, Park, Transfer, CallBack, UndoLast)),
    )
    def at_desk(self, desk: int, of: type[Command]) -> None:
        self.ask(of(desk))  # type: ignore[call-arg]

    @rule(desk=DESKS, of=st.sampled_from((OpenDesk, CloseDesk, TakeBreak, SignOut)))
    def staff(self, desk: int, of: type[Command]) -> None:
        self.ask(of(desk))  # type: ignore[call-arg]

    @rule(desk=DESKS)
    def finish_and_call(self, desk: int) -> None:
        self.ask(Finish(desk, call_next=True))

    @rule(desk=st.sampled_from((1, 2, 3)), service=SERVICES)
    def transfer(self, desk: int, service: str) -> None:
        self.ask(Transfer(desk, service))

    @rule(desk=DESKS, pick=TICKETS, missed=st.booleans())
    def call_back(self, desk: int, pick: int, missed: bool) -> None:
        self.ask(CallBack(desk, self.ticket(pick, ("missed",)) if missed else pick))

    @rule(pick=TICKETS, any_state=st.booleans())
    def return_ticket(self, pick: int, any_state: bool) -> None:
        self.ask(ReturnTicket(pick if any_state else self.ticket(pick, ("missed", "parked"))))

    @rule(pick=TICKETS, calls=st.sampled_from((1, 1, 1, 2, 3)), late=st.sampled_from((None, 0, 1)))
    def hear(self, pick: int, calls: int, late: int | None) -> None:
        number = self.ticket(pick, ("called",))
        ticket = self.bench.office.tickets.get(number)
        call = ticket.called.seq if ticket is not None and ticket.called is not None else 1
        self.ask(HearCall(number, calls, None if late is None else call - late))

    @rule(desk=DESKS, operator=st.sampled_from(("ann", "bob", "о" * 50)))
    def sign_in(self, desk: int, operator: str) -> None:
        self.ask(SignIn(desk, operator))

    @rule(pick=TICKETS)
    def reprint(self, pick: int) -> None:
        self.ask(Reprint(pick))

    @rule(
        pick=TICKETS,
        queued=st.booleans(),
        outcome=st.sampled_from([state for state in SlipState if state is not SlipState.QUEUED]),
    )
    def record_slip(self, pick: int, queued: bool, outcome: SlipState) -> None:
        waiting = [s.id for s in self.bench.office.slips.values() if s.state is SlipState.QUEUED]
        slip = waiting[pick % len(waiting)] if queued and waiting else pick
        self.ask(RecordSlip(slip, outcome))

    @rule(settled=st.booleans())
    def tick(self, settled: bool) -> None:
        self.ask(Tick(settled))

    @rule(pause=PAUSES, settled=st.booleans())
    def wait(self, pause: int, settled: bool) -> None:
        self.clock.advance(pause)
        self.ask(Tick(settled))

    @rule(pause=PAUSES)
    def wait_unnoticed(self, pause: int) -> None:
        self.clock.advance(pause)

    @rule(hour=st.sampled_from((7, 8, 9, 14, 19, 20, 21)), days=st.integers(0, 1))
    def wait_until(self, hour: int, days: int) -> None:
        if self.clock.local.hour < hour or days:
            self.clock.set_local(hour, days=days)
        self.ask(Tick(settled=True))

    @rule(by=STEPS, back=st.booleans())
    def step_clock(self, by: int, back: bool) -> None:
        self.clock.step(-by if back else by)

    @rule(trusted=st.booleans())
    def trust(self, trusted: bool) -> None:
        self.clock.trusted = trusted
        if trusted:
            self.ask(CorrectClock(self.clock.at_ms - self.clock.uptime_ms))

    @rule(unsettled=RARELY)
    def settle(self, unsettled: bool) -> None:
        self.clock.settled = not unsettled

    @rule(tight=RARELY)
    def disk(self, tight: bool) -> None:
        self.clock.disk_tight = tight

    @rule(of=st.sampled_from((OpenDay, CloseDay)), sure=RARELY)
    def day(self, of: type[Command], sure: bool) -> None:
        if sure or of is OpenDay:
            self.ask(of())

    @rule(plan=st.sampled_from(SKETCHES))
    def adopt_plan(self, plan: Sketch) -> None:
        self.ask(AdoptPlan(plan.plan))

    @precondition(lambda self: self.restores < MOST_RESTORES)
    @rule(sure=RARELY)
    def restore(self, sure: bool) -> None:
        if sure:
            self.restores += 1
            self.bench.restart()
            self.ask(BeginIncarnation("office-17", f"life-{self.restores + 1}"))

    @rule()
    def restart(self) -> None:
        self.bench.restart()

    @rule(trusted=st.booleans(), dark=st.sampled_from((30 * SECOND, HOUR, 14 * HOUR)))
    def power_cut(self, trusted: bool, dark: int) -> None:
        self.bench.restart()
        self.clock.reboot(trusted=trusted, dark_ms=dark)

    def teardown(self) -> None:
        try:
            self.bench.store.check_whole()
        finally:
            self.bench.store.close()


class HallOnFile(Hall):
    """The same through the writer, on a file."""

    tally: ClassVar[Tally] = Tally()

    def furnish(self) -> Bench:
        self.folder = Path(tempfile.mkdtemp(prefix="talon-hall-"))
        return Bench(SKETCHES, FileStore(self.clock, self.folder), self.clock, self.tally)

    @rule(commands=st.lists(st.tuples(DESKS, st.sampled_from(Key)), min_size=2, max_size=12))
    def all_at_once(self, commands: list[tuple[int, Key]]) -> None:
        self.ask(*(Press(desk, key) for desk, key in commands))

    def teardown(self) -> None:
        try:
            super().teardown()
        finally:
            shutil.rmtree(self.folder)
