"""Displays that can be looked at: what registers make a digit display show, and a chain of MAX7219 modules."""

from __future__ import annotations

import errno
import importlib
import os
import threading
from collections.abc import Callable, Sequence
from io import BytesIO

from hardware.boards.line import Dots
from hardware.config import MatrixBoardConfig

SIDE = 8
PITCH = 12
"""Pixels from dot to dot in a picture."""

DARK, UNLIT, LIT = "#101416", "#2B2A2A", "#FF5A36"

DECODE, INTENSITY, SCAN_LIMIT, SHUTDOWN, TEST = 0x09, 0x0A, 0x0B, 0x0C, 0x0F
"""The registers of a MAX7219 beside its eight digits, 1 to 8."""

JUNK = 0b10110010
"""What a digit's register holds after power-on: the data sheet promises nothing."""


def decode_digits(registers: Sequence[int], encoding: str) -> str:
    """What a digit display shows for the values of its registers; dark places are spaces, a strange code is `?`."""
    if encoding == "number":
        return str(registers[0]) if registers and registers[0] else ""
    codes = list(registers)
    if encoding == "packed":
        codes = [code for register in registers for code in (register >> 8, register & 0xFF)]
    return "".join(chr(code) if 0x20 <= code < 0x7F else "?" for code in codes)


class VirtualMatrix:
    """A chain of MAX7219 modules on an SPI, down to the registers: what is seen is what they would light.

    It stands in for the SPI of a `MatrixBoard`. It can lose its power, and with it every setting, and its SPI can be
    gone.
    """

    def __init__(self, config: MatrixBoardConfig) -> None:
        """As wide, and wired, as the configuration says."""
        self._modules = config.modules
        self._orientation, self._reversed = config.orientation, config.reversed
        self._changed = threading.Condition()
        self._chips = [_Chip() for _ in range(config.modules)]
        self._powered, self._plugged = True, True
        self.frames = 0

    def data(self, data: Sequence[int]) -> None:
        """One frame of the chain: the first pair of bytes ends in the module that is farthest from the cable."""
        with self._changed:
            if not self._plugged:
                raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
            if not self._powered:
                return
            if len(data) != 2 * self._modules:
                raise ValueError(f"a frame of {len(data)} bytes for {self._modules} modules")
            pairs = [(data[index], data[index + 1]) for index in range(0, len(data), 2)]
            for chip, (register, value) in zip(self._chips, reversed(pairs), strict=True):
                chip.registers[register] = value
            self.frames += 1
            self._changed.notify_all()

    def cleanup(self) -> None:
        """The port is released; the modules go on showing."""

    def power_off(self) -> None:
        """Pull the supply of the modules."""
        with self._changed:
            self._powered = False
            self._changed.notify_all()

    def power_on(self) -> None:
        """Supply them again: they come back dark and without their settings."""
        with self._changed:
            if not self._powered:
                self._powered = True
                self._chips = [_Chip() for _ in range(self._modules)]
                self._changed.notify_all()

    def unplug(self) -> None:
        """Take the SPI away."""
        with self._changed:
            self._plugged = False

    def plug(self) -> None:
        """Bring it back."""
        with self._changed:
            self._plugged = True

    @property
    def brightness(self) -> int:
        """From 0 to 15, of the dimmest module."""
        with self._changed:
            return min(chip.registers[INTENSITY] for chip in self._chips)

    def dots(self) -> Dots:
        """What a person sees: 8 rows of `#` and `.`."""
        with self._changed:
            return self._seen()

    def wait(self, until: Callable[[Dots], bool], timeout_s: float = 10.0) -> bool:
        """Wait until something is true of what is seen; asked after every frame."""
        with self._changed:
            return self._changed.wait_for(lambda: until(self._seen()), timeout_s)

    def png(self) -> bytes:
        """What a person sees, as a picture."""
        dots = self.dots()
        image = importlib.import_module("PIL.Image").new("RGB", (len(dots[0]) * PITCH, SIDE * PITCH), DARK)
        drawing = importlib.import_module("PIL.ImageDraw").Draw(image)
        for y, row in enumerate(dots):
            for x, dot in enumerate(row):
                left, top = x * PITCH + 1, y * PITCH + 1
                drawing.ellipse((left, top, left + PITCH - 3, top + PITCH - 3), LIT if dot == "#" else UNLIT)
        content = BytesIO()
        image.save(content, "PNG")
        return content.getvalue()

    def _seen(self) -> Dots:
        if not self._powered:
            return ("." * SIDE * self._modules,) * SIDE
        blocks = [_turned(chip.dots(), self._orientation) for chip in self._chips]
        if self._reversed:
            blocks.reverse()
        return tuple("".join(block[row] for block in blocks) for row in range(SIDE))


class _Chip:
    """One MAX7219 as it is after power-on: asleep, and with one digit in its scan."""

    def __init__(self) -> None:
        self.registers = {0: 0, **dict.fromkeys(range(1, 9), JUNK), DECODE: 0, INTENSITY: 0, SCAN_LIMIT: 0}
        self.registers |= {SHUTDOWN: 0, TEST: 0}

    def dots(self) -> Dots:
        """Its dots with digit 1 as the left column and bit 0 on top, before the module is turned."""
        if self.registers[TEST] & 1:
            return ("#" * SIDE,) * SIDE
        awake = self.registers[SHUTDOWN] & 1
        scanned = (self.registers[SCAN_LIMIT] & 7) + 1 if awake else 0
        lit = [self.registers[digit + 1] if digit < scanned else 0 for digit in range(SIDE)]
        return tuple("".join("#" if lit[x] >> y & 1 else "." for x in range(SIDE)) for y in range(SIDE))


def _turned(block: Dots, orientation: int) -> Dots:
    """The block as it hangs on a wall: what the driver turned to the left by these degrees is turned back."""
    for _ in range(orientation // 90 % 4):
        block = tuple("".join(column) for column in zip(*reversed(block), strict=True))
    return block
