"""How long a Modbus bus takes to read all its keys once, computed from its format and its modules.

Pure arithmetic. A key that is pressed for less than a cycle may never be seen, so `hardware.toml` and the doctor hold
the cycle below a limit.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the reader of hardware.toml imports this module
    from hardware.config.model import DigitsBoardConfig, ModbusBusConfig, ModuleConfig

BAUDS = (9600, 19200, 38400, 57600, 115200)

LIMIT_S = 0.060
"""The longest cycle of modules that tell only the level: shorter taps than this are no taps of a hand."""

LATCHED_LIMIT_S = 0.400
"""The longest cycle when every module keeps a press until it is read: longer, and a person presses again."""

TURNAROUND_S = 0.005
"""What a module takes to answer."""

HOST_S = 0.0005
"""What one exchange costs besides the line: the p50 that was measured on a line without delay."""

SILENT_CHARACTERS = 3.5
SHORTEST_SILENCE_S = 0.00175
"""The silence that ends a frame; above 19200 baud the standard fixes it at this time."""

REQUEST_BYTES = 8
"""Address, function, register, count or value, check sum; also the answer to a write."""

ANSWER_BYTES = 5
"""Address, function, count of bytes, check sum; the values come on top."""


def byte_s(bus: ModbusBusConfig) -> float:
    """Seconds of one byte on the line: start bit, 8 data bits, parity bit if there is one, stop bit."""
    return (10 if bus.parity == "none" else 11) / bus.baud


def exchange_s(bus: ModbusBusConfig, request_bytes: int, answer_bytes: int) -> float:
    """Seconds of one request and its answer, each with the silence that ends it."""
    byte = byte_s(bus)
    silence = SILENT_CHARACTERS * byte
    if bus.baud > 19200:
        silence = max(silence, SHORTEST_SILENCE_S)
    return (request_bytes + answer_bytes) * byte + 2 * silence + TURNAROUND_S + HOST_S


def module_s(bus: ModbusBusConfig, module: ModuleConfig) -> float:
    """Seconds of one look at a module: its inputs (function 02), or its latch instead of them (function 03)."""
    values = ceil(module.inputs / 8) if module.latch is None else 2 * ceil(module.inputs / 16)
    return exchange_s(bus, REQUEST_BYTES, ANSWER_BYTES + values)


def coil_s(bus: ModbusBusConfig) -> float:
    """Seconds of switching one lamp (function 05)."""
    return exchange_s(bus, REQUEST_BYTES, REQUEST_BYTES)


def display_s(bus: ModbusBusConfig, display: DigitsBoardConfig) -> float:
    """Seconds of writing one number to a display (function 16, or 06 where one register is all)."""
    if display.encoding == "number":
        return exchange_s(bus, REQUEST_BYTES, REQUEST_BYTES)
    registers = display.digits if display.encoding == "ascii" else ceil(display.digits / 2)
    return exchange_s(bus, REQUEST_BYTES + 1 + 2 * registers, REQUEST_BYTES)


def cycle_s(bus: ModbusBusConfig, displays: Iterable[DigitsBoardConfig] = ()) -> float:
    """Seconds until every module has been looked at once.

    With displays the longest writing of one of them comes on top: what waits for them is written one in a cycle.
    """
    looks = sum(module_s(bus, module) for module in bus.modules)
    return looks + max((display_s(bus, display) for display in displays), default=0.0)


def limit_s(bus: ModbusBusConfig) -> float:
    """The longest cycle that loses no press on this bus."""
    latched = bool(bus.modules) and all(module.latch is not None for module in bus.modules)
    return LATCHED_LIMIT_S if latched else LIMIT_S
