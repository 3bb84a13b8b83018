"""Modbus RTU devices that aren't there: what they hold, and what they answer to a frame.

Pure but for the clock that the caller hands in. Source: MODBUS Application Protocol V1.1b3 and MODBUS over Serial Line
V1.02 (frames, functions 1, 2, 3, 5, 6, 15, 16, exceptions 1 to 3, check sum).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from math import ceil
from typing import Protocol

from hardware.config.model import DigitsBoardConfig, ModuleConfig

READ_COILS, READ_INPUTS, READ_REGISTERS = 1, 2, 3
WRITE_COIL, WRITE_REGISTER, WRITE_COILS, WRITE_REGISTERS = 5, 6, 15, 16
ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3
SHORT_REQUEST = 8
"""Bytes of a request that carries no list of values."""
REGISTERS_IN_A_REQUEST, BITS_IN_A_REQUEST = 123, 1968

FILTER_S = 0.008
"""What an input module's own filter lets pass is longer than this; real ones take some milliseconds."""


class RefusalError(Exception):
    """The device understands the frame and refuses: `code` is the exception of the standard."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Slave(Protocol):
    """One device on the line."""

    def reply(self, function: int, body: bytes, now: float, /) -> bytes:
        """What follows the function code in the answer to a request. Raises RefusalError."""


def check_sum(data: bytes) -> bytes:
    """The two bytes that end a frame (CRC-16, low byte first)."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0xA001 if value & 1 else value >> 1
    return value.to_bytes(2, "little")


def frame(address: int, function: int, body: bytes) -> bytes:
    """A whole frame."""
    content = bytes((address, function)) + body
    return content + check_sum(content)


def frame_length(data: bytes | bytearray) -> int | None:
    """How long the request is that begins so; None while that can't be known."""
    if len(data) < 2:
        return None
    if data[1] in (WRITE_COILS, WRITE_REGISTERS):
        return 9 + data[6] if len(data) > 6 else None
    return SHORT_REQUEST


def answer(request: bytes, slaves: Mapping[int, Slave], now: float) -> bytes | None:
    """The answer to a whole frame; None for a broken one, and for one that nobody on the line is asked by."""
    slave = slaves.get(request[0]) if request else None
    if slave is None or len(request) < 4 or check_sum(request[:-2]) != request[-2:]:
        return None
    address, function = request[0], request[1]
    try:
        return frame(address, function, slave.reply(function, request[2:-2], now))
    except RefusalError as refusal:
        return refusing(request, refusal.code)


def refusing(request: bytes, code: int) -> bytes:
    """The answer with an exception."""
    return frame(request[0], request[1] | 0x80, bytes((code,)))


