"""Taps on a line of real speed, in small; `python -m tests.hardware.polling` makes the large figures."""

from __future__ import annotations

import threading
from itertools import pairwise
from pathlib import Path
from queue import Empty, Queue
from time import monotonic

import pytest

from hardware.config import ModbusBusConfig, ModuleConfig
from hardware.keys.judging import Judge
from hardware.keys.modbus import ModbusKeys
from hardware.modbus import bus as bus_module
from hardware.modbus.bus import ModbusBus
from hardware.modbus.cycle import module_s
from hardware.modbus.line import ModbusLine
from hardware.ports import Condition, Gesture, Press
from hardware.simulator.panel import VirtualPanel
from hardware.simulator.rtu import VirtualBus
from tests.hardware import line_trouble
from tests.hardware.polling import LONGEST_S, SHORTEST_S, SPACING_S, Heard, Row, count, layout, schedule
from tests.hardware.waiting import wait_for


@pytest.mark.parametrize(("baud", "parity"), [(9600, "none"), (19200, "even"), (115200, "none")])
def test_a_line_of_real_speed_takes_the_time_of_its_bytes(tmp_path: Path, baud: int, parity: str) -> None:
    module = ModuleConfig(1, 32)
    config = ModbusBusConfig("desks", "", baud, parity, (module,))  # type: ignore[arg-type]
    virtual = VirtualBus(tmp_path / "bus", config, real_time=True)
    line = ModbusLine(virtual.driven)
    line.open()
    line.read_inputs(1, 32)
    before = monotonic()
    for _ in range(5):
        line.read_inputs(1, 32)
    assert monotonic() - before >= 5 * module_s(config, module) * 0.9
    line.close()
    virtual.close()


def test_taps_at_all_modules_of_a_slow_line_are_each_judged_once(tmp_path: Path) -> None:
    config, displays, keys = layout(19200, 2, 32)
    virtual = VirtualBus(tmp_path / "bus", config, displays, real_time=True)
    panel = VirtualPanel(keys, None, {"desks": virtual})
    bus = ModbusBus(virtual.driven, [display.address for display in displays])
    judge, presses = Judge(keys), Queue[Press]()
    source = ModbusKeys(keys, judge, bus)
    source.start()
    bus.start()
    judge.start(presses.put)
    wait_for(lambda: all(state.condition is Condition.READY for state in judge.state().values()))
    chosen = [key.control for key in keys[:: len(keys) // 12]]
    fingers = [threading.Thread(target=panel.press, args=(control, 0.3)) for control in chosen]
    for finger in fingers:
        finger.start()
        bus.write_registers(21, 0, (0x38,) * 4)
    for finger in fingers:
        finger.join()
    heard = [presses.get(timeout=20) for _ in chosen]
    assert sorted(press.control for press in heard) == sorted(chosen)
    assert {press.gesture for press in heard} == {Gesture.TAP}
    with pytest.raises(Empty):
        presses.get(timeout=0.3)
    judge.close()
    source.close()
    bus.close()
    virtual.close()


def test_the_schedule_of_the_figures_leaves_each_key_its_time() -> None:
    _, _, keys = layout(19200, 2, 32)
    controls = [key.control for key in keys]
    taps = schedule(controls, 600, 10.0, seed=1)
    assert len(taps) == 600
    assert {control for _, _, control in taps} == set(controls)
    for control in controls:
        mine = sorted(tap for tap in taps if tap[2] == control)
        assert all(after[0] - before[1] >= SPACING_S - 1e-9 for before, after in pairwise(mine))
    assert all(SHORTEST_S - 1e-9 <= up - down <= LONGEST_S for down, up, _ in taps)


def test_what_the_figures_count() -> None:
    def press(control: str, at: float) -> Heard:
        return Heard(Press(control, Gesture.TAP, 1, at, at), at + 0.01)

    row = Row("")
    made = [(1.0, 1.1, "desk/1-0"), (3.0, 3.1, "desk/1-0"), (1.0, 1.1, "kiosk/1-1"), (5.0, 5.1, "kiosk/1-1")]
    heard = [press("desk/1-0", 1.15), press("kiosk/1-1", 1.04), press("kiosk/1-1", 1.2), press("desk/2-0", 9.0)]
    looks = [number * 0.03 for number in range(200) if not 3.0 <= number * 0.03 <= 3.2]
    count(row, made, heard, {1: looks})
    assert (row.taps, row.missed, row.stalled, row.doubled) == (4, 2, 1, 2)
    assert row.to_verdict["desk"] == [pytest.approx(0.05)]
    assert row.to_verdict["kiosk"] == [pytest.approx(0.04)]


def test_a_line_in_trouble_makes_no_press_and_heals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REOPEN_S", "FIRST_RETRY_S", "RETRY_S", "PROBE_GAP_S"):
        monkeypatch.setattr(bus_module, name, 0.1)
    office = line_trouble.Office(tmp_path, real_time=False)
    virtual = office.virtual
    noisy = line_trouble.under(office, "", lambda: virtual.noise(True), lambda: virtual.noise(False), 60)
    dark = line_trouble.under(office, "", lambda: virtual.power_off(2), lambda: virtual.power_on(2), 60)
    assert (noisy.wrong, noisy.pressed, dark.wrong, dark.pressed) == (0, 0, 0, 0)
    assert noisy.seen > 0
    assert len(line_trouble.replug(office, 1)) == 1
    assert office.presses == []
    office.close()
