"""What the parts of the state machine share: plans, drawn values, the office under test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize

from appliance.domain.identity import AdoptPlan, BeginIncarnation
from appliance.domain.keys import Key, Press
from appliance.domain.message import Command
from appliance.domain.office import DeskState
from tests.domain.bench import Bench, Tally
from tests.domain.clock import DAY, HOUR, MINUTE, SECOND, YEAR, Clock
from tests.domain.sketch import RICH, Written
from tests.domain.stores import MemoryStore
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

PLANS: Sequence[Sketch | Written] = (*SKETCHES, *RICH, *RICH)

DESKS = st.sampled_from((1, 2, 3, 1, 2, 3, 1, 2, 3, 4, 9))
SERVICES = st.sampled_from(("consult", "submit") * 6 + ("collect", "pay") * 3 + ("visa", "nothing"))
PURPOSES = st.sampled_from(("", "", "", "consult", "submit", "collect"))
CATEGORIES = st.sampled_from((None, None, None, "veteran", "disabled", "parent", "chief", "nobody"))
NEEDS = st.sampled_from(((), (), (), (), ("time",), ("step-free", "time"), ("voice",), ("time", "time"), ("wings",)))
SLOTS = st.sampled_from((None, None, None, None, -20, -3, 0, 2, 10, 1440))
"""Booked minutes, from now on."""
OFTEN = st.integers(0, 5).map(lambda drawn: drawn > 0)
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


class OfficeMachine(RuleBasedStateMachine):
    """The rules in memory against the model; parts add what may happen."""

    tally: ClassVar[Tally] = Tally()

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.restores, self.rushed = 0, False
        self.bench = self.furnish()

    def furnish(self) -> Bench:
        """The store of this machine."""
        return Bench(PLANS, MemoryStore(self.clock), self.clock, self.tally)

    @initialize(plan=st.sampled_from((*PLANS, *PLANS, None)), dark=RARELY, desks=OFTEN)
    def wake(self, plan: Sketch | Written | None, dark: bool, desks: bool) -> None:
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

    @property
    def minute(self) -> int:
        """The minute of the office's day."""
        return self.clock.local.hour * 60 + self.clock.local.minute

    @property
    def somebody_waits(self) -> bool:
        """Whether anybody is in the line."""
        return any(ticket.state.value == "waiting" for ticket in self.bench.office.tickets.values())

    def at_work(self, pick: int, *states: str) -> int:
        """One of the desks in these states, or any number."""
        found = [d.number for d in self.bench.office.desks.values() if d.state.value in states]
        return found[pick % len(found)] if found else pick

    def teardown(self) -> None:
        try:
            self.bench.store.check_whole()
        finally:
            self.bench.store.close()
