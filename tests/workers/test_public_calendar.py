"""The public calendar: what the package knows, how its days are told apart, and that nobody ever waits for it."""

from __future__ import annotations

import builtins
import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from appliance.domain.hours import NO_CALENDAR, PublicCalendar
from appliance.workers import public_calendar
from appliance.workers.public_calendar import (
    FAILED,
    MISSING,
    UNKNOWN,
    CalendarError,
    CalendarSource,
    from_json,
    load_apart,
    load_here,
    to_json,
)
from tests.domain.test_hours import RUSSIA

D = date.fromisoformat


def within(calendar: PublicCalendar, first: date, last: date) -> tuple[set[date], set[date], set[date]]:
    """Holidays, days off and working days of a stretch."""
    return (
        {day for day in calendar.holidays if first <= day <= last},
        {day for day in calendar.days_off if first <= day <= last},
        {day for day in calendar.working if first <= day <= last},
    )


@pytest.mark.parametrize("year", [2025, 2026])
def test_the_russian_calendar_is_the_one_that_the_table_of_days_was_made_for(year: int) -> None:
    found = load_here("RU", year)

    assert (found.first, found.last, found.language) == (date(year - 1, 1, 1), date(year + 1, 12, 31), "ru")
    assert within(found, found.first, found.last) == within(RUSSIA, found.first, found.last)


def test_a_holiday_bears_its_name_in_the_language_of_the_country() -> None:
    assert load_here("RU", 2026).holidays[D("2026-05-09")] == "День Победы"
    assert load_here("UA", 2021).holidays[D("2021-08-24")] == "День незалежності України"


def test_a_working_saturday_says_which_day_it_was_exchanged_for() -> None:
    found = load_here("RU", 2025)

    assert found.instead == {day: off for day, off in RUSSIA.instead.items() if day in found.working}
    assert set(found.instead) == found.working


def test_a_monday_that_is_off_because_the_holiday_was_a_sunday_is_no_holiday_proper() -> None:
    found = load_here("RU", 2026)

    assert D("2026-03-08") in found.holidays
    assert D("2026-03-09") in found.days_off
    assert D("2026-03-09") not in found.holidays


def test_ukraine_has_no_holidays_since_2023_and_that_is_no_trouble() -> None:
    found = load_here("UA", 2026)

    assert (found.holidays, found.days_off, found.working) == ({}, frozenset(), frozenset())
    assert found.covers(D("2026-08-24"))


@pytest.mark.parametrize("country", ["XX", "", "ru", "RUS", "NYSE", "--help", "Россия"])
def test_a_country_that_the_package_does_not_know_is_told(country: str) -> None:
    with pytest.raises(CalendarError, match=UNKNOWN):
        load_here(country, 2026)


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **more: Any) -> Any:
        if name.split(".")[0] == "holidays":
            raise ImportError(name)
        return real(name, *args, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(CalendarError, match=MISSING):
        load_here("RU", 2026)


def test_a_calendar_survives_the_way_between_two_processes() -> None:
    assert from_json(json.loads(json.dumps(to_json(RUSSIA)))) == RUSSIA


def test_another_process_reads_the_same_calendar() -> None:
    assert load_apart("RU", 2026) == load_here("RU", 2026)


def test_another_process_tells_its_trouble() -> None:
    with pytest.raises(CalendarError, match=UNKNOWN):
        load_apart("XX", 2026)


def test_a_process_that_prints_no_calendar_is_a_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public_calendar, "MODULE", "appliance.no_such_module")
    with pytest.raises(CalendarError, match=FAILED):
        load_apart("RU", 2026)


def test_a_process_that_does_not_end_is_a_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public_calendar, "TIMEOUT_S", 0.001)
    with pytest.raises(CalendarError, match=FAILED):
        load_apart("RU", 2026)


