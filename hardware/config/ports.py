"""The ports of `hardware.toml`: what each device may be plugged into, and that no two share one."""

from __future__ import annotations

import re
from posixpath import normpath

from hardware.config.mistakes import Place
from hardware.config.model import SIMULATED
from hardware.config.table import Table

UARTS = ("/dev/serial0", "/dev/ttyAMA0", "/dev/ttyS0")
"""The names of the serial port on the header's pins 14 and 15, whatever the model of the Pi."""

UART_PINS = (14, 15)

TCP_PORT = 9100
"""Where network printers listen."""

_TCP = re.compile(r"tcp://([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:]+\]):([0-9]{1,5})")


class Ports:
    """Reads the `port` of every device. In simulated mode a port may be left out: the device is simulated then."""

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self._owners: dict[str, Place] = {}
        self.uart: tuple[str, Place] | None = None

    def serial(self, table: Table) -> str:
        """The serial port of a bus."""
        return self._read(table, "serial-port", r"/(?!dev/(input|usb)/).+")

    def input(self, table: Table) -> str:
        """The input device of a keypad."""
        return self._read(table, "input-device", r"/(dev/input/.+|(?!dev/).+)")

    def printer(self, table: Table) -> str:
        """The port of the printer."""
        return self._read(table, "printer-port", r"/(?!dev/input/).+")

    def _read(self, table: Table, wanted: str, pattern: str) -> str:
        port = table.text("port", default=None if self.mode == "real" else SIMULATED)
        if not table.right("port"):
            return SIMULATED
        if port == SIMULATED:
            if self.mode == "real":
                table.wrong("simulated-in-real", "port")
            return SIMULATED
        network = wanted == "printer-port" and port.startswith("tcp:")
        if not (_is_tcp(port) if network else re.fullmatch(pattern, port)):
            near = f"{port}:{TCP_PORT}" if network and _is_tcp(f"{port}:{TCP_PORT}") else ""
            table.wrong("wrong-port", "port", near, value=port, wanted=wanted)
            return port
        device = UARTS[0] if port in UARTS else port if network else normpath(port)
        owner = self._owners.setdefault(device, table.place)
        if owner is not table.place:
            table.taken("port-taken", "port", owner, value=port)
        elif port in UARTS:
            self.uart = port, owner
        return port


def _is_tcp(port: str) -> bool:
    found = _TCP.fullmatch(port)
    return found is not None and 0 < int(found[2]) < 65536
