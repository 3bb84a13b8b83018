"""The loudspeaker: what aplay played is what was assembled, and whatever goes wrong with it is a state."""

from __future__ import annotations

import os
import shutil
import stat
import threading
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

from appliance.domain.speech import announcement
from hardware.ports import Condition, Utterance
from hardware.sound import aplay, clip_voice
from hardware.sound.aplay import Aplay
from hardware.sound.assembling import assemble
from hardware.sound.clip_voice import ClipVoice
from hardware.sound.library import SHIPPED, ClipLibrary
from hardware.sound.wav import read_wav, write_wav

PATIENCE_S = 20.0

needs_alsa = pytest.mark.skipif(shutil.which("aplay") is None, reason="aplay (alsa-utils) is not installed")

SPOKEN = """\
#!/bin/sh
cat >/dev/null
echo begin >>{log}
sleep {seconds}
echo end >>{log}
"""
FAILING = """\
#!/bin/sh
cat >/dev/null
echo '{told}' >&2
exit 1
"""
HANGING = """\
#!/bin/sh
echo $$ >>{log}
exec sleep 60
"""


def utterance(number: int = 105, language: str = "ru", series: str = "А") -> Utterance:
    said = announcement(series, number, 3, language, "window")
    return Utterance(said.text, language, said.words)


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = monotonic() + PATIENCE_S
    while not holds():
        assert monotonic() < deadline, "it never came true"
        sleep(0.01)


