"""A walk through the keys: each is pressed once and ticked off, and that first press does nothing in the queue."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic

from hardware.ports import Press

LIMIT_S = 15 * 60
"""A walk that nobody ends is over by then, so that no key stays without effect."""


@dataclass(frozen=True, slots=True)
class WalkView:
    """The tick list. `ticked` in the order of the presses, `missing` in the order of hardware.toml.

    `at`: when each of `ticked` was pressed, UTC by the box's clock. `left_s`: seconds until the walk is over by itself.
    """

    active: bool
    ticked: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    at: tuple[datetime, ...] = ()
    left_s: int = 0


class KeyWalk:
    """At most one walk at a time. All methods may be called from any thread."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = threading.Condition(threading.RLock())
        self._missing: list[str] = []
        self._ticked: list[str] = []
        self._at: list[datetime] = []
        self._until = 0.0

    def begin(self, controls: Iterable[str]) -> None:
        """Begin anew with these keys."""
        with self._lock:
            self._missing, self._ticked, self._at = list(controls), [], []
            self._until = self._clock() + LIMIT_S
            self._lock.notify_all()

    def end(self) -> None:
        """Every key acts again."""
        with self._lock:
            self._until = 0.0
            self._lock.notify_all()

    def takes(self, press: Press) -> bool:
        """Tick the key off; True when this press belongs to the walk and must not reach the queue."""
        with self._lock:
            if not self._active() or press.control not in self._missing:
                return False
            self._missing.remove(press.control)
            self._ticked.append(press.control)
            self._at.append(datetime.now(UTC))
            self._lock.notify_all()
            return True

    def view(self) -> WalkView:
        """How far the walk is."""
        with self._lock:
            left = max(0, round(self._until - self._clock()))
            return WalkView(self._active(), tuple(self._ticked), tuple(self._missing), tuple(self._at), left)

    def wait(self, ticked: int, timeout_s: float) -> WalkView:
        """The view as soon as more than `ticked` keys have been ticked off or the walk is over."""
        with self._lock:
            self._lock.wait_for(lambda: len(self._ticked) > ticked or not self._active(), timeout_s)
            return self.view()

    def _active(self) -> bool:
        return self._clock() < self._until
