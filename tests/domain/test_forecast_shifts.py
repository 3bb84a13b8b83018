"""Two shifts of one desk in one day: while the first one runs, nobody is away until the second begins."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from appliance.domain.forecasts.durations import learn
from appliance.domain.forecasts.forecast import predict
from appliance.domain.forecasts.hall import Hall, survey
from appliance.domain.office import Desk, DeskState
from appliance.domain.plan import Shift, Span
from tests.domain.test_forecast import NOW, PLAN, ago, office, waiting

LINE = [waiting(number, 300) for number in range(1, 5)]


def hall(*spans: tuple[int, int], state: DeskState = DeskState.FREE) -> Hall:
    """The hall of one desk with these shifts today, in hours."""
    assert NOW.local is not None
    day = (NOW.local.weekday(),)
    shifts = tuple(Shift("op-1", 1, day, Span(opens * 60, closes * 60), ()) for opens, closes in spans)
    plan = replace(PLAN, shifts=shifts, absences=())
    return survey(plan, office(plan, LINE, [Desk(1, state, since=ago(60))]), NOW)


def test_the_second_shift_takes_nobody_from_the_first() -> None:
    assert NOW.local is not None
    hour = NOW.local.hour
    for spans in (((0, 24),), ((0, hour + 1), (hour + 1, 24)), ((hour + 1, 24), (0, hour + 1))):
        (desk,) = hall(*spans).desks
        assert desk.away == (), spans
        assert desk.free_in_s == 0
    learnt = learn(PLAN, office(PLAN, LINE, []), NOW, {})
    one, two = (
        predict(hall(*spans), learnt, Random(1).random)[None, "bills"].mean_s
        for spans in (((0, 24),), ((0, hour + 1), (hour + 1, 24)))
    )
    assert two == pytest.approx(one)


def test_a_gap_between_two_shifts_and_a_shift_to_come_are_absence() -> None:
    assert NOW.local is not None
    hour = NOW.local.hour
    left_s = 3600 - NOW.local.minute * 60 - NOW.local.second
    (desk,) = hall((0, hour + 1), (hour + 2, 24)).desks
    assert desk.away == ((left_s, left_s + 3600),)
    (closed,) = hall((0, hour), (hour + 1, 24), state=DeskState.CLOSED).desks
    assert closed.free_in_s == left_s
    assert hall((0, hour + 1), (hour + 2, 24), state=DeskState.CLOSED).desks == ()
