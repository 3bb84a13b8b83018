"""What differs between two plans, field by field, and from when on each difference holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from typing import Any

from appliance.domain.plan import Absence, CalendarDay, Plan, Shift, Span, Timetable, Words
from appliance.domain.plans.adjusting import (
    ADDED_AT_ONCE,
    DESK_AT_ONCE,
    OPERATOR_AT_ONCE,
    ORGANISATION_AT_ONCE,
    PLAN_AT_ONCE,
    SERVICE_AT_ONCE,
)
from appliance.domain.plans.hours import WEEKDAYS, written_days, written_span

SECTIONS = {
    "organisations": "organisation",
    "services": "service",
    "desks": "desk",
    "categories": "category",
    "reasons": "reason",
    "operators": "operator",
}
"""What a plan has by id, and how the document calls one of them."""

_AT_ONCE = {
    "organisation": ORGANISATION_AT_ONCE,
    "service": SERVICE_AT_ONCE,
    "desk": DESK_AT_ONCE,
    "operator": OPERATOR_AT_ONCE,
}
_PLAIN = ("version", "office", "name", "address", "timezone", "languages", "desk_word", "phone")


class ChangeKind(StrEnum):
    """What became of it."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: of which thing, by which id, which field, from what to what, as the document writes it.

    `at_once`: it holds as soon as the plan is adopted, else from the next opening of a day.
    """

    kind: ChangeKind
    thing: str
    id: str
    field: str
    before: str
    after: str
    at_once: bool

    @property
    def place(self) -> str:
        """Where in the document: `service bills.norm_min`."""
        thing = f"{self.thing} {self.id}" if self.id else self.thing
        return f"{thing}.{self.field}" if self.field else thing


def diff(old: Plan, new: Plan) -> list[Change]:
    """Every difference that a reader of the document could see; none for equal plans."""
    found = list(_fields("plan", "", old, new, _PLAIN, at_once=()))
    for name in ("office", "reception", "issuing"):
        found += _field("hours", "", name, getattr(old.hours, name), getattr(new.hours, name), at_once=True)
    found += _fields("calendar", "", old.calendar, new.calendar, ("country", "short_by_min"), PLAN_AT_ONCE, whole=True)
    found += _by_id("calendar.day", old.calendar.days, new.calendar.days, whole=True)
    for name in ("policy", "settings"):
        before, after = getattr(old, name), getattr(new, name)
        found += _fields(name, "", before, after, _names(before), PLAN_AT_ONCE, whole=name in PLAN_AT_ONCE)
    for section, thing in SECTIONS.items():
        found += _by_id(
            thing,
            getattr(old, section),
            getattr(new, section),
            whole=section in PLAN_AT_ONCE,
            added=section in ADDED_AT_ONCE,
        )
    found += _listed("shift", map(_shift, old.shifts), map(_shift, new.shifts))
    found += _listed("absence", map(_absence, old.absences), map(_absence, new.absences))
    return found


def _names(item: Any) -> tuple[str, ...]:
    return tuple(each.name for each in fields(item) if each.name != "id")


def _by_id(
    thing: str, old: Mapping[Any, Any], new: Mapping[Any, Any], *, whole: bool = False, added: bool = False
) -> Iterator[Change]:
    for key in old:
        if key not in new:
            yield Change(ChangeKind.REMOVED, thing, str(key), "", _title(old[key]), "", whole)
    for key in new:
        if key not in old:
            yield Change(ChangeKind.ADDED, thing, str(key), "", "", _title(new[key]), whole or added)
        else:
            names = _names(new[key])
            yield from _fields(thing, str(key), old[key], new[key], names, _AT_ONCE.get(thing, ()), whole=whole)
    before, after = [key for key in old if key in new], [key for key in new if key in old]
    if before != after:
        moved = [(str(one), str(other)) for one, other in zip(before, after, strict=True) if one != other]
        first = (", ".join(one for one, _ in moved), ", ".join(other for _, other in moved))
        yield Change(ChangeKind.CHANGED, thing, "", "order", *first, whole)


def _fields(
    thing: str,
    key: str,
    old: object,
    new: object,
    names: Sequence[str],
    at_once: Sequence[str],
    *,
    whole: bool = False,
) -> Iterator[Change]:
    for name in names:
        yield from _field(thing, key, name, getattr(old, name), getattr(new, name), at_once=whole or name in at_once)


def _field(thing: str, key: str, name: str, old: Any, new: Any, *, at_once: bool) -> Iterator[Change]:
    if old == new:
        return
    if name == "like":
        old, new = (None if day is None else WEEKDAYS[day] for day in (old, new))
    if isinstance(old, Words) and isinstance(new, Words):
        for language in dict.fromkeys([*old.texts, *new.texts]):
            before, after = old.texts.get(language, ""), new.texts.get(language, "")
            if before != after:
                yield Change(ChangeKind.CHANGED, thing, key, f"{name}.{language}", before, after, at_once)
        return
    yield Change(ChangeKind.CHANGED, thing, key, name, written(old), written(new), at_once)


def _listed(thing: str, old: Iterable[str], new: Iterable[str]) -> Iterator[Change]:
    before, after = Counter(old), Counter(new)
    for text in (before - after).elements():
        yield Change(ChangeKind.REMOVED, thing, "", "", text, "", True)
    for text in (after - before).elements():
        yield Change(ChangeKind.ADDED, thing, "", "", "", text, True)


def _title(item: object) -> str:
    """What tells a reader which one it is, besides its id."""
    if isinstance(item, CalendarDay):
        return " ".join(filter(None, (item.kind.value, written(item.hours) if item.hours else "")))
    name = getattr(item, "short", None) or getattr(item, "name", None)
    return next(iter(name.texts.values()), "") if isinstance(name, Words) else ""


def _shift(shift: Shift) -> str:
    breaks = f" ({', '.join(map(written_span, shift.breaks))})" if shift.breaks else ""
    week = f" {shift.week}" if shift.week else ""
    days = written_days(shift.weekdays)
    return f"{shift.operator}, {shift.desk}, {days} {written_span(shift.span)}{breaks}{week}"


def _absence(absence: Absence) -> str:
    reason = f" ({absence.reason})" if absence.reason else ""
    return f"{absence.operator}, {absence.first} - {absence.last}{reason}"


def timetable(table: Timetable) -> str:
    """Hours as a reader takes them in: `mon-fri 08:00-20:00, sat 09:00-14:00`; the rest is closed."""
    days: dict[Span, list[int]] = {}
    for day, span in enumerate(table.week):
        if span is not None:
            days.setdefault(span, []).append(day)
    return ", ".join(f"{written_days(some)} {written_span(span)}" for span, some in days.items())


def written(value: Any) -> str:
    """A value the way the document writes it; nothing for a missing one."""
    if value is None:
        return ""
    if isinstance(value, Span):
        return written_span(value)
    if isinstance(value, Timetable):
        return timetable(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(map(written, value))
    assert not is_dataclass(value)
    return str(value)
