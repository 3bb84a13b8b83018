"""Keypads by the kernel's input events, on a FIFO that stands for the device file."""

from __future__ import annotations

import os
import struct
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.config import KeyConfig, KeypadConfig, Point
from hardware.config.wiring import KEYPAD_KEYS
from hardware.keys import keypad as keypad_module
from hardware.keys.debounce import KeyRule
from hardware.keys.input_event import (
    CODES,
    EVENT,
    EVIOCGKEY,
    EVIOCGRAB,
    EVIOCSCLOCKID,
    InputEvent,
    keys_down,
    unpacked,
)
from hardware.keys.judging import Judge
from hardware.keys.keypad import Keypad, KeypadKeys
from hardware.ports import Condition, Press
from hardware.simulator.keypad import VirtualKeypad
from tests.hardware.waiting import open_files, wait_for


class Desk:
    """A keypad and everything that it told."""

    def __init__(self, path: Path) -> None:
        self.virtual = VirtualKeypad(path)
        self.keypad = Keypad(KeypadConfig("pad1", str(path)))
        self.told: list[Mapping[str, bool] | None] = []
        self.keypad.listen(lambda at, down: self.told.append(down))

    def moved(self) -> list[Mapping[str, bool] | None]:
        """What was told but for the lists of all keys."""
        return [down for down in self.told if down is None or len(down) == 1]

    def close(self) -> None:
        self.keypad.close()
        self.virtual.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keypad_module, "REOPEN_S", 0.02)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path / "event-kbd")
    desk.keypad.start()
    wait_for(lambda: desk.told)
    yield desk
    desk.close()


def test_every_key_that_the_configuration_knows_has_a_code() -> None:
    assert set(CODES) == set(KEYPAD_KEYS)
    assert len(set(CODES.values())) == len(CODES)
    # linux/input-event-codes.h
    known = {"1": 2, "0": 11, "Q": 16, "A": 30, "M": 50, "F1": 59, "F10": 68, "F12": 88, "ENTER": 28,
             "KP0": 82, "KP5": 76, "KP9": 73, "KPENTER": 96, "KPPLUS": 78, "KPMINUS": 74, "KPASTERISK": 55,
             "KPSLASH": 98, "KPDOT": 83}  # fmt: skip
    assert {name: CODES[name] for name in known} == known


def test_the_numbers_of_the_kernels_interface() -> None:
    # _IOW('E', 0x90, int), _IOW('E', 0xa0, int), _IOC(_IOC_READ, 'E', 0x18, 96)
    assert (EVIOCGRAB, EVIOCSCLOCKID, EVIOCGKEY) == (0x40044590, 0x400445A0, 0x80604518)
    assert EVENT.size == 2 * struct.calcsize("@l") + 8


def test_golden_bytes_of_one_event() -> None:
    event = InputEvent(12.5, 1, CODES["KP1"], 1)
    head = struct.pack("@ll", 12, 500_000)
    assert event.packed() == head + bytes.fromhex("01004f0001000000")
    assert list(unpacked(event.packed() * 2 + b"\0" * 5)) == [event, event]


@given(st.binary(max_size=200))
def test_any_bytes_are_whole_events_or_left_out(data: bytes) -> None:
    assert len(list(unpacked(data))) == len(data) // EVENT.size


