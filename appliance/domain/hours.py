"""Which hours a date has: the weekday's, and what the public calendar and the office's own calendar make of them.

Everything here is local wall time in minutes of one day, so a change of the clocks changes nothing. Who asks must know
the local date; what to do without a trusted clock is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from appliance.domain.plan import MIDNIGHT, NO_WORDS, CalendarDay, DayKind, Plan, Span, Timetable, Words

MONDAY = 0
ONE_DAY = timedelta(days=1)
ALL_DAY = Span(0, MIDNIGHT)


@dataclass(frozen=True, slots=True)
class PublicCalendar:
    """What a country's public calendar says of the dates from `first` to `last`, both included.

    `holidays`: holidays proper, by name in `language`. `days_off`: days off that were moved to a weekday; no day is
    shorter for being before them. `working`: weekend days that are worked. `instead`: for such a day, where it is
    known, the day off that it was exchanged for. Outside `first` to `last` nothing is known, so no date is special.
    """

    country: str
    first: date
    last: date
    holidays: Mapping[date, str]
    days_off: frozenset[date]
    working: frozenset[date]
    instead: Mapping[date, date] = field(default_factory=dict)
    language: str = ""

    def covers(self, day: date) -> bool:
        """Whether the calendar knows this date."""
        return self.first <= day <= self.last

    def holiday(self, day: date) -> str | None:
        """The name of the holiday proper on this date."""
        return self.holidays.get(day) if self.covers(day) else None

    def is_day_off(self, day: date) -> bool:
        """Whether a day off was moved to this date."""
        return self.covers(day) and day in self.days_off

    def is_working(self, day: date) -> bool:
        """Whether this is a weekend day that is worked."""
        return self.covers(day) and day in self.working


NO_CALENDAR = PublicCalendar("", date.max, date.min, {}, frozenset(), frozenset())
"""A calendar that knows nothing."""


class Reason(StrEnum):
    """Why a date has its hours: the last rule that changed them."""

    ORDINARY = "ordinary"
    WEEKLY = "weekly"
    HOLIDAY = "holiday"
    CLOSED = "closed"
    SHORT = "short"
    PRE_HOLIDAY = "pre-holiday"
    WORKING_WEEKEND = "working-weekend"
    SPECIAL = "special"


@dataclass(frozen=True, slots=True)
class DayHours:
    """The three sets of hours of one date; None where there are none. Numbers are never issued without reception.

    `note` is for people: the holiday's name, or the office's own words. `weekday` (Monday 0) is the one whose hours
    were taken, which isn't the date's own when another day is worked instead.
    """

    office: Span | None
    reception: Span | None
    issuing: Span | None
    reason: Reason
    note: Words
    weekday: int


def day_hours(plan: Plan, day: date, public: PublicCalendar) -> DayHours:
    """The hours of `day`, decided by the first of these that says something.

    1. the office's own calendar: closed, short, or working, whatever else the date is; it alone says how short;
    2. a working weekend day of the public calendar: its own weekday's hours, or Monday's if it has none;
    3. a public holiday or a day off moved here: closed;
    4. the weekday.

    Under 2 and 4 a day before a public holiday ends `calendar.short_by_min` earlier in all three sets (in Russia an
    hour, article 95 of the Labour Code), unless the office's calendar has that holiday worked. A working weekend day is
    as long as the day it was exchanged for would have been (order 588n of 2009), so it is short when that one is before
    a holiday. A `public` calendar of another country than the plan's is left out of account.
    """
    known = public if public.country == plan.calendar.country else NO_CALENDAR
    entry = plan.calendar.days.get(day.isoformat())
    if entry is not None:
        return _by_entry(plan, day, entry)
    if known.is_working(day):
        return _ended_before_holiday(plan, day, known, _weekly(plan, _worked_as(plan, day), Reason.WORKING_WEEKEND))
    name = known.holiday(day)
    if name is not None or known.is_day_off(day):
        note = Words({known.language: name}) if name else NO_WORDS
        return DayHours(None, None, None, Reason.HOLIDAY, note, day.weekday())
    return _ended_before_holiday(plan, day, known, _weekly(plan, day.weekday(), Reason.ORDINARY))


def service_hours(plan: Plan, service_id: str, day: date, public: PublicCalendar) -> Span | None:
    """When desks receive for a service: the hall's reception within its organisation's hours and its own.

    Raises KeyError for a service that the plan doesn't have.
    """
    hours = day_hours(plan, day, public)
    own = _own_hours(plan, service_id, hours.weekday)
    return hours.reception.within(own) if hours.reception and own else None


def service_issuing(plan: Plan, service_id: str, day: date, public: PublicCalendar) -> Span | None:
    """When numbers are given out for a service: from the hall's issuing on, until that or the service's own hours end.

    So a number may be taken before the organisation begins, but not after it ends, and never on a day on which nobody
    receives for the service. Raises KeyError for a service that the plan doesn't have.
    """
    hours = day_hours(plan, day, public)
    own = _own_hours(plan, service_id, hours.weekday)
    if not (hours.issuing and hours.reception and own and hours.reception.within(own)):
        return None
    return _span(hours.issuing.opens, min(hours.issuing.closes, own.closes))


def next_opening(plan: Plan, after: datetime, public: PublicCalendar, days: int = 14) -> datetime | None:
    """When the office next opens, at `after` or later, within so many days, or None. Times are local and naive."""
    for ahead in range(days + 1):
        day = after.date() + ahead * ONE_DAY
        office = day_hours(plan, day, public).office
        if office is not None:
            opening = datetime.combine(day, time()) + timedelta(minutes=office.opens)
            if opening >= after:
                return opening
    return None


def _by_entry(plan: Plan, day: date, entry: CalendarDay) -> DayHours:
    """The hours by the office's own calendar.

    With `hours` the office is open exactly then, and reception and issuing keep their distance from the begin and the
    end of the office hours of the weekday that is taken, cut off at the new hours: numbers that end 30 minutes before
    closing still do.
    """
    if entry.kind is DayKind.CLOSED:
        return DayHours(None, None, None, Reason.CLOSED, entry.note, day.weekday())
    reason = Reason.SHORT if entry.kind is DayKind.SHORT else Reason.SPECIAL
    weekday = _worked_as(plan, day) if entry.like is None else entry.like
    office, reception, issuing = _sets(plan, weekday)
    if entry.hours is not None:
        moved = (
            entry.hours,
            _moved(reception, office, entry.hours),
            _moved(issuing, office, entry.hours),
        )
        return _day(moved, reason, entry.note, weekday)
    cut = (entry.short_by_min or plan.calendar.short_by_min) if entry.kind is DayKind.SHORT else 0
    return _day((_shorter(office, cut), _shorter(reception, cut), _shorter(issuing, cut)), reason, entry.note, weekday)


def _ended_before_holiday(plan: Plan, day: date, public: PublicCalendar, hours: DayHours) -> DayHours:
    cut = plan.calendar.short_by_min
    if not cut or day == date.max:
        return hours
    tomorrow = public.instead.get(day, day) + ONE_DAY
    entry = plan.calendar.days.get(tomorrow.isoformat())
    worked = public.is_working(tomorrow) or (entry is not None and entry.kind is not DayKind.CLOSED)
    if worked or hours.office is None or public.holiday(tomorrow) is None:
        return hours
    shorter = (_shorter(hours.office, cut), _shorter(hours.reception, cut), _shorter(hours.issuing, cut))
    return _day(shorter, Reason.PRE_HOLIDAY, hours.note, hours.weekday)


def _weekly(plan: Plan, weekday: int, reason: Reason) -> DayHours:
    sets = _sets(plan, weekday)
    return _day(sets, reason if sets[0] else Reason.WEEKLY, NO_WORDS, weekday)


def _day(sets: tuple[Span | None, Span | None, Span | None], reason: Reason, note: Words, weekday: int) -> DayHours:
    office, reception, issuing = sets
    if office is None:
        reception = None
    # A number given out on a day without reception would never be called.
    return DayHours(office, reception, issuing if reception else None, reason, note, weekday)


def _worked_as(plan: Plan, day: date) -> int:
    """The weekday whose hours a day has that is worked though it need not be: its own, or Monday if that has none."""
    own = day.weekday()
    return own if plan.hours.office.on(own) else MONDAY


def _sets(plan: Plan, weekday: int) -> tuple[Span | None, Span | None, Span | None]:
    hours = plan.hours
    return hours.office.on(weekday), hours.reception.on(weekday), hours.issuing.on(weekday)


def _own_hours(plan: Plan, service_id: str, weekday: int) -> Span | None:
    """When a service can be had by its organisation's hours and its own, the hall apart."""
    service = plan.services[service_id]
    organisation = _on(plan.organisations[service.organisation].hours, weekday)
    own = _on(service.hours, weekday)
    return organisation.within(own) if organisation and own else None


def _on(timetable: Timetable | None, weekday: int) -> Span | None:
    return ALL_DAY if timetable is None else timetable.on(weekday)


def _moved(span: Span | None, office: Span | None, to: Span) -> Span | None:
    if office is None:
        return to
    if span is None:
        return None
    moved = _span(to.opens + span.opens - office.opens, to.closes - (office.closes - span.closes))
    return moved.within(to) if moved else None


def _shorter(span: Span | None, by_min: int) -> Span | None:
    return _span(span.opens, span.closes - by_min) if span else None


def _span(opens: int, closes: int) -> Span | None:
    return Span(opens, closes) if opens < closes else None
