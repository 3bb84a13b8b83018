"""Measures of desks and of the hall: time received, served, idle, on breaks, paused, and all that against the plan."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from appliance.domain.hours import service_issuing
from appliance.domain.indicators.local_time import MINUTE_MS
from appliance.domain.indicators.measure import Sample, measure
from appliance.domain.indicators.reading import Key, Reading
from appliance.domain.office import DeskState
from appliance.domain.plan import Plan, Span
from appliance.domain.roster import shifts_on


def _states(day: Reading, *states: DeskState) -> Iterator[Sample]:
    for stretch in day.log.stretches:
        if stretch.state in states and not stretch.by_system:
            ends = () if stretch.ended is None else (stretch.ended.seq,)
            reason = (stretch.reason or "none") if stretch.state is DeskState.BREAK else None
            yield Sample(day.desk_key(stretch, reason), day.length(stretch), (stretch.began.seq, *ends))


@measure(
    "working",
    "Time in which a desk received: free, calling or serving. Not on a break, not in a pause of the hall, and without "
    "a service that the day closed over.",
)
def _working(day: Reading) -> Iterator[Sample]:
    return _states(day, DeskState.FREE, DeskState.CALLED, DeskState.SERVING)


@measure(
    "busy", "Time in which a desk served somebody, pauses left out, and without a service that the day closed over."
)
def _busy(day: Reading) -> Iterator[Sample]:
    return _states(day, DeskState.SERVING)


@measure("idle", "Time in which a desk was free, pauses of the hall left out.")
def _idle(day: Reading) -> Iterator[Sample]:
    return _states(day, DeskState.FREE)


@measure("break", "Time on breaks, by reason; pauses of the hall left out.", spread=True)
def _break(day: Reading) -> Iterator[Sample]:
    return _states(day, DeskState.BREAK)


@measure("breaks", "Breaks that were begun, by reason.")
def _breaks(day: Reading) -> Iterator[Sample]:
    for stretch in day.log.stretches:
        if stretch.state is DeskState.BREAK and not stretch.continued:
            yield Sample(day.desk_key(stretch, stretch.reason or "none"), 1, (stretch.began.seq,))


@measure(
    "receiving",
    "Time in which at least one desk received, a service that the closing ended included; pauses of the hall left out.",
)
def _receiving(day: Reading) -> Iterator[Sample]:
    for stretch in day.log.receiving:
        ends = () if stretch.ended is None else (stretch.ended.seq,)
        until = day.log.until if stretch.ended is None else stretch.ended.moment
        key = Key(hour=day.hour(stretch.began.moment))
        yield Sample(key, day.log.elapsed(stretch.began.moment, until), (stretch.began.seq, *ends))


@measure("paused", "Time in which the hall stood still, by reason.", spread=True)
def _paused(day: Reading) -> Iterator[Sample]:
    for halt in day.log.halts:
        until = day.log.until if halt.ended is None else halt.ended.moment
        ends = () if halt.ended is None else (halt.ended.seq,)
        key = Key(hour=day.hour(halt.began.moment), reason=halt.reason)
        yield Sample(key, until.since(halt.began.moment), (halt.began.seq, *ends))


@measure(
    "issued_outside_hours",
    "Numbers given at a minute at which the plan gives none for the service: before or after the hours of issuing, or "
    "on a date without any. Adopted papers and days without a clock don't count.",
)
def _issued_outside_hours(day: Reading) -> Iterator[Sample]:
    known: dict[tuple[int, str, date], Span | None] = {}
    for visit in day.log.visits:
        at = day.log.local(visit.issued.moment)
        plan = day.log.plan_at(visit.issued.seq)
        if visit.adopted or at is None or visit.asked not in plan.services:
            continue
        asked = (id(plan), visit.asked, at.date)
        if asked not in known:
            known[asked] = service_issuing(plan, visit.asked, at.date, day.public)
        span = known[asked]
        if span is None or at.minute not in span:
            yield Sample(day.visit_key(visit), 1, (visit.issued.seq,))


@measure(
    "break_outside_plan",
    "Time on breaks, by the wall clock, at minutes at which the roster has no break for that desk. Nothing where the "
    "plan has no roster, or without a clock.",
)
def _break_outside_plan(day: Reading) -> Iterator[Sample]:
    for stretch in day.log.stretches:
        began, until = day.log.local(stretch.began.moment), day.log.local(stretch.until(day.log.until))
        plan = day.log.plan_at(stretch.began.seq)
        if stretch.state is not DeskState.BREAK or began is None or until is None or not plan.shifts:
            continue
        long = max(0, until.ms - began.ms) if began.date == until.date else 0
        inside = sum(
            max(0, min(until.ms, span.closes * MINUTE_MS) - max(began.ms, span.opens * MINUTE_MS))
            for span in planned_breaks(day, plan, began.date, stretch.desk)
        )
        ends = () if stretch.ended is None else (stretch.ended.seq,)
        key = day.desk_key(stretch, stretch.reason or "none")
        yield Sample(key, max(0, long - inside), (stretch.began.seq, *ends))


def planned_breaks(day: Reading, plan: Plan, on: date, desk: int) -> tuple[Span, ...]:
    """The breaks that the roster has for a desk on a date."""
    weekday = day.hours(plan, on).weekday
    spans = {span for shift in shifts_on(plan, on, weekday=weekday) if shift.desk == desk for span in shift.breaks}
    return tuple(sorted(spans))
