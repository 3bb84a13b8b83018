"""Asking offices for fresh snapshots: at once when something is wrong, then ever more seldom."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock

SELDOM_S = 3600.0

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Asked:
    reasons: dict[str, str]
    at_s: float
    wait_s: float


class SnapshotAsking:
    """Who is to be asked. Thread-safe."""

    def __init__(
        self,
        ask: Callable[[str, str], None],
        again_s: float = 60.0,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """`ask(office, reason)` is called not more often than every `again_s` seconds for one office."""
        self._ask, self._again_s, self._now_s = ask, again_s, now_s
        self._lock = Lock()
        self._wanted: dict[str, _Asked] = {}
        self._last_s: dict[str, float] = {}
        self.asked = 0

    def want(self, office: str, key: str, reason: str) -> None:
        """A fresh snapshot of this office is wanted, until it is said under the same key to be no more."""
        with self._lock:
            known = self._wanted.get(office)
            if known is not None:
                known.reasons[key] = reason
                return
            last_s = self._last_s.get(office)
            now_s = self._now_s()
            at_s = now_s if last_s is None else max(now_s, last_s + self._again_s)
            self._wanted[office] = _Asked({key: reason}, at_s, self._again_s)

    def enough(self, office: str, key: str) -> None:
        """What was wanted under this key is well, or a person has to look."""
        with self._lock:
            known = self._wanted.get(office)
            if known is not None:
                known.reasons.pop(key, None)
                if not known.reasons:
                    del self._wanted[office]

    def wanted(self, key: str) -> Sequence[str]:
        """The offices that are asked under this key."""
        with self._lock:
            return [office for office, asked in self._wanted.items() if key in asked.reasons]

    def ask_due(self) -> None:
        """Ask whoever is due."""
        now_s = self._now_s()
        with self._lock:
            due = [
                (office, min(asked.reasons.values())) for office, asked in self._wanted.items() if asked.at_s <= now_s
            ]
            for office, _ in due:
                asked = self._wanted[office]
                asked.at_s, asked.wait_s = now_s + asked.wait_s, min(asked.wait_s * 2, SELDOM_S)
                self._last_s[office] = now_s
                self.asked += 1
        for office, reason in due:
            try:
                self._ask(office, reason)
            except Exception:  # the line's own troubles; it is asked again
                _log.exception("office %s: a snapshot can't be asked for", office)