def test_which_keys_are_down() -> None:
    bits = bytearray(96)
    for name in ("KP1", "F12"):
        bits[CODES[name] // 8] |= 1 << CODES[name] % 8
    assert keys_down(bytes(bits)) == {"KP1", "F12"}


def test_the_first_telling_is_of_all_keys(desk: Desk) -> None:
    first = desk.told[0]
    assert first is not None
    assert set(first) == set(CODES)
    assert not any(first.values())
    assert desk.keypad.state().condition is Condition.READY
    late: list[Any] = []
    desk.keypad.listen(lambda at, down: late.append(down))
    assert late == [first]


def test_moves_are_told_and_repeats_are_not(desk: Desk) -> None:
    desk.virtual.set_key("KP1", True)
    desk.virtual.repeat("KP1")
    desk.virtual.set_key("KPENTER", True)
    desk.virtual.set_key("KP1", False)
    wait_for(lambda: len(desk.moved()) == 3)
    assert desk.moved() == [{"KP1": True}, {"KPENTER": True}, {"KP1": False}]


def test_unplugged_it_is_missing_and_heals(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        desk.virtual.unplug()
        wait_for(lambda: desk.keypad.state().condition is Condition.MISSING)
        state = desk.keypad.state()
        assert (state.reason, state.hint) == ("keypad-missing", "connect-keypad")
        assert state.facts == {"keypad": "pad1", "port": str(desk.virtual.path)}
        desk.virtual.plug()
        wait_for(lambda: desk.keypad.state().condition is Condition.READY)
    assert desk.told.count(None) == 3
    assert caplog.text.count("the device has come to its end") == 3
    assert caplog.text.count("keypad pad1 is at") == 3


def test_a_keypad_that_comes_later_is_taken(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "event-kbd")
    desk.virtual.unplug()
    desk.keypad.start()
    wait_for(lambda: desk.keypad.state().reason == "keypad-missing")
    late: list[Any] = []
    desk.keypad.listen(lambda at, down: late.append(down))
    assert late == [None]
    desk.virtual.plug()
    wait_for(lambda: desk.keypad.state().condition is Condition.READY)
    desk.close()


def test_a_keypad_without_rights_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(path: object, *_: object) -> int:
        raise PermissionError(13, "Permission denied")

    desk = Desk(tmp_path / "event-kbd")
    monkeypatch.setattr("hardware.keys.keypad.os.open", denied)
    desk.keypad.start()
    wait_for(lambda: desk.keypad.state().reason == "port-denied")
    assert desk.keypad.state().hint == "join-group"
    assert desk.keypad.state().facts["group"] == desk.virtual.path.group()
    desk.close()


class FakeDevice:
    """What the kernel would do with the ioctls of a real device file."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, refuses: int | None = None) -> None:
        self.asked: list[int] = []
        self.down: set[str] = set()
        self._refuses = refuses
        monkeypatch.setattr("hardware.keys.keypad.stat.S_ISCHR", lambda mode: True)
        monkeypatch.setattr("hardware.keys.keypad.fcntl.ioctl", self.ioctl)

    def ioctl(self, device: int, request: int, argument: object = 0) -> int:
        os.fstat(device)
        self.asked.append(request)
        if request == self._refuses:
            raise OSError(16, "Device or resource busy")
        if request == EVIOCGKEY:
            assert isinstance(argument, bytearray)
            for name in self.down:
                argument[CODES[name] // 8] |= 1 << CODES[name] % 8
        return 0


def test_a_real_keypad_is_had_alone_and_its_clock_is_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    device = FakeDevice(monkeypatch)
    device.down = {"KP3"}
    desk = Desk(tmp_path / "event-kbd")
    times: list[float] = []
    desk.keypad.listen(lambda at, down: times.append(at))
    desk.keypad.start()
    wait_for(lambda: desk.told)
    assert device.asked == [EVIOCSCLOCKID, EVIOCGRAB, EVIOCGKEY]
    assert desk.told[0] is not None
    assert {name for name, down in desk.told[0].items() if down} == {"KP3"}
    event = InputEvent(1234.5, 1, CODES["KP1"], 1)
    desk.virtual._send(event)
    wait_for(lambda: len(times) == 2)
    assert times[1] == 1234.5
    desk.close()


def test_a_keypad_that_is_not_ours_alone_works_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    FakeDevice(monkeypatch, refuses=EVIOCGRAB)
    desk = Desk(tmp_path / "event-kbd")
    desk.keypad.start()
    wait_for(lambda: desk.told)
    state = desk.keypad.state()
    assert (state.condition, state.warning, state.hint) == (Condition.READY, "keypad-shared", "restart-office")
    desk.virtual.set_key("KP1", True)
    wait_for(lambda: desk.moved() == [{"KP1": True}])
    assert caplog.text.count("is not ours alone") == 1
    desk.close()


def test_events_that_the_kernel_lost_are_made_good_by_looking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    device = FakeDevice(monkeypatch)
    desk = Desk(tmp_path / "event-kbd")
    desk.keypad.start()
    wait_for(lambda: desk.told)
    device.down = {"KP2"}
    desk.virtual.drop()
    wait_for(lambda: len(desk.told) == 2)
    assert desk.told[1] is not None
    assert {name for name, down in desk.told[1].items() if down} == {"KP2"}
    desk.close()


def test_close_may_be_repeated_and_leaves_nothing_open(tmp_path: Path) -> None:
    before = open_files()
    desk = Desk(tmp_path / "event-kbd")
    desk.keypad.start()
    wait_for(lambda: desk.told)
    desk.keypad.close()
    desk.close()
    assert open_files() == before


def test_the_keys_of_a_desk_on_a_keypad(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    key = KeyConfig("desk/3/next", Point("pad1", "KP1"), KeyRule(lockout_s=0.0))
    judge, presses = Judge([key]), Queue[Press]()
    source = KeypadKeys([key], judge, desk.keypad)
    source.start()
    judge.start(presses.put)
    pause = threading.Event()
    for name in ("KP2", "KP1"):
        for down in (True, False):
            desk.virtual.set_key(name, down)
            pause.wait(0.06)
    assert presses.get(timeout=10).control == "desk/3/next"
    desk.virtual.unplug()
    wait_for(lambda: judge.state()["desk/3/next"].reason == "keypad-missing")
    desk.virtual.plug()
    wait_for(lambda: judge.state()["desk/3/next"].condition is Condition.READY)
    assert presses.empty()
    source.close()
    source.close()
    judge.close()
