"""Which days of history are looked at: a period by its name, or any dates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from babel.dates import format_date

from web.centre.wording import N_
from web.language import NBSP

MOST_DAYS = 400

NAMES = {
    "today": N_("Today"),
    "yesterday": N_("Yesterday"),
    "week": N_("This week"),
    "last-week": N_("Last week"),
    "month": N_("This month"),
    "last-month": N_("Last month"),
    "year": N_("This year"),
}


@dataclass(frozen=True, slots=True)
class Span:
    """Some days, of one office or of the network (''). `name` is None for dates that somebody typed."""

    first: date
    last: date
    name: str | None = None
    office: str = ""

    def address(self, path: str = "/history", **changes: str | None) -> str:
        """A page of the same choice with some of it changed."""
        values: dict[str, str | None] = {"office": self.office or None}
        if "period" not in changes:
            if self.name is not None:
                values["period"] = self.name
            else:
                values |= {"first": self.first.isoformat(), "last": self.last.isoformat()}
        values |= changes
        told = urlencode({name: value for name, value in values.items() if value})
        return f"{path}?{told}" if told else path

    def told(self, code: str) -> str:
        """The dates as people write them."""
        ends = [format_date(day, "d MMMM y", locale=code).replace(" ", NBSP) for day in (self.first, self.last)]
        return ends[0] if ends[0] == ends[1] else f"{ends[0]} – {ends[1]}"


def span_of(query: Mapping[str, str], today: date) -> tuple[Span, bool]:
    """What an address asks for, and whether its dates were wrong: then it is today."""
    office = query.get("office", "")[:60]
    if "first" in query or "last" in query:
        try:
            first, last = date.fromisoformat(query.get("first", "")), date.fromisoformat(query.get("last", ""))
        except ValueError:
            return Span(today, today, "today", office), True
        if first <= last and (last - first).days <= MOST_DAYS:
            return Span(first, last, None, office), False
        return Span(today, today, "today", office), True
    name = query.get("period", "today")
    name = name if name in NAMES else "today"
    return Span(*named(name, today), name, office), False


def named(name: str, today: date) -> tuple[date, date]:
    """The dates of a named period: those of one that lasts end today."""
    monday, first = today - timedelta(days=today.weekday()), today.replace(day=1)
    ended = first - timedelta(days=1)
    return {
        "yesterday": (today - timedelta(days=1), today - timedelta(days=1)),
        "week": (monday, today),
        "last-week": (monday - timedelta(days=7), monday - timedelta(days=1)),
        "month": (first, today),
        "last-month": (ended.replace(day=1), ended),
        "year": (date(today.year, 1, 1), today),
    }.get(name, (today, today))
