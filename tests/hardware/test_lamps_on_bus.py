"""Lamps on the outputs of a module: they blink on the line, one writing in a cycle, and never block."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from hardware import lamps as lamps_module
from hardware.config import ModbusBusConfig, ModuleConfig, Point
from hardware.lamps import CoilLamp, open_lamp, open_light
from hardware.modbus import bus as bus_module
from hardware.modbus.bus import ModbusBus
from hardware.ports import Condition
from hardware.simulator.rtu import VirtualBus
from tests.hardware.waiting import wait_for

BUS = ModbusBusConfig("desks", "", 19200, modules=(ModuleConfig(1, 8, outputs=14),))


class Line:
    """A module with lamps."""

    def __init__(self, link: Path) -> None:
        self.virtual = VirtualBus(link, BUS)
        self.bus = ModbusBus(self.virtual.driven)
        self.bus.start()
        self.written: list[tuple[int, bool]] = []

    def lamp(self, coil: int) -> CoilLamp:
        lamp = open_lamp(Point("desks", coil, 1), None, {"desks": self.bus})
        assert isinstance(lamp, CoilLamp)
        return lamp

    def switched(self, coil: int) -> list[bool]:
        """What was written to a coil, in order."""
        return [
            frame[4] == 0xFF
            for frame in self.virtual.heard.copy()
            if frame[:2] == bytes((1, 5)) and int.from_bytes(frame[2:4], "big") == coil
        ]

    def close(self) -> None:
        self.bus.close()
        self.virtual.close()


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    for name in ("REOPEN_S", "FIRST_RETRY_S", "RETRY_S", "PROBE_GAP_S"):
        monkeypatch.setattr(bus_module, name, 0.1)
    line = Line(tmp_path / "bus")
    wait_for(lambda: line.bus.states()["desks/1"].condition is Condition.READY)
    yield line
    line.close()


def test_one_blink_for_yes_two_for_no(line: Line) -> None:
    before = monotonic()
    line.lamp(0).blink()
    line.lamp(1).refuse()
    assert monotonic() - before < 0.1
    wait_for(lambda: line.switched(0) == [True, False] and line.switched(1) == [True, False] * 2)


def test_all_desks_at_once_are_all_answered(line: Line) -> None:
    for coil in range(14):
        line.lamp(coil).blink()
    wait_for(lambda: all(line.switched(coil) == [True, False] for coil in range(14)))


def test_a_new_answer_takes_the_place_of_the_old(line: Line) -> None:
    lamp = line.lamp(0)
    lamp.refuse()
    wait_for(lambda: line.switched(0))
    lamp.blink()
    wait_for(lambda: line.switched(0)[-1:] == [False])
    threading.Event().wait(0.4)
    assert line.switched(0).count(True) == 2


def test_a_light_stays_on_and_a_blink_gives_way_to_it(line: Line) -> None:
    lamp = line.lamp(3)
    lamp.blink()
    lamp.set(True)
    wait_for(lambda: line.virtual.coil(1, 3))
    threading.Event().wait(0.4)
    assert line.virtual.coil(1, 3)
    light = open_light(Point("desks", 3, 1), None, {"desks": line.bus})
    light.set(False)
    wait_for(lambda: not line.virtual.coil(1, 3))


def test_a_lamp_behind_a_silent_module_does_not_light_when_it_is_back(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lamps_module, "STALE_S", 0.1)
    line.virtual.power_off(1)
    wait_for(lambda: line.bus.states()["desks/1"].condition is Condition.MISSING)
    line.lamp(5).blink()
    threading.Event().wait(0.3)
    line.virtual.heard.clear()
    line.virtual.power_on(1)
    wait_for(lambda: line.switched(5))
    assert line.switched(5) == [False]


def test_the_thread_of_the_lamps_ends_when_nothing_is_left_to_do(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lamps_module, "STALE_S", 0.5)
    line.lamp(0).blink()
    wait_for(lambda: line.switched(0) == [True, False])
    wait_for(lambda: not lamps_module._alarm._running)


def test_what_raises_when_it_is_due_stops_no_lamp(caplog: pytest.LogCaptureFixture) -> None:
    rung: list[str] = []

    def broken() -> None:
        raise ZeroDivisionError

    lamps_module._alarm.ring(1.0, lambda: rung.append("late"))
    lamps_module._alarm.ring(0.0, broken)
    lamps_module._alarm.ring(0.3, lambda: rung.append("early"))
    wait_for(lambda: rung == ["early", "late"])
    assert "a lamp could not be switched" in caplog.text
