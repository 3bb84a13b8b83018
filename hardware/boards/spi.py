"""The kernel's SPI as a serial interface for luma: one open file, one write for each frame of the chain.

The standard library is enough: a write to /dev/spidevP.D holds the chip select for as long as it lasts. See
`Documentation/spi/spidev.rst` of the kernel for the numbers of the calls.
"""

from __future__ import annotations

import fcntl
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

SPEED_HZ = 1_000_000
"""A tenth of what a MAX7219 takes: a whole refresh of 16 modules takes 3 ms, and a metre of cable is still clean."""

WRITE_MODE = 0x40016B01
WRITE_SPEED = 0x40046B04


class Chain(Protocol):
    """Where the bytes for a chain of modules go; what is sent in one call reaches every module of the chain."""

    def data(self, data: Sequence[int]) -> None:
        """Send one frame. Raises OSError."""

    def cleanup(self) -> None:
        """Release the port."""


class SpiChain:
    """One SPI device of the Pi."""

    def __init__(self, port: int, device: int) -> None:
        """Open it; raises OSError: it isn't there, or may not be used."""
        # Not for writing alone: that would make an ordinary file where there is no device.
        self._file = Path(spi_path(port, device)).open("r+b", buffering=0)  # noqa: SIM115 - stays open
        try:
            fcntl.ioctl(self._file, WRITE_MODE, struct.pack("=B", 0))
            fcntl.ioctl(self._file, WRITE_SPEED, struct.pack("=I", SPEED_HZ))
        except OSError:
            self._file.close()
            raise

    def data(self, data: Sequence[int]) -> None:
        """Send one frame. Raises OSError."""
        self._file.write(bytes(data))

    def cleanup(self) -> None:
        """Release the port."""
        self._file.close()


def spi_path(port: int, device: int) -> str:
    """The kernel's name of an SPI device."""
    return f"/dev/spidev{port}.{device}"
