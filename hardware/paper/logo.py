"""The office's picture on a slip: read once, made black and white as large as a slip needs it."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from hardware.paper.mistakes import PaperError, PaperMistake

if TYPE_CHECKING:
    from PIL import Image

MOST_HEIGHT = 240
"""Dots: 30 mm of paper."""

HEAVIEST_MIB = 4
MOST_MILLION_DOTS = 16
KEPT = (1280, 480)
"""A larger picture is kept this small: twice the widest head."""

_FORMATS = ("PNG", "JPEG")
_DARK = 250
_BLACK = 128


class Logo:
    """A picture in greys, the darkest of them black. Made by `load_logo` and `read_logo`."""

    def __init__(self, grey: Image.Image) -> None:
        self._grey = grey

    def ink(self, room: int, width: int = 0, *, dither: bool = False) -> Image.Image:
        """The picture as ink: a mode "1" image, 255 where the paper becomes black.

        `width` dots wide, or as it is for 0; never wider than `room` nor higher than MOST_HEIGHT, in its own
        proportions. What is darker than the middle grey is black, or with `dither` greys become patterns of dots.
        The same picture always gives the same dots.
        """
        return _ink(self, room, width, dither)

    def scaled(self, room: int, width: int) -> Image.Image:
        """The greys, as wide and as high as `ink` will be."""
        from PIL import Image

        scale = min((width or self._grey.width) / self._grey.width, room / self._grey.width)
        scale = min(scale, MOST_HEIGHT / self._grey.height)
        size = (max(1, int(self._grey.width * scale)), max(1, int(self._grey.height * scale)))
        return self._grey if size == self._grey.size else self._grey.resize(size, Image.Resampling.LANCZOS)


@lru_cache(maxsize=8)
def _ink(logo: Logo, room: int, width: int, dither: bool) -> Image.Image:
    from PIL import ImageOps

    grey = logo.scaled(room, width)
    if dither:
        return ImageOps.invert(grey).convert("1")
    return grey.point([255 if level < _BLACK else 0 for level in range(256)]).convert("1")


def load_logo(path: Path) -> Logo:
    """Read a PNG or JPEG file; the same file is read once. Raises PaperError with what is wrong with it."""
    try:
        found = path.stat()
        return _load(path, found.st_mtime_ns, found.st_size)
    except OSError as error:
        raise _wrong(path.name, "logo-unreadable", detail=error.strerror or str(error)) from error


@lru_cache(maxsize=2)
def _load(path: Path, _changed_ns: int, size: int) -> Logo:
    if size > HEAVIEST_MIB * 1024 * 1024:
        raise _wrong(path.name, "logo-too-heavy", limit=HEAVIEST_MIB)
    return read_logo(path.read_bytes(), path.name)


def read_logo(content: bytes, name: str = "") -> Logo:
    """Read the bytes of a PNG or JPEG file. Raises PaperError; `name` is told with what is wrong."""
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as file:
            if file.width * file.height > MOST_MILLION_DOTS * 1_000_000:
                raise _wrong(name, "logo-too-large", limit=MOST_MILLION_DOTS)
            grey = _grey(file)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _wrong(name, "logo-too-large", limit=MOST_MILLION_DOTS) from error
    except (OSError, SyntaxError, ValueError) as error:  # Pillow tells broken files in all these ways
        if isinstance(error, PaperError):
            raise
        raise _wrong(name, "logo-not-a-picture") from error
    if not any(grey.histogram()[:_DARK]):
        raise _wrong(name, "logo-blank")
    return Logo(ImageOps.autocontrast(grey))


def _grey(file: Image.Image) -> Image.Image:
    """A picture on white paper in greys, upright, at most as large as is kept."""
    from PIL import Image, ImageOps

    upright = ImageOps.exif_transpose(file)
    if upright.mode.startswith("I"):  # 16 bits a dot; converting would cut them off instead of scaling
        upright = upright.point(lambda level: level / 256).convert("L")
    coloured = upright.convert("RGBA")
    paper = Image.new("RGBA", coloured.size, (255, 255, 255, 255))
    grey = Image.alpha_composite(paper, coloured).convert("L")
    grey.thumbnail(KEPT, Image.Resampling.LANCZOS)
    return grey


def _wrong(name: str, code: str, **facts: object) -> PaperError:
    told = {key: str(fact) for key, fact in facts.items()}
    return PaperError([PaperMistake("logo", code, told, {"name": name})])
