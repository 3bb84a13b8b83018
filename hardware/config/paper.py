"""[printer]: the port, the paper and the letters of the ticket printer."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from hardware.config.files import Files
from hardware.config.model import PrinterConfig
from hardware.config.ports import Ports
from hardware.config.table import Table

if TYPE_CHECKING:
    from hardware.printing.profiles import PrinterProfile

BAUDS = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)
FLOWS = ("none", "xonxoff", "rtscts")
WIDTHS_MM = (58, 80)
MODES = ("raster", "text")
CODEPAGES = ("CP866", "CP1125", "CP1251")
CONFIRMS = ("process-id", "gs-r", "none")
TICK_EXAMPLE = "2026-11-28 CP1251/46"

_PROFILES = "hardware.printing.profiles"
_TICK = re.compile(r"(\d{4}-\d{2}-\d{2}) ([A-Z]+[0-9]+)/(\d{1,3})", re.ASCII)


def profiles() -> Mapping[str, PrinterProfile]:
    """The printers that are known by name; none where that part isn't installed."""
    try:
        known: Mapping[str, PrinterProfile] = importlib.import_module(_PROFILES).PROFILES
    except ModuleNotFoundError as error:
        if error.name != _PROFILES:
            raise
        return {}
    return known


def read_printer(table: Table, ports: Ports, files: Files) -> PrinterConfig:
    """The [printer] table. A profile gives defaults, which the file may override."""
    port = ports.printer(table)
    profile = _profile(table)
    mode = table.choice("mode", MODES, "raster")
    # The slot of a code page differs from model to model, so text mode has no default for either.
    text = table.right("mode") and mode == "text"
    table.allow("codepage", "slot", "ticked")
    codepage = table.choice("codepage", CODEPAGES) if text or table.has("codepage") else ""
    slot = table.integer("slot", 0, 255) if text or table.has("slot") else None
    printer = PrinterConfig(
        port=port,
        baud=table.choice("baud", BAUDS, profile.baud if profile else 115200),
        flow=table.choice("flow", FLOWS, profile.flow if profile else "none"),
        width_mm=_width_mm(table, profile),
        mode=mode,
        codepage=codepage,
        slot=slot,
        confirm=table.choice("confirm", CONFIRMS, profile.confirm if profile else "gs-r"),
        profile=profile.name if profile else "",
        ticked=_ticked(table, codepage, slot, wanted=text),
        logo=files.file(table, "logo"),
        template=files.file(table, "template"),
    )
    table.refuse_unknown()
    return printer


def _profile(table: Table) -> PrinterProfile | None:
    table.allow("profile")
    if not table.has("profile"):
        return None
    known = profiles()
    name = table.choice("profile", tuple(known)) if known else table.text("profile")
    return known.get(name) if table.right("profile") else None


def _width_mm(table: Table, profile: PrinterProfile | None) -> int:
    if profile is None and table.has("profile") and not table.has("width_mm") and not table.right("profile"):
        return WIDTHS_MM[0]  # the right profile would have said it
    # A head is narrower than its paper.
    default = None if profile is None else 58 if profile.width / profile.dots_per_mm < 58 else 80
    return int(table.choice("width_mm", WIDTHS_MM, default))


def _ticked(table: Table, codepage: str, slot: int | None, *, wanted: bool) -> str:
    """The technician's tick of a line of the test slip, which must be of the code page and slot that are set."""
    if not table.has("ticked"):
        if wanted:
            known = table.right("codepage", "slot")
            table.wrong("not-ticked", "ticked", example=f"2026-11-28 {codepage}/{slot}" if known else TICK_EXAMPLE)
        return ""
    ticked = table.text("ticked", 60)
    if not table.right("ticked"):
        return ""
    found = _TICK.fullmatch(ticked)
    if found is None or not _is_date(found[1]):
        table.wrong("bad-tick", "ticked", value=ticked, example=TICK_EXAMPLE)
        return ""
    line = f"{found[2]}/{int(found[3])}"
    if codepage and slot is not None and table.right("codepage", "slot") and line != f"{codepage}/{slot}":
        table.wrong("other-tick", "ticked", found=line, wanted=f"{codepage}/{slot}")
    return ticked


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
