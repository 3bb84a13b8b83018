"""`hardware.toml`: which keys, bells, printer, boards and sound an office has, read strictly.

All mistakes are collected before anything is refused, as codes and facts; `str` of the error is
plain English, other languages are made from the codes elsewhere.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hardware.config.boards import read_boards
from hardware.config.buses import Buses
from hardware.config.files import Files
from hardware.config.keys import read_bells, read_buttons, read_panels
from hardware.config.mistakes import ConfigMistake, HardwareConfigError, Place
from hardware.config.model import DigitsBoardConfig, GpioConfig, HardwareConfig, SoundConfig
from hardware.config.paper import read_printer
from hardware.config.ports import UART_PINS, Ports
from hardware.config.table import Table
from hardware.config.wiring import Wiring

SCHEMA = 1
LIMIT_KIB = 64
MODES = ("real", "simulated")
PIN_FACTORIES = ("auto", "gpiod", "lgpio")
SOUNDS = ("none", "simulated", "clips")


def load(path: Path) -> HardwareConfig:
    """Read a file; what it names lies in its own folder.

    Raises HardwareConfigError with every mistake; a file that can't be opened is one too.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        facts = {"path": str(path), "detail": error.strerror or str(error)}
        raise _refusal("unreadable", **facts) from error
    return parse(content, path.parent)


def parse(content: bytes, home: Path | None = None) -> HardwareConfig:
    """Read the bytes of a file; see `load`. Files are looked for below `home`, without one they are not."""
    mistakes: list[ConfigMistake] = []
    config = _read(Table(Place("file"), values_of(content), mistakes), Files(home))
    if mistakes:
        raise HardwareConfigError(mistakes)
    return config


def values_of(content: bytes) -> Mapping[str, Any]:
    """The values of a document of ours. Raises HardwareConfigError with the one mistake that makes it unreadable."""
    if len(content) > LIMIT_KIB * 1024:
        raise _refusal("file-too-long", limit=str(LIMIT_KIB))
    try:
        text = content.decode("utf-8-sig")  # Windows editors begin a file with a byte-order mark
        return tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise _refusal("not-utf8", byte=str(error.start)) from error
    except tomllib.TOMLDecodeError as error:
        detail, _, position = str(error).partition(" (at ")
        found = re.match(r"line (\d+)", position)
        line = found[1] if found else str(max(1, len(text.splitlines())))
        raise _refusal("syntax", line=line, detail=detail) from error
    except (RecursionError, ValueError) as error:  # int() itself refuses a number of thousands of digits
        raise _refusal("too-complex") from error


def _refusal(code: str, **facts: str) -> HardwareConfigError:
    return HardwareConfigError([ConfigMistake(Place("file"), code, facts)])


def _read(file: Table, files: Files) -> HardwareConfig:
    schema = file.get("schema", int)
    if file.right("schema") and schema != SCHEMA:
        file.wrong("schema-unsupported", "schema", found=schema, wanted=SCHEMA)
    mode = file.choice("mode", MODES)
    ports = Ports(mode if file.right("mode") else "")
    gpio = _read_gpio(file.table("gpio"))
    buses = Buses()
    buses.read(file, ports)
    wiring = Wiring(buses)
    buttons = read_buttons(file, wiring)
    panels = read_panels(file, wiring)
    bells = read_bells(file, wiring)
    paper = file.table("printer")
    printer = read_printer(paper, ports, files) if file.has("printer") and file.right("printer") else None
    boards = read_boards(file, wiring)
    sound = _read_sound(file.table("sound"), ports.mode, files)
    if ports.uart is not None:
        port, by = ports.uart
        wiring.refuse_pins(UART_PINS, "pin-uart", by, port=port)
    buses.check_cycles([board for board in boards if isinstance(board, DigitsBoardConfig)])
    file.refuse_unknown()
    return HardwareConfig(mode, gpio, buses.modbus, buses.keypads, buttons, panels, bells, printer, boards, sound)


def _read_gpio(table: Table) -> GpioConfig:
    lockout = table.table("lockout_ms", "gpio.lockout_ms")
    usual = GpioConfig()
    config = GpioConfig(
        pin_factory=table.choice("pin_factory", PIN_FACTORIES, usual.pin_factory),
        chip=table.text("chip", 60, usual.chip),
        debounce_ms=table.integer("debounce_ms", 5, 100, usual.debounce_ms),
        hold_ms=table.integer("hold_ms", 300, 5000, usual.hold_ms),
        stuck_after_s=table.integer("stuck_after_s", 6, 600, usual.stuck_after_s),
        next_lockout_ms=lockout.integer("next", 0, 5000, usual.next_lockout_ms),
        repeat_lockout_ms=lockout.integer("repeat", 0, 5000, usual.repeat_lockout_ms),
        finish_lockout_ms=lockout.integer("finish", 0, 5000, usual.finish_lockout_ms),
        ticket_lockout_ms=lockout.integer("ticket", 0, 10_000, usual.ticket_lockout_ms),
        bell_lockout_ms=lockout.integer("bell", 0, 60_000, usual.bell_lockout_ms),
    )
    lockout.refuse_unknown()
    table.refuse_unknown()
    return config


def _read_sound(table: Table, mode: str, files: Files) -> SoundConfig:
    kind = table.choice("kind", SOUNDS, "none")
    if mode == "real" and kind == "simulated":
        table.wrong("simulated-in-real", "kind")
    usual = SoundConfig()
    sound = SoundConfig(
        kind=kind,
        device=table.text("device", 100, usual.device),
        clips=files.folder(table, "clips"),
        chime=table.flag("chime", usual.chime),
        repeat=table.flag("repeat", usual.repeat),
    )
    table.refuse_unknown()
    return sound