class Hall:
    """Loudspeakers for one test, closed after it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"
        self.cards = folder / "cards"
        self._made: list[ClipVoice] = []

    def program(self, script: str, **facts: object) -> str:
        """An executable that stands in for aplay."""
        path = self.folder / f"aplay-{len(list(self.folder.iterdir()))}"
        path.write_text(script.format(log=self.log, **facts))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return str(path)

    def voice(
        self, device: str = "hall", program: str = "aplay", library: ClipLibrary | None = None, chime: bool = True
    ) -> ClipVoice:
        player = Aplay(device, program, nodes=self.folder / "no-cards")
        made = ClipVoice(library or ClipLibrary(), player, chime=chime, cards=self.cards)
        self._made.append(made)
        return made

    def logged(self) -> list[str]:
        return self.log.read_text().split() if self.log.exists() else []

    def close(self) -> None:
        for voice in self._made:
            voice.close()


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    made = Hall(tmp_path)
    yield made
    made.close()


def alsa(monkeypatch: pytest.MonkeyPatch, folder: Path, device: str = "hall") -> Path:
    """Describe a device to ALSA that writes what it plays into the returned file, and there is no other device."""
    played = folder / "played.raw"
    described = folder / "asound.conf"
    described.write_text(f'pcm.{device} {{ type file slave.pcm {{ type null }} file "{played}" format "raw" }}\n')
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(described))
    return played


def same_but_for_the_last_period(played: Path, samples: array[int]) -> None:
    """ALSA fills its last period with silence."""
    heard = array("h", played.read_bytes())
    assert heard[: len(samples)] == samples
    assert not any(heard[len(samples) :])


@needs_alsa
@pytest.mark.parametrize("language", ["ru", "uk"])
@pytest.mark.parametrize("chime", [True, False])
def test_what_is_played_is_what_was_assembled(
    monkeypatch: pytest.MonkeyPatch, hall: Hall, language: str, chime: bool
) -> None:
    played = alsa(monkeypatch, hall.folder)
    voice = hall.voice(chime=chime)
    wait_until(lambda: voice.state().condition is Condition.READY)
    for number in (7, 105, 999):
        said = utterance(number, language)
        assert voice.say(said)
        same_but_for_the_last_period(played, assemble(said.words, language, ClipLibrary(), chime).samples)
    assert voice.play_chime()
    same_but_for_the_last_period(played, assemble((), "", ClipLibrary()).samples)


@needs_alsa
def test_an_unknown_device_is_missing_and_heals_when_it_comes_back(
    monkeypatch: pytest.MonkeyPatch, hall: Hall, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(clip_voice, "RECHECK_S", 0.02)
    alsa(monkeypatch, hall.folder, device="elsewhere")
    with caplog.at_level("INFO", logger=clip_voice.__name__):
        voice = hall.voice()
        wait_until(lambda: voice.state().facts == {"device": "hall"})
        lost = voice.state()
        assert (lost.condition, lost.reason, lost.hint) == (Condition.MISSING, "no-loudspeaker", "connect-loudspeaker")
        assert voice.say(utterance()) is False
        assert voice.state().since == lost.since
        alsa(monkeypatch, hall.folder)
        wait_until(lambda: voice.state().condition is Condition.READY)
        assert voice.say(utterance())
        alsa(monkeypatch, hall.folder, device="elsewhere")
        assert voice.say(utterance()) is False
        assert voice.state().condition is Condition.MISSING
        alsa(monkeypatch, hall.folder)
        wait_until(lambda: voice.state().condition is Condition.READY)
    levels = [record.levelname for record in caplog.records]
    assert levels == ["WARNING", "INFO", "WARNING", "INFO"]


@needs_alsa
def test_the_silent_question_is_silent(monkeypatch: pytest.MonkeyPatch, hall: Hall) -> None:
    played = alsa(monkeypatch, hall.folder)
    assert hall.voice().probe().condition is Condition.READY
    assert not any(played.read_bytes())


def test_a_new_sound_card_is_asked_even_while_all_seems_well(monkeypatch: pytest.MonkeyPatch, hall: Hall) -> None:
    monkeypatch.setattr(clip_voice, "RECHECK_S", 0.02)
    voice = hall.voice(program=hall.program(SPOKEN, seconds=0))
    wait_until(lambda: voice.state().condition is Condition.READY)
    sleep(0.1)
    asked = len(hall.logged())
    hall.cards.write_text(" 0 [Device ]: USB-Audio\n")
    wait_until(lambda: len(hall.logged()) > asked)
    wait_until(lambda: len(hall.logged()) % 2 == 0)
    settled = len(hall.logged())
    sleep(0.1)
    assert len(hall.logged()) == settled


def test_two_announcements_never_overlap(hall: Hall) -> None:
    voice = hall.voice(program=hall.program(SPOKEN, seconds=0.05))
    answers: list[bool] = []
    speakers = [threading.Thread(target=lambda: answers.append(voice.say(utterance()))) for _ in range(4)]
    speakers.append(threading.Thread(target=lambda: answers.append(voice.play_chime())))
    for speaker in speakers:
        speaker.start()
    for speaker in speakers:
        speaker.join(PATIENCE_S)
    assert answers == [True] * 5
    wait_until(lambda: len(hall.logged()) >= 12)
    assert hall.logged() == ["begin", "end"] * 6


@pytest.mark.parametrize(
    ("told", "condition", "reason", "hint"),
    [
        ("audio open error: Device or resource busy", Condition.FAULT, "loudspeaker-busy", "end-other-sound"),
        ("audio open error: No such device", Condition.MISSING, "no-loudspeaker", "connect-loudspeaker"),
        ("aplay: pcm_write:2127: write error: No such device", Condition.MISSING, "no-loudspeaker", None),
        ("ALSA lib pcm.c:2666: Unknown PCM hall", Condition.MISSING, "no-loudspeaker", None),
        ("audio open error: Permission denied", Condition.FAULT, "sound-not-allowed", "join-audio-group"),
        ("aplay: set_params:1456: Channels count non available", Condition.FAULT, "playback-failed", None),
    ],
)
def test_what_aplay_says_becomes_a_state(
    hall: Hall, told: str, condition: Condition, reason: str, hint: str | None
) -> None:
    voice = hall.voice(program=hall.program(FAILING, told=told))
    state = voice.probe()
    assert (state.condition, state.reason) == (condition, reason)
    assert state.hint == (hint or clip_voice.HINTS[reason])
    assert state.facts["device"] == "hall"
    assert (state.facts.get("detail") == told) == (reason == "playback-failed")
    assert voice.say(utterance()) is False


def test_without_aplay_there_is_no_voice(hall: Hall, caplog: pytest.LogCaptureFixture) -> None:
    voice = hall.voice(program="no-such-player")
    with caplog.at_level("WARNING", logger=clip_voice.__name__):
        for _ in range(3):
            state = voice.probe()
    assert (state.condition, state.reason, state.hint) == (Condition.MISSING, "aplay-missing", "install-alsa-utils")
    assert voice.say(utterance()) is False
    assert len(caplog.records) <= 1


@pytest.mark.parametrize(("allowed", "reason"), [(True, "no-loudspeaker"), (False, "sound-not-allowed")])
def test_a_card_that_this_user_may_not_open_is_told_as_such(
    monkeypatch: pytest.MonkeyPatch, hall: Hall, allowed: bool, reason: str
) -> None:
    told = "audio open error: No such file or directory"
    nodes = hall.folder / "snd"
    nodes.mkdir()
    (nodes / "controlC0").touch()
    monkeypatch.setattr(aplay.os, "access", lambda *_: allowed)  # root may open everything
    trouble = Aplay("hall", hall.program(FAILING, told=told), nodes).play(b"", 0.1)
    assert trouble is not None
    assert trouble.reason == reason


def test_a_player_that_hangs_is_ended_and_holds_up_no_further_call(monkeypatch: pytest.MonkeyPatch, hall: Hall) -> None:
    monkeypatch.setattr(aplay, "GRACE_S", 0.3)
    voice = hall.voice(program=hall.program(HANGING))
    state = voice.probe()
    assert (state.condition, state.reason) == (Condition.FAULT, "loudspeaker-stuck")
    wait_until(lambda: len(hall.logged()) == 2)  # this question, and the one that every voice begins with
    wait_until(lambda: not any(lives(int(pid)) for pid in hall.logged()))
    assert voice.say(utterance()) is False
    assert voice.play_chime() is False
    assert len(hall.logged()) == 2


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_closing_breaks_off_what_is_being_said(hall: Hall) -> None:
    voice = hall.voice(program=hall.program(HANGING))
    wait_until(lambda: len(hall.logged()) == 1)  # the first silent question hangs
    answers: list[bool] = []
    speaker = threading.Thread(target=lambda: answers.append(voice.say(utterance())))
    speaker.start()
    voice.close()
    speaker.join(PATIENCE_S)
    assert answers == [False]
    assert voice.say(utterance()) is False
    assert len(hall.logged()) == 1


def test_missing_clips_are_named_and_the_rest_is_said(hall: Hall) -> None:
    shelf = hall.folder / "shelf"
    shutil.copytree(SHIPPED, shelf)
    for clip in ("letter-be", "7"):
        (shelf / "uk" / f"{clip}.wav").unlink()
    voice = hall.voice(program=hall.program(SPOKEN, seconds=0), library=ClipLibrary(shipped=shelf))
    wait_until(lambda: voice.state().condition is Condition.READY)
    state = voice.state()
    assert (state.warning, state.hint) == ("clips-missing", "restore-clips")
    assert state.facts == {"clips": "uk/7, uk/letter-be", "count": "2"}
    assert voice.say(utterance(7, "uk", "Б"))


def test_many_missing_clips_are_counted(hall: Hall) -> None:
    shelf = hall.folder / "shelf"
    (shelf / "uk").mkdir(parents=True)
    shutil.copy(SHIPPED / "uk" / "ticket.wav", shelf / "uk")
    voice = hall.voice(program=hall.program(SPOKEN, seconds=0), library=ClipLibrary(shipped=shelf))
    wait_until(lambda: voice.state().condition is Condition.READY)
    facts = voice.state().facts
    assert facts["count"] == "81"
    assert facts["clips"].endswith(" …")
    assert facts["clips"].count(",") == 4


def test_a_language_without_any_clip_is_not_heard(hall: Hall) -> None:
    voice = hall.voice(program=hall.program(SPOKEN, seconds=0), chime=False)
    assert voice.languages == {"ru", "uk"}
    assert voice.say(utterance(7, "en", "В")) is False


def test_without_a_file_of_it_there_is_no_chime(hall: Hall) -> None:
    voice = hall.voice(
        program=hall.program(SPOKEN, seconds=0), library=ClipLibrary(shipped=hall.folder / "nothing-here")
    )
    assert voice.play_chime() is False
    assert voice.say(utterance()) is False


def test_a_recording_that_cannot_be_used_is_a_warning_until_it_can(hall: Hall) -> None:
    own = hall.folder / "own"
    (own / "ru").mkdir(parents=True)
    (own / "ru" / "100.wav").write_bytes(b"a song")
    voice = hall.voice(program=hall.program(SPOKEN, seconds=0), library=ClipLibrary(own))
    wait_until(lambda: voice.state().condition is Condition.READY)
    state = voice.state()
    assert (state.warning, state.hint, state.facts["clips"]) == ("clips-unfit", "convert-clips", "ru/100")
    assert voice.say(utterance(105))
    write_wav(own / "ru" / "100.wav", read_wav(SHIPPED / "ru" / "200.wav"))
    assert voice.say(utterance(105))
    assert voice.state().warning == ""
