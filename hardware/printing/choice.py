"""How slips are written, changed in `hardware.toml`: in the printer's own letters, or drawn dot by dot.

Pure: the text of the file comes in and goes out, checked as a whole; the rest of it keeps its order and comments. Text
mode needs a technician who has seen the line of the code-page test slip: a page's slot differs from model to model.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from hardware.config import parse

LETTERS = ("codepage", "slot", "ticked")
"""What only text mode knows."""


class NoPrinterError(LookupError):
    """The file names no printer."""


def with_letters(text: str, codepage: str, slot: int, seen_on: date, home: Path | None = None) -> str:
    """The file with slips set in this code page, which lies in this slot (`ESC t`) of the printer.

    `seen_on`: the day on which the line was found readable; it becomes `ticked`. Raises NoPrinterError, and
    HardwareConfigError when the file would not be good.
    """
    ticked = f"{seen_on.isoformat()} {codepage}/{slot}"
    return _changed(text, {"mode": "text", "codepage": codepage, "slot": slot, "ticked": ticked}, home)


def with_raster(text: str, home: Path | None = None) -> str:
    """The file with slips drawn, which every printer can do. Raises as `with_letters`."""
    return _changed(text, {"mode": "raster"}, home)


def _changed(text: str, wanted: dict[str, Any], home: Path | None) -> str:
    import tomlkit

    document = tomlkit.parse(text)
    printer: Any = document.get("printer")
    if printer is None:
        raise NoPrinterError
    for key in LETTERS:
        if key not in wanted and key in printer:
            del printer[key]
    for key, value in wanted.items():
        printer[key] = value
    made = tomlkit.dumps(document)
    parse(made.encode(), home)
    return made
