"""A bus: where it stands by its timetable, what it did at each stop by true times, and that nobody is rung between."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from appliance.domain.calling import CallNext
from appliance.domain.days import CloseDay, OpenDay
from appliance.domain.desks import OpenDesk
from appliance.domain.plan import Span
from appliance.domain.serving import Finish, Start
from appliance.domain.tickets import TakeTicket
from sync.centre.stops import Stop, StopError, Stops, check, places, route, stop_figures, stops_on
from sync.centre.store import Store
from sync.centre.tile import Place, TileState
from tests.centre.watched_offices import MINUTE, SECOND, Box, at, watch

TUESDAY, WEDNESDAY = date(2026, 11, 24), date(2026, 11, 25)
MORNING = Stop("Verkhnie Sady", Span(9 * 60, 12 * 60), weekday=1)
AFTERNOON = Stop("Nyzhni Sady", Span(13 * 60, 16 * 60), weekday=1)
FRIDAY = Stop("Vasylivka", Span(10 * 60, 14 * 60), weekday=4)
ONCE = Stop("The fair", Span(11 * 60, 15 * 60), date="2026-12-01")
ROUTE = (AFTERNOON, MORNING, FRIDAY, ONCE)


def test_stops_of_a_date_replace_those_of_the_week() -> None:
    assert stops_on(ROUTE, TUESDAY) == (MORNING, AFTERNOON)
    assert stops_on(ROUTE, date(2026, 12, 1)) == (ONCE,)
    assert stops_on(ROUTE, WEDNESDAY) == ()
    cancelled = (*ROUTE, Stop("", Span(0, 1440), date="2026-11-24"))
    assert stops_on(cancelled, TUESDAY) == ()


@pytest.mark.parametrize(
    ("local", "here", "following"),
    [
        (datetime(2026, 11, 24, 8, 59), None, "Verkhnie Sady"),
        (datetime(2026, 11, 24, 9, 0), "Verkhnie Sady", "Nyzhni Sady"),
        (datetime(2026, 11, 24, 12, 0), None, "Nyzhni Sady"),
        (datetime(2026, 11, 24, 15, 59), "Nyzhni Sady", "Vasylivka"),
        (datetime(2026, 11, 27, 14, 0), None, "The fair"),
    ],
)
def test_where_it_stands_and_goes(local: datetime, here: str | None, following: str) -> None:
    found, coming = places(ROUTE, local)
    assert (found.stop if found else None) == here
    assert coming is not None and coming.stop == following
    assert next(one.stop for one in route(ROUTE, local, 3)) == (here or following)


def test_a_place_has_its_hours() -> None:
    found, _ = places(ROUTE, datetime(2026, 11, 24, 10))
    assert found == Place("Verkhnie Sady", "2026-11-24T09:00:00", "2026-11-24T12:00:00")
    assert places((), datetime(2026, 11, 24, 10)) == (None, None)


@pytest.mark.parametrize(
    ("stops", "code"),
    [
        ([Stop("a", Span(1, 2))], "neither-day"),
        ([Stop("a", Span(1, 2), 1, "2026-11-24")], "neither-day"),
        ([Stop("a", Span(1, 2), 7)], "bad-weekday"),
        ([Stop("a", Span(1, 2), None, "24.11.2026")], "bad-date"),
        ([Stop("a", Span(2, 2), 1)], "bad-hours"),
        ([Stop("a", Span(1, 60), 1), Stop("b", Span(59, 90), 1)], "overlap"),
    ],
)
def test_timetables_that_can_not_be(stops: list[Stop], code: str) -> None:
    with pytest.raises(StopError) as refused:
        check(stops)
    assert refused.value.code == code


def test_timetables_are_kept(store: Store) -> None:
    stops = Stops(store)
    stops.put("bus", ROUTE, "d-1", 1)
    assert Stops(store).of("bus") == ROUTE
    stops.put("bus", ROUTE[:1], "d-1", 2)
    assert stops.of("bus") == ROUTE[:1]
    assert stops.of("other") == ()


def worked(box: Box, day: date) -> Box:
    """Two visitors in the morning, one in the afternoon, one between the stops."""
    box.do(OpenDay(), at(9, day=day))
    box.do(OpenDesk(1), at(9, day=day))
    for moment, wait_min, took_min in (
        (at(9, 30, day=day), 2, 10),
        (at(10, 30, day=day), 4, 12),
        (at(12, 20, day=day), 6, 5),
        (at(14, day=day), 8, 20),
    ):
        box.do(TakeTicket("visit"), moment)
        box.do(CallNext(1), moment + wait_min * MINUTE)
        box.do(Start(1), moment + wait_min * MINUTE + 10 * SECOND)
        box.do(Finish(1), moment + wait_min * MINUTE + 10 * SECOND + took_min * MINUTE)
    return box


def test_figures_of_stops_are_by_the_times_of_the_events() -> None:
    box = worked(Box("bus", mobile=True).begin(at(8)), TUESDAY)
    found = {one.stop: one for one in stop_figures(ROUTE, [box.log()])}
    morning, afternoon = found["Verkhnie Sady"], found["Nyzhni Sady"]
    # Who came at 12:20 came to the stop that had ended twenty minutes before, not to the one that began in forty.
    assert (morning.issued, morning.served, morning.wait_ms) == (3, 3, 4 * MINUTE)
    assert morning.service_ms == 9 * MINUTE
    assert (afternoon.issued, afternoon.served, afternoon.wait_ms) == (1, 1, 8 * MINUTE)
    assert morning.date == "2026-11-24"
    assert len(morning.seqs) == 3
    assert sum(one.issued for one in found.values()) == 4


def test_a_stop_without_visitors_is_told_too() -> None:
    box = Box("bus", mobile=True).begin(at(8))
    box.do(OpenDay(), at(9))
    assert [(one.stop, one.issued, one.wait_ms) for one in stop_figures(ROUTE, [box.log()])] == [
        ("Verkhnie Sady", 0, None),
        ("Nyzhni Sady", 0, None),
    ]


def test_the_tile_of_a_bus(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Off between two stops while its line holds, asleep without one, stale at a stop: and nobody is rung."""
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('bus') / 'centre.db'}")
    store.make_tables()
    box = worked(Box("bus", mobile=True).begin(at(8)), TUESDAY)
    watching = watch(store, box)
    watching.stops.put("bus", ROUTE, "d-1", 1)
    box.do(CloseDay(), at(16))
    states = []
    for moment, online in (
        (at(16, 10), True),
        (at(20), False),
        (at(10, day=date(2026, 11, 27)), False),
        (at(14, 30, day=date(2026, 11, 27)), False),
        (at(14, 31, day=date(2026, 11, 27)), True),
    ):
        if online:
            box.heard(moment)
        tile = watching.wall.tile("bus", moment)
        assert tile is not None
        states.append(tile.state)
        assert watching.look(moment) == []
        if moment == at(20):
            assert tile.place is None and tile.next_place is not None
            assert (tile.next_place.stop, tile.as_of_ms) == ("Vasylivka", at(16, 10))
    assert states == [TileState.OFF, TileState.ASLEEP, TileState.STALE, TileState.ASLEEP, TileState.OFF]
    store.close()


def test_three_days_offline_fill_in_at_their_true_times() -> None:
    box = Box("bus", mobile=True).begin(at(8))
    for day in (TUESDAY, WEDNESDAY, date(2026, 11, 26)):
        worked(box, day)
        box.do(CloseDay(), at(16, 30, day=day))
    from appliance.domain.indicators.day_log import day_logs

    logs = list(day_logs(box.records, lambda _: box.plan))
    weekly = tuple(Stop(f"stop {day}", Span(9 * 60, 16 * 60), weekday=day) for day in range(5))
    found = [(one.date, one.stop, one.served) for one in stop_figures(weekly, logs)]
    assert found == [("2026-11-24", "stop 1", 4), ("2026-11-25", "stop 2", 4), ("2026-11-26", "stop 3", 4)]
