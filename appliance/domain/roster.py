"""Who is planned to be at which desk, and when: look-ups in the roster of the plan.

Minutes are local, of the date that is asked for. `weekday` (Monday 0) is for a date that is worked by the hours of
another weekday (`DayHours.weekday`): its roster is then that weekday's, of the same week; left out, the date's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from appliance.domain.plan import Plan, Shift, Span


@dataclass(frozen=True, slots=True)
class PlannedBreak:
    """A break of the roster: who takes it, at which desk, and when."""

    desk: int
    operator: str
    span: Span


def iso_week(day: date) -> str:
    """The ISO week of a date as the plan writes it: `2026-W48`. The first days of January may be the old year's."""
    year, week, _ = day.isocalendar()
    return f"{year:04}-W{week:02}"


def shifts_of_week(plan: Plan, week: str) -> tuple[Shift, ...]:
    """The shifts of an ISO week, in the order of the plan: those that name it, or else those that name none."""
    return tuple(s for s in plan.shifts if s.week == week) or tuple(s for s in plan.shifts if not s.week)


def shifts_on(plan: Plan, day: date, *, weekday: int | None = None) -> tuple[Shift, ...]:
    """The shifts of a date without those of absent operators, by desk and begin."""
    wanted = day.weekday() if weekday is None else weekday
    today = day.isoformat()
    absent = {absence.operator for absence in plan.absences if absence.first <= today <= absence.last}
    found = (
        shift
        for shift in shifts_of_week(plan, iso_week(day))
        if wanted in shift.weekdays and shift.operator not in absent
    )
    return tuple(sorted(found, key=lambda shift: (shift.desk, shift.span, shift.operator)))


def on_duty(plan: Plan, day: date, minute: int, *, weekday: int | None = None) -> dict[int, str]:
    """Desk to operator, for those whose shift is running and who have no break at this minute."""
    return duty_of(shifts_on(plan, day, weekday=weekday), minute)


def duty_of(shifts: Iterable[Shift], minute: int) -> dict[int, str]:
    """`on_duty` of shifts that are known already, in the order of `shifts_on`."""
    duty: dict[int, str] = {}
    for shift in shifts:
        if minute in shift.span and _break_at(shift, minute) is None:
            duty.setdefault(shift.desk, shift.operator)
    return duty


def operator_for(
    plan: Plan, desk: int, day: date, minute: int, early_min: int = 60, *, weekday: int | None = None
) -> str | None:
    """Whom the roster expects at a desk that is opened at this minute.

    The operator whose shift there is running, on a break or not; else the one whose shift there begins next, within
    `early_min` minutes.
    """
    here = [shift for shift in shifts_on(plan, day, weekday=weekday) if shift.desk == desk]
    running = [shift for shift in here if minute in shift.span]
    coming = [shift for shift in here if minute < shift.span.opens <= minute + early_min]
    return next((shift.operator for shift in running + coming), None)


def planned_desks(plan: Plan, day: date, minute: int, *, weekday: int | None = None) -> frozenset[int] | None:
    """The desks at which somebody should be receiving at this minute; None if the plan has no roster at all."""
    return frozenset(on_duty(plan, day, minute, weekday=weekday)) if plan.shifts else None


def breaks_due(plan: Plan, day: date, minute: int, *, weekday: int | None = None) -> tuple[PlannedBreak, ...]:
    """The breaks that the roster has at this minute, by desk."""
    return tuple(
        PlannedBreak(shift.desk, shift.operator, span)
        for shift in shifts_on(plan, day, weekday=weekday)
        if (span := _break_at(shift, minute)) is not None and minute in shift.span
    )


def _break_at(shift: Shift, minute: int) -> Span | None:
    return next((span for span in shift.breaks if minute in span), None)
