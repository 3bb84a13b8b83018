"""What a technician may ask, over the real drivers of a simulated office: from the finding to the file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from appliance.devices import Devices, build
from appliance.technician.doctoring import Doctoring, report_of
from appliance.technician.teaching import LIMIT_S, Teaching
from appliance.technician.walk import KeyWalk
from appliance.workers.health import Device
from hardware.config import Point, load
from hardware.doctor.box import Box
from hardware.doctor.finding import Verdict
from hardware.ports import Gesture, Press

LIMIT = 20.0
OFFICE = """
schema = 1
mode = "simulated"

[bus.desks]
kind = "modbus-rtu"
baud = 19200

[[bus.desks.module]]
address = 1
inputs = 16

[[button]]
role = "kiosk.ticket"
service = "bills"
pin = 17

[[panel]]
desk = 1
next = 4
repeat = 5
finish = 6

[[panel]]
desk = 3
bus = "desks"
module = 1
next = 0
repeat = 1
finish = 2

[printer]
width_mm = 58
confirm = "process-id"

[sound]
kind = "simulated"
"""


class Office:
    """The devices of an office whose queue only counts presses."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "hardware.toml"
        self.file.write_text(OFFICE, encoding="utf-8")
        config = load(self.file)
        self.devices: Devices = build(config, folder)
        self.acted: list[str] = []
        self.begun: list[str] = []
        self.doctoring = Doctoring(
            self.devices,
            KeyWalk(),
            Teaching(config, self.file, self.devices.watch),
            box=Box(folder),
            begin_again=lambda: self.begun.append("again"),
        )
        self.devices.open(self.pressed)
        wait_for(lambda: all(part.state.reason != "not-started" for part in self.devices.parts()))

    def pressed(self, press: Press) -> None:
        """As the running office does."""
        if not self.doctoring.takes(press):
            self.acted.append(press.control)

    def press(self, control: str) -> None:
        """A finger on a key."""
        assert self.devices.bench is not None
        self.devices.bench.panel.press(control)

    def touch(self, line: int) -> None:
        """A finger on a key of module 1 that nobody has named."""
        assert self.devices.bench is not None
        bus = self.devices.bench.buses["desks"]
        bus.set_input(1, line, True)
        time.sleep(0.2)
        bus.set_input(1, line, False)

    def close(self) -> None:
        """End it."""
        self.doctoring.close()
        self.devices.close()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A running office."""
    made = Office(tmp_path)
    yield made
    made.close()


def wait_for(true: Callable[[], bool]) -> None:
    """Wait for a condition, and not for ever."""
    until = time.monotonic() + LIMIT
    while not true():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.02)


def until_learnt(press: Callable[[], None], teaching: Teaching) -> None:
    """Press until the lesson goes on: a wire that moves before it was first looked at is no press."""
    wanted = teaching.view().wanted
    until = time.monotonic() + LIMIT
    while teaching.view().wanted == wanted:
        assert time.monotonic() < until, "nothing was learnt"
        press()
        seen = time.monotonic() + 2.0
        while teaching.view().wanted == wanted and time.monotonic() < seen:
            time.sleep(0.02)


def verdicts(office: Office) -> dict[tuple[str, str], Verdict]:
    """The report by check and subject."""
    return {(one.check, one.subject): one.verdict for one in office.doctoring.report().findings}


def test_a_whole_office_is_examined_and_is_well(office: Office) -> None:
    found = verdicts(office)
    assert {check for check, _ in found} >= {"pins", "cycle", "printer", "bus", "module", "voice", "buttons"}
    assert [key for key, verdict in found.items() if verdict is not Verdict.WELL] == [("clock-chip", "")]
    assert office.doctoring.report().healthy


def test_a_report_is_the_same_after_its_way_as_json(office: Office) -> None:
    report = office.doctoring.report()
    told = report_of(report.as_json())
    assert told.findings == report.findings
    assert (told.count(Verdict.WELL), told.healthy) == (report.count(Verdict.WELL), True)


def test_a_dead_module_is_found_with_all_its_keys_and_is_well_again(office: Office) -> None:
    assert office.devices.bench is not None
    office.devices.bench.make("desks/1", "no-power")
    wait_for(lambda: verdicts(office)[("module", "desks/1")] is Verdict.FAULT)
    found = office.doctoring.report().findings
    assert found[0].verdict is Verdict.FAULT
    keys = [one for one in found if one.check == "buttons" and one.verdict is Verdict.FAULT]
    assert {one.subject for one in keys} == {f"desk/3/{key}" for key in ("next", "repeat", "finish")}
    assert {one.facts["point"] for one in keys} == {"desks 1/0", "desks 1/1", "desks 1/2"}
    office.devices.bench.mend("desks/1", "no-power")
    wait_for(lambda: office.doctoring.report().healthy)


def test_what_else_is_watched_stands_in_the_report(office: Office) -> None:
    since = office.devices.parts()[0].state.since
    office.doctoring.others = lambda: [Device("disk", "disk", "fault", since, "disk-full", "free-disk", {"free": "3"})]
    first = office.doctoring.report().findings[0]
    assert (first.check, first.subject, first.reason) == ("disk", "", "disk-full")


def test_a_walk_takes_the_first_press_of_every_key_on_every_bus(office: Office) -> None:
    office.doctoring.begin_walk()
    keys = [key.control for key in office.devices.config.wired_keys()]
    for control in keys:
        office.press(control)
    wait_for(lambda: not office.doctoring.walk.view().missing)
    view = office.doctoring.walk.view()
    assert sorted(view.ticked) == sorted(keys)
    assert list(view.at) == sorted(view.at)
    assert office.acted == []
    time.sleep(1.6)  # the lock-out of the slowest key
    office.press("desk/1/next")
    wait_for(lambda: office.acted == ["desk/1/next"])


def test_a_panel_is_learnt_while_the_office_runs(office: Office) -> None:
    office.doctoring.begin_lesson(2)
    for key, line in zip(("next", "repeat", "finish"), (8, 9, 10), strict=True):
        assert office.doctoring.teaching.view().wanted == key
        until_learnt(partial(office.touch, line), office.doctoring.teaching)
    assert not office.doctoring.unapplied
    office.doctoring.teaching.save()
    panel = next(one for one in load(office.file).panels if one.desk == 2)
    assert (panel.next, panel.repeat, panel.finish) == tuple(Point("desks", line, 1) for line in (8, 9, 10))
    assert office.doctoring.unapplied
    assert office.file.with_name("hardware.toml.before").read_text(encoding="utf-8") == OFFICE


def test_the_keys_that_a_desk_has_do_nothing_while_it_is_learnt_anew(office: Office) -> None:
    office.doctoring.begin_lesson(3)
    until_learnt(partial(office.press, "desk/3/next"), office.doctoring.teaching)
    assert office.doctoring.teaching.view().wanted == "repeat"
    assert office.acted == []
    office.press("desk/1/next")
    wait_for(lambda: office.acted == ["desk/1/next"])
    assert office.doctoring.teaching.view().refused == "key-taken"
    office.doctoring.teaching.end()
    time.sleep(0.8)
    office.press("desk/3/next")
    wait_for(lambda: office.acted == ["desk/1/next", "desk/3/next"])


def test_test_slips_come_out_and_a_line_is_ticked(office: Office) -> None:
    doctoring = office.doctoring
    assert doctoring.print_test("self-test") == "printed"
    assert doctoring.print_test("code-pages") == "printed"
    lines = doctoring.lines()
    chosen = next(line for line in lines if line.codepage == "CP1251")
    assert doctoring.choose_letters(chosen.number) == chosen
    printer = load(office.file).printer
    assert printer is not None
    assert (printer.mode, printer.codepage, printer.slot) == ("text", "CP1251", chosen.slot)
    assert printer.ticked.endswith(f" CP1251/{chosen.slot}")
    assert doctoring.unapplied
    with pytest.raises(LookupError):
        doctoring.choose_letters(len(lines) + 1)
    doctoring.draw_slips()
    assert office.file.read_text(encoding="utf-8").replace('mode = "raster"\n', "") == OFFICE
    assert not doctoring.unapplied


def test_a_printer_without_paper_prints_no_test(office: Office) -> None:
    assert office.devices.bench is not None
    office.devices.bench.make("printer", "paper-out")
    wait_for(lambda: verdicts(office)[("printer", "")] is Verdict.FAULT)
    assert office.doctoring.print_test("self-test") == "failed"


def test_the_chime_needs_a_loudspeaker(office: Office) -> None:
    assert office.devices.bench is not None
    assert office.doctoring.chime()
    office.devices.bench.make("voice", "unplugged")
    assert not office.doctoring.chime()


def test_the_office_begins_again_where_somebody_can(office: Office) -> None:
    assert office.doctoring.restart()
    assert office.begun == ["again"]
    office.doctoring.begin_again = None
    assert not office.doctoring.restart()


def test_a_file_that_was_broken_by_hand_counts_as_changed(office: Office) -> None:
    office.file.write_text("schema = ", encoding="utf-8")
    assert office.doctoring.unapplied


class Time:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Watched:
    """Somebody who watches wires, and whether they still do."""

    open = True

    def close(self) -> None:
        """Stop."""
        self.open = False


def test_a_lesson_that_everybody_forgot_ends_by_itself(tmp_path: Path) -> None:
    file, clock, watcher = tmp_path / "hardware.toml", Time(), Watched()
    file.write_text(OFFICE, encoding="utf-8")
    teaching = Teaching(load(file), file, lambda _: watcher, clock)
    teaching.begin(3)
    press = Press("desk/3/next", Gesture.TAP, 1, 0.0, 0.0)
    assert teaching.takes(press)
    clock.now += LIMIT_S
    assert not teaching.takes(press)
    assert not teaching.view().active
    assert not watcher.open
