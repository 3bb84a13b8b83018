"""Keys on mock pins through the real debounce thread."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from queue import Empty, Queue
from time import monotonic
from typing import Any

import pytest

from hardware.config import GPIO, KeyConfig, Point
from hardware.keys.debounce import KeyRule
from hardware.keys.gpio import GpioButtons
from hardware.pins import open_pin_factory
from hardware.ports import Condition, Gesture, Press
from hardware.simulator.panel import VirtualPanel

QUIET_S = 0.15  # longer than any verdict takes with the rules below, except a hold
RULE = KeyRule(holds=True, lockout_s=0.05, hold_s=0.3, stuck_s=0.6)
KEYS = (
    KeyConfig("desk/3/next", Point(GPIO, 17), RULE),
    KeyConfig("desk/3/finish", Point(GPIO, 22), RULE),
    KeyConfig("kiosk/A", Point(GPIO, 27), KeyRule(holds=False, lockout_s=0.05, stuck_s=0.6)),
)


class Office:
    """Started buttons, a panel, and the presses that came out; `listen` hears them first."""

    def __init__(self) -> None:
        self.listen: Callable[[Press], None] = lambda press: self.presses.put(press)
        self.factory: Any = open_pin_factory("mock").factory
        self.buttons = GpioButtons(KEYS, self.factory)
        self.panel = VirtualPanel(KEYS, self.factory)
        self.presses: Queue[Press] = Queue()

    def next_press(self) -> Press:
        return self.presses.get(timeout=5)

    def nothing_more(self) -> bool:
        try:
            self.presses.get(timeout=QUIET_S)
        except Empty:
            return True
        return False

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a state that the thread sets."""
        tick = threading.Event()
        deadline = monotonic() + 5
        while not condition():
            assert monotonic() < deadline
            tick.wait(0.005)


@pytest.fixture
def office() -> Iterator[Office]:
    office = Office()
    office.buttons.start(lambda press: office.listen(press))
    yield office
    office.buttons.close()
    office.factory.close()


def test_a_press_comes_out_once_with_its_times(office: Office) -> None:
    before = monotonic()
    office.panel.press("desk/3/next")
    press = office.next_press()
    assert (press.control, press.gesture, press.number) == ("desk/3/next", Gesture.TAP, 1)
    assert before <= press.edge_at <= press.verdict_at - 0.08
    assert office.nothing_more()


def test_six_bounces_on_press_and_release_are_one_press(office: Office) -> None:
    office.panel.bounce("desk/3/next", times=6)
    assert office.next_press().gesture is Gesture.TAP
    assert office.nothing_more()


def test_a_spike_is_no_press(office: Office) -> None:
    office.panel.spike("kiosk/A")
    assert office.nothing_more()


def test_a_long_press_is_one_hold(office: Office) -> None:
    office.panel.hold("desk/3/next", 0.4)
    assert office.next_press().gesture is Gesture.HOLD
    assert office.nothing_more()


def test_a_kiosk_key_answers_while_it_is_still_down(office: Office) -> None:
    office.panel.stick("kiosk/A")
    assert office.next_press().control == "kiosk/A"


def test_a_second_press_in_the_lockout_has_no_effect() -> None:
    factory = open_pin_factory("mock").factory
    keys = [KeyConfig("desk/3/next", Point(GPIO, 17), KeyRule(lockout_s=0.7))]
    presses: Queue[Press] = Queue()
    buttons = GpioButtons(keys, factory)
    buttons.start(presses.put)
    panel = VirtualPanel(keys, factory)
    panel.press("desk/3/next", 0.05)
    panel.press("desk/3/next", 0.05)
    presses.get(timeout=5)
    with pytest.raises(Empty):
        presses.get(timeout=QUIET_S)
    buttons.close()


def test_presses_of_all_keys_at_once_are_all_heard_one_at_a_time(office: Office) -> None:
    busy = threading.Lock()
    overlaps: list[Press] = []

    def listen(press: Press) -> None:
        if not busy.acquire(blocking=False):
            overlaps.append(press)
            return
        office.presses.put(press)
        busy.release()

    office.listen = listen
    fingers = [threading.Thread(target=office.panel.bounce, args=(name,)) for name in office.panel.controls]
    for finger in fingers:
        finger.start()
    for finger in fingers:
        finger.join()
    heard = [office.next_press() for _ in fingers]
    assert {press.control for press in heard} == set(office.panel.controls)
    assert [press.number for press in heard] == [1, 2, 3]
    assert not overlaps


