"""The public calendar of a country, from the package `holidays`, read beside the office.

The package costs about 17 MB of memory, an eighth of what the office may have, so a short-lived process reads it and
prints the dates: `python -m appliance.workers.public_calendar RU 2026`.
"""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from appliance.domain.hours import NO_CALENDAR, PublicCalendar

log = logging.getLogger(__name__)

MODULE = "appliance.workers.public_calendar"
TIMEOUT_S = 120
RETRY_S = 3600

UNKNOWN = "country-unknown"
MISSING = "calendar-missing"
FAILED = "calendar-failed"


class CalendarError(Exception):
    """The calendar can't be had: one of the codes UNKNOWN, MISSING, FAILED, and for the log what happened."""

    @property
    def code(self) -> str:
        """Why."""
        return str(self.args[0])


class CalendarSource:
    """Keeps the public calendar of one country for the years around today. Thread-safe; `current` never waits."""

    def __init__(self, country: str, load: Callable[[str, int], PublicCalendar] | None = None) -> None:
        self._country, self._load = country, load or load_apart
        self._lock = threading.Lock()
        self._calendar = NO_CALENDAR
        self._year: int | None = None
        self._retry_at_s = 0.0
        self._thread: threading.Thread | None = None
        self.trouble = ""
        """Why there is no calendar of this year: one of the codes of `CalendarError`, "" while all is well."""

    def current(self, today: date) -> PublicCalendar:
        """The calendar of the years before, of and after `today`.

        Until it has been read in the background it is the one known so far, at first NO_CALENDAR. What can't be read is
        tried again after an hour.
        """
        with self._lock:
            if self._country and self._thread is None and self._is_due(today.year):
                self._year = today.year
                self._thread = threading.Thread(
                    target=self._fetch, args=(today.year,), name="public-calendar", daemon=True
                )
                self._thread.start()
            return self._calendar

    def wait(self, timeout_s: float) -> bool:
        """Wait for a reading under way; whether none is left."""
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join(timeout_s)
        return thread is None or not thread.is_alive()

    def _is_due(self, year: int) -> bool:
        return self._year != year or (self.trouble != "" and time.monotonic() >= self._retry_at_s)

    def _fetch(self, year: int) -> None:
        calendar, trouble, what = None, "", "read again"
        try:
            calendar = self._load(self._country, year)
        except CalendarError as error:
            trouble, what = error.code, str(error)
        except Exception as error:
            # A calendar is a convenience: whatever is wrong with it, the office's own table goes on.
            trouble, what = FAILED, repr(error)
        if trouble != self.trouble:
            log.warning("public calendar of %s: %s", self._country, what)
        with self._lock:
            self._calendar = calendar or self._calendar
            self.trouble = trouble
            self._retry_at_s = time.monotonic() + RETRY_S
            self._thread = None


def load_apart(country: str, year: int) -> PublicCalendar:
    """The calendar of the years around `year`, read in a process of its own. Raises CalendarError."""
    command = [sys.executable, "-m", MODULE, country, str(year)]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CalendarError(FAILED, repr(error)) from error
    try:
        answer = json.loads(done.stdout)
    except ValueError as error:
        raise CalendarError(FAILED, done.stderr.decode(errors="replace")) from error
    if "trouble" in answer:
        raise CalendarError(answer["trouble"])
    return from_json(answer)


def load_here(country: str, year: int) -> PublicCalendar:
    """The calendar of the years before, of and after `year`, read in this process. Raises CalendarError.

    A holiday proper is what the package knows without observing: what is added by observing falls on a weekday because
    the holiday fell on a weekend, and what bears the package's label of a substituted day was moved by decree.
    """
    # Two capitals are a country; the package answers to names of exchanges and of its own classes as well.
    if not re.fullmatch("[A-Z]{2}", country):
        raise CalendarError(UNKNOWN)
    try:
        import holidays
        from holidays.constants import HOLIDAY_NAME_DELIMITER
    except ImportError as error:
        raise CalendarError(MISSING) from error
    years = range(year - 1, year + 2)
    first, last = date(years[0], 1, 1), date(years[-1], 12, 31)
    try:
        language = holidays.country_holidays(country).default_language
        proper = holidays.country_holidays(country, years=years, language=language, observed=False)
        observed = holidays.country_holidays(country, years=years, language=language)
    except NotImplementedError as error:
        raise CalendarError(UNKNOWN) from error
    names: dict[date, str] = {}
    moved_from: dict[date, date] = {}
    moved = _reader_of_moved_days(observed)
    for day, name in proper.items():
        own = [part for part in name.split(HOLIDAY_NAME_DELIMITER) if moved(part) is None]
        if own:
            names[day] = HOLIDAY_NAME_DELIMITER.join(own)
    for day, name in observed.items():
        for part in name.split(HOLIDAY_NAME_DELIMITER):
            if (origin := moved(part)) is not None:
                moved_from[origin] = day
    # The package keeps working days of all years it has ever heard of.
    working = frozenset(day for day in observed.weekend_workdays if first <= day <= last)
    return PublicCalendar(
        country,
        first,
        last,
        names,
        frozenset(day for day in observed if day not in names),
        working,
        {day: moved_from[day] for day in sorted(working) if day in moved_from},
        language or "",
    )


def to_json(calendar: PublicCalendar) -> dict[str, Any]:
    """The calendar in values that JSON has."""
    return {
        "country": calendar.country,
        "language": calendar.language,
        "first": calendar.first.isoformat(),
        "last": calendar.last.isoformat(),
        "holidays": {day.isoformat(): name for day, name in sorted(calendar.holidays.items())},
        "days_off": [day.isoformat() for day in sorted(calendar.days_off)],
        "working": [day.isoformat() for day in sorted(calendar.working)],
        "instead": {day.isoformat(): off.isoformat() for day, off in sorted(calendar.instead.items())},
    }


def from_json(values: dict[str, Any]) -> PublicCalendar:
    """The calendar that `to_json` made into values."""
    day = date.fromisoformat
    return PublicCalendar(
        values["country"],
        day(values["first"]),
        day(values["last"]),
        {day(key): name for key, name in values["holidays"].items()},
        frozenset(map(day, values["days_off"])),
        frozenset(map(day, values["working"])),
        {day(key): day(off) for key, off in values["instead"].items()},
        values["language"],
    )


def main(country: str, year: str) -> int:
    """Print the calendar as JSON, or what is the trouble; the exit code is 0 or 1."""
    os.nice(10)
    try:
        print(json.dumps(to_json(load_here(country, int(year)))))
    except CalendarError as trouble:
        print(json.dumps({"trouble": trouble.code}))
        return 1
    return 0


def _reader_of_moved_days(calendar: Any) -> Callable[[str], date | None]:
    """What tells from a day's name which date it was moved from, or None if it is a holiday of its own."""
    label = getattr(calendar, "substituted_label", None)
    if label is None:
        return lambda _: None
    head, tail = calendar.tr(label).split("%s")
    written = calendar.tr(calendar.substituted_date_format)

    def moved(name: str) -> date | None:
        if not (name.startswith(head) and name.endswith(tail)):
            return None
        return datetime.strptime(name.removeprefix(head).removesuffix(tail), written).date()

    return moved


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
