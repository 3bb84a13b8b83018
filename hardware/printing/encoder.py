"""A slip as ESC/POS bytes: drawn dot by dot, or set in the printer's own letters.

`python-escpos` makes the commands; it never touches a port. It is imported by the first slip (it
takes longer to load than the rest of the office together).

Contract about letters: a slip never carries a "?" for a letter it could not write. In text mode a
letter that the code page lacks is replaced by its nearest (’ becomes '); where there is none, the
whole slip is drawn instead, which any printer can do, and the letters are logged.
"""

from __future__ import annotations

import logging
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from hardware.paper.slip import SlipContent, clean, render, wrap

if TYPE_CHECKING:
    from PIL import Image

logger = logging.getLogger(__name__)

BAND_ROWS = 24  # low bands follow the ink's right edge closely; 11 bytes of header a band cost less
LONGEST_COMMAND = 8 + BAND_ROWS * 72
"""No command of a job is longer, in bytes, on paper of up to 576 dots."""

_CELL = 12  # dots a letter of font A is wide

_NEAREST = str.maketrans(
    {
        "’": "'", "ʼ": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
        "–": "-", "—": "-", "−": "-", "‑": "-", "…": "...", "×": "x", "•": "*", "→": ">", "←": "<",
        "№": "N", "₴": "грн", "₽": "руб", "€": "EUR", "\u00a0": " ",
        "і": "i", "І": "I", "ї": "i", "Ї": "I", "ґ": "г", "Ґ": "Г", "є": "е", "Є": "Е",
        "ў": "у", "Ў": "У",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PrinterProfile:
    """What one printer can do and how it is attached.

    `width` is in dots at 203 dpi. `codepage` is a Python codec and `codepage_slot` the number this
    model gives it (`ESC t`): the slot differs between models, so it comes from the line a
    technician found readable. `confirm` is how the printer tells that a slip is out: `process-id`
    (`GS ( H`), `gs-r` (a status asked in line), or `none`. `answers` is False for a printer that
    doesn't even answer `DLE EOT`: it is then believed to be well while its port is there.
    """

    name: str = "generic-80mm"
    width: int = 576
    mode: Literal["raster", "text"] = "raster"
    codepage: str = "CP1251"
    codepage_slot: int = 46
    confirm: Literal["process-id", "gs-r", "none"] = "process-id"
    baud: int = 115200
    flow: Literal["none", "xonxoff", "rtscts"] = "none"
    cutter: bool = True
    answers: bool = True

    @property
    def columns(self) -> int:
        """Letters of normal size on a line."""
        return self.width // _CELL


class UnprintableTextError(ValueError):
    """A text has letters that the code page lacks and that have no near one. `letters` are those,
    each once.
    """

    def __init__(self, letters: str, codepage: str) -> None:
        super().__init__(f"{codepage} has nothing near {letters!r}")
        self.letters = letters


def to_code_page(text: str, codepage: str) -> bytes:
    """The text in a code page, letters it lacks replaced by the nearest.

    Raises UnprintableTextError when a letter has no near one. Line breaks and control characters
    are not text and are left out.
    """
    out = bytearray()
    lost = ""
    for letter in clean(text).replace("\n", " "):
        if letter == "\u00a0":
            letter = " "
        for candidate in (letter, letter.translate(_NEAREST), _bare(letter)):
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


def encode(content: SlipContent, profile: PrinterProfile) -> bytes:
    """All bytes of one slip, from reset to cut, for one printer.

    The confirmation is not in it: it belongs to the sending (`printer.py`). Raises ValueError when
    `qr` is too long for a code.
    """
    if profile.mode == "text":
        try:
            return _text_job(content, profile)
        except UnprintableTextError as error:
            logger.warning("slip drawn instead of set in letters: %s", error)
    return _raster_job(render(content, profile.width), profile)


def cut(profile: PrinterProfile) -> bytes:
    """Bytes that bring the last printed row past the cutter and cut there (or past the bar)."""
    # GS V 66 lets the printer feed by its own distance from head to knife.
    return b"\x1dV\x42\x00" if profile.cutter else b"\x1bd\x06"


def _bare(letter: str) -> str:
    """The letter without its accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(c))


def _dummy() -> Any:
    """A printer of `python-escpos` that only collects bytes (the package has no types)."""
    from escpos.printer import Dummy

    return Dummy()


def _raster_job(image: Image.Image, profile: PrinterProfile) -> bytes:
    job = _dummy()
    # ESC J counts motion units, by default half a dot on some models: GS P makes one unit one dot.
    job._raw(b"\x1b@\x1dP\xcb\xcb")
    width, height = image.size
    inked = [image.crop((0, y, width, y + 1)).getextrema()[0] == 0 for y in range(height)]
    y = 0
    while y < height:
        top = y
        if not inked[y]:
            while y < height and not inked[y]:
                y += 1
            _feed(job, y - top)
            continue
        while y < height and y - top < BAND_ROWS and inked[y]:
            y += 1
        _band(job, image.crop((0, top, width, y)))
    job._raw(cut(profile))
    return bytes(job.output)


def _feed(job: Any, dots: int) -> None:
    while dots > 0:
        job._raw(b"\x1bJ" + bytes((min(dots, 255),)))
        dots -= 255


def _band(job: Any, band: Image.Image) -> None:
    """One raster command (GS v 0), without the white at its right."""
    from escpos.image import EscposImage
    from PIL import ImageChops

    box = ImageChops.invert(band).getbbox()
    right = (box[2] + 7) // 8 * 8 if box else 8
    raster = EscposImage(band.crop((0, 0, right, band.height)))
    size = raster.width_bytes.to_bytes(2, "little") + raster.height.to_bytes(2, "little")
    job._raw(b"\x1dv0\x00" + size + raster.to_raster_format())


def _text_job(content: SlipContent, profile: PrinterProfile) -> bytes:
    job = _dummy()
    # FS . ends the two-byte mode in which many clones wake: they would read Cyrillic as Chinese.
    job._raw(b"\x1b@\x1c.\x1bt" + bytes((profile.codepage_slot,)))
    page = _TextPage(job, profile)
    page.bar(content.mark)
    page.lines(content.office)
    page.lines(content.address)
    page.rule()
    page.lines(content.heading)
    page.number(content.number)
    page.lines(content.service, bold=True, tall=True)
    if content.rows:
        page.rule()
    for label, value in content.rows:
        page.row(label, value)
    if content.notes:
        page.rule()
        page.lines(content.notes[0], bold=True)
    for note in content.notes[1:]:
        page.lines(note)
    if content.qr:
        page.code(content.qr)
        page.lines(content.qr_note)
    if content.footer:
        page.rule()
        page.lines(content.footer)
    page.bar(content.mark)
    job._raw(cut(profile))
    return bytes(job.output)


class _TextPage:
    """Lines of a slip in the printer's letters, each at most `columns` wide."""

    def __init__(self, job: Any, profile: PrinterProfile) -> None:
        self._job = job
        self._codepage = profile.codepage
        self._columns = profile.columns

    def lines(self, text: str, *, bold: bool = False, tall: bool = False) -> None:
        if not text:
            return
        self._job.set(bold=bold, custom_size=True, width=1, height=2 if tall else 1)
        for line in self._wrap(text, self._columns):
            self._put(line)
        self._job.set(bold=False, custom_size=True, width=1, height=1)

    def rule(self) -> None:
        self._put("-" * self._columns)

    def row(self, label: str, value: str) -> None:
        label_bytes, value_bytes = self._encode(label), self._encode(value)
        space = self._columns - len(label_bytes) - len(value_bytes)
        if space >= 1:
            self._job._raw(label_bytes + b" " * space + value_bytes + b"\n")
            return
        self.lines(label)
        for line in self._wrap(value, self._columns):
            self._put(" " * (self._columns - len(self._encode(line))) + line)

    def number(self, number: str) -> None:
        times = max(1, min(8, self._columns // max(1, len(self._encode(number)))))
        self._job.set(custom_size=True, width=times, height=times)
        for line in self._wrap(number, self._columns // times):
            self._put(line)
        self._job.set(custom_size=True, width=1, height=1)

    def bar(self, mark: str) -> None:
        if not mark:
            return
        self._job.set(invert=True, custom_size=True, width=1, height=2)
        for line in self._wrap(mark, self._columns):
            space = self._columns - len(self._encode(line))
            self._put(" " * (space // 2) + line + " " * (space - space // 2))
        self._job.set(invert=False, custom_size=True, width=1, height=1)

    def code(self, payload: str) -> None:
        from escpos.constants import QR_ECLEVEL_M

        self._job._raw(b"\n")
        self._job.qr(payload, ec=QR_ECLEVEL_M, size=6, native=True)
        self._job._raw(b"\n")

    def _wrap(self, text: str, columns: int) -> list[str]:
        return wrap(text, lambda line: len(self._encode(line)) <= columns)

    def _encode(self, text: str) -> bytes:
        return to_code_page(text, self._codepage)

    def _put(self, line: str) -> None:
        self._job._raw(self._encode(line) + b"\n")
