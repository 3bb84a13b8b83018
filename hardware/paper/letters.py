"""The letters of a slip, in dots: sizes, and how much room a line takes.

Letters are drawn by FreeType's mono rasteriser: grey letters cut at a threshold lose their counters. Pillow is imported
by the first measurement.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

SMALL = 24  # dots; thinner stems than two dots fade on worn heads, so nothing is smaller
LARGE = 28
BODY, STRONG = 600, 700
LEAST_NUMBER = 48

_FONTS = Path(__file__).parent.parent / "fonts"


def weight_of(bold: bool) -> int:
    """The weight of ordinary or of bold letters."""
    return STRONG if bold else BODY


def line_height(size: int) -> int:
    """Dots from one baseline to the next."""
    return 36 if size == LARGE else 30


def baseline(size: int) -> int:
    """Dots from the top of a line to its baseline."""
    return 27 if size == LARGE else 23


def fits(size: int, weight: int, room: int) -> Callable[[str], bool]:
    """Whether a line of these letters fits into `room` dots."""
    return lambda line: extent(line, size, weight) <= room


def extent(line: str, size: int, weight: int) -> int:
    """Dots from the first to the last ink of a line, including what hangs over its origin."""
    if not line:
        return 0
    left, _, right, _ = font(size, weight).getbbox(line, mode="1", anchor="ls")
    return round(right - min(0, left))


def overhang(line: str, size: int, weight: int) -> int:
    """Dots of a line's ink left of its origin, 0 or below."""
    return min(0, round(font(size, weight).getbbox(line, mode="1", anchor="ls")[0]))


def ink(line: str, size: int, weight: int) -> tuple[int, int, int, int]:
    """The box of a line's black dots around its origin, narrower than its advance."""
    mask, (x, y) = font(size, weight).getmask2(line, mode="1", anchor="ls")
    left, top, right, bottom = mask.getbbox() or (0, 0, 0, 0)
    return left + x, top + y, right + x, bottom + y


def ink_width(line: str, size: int, weight: int) -> int:
    """How wide a line's black dots are."""
    left, _, right, _ = ink(line, size, weight)
    return right - left


def number_size(number: str, room: int, largest: int) -> int:
    """The largest size, up to `largest`, at which a number fits into one line of `room` dots."""
    for size in range(largest, LEAST_NUMBER, -2):
        if ink_width(number, size, STRONG) <= room:
            return size
    return LEAST_NUMBER


@lru_cache(maxsize=256)
def font(size: int, weight: int) -> FreeTypeFont:
    """Golos Text in a size and weight."""
    from PIL import ImageFont

    # The basic layout engine is in every build of Pillow: the same pixels everywhere.
    return ImageFont.truetype(_FONTS / f"GolosText-{weight}.ttf", size, layout_engine=ImageFont.Layout.BASIC)
