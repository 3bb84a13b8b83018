"""The kernel's interface of input devices: events as bytes, and the names of keys.

Pure. Source: linux/input.h and linux/input-event-codes.h, which are stable.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

EVENT = struct.Struct("@llHHi")
"""Seconds and microseconds (both as long as the machine's long: 24 bytes in all with 64 bits, 16 with 32), type, code,
value.
"""

EV_SYN, EV_KEY = 0, 1
SYN_REPORT, SYN_DROPPED = 0, 3
UP, DOWN, REPEATED = 0, 1, 2

CLOCK_MONOTONIC = 1
LAST_CODE = 0x2FF


def _request(direction: int, number: int, size: int) -> int:
    """An ioctl number of the input devices, whose letter is E."""
    return direction << 30 | size << 16 | ord("E") << 8 | number


EVIOCGRAB = _request(1, 0x90, 4)
EVIOCSCLOCKID = _request(1, 0xA0, 4)
KEY_BYTES = LAST_CODE // 8 + 1
EVIOCGKEY = _request(2, 0x18, KEY_BYTES)
"""Reads a bit for each key that is down."""

_LETTERS = {
    **dict(zip("QWERTYUIOP", range(16, 26), strict=True)),
    **dict(zip("ASDFGHJKL", range(30, 39), strict=True)),
    **dict(zip("ZXCVBNM", range(44, 51), strict=True)),
}

CODES: Mapping[str, int] = {
    **{str(digit): 1 + digit for digit in range(1, 10)},
    "0": 11,
    "ENTER": 28,
    **_LETTERS,
    "KPASTERISK": 55,
    **{f"F{number}": 58 + number for number in range(1, 11)},
    "KP7": 71,
    "KP8": 72,
    "KP9": 73,
    "KPMINUS": 74,
    "KP4": 75,
    "KP5": 76,
    "KP6": 77,
    "KPPLUS": 78,
    "KP1": 79,
    "KP2": 80,
    "KP3": 81,
    "KP0": 82,
    "KPDOT": 83,
    "F11": 87,
    "F12": 88,
    "KPENTER": 96,
    "KPSLASH": 98,
}
"""The code of each key that hardware.toml may name."""

NAMES: Mapping[int, str] = {code: name for name, code in CODES.items()}


@dataclass(frozen=True, slots=True)
class InputEvent:
    """One event; `at` is seconds on the clock that was asked for."""

    at: float
    type: int
    code: int
    value: int

    def packed(self) -> bytes:
        """As the kernel would write it."""
        seconds = int(self.at)
        return EVENT.pack(seconds, round((self.at - seconds) * 1e6) % 1_000_000, self.type, self.code, self.value)


def unpacked(data: bytes) -> Iterator[InputEvent]:
    """Whole events in these bytes; a piece at the end is left out."""
    for seconds, micro, kind, code, value in EVENT.iter_unpack(data[: len(data) // EVENT.size * EVENT.size]):
        yield InputEvent(seconds + micro / 1e6, kind, code, value)


def keys_down(bits: bytes) -> frozenset[str]:
    """The named keys whose bits are set in what EVIOCGKEY read."""
    return frozenset(name for name, code in CODES.items() if bits[code // 8] >> code % 8 & 1)
