"""The virtual panel and lamps."""

from __future__ import annotations

import threading
from time import monotonic
from typing import Any

import pytest

from hardware.config import GPIO, KeyConfig, Point
from hardware.lamps import GpioLamp, SilentLamp, SilentLight, open_lamp, open_light
from hardware.pins import open_pin_factory
from hardware.simulator.panel import VirtualPanel

KEYS = (KeyConfig("desk/1/next", Point(GPIO, 4)), KeyConfig("kiosk/A", Point(GPIO, 17)))


@pytest.fixture
def factory() -> Any:
    return open_pin_factory("mock").factory


def levels(factory: Any, pin: int) -> list[bool]:
    return [state.state for state in factory.pin(pin).states]


@pytest.fixture
def panel(factory: Any) -> VirtualPanel:
    for key in KEYS:
        factory.pin(key.pin).pull = "up"
        factory.pin(key.pin).clear_states()
    return VirtualPanel(KEYS, factory)


def test_a_press_moves_only_its_own_pin(panel: VirtualPanel, factory: Any) -> None:
    panel.press("desk/1/next", hold_s=0.01)
    assert levels(factory, 4) == [True, False, True]
    assert levels(factory, 17) == [True]


def test_a_stuck_key_stays_down_until_released(panel: VirtualPanel, factory: Any) -> None:
    panel.stick("kiosk/A")
    assert factory.pin(17).state == 0
    panel.release("kiosk/A")
    assert factory.pin(17).state == 1


def test_a_contact_that_is_closed_at_rest_stays_so_when_its_pin_is_claimed(factory: Any) -> None:
    bell = KeyConfig("bell/ramp", Point(GPIO, 27), closed=True)
    panel = VirtualPanel([bell], factory)
    pin = factory.pin(27)
    pin.clear_states()
    pin.pull = "up"
    assert levels(factory, 27) == [False]
    panel.press("bell/ramp", 0.01)
    assert levels(factory, 27) == [False, True, False]


def test_a_cut_wire_is_an_open_contact_whatever_the_finger_does(factory: Any) -> None:
    closed, opened = KeyConfig("bell/ramp", Point(GPIO, 27), closed=True), KeyConfig("kiosk/A", Point(GPIO, 17))
    panel = VirtualPanel([closed, opened], factory)
    for pin in (17, 27):
        factory.pin(pin).pull = "up"
        factory.pin(pin).clear_states()
    for control in panel.controls:
        panel.cut(control)
        panel.press(control, 0.01)
        panel.mend(control)
    assert levels(factory, 17) == [True]
    assert levels(factory, 27) == [False, True, False]


def test_noise_is_many_short_spikes(panel: VirtualPanel, factory: Any) -> None:
    longest = panel.noise("kiosk/A", seconds=0.2)
    assert longest >= 0.001
    assert levels(factory, 17).count(False) >= 3
    assert factory.pin(17).state == 1


def test_a_pin_that_drives_a_lamp_feels_no_contact(factory: Any) -> None:
    lamp = GpioLamp(18, factory)
    factory.pin(18).touch(True)
    lamp.set(True)
    assert factory.pin(18).state
    lamp.close()


def test_bounces_come_on_press_and_on_release(panel: VirtualPanel, factory: Any) -> None:
    panel.bounce("kiosk/A", times=6, gap_ms=0.1, hold_s=0.03)
    falls = levels(factory, 17).count(False)
    assert falls == 6 + 1 + 5  # the contact is already down when it begins to break


def test_two_fingers_on_one_key_take_turns(panel: VirtualPanel, factory: Any) -> None:
    fingers = [threading.Thread(target=panel.press, args=("kiosk/A", 0.02)) for _ in range(3)]
    for finger in fingers:
        finger.start()
    for finger in fingers:
        finger.join()
    assert levels(factory, 17) == [True, *[False, True] * 3]


def test_an_unknown_control_is_a_key_error(panel: VirtualPanel) -> None:
    with pytest.raises(KeyError):
        panel.press("desk/9/next")


class Watch:
    """Waits until a lamp has gone out for the nth time."""

    def __init__(self, pin: Any) -> None:
        self.pin = pin
        pin.clear_states()

    def lit(self, times: int) -> bool:
        tick = threading.Event()
        deadline = monotonic() + 5
        while [s.state for s in self.pin.states].count(True) < times or self.pin.state:
            if monotonic() > deadline:
                return False
            tick.wait(0.01)
        return True


def test_a_lamp_blinks_once_for_yes_and_twice_for_no_and_does_not_block(factory: Any) -> None:
    lamp = GpioLamp(18, factory)
    watch = Watch(factory.pin(18))
    before = monotonic()
    lamp.blink()
    assert monotonic() - before < 0.1
    assert watch.lit(1)
    watch = Watch(factory.pin(18))
    lamp.refuse()
    assert watch.lit(2)
    lamp.close()


def test_a_lamp_that_fails_is_logged_once(factory: Any, caplog: pytest.LogCaptureFixture) -> None:
    lamp = GpioLamp(18, factory)
    lamp.close()
    lamp.blink()
    lamp.refuse()
    assert caplog.text.count("does not light") == 1


def test_no_pin_no_factory_or_a_taken_pin_is_a_silent_lamp(factory: Any) -> None:
    taken = GpioLamp(18, factory)
    pin = Point(GPIO, 18)
    for point, opened in ((None, factory), (pin, None), (pin, factory), (Point("desks", 0, 1), factory)):
        lamp = open_lamp(point, opened, {})
        assert isinstance(lamp, SilentLamp)
        lamp.blink()
        lamp.refuse()
        light = open_light(point, opened, {})
        assert isinstance(light, SilentLight)
        light.set(True)
    taken.close()


def test_a_light_on_a_pin_is_on_until_it_is_put_out(factory: Any) -> None:
    light = open_light(Point(GPIO, 18), factory, {})
    light.set(True)
    light.set(True)
    assert factory.pin(18).state
    light.set(False)
    assert not factory.pin(18).state
