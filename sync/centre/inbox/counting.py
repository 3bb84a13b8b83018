"""What the inbox has done since it started, for /metrics."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping


class Counting:
    """Counters by name. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers: Counter[str] = Counter()
        self._refusals: Counter[str] = Counter()

    def add(self, name: str, by: int = 1) -> None:
        """`puts`, `put_bytes`, `repeats`, `replaced`, `gets`, `get_bytes`, `lists`, `deletes`, `uploads`, `purged`."""
        with self._lock:
            self._numbers[name] += by

    def refused(self, reason: str) -> None:
        """A request was refused."""
        with self._lock:
            self._refusals[reason] += 1

    def numbers(self) -> Mapping[str, int]:
        """A copy of the counters."""
        with self._lock:
            return dict(self._numbers)

    def refusals(self) -> Mapping[str, int]:
        """How many requests were refused, by reason."""
        with self._lock:
            return dict(self._refusals)
