"""The paper slip as a picture: what is written on it and how it is laid out.

Black and white, one pixel per dot of a 203 dpi head (8 dots/mm). Letters are drawn by FreeType's
mono rasteriser: grey letters cut at a threshold lose their counters. Pillow is imported by the
first drawing, not by this module, because the office starts its buttons before it needs paper.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image, ImageDraw
    from PIL.ImageFont import FreeTypeFont

WIDTH_58MM = 384
WIDTH_80MM = 576

_FONTS = Path(__file__).parent.parent / "fonts"
_BODY, _STRONG = 600, 700
_WHITE = 255  # Pillow keeps a plain 1 as it is, and its operations on mode "1" expect 255

_SMALL = 24  # dots; thinner stems than two dots fade on worn heads, so nothing is smaller
_LARGE = 28
_SMALL_LINE, _LARGE_LINE = 30, 36
_LEAST_NUMBER = 48

_QR_MODULE = 6
_QR_QUIET = 4  # modules of white that readers need around the code


@dataclass(frozen=True, slots=True)
class SlipContent:
    """What one slip says, already translated and formatted.

    `number` has a no-break space between letter and digits. `rows` are label and value. The first
    of `notes` is set bold. `mark` (such as КОПИЯ) is printed inverted above and below. `qr` is the
    text of the code, `qr_note` stands beside it. Any field but `number` may be empty: what is empty
    takes no paper.
    """

    office: str
    address: str
    heading: str
    number: str
    service: str
    rows: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    mark: str = ""
    footer: str = ""
    qr: str = ""
    qr_note: str = ""


def clean(text: str) -> str:
    """The text without control and zero-width characters, in composed form; U+202F becomes a common
    no-break space.
    """
    composed = unicodedata.normalize("NFC", text).replace("\u202f", "\u00a0").replace("\t", " ")
    return "".join(c for c in composed if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf"))


def wrap(text: str, fits: Callable[[str], bool]) -> list[str]:
    """Break a text into lines that fit, between words.

    A no-break space doesn't break, and a word of one letter stays with the next one. A word too
    long for a line is broken after a hyphen or slash where there is one, else between letters,
    never before a combining mark. Nothing is dropped but the spaces at breaks. A character that
    doesn't fit alone gets a line of its own.
    """
    lines: list[str] = []
    for paragraph in clean(text).split("\n"):
        line = ""
        for word in _words(paragraph, fits):
            candidate = f"{line} {word}" if line else word
            if fits(candidate):
                line = candidate
                continue
            if line:
                lines.append(line)
            *whole, line = _break_word(word, fits)
            lines.extend(whole)
        if line:
            lines.append(line)
    return lines


def _words(paragraph: str, fits: Callable[[str], bool]) -> list[str]:
    """What may stand at a line's end: words, a lone letter together with the word after it."""
    words: list[str] = []
    for word in re.split(" +", paragraph.strip(" ")):
        if words and len(words[-1]) == 1 and words[-1].isalpha():
            pair = f"{words[-1]}\u00a0{word}"
            if fits(pair):
                words[-1] = pair
                continue
        words.append(word)
    return words


def _break_word(word: str, fits: Callable[[str], bool]) -> list[str]:
    pieces = []
    while not fits(word):
        most = 1
        while most < len(word) - 1 and fits(word[: most + 1]):
            most += 1
        cut = max(word.rfind("-", 0, most), word.rfind("/", 0, most)) + 1
        if cut < most // 2 or cut == 0:
            cut = most
            while cut > 1 and unicodedata.combining(word[cut]):
                cut -= 1
        if cut >= len(word):
            break
        pieces.append(word[:cut])
        word = word[cut:]
    return [*pieces, word]


def margin(width: int) -> int:
    """White at the left and right edge, in dots."""
    return 24 if width >= WIDTH_80MM else 8


def render(content: SlipContent, width: int) -> Image.Image:
    """Draw a slip `width` dots wide, as long as its text needs.

    Returns a mode "1" image, 0 is ink. All ink lies between the margins. Raises ValueError when
    `width` leaves no room for text or `qr` is longer than a code can hold on this paper.
    """
    from PIL import Image, ImageDraw

    if width < 200:
        raise ValueError(f"a slip needs at least 200 dots, not {width}")
    sheet = _Sheet(width)
    _compose(sheet, content)
    image = Image.new("1", (width, max(sheet.y, 1)), _WHITE)
    draw = ImageDraw.Draw(image)
    draw.fontmode = "1"
    for paint in sheet.strokes:
        paint(draw)
    return image


