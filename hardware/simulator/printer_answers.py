"""What the virtual printer sends back, and how that goes wrong: late, changed, or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable

from hardware.simulator.printer_ends import PrinterEnd


class PrinterAnswers:
    """The way back from one printer. Everything is called from one thread at a time, but for the three wishes."""

    def __init__(self, end: PrinterEnd) -> None:
        self.late_s = 0.0
        """How long it thinks before every answer."""
        self.garble: Callable[[bytes], bytes] | None = None
        """Changes what it answers; what becomes empty isn't sent."""
        self.silent = False
        """Whether it keeps everything to itself."""
        self._end = end
        self._waiting: list[tuple[float, bytes]] = []

    def send(self, data: bytes) -> None:
        """Answer, now or later."""
        if self.late_s and data:
            self._waiting.append((time.monotonic() + self.late_s, data))
        else:
            self._write(data)

    def post(self) -> None:
        """Send what is due."""
        now = time.monotonic()
        due = [data for moment, data in self._waiting if moment <= now]
        self._waiting = [item for item in self._waiting if item[0] > now]
        for data in due:
            self._write(data)

    def next_due(self) -> float | None:
        """When the next one is due, in seconds of CLOCK_MONOTONIC."""
        return min((moment for moment, _ in self._waiting), default=None)

    def forget(self) -> None:
        """Power is gone, and what was to be said with it."""
        self._waiting.clear()

    def _write(self, data: bytes) -> None:
        if self.silent:
            return
        data = data if self.garble is None else self.garble(data)
        if data:
            self._end.write(data)
