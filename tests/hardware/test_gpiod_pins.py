"""gpiozero on libgpiod: against chips that behave as the kernel's do."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from types import ModuleType

import gpiod
import pytest
from gpiod.line import Bias, Direction, Edge
from gpiozero import LED, Button, DigitalInputDevice
from gpiozero.exc import GPIOPinInUse, PinFixedPull, PinInvalidPull, PinInvalidState, PinSetInput

from hardware.config import GPIO, KeyConfig, Point
from hardware.gpiod_pins import ChipNotFoundError, GpiodFactory, find_chip
from hardware.keys.debounce import KeyRule
from hardware.keys.gpio import GpioButtons
from hardware.pins import PinFactoryError, open_pin_factory
from hardware.ports import Condition, Press
from tests.hardware.fake_gpiod import Board, Line
from tests.hardware.waiting import open_files, wait_for

HEADER = "gpiochip3"
CHIPS = {"gpiochip0": "gpio-brcmstb@107d508500", HEADER: "pinctrl-rp1", "gpiochip11": "raspberrypi-exp-gpio"}


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Board:
    board = Board(tmp_path, CHIPS)
    monkeypatch.setattr(gpiod, "Chip", board.Chip)
    monkeypatch.setattr(gpiod, "is_gpiochip_device", board.is_gpiochip_device)
    return board


@pytest.fixture
def factory(board: Board, tmp_path: Path) -> Iterator[GpiodFactory]:
    factory = GpiodFactory(devices=tmp_path)
    yield factory
    factory.close()


class Heard:
    """A handler that keeps what it hears; gpiozero holds handlers weakly."""

    def __init__(self) -> None:
        self.states: list[int] = []
        self.ticks: list[float] = []

    def changed(self, ticks: float, state: int) -> None:
        self.ticks.append(ticks)
        self.states.append(state)


def line(board: Board, pin: int) -> Line:
    return board.lines[HEADER][pin]


def test_the_header_is_found_by_its_label_among_others(factory: GpiodFactory, board: Board) -> None:
    used = factory.chip
    assert used is not None
    assert used.get_info().label == "pinctrl-rp1"
    assert [chip.closed for chip in board.opened if chip is not used] == [True] * 3


def test_a_configured_label_is_taken_and_no_other(board: Board, tmp_path: Path) -> None:
    with find_chip(["raspberrypi-exp-gpio"], tmp_path) as chip:
        assert chip.get_info().name == "gpiochip11"
    with pytest.raises(ChipNotFoundError, match="no GPIO chip pinctrl-none"):
        GpiodFactory("pinctrl-none", tmp_path)


def test_a_missing_chip_is_named_with_what_there_is(board: Board, tmp_path: Path) -> None:
    board.labels[HEADER] = "something-else"
    board.denied.add("gpiochip11")
    with pytest.raises(ChipNotFoundError) as told:
        GpiodFactory(devices=tmp_path)
    assert str(told.value) == (
        "no GPIO chip pinctrl-rp1 or pinctrl-bcm2711 or pinctrl-bcm2835 (gpiochip0: gpio-brcmstb@107d508500, "
        "gpiochip11: Permission denied, gpiochip3: something-else)"
    )


def test_a_box_without_chips_says_so(tmp_path: Path) -> None:
    with pytest.raises(ChipNotFoundError, match="there is none at all"):
        GpiodFactory(devices=tmp_path)


def test_a_key_is_requested_once_with_everything_known(factory: GpiodFactory, board: Board) -> None:
    with DigitalInputDevice(17, pull_up=True, pin_factory=factory) as key:
        settings = line(board, 17).settings
        assert (settings.direction, settings.bias, settings.edge_detection) == (
            Direction.INPUT, Bias.PULL_UP, Edge.BOTH,
        )  # fmt: skip
        assert line(board, 17).request.consumer == "talon"  # type: ignore[union-attr]
        assert line(board, 17).requests == 1
        assert not key.is_active
    assert line(board, 17).request is None


@pytest.mark.parametrize(
    ("pull", "bias", "level"), [("up", Bias.PULL_UP, 1), ("down", Bias.PULL_DOWN, 0), ("floating", Bias.DISABLED, 0)]
)
def test_the_pull_resistor(factory: GpiodFactory, board: Board, pull: str, bias: Bias, level: int) -> None:
    pin = factory.pin(5)
    pin.input_with_pull(pull)
    assert (pin.pull, pin.state, line(board, 5).settings.bias) == (pull, level, bias)


def test_another_pull_is_a_new_request(factory: GpiodFactory, board: Board) -> None:
    heard = Heard()
    pin = factory.pin(5)
    pin.input_with_pull("up")
    pin.when_changed = heard.changed
    pin.pull = "down"
    pin.pull = "down"
    assert line(board, 5).requests == 2
    assert line(board, 5).settings.bias is Bias.PULL_DOWN
    board.drive(HEADER, 5, True)
    wait_for(lambda: heard.states == [1])


def test_what_a_pin_cannot_do_has_gpiozeros_names(factory: GpiodFactory) -> None:
    pin = factory.pin(5)
    with pytest.raises(PinSetInput):
        pin.state = 1
    with pytest.raises(PinInvalidPull):
        pin.pull = "sideways"
    with pytest.raises(PinFixedPull):
        factory.pin(2).pull = "down"
    with LED(6, pin_factory=factory) as led:
        with pytest.raises(PinFixedPull):
            led.pin.pull = "up"
        with pytest.raises(PinInvalidState):
            led.pin.state = 0.5
        with pytest.raises(GPIOPinInUse):
            LED(6, pin_factory=factory)


def test_edges_reach_their_pin_in_order_with_the_kernels_time(factory: GpiodFactory, board: Board) -> None:
    heard, other = Heard(), Heard()
    for pin, handler in ((17, heard), (27, other)):
        factory.pin(pin).input_with_pull("up")
        factory.pin(pin).when_changed = handler.changed
    before = monotonic()
    for level in (False, True, False):
        board.drive(HEADER, 17, level)
    after = monotonic()
    wait_for(lambda: len(heard.states) == 3)
    assert heard.states == [0, 1, 0]
    assert heard.ticks == sorted(heard.ticks)
    assert before <= heard.ticks[0]
    assert heard.ticks[-1] <= after
    assert other.states == []


@pytest.mark.parametrize(("edges", "states"), [("rising", [1]), ("falling", [0]), ("both", [0, 1])])
def test_only_the_wanted_edges(factory: GpiodFactory, board: Board, edges: str, states: list[int]) -> None:
    heard = Heard()
    pin = factory.pin(17)
    pin.input_with_pull("up")
    pin.when_changed = heard.changed
    pin.edges = edges
    board.drive(HEADER, 17, False)
    board.drive(HEADER, 17, True)
    wait_for(lambda: heard.states == states)


def test_a_callback_that_raises_leaves_all_pins_alive(
    factory: GpiodFactory, board: Board, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        calls = 0

        def changed(self, _ticks: float, _state: int) -> None:
            self.calls += 1
            raise ZeroDivisionError

    broken, heard = Broken(), Heard()
    for pin, handler in ((27, broken.changed), (17, heard.changed)):
        factory.pin(pin).input_with_pull("up")
        factory.pin(pin).when_changed = handler
    with caplog.at_level(logging.ERROR):
        for level in (False, True):
            board.drive(HEADER, 27, level)
            board.drive(HEADER, 17, level)
        wait_for(lambda: heard.states == [0, 1] and broken.calls == 2)
        wait_for(lambda: caplog.text.count("an edge of line 27 could not be handled") == 2)
    assert factory.edges.alive


def test_the_bounces_of_a_busy_moment_are_kept(factory: GpiodFactory, board: Board) -> None:
    heard = Heard()
    factory.pin(17).input_with_pull("up")
    factory.pin(17).when_changed = heard.changed
    with factory.lock:  # the reader can't read now
        for number in range(60):
            board.drive(HEADER, 17, number % 2 == 1)
    wait_for(lambda: len(heard.states) == 60)


def test_a_button_is_pressed_held_and_released(factory: GpiodFactory, board: Board) -> None:
    told: list[str] = []
    with Button(22, hold_time=0.05, pin_factory=factory) as button:
        button.when_pressed = lambda: told.append("pressed")
        button.when_held = lambda: told.append("held")
        button.when_released = lambda: told.append("released")
        board.drive(HEADER, 22, False)
        wait_for(lambda: "held" in told)
        assert button.is_pressed
        board.drive(HEADER, 22, True)
        wait_for(lambda: told == ["pressed", "held", "released"])


def test_a_lamp_is_dark_from_the_first_moment_and_follows(factory: GpiodFactory, board: Board) -> None:
    with LED(18, pin_factory=factory) as lamp:
        assert line(board, 18).settings.direction is Direction.OUTPUT
        assert not line(board, 18).level
        lamp.on()
        assert line(board, 18).level
        assert lamp.is_lit
        lamp.blink(on_time=0.01, off_time=0.01, n=2, background=False)
        assert not line(board, 18).level
        assert line(board, 18).requests == 1
    with LED(18, initial_value=True, pin_factory=factory):
        assert line(board, 18).level


def test_the_kernels_own_debounce_can_be_asked_for(factory: GpiodFactory, board: Board) -> None:
    with DigitalInputDevice(17, pull_up=True, bounce_time=0.004, pin_factory=factory):
        assert line(board, 17).settings.debounce_period.total_seconds() == 0.004


def test_an_edge_of_a_line_that_was_just_released_is_dropped(factory: GpiodFactory, board: Board) -> None:
    heard = Heard()
    pin = factory.pin(17)
    pin.input_with_pull("up")
    pin.when_changed = heard.changed
    with factory.lock:
        board.drive(HEADER, 17, False)
        threading.Event().wait(0.1)  # the reader has been woken and waits for the lock
        pin.pull = "floating"
    threading.Event().wait(0.1)
    board.drive(HEADER, 17, True)
    wait_for(lambda: heard.states == [1])
    pin.close()
    assert line(board, 17).request is None
    assert factory.edges.alive


def test_a_line_that_cannot_be_read_any_more_is_given_up_once(
    factory: GpiodFactory, board: Board, caplog: pytest.LogCaptureFixture
) -> None:
    heard, other = Heard(), Heard()
    for pin, handler in ((17, heard), (27, other)):
        factory.pin(pin).input_with_pull("up")
        factory.pin(pin).when_changed = handler.changed
    request = line(board, 17).request
    assert request is not None

    def gone(max_events: int | None = None) -> list[gpiod.EdgeEvent]:
        raise OSError(19, "No such device")

    request.read_edge_events = gone  # type: ignore[method-assign]
    board.drive(HEADER, 17, False)
    wait_for(lambda: "edges of line [17] cannot be read any more" in caplog.text)
    board.drive(HEADER, 27, False)
    wait_for(lambda: other.states == [0])
    assert caplog.text.count("cannot be read any more") == 1


def test_close_releases_everything_and_may_be_repeated(board: Board, tmp_path: Path) -> None:
    before = open_files()
    factory = GpiodFactory(devices=tmp_path)
    heard = Heard()
    factory.pin(17).when_changed = heard.changed
    lamp = LED(18, pin_factory=factory)
    factory.close()
    factory.close()
    assert all(chip.closed for chip in board.opened)
    assert all(one.request is None for one in board.lines[HEADER])
    assert not factory.edges.alive
    assert open_files() == before
    with pytest.raises(OSError, match="closed"):
        lamp.pin.output_with_state(1)


def test_two_factories_do_not_share_their_pins(board: Board, tmp_path: Path) -> None:
    first, second = GpiodFactory(devices=tmp_path), GpiodFactory("raspberrypi-exp-gpio", tmp_path)
    lamps = [LED(17, pin_factory=one) for one in (first, second)]
    lamps[1].on()
    assert [board.lines[chip][17].level for chip in (HEADER, "gpiochip11")] == [False, True]
    first.close()
    second.close()


def test_the_keys_of_an_office_on_libgpiod(factory: GpiodFactory, board: Board) -> None:
    busy, key = KeyConfig("desk/1/next", Point(GPIO, 4)), KeyConfig("kiosk/A", Point(GPIO, 17), KeyRule(holds=False))
    presses: list[Press] = []
    assert factory.chip is not None
    taken = board.Chip(str(HEADER)).request_lines({4: gpiod.LineSettings(direction=Direction.INPUT)}, "another")
    buttons = GpioButtons([busy, key], factory)
    buttons.start(presses.append)
    assert buttons.state()["desk/1/next"].reason == "pin-unavailable"
    assert "busy" in buttons.state()["desk/1/next"].facts["error"]
    assert buttons.state()["kiosk/A"].condition is Condition.READY
    board.drive(HEADER, 17, False)
    wait_for(lambda: len(presses) == 1)
    assert presses[0].verdict_at - presses[0].edge_at >= 0.02
    buttons.close()
    assert line(board, 17).request is None
    taken.release()


def test_the_first_choice_is_libgpiod(board: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hardware.gpiod_pins.GpiodFactory.__init__.__defaults__", ("", tmp_path))
    opened = open_pin_factory("auto")
    assert (opened.name, opened.trouble, type(opened.factory)) == ("gpiod", "", GpiodFactory)
    opened.factory.close()


def test_the_second_choice_is_told_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LG_WD", raising=False)
    monkeypatch.setenv("RUNTIME_DIRECTORY", "/run/talon:/run/other")
    monkeypatch.setitem(sys.modules, "gpiod", None)
    monkeypatch.delitem(sys.modules, "hardware.gpiod_pins")
    stand_in = ModuleType("gpiozero.pins.lgpio")
    stand_in.LGPIOFactory = lambda: os.environ["LG_WD"]  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "gpiozero.pins.lgpio", stand_in)
    opened = open_pin_factory("auto")
    assert (opened.name, opened.factory) == ("lgpio", "/run/talon")
    assert "gpiod" in opened.trouble
    assert open_pin_factory("lgpio").trouble == ""


def test_without_any_factory_the_error_tells_what_each_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lgpio", None)
    monkeypatch.setattr("hardware.gpiod_pins.GpiodFactory.__init__.__defaults__", ("", Path("/nowhere")))
    with pytest.raises(PinFactoryError) as told:
        open_pin_factory("auto")
    assert "gpiod: no GPIO chip pinctrl-rp1" in str(told.value)
    assert "lgpio: import of lgpio halted" in str(told.value)


def test_a_line_that_is_only_read_costs_no_thread(factory: GpiodFactory) -> None:
    factory.pin(5).input_with_pull("up")
    assert factory.pin(5).state == 1
    assert not factory.edges.alive
