"""The one judge: levels of any source in, presses and states out."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from queue import Empty, Queue
from time import monotonic

import pytest

from hardware.config import GPIO, KeyConfig, Point
from hardware.keys.debounce import KeyRule
from hardware.keys.judging import Judge, facts_of
from hardware.ports import Condition, DeviceState, Gesture, Press
from hardware.states import state_of
from tests.hardware.waiting import wait_for

RULE = KeyRule(lockout_s=0.0, hold_s=0.3, stuck_s=0.5)
BELL = KeyRule(holds=False, lockout_s=0.0, stuck_s=0.3, baseline_counts=True)
MAINS = KeyRule(holds=False, lockout_s=0.0, stable_s=0.05, stuck_s=0.1, baseline_counts=True)
KEYS = (
    KeyConfig("desk/1/next", Point("desks", 0, 1), RULE),
    KeyConfig("kiosk/A", Point(GPIO, 17), KeyRule(holds=False, lockout_s=0.0, stuck_s=0.5)),
    KeyConfig("bell/ramp", Point(GPIO, 27), BELL, closed=True),
    KeyConfig("bell/door", Point("pad1", "KP1"), BELL),
    KeyConfig("power/fail", Point(GPIO, 5), MAINS, closed=True),
)
REST = {"desk/1/next": False, "kiosk/A": False, "bell/ramp": True, "bell/door": False, "power/fail": True}
AWAY = state_of(Condition.MISSING, "module-silent", "check-module", bus="desks")


class Office:
    """A judge at rest, and what it tells."""

    def __init__(self) -> None:
        self.judge = Judge(KEYS)
        self.presses: Queue[Press] = Queue()
        self.stuck: list[tuple[str, bool]] = []

    def start(self, levels: Mapping[str, bool]) -> None:
        self.judge.take(monotonic(), levels)
        self.judge.start(self.presses.put, lambda control, stuck: self.stuck.append((control, stuck)))

    def take(self, control: str, made: bool, good_for_s: float = float("inf")) -> float:
        at = monotonic()
        self.judge.take(at, {control: made}, good_for_s)
        return at

    def tap(self, control: str) -> None:
        """Down for 50 ms, whatever the machine is busy with."""
        at = monotonic()
        self.judge.take(at, {control: True})
        self.judge.take(at + 0.05, {control: False})

    def state(self, control: str) -> DeviceState:
        return self.judge.state()[control]

    def reason(self, control: str) -> str:
        return self.state(control).reason

    def next(self) -> Press:
        return self.presses.get(timeout=10)

    def nothing(self, seconds: float = 0.2) -> bool:
        try:
            return self.presses.get(timeout=seconds) is None
        except Empty:
            return True


@pytest.fixture
def office() -> Iterator[Office]:
    office = Office()
    office.start(REST)
    yield office
    office.judge.close()


def wait(seconds: float) -> None:
    threading.Event().wait(seconds)


def test_the_baseline_is_taken_when_start_returns(office: Office) -> None:
    assert {state.condition for state in office.judge.state().values()} == {Condition.READY}
    assert office.nothing()
    with pytest.raises(RuntimeError):
        office.judge.start(office.presses.put)


def test_a_contact_that_is_closed_at_rest_is_pressed_when_it_opens(office: Office) -> None:
    office.take("bell/ramp", False)
    assert office.next().control == "bell/ramp"
    office.take("bell/ramp", True)
    assert office.nothing()


def test_presses_are_numbered_over_all_sources(office: Office) -> None:
    for control in ("kiosk/A", "bell/door"):
        office.take(control, True)
        assert office.next().control == control
    office.tap("desk/1/next")
    assert office.next().number == 3


def test_a_press_is_dated_by_its_source(office: Office) -> None:
    at = office.take("kiosk/A", True)
    press = office.next()
    assert press.edge_at == at
    assert press.verdict_at >= at + 0.02


def test_a_bells_loop_that_stays_open_is_cut(office: Office) -> None:
    office.take("bell/ramp", False)
    wait_for(lambda: office.stuck == [("bell/ramp", True)])
    state = office.state("bell/ramp")
    assert (state.condition, state.reason, state.hint) == (Condition.FAULT, "loop-cut", "check-loop")
    assert state.facts == {"point": "gpio 27", "name": "ramp", "pin": "27"}
    office.take("bell/ramp", True)
    wait_for(lambda: office.stuck[1:] == [("bell/ramp", False)])
    assert office.state("bell/ramp").condition is Condition.READY


def test_a_bell_with_an_open_contact_is_jammed_not_cut(office: Office) -> None:
    office.take("bell/door", True)
    wait_for(lambda: office.stuck == [("bell/door", True)])
    assert (office.reason("bell/door"), office.state("bell/door").hint) == ("key-stuck", "free-the-key")
    assert office.state("bell/door").facts == {"point": "pad1 KP1", "name": "door"}


def test_mains_that_are_away_are_a_warning_and_no_fault(office: Office) -> None:
    office.take("power/fail", False)
    assert office.next().control == "power/fail"
    wait_for(lambda: office.stuck == [("power/fail", True)])
    state = office.state("power/fail")
    assert (state.condition, state.reason, state.warning) == (Condition.READY, "", "on-battery")
    office.take("power/fail", True)
    wait_for(lambda: office.state("power/fail").warning == "")
    assert office.stuck[-1] == ("power/fail", False)


def test_a_bell_that_rang_while_the_box_began_counts_and_a_desk_key_does_not() -> None:
    office = Office()
    office.start(REST | {"bell/ramp": False, "desk/1/next": True, "kiosk/A": True})
    assert office.next().control == "bell/ramp"
    assert office.nothing()
    office.judge.close()


def test_a_lost_key_says_why_and_is_back_with_its_first_level(office: Office) -> None:
    office.judge.lose(["desk/1/next", "unknown"], AWAY)
    assert office.state("desk/1/next") is AWAY
    assert office.state("kiosk/A").condition is Condition.READY
    office.take("desk/1/next", False)
    wait_for(lambda: office.state("desk/1/next").condition is Condition.READY)


def test_a_loss_that_goes_on_keeps_its_beginning(office: Office) -> None:
    office.judge.lose(["kiosk/A"], AWAY)
    office.judge.lose(["kiosk/A"], state_of(Condition.MISSING, "module-silent", "check-module", bus="desks"))
    assert office.state("kiosk/A") is AWAY
    office.judge.lose(["kiosk/A"], state_of(Condition.MISSING, "port-missing", "connect-bus", bus="desks"))
    assert office.reason("kiosk/A") == "port-missing"


@pytest.mark.parametrize("down", [True, False])
def test_nothing_that_happened_while_nobody_saw_counts(office: Office, down: bool) -> None:
    """The key was pressed before the loss, or meanwhile; it is let go after."""
    if down:
        office.take("desk/1/next", True)
    office.judge.lose(["desk/1/next"], AWAY)
    office.tap("desk/1/next")
    assert office.nothing()
    office.tap("desk/1/next")
    assert office.next().gesture is Gesture.TAP


def test_a_bell_that_rang_while_nobody_saw_counts_once(office: Office) -> None:
    office.judge.lose(["bell/ramp"], AWAY)
    office.take("bell/ramp", False)
    assert office.next().control == "bell/ramp"
    office.judge.lose(["bell/ramp"], AWAY)
    office.take("bell/ramp", False)  # still the same finger
    assert office.nothing()


def test_a_loop_that_was_mended_while_nobody_saw_is_told(office: Office) -> None:
    office.take("bell/ramp", False)
    wait_for(lambda: office.stuck == [("bell/ramp", True)])
    office.judge.lose(["bell/ramp"], AWAY)
    office.take("bell/ramp", True)
    wait_for(lambda: office.stuck[1:] == [("bell/ramp", False)])
    assert office.state("bell/ramp").condition is Condition.READY


def test_a_loop_that_is_still_cut_is_not_told_again(office: Office) -> None:
    office.take("bell/ramp", False)
    wait_for(lambda: office.stuck == [("bell/ramp", True)])
    office.next()
    office.judge.lose(["bell/ramp"], AWAY)
    office.take("bell/ramp", False)
    wait_for(lambda: office.reason("bell/ramp") == "loop-cut")
    assert office.nothing(0.5)
    assert office.stuck == [("bell/ramp", True)]


def test_a_level_that_nobody_has_seen_for_long_holds_no_key(office: Office) -> None:
    """Only garbage comes from the line: the key was let go long before the hold time."""
    office.take("desk/1/next", True, good_for_s=0.1)
    wait(0.5)
    assert office.nothing(0.0)
    office.take("desk/1/next", False, good_for_s=0.1)
    assert office.next().gesture is Gesture.TAP


def test_a_level_that_is_seen_again_and_again_is_held(office: Office) -> None:
    until = monotonic() + 5
    while office.presses.empty() and monotonic() < until:
        office.take("desk/1/next", True, good_for_s=0.1)
        wait(0.03)
    assert office.next().gesture is Gesture.HOLD


def test_a_press_is_judged_between_two_looks(office: Office) -> None:
    at = office.take("kiosk/A", True, good_for_s=0.1)
    assert office.next().edge_at == at


def test_who_raises_is_logged_and_the_next_is_told(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    judge = Judge(KEYS)
    heard: list[str] = []

    def press(press: Press) -> None:
        heard.append(press.control)
        raise ZeroDivisionError

    def stuck(control: str, stuck: bool) -> None:
        heard.append(f"{control} {stuck}")
        raise ZeroDivisionError

    judge.take(monotonic(), REST)
    judge.start(press, stuck)
    with caplog.at_level(logging.ERROR):
        judge.take(monotonic(), {"bell/ramp": False})
        wait_for(lambda: heard == ["bell/ramp", "bell/ramp True"])
        judge.take(monotonic(), {"bell/ramp": True})
        wait_for(lambda: len(heard) == 3)
    judge.close()
    assert "press 1 of bell/ramp failed" in caplog.text
    assert "nobody could be told that bell/ramp is freed" in caplog.text


def test_a_torn_cable_cannot_fill_the_memory() -> None:
    judge = Judge(KEYS)
    for _ in range(12_000):
        judge.take(0.0, {"kiosk/A": True})
    assert judge._items.qsize() == 10_000


def test_facts_of_a_key_on_a_module() -> None:
    assert facts_of(KEYS[0]) == {"point": "desks 1/0", "name": "next"}
