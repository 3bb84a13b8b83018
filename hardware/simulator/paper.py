"""The mechanism of the virtual printer: ESC/POS commands in, paper out.

It decodes what `hardware.printing.encoder` and `python-escpos` send; a command it doesn't know is counted,
not guessed. Letters are drawn in cells of 12 by 24 dots as a receipt printer does.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageOps

from hardware.paper.qr import qr_matrix

CODE_PAGES: Mapping[int, str] = {0: "cp437", 17: "cp866", 44: "cp1125", 46: "cp1251"}
"""The slots of Epson, which are those of a printer that is told nothing else."""

TEAR_LINES = 6

_FONT = Path(__file__).parent.parent / "fonts" / "GolosText-600.ttf"
_CELL_WIDTH, _CELL_HEIGHT = 12, 24
_ESC_SPACING = 30
_WHITE = 255
_BAR_ROWS = 80  # from either end of a slip


@dataclass(eq=False)
class Paper:
    """One slip that left the printer. `torn` was cut short by a power cut. `job_ids` are the
    process ids sent right after it.
    """

    image: Image.Image
    text: tuple[str, ...]
    torn: bool = False
    job_ids: list[int] = field(default_factory=list)

    @property
    def marked(self) -> bool:
        """Whether the slip begins or ends with an inverted bar: it is a copy, and what is torn of one still says so."""
        height = self.image.height
        return self._has_bar(range(min(height, _BAR_ROWS))) or self._has_bar(range(max(0, height - _BAR_ROWS), height))

    def _has_bar(self, rows: range) -> bool:
        """A bar is black from side to side above its word, and mostly black beside it; no number is so black."""
        dark = solid = most_solid = 0
        for y in rows:
            black = self.image.crop((0, y, self.image.width, y + 1)).convert("L").histogram()[0] / self.image.width
            dark = dark + 1 if black > 0.55 else 0
            solid = solid + 1 if black > 0.85 else 0
            most_solid = max(solid, most_solid) if dark else 0
            if dark >= 20 and most_solid >= 3:
                return True
        return False

    def png(self) -> bytes:
        """The picture as a PNG file."""
        out = io.BytesIO()
        self.image.save(out, "PNG", optimize=True)
        return out.getvalue()


@dataclass(frozen=True, slots=True)
class _Style:
    page: str = "cp437"
    align: int = 0
    bold: bool = False
    invert: bool = False
    across: int = 1
    down: int = 1
    spacing: int = _ESC_SPACING
    unit: float = 0.5  # dots a motion unit is long: half a dot until GS P says otherwise


class Mechanism:
    """Executes commands one at a time. `send` receives what the printer answers in line,
    `on_report` the argument of `GS a`.
    """

    def __init__(
        self,
        width: int,
        send: Callable[[bytes], None],
        on_paper: Callable[[Paper], None],
        on_report: Callable[[int], None],
        slots: Mapping[int, str] = CODE_PAGES,
        dpi: int = 203,
        cutter: bool = True,
    ) -> None:
        """`slots`: the code pages it has, by the number of `ESC t`; any other number means cp437.

        Without a `cutter` a slip is torn off where it is fed past the bar (`ESC d` by TEAR_LINES or more).
        """
        self.width = width
        self.dots_left: int | None = None
        """Paper left before its end, None for a full roll."""
        self.dots_moved = 0
        """How far the paper has come in all."""
        self.process_ids = True
        self.confirms = True
        """Whether it answers what is asked in line when it comes to it."""
        self.status: Callable[[], int] = lambda: 0
        self.unknown: list[bytes] = []
        self.blank_cuts = 0
        self._send = send
        self._on_paper = on_paper
        self._on_report = on_report
        self._slots = slots
        self._dpi = dpi
        self._cutter = cutter
        self._last: Paper | None = None
        self.reset()

    def reset(self) -> None:
        """What power loss does to everything but the paper and the counters."""
        self._style = _Style()
        self._line: list[tuple[Image.Image, str]] = []
        self._strips: list[Image.Image | int] = []
        self._text: list[str] = []
        self._qr = b""
        self._qr_size = 3
        self._graphics: Image.Image | None = None

    @property
    def out_of_paper(self) -> bool:
        return self.dots_left is not None and self.dots_left <= 0

    def tear(self) -> None:
        """Power is gone: what is on the paper so far stays there."""
        self._finish(torn=True)
        self.reset()

    def step(self, data: bytearray) -> int:
        """Execute the first command of `data`; how many bytes it took, 0 when it isn't complete
        yet.
        """
        head = data[0]
        if head in (0x10, 0x1B, 0x1C, 0x1D):
            return self._command(data)
        if head == 0x0A:
            self._end_line()
        elif head >= 0x20:
            self._letter(bytes((head,)).decode(self._style.page, "replace"))
        elif head not in (0x00, 0x0D):
            self.unknown.append(bytes((head,)))
        return 1

    def _command(self, data: bytearray) -> int:
        if len(data) < 2:
            return 0
        name = bytes(data[:2])
        if name == b"\x1d(":
            return self._extended(data)
        if name == b"\x1dv":
            return self._raster(data)
        if name == b"\x1b*":
            return self._column_image(data)
        if name == b"\x1dV":
            return self._cut(data)
        length = _LENGTHS.get(name)
        if length is None:
            self.unknown.append(name)
            return 2
        if len(data) < length:
            return 0
        self._simple(name, bytes(data[2:length]))
        return length

    def _simple(self, name: bytes, args: bytes) -> None:
        style = self._style
        first = args[0] if args else 0
        match name:
            case b"\x1b@":
                self._style = _Style()
                self._line = []
            case b"\x1bt":
                self._style = replace(style, page=self._slots.get(first, "cp437"))
            case b"\x1ba":
                self._style = replace(style, align=first & 3)
            case b"\x1bE":
                self._style = replace(style, bold=bool(first & 1))
            case b"\x1b!":
                across, down = 1 + bool(first & 0x20), 1 + bool(first & 0x10)
                self._style = replace(style, bold=bool(first & 8), across=across, down=down)
            case b"\x1d!":
                self._style = replace(style, across=1 + (first >> 4 & 7), down=1 + (first & 7))
            case b"\x1dB":
                self._style = replace(style, invert=bool(first & 1))
            case b"\x1dP":
                self._style = replace(style, unit=self._dpi / args[1] if args[1] else 0.5)
            case b"\x1b2":
                self._style = replace(style, spacing=_ESC_SPACING)
            case b"\x1b3":
                self._style = replace(style, spacing=round(first * style.unit))
            case b"\x1bJ":
                self._end_line(feed=False)
                self._feed(round(first * style.unit))
            case b"\x1bd":
                self._end_line(feed=False)
                self._feed(first * style.spacing)
                if not self._cutter and first >= TEAR_LINES:
                    self._finish(torn=False)
            case b"\x1da":
                self._on_report(first)
            case b"\x1dr" if self.confirms:
                self._send(bytes((self.status(),)))
            case b"\x1dI":
                self._send(b"\x5fVirtual\x00" if first >= 65 else b"\x20")
            case _:
                pass  # accepted, without effect on this paper

    def _extended(self, data: bytearray) -> int:
        if len(data) < 5:
            return 0
        length = 5 + int.from_bytes(data[3:5], "little")
        if len(data) < length:
            return 0
        args = bytes(data[5:length])
        match (chr(data[2]), args[:2]):
            case ("H", b"00") if self.process_ids:
                letters = args[2:6]
                if self._last is not None and not self._strips and not self._line:
                    self._last.job_ids.append(_number(letters))
                if self.confirms:
                    self._send(b"\x37\x22" + letters + b"\x00")
            case ("k", b"1A" | b"1E"):
                pass
            case ("k", b"1C"):
                self._qr_size = args[2]
            case ("k", b"1P"):
                self._qr = args[3:]
            case ("k", b"1Q"):
                self._print_strip(_qr_image(self._qr, self._qr_size), f"[QR {self._qr.decode()}]")
            case ("L", b"0p"):
                self._graphics = _bitmap(
                    args[10:],
                    int.from_bytes(args[6:8], "little"),
                    int.from_bytes(args[8:10], "little"),
                )
            case ("L", b"02") if self._graphics is not None:
                self._print_strip(self._graphics)
            case _:
                self.unknown.append(bytes(data[:7]))
        return length

    def _raster(self, data: bytearray) -> int:
        if len(data) < 8:
            return 0
        across, rows = int.from_bytes(data[4:6], "little"), int.from_bytes(data[6:8], "little")
        length = 8 + across * rows
        if len(data) < length:
            return 0
        self._print_strip(_bitmap(bytes(data[8:length]), across * 8, rows))
        return length

    def _column_image(self, data: bytearray) -> int:
        if len(data) < 5:
            return 0
        tall = 3 if data[2] >= 32 else 1
        columns = int.from_bytes(data[3:5], "little")
        length = 5 + columns * tall
        if len(data) < length:
            return 0
        sideways = _bitmap(bytes(data[5:length]), tall * 8, columns)
        self._line.append((sideways.transpose(Image.Transpose.TRANSPOSE), ""))
        return length

    def _cut(self, data: bytearray) -> int:
        length = 4 if len(data) > 2 and data[2] >= 65 else 3
        if len(data) < length:
            return 0
        self._end_line(feed=False)
        self._finish(torn=False)
        return length

    def _letter(self, letter: str) -> None:
        style = self._style
        width = _CELL_WIDTH * style.across
        if sum(image.width for image, _ in self._line) + width > self.width:
            self._end_line()
        cell = _glyph(letter, style.bold).resize((width, _CELL_HEIGHT * style.down))
        self._line.append((ImageChops.invert(cell) if style.invert else cell, letter))

    def _end_line(self, *, feed: bool = True) -> None:
        if not self._line:
            if feed:
                self._feed(self._style.spacing)
            return
        height = max(image.height for image, _ in self._line)
        strip = Image.new("1", (sum(image.width for image, _ in self._line), height), _WHITE)
        x = 0
        for image, _ in self._line:
            strip.paste(image, (x, height - image.height))
            x += image.width
        text = "".join(letter for _, letter in self._line)
        self._line = []
        self._print_strip(strip, text)
        if feed:
            self._feed(max(0, self._style.spacing - height))

    def _print_strip(self, strip: Image.Image, text: str = "") -> None:
        page = Image.new("1", (self.width, strip.height), _WHITE)
        page.paste(strip, ((self.width - strip.width) * self._style.align // 2, 0))
        self._strips.append(page)
        if text:
            self._text.append(text)
        self._use(strip.height)

    def _feed(self, dots: int) -> None:
        if dots:
            self._strips.append(dots)
            self._use(dots)

    def _use(self, dots: int) -> None:
        self.dots_moved += dots
        if self.dots_left is not None:
            self.dots_left -= dots

    def _finish(self, *, torn: bool) -> None:
        strips, self._strips = self._strips, []
        text, self._text = self._text, []
        height = sum(s if isinstance(s, int) else s.height for s in strips)
        image = Image.new("1", (self.width, max(1, height)), _WHITE)
        y = 0
        for strip in strips:
            if isinstance(strip, int):
                y += strip
            else:
                image.paste(strip, (0, y))
                y += strip.height
        if image.convert("L").getextrema() == (_WHITE, _WHITE):
            self.blank_cuts += not torn
            return
        self._last = Paper(image, tuple(text), torn)
        self._on_paper(self._last)


_LENGTHS = {
    name: length
    for length, names in {
        2: (b"\x1b@", b"\x1b2", b"\x1c.", b"\x1c&"),
        3: (
            *(b"\x1b" + bytes((letter,)) for letter in b"taEM!-dJ3{"),
            *(b"\x1d" + bytes((letter,)) for letter in b"!BarIHhwf"),
            b"\x10\x04",
        ),
        4: (b"\x1bc", b"\x1dP", b"\x1dL", b"\x1dW"),
        5: (b"\x1bp",),
    }.items()
    for name in names
}
"""Bytes of the commands of fixed length, by their first two."""


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 95 + letter - 0x20
    return number


def _bitmap(data: bytes, width: int, height: int) -> Image.Image:
    """Rows of bits, 1 is ink."""
    return ImageChops.invert(Image.frombytes("1", (width, height), data))


def _qr_image(payload: bytes, size: int) -> Image.Image:
    matrix = qr_matrix(payload.decode())
    side = len(matrix)
    image = Image.new("1", (side, side), _WHITE)
    for y, row in enumerate(matrix):
        for x, dark in enumerate(row):
            if dark:
                image.putpixel((x, y), 0)
    return image.resize((side * size, side * size))


@lru_cache(maxsize=1024)
def _glyph(letter: str, bold: bool) -> Image.Image:
    font = ImageFont.truetype(_FONT, 20, layout_engine=ImageFont.Layout.BASIC)
    width = max(_CELL_WIDTH, round(font.getlength(letter, mode="L")) + 1)
    wide = Image.new("L", (width, _CELL_HEIGHT), _WHITE)
    draw = ImageDraw.Draw(wide)
    middle = (width - font.getlength(letter, mode="L")) / 2
    for x in (middle, middle + 1) if bold else (middle,):  # struck twice, as the head does
        draw.text((x, 19), letter, fill=0, font=font, anchor="ls")
    cell = ImageOps.grayscale(wide).resize((_CELL_WIDTH, _CELL_HEIGHT), Image.Resampling.BOX)
    return cell.point(lambda level: _WHITE if level > 140 else 0, mode="1")
