"""The day of an office as lines: the hall every five minutes, and the desks by half-hours against the roster."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from appliance.domain.hours import NO_CALENDAR, PublicCalendar, day_hours
from appliance.domain.indicators.day_log import DayLog
from appliance.domain.indicators.local_time import MINUTE_MS
from appliance.domain.indicators.visits_log import LegEnd, Outcome, Visit
from appliance.domain.moment import Moment, Stamp
from appliance.domain.plan import Span
from appliance.domain.roster import planned_desks

STEP_MS = 5 * 60_000
HALF_HOUR_MIN = 30


@dataclass(frozen=True, slots=True)
class Series:
    """Points every five minutes, on whole ones. `at_ms` is UTC; waits in ms, None where nobody waits."""

    at_ms: Sequence[int] = ()
    waiting: Sequence[int] = ()
    wait_mean: Sequence[int | None] = ()
    wait_max: Sequence[int | None] = ()
    desks: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class DeskHalf:
    """Half an hour: `worked` desks that received in it and `planned` by the roster (None without one), on average."""

    begins_ms: int
    worked: float
    planned: float | None


@dataclass(frozen=True, slots=True)
class _Wait:
    """Somebody waited from `begins_ms` to `ends_ms`; the wait told counts from `since` (a later wait has its own)."""

    begins_ms: int
    ends_ms: int
    since: Moment


def series_of(log: DayLog, now_ms: int | None = None) -> Series:
    """The day so far, or whole once closed, by the times of its events; `now_ms`: up to where it has been told.

    Who waits is whoever has a number and isn't called, as in `waiting` of a tile (a booked one before its minute
    included: the journal of a day tells the slots only of those who kept them). A day without a clock has no points.
    """
    first_ms = _utc_ms(log.opened)
    if first_ms is None:
        return Series()
    last_ms = _last_ms(log, now_ms)
    points = range(first_ms - first_ms % STEP_MS + STEP_MS, last_ms + 1, STEP_MS)
    waits = sorted(_waits(log, last_ms), key=lambda wait: wait.begins_ms)
    changes = _desk_changes(log)
    moments = [at_ms for at_ms, _ in changes]
    waiting, means, longest, desks = list[int](), list[int | None](), list[int | None](), list[int]()
    for at_ms in points:
        here = [_so_far(log, wait, at_ms) for wait in waits if wait.begins_ms <= at_ms < wait.ends_ms]
        waiting.append(len(here))
        means.append(round(sum(here) / len(here)) if here else None)
        longest.append(max(here, default=None))
        index = bisect_right(moments, at_ms)
        desks.append(changes[index - 1][1] if index else 0)
    return Series(tuple(points), tuple(waiting), tuple(means), tuple(longest), tuple(desks))


def desk_halves(log: DayLog, public: PublicCalendar = NO_CALENDAR, now_ms: int | None = None) -> Sequence[DeskHalf]:
    """The desks by half-hours of the day's reception, as far as it is over."""
    if log.date is None:
        return ()
    plan = log.plans[-1][1]
    hours = day_hours(plan, log.date, public)
    midnight_ms = _midnight_ms(log)
    if hours.reception is None or midnight_ms is None:
        return ()
    last_ms = _last_ms(log, now_ms)
    found = []
    for begins in range(hours.reception.opens, hours.reception.closes, HALF_HOUR_MIN):
        span = Span(begins, min(begins + HALF_HOUR_MIN, hours.reception.closes))
        from_ms = midnight_ms + span.opens * MINUTE_MS
        until_ms = min(last_ms, midnight_ms + span.closes * MINUTE_MS)
        if until_ms <= from_ms:
            break
        worked_ms = sum(_worked_ms(log, from_ms, until_ms, last_ms))
        planned = None
        if plan.shifts:
            minutes = range(span.opens, span.closes)
            each = (planned_desks(plan, log.date, minute, weekday=hours.weekday) or () for minute in minutes)
            planned = sum(len(desks) for desks in each) / len(minutes)
        found.append(DeskHalf(from_ms, worked_ms / (until_ms - from_ms), planned))
    return tuple(found)


def _waits(log: DayLog, last_ms: int) -> Iterator[_Wait]:
    for visit in log.visits:
        yield from _waits_of(visit, last_ms)


def _waits_of(visit: Visit, last_ms: int) -> Iterator[_Wait]:
    """Every stretch in which a visit waited: for the first call from its number, later ones from what began them."""
    for leg in visit.legs:
        if leg.waited_from is not None:
            begins, ends = _utc_ms(leg.waited_from), _utc_ms(leg.called)
            if begins is not None and ends is not None:
                yield _Wait(begins, ends, leg.waited_from.moment)
    since = _still_waits_from(visit)
    if since is not None:
        begins = _utc_ms(since)
        ended = _utc_ms(visit.ended) if visit.ended is not None else None
        if begins is not None:
            yield _Wait(begins, last_ms + 1 if ended is None else ended, since.moment)


def _still_waits_from(visit: Visit) -> Stamp | None:
    """From when on a visit waited for a call that never came: since its number, a transfer, or a return."""
    if not visit.legs:
        return visit.issued
    last = visit.legs[-1]
    if last.ended is None or (visit.outcome is not Outcome.OPEN and visit.outcome is not Outcome.LEFT):
        return None
    if last.end in (LegEnd.TRANSFERRED, LegEnd.REFUSED):
        return last.ended
    returned = visit.returned[-1] if visit.returned else None
    return returned if returned is not None and returned.seq > last.ended.seq else None


def _so_far(log: DayLog, wait: _Wait, at_ms: int) -> int:
    """The wait told at a moment: without the pauses of the hall so far."""
    moment = wait.since
    passed = at_ms - wait.begins_ms
    at = Moment(moment.at_ms + passed, moment.trusted, moment.boot, moment.uptime_ms + passed)
    return log.elapsed(moment, at)


def _desk_changes(log: DayLog) -> list[tuple[int, int]]:
    """From which moment on how many desks worked."""
    steps: dict[int, int] = {}
    for stretch in log.stretches:
        if not stretch.working:
            continue
        begins = _utc_ms(stretch.began)
        ends = _utc_ms(stretch.ended) if stretch.ended is not None else None
        if begins is not None:
            steps[begins] = steps.get(begins, 0) + 1
            if ends is not None:
                steps[ends] = steps.get(ends, 0) - 1
    found, working = [], 0
    for at_ms in sorted(steps):
        working += steps[at_ms]
        found.append((at_ms, working))
    return found


def _worked_ms(log: DayLog, from_ms: int, until_ms: int, last_ms: int) -> Iterator[int]:
    for stretch in log.stretches:
        if stretch.working:
            begins = _utc_ms(stretch.began)
            ends = _utc_ms(stretch.ended) if stretch.ended is not None else last_ms
            if begins is not None and ends is not None:
                yield max(0, min(ends, until_ms) - max(begins, from_ms))


def _utc_ms(stamp: Stamp) -> int | None:
    """The moment of an entry, or None while its clock was not believed."""
    return stamp.moment.at_ms if stamp.moment.trusted else None


def _last_ms(log: DayLog, now_ms: int | None) -> int:
    closed = _utc_ms(log.closed) if log.closed is not None else None
    if closed is not None:
        return closed
    return max(now_ms or 0, log.until.at_ms)


def _midnight_ms(log: DayLog) -> int | None:
    local = log.local(log.opened.moment)
    return None if local is None else log.opened.moment.at_ms - local.ms
