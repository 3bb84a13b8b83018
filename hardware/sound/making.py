"""Make the clips that come with Talon: `python -m hardware.sound.making [FOLDER]`, or `make voices`.

Words are cut out of spoken phrases, so that a number in the middle of a sentence doesn't sound like its end. The
synthesiser is RHVoice of Debian 12, section non-free; the same version makes the same bytes. Whose voices they are and
under which licence is told in `clips/NOTICE.md`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hardware.sound.reading_list import READING_LIST
from hardware.sound.tones import chime
from hardware.sound.trimming import RATE, cut, levelled, sounding
from hardware.sound.vocabulary import CHIME, CLIPS, DESKS, END, FEMININE, HUNDREDS, LETTER, TENS, THOUSANDS
from hardware.sound.wav import read_wav, write_wav

PROGRAM = "RHVoice-test"
PACKAGES = ("rhvoice", "rhvoice-russian", "rhvoice-ukrainian")
SHIPPED = Path(__file__).with_name("clips")

INSIDE = frozenset((*DESKS, *TENS, *HUNDREDS, *FEMININE, *THOUSANDS))
"""Words that another word follows at once. The others that don't end a sentence stand before a pause."""

CLOSURE_S = 0.01
"""The mouth is closed for at least so long before a follower, and inside some words too."""

TOLERANCE_S = 0.06
"""A follower lasts equally long whatever the word before it is, but for so much."""

SHORTEST_FOLLOWER_S = 0.15
RULER = "40"
"""The word that the follower is measured behind: `сорок` ends with a long silence in both languages."""

STRESS = "\N{COMBINING ACUTE ACCENT}"


@dataclass(frozen=True, slots=True)
class Speaker:
    """One voice of RHVoice; its speed for words and for letters, in percent of its own; what it says behind them.

    The follower begins with a closed mouth and has no closure inside, so that the silence before it ends the word.
    """

    voice: str
    rate: int
    letter_rate: int
    follower: str


SPEAKERS: Mapping[str, Speaker] = {
    "ru": Speaker("irina", rate=110, letter_rate=100, follower="пани"),
    "uk": Speaker("natalia", rate=100, letter_rate=75, follower="пані"),
}
"""Both come to six or seven syllables a second. A letter is so short that an echo would swallow it: it is slower."""


class NotCut(Exception):  # noqa: N818 - it is what happened
    """The end of a word could not be told from what follows it."""


def phrase_of(clip: str, word: str, follower: str) -> tuple[str, int]:
    """What is spoken for a clip, and how many followers are cut off again."""
    if clip.endswith(END):
        return f"{word}.", 0
    followers = 2 if clip in INSIDE else 1
    return with_followers(word, follower, followers), followers


def with_followers(word: str, follower: str, followers: int) -> str:
    """A word before another word, or before a pause."""
    return f"{word} {follower}, {follower}." if followers == 2 else f"{word}, {follower}."


def word_in(samples: array[int], followers: int, follower_s: float = 0.0) -> array[int]:
    """The word at the beginning of a phrase, without its followers.

    The last follower stands behind a pause. One before it begins `follower_s` before that pause; whatever silence is
    there divides it from the word, and the word may have silences of its own. Raises NotCut.
    """
    parts = sounding(samples, CLOSURE_S)
    if followers:
        begin, end = parts.pop()
        if end - begin < SHORTEST_FOLLOWER_S * RATE or not parts:
            raise NotCut
    if followers == 2:
        begins = parts[-1][1] - follower_s * RATE
        nearest = min(range(len(parts)), key=lambda number: abs(parts[number][0] - begins))
        if abs(parts[nearest][0] - begins) > TOLERANCE_S * RATE:
            raise NotCut
        parts = parts[:nearest]
    if not parts:
        raise NotCut
    return cut(samples, (parts[0][0], parts[-1][1]))


@cache
def follower_s(language: str, rate: int) -> float:
    """How long the follower sounds that stands between a word and a pause."""
    speaker = SPEAKERS[language]
    phrase = with_followers(READING_LIST[language][RULER], speaker.follower, 2)
    begin, end = sounding(synthesise(phrase, speaker.voice, rate), CLOSURE_S)[-2]
    return (end - begin) / RATE


def synthesise(text: str, voice: str, rate: int) -> array[int]:
    """Speak a phrase. Raises CalledProcessError, or TimeoutExpired after a minute."""
    with tempfile.TemporaryDirectory() as folder:
        spoken = Path(folder, "spoken.wav")
        command = [PROGRAM, "-p", voice, "-q", "max", "-r", str(rate), "-o", str(spoken)]
        subprocess.run(command, input=text.encode(), check=True, timeout=60)
        return read_wav(spoken)


def make_clip(language: str, clip: str) -> array[int]:
    """One clip: spoken, cut out, brought to the loudness of all. Raises NotCut, and as `synthesise` does."""
    speaker = SPEAKERS[language]
    rate = speaker.letter_rate if clip.startswith(LETTER) else speaker.rate
    word = READING_LIST[language][clip]
    if word.startswith("+"):
        word = word[1] + STRESS + word[2:]
    phrase, followers = phrase_of(clip, word, speaker.follower)
    samples = synthesise(phrase, speaker.voice, rate)
    return levelled(word_in(samples, followers, follower_s(language, rate) if followers == 2 else 0.0))


def make_all(folder: Path) -> int:
    """Write every clip and the chime below `folder`; how many bytes they have."""
    for language in SPEAKERS:
        (folder / language).mkdir(parents=True, exist_ok=True)
        for clip in CLIPS:
            write_wav(folder / language / f"{clip}.wav", make_clip(language, clip))
    write_wav(folder / f"{CHIME}.wav", levelled(chime()))
    return sum(file.stat().st_size for file in folder.rglob("*.wav"))


def main(arguments: list[str]) -> int:
    """The command; exit code 2 where the synthesiser is missing."""
    if shutil.which(PROGRAM) is None:
        print(f"{PROGRAM} is not installed: apt-get install {' '.join(PACKAGES)}", file=sys.stderr)
        print("(Debian 12, section non-free; see docs/voice.md)", file=sys.stderr)
        return 2
    folder = Path(arguments[0]) if arguments else SHIPPED
    size = make_all(folder)
    print(f"{len(SPEAKERS)} x {len(CLIPS)} clips and the chime in {folder}: {size / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
