"""Announcements put together: every one from 1 to 999, what is missing, and the office's own recordings."""

from __future__ import annotations

import wave
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.domain.speech import announcement
from hardware.sound.assembling import AFTER_CHIME_S, BETWEEN_WORDS_S, LEAD_IN_S, PAUSE_S, assemble
from hardware.sound.library import SHIPPED, ClipLibrary
from hardware.sound.trimming import RATE
from hardware.sound.vocabulary import CLIPS, END, PAUSE
from hardware.sound.wav import UnfitWav, read_wav, wav_bytes, write_wav

LEAD_IN, AFTER_CHIME, BETWEEN, BREATH = (
    round(seconds * RATE) for seconds in (LEAD_IN_S, AFTER_CHIME_S, BETWEEN_WORDS_S, PAUSE_S)
)


@dataclass
class Shelf:
    """Clips of one language, each a few samples of its own value."""

    clips: Mapping[str, array[int]]

    def clip(self, language: str, *names: str) -> array[int] | None:
        return next((self.clips[name] for name in names if name in self.clips), None)

    def chime(self) -> array[int] | None:
        return self.clips.get("chime")


def tone(value: int, count: int = 5) -> array[int]:
    return array("h", [value] * count)


SHELF = Shelf(
    {"chime": tone(9), "ticket": tone(1), "letter-a": tone(2), "5": tone(3), "5-end": tone(4), "100": tone(6)}
)


@pytest.mark.parametrize("language", ["ru", "uk"])
def test_every_call_from_1_to_999_is_as_long_as_its_clips(language: str) -> None:
    library = ClipLibrary()
    lengths = {clip: len(read_wav(SHIPPED / language / f"{clip}.wav")) for clip in CLIPS}
    chime = len(read_wav(SHIPPED / "chime.wav"))
    for number in range(1, 1000):
        said = announcement("А", number, number % 19 + 1, language, "window")
        names = ["letter-a" if word == "А" else word for word in said.words if word != PAUSE]
        names[-1] += END
        gaps = len(names) - 2
        made = assemble(said.words, language, library)
        assert made.missing == ()
        expected = LEAD_IN + chime + AFTER_CHIME + sum(lengths[name] for name in names) + gaps * BETWEEN + BREATH
        assert len(made.samples) == expected
        assert made.seconds == expected / RATE < 8


def test_chime_words_and_silences_in_their_order() -> None:
    made = assemble(("ticket", "А", PAUSE, "100", "5"), "ru", SHELF)
    runs = [(value, sum(1 for _ in group)) for value, group in _runs(made.samples)]
    assert runs == [
        (0, LEAD_IN),
        (9, 5),
        (0, AFTER_CHIME),
        (1, 5),
        (0, BETWEEN),
        (2, 5),
        (0, BREATH),
        (6, 5),
        (0, BETWEEN),
        (4, 5),
    ]


def _runs(samples: array[int]) -> list[tuple[int, list[int]]]:
    runs: list[tuple[int, list[int]]] = []
    for sample in samples:
        if runs and runs[-1][0] == sample:
            runs[-1][1].append(sample)
        else:
            runs.append((sample, [sample]))
    return runs


def test_only_the_last_word_falls_and_only_where_there_is_a_clip_that_does() -> None:
    assert assemble(("5",), "ru", SHELF, chime=False).samples[LEAD_IN:] == tone(4)
    assert assemble(("100",), "ru", SHELF, chime=False).samples[LEAD_IN:] == tone(6)
    assert 4 not in assemble(("5", "100"), "ru", SHELF, chime=False).samples


def test_a_word_without_a_clip_is_named_and_the_rest_is_said() -> None:
    made = assemble(("ticket", "Ґ", "7", PAUSE, "5"), "uk", SHELF, chime=False)
    assert made.missing == ("uk/letter-ghe-with-upturn", "uk/7")
    assert 1 in made.samples
    assert 4 in made.samples


def test_without_a_chime_the_words_are_said() -> None:
    assert assemble(("5",), "ru", Shelf({"5": tone(3)}), chime=True).samples[LEAD_IN:] == tone(3)


