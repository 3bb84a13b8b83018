"""Times of a plan: hours of the office, of an organisation or a service, and the office's own calendar."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby

from appliance.domain.plan import MIDNIGHT, Calendar, CalendarDay, DayKind, Hours, Span, Timetable
from appliance.domain.plans.document import Table

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NEVER = Timetable((None,) * 7)
_TIME = re.compile(r"(\d\d):(\d\d)")
_CLOSED = "closed"
_SAID_OF = {
    DayKind.CLOSED: (),
    DayKind.SHORT: ("hours", "short_by_min"),
    DayKind.WORKING: ("hours", "like"),
}


def minute_of(text: str) -> int | None:
    """The minute of the day of `08:00`; 1440 for `24:00`; None for anything else."""
    match = _TIME.fullmatch(text.strip())
    if match is None or int(match[2]) > 59:
        return None
    minute = int(match[1]) * 60 + int(match[2])
    return minute if minute <= MIDNIGHT else None


def span_of(text: str) -> Span | None:
    """The span of `08:00-17:00`; None for anything else, also for one that doesn't end after it begins."""
    first, _, last = text.replace("–", "-").partition("-")
    opens, closes = minute_of(first), minute_of(last)
    return Span(opens, closes) if opens is not None and closes is not None and opens < closes else None


def written_span(span: Span) -> str:
    """A span as it is written: `08:00-17:00`."""
    return f"{span.opens // 60:02d}:{span.opens % 60:02d}-{span.closes // 60:02d}:{span.closes % 60:02d}"


def written_days(days: Sequence[int]) -> str:
    """Weekdays as they are written, in order: `mon-fri,sun`."""
    runs = [[day for _, day in run] for _, run in groupby(enumerate(days), lambda pair: pair[1] - pair[0])]
    return ",".join(WEEKDAYS[run[0]] if len(run) == 1 else f"{WEEKDAYS[run[0]]}-{WEEKDAYS[run[-1]]}" for run in runs)


def take_span(table: Table, key: str) -> Span | None:
    """The span under `key`; a missing or wrong one is noted and None."""
    text = table.text(key, 40)
    span = span_of(text)
    if span is None and table.was_read(key):
        table.wrong("not-a-span", key, found=text)
    return span


def take_spans(table: Table, key: str) -> tuple[Span, ...]:
    """The list of spans under `key`, in order; wrong ones are noted and left out."""
    found = []
    for text in table.take(key, list, []):
        span = span_of(text) if isinstance(text, str) else None
        if span is None:
            table.wrong("not-a-span", key, found=str(text)[:40])
        else:
            found.append(span)
    return tuple(sorted(found))


def take_weekdays(table: Table, key: str, default: str | None = None) -> tuple[int, ...]:
    """The weekdays of `mon-fri` or `tue,thu` or `sat-mon`, Monday 0, in order."""
    text = table.text(key, 40, default)
    if not table.was_read(key):
        return ()
    days: set[int] = set()
    for part in text.split(","):
        first, dash, last = (word.strip() for word in part.replace("–", "-").partition("-"))
        if first not in WEEKDAYS or (last if dash else first) not in WEEKDAYS:
            table.wrong("not-weekdays", key, found=text)
            return ()
        begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last if dash else first)
        days.update((begin + step) % 7 for step in range((end - begin) % 7 + 1))
    return tuple(sorted(days))


def take_date(table: Table, key: str) -> str:
    """The ISO date under `key`, quoted or not; a wrong one is noted and empty."""
    if table.holds(key, date) and not table.holds(key, datetime):
        day: date = table.take(key, date)
        return day.isoformat()
    text = table.text(key)
    if not table.was_read(key):
        return ""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    table.wrong("not-a-date", key, found=text[:40])
    return ""


def take_week(table: Table, key: str) -> str:
    """The ISO week under `key` such as `2026-W48`, or "" where there is none."""
    text = table.text(key, 10, "")
    if text and monday_of(text) is None:
        table.wrong("not-a-week", key, found=text)
        return ""
    return text


def monday_of(week: str) -> date | None:
    """The first day of an ISO week such as `2026-W48`; None if there is no such week."""
    match = re.fullmatch(r"(\d{4})-W(\d\d)", week)
    try:
        return date.fromisocalendar(int(match[1]), int(match[2]), 1) if match else None
    except ValueError:
        return None


def read_hours(table: Table) -> Hours:
    """The three sets of hours. What reception and issuing don't say is the office's; issuing ends with reception."""
    reception, issuing = table.table("reception"), table.table("issuing")
    before = len(table.mistakes)
    office = _timetable(table)
    if len(table.mistakes) > before:
        return Hours(office, office, office)
    received = _timetable(reception, office, "outside-office-hours")
    ends = tuple(_until(day, span) for day, span in zip(office.week, received.week, strict=True))
    given_out = _timetable(issuing, Timetable(ends), "outside-reception-hours")
    return Hours(office, received, given_out)


def bounding_hours(table: Table, key: str = "hours") -> Timetable | None:
    """Hours of an organisation or a service: `"09:00-13:00"` for every day, or a table by weekday; None where none."""
    if not table.has(key):
        return None
    if table.holds(key, dict):
        return _timetable(table.table(key))
    span = take_span(table, key)
    return Timetable((span,) * 7) if span else NEVER


