"""The chime before a call: two falling tones, computed."""

from __future__ import annotations

import math
from array import array

from hardware.sound.trimming import FULL, PEAK, RATE

TONES_HZ = (659.26, 523.25)
"""E and C of the fifth octave, one after the other."""

LENGTH_S = 0.6
SECOND_S = 0.24
"""When the second tone begins; the first rings on under it."""

OVERTONES = ((1, 1.0), (2, 0.25), (3, 0.08))
ATTACK_S = 0.006
DECAY_S = 0.16


def chime() -> array[int]:
    """The samples of the chime."""
    count = round(LENGTH_S * RATE)
    mixed = [0.0] * count
    for begins_s, pitch in zip((0.0, SECOND_S), TONES_HZ, strict=True):
        for number in range(round(begins_s * RATE), count):
            mixed[number] += _tone(number / RATE - begins_s, pitch)
    _end_softly(mixed)
    gain = PEAK * FULL / max(abs(value) for value in mixed)
    return array("h", (round(value * gain) for value in mixed))


def _tone(at_s: float, pitch: float) -> float:
    strength = min(at_s / ATTACK_S, 1.0) * math.exp(-at_s / DECAY_S)
    return strength * sum(part * math.sin(math.tau * pitch * times * at_s) for times, part in OVERTONES)


def _end_softly(mixed: list[float]) -> None:
    fade = RATE // 20
    for number in range(1, fade + 1):
        mixed[-number] *= (number - 1) / fade