@settings(deadline=None)
@given(st.lists(st.sampled_from(["ticket", "А", "5", "100", "absent", PAUSE]), max_size=12), st.booleans())
def test_whatever_is_asked_the_sound_is_whole_clips_and_silence(words: list[str], chime: bool) -> None:
    made = assemble(words, "ru", SHELF, chime)
    known = sum(word in ("ticket", "А", "5", "100") for word in words)
    assert len([sample for sample in made.samples if sample]) == 5 * (known + chime)
    assert len(made.missing) == words.count("absent")
    with wave.open(BytesIO(made.wav)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        assert file.readframes(file.getnframes()) == made.samples.tobytes()


def test_a_recording_of_the_office_goes_before_the_shipped_clip_word_by_word(tmp_path: Path) -> None:
    (tmp_path / "ru").mkdir()
    write_wav(tmp_path / "ru" / "5.wav", tone(77))
    library = ClipLibrary(tmp_path)
    assert library.clip("ru", "5") == tone(77)
    assert library.clip("ru", "6") == read_wav(SHIPPED / "ru" / "6.wav")
    assert library.clip("uk", "5") == read_wav(SHIPPED / "uk" / "5.wav")


def test_one_person_speaks_a_number_even_where_only_its_plain_word_was_recorded(tmp_path: Path) -> None:
    (tmp_path / "ru").mkdir()
    write_wav(tmp_path / "ru" / "5.wav", tone(77))
    assert assemble(("5",), "ru", ClipLibrary(tmp_path), chime=False).samples[LEAD_IN:] == tone(77)
    write_wav(tmp_path / "ru" / "5-end.wav", tone(78))
    assert assemble(("5",), "ru", ClipLibrary(tmp_path), chime=False).samples[LEAD_IN:] == tone(78)


def test_an_office_may_add_a_language_of_its_own(tmp_path: Path) -> None:
    assert ClipLibrary().languages == {"ru", "uk"}
    (tmp_path / "en").mkdir()
    write_wav(tmp_path / "en" / "ticket.wav", tone(1))
    library = ClipLibrary(tmp_path)
    assert library.languages == {"ru", "uk", "en"}
    gaps = library.gaps("en")
    assert "en/ticket" not in gaps
    assert {"en/5", "en/window", "en/letter-a"} <= set(gaps)
    assert not any(gap.endswith(END) for gap in gaps)


def test_a_file_that_cannot_be_used_is_named_and_the_shipped_one_is_said(tmp_path: Path) -> None:
    (tmp_path / "ru").mkdir()
    (tmp_path / "ru" / "5.wav").write_bytes(b"not a recording")
    stereo = BytesIO()
    with wave.open(stereo, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44_100)
        file.writeframes(bytes(400))
    (tmp_path / "ru" / "6.wav").write_bytes(stereo.getvalue())
    library = ClipLibrary(tmp_path)
    library.check_own()
    assert library.unfit == ("ru/5", "ru/6")
    assert library.clip("ru", "5") == read_wav(SHIPPED / "ru" / "5.wav")
    write_wav(tmp_path / "ru" / "5.wav", tone(77))
    assert library.clip("ru", "5") == tone(77)
    assert library.unfit == ("ru/6",)


def test_an_absent_folder_changes_nothing(tmp_path: Path) -> None:
    library = ClipLibrary(tmp_path / "nowhere")
    library.check_own()
    assert library.unfit == ()
    assert library.clip("uk", "5") is not None


@pytest.mark.parametrize("content", [b"", b"RIFF", b"RIFF\x00\x00\x00\x00WAVE"])
def test_what_is_no_wav_file_is_unfit(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(content)
    with pytest.raises(UnfitWav):
        read_wav(tmp_path / "x.wav")


@settings(deadline=None)
@given(st.lists(st.integers(-32_768, 32_767), max_size=50))
def test_a_file_gives_back_its_samples(tmp_path_factory: pytest.TempPathFactory, samples: list[int]) -> None:
    path = tmp_path_factory.mktemp("wav") / "x.wav"
    path.write_bytes(wav_bytes(array("h", samples)))
    assert read_wav(path) == array("h", samples)
