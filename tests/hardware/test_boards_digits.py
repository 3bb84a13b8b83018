"""Number displays on the bus: what each encoding writes, what has no room, and what the last wish leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.boards.digits import NO_NUMBER, DigitsBoard, text_for
from hardware.config import DigitsBoardConfig
from hardware.ports import BoardRow, Condition, DeviceState
from hardware.simulator.boards import decode_digits

READY = DeviceState(Condition.READY, datetime(2026, 11, 24, 6, 0, tzinfo=UTC))
SILENT = DeviceState(Condition.MISSING, datetime(2026, 11, 24, 7, 0, tzinfo=UTC), "module-silent", "check-module")

DIGIT_LABELS = st.builds(
    lambda letters, number: f"{letters}\u00a0{number:03d}",
    st.sampled_from(["А", "Б", "Ґ", "Ї", "О", "АБ", "C", "B", "ЕН"]),
    st.integers(1, 999_999),
)
CONFIGS = st.builds(
    lambda digits, encoding: DigitsBoardConfig("d", "desks", 21, 3, digits=digits, encoding=encoding),
    st.integers(1, 8),
    st.sampled_from(["ascii", "packed", "number"]),
)


@dataclass
class Bus:
    """A bus that remembers what was asked of it."""

    known: dict[str, DeviceState] = field(default_factory=lambda: {"desks/21": READY})
    asked: list[tuple[int, int, tuple[int, ...]]] = field(default_factory=list)

    def write_registers(self, address: int, first: int, values: tuple[int, ...]) -> None:
        self.asked.append((address, first, values))

    def states(self) -> dict[str, DeviceState]:
        return self.known

    @property
    def registers(self) -> tuple[int, ...]:
        return self.asked[-1][2] if self.asked else ()


def config(digits: int = 4, encoding: str = "ascii", register: int = 0) -> DigitsBoardConfig:
    return DigitsBoardConfig("desk3", "desks", 21, 3, register, digits, encoding)  # type: ignore[arg-type]


def calls(*tickets: tuple[str, int]) -> list[BoardRow]:
    return [BoardRow(ticket.replace(" ", "\u00a0"), desk, index == 0) for index, (ticket, desk) in enumerate(tickets)]


def ascii_of(text: str) -> tuple[int, ...]:
    return tuple(text.encode())


@pytest.mark.parametrize(
    ("encoding", "digits", "ticket", "registers"),
    [
        ("ascii", 4, "А 105", ascii_of("A105")),
        ("ascii", 4, "Б 105", ascii_of(" 105")),
        ("ascii", 3, "А 105", ascii_of("105")),
        ("ascii", 6, "А 005", ascii_of("  A005")),
        ("ascii", 4, "А 1001", ascii_of("1001")),
        ("ascii", 4, "О 105", ascii_of(" 105")),
        ("ascii", 4, "І 105", ascii_of(" 105")),
        ("ascii", 5, "АЕ 105", ascii_of("AE105")),
        ("ascii", 5, "АБ 105", ascii_of("  105")),
        ("ascii", 4, "АЕ 105", ascii_of(" 105")),
        ("ascii", 4, "", ascii_of("    ")),
        ("ascii", 2, "А 105", ascii_of("  ")),
        ("packed", 4, "А 105", (0x4131, 0x3035)),
        ("packed", 4, "Ґ 105", (0x2031, 0x3035)),
        ("packed", 3, "А 105", (0x3130, 0x3520)),
        ("packed", 4, "", (0x2020, 0x2020)),
        ("packed", 3, "А 1001", (0x2020, 0x2020)),
        ("number", 4, "А 105", (105,)),
        ("number", 4, "А 005", (5,)),
        ("number", 2, "А 105", (NO_NUMBER,)),
        ("number", 4, "", (NO_NUMBER,)),
        ("number", 6, "А 65535", (65535,)),
        ("number", 6, "А 65536", (NO_NUMBER,)),
    ],
)
def test_what_each_encoding_writes(encoding: str, digits: int, ticket: str, registers: tuple[int, ...]) -> None:
    bus = Bus()
    board = DigitsBoard(config(digits, encoding, register=7), bus)
    board.show(calls(("В 001", 1), *([(ticket, 3)] if ticket else [])))
    assert bus.asked == [(21, 7, registers)]


def test_a_letter_that_could_be_a_digit_is_never_written() -> None:
    for letter in "ОІЗБІЇBDGIOQSZ":
        assert text_for(f"{letter}\u00a0105", config(8)) == "105", letter


def test_a_number_without_room_is_dark_and_a_warning_until_it_is_gone() -> None:
    bus = Bus()
    board = DigitsBoard(config(3), bus)
    board.show(calls(("А 105", 3)))
    assert board.state() == READY
    board.show(calls(("А 1001", 3)))
    assert bus.registers == ascii_of("   ")
    state = board.state()
    assert (state.condition, state.warning, state.hint) == (Condition.READY, "number-too-long", "widen-display")
    assert state.facts == {"number": "А\u00a01001", "desk": "3", "digits": "3"}
    since = state.since
    board.show(calls(("А 1002", 3)))
    assert board.state().since == since
    assert board.state().facts["number"] == "А\u00a01002"
    board.show(calls(("А 106", 3)))
    assert board.state() == READY
    assert bus.registers == ascii_of("A106"[1:])


def test_a_display_that_the_bus_misses_is_missing_whatever_it_should_show() -> None:
    bus = Bus()
    board = DigitsBoard(config(3), bus)
    board.show(calls(("А 1001", 3)))
    bus.known["desks/21"] = SILENT
    assert board.state() == SILENT
    del bus.known["desks/21"]
    first = board.state()
    assert (first.condition, first.reason) == (Condition.MISSING, "not-started")
    assert board.state() == first


def test_the_same_number_is_written_once() -> None:
    bus = Bus()
    board = DigitsBoard(config(), bus)
    for _ in range(5):
        board.show(calls(("А 105", 3), ("А 104", 1)))
        board.show(calls(("А 106", 2), ("А 105", 3)))
    assert len(bus.asked) == 1


def test_the_test_shows_eights_and_goes_back_to_the_last_number() -> None:
    bus = Bus()
    board = DigitsBoard(config(), bus)
    board.show(calls(("А 105", 3)))
    board.test_pattern(True)
    assert bus.registers == ascii_of("8888")
    board.show(calls(("А 107", 3)))
    assert bus.registers == ascii_of("8888")
    board.test_pattern(False)
    assert bus.registers == ascii_of("A107")


@pytest.mark.parametrize(("digits", "number"), [(3, 888), (4, 8888), (6, 8888)])
def test_the_test_of_a_number_fits_into_one_register(digits: int, number: int) -> None:
    bus = Bus()
    DigitsBoard(config(digits, "number"), bus).test_pattern(True)
    assert bus.registers == (number,)


def test_a_closed_display_is_dark() -> None:
    bus = Bus()
    board = DigitsBoard(config(), bus)
    board.show(calls(("А 105", 3)))
    board.test_pattern(True)
    board.close()
    assert bus.registers == ascii_of("    ")


@given(CONFIGS, st.lists(st.one_of(st.none(), DIGIT_LABELS), min_size=1, max_size=6), st.booleans())
def test_whatever_came_before_only_the_last_wish_counts(
    chosen: DigitsBoardConfig, tickets: list[str | None], tested: bool
) -> None:
    lived, fresh = Bus(), Bus()
    board = DigitsBoard(chosen, lived)
    for ticket in tickets:
        board.show([BoardRow(ticket, 3)] if ticket else [])
        board.test_pattern(tested)
        board.test_pattern(False)
    last = [BoardRow(tickets[-1], 3)] if tickets[-1] else []
    DigitsBoard(chosen, fresh).show(last)
    assert lived.registers == fresh.registers
    before = len(lived.asked)
    board.show(last)
    assert len(lived.asked) == before


@given(CONFIGS, DIGIT_LABELS)
def test_what_is_shown_is_the_number_or_nothing(chosen: DigitsBoardConfig, ticket: str) -> None:
    bus = Bus()
    DigitsBoard(chosen, bus).show([BoardRow(ticket, 3)])
    seen = decode_digits(bus.registers, chosen.encoding).strip()
    number = ticket.partition("\u00a0")[2]
    if chosen.encoding == "number":
        number = str(int(number))
    assert seen.lstrip("ACEFHLPU") in ("", number)
    if not seen:
        assert len(number) > chosen.digits or int(number) > 65535
    assert all(0 <= register <= 65535 for register in bus.registers)


@pytest.mark.parametrize(
    ("registers", "encoding", "text"),
    [
        (ascii_of(" 105"), "ascii", " 105"),
        ((0x4131, 0x3035), "packed", "A105"),
        ((105,), "number", "105"),
        ((0,), "number", ""),
        ((0x41, 0x00, 0x1FF), "ascii", "A??"),
        ((), "ascii", ""),
        ((), "number", ""),
    ],
)
def test_registers_are_read_as_a_display_reads_them(registers: tuple[int, ...], encoding: str, text: str) -> None:
    assert decode_digits(registers, encoding) == text
