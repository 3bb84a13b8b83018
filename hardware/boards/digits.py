"""The number display of one desk on the bus of the keys.

The bus is the only one that touches the port; a display only says which registers should hold what. A number that the
display has no room for is not shown at all: a wrong number sends the wrong person.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from hardware.config.model import DigitsBoardConfig
from hardware.ports import Board, BoardRow, Condition, DeviceState

log = logging.getLogger(__name__)

LARGEST_REGISTER = 65535

NO_NUMBER = 0
"""What a display of the encoding `number` is told when nobody is called: tickets count from 1, so 0 is nobody's."""

SEGMENT_LETTERS = {
    **{letter: letter for letter in "ACEFHLPU"},
    **dict(zip("АСЕНР", "ACEHP", strict=True)),
}
"""Letters of a series that seven segments draw without a doubt; the others would be read as digits, or not at all."""


class RegisterWriter(Protocol):
    """The bus as a display needs it."""

    def write_registers(self, address: int, first: int, values: tuple[int, ...]) -> None:
        """Have these registers hold these values; returns at once, the newest wish wins and is repeated."""

    def states(self) -> Mapping[str, DeviceState]:
        """The states of what hangs on the bus; a display's name is `<bus>/<address>`."""


class DigitsBoard(Board):
    """Shows the number that its desk has called or serves; dark when there is none."""

    def __init__(self, config: DigitsBoardConfig, bus: RegisterWriter) -> None:
        self._config, self._bus = config, bus
        self._lock = threading.Lock()
        self._unknown = DeviceState(Condition.MISSING, datetime.now(UTC), "not-started")
        self._number = ""
        self._too_long: DeviceState | None = None
        self._testing = False
        self._written: tuple[int, ...] | None = None

    def show(self, rows: Sequence[BoardRow]) -> None:
        """Show the number of the desk among these calls. The same number is not written twice: the bus repeats it."""
        ticket = next((row.ticket for row in rows if row.desk == self._config.desk), "")
        with self._lock:
            if ticket != self._number:
                self._number = ticket
                self._judge()
            self._write()

    def test_pattern(self, on: bool) -> None:
        """Eights in every place, which light every segment."""
        with self._lock:
            self._testing = on
            self._write()

    def state(self) -> DeviceState:
        """What the bus knows of the display; `number-too-long` while a number has no room on it."""
        config = self._config
        known = self._bus.states().get(f"{config.bus}/{config.address}", self._unknown)
        too_long = self._too_long
        if known.condition is not Condition.READY or too_long is None:
            return known
        return replace(too_long, facts={**known.facts, **too_long.facts}, since=max(known.since, too_long.since))

    def close(self) -> None:
        """Go dark; the bus that carries the last wish is closed after its displays."""
        self.test_pattern(False)
        self.show(())

    def _judge(self) -> None:
        """Whether the number has room."""
        config = self._config
        was = self._too_long
        if not self._number or text_for(self._number, config) is not None:
            self._too_long = None
            return
        facts = {"number": self._number, "desk": str(config.desk), "digits": str(config.digits)}
        since = datetime.now(UTC) if was is None else was.since
        self._too_long = DeviceState(
            Condition.READY, since, hint="widen-display", facts=facts, warning="number-too-long"
        )
        if was is None:
            log.warning("board %s: %s has no room in %d places", config.name, self._number, config.digits)

    def _write(self) -> None:
        config = self._config
        text = pattern_for(config) if self._testing else text_for(self._number, config)
        values = registers_for(text or "", config)
        if values != self._written:
            self._bus.write_registers(config.address, config.register, values)
            self._written = values


def text_for(ticket: str, config: DigitsBoardConfig) -> str | None:
    """What the display shows for a ticket's label (`А 105`); None when its number has no room.

    The number is that of the slip, its leading zeros too. Its letter goes before it where there is a place left and
    seven segments can draw it.
    """
    letters, _, number = ticket.replace("\u00a0", " ").rpartition(" ")
    if not number:
        return ""
    if config.encoding == "number":
        value = int(number)
        fits = len(str(value)) <= config.digits and value <= LARGEST_REGISTER
        return str(value) if fits else None
    if len(number) > config.digits:
        return None
    drawn = "".join(SEGMENT_LETTERS.get(letter, "") for letter in letters)
    if len(drawn) != len(letters) or len(drawn) + len(number) > config.digits:
        return number
    return drawn + number


def pattern_for(config: DigitsBoardConfig) -> str:
    """Eights in every place; a display of the encoding `number` is told at most what one register holds."""
    places = config.digits
    if config.encoding == "number":
        places = min(places, len(str(LARGEST_REGISTER)) - 1)
    return "8" * places


def registers_for(text: str, config: DigitsBoardConfig) -> tuple[int, ...]:
    """The values of the display's registers, the text to the right; `packed` has the left character in the high byte.

    A packed display with an odd number of places has one byte to spare at the end.
    """
    if config.encoding == "number":
        return (int(text) if text else NO_NUMBER,)
    codes = text.rjust(config.digits).encode("ascii")
    if config.encoding == "ascii":
        return tuple(codes)
    codes += b" " * (len(codes) % 2)
    return tuple(codes[index] << 8 | codes[index + 1] for index in range(0, len(codes), 2))
