"""Thirty nights unplugged ring nobody; one morning that isn't as planned rings at the stated minute."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest

from appliance.domain.days import CloseDay, OpenDay
from appliance.domain.desks import OpenDesk
from appliance.domain.hours import PublicCalendar, day_hours
from appliance.workers.public_calendar import load_here
from sync.centre.alarm import Alarm
from sync.centre.store import Store
from sync.centre.watching import Watching
from tests.centre.watched_offices import HOUR, MINUTE, SECOND, Box, at, days, plan_of, watch

FIRST = date(2027, 2, 5)
"""A Friday; among the thirty nights are the working Saturday of 20 February and the holidays of 22 and 23 February."""

NIGHTS = 30
WORKING_SATURDAY = date(2027, 2, 20)
HOLIDAY = date(2027, 2, 23)


@pytest.fixture(scope="module")
def russia() -> PublicCalendar:
    return load_here("RU", 2027)


@pytest.fixture
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    made = Store(f"sqlite:///{tmp_path_factory.mktemp('nights') / 'centre.db'}")
    made.make_tables()
    return made


class Life:
    """An office that is plugged in at 8:38 on working days and pulled out about half an hour after reception."""

    def __init__(self, store: Store, public: PublicCalendar) -> None:
        self.public = public
        self.box = Box(plan=plan_of(shifts=True), public=public).begin(at(8, day=FIRST))
        self.box.heard(at(8, day=FIRST))
        self.watching: Watching = watch(store, self.box, public=public)
        self.rung: list[Alarm] = []
        self.chance = Random(7)

    def night(self, day: date) -> None:
        """From midnight to the morning: nobody hears anything."""
        for minute in range(0, 8 * 60 + 30, 60):
            self.look(at(0, day=day) + minute * MINUTE)
        for minute in range(8 * 60 + 30, 8 * 60 + 38):
            self.look(at(0, day=day) + minute * MINUTE)

    def day(self, day: date) -> None:
        """The morning, the day and the evening of a date."""
        reception = day_hours(self.box.plan, day, self.public).reception
        if reception is None:
            for minute in range(8 * 60 + 38, 24 * 60, 30):
                self.look(at(0, day=day) + minute * MINUTE)
            return
        midnight = at(0, day=day)
        closes = midnight + reception.closes * MINUTE
        unplugged = closes + self.chance.randint(-60, 45) * SECOND + 35 * MINUTE
        self.box.boots += 1
        for moment in self._moments(midnight, closes):
            if moment == midnight + 9 * HOUR:
                self.box.do(OpenDay(), moment)
                for desk in range(1, 5):
                    self.box.do(OpenDesk(desk), moment)
            if moment == closes + 2 * MINUTE:
                self.box.do(CloseDay(), moment)
            if moment < unplugged:
                self.box.heard(moment)
            self.look(moment)

    def look(self, moment: int) -> None:
        self.rung += self.watching.look(moment)

    @staticmethod
    def _moments(midnight: int, closes: int) -> list[int]:
        """Every minute in the morning and the evening, every half-hour between, every hour when all is dark."""
        morning = range(midnight + (8 * 60 + 38) * MINUTE, midnight + (9 * 60 + 10) * MINUTE, MINUTE)
        noon = range(midnight + (9 * 60 + 10) * MINUTE, closes - 3 * MINUTE, 30 * MINUTE)
        evening = range(closes - 3 * MINUTE, closes + 40 * MINUTE, MINUTE)
        night = range(closes + 40 * MINUTE, midnight + 24 * HOUR, 60 * MINUTE)
        return [*morning, *noon, *evening, *night]


def test_thirty_nights_unplugged_ring_nobody(store: Store, russia: PublicCalendar) -> None:
    life = Life(store, russia)
    worked = 0
    for day in days(FIRST, NIGHTS + 1):
        life.night(day)
        life.day(day)
        worked += day_hours(life.box.plan, day, russia).reception is not None
    assert life.rung == []
    assert not life.watching.alarms.history(None, 0, 2**50)
    # Fridays to Sundays, a working Saturday, two days off in a row: the calendar really is in the test.
    assert worked == 20
    assert day_hours(life.box.plan, WORKING_SATURDAY, russia).reception is not None
    assert day_hours(life.box.plan, HOLIDAY, russia).reception is None
    store.close()


@pytest.mark.parametrize("day", [date(2027, 2, 9), WORKING_SATURDAY])
def test_an_office_that_stays_dark_rings_a_quarter_before_its_opening(
    store: Store, russia: PublicCalendar, day: date
) -> None:
    life = Life(store, russia)
    life.day(day - timedelta(days=1))
    life.rung.clear()
    for second in range(0, 25 * 60, 3):
        life.look(at(8, 30, day=day) + second * SECOND)
    (alarm,) = life.rung[:1]
    assert (alarm.rule, alarm.raised_ms) == ("unseen", at(8, 45, day=day))
    # It closes by itself when the office is heard, and its length stays known.
    life.box.heard(at(9, 1, day=day))
    life.look(at(9, 1, day=day))
    assert not [one for one in life.watching.alarms.open() if one.rule == "unseen"]
    found = life.watching.alarms.get(alarm.id)
    assert found is not None and found.closed_ms == at(9, 1, day=day)
    store.close()


@pytest.mark.parametrize("day", [date(2027, 2, 9), WORKING_SATURDAY])
def test_an_office_that_nobody_opens_rings_five_minutes_after(store: Store, russia: PublicCalendar, day: date) -> None:
    life = Life(store, russia)
    life.day(day - timedelta(days=1))
    life.rung.clear()
    for second in range(0, 30 * 60, 5):
        moment = at(8, 40, day=day) + second * SECOND
        life.box.heard(moment)
        life.look(moment)
    assert [(one.rule, one.raised_ms) for one in life.rung][:1] == [("not-opened", at(9, 5, day=day))]
    life.box.do(OpenDay(), at(9, 12, day=day))
    life.box.do(OpenDesk(1), at(9, 12, day=day))
    for second in range(0, 180, 5):
        moment = at(9, 12, day=day) + second * SECOND
        life.box.heard(moment)
        life.look(moment)
    assert "not-opened" not in [one.rule for one in life.watching.alarms.open()]
    store.close()


def test_a_holiday_unopened_rings_nobody(store: Store, russia: PublicCalendar) -> None:
    life = Life(store, russia)
    life.day(WORKING_SATURDAY)
    life.rung.clear()
    life.night(HOLIDAY)
    life.day(HOLIDAY)
    assert life.rung == []
    store.close()


def test_the_short_day_before_a_holiday_is_not_closed_early(store: Store, russia: PublicCalendar) -> None:
    """On the working Saturday the reception ends an hour earlier: the day it was exchanged for is before a holiday."""
    reception = day_hours(plan_of(), WORKING_SATURDAY, russia).reception
    assert reception is not None and reception.closes == 17 * 60
    life = Life(store, russia)
    life.day(WORKING_SATURDAY)
    assert life.rung == []
    store.close()
