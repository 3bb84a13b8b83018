"""Which days the head looks at: a period by its name, or any dates; and the address that keeps the choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from babel.dates import format_date

from appliance.api.routes.figures import PERIOD_DAYS
from web.office.language import NBSP
from web.office.wording import N_

NAMES = {
    "today": N_("Today"),
    "yesterday": N_("Yesterday"),
    "week": N_("This week"),
    "month": N_("This month"),
    "quarter": N_("This quarter"),
    "year": N_("This year"),
}

PARTS = {
    "service": N_("By service"),
    "organisation": N_("By organisation"),
    "desk": N_("By desk"),
    "operator": N_("By operator"),
    "category": N_("By priority category"),
    "hour": N_("By hour"),
}
"""By what the head breaks a period down."""

WRONG = N_("Choose two dates, the first not after the last, at most %(days)s days apart.")


@dataclass(frozen=True, slots=True)
class Choice:
    """What is looked at. `name` is None for dates that somebody typed; `key` narrows it to one part of `by`."""

    first: date
    last: date
    name: str | None = None
    by: str | None = None
    key: str | None = None

    def address(self, path: str = "/head", **changes: str | None) -> str:
        """A page of the same choice with some of it changed; None takes a part away."""
        values: dict[str, str | None] = {"by": self.by, "key": self.key}
        if self.name is not None and "period" not in changes:
            values["period"] = self.name
        if self.name is None:
            values |= {"first": self.first.isoformat(), "last": self.last.isoformat()}
        if "period" in changes:
            values |= {"first": None, "last": None}
        values |= changes
        told = urlencode({name: value for name, value in values.items() if value is not None})
        return f"{path}?{told}" if told else path


def chosen(query: Mapping[str, str], today: date | None) -> tuple[Choice | None, bool]:
    """What an address asks for, and whether its dates were wrong: then it is today. None when no date is known."""
    by = query.get("by") if query.get("by") in PARTS else None
    key = query.get("key") if by is not None else None
    typed = "first" in query or "last" in query
    dates = typed_dates(query) if typed else None
    if dates is not None:
        return Choice(*dates, by=by, key=key), False
    if today is None:
        return None, typed
    name = query.get("period", "today")
    name = name if name in NAMES else "today"
    return Choice(*named(name, today), name, by, key), typed


def typed_dates(query: Mapping[str, str]) -> tuple[date, date] | None:
    """The two dates of the form; None unless they are a period that can be computed."""
    try:
        first, last = date.fromisoformat(query.get("first", "")), date.fromisoformat(query.get("last", ""))
    except ValueError:
        return None
    return (first, last) if first <= last and (last - first).days <= PERIOD_DAYS else None


def named(name: str, today: date) -> tuple[date, date]:
    """The dates of a named period, up to today."""
    if name == "yesterday":
        return today - timedelta(days=1), today - timedelta(days=1)
    first = {
        "week": today - timedelta(days=today.weekday()),
        "month": today.replace(day=1),
        "quarter": date(today.year, today.month - (today.month - 1) % 3, 1),
        "year": date(today.year, 1, 1),
    }.get(name, today)
    return first, today


def full_date(day: date, language: str) -> str:
    """`24 ноября 2026`: a period may lie in another year."""
    return format_date(day, "d MMMM y", locale=language).replace(" ", NBSP)
