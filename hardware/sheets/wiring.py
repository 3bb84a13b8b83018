"""Every wire of an office once, with where it ends; the RS-485 lines device by device; the lines of dots. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from hardware.config.model import (
    GPIO,
    KEYS,
    BellConfig,
    ButtonConfig,
    HardwareConfig,
    MatrixBoardConfig,
    ModbusBusConfig,
    PanelConfig,
    Point,
)
from hardware.config.wiring import PULLED_UP_PINS
from hardware.header import CONTACTS

Device = Literal[
    "key",
    "lamp",
    "ticket",
    "power",
    "bell-press",
    "bell-answer",
    "bell-heard",
    "bell-coming",
    "bell-buzzer",
    "bell-reset",
]
"""What hangs on a wire."""

OUTPUTS: tuple[Device, ...] = ("lamp", "bell-heard", "bell-coming", "bell-buzzer", "bell-reset")
"""What Talon switches; the others are contacts that it reads."""

SPI_SIGNALS: Mapping[int, Mapping[str, int]] = {
    0: {"din": 10, "clk": 11, "cs0": 8, "cs1": 7},
    1: {"din": 20, "clk": 21, "cs0": 18, "cs1": 17},
}
"""BCM numbers of each SPI: data out, clock, and the select of device 0 and 1.

Source: the overlays of the Raspberry Pi, SPI0 and SPI1 in their default places.
"""


@dataclass(frozen=True, slots=True)
class Wire:
    """One wire: what hangs on it and where it ends.

    `owner` is the number of a desk, the service of a ticket button or the name of a bell; it is empty for the
    power-fail contact. `key` is one of `KEYS` for a key of a panel, else empty. `closed`: its contact is closed at
    rest. `number` stands on both ends of the wire, from 1; it is the same on every sheet.
    """

    device: Device
    owner: str
    point: Point
    key: str = ""
    closed: bool = False
    number: int = 0

    @property
    def contact(self) -> int | None:
        """The contact of J8, None where the wire doesn't end at the header."""
        return CONTACTS[int(self.point.line)] if self.point.bus == GPIO else None

    @property
    def output(self) -> bool:
        """Talon switches what hangs on it."""
        return self.device in OUTPUTS

    @property
    def notes(self) -> tuple[str, ...]:
        """What whoever connects it must mind: `closed`, `opto`, `driver`, `board-pull-up`, `resistor`."""
        on_pin = self.point.bus == GPIO
        minded = {
            "closed": self.closed,
            "opto": on_pin and self.device == "bell-press",
            "driver": on_pin and self.output and self.device != "lamp",
            "board-pull-up": on_pin and self.point.line in PULLED_UP_PINS,
            "resistor": on_pin and self.device == "lamp",
        }
        return tuple(note for note, needed in minded.items() if needed)


@dataclass(frozen=True, slots=True)
class Block:
    """The wires that end at one place: the header, a module of `bus` at `address`, or the keypad `bus`."""

    kind: Literal["header", "module", "keypad"]
    wires: tuple[Wire, ...]
    bus: str = GPIO
    address: int | None = None


@dataclass(frozen=True, slots=True)
class Station:
    """One device of an RS-485 line.

    `address` is None for the adapter. `desks` are those whose keys, lamp or display it serves, in ascending order.
    `terminated`: it stands at an end of the line, where 120 ohms belong.
    """

    kind: Literal["adapter", "module", "display"]
    address: int | None = None
    desks: tuple[int, ...] = ()
    inputs: int = 0
    outputs: int = 0
    terminated: bool = False


@dataclass(frozen=True, slots=True)
class Chain:
    """An RS-485 line from the adapter at the box to its far end.

    The file doesn't say where the devices stand, so the order is a proposal: modules as they are written, then
    displays.
    """

    bus: ModbusBusConfig
    stations: tuple[Station, ...]


@dataclass(frozen=True, slots=True)
class Strip:
    """A line of dots on SPI: the terminals of its board, each with the BCM number that drives it."""

    name: str
    modules: int
    signals: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class WiringSheet:
    """All wires by where they end, then what has no wire of its own in the file: lines and strips."""

    blocks: tuple[Block, ...]
    chains: tuple[Chain, ...]
    strips: tuple[Strip, ...]

    @property
    def wires(self) -> tuple[Wire, ...]:
        """Every wire once, in the order of their numbers."""
        return tuple(wire for block in self.blocks for wire in block.wires)

    @property
    def has_header(self) -> bool:
        """Some wire ends at the header; the signals of strips aside."""
        return any(block.kind == "header" for block in self.blocks)


