"""The lamps at the ramp and the buzzer inside say what is committed, and nothing before."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from appliance.domain.bell import AnswerBell, BellLoopCut, CloseBell, PressBell
from appliance.domain.clockwork import Tick
from appliance.domain.keys import Key
from appliance.domain.office import DeskState
from appliance.workers.pressing import RECEPTION_KEY, Pressing
from appliance.workers.ringing import BEEP_MS, BEEPS, ROUND_MS, BellLights, Ringing
from hardware.ports import Gesture, Press
from tests.domain.clock import MINUTE, SECOND
from tests.store.rig import TAKE, Office


@dataclass
class Lit:
    """A light that remembers what it was told."""

    on: bool = False
    told: list[bool] = field(default_factory=list)

    def set(self, on: bool) -> None:
        self.on = on
        self.told.append(on)


@dataclass
class Ramp:
    """One bell's lights, and the worker over them."""

    office: Office
    heard: Lit = field(default_factory=Lit)
    coming: Lit = field(default_factory=Lit)
    buzzer: Lit = field(default_factory=Lit)

    def __post_init__(self) -> None:
        lights = {"ramp": BellLights(self.heard, self.coming, self.buzzer), "yard": BellLights(heard=Lit())}
        self.worker = Ringing(self.office.writer, self.office.clock.now, lambda: lights)

    def look(self, wait: int = 0) -> tuple[bool, bool, bool]:
        """After so many milliseconds: heard, coming, buzzer."""
        self.office.clock.clock.advance(wait)
        self.worker.look()
        return self.heard.on, self.coming.on, self.buzzer.on


@pytest.fixture
def ramp(office: Office) -> Ramp:
    return Ramp(office)


def test_the_lamps_follow_a_call_from_the_press_to_the_arrival(ramp: Ramp) -> None:
    assert ramp.look() == (False, False, False)
    ramp.office.do(PressBell("ramp"))
    assert ramp.look() == (True, False, True)
    ramp.office.do(AnswerBell("ramp"))
    assert ramp.look() == (True, True, False)
    ramp.office.do(CloseBell("ramp"))
    assert ramp.look() == (False, False, False)


def test_three_short_beeps_every_ten_seconds_until_the_answer(ramp: Ramp) -> None:
    ramp.office.do(PressBell("ramp"))
    step = BEEP_MS // 4
    heard = [ramp.look(step if number else 0)[2] for number in range(2 * ROUND_MS // step)]
    starts = [number * step for number, on in enumerate(heard) if on and heard[number - 1 : number] != [True]]
    assert starts == [round_ * ROUND_MS + 2 * BEEP_MS * beep for round_ in (0, 1) for beep in range(BEEPS)]
    assert sum(heard) * step == 2 * BEEPS * BEEP_MS


def test_a_minute_without_an_answer_and_the_buzzer_knows_no_break(ramp: Ramp) -> None:
    ramp.office.do(PressBell("ramp"))
    ramp.look(MINUTE)
    ramp.office.do(Tick(settled=False))
    on = [ramp.look(BEEP_MS)[2] for _ in range(ROUND_MS // BEEP_MS)]
    assert sum(on) == len(on) // 2


def test_a_light_is_told_only_what_changes(ramp: Ramp) -> None:
    ramp.office.do(PressBell("ramp"))
    for _ in range(5):
        ramp.look()
    assert ramp.heard.told == [False, True][-len(ramp.heard.told) :]
    assert ramp.coming.told == [False]


def test_a_call_from_before_a_restart_is_lit_again(ramp: Ramp) -> None:
    ramp.office.do(PressBell("ramp"))
    ramp.office.restart()
    assert Ramp(ramp.office).look() == (True, False, True)


def test_a_bell_without_lights_hurts_nobody(ramp: Ramp) -> None:
    ramp.office.do(PressBell("yard"))
    ramp.office.do(PressBell("gate"))
    ramp.office.do(PressBell("ramp"))
    assert ramp.look() == (True, False, True)


def test_everything_is_dark_after_the_end(ramp: Ramp) -> None:
    ramp.office.do(PressBell("ramp"))
    ramp.worker.start()
    ramp.worker.stop()
    assert (ramp.heard.on, ramp.coming.on, ramp.buzzer.on) == (False, False, False)


def press(control: str, number: int) -> Press:
    return Press(control, Gesture.TAP, number, 0.0, 0.0)


@pytest.fixture
def keys(office: Office) -> Pressing:
    return Pressing(office.writer, dict, "run")


def test_the_bell_and_the_key_inside_are_presses_like_others(office: Office, keys: Pressing) -> None:
    keys.on_press(press("bell/ramp", 1))
    office.do(TAKE)
    assert office.writer.office.bells["ramp"].answered is None
    keys.on_press(press("answer/ramp", 2))
    office.do(TAKE)
    assert office.writer.office.bells["ramp"].answered is not None
    actors = office.query("SELECT actor FROM journal WHERE kind IN ('BellRung', 'BellAnswered') ORDER BY seq")
    assert actors == [("bell:ramp",), (RECEPTION_KEY,)]


def test_the_same_press_twice_rings_once(office: Office, keys: Pressing) -> None:
    keys.on_press(press("bell/ramp", 1))
    keys.on_press(press("bell/ramp", 1))
    office.do(TAKE)
    assert office.writer.office.bells["ramp"].rings == 1


def test_a_loop_that_stays_open_withdraws_what_it_rang(office: Office, keys: Pressing) -> None:
    keys.on_press(press("bell/ramp", 1))
    office.clock.clock.advance(10 * SECOND)
    keys.on_stuck("desk/1/next", True)
    keys.on_stuck("bell/ramp", False)
    office.do(TAKE)
    assert "ramp" in office.writer.office.bells
    keys.on_stuck("bell/ramp", True)
    office.do(TAKE)
    assert office.writer.office.bells == {}
    assert office.query("SELECT how FROM bell") == [("loop-cut",)]


def test_power_and_unknown_controls_are_nobodys_business_here(office: Office, keys: Pressing) -> None:
    before = office.writer.office.seq
    keys.on_press(press("power/fail", 1))
    keys.on_press(press("answer/ramp", 2))
    office.do(BellLoopCut("ramp"))
    assert office.writer.office.seq == before
    keys.on_press(press(f"desk/1/{Key.FINISH.value}", 3))
    office.do(TAKE)
    assert office.writer.office.desks[1].state is DeskState.BREAK
