"""The roster of the plan: whose shifts a week has, who is on duty, whom a desk expects, which breaks are due."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.plan import Absence, Plan, Shift, Span
from appliance.domain.roster import (
    PlannedBreak,
    breaks_due,
    iso_week,
    on_duty,
    operator_for,
    planned_desks,
    shifts_of_week,
    shifts_on,
)
from tests.plans import Sketch

WORKDAYS = (0, 1, 2, 3, 4)
MONDAY = date(2026, 11, 23)
SATURDAY = date(2026, 11, 28)
NINE, NOON, ONE, FIVE = 9 * 60, 12 * 60, 13 * 60, 17 * 60
LUNCH = Span(NOON, NOON + 30)

MORNING = Shift("anna", 1, WORKDAYS, Span(NINE, ONE), (Span(11 * 60, 11 * 60 + 15),))
AFTERNOON = Shift("boris", 1, WORKDAYS, Span(ONE, FIVE))
WHOLE = Shift("vera", 2, WORKDAYS, Span(NINE, FIVE), (LUNCH,))
WEEK_48 = Shift("galina", 2, (0,), Span(NINE, FIVE), week="2026-W48")


def plan_with(*shifts: Shift, absences: tuple[Absence, ...] = ()) -> Plan:
    return replace(Sketch().plan, shifts=shifts, absences=absences)


ORDINARY = plan_with(MORNING, AFTERNOON, WHOLE)


@pytest.mark.parametrize(
    ("day", "week"),
    [
        ("2026-11-23", "2026-W48"),
        ("2026-11-29", "2026-W48"),
        ("2026-11-30", "2026-W49"),
        ("2026-01-01", "2026-W01"),
        ("2025-12-29", "2026-W01"),
        ("2027-01-01", "2026-W53"),
        ("2027-01-04", "2027-W01"),
        ("2024-02-29", "2024-W09"),
    ],
)
def test_a_date_belongs_to_its_iso_week(day: str, week: str) -> None:
    assert iso_week(date.fromisoformat(day)) == week


def test_a_week_that_names_shifts_has_only_those() -> None:
    plan = plan_with(MORNING, WHOLE, WEEK_48)

    assert shifts_of_week(plan, "2026-W48") == (WEEK_48,)
    assert shifts_of_week(plan, "2026-W49") == (MORNING, WHOLE)


def test_a_roster_of_named_weeks_alone_says_nothing_of_the_others() -> None:
    assert shifts_of_week(plan_with(WEEK_48), "2026-W49") == ()


def test_the_turn_of_the_year_keeps_the_iso_weeks_shifts() -> None:
    plan = plan_with(MORNING, replace(WEEK_48, weekdays=(3,), week="2026-W53"))

    assert [shift.operator for shift in shifts_on(plan, date(2026, 12, 31))] == ["galina"]
    assert shifts_on(plan, date(2027, 1, 1)) == ()
    assert [shift.operator for shift in shifts_on(plan, date(2027, 1, 4))] == ["anna"]


def test_a_date_has_the_shifts_of_its_weekday_by_desk_and_begin() -> None:
    plan = plan_with(WHOLE, AFTERNOON, MORNING)

    assert shifts_on(plan, MONDAY) == (MORNING, AFTERNOON, WHOLE)
    assert shifts_on(plan, SATURDAY) == ()


def test_a_saturday_worked_as_a_monday_has_mondays_roster() -> None:
    assert shifts_on(ORDINARY, SATURDAY, weekday=0) == shifts_on(ORDINARY, MONDAY)
    assert on_duty(ORDINARY, SATURDAY, NINE, weekday=0) == {1: "anna", 2: "vera"}
    assert operator_for(ORDINARY, 1, SATURDAY, NINE, weekday=0) == "anna"
    assert planned_desks(ORDINARY, SATURDAY, NINE, weekday=0) == {1, 2}
    assert breaks_due(ORDINARY, SATURDAY, NOON, weekday=0) == (PlannedBreak(2, "vera", LUNCH),)


@pytest.mark.parametrize(
    ("first", "last", "away"),
    [
        ("2026-11-23", "2026-11-23", True),
        ("2026-11-20", "2026-11-23", True),
        ("2026-11-23", "2026-11-30", True),
        ("2026-11-24", "2026-11-30", False),
        ("2026-11-16", "2026-11-22", False),
    ],
)
def test_who_is_absent_has_no_shift_from_the_first_day_to_the_last(first: str, last: str, away: bool) -> None:
    plan = plan_with(MORNING, WHOLE, absences=(Absence("anna", first, last),))

    assert (MORNING not in shifts_on(plan, MONDAY)) is away
    assert (operator_for(plan, 1, MONDAY, NINE) is None) is away
    assert WHOLE in shifts_on(plan, MONDAY)


@pytest.mark.parametrize(
    ("minute", "duty", "why"),
    [
        (NINE - 1, {}, "a minute before"),
        (NINE, {1: "anna", 2: "vera"}, "from the first minute"),
        (11 * 60, {2: "vera"}, "a break begins"),
        (11 * 60 + 14, {2: "vera"}, "its last minute"),
        (11 * 60 + 15, {1: "anna", 2: "vera"}, "and is over"),
        (NOON, {1: "anna"}, "the other desk's lunch: they are staggered"),
        (ONE, {1: "boris", 2: "vera"}, "one operator follows another"),
        (FIVE, {}, "the end isn't part of the shift"),
    ],
)
def test_on_duty_are_those_in_their_shift_and_not_on_a_break(minute: int, duty: dict[int, str], why: str) -> None:
    assert on_duty(ORDINARY, MONDAY, minute) == duty
    assert planned_desks(ORDINARY, MONDAY, minute) == set(duty)


@pytest.mark.parametrize(
    ("minute", "expected", "why"),
    [
        (NINE - 61, None, "too early"),
        (NINE - 60, "anna", "an hour before"),
        (NINE, "anna", "in the shift"),
        (11 * 60 + 5, "anna", "on a break"),
        (ONE - 1, "anna", "to the last minute, though the next one comes soon"),
        (ONE, "boris", "the next one"),
        (FIVE, None, "after the day's last shift"),
    ],
)
def test_a_desk_expects_the_one_of_its_running_shift_or_else_of_the_next(
    minute: int, expected: str | None, why: str
) -> None:
    assert operator_for(ORDINARY, 1, MONDAY, minute) == expected


def test_how_early_somebody_is_expected_may_be_said() -> None:
    assert operator_for(ORDINARY, 1, MONDAY, NINE - 20, early_min=15) is None
    assert operator_for(ORDINARY, 1, MONDAY, NINE - 15, early_min=15) == "anna"


def test_a_desk_without_a_shift_expects_nobody() -> None:
    assert operator_for(ORDINARY, 3, MONDAY, NINE) is None


def test_a_plan_without_shifts_has_no_roster_rather_than_an_empty_one() -> None:
    assert planned_desks(plan_with(), MONDAY, NINE) is None
    assert planned_desks(ORDINARY, SATURDAY, NINE) == frozenset()


def test_a_shift_may_run_to_midnight() -> None:
    late = plan_with(Shift("anna", 1, WORKDAYS, Span(16 * 60, 24 * 60)))

    assert on_duty(late, MONDAY, 24 * 60 - 1) == {1: "anna"}


def test_a_break_is_due_as_long_as_it_lasts() -> None:
    assert breaks_due(ORDINARY, MONDAY, NOON - 1) == ()
    assert breaks_due(ORDINARY, MONDAY, NOON) == (PlannedBreak(2, "vera", LUNCH),)
    assert breaks_due(ORDINARY, MONDAY, NOON + 29) == (PlannedBreak(2, "vera", LUNCH),)
    assert breaks_due(ORDINARY, MONDAY, NOON + 30) == ()


def test_a_break_outside_its_shift_is_never_due() -> None:
    plan = plan_with(replace(MORNING, breaks=(Span(ONE, ONE + 30),)))

    assert breaks_due(plan, MONDAY, ONE) == ()


minutes = st.integers(0, 1440)
spans = st.tuples(minutes, minutes).filter(lambda pair: pair[0] < pair[1]).map(lambda pair: Span(*pair))
shifts = st.builds(
    Shift,
    st.sampled_from(["anna", "boris", "vera"]),
    st.integers(1, 3),
    st.lists(st.integers(0, 6), min_size=1, unique=True).map(tuple),
    spans,
    st.lists(spans, max_size=2).map(tuple),
    st.sampled_from(["", "2026-W48", "2026-W49"]),
)
rosters = st.lists(shifts, max_size=8).map(lambda made: plan_with(*made))
dates = st.dates(date(2026, 11, 16), date(2026, 12, 7))


@given(rosters, dates, st.integers(0, 1439))
def test_every_shift_that_runs_is_on_duty_or_on_a_break(plan: Plan, day: date, minute: int) -> None:
    running = {shift.desk for shift in shifts_on(plan, day) if minute in shift.span}
    on_break = {one.desk for one in breaks_due(plan, day, minute)}

    assert set(on_duty(plan, day, minute)) | on_break == running


@given(rosters, dates, st.integers(0, 1439))
def test_a_desk_in_a_running_shift_expects_somebody_of_that_desk(plan: Plan, day: date, minute: int) -> None:
    for desk in (1, 2, 3):
        running = {shift.operator for shift in shifts_on(plan, day) if shift.desk == desk and minute in shift.span}
        expected = operator_for(plan, desk, day, minute)
        assert not running or expected in running


@given(rosters, dates)
def test_a_week_never_mixes_named_and_unnamed_shifts(plan: Plan, day: date) -> None:
    assert len({shift.week for shift in shifts_of_week(plan, iso_week(day))}) <= 1
