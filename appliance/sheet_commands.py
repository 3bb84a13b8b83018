"""`talon hardware sheet`: a printable paper of a hardware.toml on the standard output."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any


def add_sheet_command(actions: Any) -> None:
    """`talon hardware sheet wiring|parts|labels|commissioning FILE`."""
    sheet = actions.add_parser("sheet", help="a sheet to print, as one HTML page")
    sheet.add_argument("kind", choices=("wiring", "parts", "labels", "commissioning"))
    sheet.add_argument("file", type=Path)
    sheet.add_argument("--title", metavar="TEXT", help="which office it is; else the name of the file")
    sheet.set_defaults(run=_sheet)


def _sheet(options: argparse.Namespace) -> int:
    from appliance.hardware_commands import mistakes
    from appliance.words import translations
    from hardware.config import HardwareConfigError, load
    from hardware.sheets.render import render_sheet

    language = options.language
    try:
        config = load(options.file)
    except HardwareConfigError as error:
        print("\n".join(mistakes(error, language)), file=sys.stderr)
        return 1
    title = options.title or options.file.name
    print(render_sheet(options.kind, config, translations(language).gettext, language, title), end="")
    return 0