def _until(day: Span | None, other: Span | None) -> Span | None:
    """The hours of an office's day up to the end of another span of it."""
    return Span(day.opens, other.closes) if day and other else None


def _timetable(table: Table, bounds: Timetable | None = None, outside: str = "") -> Timetable:
    """`opens`, `closes`, `days` and single weekdays of a table, within `bounds` and what these leave open."""
    before = len(table.mistakes)
    named = [day for day in WEEKDAYS if table.has(day)]
    given = [key for key in ("opens", "closes") if table.has(key)]
    wanted = bounds is None and not named
    opens, closes = _minute(table, "opens", wanted), _minute(table, "closes", wanted)
    if bounds is None and not wanted and len(given) == 1:
        table.wrong("missing", "closes" if given == ["opens"] else "opens")
    days = take_weekdays(table, "days") if table.has("days") else tuple(range(7))
    general = _general(table, bounds, opens, closes, outside) if len(table.mistakes) == before else ()
    week = [span if day in days else None for day, span in enumerate(general)] or [None] * 7
    for name in named:
        day = WEEKDAYS.index(name)
        week[day] = _single(table, name)
        if bounds is not None and week[day] and not _covers(bounds.on(day), week[day]):
            table.wrong(outside, name)
    table.finish()
    return Timetable(tuple(week))


def _general(
    table: Table, bounds: Timetable | None, opens: int | None, closes: int | None, outside: str
) -> tuple[Span | None, ...]:
    if bounds is None:
        if opens is None or closes is None:
            return (None,) * 7
        if opens >= closes:
            table.wrong("closes-before-opens")
            return (None,) * 7
        return (Span(opens, closes),) * 7
    narrowed = [_narrowed(span, opens, closes) for span in bounds.week]
    if (opens is not None or closes is not None) and not any(
        span and whole and _covers(whole, Span(_or(opens, whole.opens), _or(closes, whole.closes)))
        for span, whole in zip(narrowed, bounds.week, strict=True)
    ):
        table.wrong(outside, "closes" if opens is None else "opens")
    return tuple(narrowed)


def _narrowed(whole: Span | None, opens: int | None, closes: int | None) -> Span | None:
    """A day's bounds with another beginning and end, cut where the day is shorter than that."""
    if whole is None:
        return None
    first, last = max(_or(opens, whole.opens), whole.opens), min(_or(closes, whole.closes), whole.closes)
    return Span(first, last) if first < last else None


def _or(minute: int | None, other: int) -> int:
    return other if minute is None else minute


def _covers(whole: Span | None, part: Span | None) -> bool:
    return whole is not None and part is not None and whole.opens <= part.opens and part.closes <= whole.closes


def _single(table: Table, name: str) -> Span | None:
    if table.holds(name, str) and table.peek(name) == _CLOSED:
        table.text(name)
        return None
    return take_span(table, name)


def _minute(table: Table, key: str, wanted: bool) -> int | None:
    if not wanted and not table.has(key):
        return None
    text = table.text(key, 5)
    minute = minute_of(text)
    if minute is None and table.was_read(key):
        table.wrong("not-a-time", key, found=text)
    return minute


def read_calendar(table: Table) -> Calendar:
    """The calendar and its exceptions."""
    country = table.text("country", 2, "")
    if country and not re.fullmatch(r"[A-Z]{2}", country):
        table.wrong("not-a-country", "country", found=country)
    days: dict[str, CalendarDay] = {}
    for item in table.tables("day", "date"):
        day = _day(item)
        if day.date in days:
            item.wrong("duplicate", "date", found=day.date)
        if day.date:
            days[day.date] = day
    calendar = Calendar(country, table.number("short_by_min", 0, 480, 0), days)
    table.finish()
    return calendar


def _day(item: Table) -> CalendarDay:
    kind = DayKind(item.choice("kind", list(DayKind)))
    like = item.choice("like", WEEKDAYS) if item.has("like") else ""
    day = CalendarDay(
        date=take_date(item, "date"),
        kind=kind,
        hours=take_span(item, "hours") if item.has("hours") else None,
        like=WEEKDAYS.index(like) if like else None,
        short_by_min=item.number("short_by_min", 0, 720, 0),
        note=item.words("note", 160, optional=True),
    )
    _check_day(item, day)
    item.finish()
    return day


def _check_day(item: Table, day: CalendarDay) -> None:
    """What a kind of day may say, and what it must."""
    if not item.was_read("kind"):
        return
    kind, allowed = day.kind, _SAID_OF[day.kind]
    given = [key for key in ("hours", "like") if getattr(day, key) is not None]
    given += ["short_by_min"] if day.short_by_min else []
    for key in given:
        if key not in allowed:
            item.wrong("not-for-this-kind", key, kind=kind)
    if len([key for key in given if key in allowed]) > 1:
        item.wrong("one-of", "hours", others=" / ".join(allowed))
    if kind is DayKind.SHORT and not given and all(item.was_read(key) for key in allowed):
        item.wrong("missing", "hours")
