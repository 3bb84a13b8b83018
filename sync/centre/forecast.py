"""Three numbers of a day: how many are expected, how many the desks can take till closing, how many have come.

How many come is learnt by weekday and half-hour from the office's own days; without any, the plan says it. The end of
the last visitor follows from both, half-hour by half-hour.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from appliance.domain.hours import NO_CALENDAR, PublicCalendar, day_hours
from appliance.domain.indicators.day_log import DayLog
from appliance.domain.moment import Now
from appliance.domain.office import Office, TicketState
from appliance.domain.plan import DeskClass, Plan, Shift, Span
from appliance.domain.roster import duty_of, shifts_on

HALVES = 48
WEEKS = 8
"""So many of the newest days of a weekday are learnt from."""

USUAL = (0.8, 1.4, 1.6, 1.4, 1.0, 0.7, 0.8, 0.8, 0.5)
"""How many come in each ninth of the hours of issuing against the mean, where nothing has been learnt."""

BUSY = 0.75
"""How much of the planned desk time visitors take, where nothing has been learnt."""

PULL = 8.0
"""So many visitors the profile counts for against those of today, when it is bent to today."""

STEP_MIN = 5


@dataclass(frozen=True, slots=True)
class Arrivals:
    """How many numbers were taken on a date in each half-hour of the wall clock."""

    date: date
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """How many come by half-hour; `days`: so many were learnt from, 0 when it is the plan's guess."""

    counts: tuple[float, ...]
    days: int = 0

    def between(self, first_min: float, last_min: float) -> float:
        """How many come from one minute of the day to another."""
        total = 0.0
        for half in range(max(0, int(first_min // 30)), min(len(self.counts), int(last_min // 30) + 1)):
            begins, ends = half * 30, half * 30 + 30
            total += self.counts[half] * max(0.0, min(ends, last_min) - max(begins, first_min)) / 30
        return total


@dataclass(frozen=True, slots=True)
class Forecast:
    """The three numbers of today, and what follows. `finish_ms`: expected end of the last visitor (UTC ms).

    `expected`: numbers of the whole day, those taken so far included. `capacity`: of these, how many visitors the desks
    can have served till the end of reception at the present pace. `actual`: numbers taken so far. `short`: visitors
    that wouldn't be served in time. `learnt_days`: 0 when the plan alone says what is expected.
    """

    expected: int
    capacity: int
    actual: int
    served: int
    short: int
    finish_ms: int | None
    learnt_days: int
    expected_by_half: tuple[float, ...] = field(default=(), repr=False)
    actual_by_half: tuple[int, ...] = field(default=(), repr=False)


def arrivals_of(log: DayLog) -> Arrivals | None:
    """The arrivals of a day, by the true times of its numbers; None without a date."""
    if log.date is None:
        return None
    counts = [0] * HALVES
    for visit in log.visits:
        local = log.local(visit.issued.moment)
        if local is not None and local.date == log.date:
            counts[local.minute // 30] += 1
    return Arrivals(log.date, tuple(counts))


def learn_profile(days: Iterable[Arrivals], weekday: int) -> Profile | None:
    """The mean of the newest `WEEKS` days of a weekday; of all days when that weekday has none; None without days."""
    known = sorted((day for day in days if any(day.counts)), key=lambda day: day.date, reverse=True)
    same = [day for day in known if day.date.weekday() == weekday][:WEEKS] or known[:WEEKS]
    if not same:
        return None
    return Profile(tuple(sum(day.counts[half] for day in same) / len(same) for half in range(HALVES)), len(same))


def planned_profile(plan: Plan, on: date, mean_s: float, public: PublicCalendar = NO_CALENDAR) -> Profile:
    """What the plan lets one expect: visitors for `BUSY` of its desk time, by the usual shape of a day."""
    hours = day_hours(plan, on, public)
    counts = [0.0] * HALVES
    if hours.issuing is None or hours.reception is None:
        return Profile(tuple(counts))
    shifts = shifts_on(plan, on, weekday=hours.weekday)
    minutes = sum(
        len(_desks_planned(plan, shifts, minute)) * STEP_MIN
        for minute in range(hours.reception.opens, hours.reception.closes, STEP_MIN)
    )
    whole = minutes * 60 * BUSY / mean_s
    span = hours.issuing
    for part, weight in enumerate(USUAL):
        begins = span.opens + span.minutes * part / len(USUAL)
        ends = span.opens + span.minutes * (part + 1) / len(USUAL)
        visits = whole * weight / sum(USUAL)
        for half in range(HALVES):
            common = max(0.0, min(ends, half * 30 + 30) - max(begins, half * 30))
            counts[half] += visits * common / (ends - begins)
    return Profile(tuple(counts))


def forecast_of(
    plan: Plan,
    office: Office,
    now: Now,
    mean_s: float,
    learnt: Profile | None,
    public: PublicCalendar = NO_CALENDAR,
) -> Forecast | None:
    """The three numbers at the moment `now`; None on a day without reception or without a clock.

    `mean_s`: the mean time at the desk as it is today. What is still to come follows the profile, bent by how today has
    differed from it so far.
    """
    if now.local is None:
        return None
    today = now.local.date()
    hours = day_hours(plan, today, public)
    if hours.reception is None or hours.issuing is None:
        return None
    profile = learnt or planned_profile(plan, today, mean_s, public)
    minute = now.local.hour * 60 + now.local.minute + now.local.second / 60
    counts = _counts(office, now)
    actual = sum(counts)
    so_far = profile.between(0, minute)
    bent = (actual + PULL) / (so_far + PULL)
    rest = [0.0] * HALVES
    for half in range(HALVES):
        begins, ends = max(minute, half * 30.0), half * 30.0 + 30
        if ends > begins and ends > hours.issuing.opens and begins < hours.issuing.closes:
            rest[half] = profile.between(begins, ends) * bent
    waiting = sum(ticket.state is TicketState.WAITING for ticket in office.tickets.values())
    active = sum(ticket.active for ticket in office.tickets.values())
    served = sum(ticket.state is TicketState.DONE for ticket in office.tickets.values())
    rates = _rates(plan, office, today, minute, hours.reception, hours.weekday, mean_s)
    can = sum(rates[minute_of] for minute_of in rates if minute_of < hours.reception.closes)
    left, finish_min = _run_down(minute, waiting + active * 0.5, rest, rates, hours.reception)
    return Forecast(
        expected=actual + round(sum(rest)),
        capacity=served + active + int(can),
        actual=actual,
        served=served,
        short=math.floor(left),
        finish_ms=None if finish_min is None else now.moment.at_ms + round((finish_min - minute) * 60_000),
        learnt_days=profile.days,
        expected_by_half=profile.counts,
        actual_by_half=counts,
    )


def _counts(office: Office, now: Now) -> tuple[int, ...]:
    counts = [0] * HALVES
    day = office.day
    assert now.local is not None
    if day is None or (day.date is not None and day.date != now.local.date().isoformat()):
        return tuple(counts)
    for ticket in office.tickets.values():
        minute = now.minute_at(ticket.issued.moment)
        counts[min(HALVES - 1, max(0, minute // 30))] += 1
    return tuple(counts)


def _desks_planned(plan: Plan, shifts: Iterable[Shift], minute: int) -> frozenset[int]:
    """The desks that should receive at a minute: the roster's, or without one all permanent ones."""
    if plan.shifts:
        return frozenset(duty_of(shifts, minute))
    return frozenset(desk.number for desk in plan.desks.values() if desk.desk_class is DeskClass.PERMANENT)


def _rates(
    plan: Plan, office: Office, on: date, minute: float, reception: Span, weekday: int, mean_s: float
) -> Mapping[float, float]:
    """Visitors that the desks take in each step from `minute` on: those that work now, as far as the roster has them.

    Before the first desk has opened it is those that the plan has.
    """
    working = {desk.number for desk in office.desks.values() if desk.working}
    opened = office.open_day is not None and bool(working)
    found: dict[float, float] = {}
    # Asked for once: finding a day's shifts costs more than everything else here.
    shifts = shifts_on(plan, on, weekday=weekday)
    rostered = {shift.desk for shift in shifts}
    at = max(minute, float(reception.opens))
    while at < 24 * 60:
        step = _step(at)
        desks: frozenset[int] | set[int]
        if opened:
            # Who has a break or whose shift is over doesn't count; a desk without a roster works on.
            desks = working - (rostered - set(duty_of(shifts, int(at))))
        else:
            desks = _desks_planned(plan, shifts, min(int(at), reception.closes - 1))
        if at >= reception.closes:
            # Whoever is in the hall at the end is still served by the desks that were there.
            desks = desks or working
        found[at] = len(desks) * step * 60 / mean_s
        at += step
    return found


def _run_down(
    minute: float, backlog: float, rest: Sequence[float], rates: Mapping[float, float], reception: Span
) -> tuple[float, float | None]:
    """Who is left at the end of reception, and the minute at which the last one goes; None if not before midnight."""
    left: float | None = None
    coming = list(rest)
    last_half = max((half for half, count in enumerate(coming) if count > 0.01), default=-1)
    for at, can in rates.items():
        half = min(HALVES - 1, int(at // 30))
        step = _step(at)
        if at >= reception.closes and left is None:
            left = backlog
        backlog += coming[half] * step / max(step, half * 30 + 30 - max(minute, half * 30))
        backlog = max(0.0, backlog - can)
        if backlog < 0.05 and (at + step) >= (last_half + 1) * 30:
            return left or 0.0, max(at + step, minute)
    return backlog if left is None else left, None


def _step(minute: float) -> float:
    """From a minute to the next one that is a whole step."""
    return STEP_MIN - minute % STEP_MIN
