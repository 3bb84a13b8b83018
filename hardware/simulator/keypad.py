"""A USB keypad that isn't there: a FIFO that carries the kernel's input events, with its plug to pull."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from time import monotonic

from hardware.keys.input_event import CODES, DOWN, EV_KEY, EV_SYN, REPEATED, SYN_DROPPED, SYN_REPORT, UP, InputEvent


class VirtualKeypad:
    """A keypad whose device file is `path`. All methods may be called from any thread; unknown keys raise KeyError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._end = -1
        self.plug()

    def set_key(self, key: str, down: bool) -> None:
        """Move a key; unplugged it moves as well, but nobody hears of it."""
        self._send(InputEvent(monotonic(), EV_KEY, CODES[key], DOWN if down else UP))

    def repeat(self, key: str) -> None:
        """What the kernel sends again and again while a key is down."""
        self._send(InputEvent(monotonic(), EV_KEY, CODES[key], REPEATED))

    def drop(self) -> None:
        """The kernel tells that it has lost events."""
        self._send(InputEvent(monotonic(), EV_SYN, SYN_DROPPED, 0))

    def unplug(self) -> None:
        """The device file goes."""
        with self._lock:
            if self._end >= 0:
                self.path.unlink(missing_ok=True)
                os.close(self._end)
                self._end = -1

    def plug(self) -> None:
        """The device file is back."""
        with self._lock:
            if self._end < 0:
                self.path.unlink(missing_ok=True)
                os.mkfifo(self.path)
                # Open for both ways: there need be no reader yet.
                self._end = os.open(self.path, os.O_RDWR | os.O_NONBLOCK)

    def close(self) -> None:
        """Take the device file away; may be called twice."""
        self.unplug()

    def _send(self, event: InputEvent) -> None:
        with self._lock:
            if self._end >= 0:
                os.write(self._end, event.packed() + InputEvent(event.at, EV_SYN, SYN_REPORT, 0).packed())
