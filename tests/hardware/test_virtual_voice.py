"""The voice of the simulated office, and of an office that has none."""

from __future__ import annotations

import threading
import wave
from io import BytesIO
from time import monotonic

from appliance.domain.speech import announcement
from hardware.ports import Condition, Utterance
from hardware.simulator.voice import VirtualVoice
from hardware.sound.assembling import assemble
from hardware.sound.library import ClipLibrary
from hardware.sound.silent import SilentVoice
from hardware.sound.wav import wav_bytes


def say(text: str, language: str = "ru") -> Utterance:
    return Utterance(text, language)


def test_the_silent_voice_is_missing_and_says_nothing() -> None:
    voice = SilentVoice()
    assert voice.say(say("Талон А сто пять")) is False
    assert voice.play_chime() is False
    assert voice.languages == frozenset()
    assert voice.state().condition is Condition.MISSING
    voice.close()


def test_the_virtual_voice_keeps_the_last_fifty_texts() -> None:
    voice = VirtualVoice()
    for number in range(60):
        assert voice.say(say(f"Талон {number}", "uk"))
    heard = voice.heard()
    assert len(heard) == 50
    assert (heard[-1].text, heard[-1].language) == ("Талон 59", "uk")
    assert heard[0].at <= heard[-1].at


def test_the_virtual_voice_speaks_for_its_duration() -> None:
    voice = VirtualVoice(seconds=0.05)
    before = monotonic()
    assert voice.say(say("Талон 1"))
    assert monotonic() - before >= 0.05


def test_unplugging_breaks_off_what_is_being_said() -> None:
    voice = VirtualVoice(seconds=30)
    answers: list[bool] = []
    speaker = threading.Thread(target=lambda: answers.append(voice.say(say("Талон 1"))))
    speaker.start()
    voice.unplug()
    speaker.join(timeout=5)
    assert answers == [False]
    assert voice.state().condition is Condition.MISSING
    assert voice.heard() == []
    assert voice.play_chime() is False
    voice.seconds = 0
    voice.plug()
    assert voice.say(say("Талон 2"))
    assert voice.play_chime()
    assert voice.state().condition is Condition.READY
    assert [spoken.text for spoken in voice.heard()] == ["Талон 2"]


def test_what_was_said_can_be_listened_to() -> None:
    voice = VirtualVoice()
    said = announcement("Ґ", 21, 3, "uk", "table")
    assert voice.say(Utterance(said.text, "uk", said.words))
    sound = voice.wav_of(voice.heard()[-1])
    made = assemble(said.words, "uk", ClipLibrary())
    assert sound == wav_bytes(made.samples)
    with wave.open(BytesIO(sound)) as file:
        assert file.getnframes() / file.getframerate() == made.seconds
