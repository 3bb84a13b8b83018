"""The centre's time at the office, learnt from answers; it survives any step of the office's own clock."""

from __future__ import annotations

import threading
import time
from collections import deque

SAMPLES = 16


def uptime_ms() -> int:
    """Milliseconds since boot, sleep included; nobody can set this clock."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def wall_ms() -> int:
    """UTC milliseconds by the office's wall clock, right or wrong."""
    return time.time_ns() // 1_000_000


class CentreClock:
    """What time it is at the centre. Thread-safe.

    Each answer says the centre's time; half of the way there and back is taken off, and the answer with the shortest
    way among the last ones counts, for its error is at most half of that way.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._samples: deque[tuple[int, int]] = deque(maxlen=SAMPLES)

    def learn(self, asked_ms: int, answered_ms: int, centre_ms: int) -> None:
        """An answer of the centre with its time; the first two by `uptime_ms`."""
        way = max(0, answered_ms - asked_ms)
        with self._lock:
            self._samples.append((way, centre_ms - asked_ms - way // 2))

    def forget(self) -> None:
        """The centre's own clock was set, or it is another centre."""
        with self._lock:
            self._samples.clear()

    @property
    def known(self) -> bool:
        """Whether the centre has ever answered."""
        return bool(self._samples)

    def now_ms(self) -> int:
        """UTC milliseconds at the centre; by the office's own clock while the centre has never answered."""
        with self._lock:
            if not self._samples:
                return wall_ms()
            return uptime_ms() + min(self._samples)[1]

    def offset_ms(self) -> int | None:
        """The office's clock less the centre's; None while unknown."""
        return wall_ms() - self.now_ms() if self.known else None
