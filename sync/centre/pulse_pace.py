"""How often offices pulse: as often as the rules ask for in a small network, more rarely in a large one."""

from __future__ import annotations

from sync.pulse import LONGEST_S, SHORTEST_S

PULSES_A_SECOND = 80
"""What all offices together send at most: a pulse costs the centre about a millisecond."""

OF_STALE = 0.4
"""Two pulses and some delay fit the age at which a tile turns grey: a lost pulse alone greys nothing."""


def pulse_every_s(offices: int, stale_s: float) -> float:
    """Seconds between two pulses of one of so many offices, whose tile turns grey at an age of `stale_s`."""
    wanted_s = min(offices / PULSES_A_SECOND, OF_STALE * stale_s, LONGEST_S)
    return round(max(SHORTEST_S, wanted_s), 1)
