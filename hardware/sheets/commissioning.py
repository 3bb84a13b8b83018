"""The record of taking an office into use: what is tried, what must come out, what is ticked and signed. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from hardware.config.model import GPIO, DigitsBoardConfig, HardwareConfig, MatrixBoardConfig, WebBoardConfig
from hardware.modbus.cycle import cycle_s, limit_s
from hardware.sheets.wiring import Chain, Wire, wiring


@dataclass(frozen=True, slots=True)
class KeyCheck:
    """A key that is pressed. `rest` is the level of its pin or input while it is released, None on a keypad."""

    wire: Wire
    rest: int | None


@dataclass(frozen=True, slots=True)
class Step:
    """Something to try and what must come out, both as codes of sentences; `facts` fill the two.

    The fact `desks` is a list of numbers with commas.
    """

    code: str
    wanted: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """Every key, everything that Talon switches, and the other steps by the codes of their groups."""

    keys: tuple[KeyCheck, ...]
    lights: tuple[Wire, ...]
    parts: tuple[tuple[str, tuple[Step, ...]], ...]


def commissioning(config: HardwareConfig) -> Record:
    """The record in the order in which an office is gone through; only what the office has."""
    sheet = wiring(config)
    keypads = {keypad.name for keypad in config.keypads}
    groups = {
        "box": _box(config),
        "bus": (step for chain in sheet.chains for step in _line(config, chain)),
        "bells": _bells(config),
        "paper": _paper(config),
        "boards": _boards(config),
        "end": _end(),
    }
    found = ((group, tuple(steps)) for group, steps in groups.items())
    return Record(
        keys=tuple(KeyCheck(wire, _rest(wire, keypads)) for wire in sheet.wires if not wire.output),
        lights=tuple(wire for wire in sheet.wires if wire.output),
        parts=tuple((group, steps) for group, steps in found if steps),
    )


def _rest(wire: Wire, keypads: set[str]) -> int | None:
    """A contact on a pin draws it to ground against its pull-up; one on a module feeds the input."""
    if wire.point.bus in keypads:
        return None
    return int(wire.closed != (wire.point.bus == GPIO))


def _box(config: HardwareConfig) -> Iterator[Step]:
    yield Step("try-doctor", "want-no-fault")
    yield Step("try-clock", "want-clock")
    if any(button.role == "power.fail" for button in config.buttons):
        yield Step("try-power-fail", "want-shutdown")


def _line(config: HardwareConfig, chain: Chain) -> Iterator[Step]:
    bus = chain.bus
    name = {"bus": bus.name}
    if len(chain.stations) > 1:
        yield Step("try-terminators", "want-60-ohms", name)
    for station in chain.stations:
        if station.kind == "module":
            desks = ",".join(map(str, station.desks))
            yield Step("try-module", "want-answer", {**name, "address": str(station.address), "desks": desks})
    if bus.modules:
        computed, allowed = cycle_s(bus, config.digits_on(bus.name)), limit_s(bus)
        facts = {"computed": str(round(1000 * computed)), "allowed": str(round(1000 * allowed))}
        yield Step("try-cycle", "want-cycle", {**name, **facts})


def _bells(config: HardwareConfig) -> Iterator[Step]:
    for bell in config.bells:
        name = {"bell": bell.name}
        yield Step("try-bell", "want-bell" if bell.heard is None else "want-bell-lamp", name)
        if bell.answer is not None:
            yield Step("try-answer", "want-answered" if bell.coming is None else "want-coming", name)
        if bell.closed:
            yield Step("try-cut", "want-cut", {**name, "seconds": str(bell.cut_after_s)})
        if bell.reset is not None:
            yield Step("try-latch", "want-kept", name)


def _paper(config: HardwareConfig) -> Iterator[Step]:
    printer = config.printer
    if printer is None:
        return
    width = {"width": str(printer.width_mm)}
    if printer.profile:
        yield Step("try-slip", "want-slip", {**width, "profile": printer.profile})
    else:
        yield Step("try-slip-any", "want-slip", width)
    if printer.mode == "text":
        yield Step("try-line", "want-line", {"line": f"{printer.codepage}/{printer.slot}"})
    yield Step("try-code", "want-code")
    yield Step("try-paper-out", "want-paper-out")


def _boards(config: HardwareConfig) -> Iterator[Step]:
    for board in config.boards:
        if isinstance(board, WebBoardConfig):
            yield Step("try-screen", "want-hall", {"board": board.name})
        elif isinstance(board, MatrixBoardConfig):
            yield Step("try-dots", "want-dots", {"board": board.name, "modules": str(board.modules)})
        elif isinstance(board, DigitsBoardConfig):
            facts = {"desk": str(board.desk), "bus": board.bus, "address": str(board.address)}
            yield Step("try-digits", "want-digits", facts)
    if config.sound.kind != "none":
        if config.sound.chime:
            yield Step("try-chime", "want-heard")
        yield Step("try-voice", "want-understood")


def _end() -> Iterator[Step]:
    yield Step("try-visit", "want-visit")
    yield Step("try-plug", "want-back")
