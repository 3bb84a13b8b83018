"""From words to one piece of sound: chime, clips, the silences between them."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from hardware.sound.trimming import RATE
from hardware.sound.vocabulary import END, PAUSE, clip_of
from hardware.sound.wav import wav_bytes

LEAD_IN_S = 0.1
"""Silence first: many loudspeakers need a moment to wake."""

AFTER_CHIME_S = 0.25
BETWEEN_WORDS_S = 0.06
PAUSE_S = 0.35


class Clips(Protocol):
    """Where clips are read from."""

    def clip(self, language: str, *names: str) -> array[int] | None:
        """The samples of the first of these clips that there is, None where there is none."""

    def chime(self) -> array[int] | None:
        """The chime, None where there is none."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """Sound that is ready to be played; `missing`: the words that have no clip and are left out, as `LANGUAGE/NAME`."""

    samples: array[int]
    missing: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / RATE

    @property
    def wav(self) -> bytes:
        """A whole WAV file of it."""
        return wav_bytes(self.samples)


def silence(seconds: float) -> array[int]:
    """So much of nothing."""
    return array("h", bytes(2 * round(seconds * RATE)))


def assemble(words: Sequence[str], language: str, clips: Clips, chime: bool = True) -> Announcement:
    """Put an announcement together.

    A word without a clip is left out and named, the rest is said. The last word falls as a sentence does, where there
    is a clip of it that does.
    """
    samples = silence(LEAD_IN_S)
    first = clips.chime() if chime else None
    if first is not None:
        samples += first + silence(AFTER_CHIME_S)
    missing = []
    last_word = len(words) - 1
    for place, word in enumerate(words):
        if word == PAUSE:
            samples += silence(PAUSE_S)
            continue
        name = clip_of(word)
        names = (name + END, name) if place == last_word else (name,)
        clip = clips.clip(language, *names)
        if clip is None:
            missing.append(f"{language}/{name}")
            continue
        samples += clip
        if place < last_word and words[place + 1] != PAUSE:
            samples += silence(BETWEEN_WORDS_S)
    return Announcement(samples, tuple(missing))
