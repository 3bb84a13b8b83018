"""Who speaks with which device's key: a key that two processes use at once was copied.

Each life of a link has a random session and counts its pulses. A new session is a link that was started again; one that
comes back after another had taken its place shows that both live.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import Enum, auto

LATE_MS = 2_000
"""A pulse of the session before that was signed earlier than this after the new one's first was merely late."""

SILENT_MS = 60_000
"""After so long without a pulse of the first session, the second one is taken for a restart after all."""


class Heard(Enum):
    """What a pulse's session and count say. `LATE`: older than one that was heard, so it says nothing new.

    `CLONE`: the key is in two hands, and this is the second one. `CLONE_FIRST`: the first one, by whose return it
    showed.
    """

    GOOD = auto()
    LATE = auto()
    CLONE = auto()
    CLONE_FIRST = auto()


@dataclass(slots=True)
class _Life:
    session: str
    count: int
    first_at_ms: int
    last_at_ms: int


@dataclass(slots=True)
class _Known:
    current: _Life
    before: _Life | None = None
    refused: str = ""


class Sessions:
    """The sessions of all devices since the centre began. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, _Known] = {}

    def heard(self, device: str, session: str, count: int, at_ms: int) -> Heard:
        """Judge a pulse; `at_ms` is when it was signed, by the centre's clock."""
        with self._lock:
            known = self._known.get(device)
            if known is None:
                self._known[device] = _Known(_Life(session, count, at_ms, at_ms))
                return Heard.GOOD
            if session == known.current.session:
                return self._same(known.current, count, at_ms)
            before = known.before
            if before is not None and session == before.session:
                return self._back(known, before, count, at_ms)
            if session == known.refused and at_ms - known.current.last_at_ms < SILENT_MS:
                return Heard.CLONE
            known.before, known.current = known.current, _Life(session, count, at_ms, at_ms)
            if session == known.refused:
                known.refused = ""
            return Heard.GOOD

    def allowed(self, device: str, session: str) -> bool:
        """Whether a stream of this session may be opened: any that hasn't been refused."""
        with self._lock:
            known = self._known.get(device)
            return known is None or known.refused != session

    @staticmethod
    def _same(life: _Life, count: int, at_ms: int) -> Heard:
        if count <= life.count:
            return Heard.LATE
        life.count, life.last_at_ms = count, max(at_ms, life.last_at_ms)
        return Heard.GOOD

    @staticmethod
    def _back(known: _Known, before: _Life, count: int, at_ms: int) -> Heard:
        """The session before speaks again: late, or alive beside its successor."""
        if count <= before.count or at_ms < known.current.first_at_ms + LATE_MS:
            return Heard.LATE
        second = known.current
        before.count, before.last_at_ms = count, at_ms
        known.current, known.before, known.refused = before, None, second.session
        return Heard.CLONE_FIRST
