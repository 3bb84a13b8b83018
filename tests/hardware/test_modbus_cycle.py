"""The computed cycle of a bus against the cycles that were measured on a line of real speed."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.config import DigitsBoardConfig, ModbusBusConfig, ModuleConfig
from hardware.modbus.cycle import (
    BAUDS,
    LATCHED_LIMIT_S,
    LIMIT_S,
    byte_s,
    coil_s,
    cycle_s,
    display_s,
    exchange_s,
    limit_s,
    module_s,
)


def bus(
    baud: int, modules: int, inputs: int, latch: int | None = None, parity: Literal["none", "even"] = "none"
) -> ModbusBusConfig:
    return ModbusBusConfig(
        "desks", "", baud, parity, tuple(ModuleConfig(number, inputs, latch) for number in range(1, modules + 1))
    )


# A line of 11 bits a byte with modules that take 5 ms to answer: (baud, modules, inputs, latch, milliseconds).
MEASURED = [
    (9600, 2, 32, None, 68),
    (19200, 2, 32, None, 36),
    (38400, 14, 3, None, 167),
    (19200, 14, 3, None, 252),
    (9600, 14, 3, None, 374),
    (9600, 14, 3, 96, 371),
]


@pytest.mark.parametrize(("baud", "modules", "inputs", "latch", "measured_ms"), MEASURED)
def test_the_computed_cycle_is_the_measured_one_and_seldom_below_it(
    baud: int, modules: int, inputs: int, latch: int | None, measured_ms: int
) -> None:
    computed_ms = cycle_s(bus(baud, modules, inputs, latch, "even")) * 1000
    assert 0.95 * measured_ms < computed_ms < 1.2 * measured_ms


def test_of_the_measured_lines_only_those_that_missed_no_tap_are_allowed() -> None:
    allowed = {
        (baud, inputs, latch)
        for baud, modules, inputs, latch, _ in MEASURED
        if cycle_s(line := bus(baud, modules, inputs, latch)) <= limit_s(line)
    }
    assert allowed == {(19200, 32, None), (9600, 3, 96)}


def test_a_look_by_hand() -> None:
    # 8 bytes there, 5 + 4 back, twice 3.5 characters, 5 ms and 0.5 ms.
    assert module_s(bus(9600, 1, 32), ModuleConfig(1, 32)) == pytest.approx((8 + 9 + 7) * 10 / 9600 + 0.0055)
    # Above 19200 baud a silence is 1.75 ms; 33 inputs are five bytes.
    line = bus(115200, 1, 33, parity="even")
    assert module_s(line, ModuleConfig(1, 33)) == pytest.approx((8 + 10) * 11 / 115200 + 2 * 0.00175 + 0.0055)
    # A latch of 17 inputs is two registers.
    assert module_s(bus(19200, 1, 17), ModuleConfig(1, 17, 64)) == pytest.approx((8 + 9 + 7) * 10 / 19200 + 0.0055)


@pytest.mark.parametrize(("encoding", "registers"), [("ascii", 5), ("packed", 3)])
def test_a_number_on_a_display_by_hand(encoding: Literal["ascii", "packed"], registers: int) -> None:
    display = DigitsBoardConfig("desk1", "desks", 21, 1, digits=5, encoding=encoding)
    assert display_s(bus(9600, 1, 1), display) == pytest.approx((9 + 2 * registers + 8 + 7) * 10 / 9600 + 0.0055)


def test_one_register_costs_as_much_as_a_lamp() -> None:
    line = bus(19200, 1, 1)
    assert display_s(line, DigitsBoardConfig("desk1", "desks", 21, 1, encoding="number")) == coil_s(line)
    assert coil_s(line) == pytest.approx((16 + 7) * 10 / 19200 + 0.0055)


def test_only_the_longest_writing_comes_on_top() -> None:
    line = bus(19200, 2, 32)
    long, short = (DigitsBoardConfig("a", "desks", 21, 1, digits=digits) for digits in (8, 2))
    assert cycle_s(line, (short, long, short)) == pytest.approx(cycle_s(line) + display_s(line, long))


def test_every_module_needs_its_latch_for_the_longer_limit() -> None:
    mixed = ModbusBusConfig("desks", "", 9600, modules=(ModuleConfig(1, 8, 96), ModuleConfig(2, 8)))
    assert (limit_s(mixed), limit_s(bus(9600, 2, 8, 96)), limit_s(bus(9600, 0, 8))) == (
        LIMIT_S,
        LATCHED_LIMIT_S,
        LIMIT_S,
    )


@given(st.sampled_from(BAUDS), st.sampled_from(BAUDS), st.integers(0, 40), st.integers(0, 40), st.booleans())
def test_more_bytes_or_a_slower_line_are_never_faster(one: int, other: int, few: int, many: int, even: bool) -> None:
    parity: Literal["even", "none"] = "even" if even else "none"
    slow, fast = bus(min(one, other), 1, 8, parity=parity), bus(max(one, other), 1, 8, parity=parity)
    assert exchange_s(slow, 8, min(few, many)) <= exchange_s(slow, 8, max(few, many))
    assert exchange_s(fast, 8, few) <= exchange_s(slow, 8, few)
    assert byte_s(slow) >= byte_s(fast)
