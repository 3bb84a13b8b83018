"""Who rings at the ramp and what becomes of the devices, as rules of the state machine."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from appliance.domain.bell import AnswerBell, BellLoopCut, CloseBell, PressBell
from appliance.domain.clockwork import Tick
from appliance.domain.devices import NoteDevice
from appliance.domain.message import Command
from tests.domain.clock import HOUR, MINUTE, SECOND
from tests.domain.machine_base import RARELY, OfficeMachine

BELLS = st.sampled_from(("ramp", "ramp", "ramp", "yard-2", "Ramp", "", "a" * 21))
LATER = st.sampled_from((0, SECOND, 3 * SECOND, 20 * SECOND, MINUTE, 2 * MINUTE, 16 * MINUTE, HOUR))
NAMES = st.sampled_from(
    ("printer", "printer", "voice", "bus/desks", "module/desks/1", "Drucker", "", "x" * 41, "d" * 40)
)
CONDITIONS = st.sampled_from(("ready", "ready", "warning", "missing", "fault", "fault", "broken"))
REASONS = st.sampled_from(("", "", "paper-out", "silent", "a" * 40, "a" * 41, "Paper", "paper--out", "-", "out-"))


class BellRules(OfficeMachine):
    """The bell and the devices; time passes between."""

    @rule(bell=BELLS, of=st.sampled_from((PressBell, PressBell, AnswerBell, CloseBell, BellLoopCut)), later=LATER)
    def bell(self, bell: str, of: type[Command], later: int) -> None:
        self.ask(of(bell))  # type: ignore[call-arg]
        self.clock.advance(later)

    @rule(later=st.lists(LATER, min_size=2, max_size=5), bell=st.sampled_from(("ramp", "yard-2")))
    def call_and_come(self, later: list[int], bell: str) -> None:
        """A whole call, at whatever pace; each pause is seen by the clock."""
        steps: list[Command] = [PressBell(bell), AnswerBell(bell), PressBell(bell), CloseBell(bell), PressBell(bell)]
        for step, pause in zip(steps, later, strict=False):
            self.ask(step)
            self.clock.advance(pause)
            self.ask(Tick(settled=True))

    @rule(sure=RARELY, times=st.sampled_from((3, 25)))
    def lean_on_the_bell(self, sure: bool, times: int) -> None:
        if sure:
            self.ask(*[PressBell("ramp")] * times)

    @rule(device=NAMES, condition=CONDITIONS, reason=REASONS, later=LATER)
    def note_device(self, device: str, condition: str, reason: str, later: int) -> None:
        self.ask(NoteDevice(device, condition, reason))
        self.clock.advance(later)

    @rule(sure=st.integers(0, 40))
    def many_devices(self, sure: int) -> None:
        if sure == 0:
            self.ask(*(NoteDevice(f"module/{number}", "ready", "") for number in range(66)))
