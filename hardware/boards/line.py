"""What one line of dots shows at a moment: a text that stands, one that runs because it is too long, or the test.

Pure: time comes in as seconds since the text was given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hardware.boards.font import ALPHABET, ARROW, DIGITS, HEIGHT, draw, width
from hardware.ports import BoardRow

STEP_S = 0.04
"""A text that runs moves by one dot in this time: a letter passes in a quarter of a second."""

GAP = 16
"""Dark dots between the end of a running text and its next beginning."""

ALL_DOTS_S = 4.0
"""How long the test lights every dot before it shows the letters."""

LETTERS = f"{ALPHABET} {DIGITS} {ARROW}"

Dots = tuple[str, ...]
"""Rows of `#` and `.`, the highest first."""


@dataclass(frozen=True, slots=True)
class Line:
    """A text on a display that is `dots` wide. The dots of one that fits don't move."""

    text: str
    dots: int

    @property
    def runs(self) -> bool:
        """Whether the text is too long to stand."""
        return bool(self.text) and width(self.text) > self.dots

    def at(self, seconds: float) -> Dots:
        """The dots so many seconds after the text was given."""
        if not self.text:
            return dark(self.dots)
        drawn = draw(self.text)
        if not self.runs:
            free = self.dots - len(drawn[0])
            return tuple("." * (free // 2) + row + "." * (free - free // 2) for row in drawn)
        length = len(drawn[0]) + GAP
        step = int(seconds / STEP_S) % length
        turns = self.dots // length + 2
        return tuple(((row + "." * GAP) * turns)[step : step + self.dots] for row in drawn)


@dataclass(frozen=True, slots=True)
class Pattern:
    """The test: every dot for some seconds, then every letter as a running text."""

    dots: int
    runs: bool = True

    def at(self, seconds: float) -> Dots:
        """The dots so many seconds after the test began."""
        if seconds < ALL_DOTS_S:
            return ("#" * self.dots,) * HEIGHT
        return Line(LETTERS, self.dots).at(seconds - ALL_DOTS_S)


def dark(dots: int) -> Dots:
    """Nothing lit."""
    return ("." * dots,) * HEIGHT


def text_of(rows: Sequence[BoardRow], desk: int | None, dots: int) -> str:
    """The text for these calls, the newest first.

    With a desk: the number that this desk has called or serves. Without: the newest call of the hall and its desk, as
    long as it is fresh. Letter and number stand apart where there is room.
    """
    if desk is not None:
        ticket = next((row.ticket for row in rows if row.desk == desk), "")
        return _fitting(dots, ticket)
    newest = next((row for row in rows if row.fresh), None)
    if newest is None:
        return ""
    return _fitting(dots, f"{newest.ticket} {ARROW} {newest.desk}")


def _fitting(dots: int, text: str) -> str:
    """The text with its spaces where they fit, else without."""
    spaced = text.replace("\u00a0", " ")
    return spaced if not text or width(spaced) <= dots else spaced.replace(" ", "")
