"""What time, power and the technician do, as rules of the state machine."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from appliance.domain.clockwork import CorrectClock, Tick
from appliance.domain.days import CloseDay, OpenDay
from appliance.domain.identity import AdoptPlan, BeginIncarnation
from appliance.domain.message import Command
from tests.domain.clock import HOUR, SECOND
from tests.domain.machine_base import (
    MOST_RESTORES,
    OFTEN,
    PAUSES,
    PLANS,
    RARELY,
    STEPS,
    OfficeMachine,
)
from tests.domain.sketch import Written
from tests.plans import Sketch


class ClockRules(OfficeMachine):
    """Hours pass, clocks jump, the power fails, a plan is adopted, a card is restored."""

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

    @rule(
        hour=st.sampled_from((0, 7, 8, 9, 10, 14, 15, 17, 18, 19, 20, 21, 23)),
        minute=st.sampled_from((0, 0, 9, 10, 29, 30, 59)),
        days=st.sampled_from((0, 0, 0, 1, 2)),
    )
    def wait_until(self, hour: int, minute: int, days: int) -> None:
        if self.clock.local.hour < hour or days:
            self.clock.set_local(hour, minute, days=days)
        self.ask(Tick(settled=True))

    @rule(by=STEPS, back=st.booleans())
    def step_clock(self, by: int, back: bool) -> None:
        self.clock.step(-by if back else by)

    @rule(trusted=OFTEN)
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

    @rule(plan=st.sampled_from(PLANS))
    def adopt_plan(self, plan: Sketch | Written) -> None:
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

    @rule(trusted=OFTEN, dark=st.sampled_from((30 * SECOND, HOUR, 14 * HOUR)))
    def power_cut(self, trusted: bool, dark: int) -> None:
        self.bench.restart()
        self.clock.reboot(trusted=trusted, dark_ms=dark)
