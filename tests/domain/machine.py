"""The office as a state machine for Hypothesis: all commands, time and its tricks, restores and restarts."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from appliance.domain.calling import CallBack, CallNext, HearCall, Miss, Recall
from appliance.domain.clockwork import Tick
from appliance.domain.days import OpenDay
from appliance.domain.desks import CloseDesk, OpenDesk, SignIn, SignOut, TakeBreak
from appliance.domain.keys import Key, Press
from appliance.domain.message import Command
from appliance.domain.office import DeskState, SlipState
from appliance.domain.serving import Finish, Park, ReturnTicket, Start
from appliance.domain.slips import RecordSlip, Reprint
from appliance.domain.tickets import AdoptTicket, LeaveTicket, TakeTicket, Told
from appliance.domain.undoing import UndoLast
from appliance.domain.visits import Transfer
from tests.domain.bench import Bench, Tally
from tests.domain.clock import MINUTE, SECOND
from tests.domain.machine_base import (
    CATEGORIES,
    DESKS,
    MOVES,
    NEEDS,
    PLANS,
    PURPOSES,
    RARELY,
    SENSIBLE,
    SERVICES,
    SLOTS,
    TICKETS,
)
from tests.domain.machine_bells import BellRules
from tests.domain.machine_clock import ClockRules
from tests.domain.machine_directives import DirectiveRules
from tests.domain.machine_visits import VisitRules
from tests.domain.stores import FileStore


class Hall(VisitRules, BellRules, ClockRules, DirectiveRules):
    """The rules in memory against the model."""

    tally: ClassVar[Tally] = Tally()

    @rule(service=SERVICES, language=st.sampled_from(("ru", "uk", "en", "xx")), paper=st.booleans())
    def take(self, service: str, language: str, paper: bool) -> None:
        self.ask(TakeTicket(service, language, paper))

    @rule(
        people=st.lists(st.tuples(SERVICES, CATEGORIES, NEEDS), min_size=2, max_size=8),
        pause=st.sampled_from((0, 30 * SECOND, MINUTE)),
    )
    def crowd(self, people: list[tuple[str, str | None, tuple[str, ...]]], pause: int) -> None:
        for service, category, needs in people:
            self.ask(TakeTicket(service, paper=False, category=category, needs=needs))
            self.clock.advance(pause)

    @rule(
        service=SERVICES,
        also=st.lists(SERVICES, max_size=3) | st.sampled_from((["consult"] * 8, ["consult"] * 9)),
        purpose=PURPOSES,
        category=CATEGORIES,
        confirmed=RARELY,
        needs=NEEDS,
        soon=SLOTS,
        insist=RARELY,
    )
    def take_for_a_visit(
        self,
        service: str,
        also: list[str],
        purpose: str,
        category: str | None,
        confirmed: bool,
        needs: tuple[str, ...],
        soon: int | None,
        insist: bool,
    ) -> None:
        self.ask(
            TakeTicket(
                service,
                also=tuple(also),
                purpose=purpose,
                category=category,
                confirmed=confirmed,
                needs=needs,
                slot=None if soon is None else self.minute + soon,
                insist=insist,
            )
        )

    @rule(
        service=SERVICES,
        mean_min=st.sampled_from((0, 1, 60, 300, 900)),
        unpromised=st.booleans(),
        insist=RARELY,
    )
    def take_with_an_estimate(self, service: str, mean_min: int, unpromised: bool, insist: bool) -> None:
        told = Told(mean_min * 30, mean_min * 90, mean_min * 60, 17)
        self.ask(TakeTicket(service, told=told, unpromised=unpromised, insist=insist))

    @rule(people=st.integers(1, 6), category=CATEGORIES, soon=st.sampled_from((-2, 0, 1, 3)))
    def booked_people(self, people: int, category: str | None, soon: int) -> None:
        for number in range(people):
            slot = self.minute + soon * number
            self.ask(TakeTicket(("consult", "submit")[number % 2], paper=False, category=category, slot=slot))

    @precondition(lambda self: not self.rushed)
    @rule(sure=st.integers(0, 299), service=SERVICES)
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

    @rule(
        pick=TICKETS,
        any_state=st.booleans(),
        reason=st.sampled_from(("", "left", "cancelled", "mistake", "merged", "rain")),
    )
    def leave(self, pick: int, any_state: bool, reason: str) -> None:
        self.ask(LeaveTicket(pick if any_state else self.ticket(pick, ("waiting", "parked")), reason))

    @rule(desk=DESKS, key=st.sampled_from(Key), long=st.booleans())
    def press(self, desk: int, key: Key, long: bool) -> None:
        self.ask(Press(desk, key, long))

    @rule()
    def morning(self) -> None:
        """The day is opened if it isn't, and whoever is closed or on a break goes to work."""
        if self.bench.office.open_day is None:
            self.ask(OpenDay())
        self.ask(*(OpenDesk(desk.number) for desk in self.bench.office.desks.values() if not desk.working))

    @rule(rounds=st.integers(1, 12), step=st.sampled_from((SECOND, 20 * SECOND, MINUTE)), pick=st.integers(0, 9))
    def flow(self, rounds: int, step: int, pick: int) -> None:
        """Desks call and serve as fast as they can."""
        for _ in range(rounds):
            for desk in list(self.bench.office.desks.values()):
                if desk.state in (DeskState.CALLED, DeskState.SERVING) or (
                    desk.state is DeskState.FREE and self.somebody_waits
                ):
                    called = desk.state is DeskState.CALLED
                    self.ask(Press(desk.number, Key.FINISH if called else Key.NEXT))
            self.clock.advance(step)
            pick = (pick + 1) % 10
            if pick == 0:
                self.ask(Tick(settled=True))

    @rule(
        people=st.lists(st.tuples(SERVICES, CATEGORIES, SLOTS, NEEDS), min_size=5, max_size=15),
        step=st.sampled_from((SECOND, 20 * SECOND, MINUTE)),
        rounds=st.integers(2, 10),
    )
    def overload(
        self,
        people: list[tuple[str, str | None, int | None, tuple[str, ...]]],
        step: int,
        rounds: int,
    ) -> None:
        """More people than the desks can take, and the desks at work."""
        self.morning()
        for number, (service, category, soon, needs) in enumerate(people):
            slot = None if soon is None else self.minute + soon
            self.ask(TakeTicket(service, paper=False, category=category, slot=slot, needs=needs))
            self.clock.advance(step)
            if number % 5 == 4:
                self.flow(1, step, number)
        self.flow(rounds, step, rounds)

    @rule(moves=MOVES, people=st.integers(0, 12))
    def busy_minutes(self, moves: list[tuple[int, int, int]], people: int) -> None:
        """Visitors come, and every desk does what its state suggests, with the clock running."""
        self.ask(
            *(
                TakeTicket(
                    ("consult", "submit", "pay")[n % 3],
                    paper=n % 3 == 0,
                    category=("veteran", None, "disabled", None, None)[(n + people) % 5] if people % 2 else None,
                )
                for n in range(people)
            )
        )
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

    @rule(desk=DESKS, operator=st.sampled_from(("ann", "bob", "eve", "zoe", "о" * 50)))
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


class HallOnFile(Hall):
    """The same through the writer, on a file."""

    tally: ClassVar[Tally] = Tally()

    def furnish(self) -> Bench:
        self.folder = Path(tempfile.mkdtemp(prefix="talon-hall-"))
        return Bench(PLANS, FileStore(self.clock, self.folder), self.clock, self.tally)

    @rule(commands=st.lists(st.tuples(DESKS, st.sampled_from(Key)), min_size=2, max_size=12))
    def all_at_once(self, commands: list[tuple[int, Key]]) -> None:
        self.ask(*(Press(desk, key) for desk, key in commands))

    def teardown(self) -> None:
        try:
            super().teardown()
        finally:
            shutil.rmtree(self.folder)
