"""A loudspeaker that remembers what it said."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime

from hardware.ports import Condition, DeviceState, Voice

KEPT = 50


@dataclass(frozen=True, slots=True)
class Spoken:
    """One announcement that was heard to its end; `at` is UTC, its beginning."""

    text: str
    language: str
    at: datetime


class VirtualVoice(Voice):
    """Speaks for `seconds` per text, keeps the last 50 heard texts, and can be unplugged.

    One announcement at a time: a second `say` waits for the first.
    """

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self._turn = threading.Lock()
        self._unplugged = threading.Event()
        self._heard: deque[Spoken] = deque(maxlen=KEPT)
        self._state = DeviceState(Condition.READY, datetime.now(UTC))

    def say(self, text: str, language: str) -> bool:
        """Speak; False when the loudspeaker is unplugged before the end."""
        with self._turn:
            begun = datetime.now(UTC)
            if self._unplugged.wait(self.seconds):
                return False
            self._heard.append(Spoken(text, language, begun))
            return True

    def state(self) -> DeviceState:
        """Ready, or missing since it was unplugged."""
        return self._state

    def heard(self) -> list[Spoken]:
        """The last texts that were heard to the end, oldest first."""
        return list(self._heard)

    def unplug(self) -> None:
        """Take the loudspeaker away; what is being said breaks off."""
        if not self._unplugged.is_set():
            self._state = DeviceState(Condition.MISSING, datetime.now(UTC), "no-loudspeaker", "connect-loudspeaker")
            self._unplugged.set()

    def plug(self) -> None:
        """Bring it back."""
        if self._unplugged.is_set():
            self._state = DeviceState(Condition.READY, datetime.now(UTC))
            self._unplugged.clear()
