"""Slips in the printer's own letters: a code page, and lines of so many letters.

A sign that the code page lacks is replaced by its nearest (’ becomes '), a letter only by one that looks the same
(Ukrainian і is Latin i). Where there is none, the text can't be set at all.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from hardware.paper.blocks import Printed
from hardware.paper.text import clean, wrap
from hardware.printing.commands import cut, dot_units, text_reset
from hardware.printing.dots import placed, qr_picture, raster
from hardware.printing.profiles import PrinterProfile

if TYPE_CHECKING:
    from PIL import Image

    from hardware.paper.logo import Logo

_LARGE = 28  # the template's larger size; the service is printed twice as high then
_LINE_DOTS = 24
_LARGEST = 8  # times a letter of normal size

_NEAREST = str.maketrans(
    {
        "’": "'", "ʼ": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
        "–": "-", "—": "-", "−": "-", "‑": "-", "…": "...", "×": "x", "•": "*", "→": ">", "←": "<",
        "№": "N", "₴": "грн", "₽": "руб", "€": "EUR", "\u00a0": " ",
        "і": "i", "І": "I",
    }
)  # fmt: skip


class UnprintableTextError(ValueError):
    """A text has letters that the code page lacks and that nothing else looks like. `letters` are those, each once."""

    def __init__(self, letters: str, codepage: str) -> None:
        super().__init__(f"{codepage} has nothing near {letters!r}")
        self.letters = letters


def to_code_page(text: str, codepage: str) -> bytes:
    """The text in a code page, signs it lacks replaced by the nearest.

    Raises UnprintableTextError when a letter has no near one. Line breaks and control characters are not text and are
    left out.
    """
    out = bytearray()
    lost = ""
    for letter in clean(text).replace("\n", " "):
        if letter == "\u00a0":
            letter = " "
        for candidate in (letter, letter.translate(_NEAREST), _plain(letter)):
            try:
                out += candidate.encode(codepage)
                break
            except UnicodeEncodeError:
                continue
        else:
            lost += letter if letter not in lost else ""
    if lost:
        raise UnprintableTextError(lost, codepage)
    return bytes(out)


def in_letters(printed: Iterable[Printed], profile: PrinterProfile, logo: Logo | None = None) -> bytes:
    """All bytes of a slip of these blocks, from reset to cut.

    Raises UnprintableTextError, and ValueError when a code is too long.
    """
    page = _Page(profile)
    for block in printed:
        page.add(block, logo)
    return text_reset(profile.codepage_slot) + page.output() + cut(profile)


def _plain(letter: str) -> str:
    """A Latin letter without its accents; a Cyrillic one is another letter without them."""
    parts = unicodedata.normalize("NFKD", letter)
    return parts.encode("ascii", "ignore").decode() or letter


class _Page:
    """Lines of a slip, each at most `columns` letters long."""

    def __init__(self, profile: PrinterProfile) -> None:
        from escpos.printer import Dummy

        self._job: Any = Dummy()  # it only collects bytes; the package has no types
        self._codepage = profile.codepage
        self._columns = profile.columns
        self._profile = profile

    def output(self) -> bytes:
        """What has been set so far."""
        return bytes(self._job.output)

    def add(self, printed: Printed, logo: Logo | None) -> None:
        """Set a block below what is there."""
        block = printed.block
        centred = block.align == "centre"
        match printed.kind:
            case "mark":
                self._bar(printed.text)
            case "rule":
                self._put("-" * self._columns)
            case "space":
                self._job._raw(b"\n" * round(block.height / _LINE_DOTS))
            case "logo" if logo is not None:
                ink = logo.ink(self._profile.width, block.width, dither=block.dither)
                self._picture(placed(ink, self._profile.width, centred=centred))
            case "number":
                self._number(printed.text, block.size // _LINE_DOTS or _LARGEST, centred)
            case "rows":
                for label, value in printed.rows:
                    self._row(label, value)
            case "notes":
                self._lines(printed.texts[0], bold=block.bold, centred=centred)
                for note in printed.texts[1:]:
                    self._lines(note, centred=centred)
            case "code":
                self._code(printed.texts[0])
                self._lines(printed.texts[1])
            case kind:
                tall = kind == "service" and block.size >= _LARGE
                self._lines(printed.text, bold=block.bold, tall=tall, centred=centred)

    def _lines(self, text: str, *, bold: bool = False, tall: bool = False, centred: bool = False) -> None:
        if not text:
            return
        self._job.set(bold=bold, custom_size=True, width=1, height=2 if tall else 1)
        for line in self._wrap(text, self._columns):
            self._put(self._indent(line, self._columns) * centred + line)
        self._job.set(bold=False, custom_size=True, width=1, height=1)

    def _row(self, label: str, value: str) -> None:
        label_bytes, value_bytes = self._encode(label), self._encode(value)
        space = self._columns - len(label_bytes) - len(value_bytes)
        if space >= 1:
            self._job._raw(label_bytes + b" " * space + value_bytes + b"\n")
            return
        self._lines(label)
        for line in self._wrap(value, self._columns):
            self._put(" " * (self._columns - len(self._encode(line))) + line)

    def _number(self, number: str, largest: int, centred: bool) -> None:
        times = max(1, min(largest, _LARGEST, self._columns // max(1, len(self._encode(number)))))
        self._job.set(custom_size=True, width=times, height=times)
        for line in self._wrap(number, self._columns // times):
            self._put(self._indent(line, self._columns // times) * centred + line)
        self._job.set(custom_size=True, width=1, height=1)

    def _bar(self, mark: str) -> None:
        self._job.set(invert=True, custom_size=True, width=1, height=2)
        for line in self._wrap(mark, self._columns):
            self._put((self._indent(line, self._columns) + line).ljust(self._columns))
        self._job.set(invert=False, custom_size=True, width=1, height=1)

    def _code(self, payload: str) -> None:
        from escpos.constants import QR_ECLEVEL_M

        if not self._profile.native_qr:
            self._picture(qr_picture(payload, self._profile.width))
            return
        self._job._raw(b"\n")
        self._job.qr(payload, ec=QR_ECLEVEL_M, size=6, native=True)
        self._job._raw(b"\n")

    def _picture(self, picture: Image.Image) -> None:
        self._job._raw(dot_units(self._profile) + raster(picture) + b"\n")

    def _indent(self, line: str, columns: int) -> str:
        return " " * ((columns - len(self._encode(line))) // 2)

    def _wrap(self, text: str, columns: int) -> list[str]:
        return wrap(text, lambda line: len(self._encode(line)) <= columns)

    def _encode(self, text: str) -> bytes:
        return to_code_page(text, self._codepage)

    def _put(self, line: str) -> None:
        self._job._raw(self._encode(line) + b"\n")