def wiring(config: HardwareConfig) -> WiringSheet:
    """The wiring sheet: header first, then modules, then keypads, without places where nothing ends."""
    found = tuple(_wires(config))
    blocks = [Block("header", _at(found, GPIO))]
    for bus in config.buses:
        for module in bus.modules:
            blocks.append(Block("module", _at(found, bus.name, module.address), bus.name, module.address))
    for keypad in config.keypads:
        blocks.append(Block("keypad", _at(found, keypad.name), keypad.name))
    return WiringSheet(
        blocks=_numbered(block for block in blocks if block.wires),
        chains=tuple(_chain(config, bus, found) for bus in config.buses),
        strips=tuple(_strip(board) for board in config.boards if isinstance(board, MatrixBoardConfig)),
    )


def _at(wires: Iterable[Wire], bus: str, module: int | None = None) -> tuple[Wire, ...]:
    """The wires that end there, as the file has them; at a module its inputs, then its outputs, as they lie there."""
    there = [wire for wire in wires if (wire.point.bus, wire.point.module) == (bus, module)]
    if module is not None:
        there.sort(key=lambda wire: (wire.output, wire.point.line))
    return tuple(there)


def _numbered(blocks: Iterable[Block]) -> tuple[Block, ...]:
    numbered: list[Block] = []
    first = 1
    for block in blocks:
        wires = tuple(replace(wire, number=number) for number, wire in enumerate(block.wires, first))
        numbered.append(replace(block, wires=wires))
        first += len(wires)
    return tuple(numbered)


def _wires(config: HardwareConfig) -> Iterator[Wire]:
    for panel in config.panels:
        yield from _panel(panel)
    for button in config.buttons:
        yield _button(button)
    for bell in config.bells:
        yield from _bell(bell)


def _panel(panel: PanelConfig) -> Iterator[Wire]:
    desk = str(panel.desk)
    for key in KEYS:
        yield Wire("key", desk, getattr(panel, key), key)
    if panel.lamp is not None:
        yield Wire("lamp", desk, panel.lamp)


def _button(button: ButtonConfig) -> Wire:
    if button.role == "power.fail":
        return Wire("power", "", button.point, closed=button.closed)
    return Wire("ticket", button.service, button.point, closed=button.closed)


def _bell(bell: BellConfig) -> Iterator[Wire]:
    yield Wire("bell-press", bell.name, bell.press, closed=bell.closed)
    others: tuple[tuple[Device, Point | None], ...] = (
        ("bell-answer", bell.answer),
        ("bell-heard", bell.heard),
        ("bell-coming", bell.coming),
        ("bell-buzzer", bell.buzzer),
        ("bell-reset", bell.reset),
    )
    for device, point in others:
        if point is not None:
            yield Wire(device, bell.name, point)


def _chain(config: HardwareConfig, bus: ModbusBusConfig, wires: Iterable[Wire]) -> Chain:
    desks: dict[int | None, set[int]] = {}
    for wire in wires:
        if wire.point.bus == bus.name and wire.device in ("key", "lamp"):
            desks.setdefault(wire.point.module, set()).add(int(wire.owner))
    stations = [Station("adapter")]
    for module in bus.modules:
        served = tuple(sorted(desks.get(module.address, ())))
        stations.append(Station("module", module.address, served, module.inputs, module.outputs))
    for display in config.digits_on(bus.name):
        stations.append(Station("display", display.address, (display.desk,)))
    last = len(stations) - 1
    return Chain(bus, tuple(replace(one, terminated=place in (0, last)) for place, one in enumerate(stations)))


def _strip(board: MatrixBoardConfig) -> Strip:
    pins = SPI_SIGNALS[board.spi_port]
    signals = (("DIN", pins["din"]), ("CLK", pins["clk"]), ("CS", pins[f"cs{board.spi_device}"]))
    return Strip(board.name, board.modules, signals)
