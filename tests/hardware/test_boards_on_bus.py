"""Number displays on a whole line: board, bus, pty, and a display that answers Modbus RTU."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

from hardware.boards.digits import DigitsBoard
from hardware.config import DigitsBoardConfig, ModbusBusConfig
from hardware.modbus.bus import ModbusBus
from hardware.ports import BoardRow, Condition
from hardware.simulator.rtu import VirtualBus

PATIENCE_S = 30.0
DISPLAYS = (
    DigitsBoardConfig("first", "desks", 21, 1),
    DigitsBoardConfig("second", "desks", 22, 2, register=10, digits=3, encoding="packed"),
    DigitsBoardConfig("third", "desks", 23, 3, register=7, digits=4, encoding="number"),
)
ROWS = (BoardRow("А\u00a0105", 1, True), BoardRow("Ґ\u00a0042", 2), BoardRow("Б\u00a0007", 3))
SHOWN = {21: "A105", 22: "042", 23: "7"}


class Line:
    """A line with three displays."""

    def __init__(self, folder: Path) -> None:
        self.virtual = VirtualBus(folder / "bus", ModbusBusConfig("desks", "", 19200), DISPLAYS)
        self.bus = ModbusBus(self.virtual.driven, tuple(one.address for one in DISPLAYS))
        self.boards = [DigitsBoard(one, self.bus) for one in DISPLAYS]
        self.bus.start()

    def show(self, *rows: BoardRow) -> None:
        for board in self.boards:
            board.show(rows)

    def reads(self, shown: dict[int, str]) -> bool:
        def right(bus: VirtualBus) -> bool:
            return {address: bus.text(address).strip() for address in shown} == shown

        return self.virtual.wait(right, PATIENCE_S)

    def close(self) -> None:
        for board in self.boards:
            board.close()
        self.bus.close()
        dark = {one.address: self.virtual.text(one.address).strip() for one in DISPLAYS}
        self.virtual.close()
        assert dark == dict.fromkeys(SHOWN, "")


def comes_to(board: DigitsBoard, condition: Condition) -> bool:
    """Wait for a display to be in a condition."""
    end = monotonic() + PATIENCE_S
    while board.state().condition is not condition:
        if monotonic() > end:
            return False
        sleep(0.02)
    return True


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    made = Line(tmp_path)
    yield made
    made.close()


def test_every_encoding_is_read_on_its_display(line: Line) -> None:
    line.show(*ROWS)
    assert line.reads(SHOWN)
    for board in line.boards:
        assert comes_to(board, Condition.READY)
    line.show(*ROWS[:1])
    assert line.reads({21: "A105", 22: "", 23: ""})


def test_a_display_that_was_dark_shows_the_last_number(line: Line) -> None:
    line.show(*ROWS)
    assert line.reads(SHOWN)
    line.virtual.power_off(22)
    line.show(ROWS[0], BoardRow("Ґ\u00a0043", 2), ROWS[2])
    assert comes_to(line.boards[1], Condition.MISSING)
    assert comes_to(line.boards[0], Condition.READY)
    line.virtual.power_on(22)
    assert line.reads({22: "043"})
    assert comes_to(line.boards[1], Condition.READY)
