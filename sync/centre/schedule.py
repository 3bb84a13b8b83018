"""What the plan, or a bus's timetable, asks of an office: its hours today, and whether it should be heard now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from appliance.domain.hours import DayHours, PublicCalendar, day_hours
from appliance.domain.office import Office
from appliance.domain.plan import Plan, Span
from sync.centre.stops import Stop, stops_on

EARLY_MIN = 15
"""So long before its opening an office should be heard."""


@dataclass(frozen=True, slots=True)
class Shift:
    """A stretch of the day in which the office is open, in UTC ms. `reception_*`: when desks receive within it."""

    opens_ms: int
    closes_ms: int
    reception_opens_ms: int | None
    reception_closes_ms: int | None
    stop: str = ""


@dataclass(frozen=True, slots=True)
class Workday:
    """The hours of an office on the local date `date`. No shifts: a day off, or a plan that nobody knows yet.

    `known` is False without a plan: nothing can then be asked of the office. `hours` are those of the plan.
    """

    date: date
    zone: ZoneInfo
    shifts: tuple[Shift, ...] = ()
    hours: DayHours | None = None
    known: bool = True

    def local(self, ms: int) -> datetime:
        """The office's wall time (naive) of a moment."""
        return datetime.fromtimestamp(ms / 1000, self.zone).replace(tzinfo=None)

    def shift_at(self, now_ms: int, early_ms: int = 0) -> Shift | None:
        """The shift that lasts at a moment, counted from `early_ms` before its opening."""
        return next((one for one in self.shifts if one.opens_ms - early_ms <= now_ms < one.closes_ms), None)

    def heard_from(self, now_ms: int) -> int | None:
        """From which moment on the office should have been heard, if it should be heard now; else None."""
        shift = self.shift_at(now_ms, EARLY_MIN * 60_000)
        return None if shift is None else shift.opens_ms - EARLY_MIN * 60_000


def plan_of(state: Office) -> Plan | None:
    """The plan whose hours hold: that of the open day, else the one of the next opening."""
    return state.plan if state.open_day is not None else state.next_plan or state.plan


def workday(
    plan: Plan | None, zone: ZoneInfo, now_ms: int, public: PublicCalendar, stops: tuple[Stop, ...] | None = None
) -> Workday:
    """The workday of the local date at `now_ms`.

    `stops` is a mobile office's timetable: where it has one, it is open at its stops and nowhere else.
    """
    today = datetime.fromtimestamp(now_ms / 1000, zone).date()
    if stops:
        shifts = tuple(
            Shift(opens, closes, opens, closes, stop.name)
            for stop in stops_on(stops, today)
            if (opens := _ms(today, stop.span.opens, zone)) < (closes := _ms(today, stop.span.closes, zone))
        )
        hours = day_hours(plan, today, public) if plan is not None else None
        return Workday(today, zone, shifts, hours)
    if plan is None:
        return Workday(today, zone, known=False)
    hours = day_hours(plan, today, public)
    if hours.office is None:
        return Workday(today, zone, (), hours)
    opens, closes = _bounds(today, hours.office, zone)
    reception = _bounds(today, hours.reception, zone) if hours.reception is not None else (None, None)
    return Workday(today, zone, (Shift(opens, closes, *reception),), hours)


def _bounds(day: date, span: Span, zone: ZoneInfo) -> tuple[int, int]:
    return _ms(day, span.opens, zone), _ms(day, span.closes, zone)


@lru_cache(maxsize=4096)
def _ms(day: date, minute: int, zone: ZoneInfo) -> int:
    """UTC milliseconds of a minute of the day by the wall clock; 1440 is the next midnight."""
    face = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(minutes=minute)
    return round(face.timestamp() * 1000)
