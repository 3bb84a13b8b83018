"""A loudspeaker that remembers what it said."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hardware.ports import Condition, DeviceState, Utterance, Voice

if TYPE_CHECKING:
    from hardware.sound.library import ClipLibrary

KEPT = 50
EVERY_LANGUAGE = frozenset({"ru", "uk", "en"})


@dataclass(frozen=True, slots=True)
class Spoken:
    """One announcement that was heard to its end; `at` is UTC, its beginning."""

    text: str
    language: str
    at: datetime
    words: tuple[str, ...] = ()


class VirtualVoice(Voice):
    """Speaks for `seconds` per text, keeps the last 50 heard texts, and can be unplugged.

    One announcement at a time: a second `say` waits for the first.
    """

    def __init__(self, seconds: float = 0.0, languages: frozenset[str] = EVERY_LANGUAGE) -> None:
        self.seconds = seconds
        self._languages = languages
        self._turn = threading.Lock()
        self._unplugged = threading.Event()
        self._heard: deque[Spoken] = deque(maxlen=KEPT)
        self._state = DeviceState(Condition.READY, datetime.now(UTC))

    @property
    def languages(self) -> frozenset[str]:
        """What it was made with."""
        return self._languages

    def say(self, utterance: Utterance) -> bool:
        """Speak; False when the loudspeaker is unplugged before the end."""
        with self._turn:
            begun = datetime.now(UTC)
            if self._unplugged.wait(self.seconds):
                return False
            self._heard.append(Spoken(utterance.text, utterance.language, begun, utterance.words))
            return True

    def play_chime(self) -> bool:
        """Whether the loudspeaker is plugged in; the chime is no text and not kept."""
        with self._turn:
            return not self._unplugged.is_set()

    def state(self) -> DeviceState:
        """Ready, or missing since it was unplugged."""
        return self._state

    def close(self) -> None:
        """Break off what is being said."""
        self.unplug()

    def heard(self) -> list[Spoken]:
        """The last texts that were heard to the end, oldest first."""
        return list(self._heard)

    @staticmethod
    def wav_of(spoken: Spoken, clips: ClipLibrary | None = None) -> bytes:
        """What a real loudspeaker would have played, as a WAV file."""
        from hardware.sound.assembling import assemble
        from hardware.sound.library import ClipLibrary

        return assemble(spoken.words, spoken.language, clips or ClipLibrary()).wav

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
