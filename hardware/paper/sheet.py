"""Paper that grows downwards, block by block; painting waits until the length is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hardware.paper.blocks import Printed
from hardware.paper.letters import (
    BODY,
    LARGE,
    SMALL,
    STRONG,
    baseline,
    extent,
    fits,
    font,
    ink,
    ink_width,
    line_height,
    number_size,
    overhang,
    weight_of,
)
from hardware.paper.qr import qr_matrix
from hardware.paper.template import Block
from hardware.paper.text import wrap

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

    from hardware.paper.logo import Logo

WIDTH_58MM = 384
WIDTH_80MM = 576
WHITE = 255  # Pillow keeps a plain 1 as it is, and its operations on mode "1" expect 255

_QR_MODULE = 6
_QR_QUIET = 4  # modules of white that readers need around the code
_LARGEST_NUMBER, _LARGEST_NUMBER_80MM = 152, 200


def margin(width: int) -> int:
    """White at the left and right edge, in dots."""
    return 24 if width >= WIDTH_80MM else 8


class Sheet:
    """A slip while it is being set: `strokes` paint it, `y` is how long it is so far, in dots."""

    def __init__(self, width: int, logo: Logo | None = None) -> None:
        self.width = width
        self.left = margin(width)
        self.right = width - margin(width)
        self.y = 0
        self.strokes: list[Callable[[ImageDraw.ImageDraw], None]] = []
        self._logo = logo

    @property
    def room(self) -> int:
        """Dots between the margins."""
        return self.right - self.left

    def add(self, printed: Printed) -> None:
        """Set a block below what is there. Raises ValueError for a code that is too long for this paper."""
        block = printed.block
        if block.kind == "mark":
            self._mark(block, printed.text)
            return
        self.y += block.above
        if block.kind == "rule":
            self._fill(self.left, self.y, self.right, self.y + block.thickness)
            self.y += block.thickness
        elif block.kind == "space":
            self.y += block.height
        elif block.kind == "logo":
            self._picture(block)
        elif block.kind == "number":
            self._number(block, printed.text)
        elif block.kind == "rows":
            for label, value in printed.rows:
                self._row(block, label, value)
        elif block.kind == "notes":
            self._notes(block, printed.texts)
        elif block.kind == "code":
            self._code(*printed.texts)
        else:
            self._text(printed.text, block.size, weight_of(block.bold), block.align)
        self.y += block.below

    def _mark(self, block: Block, word: str) -> None:
        """The word in white on a bar from margin to margin; the first block of all, or the last."""
        at_top = self.y == 0
        if not at_top:
            self.y += block.above
        lines = wrap(word, fits(LARGE, STRONG, self.room - 16))
        height = len(lines) * line_height(LARGE) + 8
        self._fill(self.left, self.y, self.right, self.y + height)
        self.y += 4
        for line in lines:
            left = self.left + (self.room - extent(line, LARGE, STRONG)) // 2
            self._line(line, left, LARGE, STRONG, ink=WHITE)
            self.y += line_height(LARGE)
        self.y += 4
        if at_top:
            self.y += block.below

    def _text(self, text: str, size: int, weight: int, align: str = "left") -> None:
        for line in wrap(text, fits(size, weight, self.room)):
            indent = (self.room - extent(line, size, weight)) // 2 if align == "centre" else 0
            self._line(line, self.left + indent, size, weight)
            self.y += line_height(size)

    def _notes(self, block: Block, notes: tuple[str, ...]) -> None:
        first, *others = notes
        self._text(first, block.size, weight_of(block.bold), block.align)
        for note in others:
            self.y += 2
            self._text(note, SMALL, BODY, block.align)

    def _row(self, block: Block, label: str, value: str) -> None:
        """Label left and value right on one line; where they don't fit, the value goes below."""
        size, weight = block.size, weight_of(block.bold)
        label_width = extent(label, SMALL, BODY)
        labels = wrap(label, fits(SMALL, BODY, self.room))
        values = wrap(value, fits(size, weight, self.room))
        beside = len(labels) <= 1 and len(values) == 1
        if beside and label_width + 20 + extent(values[0], size, weight) <= self.room:
            if labels:
                # The label sits on the value's baseline, not in the middle of its own smaller line.
                self._line(labels[0], self.left, SMALL, BODY, base=baseline(size))
            self._right(values[0], size, weight)
            self.y += line_height(size) + 2
            return
        for line in labels:
            self._line(line, self.left, SMALL, BODY)
            self.y += line_height(SMALL)
        for line in values:
            self._right(line, size, weight)
            self.y += line_height(size)
        self.y += 4

    def _number(self, block: Block, number: str) -> None:
        """The number as large as the paper allows, measured by its ink."""
        largest = _LARGEST_NUMBER_80MM if self.width >= WIDTH_80MM else _LARGEST_NUMBER
        size = number_size(number, self.room, min(block.size or largest, largest))
        for line in wrap(number, lambda text: ink_width(text, size, STRONG) <= self.room):
            left, top, right, bottom = ink(line, size, STRONG)
            indent = (self.room - (right - left)) // 2 if block.align == "centre" else 0
            self.y += 14
            self._paint_text(line, self.left + indent - left, self.y - top, size, STRONG)
            self.y += bottom - top

    def _picture(self, block: Block) -> None:
        if self._logo is None:
            return
        dots = self._logo.ink(self.room, block.width, dither=block.dither)
        indent = (self.room - dots.width) // 2 if block.align == "centre" else 0
        self._paste(dots, self.left + indent, self.y)
        self.y += dots.height

    def _code(self, payload: str, note: str) -> None:
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
        column_fits = fits(SMALL, BODY, self.right - beside)
        lines = wrap(note, column_fits) if self.right - beside >= 120 else []
        if lines and len(lines) * line_height(SMALL) <= side:
            for line in lines:
                self._line(line, beside, SMALL, BODY)
                self.y += line_height(SMALL)
            self.y = top + side
        else:
            self.y = top + side
            if note:
                self.y += dots * _QR_QUIET
                self._text(note, SMALL, BODY)
        self.y += 4

    def _right(self, line: str, size: int, weight: int) -> None:
        self._line(line, self.right - extent(line, size, weight), size, weight)

    def _line(self, line: str, left: int, size: int, weight: int, *, ink: int = 0, base: int = 0) -> None:
        y = self.y + (base or baseline(size))
        self._paint_text(line, left - overhang(line, size, weight), y, size, weight, ink)

    def _paint_text(self, line: str, x: int, base: int, size: int, weight: int, ink: int = 0) -> None:
        letters = font(size, weight)
        self.strokes.append(lambda d: d.text((x, base), line, fill=ink, font=letters, anchor="ls"))

    def _paste(self, dots: Image.Image, x: int, y: int) -> None:
        self.strokes.append(lambda d: d.bitmap((x, y), dots, fill=0))

    def _fill(self, left: int, top: int, right: int, bottom: int) -> None:
        self.strokes.append(lambda d: d.rectangle((left, top, right - 1, bottom - 1), fill=0))
