"""The clips that come with Talon: all are there, none is cut short, and all are equally loud."""

from __future__ import annotations

import math
import re
import unicodedata
from array import array
from pathlib import Path

import pytest

from appliance.domain.speech import NUMERALS, announcement
from hardware.sound.assembling import assemble
from hardware.sound.library import SHIPPED, ClipLibrary
from hardware.sound.reading_list import READING_LIST
from hardware.sound.tones import LENGTH_S, SECOND_S, TONES_HZ
from hardware.sound.trimming import FRAME, FULL, LOUDNESS, PEAK, QUIET, RATE, levels, loudness
from hardware.sound.vocabulary import CHIME, CLIPS, END, ENDS, LETTERS, clip_of
from hardware.sound.wav import read_wav

LANGUAGES = ("ru", "uk")
ALPHABETS = {"ru": "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ", "uk": "АБВГҐДЕЄЖЗИІЇЙКЛМНОПРСТУФХЦЧШЩЬЮЯ"}
LARGEST_BYTES = 5_000_000
"""They lie in the repository and in every image."""

FILES = sorted(SHIPPED.rglob("*.wav"))


def test_every_language_has_exactly_these_clips() -> None:
    names = {file.relative_to(SHIPPED).with_suffix("").as_posix() for file in FILES}
    assert names == {CHIME, *(f"{language}/{clip}" for language in LANGUAGES for clip in CLIPS)}
    assert len(set(CLIPS)) == len(CLIPS)


def test_they_are_small() -> None:
    assert sum(file.stat().st_size for file in FILES) < LARGEST_BYTES


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_clip_is_trimmed_and_as_loud_as_the_others(file: Path) -> None:
    samples = read_wav(file)
    heard = [number for number, level in enumerate(levels(samples)) if level >= QUIET]
    assert heard[0] * FRAME <= 0.02 * RATE
    assert len(samples) - (heard[-1] + 1) * FRAME <= 0.02 * RATE
    assert abs(20 * math.log10(loudness(samples) / LOUDNESS)) < 1.5
    assert max(map(abs, samples)) <= PEAK * FULL + 1
    assert abs(samples[0]) < 0.01 * FULL
    assert abs(samples[-1]) < 0.01 * FULL


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_clip_is_as_long_as_its_word(language: str) -> None:
    """A word that was cut short, or has kept what followed it, doesn't last as long as its syllables do."""
    for clip in CLIPS:
        syllables = len(re.findall("[аеёиоуыэюяєії]", READING_LIST[language][clip]))
        seconds = len(read_wav(SHIPPED / language / f"{clip}.wav")) / RATE
        assert 0.1 * syllables <= seconds <= 0.25 + 0.3 * syllables, (clip, seconds)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_end_of_a_sentence_is_another_recording(language: str) -> None:
    for clip in ENDS:
        inside = SHIPPED / language / f"{clip.removesuffix(END)}.wav"
        assert inside.read_bytes() != (SHIPPED / language / f"{clip}.wav").read_bytes()


def pitch(samples: array[int], begins_s: float) -> float:
    """The pitch of 40 ms in Hz, by autocorrelation."""
    start, length = round(begins_s * RATE), round(0.04 * RATE)
    piece = samples[start : start + length]

    def likeness(lag: int) -> int:
        return sum(map(int.__mul__, piece[: length - lag], piece[lag:]))

    return RATE / max(range(RATE // 400, RATE // 90), key=likeness)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", ["2", "4", "7", "8"])
def test_the_voice_falls_at_the_end_of_a_sentence(language: str, number: str) -> None:
    """Words of vowels and nasals alone at their end, so that a pitch can be measured there."""
    inside, end = (read_wav(SHIPPED / language / f"{number}{ending}.wav") for ending in ("", END))
    assert pitch(end, len(end) / RATE - 0.1) < pitch(inside, len(inside) / RATE - 0.1)


def test_the_chime_is_two_falling_tones() -> None:
    samples = read_wav(SHIPPED / f"{CHIME}.wav")
    assert len(samples) == round(LENGTH_S * RATE) == 0.6 * RATE
    first, second = samples[: round(SECOND_S * RATE)], samples[round(SECOND_S * RATE) :]
    assert TONES_HZ[0] > TONES_HZ[1]
    assert strength(first, TONES_HZ[0]) > 10 * strength(first, TONES_HZ[1])
    assert strength(second, TONES_HZ[1]) > strength(second, TONES_HZ[0])


def strength(samples: array[int], hz: float) -> float:
    """How much of a pitch there is."""
    turns = [math.tau * hz * number / RATE for number in range(len(samples))]
    real = sum(sample * math.cos(turn) for sample, turn in zip(samples, turns, strict=True))
    imaginary = sum(sample * math.sin(turn) for sample, turn in zip(samples, turns, strict=True))
    return math.hypot(real, imaginary) / len(samples)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_reading_list_is_what_the_rules_spell(language: str) -> None:
    words = READING_LIST[language]
    assert set(words) == set(CLIPS)
    for name, word in NUMERALS[language].items():
        assert words[clip_of(name)].replace("'", "’") == word


def test_letters_are_named_as_unicode_names_them() -> None:
    for letter, name in LETTERS.items():
        full = unicodedata.name(letter).removeprefix("CYRILLIC CAPITAL LETTER ")
        assert full.lower().replace(" ", "-") == name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_number_and_desk_can_be_said(language: str) -> None:
    library = ClipLibrary()
    assert library.gaps(language) == ()
    for series in {*ALPHABETS["ru"], *ALPHABETS["uk"]}:
        said = announcement(series, 1, 1, language, "window")
        assert assemble(said.words, language, library).missing == ()
    for number in (*range(10, 1000, 10), 1001, 2222, 5678, 9999):
        said = announcement("А", number, number % 999 + 1, language, "workplace")
        assert assemble(said.words, language, library, chime=False).missing == ()


def test_the_notice_names_voices_licence_and_version() -> None:
    notice = (SHIPPED / "NOTICE.md").read_text()
    for told in ("irina", "natalia", "LGPL-2.1", "1.8.0+dfsg-3", "hardware.sound.making"):
        assert told in notice
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in (SHIPPED / "LGPL-2.1.txt").read_text()
