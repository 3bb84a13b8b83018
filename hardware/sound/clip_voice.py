"""The voice of the hall: clips put together and played by `aplay`."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from hardware.ports import Condition, DeviceState, Utterance, Voice
from hardware.sound.aplay import (
    APLAY_MISSING,
    BUSY,
    CLOSED,
    FAILED,
    NO_LOUDSPEAKER,
    NOT_ALLOWED,
    STUCK,
    Aplay,
    Trouble,
)
from hardware.sound.assembling import Announcement, assemble, silence
from hardware.sound.library import ClipLibrary
from hardware.sound.vocabulary import PAUSE

logger = logging.getLogger(__name__)

RECHECK_S = 10.0
"""How often a loudspeaker that was lost is looked for, and whether the list of sound cards has changed."""

PROBE_S = 0.05
CARDS = Path("/proc/asound/cards")
NAMED = 5
"""So many missing clips are named, the others counted."""

HINTS = {
    APLAY_MISSING: "install-alsa-utils",
    NO_LOUDSPEAKER: "connect-loudspeaker",
    NOT_ALLOWED: "join-audio-group",
    BUSY: "end-other-sound",
    STUCK: "replug-loudspeaker",
    FAILED: "check-sound-device",
}
"""What a person should do, by reason."""

MISSING = frozenset({APLAY_MISSING, NO_LOUDSPEAKER})


class ClipVoice(Voice):
    """`Voice` on an ALSA device. A missing device, now or later, is a state; it is looked for without a sound.

    Clips that are missing or can't be used are a `warning`: the rest is said.
    """

    def __init__(self, library: ClipLibrary, player: Aplay, *, chime: bool = True, cards: Path = CARDS) -> None:
        self._library, self._player, self._chime, self._cards = library, player, chime, cards
        self._turn = threading.Lock()
        self._state_lock = threading.Lock()
        self._state = DeviceState(Condition.MISSING, datetime.now(UTC), NO_LOUDSPEAKER, HINTS[NO_LOUDSPEAKER])
        self._asked = False
        self._missing: set[str] = set()
        self._closing = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="loudspeaker", daemon=True)
        self._watcher.start()

    @property
    def languages(self) -> frozenset[str]:
        """The languages that there are clips of."""
        return self._library.languages

    def say(self, utterance: Utterance) -> bool:
        """Speak and return when it has been heard; False when it was not, or when not one of its words has a clip."""
        announcement = assemble(utterance.words, utterance.language, self._library, self._chime)
        if announcement.missing:
            with self._state_lock:
                self._missing.update(announcement.missing)
        words = sum(word != PAUSE for word in utterance.words)
        return self._play(announcement) and len(announcement.missing) < words

    def play_chime(self) -> bool:
        """The chime alone; False when it was not heard, or when there is no file of it."""
        return self._library.chime() is not None and self._play(assemble((), "", self._library))

    def probe(self) -> DeviceState:
        """Ask the device now, with a moment of silence; waits for what is being said."""
        self._sound(Announcement(silence(PROBE_S)))
        return self.state()

    def state(self) -> DeviceState:
        """As the last sound or the last silent question found it."""
        with self._state_lock:
            state, missing = self._state, sorted(self._missing)
        if state.condition is not Condition.READY:
            return state
        unfit = self._library.unfit
        if unfit:
            return replace(state, warning="clips-unfit", hint="convert-clips", facts=_named(unfit))
        if missing:
            return replace(state, warning="clips-missing", hint="restore-clips", facts=_named(missing))
        return state

    def close(self) -> None:
        """Break off what is being said and end the thread."""
        self._closing.set()
        self._player.break_off()
        self._watcher.join(timeout=2)

    def _play(self, announcement: Announcement) -> bool:
        """Play, unless the device is known to hang: every call would be held up for seconds."""
        with self._state_lock:
            hangs = self._state.reason == STUCK
        return not hangs and self._sound(announcement)

    def _sound(self, announcement: Announcement) -> bool:
        with self._turn:
            trouble = self._player.play(announcement.wav, announcement.seconds)
            if trouble is None or trouble.reason != CLOSED:
                self._note(trouble)
        return trouble is None

    def _note(self, trouble: Trouble | None) -> None:
        reason = trouble.reason if trouble is not None else ""
        with self._state_lock:
            news = not self._asked or reason != self._state.reason
            self._asked = True
            if news:
                self._state = _state_of(trouble)
        if news and trouble is None:
            logger.info("the loudspeaker is there")
        elif news and trouble is not None:
            logger.warning("the loudspeaker is lost: %s %s", reason, dict(trouble.facts))

    def _watch(self) -> None:
        self._take_stock()
        cards = self._read_cards()
        self.probe()
        while not self._closing.wait(RECHECK_S):
            before, cards = cards, self._read_cards()
            if cards != before or self.state().condition is not Condition.READY:
                self.probe()

    def _take_stock(self) -> None:
        self._library.check_own()
        gaps = {gap for language in self._library.languages for gap in self._library.gaps(language)}
        with self._state_lock:
            self._missing |= gaps

    def _read_cards(self) -> str:
        try:
            return self._cards.read_text(errors="replace")
        except OSError:
            return ""


def _state_of(trouble: Trouble | None) -> DeviceState:
    now = datetime.now(UTC)
    if trouble is None:
        return DeviceState(Condition.READY, now)
    condition = Condition.MISSING if trouble.reason in MISSING else Condition.FAULT
    return DeviceState(condition, now, trouble.reason, HINTS[trouble.reason], trouble.facts)


def _named(clips: tuple[str, ...] | list[str]) -> dict[str, str]:
    named = ", ".join(clips[:NAMED])
    return {"clips": named if len(clips) <= NAMED else f"{named} …", "count": str(len(clips))}
