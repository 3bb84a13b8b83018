"""Back-off for an address that says wrong things: it waits longer and longer, and is never shut out."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

FREE = 5
LONGEST_S = 60.0
FORGOTTEN_S = 900.0
ADDRESSES = 10_000


class Throttle:
    """Failures by address. `now_s` is a monotonic clock. Bounded: beyond ADDRESSES the oldest failure is forgotten."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._lock = threading.Lock()
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait_s(self, address: str) -> float:
        """How long this address must still wait; 0.0 when it may ask now."""
        with self._lock:
            count, last = self._failures.get(address, (0, 0.0))
            if count < FREE:
                return 0.0
            return max(0.0, last + min(LONGEST_S, 2.0 ** (count - FREE)) - self._now_s())

    def failed(self, address: str) -> None:
        """Count a wrong thing; after FREE of them each doubles the wait."""
        now = self._now_s()
        with self._lock:
            count, last = self._failures.pop(address, (0, now))
            self._failures[address] = (1 if now - last > FORGOTTEN_S else min(count + 1, 60), now)
            while len(self._failures) > ADDRESSES:
                self._failures.popitem(last=False)

    def succeeded(self, address: str) -> None:
        """Forget the failures of an address that proved itself."""
        with self._lock:
            self._failures.pop(address, None)
