"""All the keys of one office at once: the header, a bus and a keypad under one judge, moved by the virtual panel."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from queue import Empty, Queue

import pytest

from hardware.config import (
    GPIO,
    BellConfig,
    ButtonConfig,
    GpioConfig,
    HardwareConfig,
    KeypadConfig,
    MatrixBoardConfig,
    ModbusBusConfig,
    ModuleConfig,
    PanelConfig,
    Point,
)
from hardware.keys import keypad as keypad_module
from hardware.keys.all import Keys
from hardware.keys.watching import Watcher
from hardware.modbus import bus as bus_module
from hardware.modbus.bus import ModbusBus
from hardware.pins import SAFE_PINS, open_pin_factory
from hardware.ports import Condition, Gesture, Press
from hardware.simulator.keypad import VirtualKeypad
from hardware.simulator.panel import VirtualPanel
from hardware.simulator.rtu import VirtualBus
from hardware.simulator.slaves import FILTER_S
from tests.hardware.waiting import wait_for

BUS = ModbusBusConfig("desks", "simulated", 19200, modules=(ModuleConfig(1, 8, outputs=2), ModuleConfig(2, 8)))
PANELS = (
    PanelConfig(1, Point(GPIO, 4), Point(GPIO, 5), Point(GPIO, 6), Point(GPIO, 12)),
    PanelConfig(2, *(Point("desks", line, 1) for line in range(3))),
    PanelConfig(3, *(Point("pad1", key) for key in ("KP1", "KP2", "KP3"))),
    PanelConfig(4, *(Point("desks", line, 2) for line in range(3))),
)
CONFIG = HardwareConfig(
    "simulated",
    GpioConfig(hold_ms=600, stuck_after_s=1, next_lockout_ms=300, ticket_lockout_ms=300, bell_lockout_ms=0),
    (BUS,),
    (KeypadConfig("pad1", "simulated"),),
    (
        ButtonConfig("kiosk.ticket", "A", Point(GPIO, 24)),
        ButtonConfig("power.fail", "", Point(GPIO, 23), closed=True),
    ),
    PANELS,
    (
        BellConfig("ramp", Point("desks", 7, 1), cut_after_s=1, answer=Point("desks", 6, 1)),
        BellConfig("door", Point(GPIO, 27), cut_after_s=1, heard=Point(GPIO, 22)),
    ),
    boards=(MatrixBoardConfig("line", spi_port=1),),
)


class Office:
    """One simulated office with its keys running."""

    def __init__(self, folder: Path, *, with_keys: bool = True) -> None:
        self.virtual = VirtualBus(folder / "desks", BUS)
        self.pad = VirtualKeypad(folder / "pad1")
        self.config = replace(CONFIG, keypads=(KeypadConfig("pad1", str(self.pad.path)),))
        self.opened = open_pin_factory("mock")
        self.panel = VirtualPanel(CONFIG.wired_keys(), self.opened.factory, {"desks": self.virtual}, {"pad1": self.pad})
        self.bus = ModbusBus(self.virtual.driven)
        self.buses = {"desks": self.bus}
        self.presses: Queue[Press] = Queue()
        self.stuck: list[tuple[str, bool]] = []
        self.keys = Keys(self.config, self.opened, self.buses)
        self.bus.start()
        if with_keys:
            self.keys.start(self.presses.put, lambda control, stuck: self.stuck.append((control, stuck)))
            wait_for(self.well)

    def well(self) -> bool:
        return {state.condition for state in self.keys.state().values()} == {Condition.READY}

    def next(self) -> Press:
        return self.presses.get(timeout=20)

    def quiet(self, seconds: float = 0.2) -> bool:
        try:
            return self.presses.get(timeout=seconds) is None
        except Empty:
            return True

    def reason(self, control: str) -> str:
        return self.keys.state()[control].reason

    def close(self) -> None:
        self.keys.close()
        self.bus.close()
        self.virtual.close()
        self.pad.close()
        self.opened.factory.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REOPEN_S", "FIRST_RETRY_S", "RETRY_S", "PROBE_GAP_S"):
        monkeypatch.setattr(bus_module, name, 0.1)
    monkeypatch.setattr(keypad_module, "REOPEN_S", 0.05)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.close()


def test_a_simulated_office_begins_at_rest(office: Office) -> None:
    assert set(office.keys.state()) == {key.control for key in CONFIG.wired_keys()}
    assert (office.keys.factory_in_force, office.keys.factory_trouble) == ("mock", "")
    assert office.keys.pin_factory is office.opened.factory
    assert office.quiet(0.4)
    assert office.stuck == []


@pytest.mark.parametrize("control", [key.control for key in CONFIG.wired_keys()])
def test_every_key_of_every_bus_is_pressed_once(office: Office, control: str) -> None:
    office.panel.press(control, 0.3 if control == "power/fail" else 0.1)
    assert office.next().control == control
    assert office.quiet()


@pytest.mark.parametrize("control", ["desk/1/next", "desk/2/next", "desk/3/next"])
def test_a_long_press_and_a_bouncing_one(office: Office, control: str) -> None:
    office.panel.hold(control, 0.9)
    assert office.next().gesture is Gesture.HOLD
    threading.Event().wait(0.4)  # its lock-out
    office.panel.bounce(control, hold_s=0.12)
    assert (office.next().gesture, office.quiet()) == (Gesture.TAP, True)


@pytest.mark.parametrize("control", ["kiosk/A", "desk/2/next", "bell/ramp", "bell/door"])
def test_the_noise_of_a_long_cable_is_no_press(office: Office, control: str) -> None:
    # Between two looks at a module only its own filter keeps noise from being a press.
    limit = FILTER_S if control in ("desk/2/next", "bell/ramp") else 0.015
    longest = office.panel.noise(control)
    assert longest > limit or office.quiet()


def test_a_cut_loop_is_told_and_mended(office: Office) -> None:
    for control in ("bell/ramp", "bell/door"):
        office.panel.cut(control)
        office.panel.press(control, 0.05)  # nobody can tell
        wait_for(lambda control=control: office.reason(control) == "loop-cut")  # type: ignore[misc]
        assert office.next().control == control
        office.panel.mend(control)
        wait_for(lambda control=control: office.reason(control) == "")  # type: ignore[misc]
    assert office.stuck == [(control, stuck) for control in ("bell/ramp", "bell/door") for stuck in (True, False)]
    assert office.quiet()


def test_a_cut_wire_to_an_open_contact_is_never_pressed(office: Office) -> None:
    office.panel.cut("desk/2/next")
    office.panel.press("desk/2/next")
    assert office.quiet()
    office.panel.mend("desk/2/next")
    office.panel.press("desk/2/next", 0.1)
    assert office.next().control == "desk/2/next"


def test_a_silent_module_takes_its_own_keys_along_and_no_others(office: Office) -> None:
    office.virtual.power_off(2)
    wait_for(lambda: office.reason("desk/4/next") == "module-silent")
    assert office.keys.state()["desk/4/finish"].facts["address"] == "2"
    lost = {control for control, state in office.keys.state().items() if state.condition is not Condition.READY}
    assert lost == {"desk/4/next", "desk/4/repeat", "desk/4/finish"}
    for control in ("desk/2/next", "desk/1/next", "desk/3/next"):
        office.panel.press(control, 0.4)
        assert office.next().control == control
    office.panel.stick("desk/4/next")
    office.virtual.power_on(2)
    wait_for(office.well)
    office.panel.release("desk/4/next")
    assert office.quiet()
    office.panel.press("desk/4/next", 0.1)
    assert office.next().control == "desk/4/next"


def test_an_unplugged_adapter_makes_its_keys_missing_until_it_is_back(office: Office) -> None:
    office.panel.stick("desk/2/next")
    office.virtual.unplug()
    wait_for(lambda: office.reason("desk/2/next") == office.reason("bell/ramp") == "port-missing")
    office.panel.release("desk/2/next")
    office.panel.stick("bell/ramp")
    office.panel.press("kiosk/A")
    assert office.next().control == "kiosk/A"
    office.virtual.plug()
    # Who rang meanwhile is still there; who pressed a key of a desk did so in vain.
    assert office.next().control == "bell/ramp"
    assert office.quiet()
    office.panel.release("bell/ramp")


def test_an_unplugged_keypad_heals(office: Office) -> None:
    office.pad.unplug()
    wait_for(lambda: office.reason("desk/3/next") == "keypad-missing")
    office.pad.plug()
    wait_for(office.well)
    office.panel.press("desk/3/next", 0.1)
    assert office.next().control == "desk/3/next"


def test_garbage_on_the_line_makes_no_press_and_holds_no_key(office: Office) -> None:
    office.virtual.noise(True)
    assert office.quiet(0.5)
    office.virtual.noise(False)
    office.virtual.corrupt(True)
    assert office.quiet(1.0)
    office.virtual.corrupt(False)
    wait_for(office.well)
    assert office.quiet()


def test_close_may_be_repeated_and_ends_every_thread(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    office = Office(tmp_path)
    office.close()
    office.keys.close()
    assert set(threading.enumerate()) <= before


def test_the_missing_header_of_a_modbus_office_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lgpio", None)
    virtual = VirtualBus(tmp_path / "desks", BUS)
    bus = ModbusBus(virtual.driven)
    keys = Keys(replace(CONFIG, keypads=()), "lgpio", {"desks": bus})
    presses: Queue[Press] = Queue()
    virtual.set_input(1, 7, True)
    bus.start()
    keys.start(presses.put)
    assert keys.state()["kiosk/A"].reason == "gpio-missing"
    assert (keys.pin_factory, keys.factory_in_force) == (None, "")
    assert "lgpio" in keys.factory_trouble
    assert keys.state()["desk/3/next"].reason == "not-started"
    wait_for(lambda: keys.state()["desk/2/next"].condition is Condition.READY)
    keys.close()
    bus.close()
    virtual.close()


def test_the_drivers_are_imported_without_their_libraries() -> None:
    """The office begins quickly, and one without a bus never pays for one."""
    code = (
        "import sys, hardware.keys.all, hardware.keys.watching, hardware.lamps, hardware.modbus.bus;"
        "sys.exit(sorted({'gpiozero', 'gpiod', 'pymodbus', 'serial', 'asyncio'} & set(sys.modules)) or 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class TestWatcher:
    """Every press of anything, whoever has it."""

    @pytest.fixture(params=["beside the keys", "alone"])
    def watched(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Office, Queue[Point]]]:
        beside = request.param == "beside the keys"
        office = Office(tmp_path, with_keys=beside)
        keys = office.keys if beside else None
        watcher = Watcher(office.config, office.opened, office.buses, keys)
        points: Queue[Point] = Queue()
        watcher.watch(points.put)
        wait_for(lambda: office.bus.states()["desks/2"].condition is Condition.READY)
        self.settle(watcher)
        yield office, points
        watcher.close()
        watcher.close()
        office.close()

    def settle(self, watcher: Watcher) -> None:
        """Until everything has its baseline."""
        wait_for(lambda: all(state.condition is Condition.READY for state in watcher.states().values()))

    @staticmethod
    def moves(office: Office, point: Point) -> Callable[[bool], None]:
        if point.bus == GPIO:
            move: Callable[[bool], None] = office.opened.factory.pin(point.line).touch
            return move
        if point.bus == "pad1":
            return lambda down: office.pad.set_key(str(point.line), down)
        assert point.module is not None
        return lambda on: office.virtual.set_input(point.module, int(point.line), on)  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        "point",
        [
            Point(GPIO, 24),  # a kiosk's key
            Point(GPIO, 26),  # nobody's
            Point("desks", 0, 1),
            Point("desks", 5, 2),
            Point("pad1", "KP1"),
            Point("pad1", "KPENTER"),
        ],
        ids=str,
    )
    def test_a_press_is_told_with_its_point(self, watched: tuple[Office, Queue[Point]], point: Point) -> None:
        office, points = watched
        move = self.moves(office, point)
        move(True)
        assert points.get(timeout=20) == point
        move(False)

    def test_a_closed_contact_is_told_when_it_closes_again(self, watched: tuple[Office, Queue[Point]]) -> None:
        office, points = watched
        office.panel.press("bell/door", 0.1)
        assert points.get(timeout=20) == Point(GPIO, 27)

    def test_the_pins_of_lamps_are_left_alone(self, watched: tuple[Office, Queue[Point]]) -> None:
        office, points = watched
        for pin in (12, 22, 18, 20):  # two lamps, and a line of dots
            office.opened.factory.pin(pin).touch(True)
        office.opened.factory.pin(26).touch(True)
        assert points.get(timeout=20) == Point(GPIO, 26)
        assert points.empty()

    def test_the_keys_go_on_beside_it_and_after_it(self, tmp_path: Path) -> None:
        office = Office(tmp_path)
        for _ in range(2):
            watcher = Watcher(office.config, None, office.buses, office.keys)
            watcher.watch(lambda point: None)
            self.settle(watcher)
            for control in ("kiosk/A", "desk/2/next", "desk/3/next"):
                office.panel.press(control, 0.1)
                assert office.next().control == control
            watcher.close()
            threading.Event().wait(0.4)  # the lock-outs
        office.panel.press("desk/1/next")
        assert office.next().control == "desk/1/next"
        office.close()

    def test_a_taken_pin_is_no_news(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        office = Office(tmp_path)
        import gpiozero

        taken = gpiozero.LED(26, pin_factory=office.opened.factory)
        watcher = Watcher(office.config, None, office.buses, office.keys, SAFE_PINS)
        watcher.watch(lambda point: None)
        assert "pin 26" not in caplog.text
        watcher.close()
        taken.close()
        office.close()
