"""What is known of receipt printers, model by model: `PROFILES`, as data.

The figures come from the capability tables of python-escpos 3.1 (`escpos.capabilities`, the profile is named with each
model) unless a line says otherwise; what a table doesn't say is left at the careful default. A model is not here when
its table says that it can't print `GS v 0` rasters properly, which is how slips are drawn.

Every printer draws slips dot by dot by default. Text mode takes the code page and slot that a technician has ticked on
the test slip (`code_pages.py`); the tables here only say which lines that slip should have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from hardware.printing.confirming import Confirm

_CELL = 12  # dots a letter of font A is wide


@dataclass(frozen=True, slots=True)
class PrinterProfile:
    """What one printer can do and how it is attached.

    `width` is in dots, of which `dots_per_mm` make a millimetre (8 at 203 dpi). `codepage` is a Python codec and
    `codepage_slot` the number this model gives it (`ESC t`): the slot differs between models, so it comes from the line
    a technician found readable. `code_pages` are the model's Cyrillic slots by its documents. `confirm` is how the
    printer tells that a slip is out: `process-id` (`GS ( H`), `gs-r` (a status asked in line), or `none`. `answers` is
    False for a printer that doesn't even answer `DLE EOT`: it is then believed to be well while its port is there.
    `native_qr`: it draws QR codes by itself. `speed_mm_s` is its fastest paper speed, None when it isn't known.
    """

    name: str = "generic-80mm"
    width: int = 576
    mode: Literal["raster", "text"] = "raster"
    codepage: str = "CP1251"
    codepage_slot: int = 46
    confirm: Confirm = "process-id"
    baud: int = 115200
    flow: Literal["none", "xonxoff", "rtscts"] = "none"
    cutter: bool = True
    answers: bool = True
    dots_per_mm: float = 8.0
    native_qr: bool = True
    speed_mm_s: int | None = None
    code_pages: Mapping[int, str] = field(default_factory=dict, hash=False)

    @property
    def columns(self) -> int:
        """Letters of normal size on a line."""
        return self.width // _CELL


_EPSON_PAGES = {17: "CP866", 34: "CP855", 44: "CP1125", 46: "CP1251"}
_CHINESE_PAGES = {17: "CP866", 59: "CP866", 60: "CP855", 73: "CP1251"}
_STAR_PAGES = {10: "CP866", 11: "CP855", 34: "CP1251"}

_DPI_180 = 180 / 25.4

_KNOWN = (
    # No model: 48 and 72 mm of print at 203 dpi, the slots of Epson (profile "default").
    PrinterProfile("generic-58mm", 384, confirm="gs-r", cutter=False, native_qr=False, code_pages=_EPSON_PAGES),
    PrinterProfile("generic-80mm", 576, confirm="gs-r", native_qr=False, code_pages=_EPSON_PAGES),
    # The table of the TM-T20II; Epson's reference of GS ( H function 48 lists TM-T20 to TM-T20IV.
    PrinterProfile("epson-tm-t20iii", 576, code_pages=_EPSON_PAGES),
    # "TM-T88V": 180 dpi, no CP1125; Epson's reference of GS ( H function 48 lists TM-T88IV to TM-T88VII.
    PrinterProfile("epson-tm-t88v", 512, dots_per_mm=_DPI_180, code_pages={17: "CP866", 34: "CP855", 46: "CP1251"}),
    # "TM-T88IV", and "TM-T88III", which Epson does not list for GS ( H.
    PrinterProfile("epson-tm-t88iv", 512, dots_per_mm=_DPI_180, code_pages={17: "CP866"}),
    PrinterProfile("epson-tm-t88iii", 512, confirm="gs-r", dots_per_mm=_DPI_180, code_pages={17: "CP866"}),
    # "TM-L90", which Epson lists for GS ( H.
    PrinterProfile("epson-tm-l90", 576, code_pages=_EPSON_PAGES),
    # "RP326" says nothing of the width: 576 dots are those of other heads of 80 mm.
    PrinterProfile(
        "rongta-rp326", 576, confirm="gs-r", code_pages={6: "CP1251", 7: "CP866", 28: "CP855", 39: "ISO8859-5"}
    ),
    # "POS-5890": no cutter, no QR codes.
    PrinterProfile("pos-5890", 384, confirm="gs-r", cutter=False, native_qr=False, code_pages=_CHINESE_PAGES),
    # "NT-5890K" and "NT-80-V-UL".
    PrinterProfile("netum-nt-5890k", 384, confirm="gs-r", cutter=False, native_qr=False, code_pages=_CHINESE_PAGES),
    PrinterProfile("netum-80-v-ul", 576, confirm="gs-r", code_pages=_CHINESE_PAGES),
    # "P822D".
    PrinterProfile("pbm-p822d", 576, confirm="gs-r", code_pages=_CHINESE_PAGES),
    # "KR-306"; its notes say 200 mm/s.
    PrinterProfile(
        "kefar-kr-306",
        576,
        confirm="gs-r",
        speed_mm_s=200,
        code_pages={12: "CP866", 37: "CP866", 38: "CP855", 51: "CP1251"},
    ),
    # "TSP600", with ESC/POS emulation switched on.
    PrinterProfile("star-tsp600", 576, confirm="gs-r", code_pages=_STAR_PAGES),
    # "RP-F10-58mm" and "RP-F10-80mm".
    PrinterProfile("seiko-rp-f10-58mm", 432, confirm="gs-r", code_pages={17: "CP866", 34: "CP855", 46: "CP1251"}),
    PrinterProfile("seiko-rp-f10-80mm", 576, confirm="gs-r", code_pages={17: "CP866", 34: "CP855", 46: "CP1251"}),
    # "CT-S651": 640 dots on paper of up to 83 mm.
    PrinterProfile("citizen-ct-s651", 640, confirm="gs-r", code_pages={7: "CP866", 17: "CP866"}),
)

PROFILES: Mapping[str, PrinterProfile] = {profile.name: profile for profile in _KNOWN}
"""Every model by its name in `hardware.toml`."""