def test_the_office_itself_never_loads_the_package() -> None:
    program = (
        "import sys; from datetime import date; from appliance.workers.public_calendar import CalendarSource;"
        "source = CalendarSource('RU'); source.current(date(2026, 5, 9)); assert source.wait(60);"
        "assert source.current(date(2026, 5, 9)).holiday(date(2026, 5, 9)); assert 'holidays' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)


class Package:
    """Stands for the reading of the package: gives or refuses a year, and can be held up."""

    def __init__(self, years: Mapping[int, PublicCalendar | Exception]) -> None:
        self.years, self.asked, self.free = dict(years), list[int](), threading.Event()
        self.free.set()

    def load(self, country: str, year: int) -> PublicCalendar:
        self.asked.append(year)
        assert self.free.wait(10)
        answer = self.years[year]
        if isinstance(answer, Exception):
            raise answer
        return answer


def around(year: int) -> PublicCalendar:
    """An empty calendar of three years."""
    return PublicCalendar("RU", date(year - 1, 1, 1), date(year + 1, 12, 31), {}, frozenset(), frozenset())


def settled(source: CalendarSource, today: date) -> PublicCalendar:
    """The calendar once the reading that this question starts is over."""
    source.current(today)
    assert source.wait(10)
    return source.current(today)


def test_nobody_waits_for_the_calendar() -> None:
    package = Package({2026: around(2026)})
    package.free.clear()
    source = CalendarSource("RU", package.load)

    assert source.current(D("2026-11-23")) is NO_CALENDAR
    assert source.current(D("2026-11-23")) is NO_CALENDAR
    assert not source.wait(0.01)
    package.free.set()
    assert source.wait(10)
    assert source.current(D("2026-11-23")) == around(2026)
    assert package.asked == [2026]


def test_a_new_year_is_read_anew_and_the_old_calendar_serves_meanwhile() -> None:
    package = Package({2026: around(2026), 2027: around(2027)})
    source = CalendarSource("RU", package.load)
    settled(source, D("2026-12-31"))
    package.free.clear()

    assert source.current(D("2027-01-01")) == around(2026)
    package.free.set()
    assert source.wait(10)
    assert source.current(D("2027-01-01")) == around(2027)
    assert package.asked == [2026, 2027]


def test_an_office_of_no_country_asks_nobody() -> None:
    package = Package({})
    source = CalendarSource("", package.load)

    assert settled(source, D("2026-11-23")) is NO_CALENDAR
    assert (package.asked, source.trouble) == ([], "")


@pytest.mark.parametrize(
    ("error", "trouble"),
    [(CalendarError(UNKNOWN), UNKNOWN), (CalendarError(MISSING), MISSING), (RuntimeError("anything"), FAILED)],
)
def test_a_trouble_is_told_and_not_tried_again_at_once(error: Exception, trouble: str) -> None:
    package = Package({2026: error})
    source = CalendarSource("RU", package.load)

    assert settled(source, D("2026-11-23")) is NO_CALENDAR
    assert settled(source, D("2026-11-24")) is NO_CALENDAR
    assert source.trouble == trouble
    assert package.asked == [2026]


def test_a_trouble_is_logged_once_and_its_end_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(public_calendar, "RETRY_S", 0)
    package = Package({2026: CalendarError(FAILED, "the disk is tired")})
    source = CalendarSource("RU", package.load)
    for _ in range(3):
        source.current(D("2026-11-23"))
        assert source.wait(10)
    package.years[2026] = around(2026)
    settled(source, D("2026-11-23"))

    assert len(package.asked) == 4
    assert ["the disk is tired" in record.getMessage() for record in caplog.records] == [True, False]


def test_a_trouble_is_over_when_a_later_try_succeeds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public_calendar, "RETRY_S", 0)
    package = Package({2026: CalendarError(FAILED)})
    source = CalendarSource("RU", package.load)
    source.current(D("2026-11-23"))
    assert source.wait(10)
    assert source.trouble == FAILED
    package.years[2026] = around(2026)

    assert settled(source, D("2026-11-23")) == around(2026)
    assert source.trouble == ""


def test_a_year_that_cannot_be_read_leaves_the_calendar_that_is_known() -> None:
    source = CalendarSource("RU", Package({2026: around(2026), 2027: CalendarError(FAILED)}).load)
    settled(source, D("2026-12-31"))

    assert settled(source, D("2027-01-01")) == around(2026)
    assert source.trouble == FAILED