def _compose(sheet: _Sheet, content: SlipContent) -> None:
    if content.mark:
        sheet.bar(content.mark)
        sheet.gap(12)
    sheet.text(content.office, _SMALL, _BODY)
    sheet.text(content.address, _SMALL, _BODY)
    if content.office or content.address:
        sheet.rule(4, before=8, after=10)
    sheet.text(content.heading, _LARGE, _BODY)
    sheet.number(content.number)
    sheet.gap(22)
    sheet.text(content.service, _LARGE, _STRONG)
    if content.rows:
        sheet.rule(2, before=8, after=8)
        for label, value in content.rows:
            sheet.row(label, value)
    if content.notes:
        sheet.rule(2, before=6, after=10)
        first, *others = content.notes
        sheet.text(first, _LARGE, _STRONG)
        for note in others:
            sheet.gap(2)
            sheet.text(note, _SMALL, _BODY)
    if content.qr:
        sheet.gap(18)
        sheet.code(content.qr, content.qr_note)
    if content.footer:
        sheet.rule(2, before=14, after=6)
        sheet.text(content.footer, _SMALL, _BODY)
    if content.mark:
        sheet.gap(12)
        sheet.bar(content.mark)


class _Sheet:
    """Paper that grows downwards; painting waits until the length is known."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.left = margin(width)
        self.right = width - margin(width)
        self.y = 0
        self.strokes: list[Callable[[ImageDraw.ImageDraw], None]] = []

    @property
    def room(self) -> int:
        return self.right - self.left

    def gap(self, dots: int) -> None:
        self.y += dots

    def rule(self, thickness: int, before: int, after: int) -> None:
        top = self.y + before
        self._fill(self.left, top, self.right, top + thickness)
        self.y = top + thickness + after

    def text(self, text: str, size: int, weight: int) -> None:
        for line in wrap(text, _fits(size, weight, self.room)):
            self._line(line, self.left, size, weight)
            self.y += _line_height(size)

    def row(self, label: str, value: str) -> None:
        """Label left and value right on one line; where they don't fit, the value goes below."""
        label_width = _extent(label, _SMALL, _BODY)
        labels = wrap(label, _fits(_SMALL, _BODY, self.room))
        values = wrap(value, _fits(_LARGE, _STRONG, self.room))
        beside = len(labels) <= 1 and len(values) == 1
        if beside and label_width + 20 + _extent(values[0], _LARGE, _STRONG) <= self.room:
            if labels:
                # The label sits on the value's baseline, not in the middle of its own smaller line.
                self._line(labels[0], self.left, _SMALL, _BODY, baseline=_baseline(_LARGE))
            self._right(values[0])
            self.y += _LARGE_LINE + 2
            return
        for line in labels:
            self._line(line, self.left, _SMALL, _BODY)
            self.y += _SMALL_LINE
        for line in values:
            self._right(line)
            self.y += _LARGE_LINE
        self.y += 4

    def number(self, number: str) -> None:
        """The number as large as the paper allows, measured by its ink."""
        size = _number_size(number, self.room, 200 if self.width >= WIDTH_80MM else 152)
        for line in wrap(number, lambda text: _ink_width(text, size) <= self.room):
            left, top, _, bottom = _ink(line, size, _STRONG)
            self.y += 14
            self._paint_text(line, self.left - left, self.y - top, size, _STRONG)
            self.y += bottom - top

    def bar(self, word: str) -> None:
        lines = wrap(word, _fits(_LARGE, _STRONG, self.room - 16))
        height = len(lines) * _LARGE_LINE + 8
        self._fill(self.left, self.y, self.right, self.y + height)
        self.y += 4
        for line in lines:
            left = self.left + (self.room - _extent(line, _LARGE, _STRONG)) // 2
            self._line(line, left, _LARGE, _STRONG, ink=_WHITE)
            self.y += _LARGE_LINE
        self.y += 4

    def code(self, payload: str, note: str) -> None:
        """A QR code at the left with its note beside it, or below where the column would be too
        narrow.
        """
        matrix = qr_matrix(payload)
        dots = min(_QR_MODULE, self.room // len(matrix))
        if dots < 3:
            raise ValueError(f"a code of {len(matrix)} modules is too dense for {self.width} dots")
        side, top, left = dots * len(matrix), self.y, self.left
        for row, modules in enumerate(matrix):
            for column, dark in enumerate(modules):
                if dark:
                    x, y = left + column * dots, top + row * dots
                    self._fill(x, y, x + dots, y + dots)
        beside = left + side + dots * _QR_QUIET
        fits = _fits(_SMALL, _BODY, self.right - beside)
        lines = wrap(note, fits) if self.right - beside >= 120 else []
        if lines and len(lines) * _SMALL_LINE <= side:
            for line in lines:
                self._line(line, beside, _SMALL, _BODY)
                self.y += _SMALL_LINE
            self.y = top + side
        else:
            self.y = top + side
            if note:
                self.gap(dots * _QR_QUIET)
                self.text(note, _SMALL, _BODY)
        self.gap(4)

    def _right(self, line: str) -> None:
        self._line(line, self.right - _extent(line, _LARGE, _STRONG), _LARGE, _STRONG)

    def _line(self, line: str, left: int, size: int, weight: int, *, ink: int = 0, baseline: int = 0) -> None:
        overhang = min(0, round(_font(size, weight).getbbox(line, mode="1", anchor="ls")[0]))
        y = self.y + (baseline or _baseline(size))
        self._paint_text(line, left - overhang, y, size, weight, ink)

    def _paint_text(self, line: str, x: int, baseline: int, size: int, weight: int, ink: int = 0) -> None:
        font = _font(size, weight)
        self.strokes.append(lambda d: d.text((x, baseline), line, fill=ink, font=font, anchor="ls"))

    def _fill(self, left: int, top: int, right: int, bottom: int) -> None:
        self.strokes.append(lambda d: d.rectangle((left, top, right - 1, bottom - 1), fill=0))


def _number_size(number: str, room: int, largest: int) -> int:
    for size in range(largest, _LEAST_NUMBER, -2):
        if _ink_width(number, size) <= room:
            return size
    return _LEAST_NUMBER


def _line_height(size: int) -> int:
    return _LARGE_LINE if size == _LARGE else _SMALL_LINE


def _baseline(size: int) -> int:
    return 27 if size == _LARGE else 23


def _fits(size: int, weight: int, room: int) -> Callable[[str], bool]:
    return lambda line: _extent(line, size, weight) <= room


def _ink(line: str, size: int, weight: int) -> tuple[int, int, int, int]:
    """The box of a line's black dots around its origin, narrower than its advance."""
    mask, (x, y) = _font(size, weight).getmask2(line, mode="1", anchor="ls")
    left, top, right, bottom = mask.getbbox() or (0, 0, 0, 0)
    return left + x, top + y, right + x, bottom + y


def _ink_width(number: str, size: int) -> int:
    left, _, right, _ = _ink(number, size, _STRONG)
    return right - left


def _extent(line: str, size: int, weight: int) -> int:
    """Dots from the first to the last ink of a line, including what hangs over its origin."""
    if not line:
        return 0
    left, _, right, _ = _font(size, weight).getbbox(line, mode="1", anchor="ls")
    return round(right - min(0, left))


@lru_cache(maxsize=256)
def _font(size: int, weight: int) -> FreeTypeFont:
    from PIL import ImageFont

    # The basic layout engine is in every build of Pillow: the same pixels everywhere.
    return ImageFont.truetype(_FONTS / f"GolosText-{weight}.ttf", size, layout_engine=ImageFont.Layout.BASIC)


def qr_matrix(payload: str) -> list[list[bool]]:
    """The modules of a QR code (level M, no quiet zone). Raises ValueError when the text is too
    long for any code.
    """
    import qrcode
    from qrcode.exceptions import DataOverflowError

    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=0)
    code.add_data(payload.encode())
    try:
        code.make(fit=True)
    except (DataOverflowError, ValueError) as error:
        raise ValueError(f"{len(payload)} letters are too long for a QR code") from error
    return [[bool(module) for module in row] for row in code.get_matrix()]
