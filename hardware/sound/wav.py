"""WAV files as Talon plays them: one channel, 16 bits, 24 kHz."""

from __future__ import annotations

import io
import wave
from array import array
from pathlib import Path

from hardware.sound.trimming import RATE


class UnfitWav(Exception):  # noqa: N818 - it is what was found
    """Not a WAV file of one channel, 16 bits and 24 kHz."""


def read_wav(path: Path) -> array[int]:
    """The samples of a file. Raises UnfitWav, or OSError for a file that can't be read."""
    try:
        with wave.open(str(path), "rb") as file:
            if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (1, 2, RATE):
                raise UnfitWav(path)
            return array("h", file.readframes(file.getnframes()))
    except (wave.Error, EOFError) as error:
        raise UnfitWav(path) from error


def write_wav(path: Path, samples: array[int]) -> None:
    """Write a file of these samples."""
    path.write_bytes(wav_bytes(samples))


def wav_bytes(samples: array[int]) -> bytes:
    """The bytes of a WAV file with these samples."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return made.getvalue()
