"""`hardware.toml`: which key, printer and loudspeaker an office has, read strictly.

All mistakes are collected before anything is refused, as codes and facts; `str` of the error is
plain English, other languages are made from the codes elsewhere.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from hardware.config.mistakes import ConfigMistake, HardwareConfigError, Place
from hardware.config.model import (
    GPIO,
    SIMULATED,
    ButtonConfig,
    GpioConfig,
    HardwareConfig,
    PanelConfig,
    Point,
    PrinterConfig,
    SoundConfig,
)

SCHEMA = 1
ROLES = ("kiosk.ticket",)
MODES = ("real", "simulated")
PIN_FACTORIES = ("auto", "gpiod", "lgpio")
BAUDS = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)
FLOWS = ("none", "xonxoff", "rtscts")
WIDTHS_MM = (58, 80)
PRINT_MODES = ("raster", "text")
CODEPAGES = ("CP866", "CP1125", "CP1251")
CONFIRMS = ("process-id", "gs-r", "none")
SOUNDS = ("none", "simulated")
EEPROM_PINS = (0, 1)  # read by the firmware from a HAT at start
LAST_BCM_PIN = 27


class _Table:
    """One table of the file.

    Mistakes go to a shared list; a wrong value reads as a harmless one of its type.
    """

    def __init__(self, place: Place, values: Mapping[str, Any], mistakes: list[ConfigMistake]) -> None:
        self.place = place
        self.values = values
        self._known: list[str] = []
        self._mistakes = mistakes

    def mistake(self, code: str, nearest: str = "", **facts: object) -> None:
        texts = {name: str(fact) for name, fact in facts.items()}
        self._mistakes.append(ConfigMistake(self.place, code, texts, nearest))

    def get(self, key: str, wanted: type, default: Any = None) -> Any:
        """The value when it has the wanted type; a key without a default must be there."""
        self._known.append(key)
        if key not in self.values:
            if default is None:
                self.mistake("missing-key", key=key)
            return default
        value = self.values[key]
        if type(value) is not wanted:  # isinstance would let true pass for 1
            digits = re.sub(r"\D", "", value) if wanted is int and isinstance(value, str) else ""
            found = _TYPES.get(type(value), "date")
            self.mistake("wrong-type", digits, key=key, wanted=_TYPES[wanted], found=found)
            return default
        return value

    def integer(self, key: str, low: int, high: int, default: int | None = None) -> int:
        value = self.get(key, int, default)
        if value is not None and not low <= value <= high:
            self.mistake("out-of-range", key=key, value=value, low=low, high=high)
        return value or low

    def choice(self, key: str, allowed: Sequence[Any], default: Any = None, code: str = "unknown-word") -> Any:
        """One of `allowed`, which are all texts or all numbers."""
        value = self.get(key, type(allowed[0]), default)
        if value is not None and value not in allowed:
            nearest = (
                min(allowed, key=lambda other: abs(other - value))
                if isinstance(value, int)
                else _nearest(value, allowed)
            )
            words = ", ".join(map(str, allowed))
            self.mistake(code, str(nearest), key=key, value=value, allowed=words)
        return value or allowed[0]

    def pin(self, key: str, owners: dict[int, Place]) -> int:
        """A BCM pin of the header that nobody has taken yet."""
        pin: int | None = self.get(key, int)
        if pin is None:
            return -1
        if pin in EEPROM_PINS:
            self.mistake("pin-eeprom", key=key, pin=pin)
        elif not 0 <= pin <= LAST_BCM_PIN:
            self.mistake("pin-not-bcm", key=key, pin=pin, last=LAST_BCM_PIN)
        elif (by := owners.get(pin)) is not None:
            self.mistake("pin-taken", key=key, pin=pin, by=by, by_kind=by.kind, by_name=by.name)
        else:
            owners[pin] = self.place
        return pin

    def tables(self, key: str) -> list[Mapping[str, Any]]:
        """The [[key]] tables; none when there is no such key."""
        self._known.append(key)
        value = self.values.get(key, [])
        if isinstance(value, list) and all(isinstance(entry, dict) for entry in value):
            return value
        self.mistake("not-a-list", key=key)
        return []

    def table(self, key: str, name: str = "") -> _Table:
        """The [key] table, empty when absent."""
        place = Place("table", name or key)
        return _Table(place, self.get(key, dict, {}) or {}, self._mistakes)

    def entry(self, kind: str, name: str, values: Mapping[str, Any]) -> _Table:
        """One of the tables of `tables`."""
        return _Table(Place(kind, name), values, self._mistakes)

    def allow(self, *keys: str) -> None:
        """These keys may be there, though they need not be read."""
        self._known.extend(keys)

    def refuse_unknown(self) -> None:
        """To be called last, when every key that may be there has been read."""
        for key in self.values:
            if key not in self._known:
                self.mistake("unknown-key", _nearest(key, self._known), key=key)


_TYPES: Mapping[type, str] = {
    str: "text", int: "integer", float: "float", bool: "boolean", dict: "table", list: "list",
}  # fmt: skip


def _nearest(word: str, allowed: Sequence[str]) -> str:
    by_lower = {other.lower(): other for other in allowed}
    close = get_close_matches(word.lower(), by_lower, n=1)
    return by_lower[close[0]] if close else ""


def load(path: Path) -> HardwareConfig:
    """Read a file.

    Raises HardwareConfigError with every mistake; a file that can't be opened is one too.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        facts = {"path": str(path), "detail": error.strerror or str(error)}
        raise HardwareConfigError([ConfigMistake(Place("file"), "unreadable", facts)]) from error
    return parse(content)


