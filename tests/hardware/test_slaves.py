"""Simulated Modbus devices: what they answer, byte by byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.config import DigitsBoardConfig, ModuleConfig
from hardware.simulator.slaves import DisplaySlave, ModuleSlave, Slave, answer, check_sum, frame, frame_length

FILTER_S = 0.004
# Worked examples of the standard: the request for 22 inputs is answered with AC DB 35.
EXAMPLE = (0xAC, 0xDB, 0x35)


def module(latch: int | None = None, inputs: int = 22, outputs: int = 4) -> ModuleSlave:
    return ModuleSlave(ModuleConfig(1, inputs, latch, outputs), FILTER_S)


def ask(slave: ModuleSlave | DisplaySlave, function: int, body: bytes, now: float = 100.0) -> bytes:
    """The answer without address and check sum."""
    told = answer(frame(1, function, body), {1: slave}, now)
    assert told is not None
    assert (told[0], told[-2:]) == (1, check_sum(told[:-2]))
    return told[1:-2]


def words(*values: int) -> bytes:
    return b"".join(value.to_bytes(2, "big") for value in values)


def test_the_check_sum_of_a_known_frame() -> None:
    # Frames of manuals: switch coil 0 of device 17 on; read ten registers of device 1.
    assert frame(0x11, 5, bytes.fromhex("00ACFF00")).hex() == "110500acff004e8b"
    assert frame(1, 3, bytes.fromhex("0000000a")).hex() == "01030000000ac5cd"


def test_inputs_are_packed_from_the_lowest_bit_on() -> None:
    slave = module()
    for line in range(22):
        slave.set_input(line, bool(EXAMPLE[line // 8] >> line % 8 & 1), 0.0)
    assert ask(slave, 2, words(0, 22)) == bytes((2, 3, *EXAMPLE))
    assert ask(slave, 2, words(3, 2)) == bytes((2, 1, 0b01))


def test_a_spike_does_not_pass_the_modules_own_filter() -> None:
    slave = module()
    slave.set_input(0, True, 10.0)
    slave.set_input(0, False, 10.003)
    slave.set_input(1, True, 10.0)
    assert ask(slave, 2, words(0, 2), 10.0039) == bytes((2, 1, 0))
    assert ask(slave, 2, words(0, 2), 10.0041) == bytes((2, 1, 0b10))


def test_the_latch_keeps_a_press_until_it_is_cleared() -> None:
    slave = module(latch=0x60, inputs=20)
    for line, at in ((3, 10.0), (17, 10.1)):
        slave.set_input(line, True, at)
        slave.set_input(line, False, at + 0.05)
    assert ask(slave, 2, words(0, 20)) == bytes((2, 3, 0, 0, 0))
    assert ask(slave, 3, words(0x60, 2)) == bytes((3, 4)) + words(1 << 3, 1 << 1)
    assert ask(slave, 6, words(0x60, 0)) == bytes((6,)) + words(0x60, 0)
    assert ask(slave, 3, words(0x60, 2)) == bytes((3, 4)) + words(0, 1 << 1)
    assert ask(slave, 16, words(0x60, 2) + b"\x04" + words(0, 0)) == bytes((16,)) + words(0x60, 2)
    assert ask(slave, 3, words(0x60, 2)) == bytes((3, 4)) + words(0, 0)


def test_coils_are_switched_one_by_one_and_together() -> None:
    slave = module()
    assert ask(slave, 5, bytes.fromhex("0002ff00")) == bytes.fromhex("050002ff00")
    assert slave.coils == [False, False, True, False]
    assert ask(slave, 15, words(0, 3) + b"\x01\x03") == bytes((15,)) + words(0, 3)
    assert slave.coils == [True, True, False, False]
    assert ask(slave, 1, words(0, 4)) == bytes((1, 1, 0b0011))
    slave.restart(100.0)
    assert slave.coils == [False] * 4


@pytest.mark.parametrize(
    ("function", "body", "code"),
    [
        (4, words(0, 1), 1),
        (3, words(0, 1), 1),  # a module without latch has no registers
        (2, words(20, 3), 2),
        (2, words(0, 0), 3),
        (2, words(0, 2000), 3),
        (5, bytes.fromhex("0004ff00"), 2),
        (5, bytes.fromhex("00000001"), 3),
        (15, words(2, 3) + b"\x01\x00", 2),
        (15, words(0, 3) + b"\x02\x00", 3),
    ],
)
def test_a_module_refuses_with_the_standards_codes(function: int, body: bytes, code: int) -> None:
    assert ask(module(), function, body) == bytes((function | 0x80, code))


@pytest.mark.parametrize(
    ("function", "body", "code"),
    [
        (6, words(0x61, 0), 2),
        (6, words(0x60, 7), 3),
        (16, words(0x60, 2) + b"\x04" + words(0, 0), 2),
        (3, words(0x5F, 1), 2),
        (3, words(0x60, 0), 3),
    ],
)
def test_a_latch_refuses_what_is_not_its_own(function: int, body: bytes, code: int) -> None:
    assert ask(module(latch=0x60, inputs=16), function, body) == bytes((function | 0x80, code))


@pytest.mark.parametrize(
    ("encoding", "digits", "values", "text"),
    [
        ("ascii", 4, [0x20, 0x31, 0x30, 0x35], "105"),
        ("packed", 4, [0x4131, 0x3035], "A105"),
        ("packed", 3, [0x3130, 0x3520], "105"),
        ("number", 4, [105], "105"),
        ("number", 4, [0], ""),
    ],
)
def test_a_display_shows_what_was_written(encoding: str, digits: int, values: list[int], text: str) -> None:
    slave = DisplaySlave(DigitsBoardConfig("desk1", "desks", 1, 1, 7, digits, encoding))  # type: ignore[arg-type]
    body = words(7, len(values)) + bytes((2 * len(values),)) + words(*values)
    assert ask(slave, 16, body) == bytes((16,)) + words(7, len(values))
    assert (slave.registers, slave.text) == (values, text)
    assert ask(slave, 3, words(7, 1)) == bytes((3, 2)) + words(values[0])
    slave.restart()
    assert slave.text == ""


@pytest.mark.parametrize(
    ("function", "body", "code"),
    [
        (2, words(0, 1), 1),
        (6, words(4, 0), 2),
        (16, words(3, 2) + b"\x04" + words(1, 1), 2),
        (16, words(0, 2) + b"\x02" + words(1), 3),
        (16, words(0, 2) + b"\x04" + words(1), 3),
    ],
)
def test_a_display_refuses_with_the_standards_codes(function: int, body: bytes, code: int) -> None:
    slave = DisplaySlave(DigitsBoardConfig("desk1", "desks", 1, 1))
    assert ask(slave, function, body) == bytes((function | 0x80, code))
    assert slave.registers == [0] * 4


def test_nobody_answers_for_another_or_to_a_broken_frame() -> None:
    slaves = {1: module()}
    assert answer(frame(2, 2, words(0, 1)), slaves, 0.0) is None
    whole = frame(1, 2, words(0, 1))
    assert answer(whole[:-1] + bytes((whole[-1] ^ 1,)), slaves, 0.0) is None
    assert answer(b"", slaves, 0.0) is None


@pytest.mark.parametrize(
    ("begun", "length"),
    [("01", None), ("0102", 8), ("0105", 8), ("011000000002", None), ("01100000000204", 13), ("010f0000000301", 10)],
)
def test_how_long_a_request_is(begun: str, length: int | None) -> None:
    assert frame_length(bytes.fromhex(begun)) == length


@given(st.sampled_from([1, 2, 3, 4, 5, 6, 15, 16, 255]), st.binary(max_size=12))
def test_no_bytes_make_a_device_raise(function: int, data: bytes) -> None:
    slaves: dict[int, Slave] = {1: module(latch=0), 2: DisplaySlave(DigitsBoardConfig("d", "desks", 2, 1))}
    for address in slaves:
        assert answer(frame(address, function, data), slaves, 1.0) is not None
    answer(data, slaves, 1.0)
