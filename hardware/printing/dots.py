"""Pictures as ESC/POS bytes. Every printer can print them, whatever letters it knows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hardware.paper.qr import qr_matrix
from hardware.printing.commands import BAND_ROWS, cut, feed, reset
from hardware.printing.profiles import PrinterProfile

if TYPE_CHECKING:
    from PIL import Image

_WHITE = 255
_QR_DOTS, _QR_LEAST_DOTS = 6, 3
_QR_QUIET = 4  # modules of white that readers need around the code
_REAL_TIME = re.compile(rb"\x10(?=[\x04\x05\x14])")


def drawn(image: Image.Image, profile: PrinterProfile) -> bytes:
    """All bytes of a slip that is this picture, from reset to cut.

    `image` has mode "1" and is at most as wide as the head.
    """
    return reset(profile) + raster(image) + cut(profile)


def raster(image: Image.Image) -> bytes:
    """A picture of mode "1" in bands, without the white at their right; rows without ink are fed. Needs `dot_units`."""
    out = bytearray()
    width, height = image.size
    inked = [image.crop((0, y, width, y + 1)).getextrema()[0] == 0 for y in range(height)]
    y = 0
    while y < height:
        top = y
        if not inked[y]:
            while y < height and not inked[y]:
                y += 1
            out += feed(y - top)
            continue
        while y < height and y - top < BAND_ROWS and inked[y]:
            y += 1
        out += _band(image.crop((0, top, width, y)))
    return bytes(out)


def qr_picture(payload: str, width: int) -> Image.Image:
    """A QR code as a picture, in the middle of a head of `width` dots, with its quiet zone above and below.

    Raises ValueError when the text is too long for a code, or for this head.
    """
    from PIL import Image

    matrix = qr_matrix(payload)
    dots = min(_QR_DOTS, width // (len(matrix) + 2 * _QR_QUIET))
    if dots < _QR_LEAST_DOTS:
        raise ValueError(f"a code of {len(matrix)} modules is too dense for {width} dots")
    code = Image.new("1", (len(matrix), len(matrix)), _WHITE)
    code.putdata([0 if dark else _WHITE for row in matrix for dark in row])
    side = dots * len(matrix)
    picture = Image.new("1", (width, side + 2 * _QR_QUIET * dots), _WHITE)
    picture.paste(code.resize((side, side)), ((width - side) // 2, _QR_QUIET * dots))
    return picture


def placed(ink: Image.Image, width: int, *, centred: bool) -> Image.Image:
    """Ink (mode "1", 255 is black) on paper `width` dots wide, at the left or in the middle."""
    from PIL import Image

    picture = Image.new("1", (width, ink.height), _WHITE)
    picture.paste(0, ((width - ink.width) // 2 if centred else 0, 0), ink)
    return picture


def _band(band: Image.Image) -> bytes:
    """One raster command (GS v 0)."""
    from escpos.image import EscposImage
    from PIL import ImageChops

    box = ImageChops.invert(band).getbbox()
    right = (box[2] + 7) // 8 * 8 if box else 8
    picture: Any = EscposImage(band.crop((0, 0, right, band.height)))
    dots: bytes = picture.to_raster_format()
    return b"\x1dv0\x00" + (right // 8).to_bytes(2, "little") + band.height.to_bytes(2, "little") + _unasked(dots)


def _unasked(dots: bytes) -> bytes:
    """The rows of a picture, one dot blacker wherever they would read as a real-time command.

    A printer obeys DLE EOT, DLE ENQ and DLE DC4 even in the middle of a picture.
    """
    return _REAL_TIME.sub(b"\x18", dots)