def parse(content: bytes) -> HardwareConfig:
    """Read the bytes of a file; see `load`."""
    try:
        text = content.decode("utf-8-sig")  # Windows editors begin a file with a byte-order mark
        values = tomllib.loads(text)
    except UnicodeDecodeError as error:
        mistake = ConfigMistake(Place("file"), "not-utf8", {"byte": str(error.start)})
        raise HardwareConfigError([mistake]) from error
    except tomllib.TOMLDecodeError as error:
        detail, _, position = str(error).partition(" (at ")
        found = re.match(r"line (\d+)", position)
        line = found[1] if found else str(max(1, len(text.splitlines())))
        mistake = ConfigMistake(Place("file"), "syntax", {"line": line, "detail": detail})
        raise HardwareConfigError([mistake]) from error
    mistakes: list[ConfigMistake] = []
    config = _read(_Table(Place("file"), values, mistakes))
    if mistakes:
        raise HardwareConfigError(mistakes)
    return config


def _read(file: _Table) -> HardwareConfig:
    schema = file.get("schema", int)
    if schema not in (None, SCHEMA):
        file.mistake("schema-unsupported", found=schema, wanted=SCHEMA)
    mode = file.choice("mode", MODES)
    gpio = _read_gpio(file.table("gpio"))
    owners: dict[int, Place] = {}
    buttons = _read_buttons(file, owners)
    panels = _read_panels(file, owners)
    printer = _read_printer(file.table("printer"), mode) if "printer" in file.values else None
    sound = file.table("sound")
    kind = sound.choice("kind", SOUNDS, "none")
    _refuse_simulated(sound, "kind", kind, mode)
    sound.refuse_unknown()
    file.refuse_unknown()
    return HardwareConfig(mode, gpio, buttons=buttons, panels=panels, printer=printer, sound=SoundConfig(kind))


def _read_gpio(table: _Table) -> GpioConfig:
    lockout = table.table("lockout_ms", "gpio.lockout_ms")
    config = GpioConfig(
        pin_factory=table.choice("pin_factory", PIN_FACTORIES, "auto"),
        debounce_ms=table.integer("debounce_ms", 5, 100, 20),
        hold_ms=table.integer("hold_ms", 300, 5000, 1000),
        stuck_after_s=table.integer("stuck_after_s", 6, 600, 10),
        next_lockout_ms=lockout.integer("next", 0, 5000, 700),
        repeat_lockout_ms=lockout.integer("repeat", 0, 5000, 300),
        finish_lockout_ms=lockout.integer("finish", 0, 5000, 300),
        ticket_lockout_ms=lockout.integer("ticket", 0, 10_000, 1500),
    )
    lockout.refuse_unknown()
    table.refuse_unknown()
    return config


def _read_buttons(file: _Table, owners: dict[int, Place]) -> tuple[ButtonConfig, ...]:
    buttons: list[ButtonConfig] = []
    seen: set[str] = set()
    for number, values in enumerate(file.tables("button"), 1):
        role, service = values.get("role"), values.get("service")
        named = isinstance(role, str) and isinstance(service, str)
        table = file.entry("button", f"{role} {service}" if named else f"#{number}", values)
        role = table.choice("role", ROLES, code="unknown-role")
        service = table.get("service", str)
        if service is not None and not re.fullmatch(r"[\w-]{1,32}", service):
            table.mistake("bad-name", key="service", value=service)
        elif service in seen:
            table.mistake("service-twice", key="service", service=service)
        seen.add(service)
        buttons.append(ButtonConfig(role, service, Point(GPIO, table.pin("pin", owners))))
        table.refuse_unknown()
    return tuple(buttons)


def _read_panels(file: _Table, owners: dict[int, Place]) -> tuple[PanelConfig, ...]:
    panels: list[PanelConfig] = []
    seen: set[int] = set()
    for number, values in enumerate(file.tables("panel"), 1):
        desk = values.get("desk")
        table = file.entry("panel", str(desk) if type(desk) is int else f"#{number}", values)
        desk = table.integer("desk", 1, 999)
        if desk in seen and "desk" in values:
            table.mistake("desk-twice", key="desk", desk=desk)
        seen.add(desk)
        keys = {name: Point(GPIO, table.pin(name, owners)) for name in ("next", "repeat", "finish")}
        lamp = Point(GPIO, table.pin("lamp", owners)) if "lamp" in values else None
        table.allow("lamp")
        table.refuse_unknown()
        panels.append(PanelConfig(desk=desk, lamp=lamp, **keys))
    return tuple(panels)


def _read_printer(table: _Table, mode: str) -> PrinterConfig:
    port = table.get("port", str, SIMULATED if mode == SIMULATED else None)
    _refuse_simulated(table, "port", port, mode)
    print_mode = table.choice("mode", PRINT_MODES, "raster")
    # The slot of a code page differs from model to model, so text mode has no default for either.
    needed = {key: print_mode == "text" or key in table.values for key in ("codepage", "slot")}
    table.allow("codepage", "slot")
    printer = PrinterConfig(
        port=port,
        baud=table.choice("baud", BAUDS, 115200),
        flow=table.choice("flow", FLOWS, "none"),
        width_mm=table.choice("width_mm", WIDTHS_MM),
        mode=print_mode,
        codepage=table.choice("codepage", CODEPAGES) if needed["codepage"] else "",
        slot=table.integer("slot", 0, 255) if needed["slot"] else None,
        confirm=table.choice("confirm", CONFIRMS, "gs-r"),
    )
    table.refuse_unknown()
    return printer


def _refuse_simulated(table: _Table, key: str, value: object, mode: str) -> None:
    if mode == "real" and value == SIMULATED:
        table.mistake("simulated-in-real", key=key)
