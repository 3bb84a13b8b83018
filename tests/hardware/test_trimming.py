"""From a phrase to a clip: where words lie, what is cut, how loud it becomes."""

from __future__ import annotations

import math
from array import array
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.sound import making
from hardware.sound.library import SHIPPED
from hardware.sound.making import NotCut, main, make_clip, phrase_of, word_in
from hardware.sound.trimming import FRAME, FULL, LOUDNESS, PAD_S, PEAK, RATE, cut, levelled, loudness, sounding
from hardware.sound.vocabulary import CLIPS
from hardware.sound.wav import read_wav

PAD = round(PAD_S * RATE)


def sound(*frames: int) -> array[int]:
    """Frames of a tone, and of silence for negative numbers: `sound(10, -4, 6)`."""
    samples = array("h")
    for count in frames:
        length = abs(count) * FRAME
        samples += array("h", (round(8000 * math.sin(n / 5)) if count > 0 else 0 for n in range(length)))
    return samples


def frames(*spans: tuple[int, int]) -> list[tuple[int, int]]:
    return [(first * FRAME, last * FRAME) for first, last in spans]


def test_silence_divides_what_sounds_when_it_is_long_enough() -> None:
    phrase = sound(-6, 20, -3, 10, -30, 8, -5)
    assert sounding(phrase, 0.01) == frames((6, 26), (29, 39), (69, 77))
    assert sounding(phrase, 0.03) == frames((6, 39), (69, 77))
    assert sounding(sound(-40), 0.01) == []


def test_a_crackle_of_two_frames_is_silence() -> None:
    assert sounding(sound(20, -10, 2, -10, 8), 0.02) == frames((0, 20), (42, 50))


@settings(deadline=None)
@given(st.lists(st.integers(3, 30), min_size=1, max_size=6), st.lists(st.integers(4, 30), min_size=7, max_size=7))
def test_parts_are_in_order_and_apart(lengths: list[int], gaps: list[int]) -> None:
    pieces = [piece for length, gap in zip(lengths, gaps, strict=False) for piece in (-gap, length)]
    parts = sounding(sound(*pieces), 0.02)
    assert len(parts) == len(lengths)
    assert all(before[1] < after[0] for before, after in pairwise(parts))


def test_a_cut_begins_and_ends_softly() -> None:
    clip = cut(sound(-10, 20, -10), (10 * FRAME, 30 * FRAME))
    assert len(clip) == 20 * FRAME + 2 * PAD
    assert clip[0] == clip[-1] == 0


@pytest.mark.parametrize("gain", [0.1, 0.5, 1.0, 4.0])
def test_every_clip_becomes_equally_loud(gain: float) -> None:
    quieter = array("h", (max(-FULL, min(FULL, round(sample * gain))) for sample in sound(40)))
    louder = levelled(quieter)
    assert loudness(louder) == pytest.approx(LOUDNESS, rel=0.02)
    assert max(map(abs, louder)) <= PEAK * FULL + 1


def test_a_peak_bounds_the_loudness() -> None:
    spiky = sound(40)
    spiky[100] = FULL
    assert max(map(abs, levelled(spiky))) <= PEAK * FULL + 1
    assert levelled(sound(-5)) == sound(-5)


FOLLOWER_S = 60 * FRAME / RATE


def test_a_word_ends_where_its_follower_begins_and_may_have_silences_inside() -> None:
    word = sound(-4, 20, -6, 10)
    expected = 36 * FRAME + 2 * PAD
    assert len(word_in(word + sound(-4), 0)) == expected
    assert len(word_in(word + sound(-20, 60, -4), 1)) == expected
    assert len(word_in(word + sound(-9, 60, -20, 80, -4), 2, FOLLOWER_S)) == expected
    assert len(word_in(word + sound(-9, 55, -20, 80, -4), 2, FOLLOWER_S)) == expected


def test_a_word_that_runs_into_its_follower_is_not_cut() -> None:
    for phrase, followers in (
        (sound(-4, 90, -20, 60), 2),
        (sound(-4, 60, -20, 60), 2),
        (sound(-4, 60), 1),
        (sound(-4, 60, -20, 20), 1),
    ):
        with pytest.raises(NotCut):
            word_in(phrase, followers, FOLLOWER_S)


def test_what_is_spoken_for_a_clip() -> None:
    assert phrase_of("5-end", "пять", "пани") == ("пять.", 0)
    assert phrase_of("5", "пять", "пани") == ("пять, пани.", 1)
    assert phrase_of("100", "сто", "пани") == ("сто пани, пани.", 2)


def test_without_the_synthesiser_the_command_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(making, "PROGRAM", "no-such-synthesiser")
    assert main([str(tmp_path)]) == 2
    assert "apt-get install rhvoice rhvoice-russian rhvoice-ukrainian" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_command_makes_every_clip(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(making.shutil, "which", lambda _: "/usr/bin/synthesiser")
    monkeypatch.setattr(making, "make_clip", lambda language, clip: sound(4))
    assert main([str(tmp_path)]) == 0
    assert {file.stem for file in (tmp_path / "uk").glob("*.wav")} == set(CLIPS)
    assert read_wav(tmp_path / "chime.wav") == read_wav(SHIPPED / "chime.wav")


@pytest.mark.skipif(making.shutil.which(making.PROGRAM) is None, reason="RHVoice is not installed")
@pytest.mark.parametrize(("language", "clip"), [("ru", "letter-i"), ("ru", "200"), ("uk", "5"), ("uk", "5-end")])
def test_the_shipped_clips_can_be_made_again(language: str, clip: str) -> None:
    assert make_clip(language, clip) == read_wav(SHIPPED / language / f"{clip}.wav")
