"""The paper slip as a picture.

Black and white, one pixel per dot of a 203 dpi head (8 dots/mm). Pillow is imported by the first drawing, not by this
module, because the office starts its buttons before it needs paper.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from hardware.paper.blocks import Printed, blocks
from hardware.paper.content import SlipContent
from hardware.paper.qr import qr_matrix
from hardware.paper.sheet import WHITE, WIDTH_58MM, WIDTH_80MM, Sheet, margin
from hardware.paper.text import clean, wrap

if TYPE_CHECKING:
    from PIL import Image

    from hardware.paper.logo import Logo
    from hardware.paper.template import Template

__all__ = [
    "WIDTH_58MM",
    "WIDTH_80MM",
    "SlipContent",
    "clean",
    "draw",
    "margin",
    "qr_matrix",
    "render",
    "wrap",
]

_LEAST_WIDTH = 200


def render(content: SlipContent, width: int, template: Template | None = None, logo: Logo | None = None) -> Image.Image:
    """Draw a slip `width` dots wide, as long as its text needs.

    `template`: None is Talon's own. Returns a mode "1" image, 0 is ink. All ink lies between the margins. Raises
    ValueError when `width` leaves no room for text or `qr` is longer than a code can hold on this paper.
    """
    return draw(blocks(content, template, logo=logo is not None), width, logo)


def draw(printed: Iterable[Printed], width: int, logo: Logo | None = None) -> Image.Image:
    """Draw these blocks, or a single one, as `render` does."""
    from PIL import Image, ImageDraw

    if width < _LEAST_WIDTH:
        raise ValueError(f"a slip needs at least {_LEAST_WIDTH} dots, not {width}")
    sheet = Sheet(width, logo)
    for block in printed:
        sheet.add(block)
    image = Image.new("1", (width, max(sheet.y, 1)), WHITE)
    pen = ImageDraw.Draw(image)
    pen.fontmode = "1"
    for paint in sheet.strokes:
        paint(pen)
    return image
