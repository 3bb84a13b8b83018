"""The bus against simulated devices on a pty: levels, wishes, and every way in which a line can fail."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from time import monotonic

import pytest

from hardware.config import DigitsBoardConfig, ModbusBusConfig, ModuleConfig
from hardware.modbus import bus as bus_module
from hardware.modbus import line as line_module
from hardware.modbus import wishes as wishes_module
from hardware.modbus.bus import Levels, ModbusBus
from hardware.ports import Condition
from hardware.simulator.rtu import VirtualBus
from tests.hardware.waiting import wait_for

DISPLAY = DigitsBoardConfig("desk1", "desks", 21, 1)
CONFIG = ModbusBusConfig("desks", "", 19200, modules=(ModuleConfig(1, 32, outputs=4), ModuleConfig(2, 16)))
LATCHED = ModbusBusConfig("desks", "", 19200, modules=(ModuleConfig(1, 20, latch=0x60), ModuleConfig(2, 8)))


class Line:
    """A virtual line, its driver, and everything that was told."""

    def __init__(self, link: Path, config: ModbusBusConfig = CONFIG) -> None:
        self.virtual = VirtualBus(link, config, [DISPLAY])
        self.bus = ModbusBus(self.virtual.driven, [DISPLAY.address])
        self.told: list[tuple[int, Levels | None]] = []
        self.bus.listen(self.hear)

    def hear(self, module: int, at: float, levels: Levels | None) -> None:
        self.told.append((module, levels))

    def of(self, module: int) -> list[Levels | None]:
        return [levels for address, levels in self.told if address == module]

    def on(self, module: int) -> set[int]:
        """The inputs that are on by the newest look; -1 when nobody has looked."""
        newest = self.newest(module)
        return {-1} if newest is None else {line for line, level in enumerate(newest) if level}

    def newest(self, module: int) -> Levels | None:
        return next((levels for address, levels in reversed(self.told) if address == module), None)

    def state(self, name: str = "desks") -> tuple[Condition, str]:
        state = self.bus.states()[name]
        return state.condition, state.reason

    def well(self) -> bool:
        """Whether everything answers, and its levels are told."""
        ready = {self.state(name)[0] for name in ("desks", "desks/1", "desks/2")} == {Condition.READY}
        return ready and None not in (self.newest(1), self.newest(2))

    def looks(self, module: int, count: int = 3) -> None:
        """Wait until a module has been looked at so often from now on."""
        wanted = len(self.of(module)) + count
        wait_for(lambda: len(self.of(module)) >= wanted)

    def close(self) -> None:
        self.bus.close()
        self.virtual.close()


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is seconds for an office is tenths here."""
    for name, seconds in (("REOPEN_S", 0.05), ("FIRST_RETRY_S", 0.05), ("RETRY_S", 0.5), ("PROBE_GAP_S", 0.1)):
        monkeypatch.setattr(bus_module, name, seconds)
    monkeypatch.setattr(line_module, "TIMEOUT_S", 0.1)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    line = Line(tmp_path / "bus")
    line.bus.start()
    wait_for(line.well)
    yield line
    line.close()


def test_every_look_tells_all_levels(line: Line) -> None:
    line.virtual.set_input(1, 31, True)
    line.virtual.set_input(2, 0, True)
    wait_for(lambda: line.on(1) == {31} and line.on(2) == {0})
    line.virtual.set_input(1, 31, False)
    wait_for(lambda: line.on(1) == set())
    assert {len(levels) for levels in line.of(1) if levels is not None} == {32}
    assert {len(levels) for levels in line.of(2) if levels is not None} == {16}
    assert None not in line.of(1)


def test_the_facts_of_a_state(line: Line) -> None:
    assert line.bus.states()["desks"].facts == {"bus": "desks", "port": line.virtual.path}
    assert line.bus.states()["desks/2"].facts == {"bus": "desks", "port": line.virtual.path, "address": "2"}


def test_the_cycle_is_measured(line: Line) -> None:
    line.looks(1, 20)
    assert line.bus.cycle_ms is not None
    assert line.bus.worst_cycle_ms is not None
    assert 20 <= line.bus.cycle_ms <= line.bus.worst_cycle_ms


