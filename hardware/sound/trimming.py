"""From a recorded phrase to a clip: where the words lie, what is cut off, how loud it becomes. Pure arithmetic."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence

RATE = 24_000
"""Samples a second of every clip."""

FRAME = RATE // 200
QUIET = 0.006
"""A frame below this root mean square of full scale is silence; a soft `ть` at a word's end lies at 0.01."""

CRACKLE = 2
"""A sound of so few frames, with silence around it, is no part of a word."""

PAD_S = 0.003
FADE_S = 0.003
LOUDNESS = 0.16
"""The root mean square that every clip is brought to, over the frames that are not silence: -16 dB of full scale."""

PEAK = 0.84
"""No sample goes beyond it, so that a loud vowel is not clipped."""

FULL = 32_767

Span = tuple[int, int]
"""The samples from the first up to but without the second."""


def levels(samples: Sequence[int]) -> list[float]:
    """The root mean square of each frame of 5 ms, 1.0 being full scale."""
    frames = (samples[start : start + FRAME] for start in range(0, len(samples), FRAME))
    return [math.sqrt(sum(sample * sample for sample in frame) / len(frame)) / FULL for frame in frames]


def sounding(samples: Sequence[int], gap_s: float) -> list[Span]:
    """The parts that sound, divided wherever silence lasts for `gap_s`; a crackle of two frames is silence too."""
    parts: list[Span] = []
    longest = round(gap_s * RATE / FRAME)
    for number, level in enumerate(levels(samples)):
        if level < QUIET:
            continue
        if parts and number - parts[-1][1] < longest:
            parts[-1] = (parts[-1][0], number + 1)
        else:
            parts.append((number, number + 1))
    return [(first * FRAME, min(last * FRAME, len(samples))) for first, last in parts if last - first > CRACKLE]


def cut(samples: array[int], span: Span) -> array[int]:
    """The samples of a span with a little around them, faded in and out so that nothing clicks."""
    pad, fade = round(PAD_S * RATE), round(FADE_S * RATE)
    clip = samples[max(0, span[0] - pad) : span[1] + pad]
    for number in range(min(fade, len(clip) // 2)):
        clip[number] = round(clip[number] * number / fade)
        clip[-1 - number] = round(clip[-1 - number] * number / fade)
    return clip


def loudness(samples: Sequence[int]) -> float:
    """The root mean square over the frames that are not silence; 0.0 where all are."""
    heard = [level for level in levels(samples) if level >= QUIET]
    return math.sqrt(sum(level * level for level in heard) / len(heard)) if heard else 0.0


def levelled(samples: array[int]) -> array[int]:
    """The same at the loudness of every clip, or as near to it as its peak allows."""
    peak = max((abs(sample) for sample in samples), default=0)
    now = loudness(samples)
    if not peak or not now:
        return samples
    gain = min(LOUDNESS / now, PEAK * FULL / peak)
    return array("h", (round(sample * gain) for sample in samples))
