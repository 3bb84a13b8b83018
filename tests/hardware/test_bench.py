"""The bench of a simulated office: every device of hardware.toml is there, and each fault can be made and mended."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest

from hardware.config import GPIO, Point, parse
from hardware.ports import Lamp
from hardware.simulator.bench import Bench, CountedLamp
from hardware.simulator.printer import VirtualPrinter

PAD = """
[bus.pad]
kind = "usb-keypad"
[[panel]]
desk = 4
bus = "pad"
next = "KP1"
repeat = "KP2"
finish = "KP3"
[[button]]
role = "power.fail"
pin = 20
"""


class Dark(Lamp):
    def blink(self) -> None: ...
    def refuse(self) -> None: ...


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    demo = resources.files("appliance.demo").joinpath("hardware.toml").read_text(encoding="utf-8")
    made = Bench(parse((demo + PAD).encode()), tmp_path, VirtualPrinter(tmp_path / "printer"), 0.0)
    yield made
    made.close()


def test_every_device_of_the_file_can_be_spoiled(bench: Bench) -> None:
    names = [device.name for device in bench.devices()]
    assert names == [
        "printer", "desks", "desks/1", "desks/21", "desks/22", "desks/23", "board/line", "pad", "bell/ramp",
        "power/fail", "voice",
    ]  # fmt: skip
    assert all(device.faults for device in bench.devices())


def test_each_fault_is_made_and_mended(bench: Bench) -> None:
    for device in bench.devices():
        for fault in device.faults:
            bench.make(device.name, fault)
            assert fault in next(one for one in bench.devices() if one.name == device.name).active
            bench.mend(device.name, fault)
    assert all(device.active == () for device in bench.devices())


def test_what_there_isnt_is_a_key_error(bench: Bench) -> None:
    for device, fault in (("nothing", "no-power"), ("printer", "flood")):
        with pytest.raises(KeyError):
            bench.make(device, fault)
        with pytest.raises(KeyError):
            bench.mend(device, fault)


def test_faults_reach_the_devices(bench: Bench) -> None:
    assert bench.printer is not None
    bench.make("printer", "cover-open")
    assert not bench.printer.works
    bench.make("desks", "unplugged")
    assert not Path(bench.buses["desks"].path).exists()
    bench.mend("desks", "unplugged")
    assert Path(bench.buses["desks"].path).exists()


def test_keys_of_every_bus_have_fingers_but_the_mains_have_none(bench: Bench) -> None:
    kinds = {control.partition("/")[0] for control in bench.controls}
    assert kinds == {"desk", "kiosk", "bell", "answer"}
    assert {"desk/1/next", "desk/3/next", "desk/4/next"} <= set(bench.controls)


def test_a_closed_loop_rests_at_ground_until_it_is_pressed(bench: Bench) -> None:
    pin = bench.header.pin(22)
    pin.input_with_pull("up")
    assert not pin.state
    bench.panel.stick("bell/ramp")
    assert pin.state
    bench.panel.release("bell/ramp")
    bench.make("bell/ramp", "loop-cut")
    assert pin.state


def test_lamps_count_what_they_answered(bench: Bench) -> None:
    lamp = bench.counted(1, Dark())
    assert isinstance(lamp, CountedLamp)
    lamp.blink()
    lamp.refuse()
    lamp.refuse()
    shown = {one.name: one for one in bench.lamps()}
    assert (shown["desk/1"].blinks, shown["desk/1"].refusals) == (1, 2)
    assert {"bell/ramp/heard", "bell/ramp/coming", "bell/ramp/buzzer"} <= set(shown)
    assert bench.config.lamps()[1] == Point(GPIO, 18)


def test_displays_are_told_as_text_or_picture(bench: Bench) -> None:
    shown = {one.name: one for one in bench.displays()}
    assert [shown[f"desk{desk}"].desk for desk in (1, 2, 3)] == [1, 2, 3]
    assert shown["line"].picture
    picture = bench.board_png("line")
    assert picture is not None
    assert picture[:4] == b"\x89PNG"
    assert bench.board_png("desk1") is None


def test_what_was_not_spoken_cant_be_heard(bench: Bench) -> None:
    assert bench.spoken() == []
    assert bench.spoken_wav(0) is None