class ModuleSlave:
    """An input module: filtered inputs, a latch of rising edges if it has one, coils. From any thread."""

    def __init__(self, config: ModuleConfig, filter_s: float) -> None:
        self.config = config
        self._filter_s = filter_s
        self._lock = threading.Lock()
        self._raw = [False] * config.inputs
        self._raw_since = [0.0] * config.inputs
        self._seen = [False] * config.inputs
        self._latched = [False] * config.inputs
        self.coils = [False] * config.outputs

    def set_input(self, line: int, level: bool, now: float) -> None:
        """The contact at an input."""
        with self._lock:
            self._settle(line, now)
            if self._raw[line] != level:
                self._raw[line], self._raw_since[line] = level, now

    def restart(self, now: float) -> None:
        """Power comes back: coils are off, and the latch has forgotten."""
        with self._lock:
            self.coils = [False] * len(self.coils)
            for line in range(len(self._raw)):
                self._settle(line, now)
            self._latched = [False] * len(self._latched)

    def reply(self, function: int, body: bytes, now: float, /) -> bytes:
        with self._lock:
            for line in range(len(self._raw)):
                self._settle(line, now)
            if function == READ_INPUTS:
                return _bits(self._seen, body)
            if function == READ_COILS and self.coils:
                return _bits(self.coils, body)
            if function == READ_REGISTERS and self.config.latch is not None:
                return _registers(self._latch_registers(), body, self.config.latch)
            if function in (WRITE_REGISTER, WRITE_REGISTERS) and self.config.latch is not None:
                return self._clear_latch(function, body, self.config.latch)
        if function in (WRITE_COIL, WRITE_COILS) and self.coils:
            return self._switch(function, body)
        raise RefusalError(ILLEGAL_FUNCTION)

    def _settle(self, line: int, now: float) -> None:
        """Let the filter pass a level that has lasted."""
        if self._raw[line] != self._seen[line] and now - self._raw_since[line] >= self._filter_s:
            self._seen[line] = self._raw[line]
            if self._seen[line]:
                self._latched[line] = True

    def _latch_registers(self) -> list[int]:
        return [
            sum(bit << place for place, bit in enumerate(self._latched[first : first + 16]))
            for first in range(0, len(self._latched), 16)
        ]

    def _clear_latch(self, function: int, body: bytes, first: int) -> bytes:
        begin, values = _written(function, body)
        count = ceil(len(self._latched) / 16)
        if begin < first or begin + len(values) > first + count:
            raise RefusalError(ILLEGAL_ADDRESS)
        if any(values):
            raise RefusalError(ILLEGAL_VALUE)
        for register in range(begin - first, begin - first + len(values)):
            for line in range(16 * register, min(16 * register + 16, len(self._latched))):
                self._latched[line] = False
        return body[:4]

    def _switch(self, function: int, body: bytes) -> bytes:
        first = int.from_bytes(body[:2], "big")
        if function == WRITE_COIL:
            if body[2:4] not in (b"\xff\x00", b"\x00\x00"):
                raise RefusalError(ILLEGAL_VALUE)
            wanted = [body[2] == 0xFF]
        else:
            count = int.from_bytes(body[2:4], "big")
            if (
                not 1 <= count <= BITS_IN_A_REQUEST
                or body[4:5] != bytes((ceil(count / 8),))
                or len(body) != 5 + body[4]
            ):
                raise RefusalError(ILLEGAL_VALUE)
            wanted = [bool(body[5 + place // 8] >> place % 8 & 1) for place in range(count)]
        if first + len(wanted) > len(self.coils):
            raise RefusalError(ILLEGAL_ADDRESS)
        for coil, on in enumerate(wanted, first):
            self.coils[coil] = on
        return body[:4]


class DisplaySlave:
    """A number display: holding registers, drawn as its configuration says. From any thread."""

    def __init__(self, config: DigitsBoardConfig) -> None:
        self.config = config
        count = {"ascii": config.digits, "packed": ceil(config.digits / 2), "number": 1}[config.encoding]
        self.registers = [0] * count

    @property
    def text(self) -> str:
        """What a person reads on it; spaces at both ends are left out."""
        if self.config.encoding == "number":
            return str(self.registers[0]) if self.registers[0] else ""
        places = 1 if self.config.encoding == "ascii" else 2
        drawn = b"".join(value.to_bytes(2, "big")[-places:] for value in self.registers)
        return drawn.replace(b"\0", b" ").decode("ascii", "replace").strip()

    def restart(self) -> None:
        """Power comes back: it is dark until it is written again."""
        self.registers = [0] * len(self.registers)

    def reply(self, function: int, body: bytes, _now: float, /) -> bytes:
        first = self.config.register
        if function == READ_REGISTERS:
            return _registers(self.registers, body, first)
        if function not in (WRITE_REGISTER, WRITE_REGISTERS):
            raise RefusalError(ILLEGAL_FUNCTION)
        begin, values = _written(function, body)
        if begin < first or begin + len(values) > first + len(self.registers):
            raise RefusalError(ILLEGAL_ADDRESS)
        # A new list at once, so that nobody reads half a number.
        registers = self.registers.copy()
        registers[begin - first : begin - first + len(values)] = values
        self.registers = registers
        return body[:4]


def _bits(levels: list[bool], body: bytes) -> bytes:
    first, count = int.from_bytes(body[:2], "big"), int.from_bytes(body[2:4], "big")
    if not 1 <= count <= BITS_IN_A_REQUEST:
        raise RefusalError(ILLEGAL_VALUE)
    if first + count > len(levels):
        raise RefusalError(ILLEGAL_ADDRESS)
    packed = bytearray(ceil(count / 8))
    for place, level in enumerate(levels[first : first + count]):
        packed[place // 8] |= level << place % 8
    return bytes((len(packed),)) + packed


def _registers(values: list[int], body: bytes, offset: int) -> bytes:
    first, count = int.from_bytes(body[:2], "big") - offset, int.from_bytes(body[2:4], "big")
    if not 1 <= count <= REGISTERS_IN_A_REQUEST:
        raise RefusalError(ILLEGAL_VALUE)
    if first < 0 or first + count > len(values):
        raise RefusalError(ILLEGAL_ADDRESS)
    return bytes((2 * count,)) + b"".join(value.to_bytes(2, "big") for value in values[first : first + count])


def _written(function: int, body: bytes) -> tuple[int, list[int]]:
    """The first register that is written, and the values."""
    first = int.from_bytes(body[:2], "big")
    if function == WRITE_REGISTER:
        return first, [int.from_bytes(body[2:4], "big")]
    count = int.from_bytes(body[2:4], "big")
    if not 1 <= count <= REGISTERS_IN_A_REQUEST or body[4:5] != bytes((2 * count,)) or len(body) != 5 + 2 * count:
        raise RefusalError(ILLEGAL_VALUE)
    return first, [int.from_bytes(body[place : place + 2], "big") for place in range(5, len(body), 2)]
