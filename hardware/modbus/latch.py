"""A module that keeps each press until it is read: its latch, and the levels that follow from it.

Pure. A set bit of the latch says that its input was on at some moment since the register was cleared, whether the
module notes edges or levels.
"""

from __future__ import annotations

from collections.abc import Sequence

REGISTER_BITS = 16


def latched_inputs(registers: Sequence[int], count: int) -> tuple[bool, ...]:
    """The inputs whose bits are set, the first input in the lowest bit of the first register."""
    return tuple(bool(registers[line // REGISTER_BITS] >> line % REGISTER_BITS & 1) for line in range(count))


def with_pulses(now: Sequence[bool], latched: Sequence[bool], before: Sequence[bool]) -> tuple[bool, ...]:
    """The levels to tell: an input that was on for a moment between two looks is on once.

    Only where it was off before: a bit that is still set from a press that was seen is no second one, and an input that
    is on at rest must not hide that it has gone off.
    """
    return tuple(on or (kept and not was) for on, kept, was in zip(now, latched, before, strict=True))


def must_be_cleared(now: Sequence[bool], latched: Sequence[bool]) -> bool:
    """Whether a bit says something that is over, so that the next press must be able to set it again."""
    return any(kept and not on for on, kept in zip(now, latched, strict=True))
