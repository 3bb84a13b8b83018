"""The public calendar that each office's plan asks for: one source for each country, for all offices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from threading import Lock
from typing import Protocol

from appliance.domain.hours import NO_CALENDAR, PublicCalendar
from appliance.domain.plan import Plan


class Source(Protocol):
    """The calendar of one country."""

    def current(self, today: date) -> PublicCalendar:
        """That of the years around `today`; never waits."""

    def wait(self, timeout_s: float) -> bool:
        """Wait for a reading under way."""


class Calendars:
    """Thread-safe. A calendar that can't be read is no calendar: plans' own tables still hold."""

    def __init__(self, source: Callable[[str], Source], today: Callable[[], date]) -> None:
        """`source` makes the source of a country (ISO code)."""
        self._make, self._today, self._lock = source, today, Lock()
        self._sources: dict[str, Source] = {}

    def of(self, plan: Plan | None) -> PublicCalendar:
        """The calendar of a plan's country."""
        country = plan.calendar.country if plan is not None else ""
        if not country:
            return NO_CALENDAR
        with self._lock:
            known = self._sources.get(country)
            if known is None:
                known = self._sources[country] = self._make(country)
        return known.current(self._today())

    def wait(self, timeout_s: float) -> None:
        """Wait until what is being read has been read, so that a period isn't computed on half a calendar."""
        for source in list(self._sources.values()):
            source.wait(timeout_s)
