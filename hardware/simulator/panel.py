"""Fingers on gpiozero's mock pins.

Only levels move here: what a press means is judged by the real debounce thread.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from time import sleep
from typing import Any

from hardware.config import KeyConfig


class VirtualPanel:
    """Moves the keys of a mock pin factory, from any thread; two gestures on one key take turns.

    Gestures with a duration return when the key is up again. An unknown control raises KeyError.
    """

    def __init__(self, keys: Iterable[KeyConfig], pin_factory: Any) -> None:
        """`pin_factory` is the MockFactory that the buttons claim their pins from."""
        self._pins = {key.control: pin_factory.pin(key.pin) for key in keys}
        self._fingers = {control: threading.RLock() for control in self._pins}

    @property
    def controls(self) -> tuple[str, ...]:
        """The names of all keys."""
        return tuple(self._pins)

    def press(self, control: str, hold_s: float = 0.08) -> None:
        """Down for `hold_s` seconds, then up."""
        with self._fingers[control]:
            self.stick(control)
            sleep(hold_s)
            self.release(control)

    def hold(self, control: str, hold_s: float = 1.2) -> None:
        """A long press: down for longer than the usual hold time, then up."""
        self.press(control, hold_s)

    def stick(self, control: str) -> None:
        """Down, and there it stays until `release`."""
        with self._fingers[control]:
            self._pins[control].drive_low()

    def release(self, control: str) -> None:
        """Up."""
        with self._fingers[control]:
            self._pins[control].drive_high()

    def bounce(self, control: str, times: int = 6, gap_ms: float = 0.7, hold_s: float = 0.08) -> None:
        """One press by a worn contact: it makes and breaks `times` times on the way down and on the
        way up.
        """
        with self._fingers[control]:
            self._chatter(control, times, gap_ms / 1000)
            self.stick(control)
            sleep(hold_s)
            self._chatter(control, times, gap_ms / 1000)
            self.release(control)

    def spike(self, control: str, width_ms: float = 2.0) -> None:
        """Noise on the cable: low for `width_ms`, too short for a finger."""
        self.press(control, width_ms / 1000)

    def _chatter(self, control: str, times: int, gap_s: float) -> None:
        pin = self._pins[control]
        for _ in range(times):
            pin.drive_low()
            sleep(gap_s)
            pin.drive_high()
            sleep(gap_s)
