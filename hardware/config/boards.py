"""[board.NAME]: browsers, digit displays on the bus of the keys, and lines of dots on SPI."""

from __future__ import annotations

from hardware.config.buses import LAST_ADDRESS, LAST_REGISTER, MODBUS
from hardware.config.keys import LAST_DESK
from hardware.config.mistakes import Place
from hardware.config.model import BoardConfig, DigitsBoardConfig, MatrixBoardConfig, WebBoardConfig
from hardware.config.table import Table, nearest
from hardware.config.wiring import Wiring

WEB = "web"
DIGITS = "modbus-digits"
MATRIX = "max7219"
KINDS = (WEB, DIGITS, MATRIX)
ENCODINGS = ("ascii", "packed", "number")
ORIENTATIONS = (-90, 0, 90, 180)
MOST_DIGITS = 8
MOST_MODULES = 16
ORIENTATIONS = (-90, 0, 90, 180)

SPI_PINS = {0: (7, 8, 9, 10, 11), 1: (16, 17, 18, 19, 20, 21)}
"""The header's pins of each SPI."""


def read_boards(file: Table, wiring: Wiring) -> tuple[BoardConfig, ...]:
    """The [board.NAME] tables, and who of the keys is on a pin that one of them needs."""
    boards: list[BoardConfig] = []
    addresses = {
        (bus.name, module.address): Place("module", f"{bus.name} {module.address}")
        for bus in wiring.buses.modbus
        for module in bus.modules
    }
    spi: dict[tuple[int, int], Place] = {}
    for name, table in file.named("board", "board").items():
        kind = table.choice("kind", KINDS)
        if not table.right("kind"):
            continue
        if kind == DIGITS:
            boards.append(_digits(name, table, wiring, addresses))
        elif kind == MATRIX:
            boards.append(_matrix(name, table, spi))
        else:
            boards.append(WebBoardConfig(name))
        table.refuse_unknown()
    first_on = {port: place for (port, _), place in reversed(spi.items())}
    for port, place in first_on.items():
        wiring.refuse_pins(SPI_PINS[port], "pin-spi", place)
    return tuple(boards)


def _digits(name: str, table: Table, wiring: Wiring, addresses: dict[tuple[str, int], Place]) -> DigitsBoardConfig:
    bus: str = table.get("bus", str)
    if table.right("bus"):
        _check_bus(table, bus, wiring)
    address = table.integer("address", 1, LAST_ADDRESS)
    if table.right("address", "bus"):
        owner = addresses.setdefault((bus, address), table.place)
        if owner is not table.place:
            table.taken("address-taken", "address", owner, bus=bus, address=address)
    return DigitsBoardConfig(
        name=name,
        bus=bus,
        address=address,
        desk=table.integer("desk", 1, LAST_DESK),
        register=table.integer("register", 0, LAST_REGISTER, 0),
        digits=table.integer("digits", 1, MOST_DIGITS, 4),
        encoding=table.choice("encoding", ENCODINGS, "ascii"),
    )


def _check_bus(table: Table, bus: str, wiring: Wiring) -> None:
    """A display hangs on a Modbus line."""
    buses = wiring.buses
    kind, known = buses.kind(bus), buses.names(MODBUS)
    if kind and kind != MODBUS:
        near = known[0] if len(known) == 1 else nearest(bus, known)
        table.wrong("wrong-bus-kind", "bus", near, value=bus, found=kind, wanted=MODBUS)
    elif not kind and buses.sure and bus not in buses.tables:
        table.wrong("unknown-bus", "bus", nearest(bus, known), value=bus, allowed=", ".join(known) or "-")


def _matrix(name: str, table: Table, spi: dict[tuple[int, int], Place]) -> MatrixBoardConfig:
    port = table.integer("spi_port", 0, max(SPI_PINS), 0)
    device = table.integer("spi_device", 0, 1, 0)
    if table.right("spi_port", "spi_device"):
        owner = spi.setdefault((port, device), table.place)
        if owner is not table.place:
            table.taken("spi-taken", "spi_device", owner, port=port, device=device)
    table.allow("desk")
    return MatrixBoardConfig(
        name=name,
        spi_port=port,
        spi_device=device,
        modules=table.integer("modules", 1, MOST_MODULES, 8),
        brightness=table.integer("brightness", 0, 15, 4),
        desk=table.integer("desk", 1, LAST_DESK) if table.has("desk") else None,
        orientation=table.choice("orientation", ORIENTATIONS, -90),
        reversed=table.flag("reversed", False),
    )
