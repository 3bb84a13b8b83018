"""What test slips show: captions, a ruler, patterns that find dead dots. All are pictures of mode "1"."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from hardware.paper.text import wrap

if TYPE_CHECKING:
    from PIL import Image
    from PIL.ImageFont import FreeTypeFont

_FONT = Path(__file__).parent.parent / "fonts" / "GolosText-600.ttf"
_WHITE = 255
_LINE = 30
_BASELINE = 23


def caption(lines: Sequence[str], width: int) -> Image.Image:
    """Lines of text, broken where they are wider than the paper."""
    from PIL import Image, ImageDraw

    font = _font(24)
    broken = [part for line in lines for part in wrap(line, lambda text: font.getlength(text, mode="1") <= width)]
    picture = Image.new("1", (width, _LINE * len(broken) + 8), _WHITE)
    draw = ImageDraw.Draw(picture)
    draw.fontmode = "1"
    for number, line in enumerate(broken):
        draw.text((0, number * _LINE + _BASELINE), line, fill=0, font=font, anchor="ls")
    return picture


def ruler(width: int, dots_per_mm: float) -> Image.Image:
    """Millimetres across the whole head, the first and the last dot as bars: what is cut off shows."""
    from PIL import Image, ImageDraw

    picture = Image.new("1", (width, 64), _WHITE)
    draw = ImageDraw.Draw(picture)
    draw.fontmode = "1"
    for millimetre in range(int(width / dots_per_mm) + 1):
        x = min(width - 1, round(millimetre * dots_per_mm))
        draw.line((x, 0, x, 24 if millimetre % 10 == 0 else 16 if millimetre % 5 == 0 else 10), fill=0)
        if millimetre % 10 == 0 and 0 < millimetre * dots_per_mm < width - 24:
            draw.text((x, 50), str(millimetre), fill=0, font=_font(20), anchor="ms")
    draw.rectangle((0, 0, 1, 63), fill=0)
    draw.rectangle((width - 2, 0, width - 1, 63), fill=0)
    return picture


def head_test(width: int) -> Image.Image:
    """A black bar, and a slope on which every dot of the head prints alone: a dead one leaves white there."""
    from PIL import Image, ImageDraw

    steps = 32
    picture = Image.new("1", (width, 16 + 8 + steps), _WHITE)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, width - 1, 15), fill=0)
    draw.point([(x, 24 + x % steps) for x in range(width)], fill=0)
    return picture


def stacked(pictures: Sequence[Image.Image], gap: int = 16) -> Image.Image:
    """Pictures of one width below each other."""
    from PIL import Image

    height = sum(picture.height for picture in pictures) + gap * (len(pictures) - 1)
    sheet = Image.new("1", (pictures[0].width, height), _WHITE)
    y = 0
    for picture in pictures:
        sheet.paste(picture, (0, y))
        y += picture.height + gap
    return sheet


@lru_cache(maxsize=4)
def _font(size: int) -> FreeTypeFont:
    from PIL import ImageFont

    # The basic layout engine is in every build of Pillow: the same pixels everywhere.
    return ImageFont.truetype(_FONT, size, layout_engine=ImageFont.Layout.BASIC)
