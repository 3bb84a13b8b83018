"""The commands `talon hardware`: is a hardware.toml right, and what does it hold."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.sheet_commands import add_sheet_command

if TYPE_CHECKING:
    from hardware.config.mistakes import HardwareConfigError

Commands = Any
"""What `ArgumentParser.add_subparsers` returns; argparse keeps the name of that class to itself."""


def add_hardware_commands(commands: Commands) -> None:
    """`talon hardware check` and `talon hardware sheet`."""
    hardware = commands.add_parser("hardware", help="check the devices of an office")
    actions = hardware.add_subparsers(required=True, metavar="ACTION")

    check = actions.add_parser("check", help="every mistake of a hardware.toml, with its place")
    check.add_argument("file", type=Path)
    check.set_defaults(run=_check)

    add_sheet_command(actions)


def mistakes(error: HardwareConfigError, language: str) -> list[str]:
    """Every mistake of a hardware.toml in the reader's language."""
    from appliance.hardware_words import mistake

    return [mistake(found, language) for found in error.mistakes]


def _check(options: argparse.Namespace) -> int:
    from appliance.hardware_words import summary
    from hardware.config import HardwareConfigError, load

    try:
        config = load(options.file)
    except HardwareConfigError as error:
        print("\n".join(mistakes(error, options.language)))
        return 1
    print("\n".join(summary(config, options.language)))
    return 0