def test_before_the_start_nothing_is_known(tmp_path: Path) -> None:
    bus = ModbusBus(replace(CONFIG, port=str(tmp_path / "none")), [21])
    assert {state.reason for state in bus.states().values()} == {"not-started"}
    assert set(bus.states()) == {"desks", "desks/1", "desks/2", "desks/21"}
    assert (bus.cycle_ms, bus.worst_cycle_ms) == (None, None)
    bus.close()


def test_a_silent_module_leaves_the_cycle_and_the_others_go_on(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    line.virtual.power_off(2)
    wait_for(lambda: line.state("desks/2") == (Condition.MISSING, "module-silent"))
    line.looks(1)
    asked = line.virtual.asked[2]
    line.looks(1, 60)  # more than a second
    assert line.virtual.asked[2] - asked <= 5
    assert line.state("desks/1") == line.state("desks") == (Condition.READY, "")
    assert line.of(2)[-1] is None
    assert line.of(2).count(None) == 1
    line.virtual.set_input(2, 5, True)
    line.virtual.power_on(2)
    wait_for(line.well)
    wait_for(lambda: line.on(2) == {5})
    assert caplog.text.count("module 2: module-silent") == caplog.text.count("module 2 answers") == 1


def test_many_silent_devices_take_no_more_time_than_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row of displays on one supply: each try stops the keys for the timeout."""
    monkeypatch.setattr(bus_module, "PROBE_GAP_S", 0.6)
    monkeypatch.setattr(bus_module, "RETRY_S", 0.1)
    modules = tuple(ModuleConfig(address, 8) for address in range(1, 9))
    line = Line(tmp_path / "bus", replace(CONFIG, modules=modules))
    for module in modules[1:]:
        line.virtual.power_off(module.address)
    line.bus.start()
    wait_for(lambda: all(line.state(f"desks/{one.address}")[1] == "module-silent" for one in modules[1:]))
    asked, began = sum(line.virtual.asked.values()) - line.virtual.asked[1], monotonic()
    line.looks(1, 100)
    tries = sum(line.virtual.asked.values()) - line.virtual.asked[1] - asked
    assert 1 <= tries <= 2 + (monotonic() - began) / 0.6
    line.close()


def test_a_module_that_is_back_shows_its_lamps_at_once(line: Line) -> None:
    line.bus.set_coil(1, 0, True)
    wait_for(lambda: line.virtual.coil(1, 0))
    line.virtual.power_off(1)
    wait_for(lambda: line.state("desks/1")[1] == "module-silent")
    line.virtual.power_on(1)
    wait_for(lambda: line.virtual.coil(1, 0), wishes_module.REPEAT_S / 2)


def test_when_one_of_several_is_back_the_others_are_tried_at_once(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    line.bus.write_registers(21, 0, (0x31,) * 4)
    wait_for(lambda: line.virtual.text(21) == "1111")
    monkeypatch.setattr(bus_module, "RETRY_S", 3600.0)
    for address in (2, 21):
        line.virtual.power_off(address)
    line.bus.write_registers(21, 0, (0x32,) * 4)
    wait_for(lambda: line.state("desks/21")[1] == "display-silent" and line.state("desks/2")[1] == "module-silent")
    line.looks(1, 30)  # their first retry is over
    for address in (2, 21):
        line.virtual.power_on(address)
    line.looks(1, 10)
    assert line.state("desks/2")[0] is Condition.MISSING
    line.bus._devices[2].retry_at = 0.0
    wait_for(lambda: line.well() and line.state("desks/21")[0] is Condition.READY)
    assert line.virtual.text(21) == "2222"


def test_an_unplugged_adapter_is_a_state_and_heals(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    for round_ in range(1, 4):
        line.virtual.unplug()
        wait_for(lambda: line.state() == (Condition.MISSING, "port-missing"))
        assert line.state("desks/1") == line.state("desks/2") == line.state("desks/21")
        assert line.state("desks/1") == (Condition.MISSING, "port-missing")
        wait_for(lambda round_=round_: line.of(1).count(None) == line.of(2).count(None) == round_)  # type: ignore[misc]
        line.virtual.set_input(1, round_, True)
        line.virtual.plug()
        wait_for(line.well)
        wait_for(lambda round_=round_: round_ in line.on(1))  # type: ignore[misc]
    assert caplog.text.count("port-missing") == caplog.text.count("bus desks is at its port") == 3


def test_a_module_that_has_just_got_its_power_is_not_believed_at_once(line: Line) -> None:
    """Its filters have not settled: an input that is on at rest looks off."""
    line.virtual.set_input(2, 1, True)
    wait_for(lambda: line.on(2) == {1})
    line.virtual.power_off(2)
    wait_for(lambda: line.of(2)[-1] is None)
    line.virtual.set_input(2, 1, False)
    line.looks(1)
    asked = line.virtual.asked[2]
    line.virtual.power_on(2)
    assert line.virtual.wait(lambda bus: bus.asked[2] > asked)
    line.virtual.set_input(2, 1, True)
    wait_for(lambda: line.of(2)[-1] is not None)
    assert line.on(2) == {1}


def test_a_port_that_comes_later_is_taken(tmp_path: Path) -> None:
    line = Line(tmp_path / "bus")
    line.virtual.unplug()
    line.bus.start()
    wait_for(lambda: line.state() == (Condition.MISSING, "port-missing"))
    late: list[Levels | None] = []
    line.bus.listen(lambda module, at, levels: late.append(levels))
    assert late == [None, None]
    line.virtual.plug()
    wait_for(line.well)
    wait_for(lambda: late[-1] is not None)
    line.close()


def test_a_port_without_rights_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line(tmp_path / "bus")
    monkeypatch.setattr("hardware.modbus.line.os.access", lambda path, mode: False)
    line.bus.start()
    wait_for(lambda: line.state() == (Condition.MISSING, "port-denied"))
    assert line.bus.states()["desks"].hint == "join-group"
    assert line.bus.states()["desks/1"].facts["group"] == Path(line.virtual.path).group()
    monkeypatch.undo()
    wait_for(line.well)
    line.close()


def test_a_port_that_another_program_holds_is_told_apart(line: Line) -> None:
    second = ModbusBus(line.virtual.driven)
    second.start()
    wait_for(lambda: second.states()["desks"].reason == "port-busy")
    line.looks(1)
    second.close()


def test_lamps_and_displays_show_the_newest_wish(line: Line) -> None:
    line.bus.set_coil(1, 3, True)
    for number in range(10):
        line.bus.write_registers(21, 0, (0x20, 0x31, 0x30, 0x30 + number))
    wait_for(lambda: line.virtual.coil(1, 3) and line.virtual.text(21) == "109")
    wait_for(lambda: line.state("desks/21") == (Condition.READY, ""))
    line.bus.set_coil(1, 3, False)
    wait_for(lambda: not line.virtual.coil(1, 3))


def test_one_register_is_written_by_the_short_function(line: Line) -> None:
    line.bus.write_registers(21, 2, (0x39,))
    wait_for(lambda: line.virtual.registers(21)[2] == 0x39)
    assert {frame[1] for frame in line.virtual.heard if frame[0] == 21} == {6}


def test_at_most_one_thing_is_written_between_two_looks(line: Line) -> None:
    for number in range(40):
        line.bus.set_coil(1, number % 4, number % 2 == 0)
        line.bus.write_registers(21, number % 4, (number,))
        line.looks(2, 1)
    functions = [frame[1] for frame in line.virtual.heard]
    assert functions.count(5) >= 4
    assert functions.count(6) >= 4
    assert not any(before != 2 and after != 2 for before, after in pairwise(functions))


def test_who_wishes_is_told_once_it_is_so(line: Line) -> None:
    seen: list[bool] = []
    done = threading.Event()

    def written() -> None:
        seen.append(line.virtual.coil(1, 0))
        done.set()
        raise ZeroDivisionError

    line.bus.set_coil(1, 0, True, written)
    assert done.wait(20)
    line.looks(1)
    assert seen == [True]


def test_a_display_that_lost_its_power_shows_again_by_itself(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wishes_module, "REPEAT_S", 0.2)
    line.bus.write_registers(21, 0, (0x31,) * 4)
    line.bus.set_coil(1, 0, True)
    wait_for(lambda: line.virtual.text(21) == "1111" and line.virtual.coil(1, 0))
    line.virtual.power_off(21)
    wait_for(lambda: line.state("desks/21") == (Condition.MISSING, "display-silent"))
    line.looks(1)  # a dark display stops no key
    line.virtual.power_on(21)
    assert line.virtual.text(21) == ""
    wait_for(lambda: line.virtual.text(21) == "1111")
    # So short a cut that nobody noticed.
    line.virtual.power_off(1)
    line.virtual.power_on(1)
    wait_for(lambda: line.virtual.coil(1, 0))


def test_a_module_that_refuses_is_a_fault_with_its_code(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    line.virtual.refuse(1, 2)
    wait_for(lambda: line.state("desks/1") == (Condition.FAULT, "module-refuses"))
    assert line.bus.states()["desks/1"].facts["code"] == "2"
    assert line.bus.states()["desks/1"].facts["function"] == "2"
    wait_for(lambda: line.of(1)[-1] is None)
    line.looks(2, 30)
    line.virtual.refuse(1, None)
    wait_for(line.well)
    assert caplog.text.count("module 1: module-refuses") == 1


def test_a_lamp_that_is_refused_is_a_warning_and_the_keys_go_on(line: Line) -> None:
    line.bus.set_coil(2, 0, True)  # this module has none
    wait_for(lambda: line.bus.states()["desks/2"].warning == "module-refuses")
    assert line.state("desks/2")[0] is Condition.READY
    assert line.bus.states()["desks/2"].facts["function"] == "5"
    asked = line.virtual.asked[2]
    line.looks(2, 20)
    assert line.virtual.asked[2] - asked <= 24  # it isn't tried again in each cycle
    assert None not in line.of(2)


def test_a_display_that_refuses_is_a_fault(line: Line) -> None:
    line.bus.write_registers(21, 90, (1, 2))
    wait_for(lambda: line.state("desks/21") == (Condition.FAULT, "display-refuses"))
    assert line.well()


def test_bytes_that_nobody_sent_change_nothing(line: Line) -> None:
    line.virtual.set_input(1, 7, True)
    wait_for(lambda: line.on(1) == {7})
    line.virtual.noise(True)
    begin = len(line.told)
    line.looks(1, 40)
    line.virtual.noise(False)
    seen = [levels for address, levels in line.told[begin:] if address == 1 and levels is not None]
    assert {line_ for levels in seen for line_, level in enumerate(levels) if level} == {7}
    assert all(not any(levels) for levels in line.of(2) if levels is not None)


def test_broken_answers_are_silence_and_never_levels(line: Line) -> None:
    line.virtual.corrupt(True)
    wait_for(lambda: line.state("desks/1")[1] == "module-silent" and line.state("desks/2")[1] == "module-silent")
    line.virtual.corrupt(False)
    wait_for(line.well)
    assert all(not any(levels) for _, levels in line.told if levels is not None)


def test_some_broken_answers_are_borne(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus_module, "GARBLED_LIMIT", 20)
    for _ in range(3):
        asked = line.virtual.asked[1]
        line.virtual.corrupt(True)
        assert line.virtual.wait(lambda bus, asked=asked: bus.asked[1] > asked)  # type: ignore[misc]
        line.virtual.corrupt(False)
        line.looks(1, 2)
        line.looks(2, 2)
    assert line.state("desks/1") == line.state("desks/2") == (Condition.READY, "")
    assert None not in line.of(1)
    assert None not in line.of(2)


def test_an_answer_that_comes_too_late_is_nobodys(line: Line) -> None:
    line.virtual.set_input(1, 3, True)
    wait_for(lambda: line.on(1) == {3})
    line.virtual.slow(0.15)
    wait_for(lambda: line.state("desks/1")[1] == "module-silent" and line.state("desks/2")[1] == "module-silent")
    line.virtual.slow(None)
    wait_for(line.well)
    wait_for(lambda: line.on(1) == {3})
    assert all(not any(levels) for levels in line.of(2) if levels is not None)


def test_a_listener_that_raises_stops_nobody(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    def broken(module: int, at: float, levels: Levels | None) -> None:
        raise ZeroDivisionError

    heard: list[int] = []
    stop = line.bus.listen(broken)
    stop_other = line.bus.listen(lambda module, at, levels: heard.append(module))
    wait_for(lambda: len(heard) >= 4)
    assert "a listener of a bus failed" in caplog.text
    stop()
    stop_other()
    line.looks(1)
    count = len(heard)
    line.looks(1, 5)
    assert len(heard) == count


def test_closing_writes_what_is_still_wished(tmp_path: Path) -> None:
    line = Line(tmp_path / "bus")
    line.bus.start()
    wait_for(line.well)
    for coil in range(4):
        line.bus.set_coil(1, coil, True)
    line.bus.write_registers(21, 0, (0x38,) * 4)
    line.bus.close()
    assert line.virtual.text(21) == "8888"
    assert all(line.virtual.coil(1, coil) for coil in range(4))
    line.close()


def test_a_wish_for_nobody_is_told_in_the_log_only(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    line.bus.set_coil(9, 0, True)
    wait_for(lambda: "nothing is configured at address 9" in caplog.text)
    line.looks(1)
    assert line.virtual.asked[9] == 0


def test_a_bus_is_started_once(line: Line) -> None:
    with pytest.raises(RuntimeError, match="already"):
        line.bus.start()


def test_pymodbus_says_nothing_at_each_poll(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    line.virtual.corrupt(True)
    wait_for(lambda: line.state("desks/1")[1] == "module-silent")
    assert not [record for record in caplog.records if record.name.startswith("pymodbus")]
    assert logging.getLogger("pymodbus.logging").level == logging.CRITICAL


class TestLatch:
    """A module that keeps each press until it is read."""

    @pytest.fixture
    def line(self, tmp_path: Path) -> Iterator[Line]:
        line = Line(tmp_path / "bus", LATCHED)
        line.virtual.set_input(1, 19, True)
        line.virtual.set_input(1, 19, False)
        line.bus.start()
        wait_for(line.well)
        yield line
        line.close()

    def between_looks(self, line: Line, act: Callable[[], None]) -> None:
        """Do something that the levels alone can't show: nobody looks meanwhile."""
        line.virtual.power_off(2)
        asked = line.virtual.asked[2]
        assert line.virtual.wait(lambda bus: bus.asked[2] > asked)  # now the bus waits for module 2
        act()
        line.virtual.power_on(2)

    def tap(self, line: Line, number: int) -> None:
        tick = threading.Event()
        line.virtual.set_input(1, number, True)
        tick.wait(0.03)
        line.virtual.set_input(1, number, False)
        tick.wait(0.01)

    def test_an_idle_module_is_asked_for_its_latch_alone(self, line: Line) -> None:
        line.looks(1, 3)
        line.virtual.heard.clear()
        line.looks(1, 10)
        assert {frame[1] for frame in line.virtual.heard if frame[0] == 1} == {3}

    def test_a_press_between_two_looks_is_seen_once(self, line: Line) -> None:
        begin = len(line.of(1))
        self.between_looks(line, lambda: self.tap(line, 17))
        line.looks(1, 5)
        seen = [levels[17] for levels in line.of(1)[begin:] if levels is not None]
        assert seen.count(True) == 1

    def test_what_the_latch_held_before_the_first_look_is_no_press(self, line: Line) -> None:
        line.looks(1)
        assert not any(levels[19] for levels in line.of(1) if levels is not None)

    def test_a_held_key_is_on_as_long_as_it_is_held(self, line: Line) -> None:
        begin = len(line.of(1))
        line.virtual.set_input(1, 4, True)
        wait_for(lambda: line.on(1) == {4})
        line.looks(1, 10)
        line.virtual.set_input(1, 4, False)
        wait_for(lambda: line.on(1) == set())
        seen = [levels[4] for levels in line.of(1)[begin:] if levels is not None]
        assert [level for level, before in zip(seen[1:], seen, strict=False) if level != before] == [True, False]

    def test_an_input_that_is_on_at_rest_shows_its_break(self, line: Line) -> None:
        line.virtual.set_input(1, 2, True)
        wait_for(lambda: line.on(1) == {2})
        line.virtual.set_input(1, 2, False)
        wait_for(lambda: line.on(1) == set())
        line.virtual.set_input(1, 2, True)
        wait_for(lambda: line.on(1) == {2})
