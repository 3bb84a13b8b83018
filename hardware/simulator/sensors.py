"""The sensors of the virtual printer, and the status bytes that they amount to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Sensors:
    """What a printer feels of itself."""

    paper_out: bool = False
    near_end: bool = False
    cover_open: bool = False
    paused: bool = False
    jammed: bool = False

    @property
    def stuck(self) -> bool:
        """Whether it can't print now."""
        return self.paper_out or self.cover_open or self.paused or self.jammed

    def answer(self, number: int) -> bytes:
        """The answer to `DLE EOT number`, b"" to a number that there isn't."""
        bits = {
            1: 0x08 * self.stuck,
            2: 0x04 * self.cover_open | 0x20 * self.paper_out | 0x40 * self.jammed,
            3: 0x08 * self.jammed,
            4: 0x0C * (self.near_end or self.paper_out) | 0x60 * self.paper_out,
        }
        return bytes((0x12 | bits[number],)) if number in bits else b""

    def report(self) -> bytes:
        """The four bytes that are sent at a change."""
        return bytes(
            (
                0x10 | 0x08 * self.stuck | 0x20 * self.cover_open,
                0x08 * self.jammed,
                0x03 * (self.near_end or self.paper_out) | 0x0C * self.paper_out,
                0,
            )
        )

    def inline(self) -> int:
        """The answer to `GS r 1`."""
        return 0x0C * self.paper_out | 0x03 * self.near_end
