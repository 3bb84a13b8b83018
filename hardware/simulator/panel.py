"""Fingers on the keys of a simulated office, whatever bus they are on.

Only contacts move here: what a press means is judged by the real debounce thread. Every contact is put at rest when the
panel is made, so make it before the keys take their baseline.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from time import monotonic, sleep
from typing import Any

from hardware.config.model import GPIO, KeyConfig
from hardware.simulator.keypad import VirtualKeypad
from hardware.simulator.rtu import VirtualBus

Move = Callable[[bool], None]
"""Makes a contact, or breaks it."""


class _Contact:
    """One contact, and the wire to it. `closed`: it is made at rest."""

    def __init__(self, closed: bool, move: Move) -> None:
        self.finger = threading.RLock()
        self._closed, self._move = closed, move
        self._down = self._cut = False
        self._put()

    def press(self, down: bool) -> None:
        self._down = down
        self._put()

    def cut(self, cut: bool) -> None:
        self._cut = cut
        self._put()

    def _put(self) -> None:
        self._move(self._down != self._closed and not self._cut)


class VirtualPanel:
    """Moves the keys of an office, from any thread; two gestures on one key take turns.

    Gestures with a duration return when the key is up again. An unknown control raises KeyError.
    """

    def __init__(
        self,
        keys: Iterable[KeyConfig],
        pin_factory: Any = None,
        buses: Mapping[str, VirtualBus] | None = None,
        keypads: Mapping[str, VirtualKeypad] | None = None,
    ) -> None:
        """`pin_factory` is the VirtualHeader that the keys claim their pins from."""
        self._pin_factory = pin_factory
        self._buses, self._keypads = buses or {}, keypads or {}
        self._contacts = {key.control: _Contact(key.closed, self._wire(key)) for key in keys}

    @property
    def controls(self) -> tuple[str, ...]:
        """The names of all keys."""
        return tuple(self._contacts)

    def press(self, control: str, hold_s: float = 0.08) -> None:
        """Down for `hold_s` seconds, then up."""
        with self._contacts[control].finger:
            self.stick(control)
            sleep(hold_s)
            self.release(control)

    def hold(self, control: str, hold_s: float = 1.2) -> None:
        """A long press: down for longer than the usual hold time, then up."""
        self.press(control, hold_s)

    def stick(self, control: str) -> None:
        """Down, and there it stays until `release`."""
        with self._contacts[control].finger:
            self._contacts[control].press(True)

    def release(self, control: str) -> None:
        """Up."""
        with self._contacts[control].finger:
            self._contacts[control].press(False)

    def cut(self, control: str) -> None:
        """Cut the wire: an open contact can't be seen any more, a closed one looks pressed for ever."""
        with self._contacts[control].finger:
            self._contacts[control].cut(True)

    def mend(self, control: str) -> None:
        """Join the wire again."""
        with self._contacts[control].finger:
            self._contacts[control].cut(False)

    def bounce(self, control: str, times: int = 6, gap_ms: float = 0.7, hold_s: float = 0.08) -> None:
        """One press by a worn contact: it makes and breaks `times` times on the way down and on the
        way up.
        """
        with self._contacts[control].finger:
            self._chatter(control, times, gap_ms / 1000)
            self.stick(control)
            sleep(hold_s)
            self._chatter(control, times, gap_ms / 1000)
            self.release(control)

    def spike(self, control: str, width_ms: float = 2.0) -> float:
        """Noise on the cable: down for `width_ms`, too short for a finger. Returns the seconds it really took."""
        with self._contacts[control].finger:
            began = monotonic()
            self.stick(control)
            sleep(width_ms / 1000)
            self.release(control)
            return monotonic() - began

    def noise(self, control: str, seconds: float = 1.0, seed: int = 0) -> float:
        """A long cable beside a lift: spikes of 1 to 3 ms, 3 to 15 ms apart. Returns the longest spike in seconds,
        which a busy machine may stretch to a press.
        """
        dice = random.Random(seed)
        longest, until = 0.0, monotonic() + seconds
        with self._contacts[control].finger:
            while monotonic() < until:
                longest = max(longest, self.spike(control, dice.uniform(1, 3)))
                sleep(dice.uniform(0.003, 0.015))
        return longest

    def _chatter(self, control: str, times: int, gap_s: float) -> None:
        for _ in range(times):
            self.stick(control)
            sleep(gap_s)
            self.release(control)
            sleep(gap_s)

    def _wire(self, key: KeyConfig) -> Move:
        point = key.point
        if point.bus == GPIO:
            touch: Move = self._pin_factory.pin(key.pin).touch
            return touch
        if point.bus in self._keypads:
            return partial(self._keypads[point.bus].set_key, str(point.line))
        assert point.module is not None
        return partial(self._buses[point.bus].set_input, point.module, int(point.line))