def test_a_raising_callback_is_logged_and_the_next_press_comes(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    def fail_once(press: Press) -> None:
        if press.number == 1:
            raise ZeroDivisionError
        office.presses.put(press)

    office.listen = fail_once
    with caplog.at_level(logging.ERROR):
        office.panel.press("desk/3/next")
        office.panel.press("desk/3/finish")
        assert office.next_press().number == 2
    assert "press 1 of desk/3/next failed" in caplog.text


def test_a_lost_edge_is_repaired_by_reading_the_level_again(office: Office) -> None:
    # The level moves without the callback: the kernel has dropped the edge.
    office.factory.pin(27)._change_state(False)
    assert office.next_press().control == "kiosk/A"


def test_a_lost_release_edge_does_not_hold_the_key_for_ever(office: Office) -> None:
    office.panel.stick("kiosk/A")
    office.next_press()
    office.factory.pin(27)._change_state(True)
    # A press that comes before the release has been seen is none, so the finger tries again.
    tick = threading.Event()
    deadline = monotonic() + 20
    while office.presses.empty():
        assert monotonic() < deadline
        office.panel.press("kiosk/A")
        tick.wait(0.1)
    assert office.next_press().number == 2


def test_a_stuck_key_is_a_state_until_it_is_freed(office: Office) -> None:
    office.panel.stick("kiosk/A")
    office.next_press()
    office.until(lambda: office.buttons.state()["kiosk/A"].condition is Condition.FAULT)
    assert office.buttons.state()["kiosk/A"].reason == "key-stuck"
    assert office.buttons.state()["desk/3/next"].condition is Condition.READY
    office.panel.release("kiosk/A")
    office.until(lambda: office.buttons.state()["kiosk/A"].condition is Condition.READY)
    assert office.nothing_more()


def test_a_key_held_while_starting_is_no_press_but_gets_stuck() -> None:
    factory = open_pin_factory("mock").factory
    presses: Queue[Press] = Queue()
    panel = VirtualPanel(KEYS[:1], factory)
    panel.stick("desk/3/next")
    buttons = GpioButtons(KEYS[:1], factory)
    buttons.start(presses.put)
    tick = threading.Event()
    deadline = monotonic() + 5
    while buttons.state()["desk/3/next"].reason != "key-stuck":
        assert monotonic() < deadline
        tick.wait(0.005)
    assert presses.empty()
    panel.release("desk/3/next")
    tick.wait(0.1)
    panel.press("desk/3/next")
    assert presses.get(timeout=5).number == 1
    buttons.close()


def test_a_press_begun_while_starting_is_not_acted_on_when_released() -> None:
    factory = open_pin_factory("mock").factory
    presses: Queue[Press] = Queue()
    panel = VirtualPanel(KEYS, factory)
    panel.stick("desk/3/next")
    buttons = GpioButtons(KEYS, factory)
    buttons.start(presses.put)
    panel.release("desk/3/next")
    with pytest.raises(Empty):
        presses.get(timeout=QUIET_S)
    buttons.close()


def test_a_missing_pin_factory_is_a_state_not_a_crash() -> None:
    buttons = GpioButtons(KEYS, "lgpio")
    sys.modules["lgpio"] = None  # type: ignore[assignment]
    try:
        buttons.start(lambda _press: None)
    finally:
        del sys.modules["lgpio"]
    state = buttons.state()["desk/3/next"]
    assert (state.condition, state.reason) == (Condition.MISSING, "gpio-missing")
    assert state.facts["factory"] == "lgpio"
    buttons.close()


def test_a_pin_in_use_is_a_fault_of_that_key_alone(office: Office) -> None:
    second = GpioButtons([KEYS[0], KeyConfig("desk/4/next", Point(GPIO, 5), RULE)], office.factory)
    second.start(lambda _press: None)
    assert second.state()["desk/3/next"].reason == "pin-unavailable"
    assert second.state()["desk/3/next"].facts["pin"] == "17"
    assert second.state()["desk/4/next"].condition is Condition.READY
    second.close()


def test_an_unreadable_pin_is_reported_once_and_recovers(
    office: Office, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = threading.Semaphore(0)
    pin = office.factory.pin(17)

    def fail(_pin: object) -> bool:
        reads.release()
        raise OSError("chip is gone")

    with monkeypatch.context() as patch:
        patch.setattr(type(pin), "_get_state", fail)
        for _ in range(len(KEYS) + 1):  # into the second round
            assert reads.acquire(timeout=5)
        assert office.buttons.state()["desk/3/next"].reason == "pin-unreadable"
    office.until(lambda: office.buttons.state()["desk/3/next"].condition is Condition.READY)
    assert caplog.text.count("desk/3/next: pin 17 cannot be read") == 1


def test_close_releases_the_pins_and_may_be_repeated() -> None:
    buttons = GpioButtons(KEYS, "mock")
    buttons.start(lambda _press: None)
    buttons.close()
    buttons.close()
    assert buttons.pin_factory is None
    assert not any(thread.name == "buttons" for thread in threading.enumerate())


def test_close_from_within_a_press_does_not_deadlock() -> None:
    factory = open_pin_factory("mock").factory
    buttons = GpioButtons(KEYS, factory)
    closed = threading.Event()

    def close(_press: Press) -> None:
        buttons.close()
        closed.set()

    buttons.start(close)
    VirtualPanel(KEYS, factory).press("kiosk/A")
    assert closed.wait(5)


def test_importing_the_drivers_does_not_import_gpiozero() -> None:
    code = (
        "import sys, hardware.ports, hardware.keys.gpio, hardware.lamps, hardware.sound.silent;"
        "sys.exit('gpiozero' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
