"""How often offices pulse: as often as the rules ask in a small network, more rarely in a large one."""

from __future__ import annotations

import pytest

from sync.centre.pulse_pace import OF_STALE, PULSES_A_SECOND, pulse_every_s
from sync.pulse import LONGEST_S, SHORTEST_S


@pytest.mark.parametrize(
    ("offices", "stale_s", "every_s"),
    [
        (0, 30, SHORTEST_S),
        (17, 30, SHORTEST_S),
        (400, 30, SHORTEST_S),
        (600, 30, 7.5),
        (1000, 30, 12.0),
        (100_000, 30, 12.0),
        (100_000, 10_000, LONGEST_S),
        (1000, 5, SHORTEST_S),
    ],
)
def test_the_pace(offices: int, stale_s: float, every_s: float) -> None:
    assert pulse_every_s(offices, stale_s) == every_s


def test_no_tile_turns_grey_for_one_lost_pulse() -> None:
    assert all(2 * pulse_every_s(offices, 30) < 30 for offices in range(0, 5000, 100))
    assert 2 * OF_STALE < 1


def test_all_offices_together_stay_within_the_centre_s_budget_up_to_a_thousand() -> None:
    assert all(offices / pulse_every_s(offices, 30) <= 1.05 * PULSES_A_SECOND for offices in range(1, 960))
