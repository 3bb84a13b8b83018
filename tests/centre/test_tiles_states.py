"""What a tile says of itself: live, stale, asleep, in doubt, off; and that no old figure is told as a new one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from appliance.domain.days import CloseDay, OpenDay
from appliance.domain.desks import OpenDesk, SignIn, TakeBreak
from appliance.domain.devices import NoteDevice
from appliance.domain.hours import NO_CALENDAR
from appliance.domain.indicators.facts import facts_of
from appliance.domain.indicators.period import value
from appliance.domain.indicators.present import live
from appliance.domain.tickets import TakeTicket
from sync.centre.alarm import Alarm, Severity
from sync.centre.images import DOUBTS
from sync.centre.offices import OfficeEntry
from sync.centre.tile import Figure, Tile, TileState
from sync.centre.tile_figures import TILE_FIGURES
from sync.centre.tiles import by_trouble, tile_of, with_alarms
from sync.centre.today import today_of
from sync.centre.totals import sum_of
from tests.centre.watched_offices import HOUR, MINUTE, SECOND, Box, at, plan_of

ENTRY = OfficeEntry("o-1", "Office 1")


def opened(box: Box | None = None, *, desks: int = 2) -> Box:
    """An office that has opened at nine, with a visitor waiting since five past."""
    found = (box or Box()).begin(at(8, 40))
    found.do(OpenDay(), at(9))
    for number in range(1, desks + 1):
        found.do(OpenDesk(number), at(9))
    return found


def waiting(box: Box, *moments: int) -> Box:
    """Visitors have come at these moments and nobody has called them."""
    for moment in moments:
        box.do(TakeTicket("visit"), moment)
    return box


def tile_at(box: Box, at_ms: int, **known: object) -> Tile:
    return tile_of(box.image, ENTRY, at_ms, **known)  # type: ignore[arg-type]


def test_live_figures_are_those_of_the_office_itself() -> None:
    box = waiting(opened(), at(9, 5), at(9, 9, 30))
    now_ms = at(9, 15)
    box.heard(now_ms)
    tile = tile_at(box, now_ms)
    own = live(box.state, box.now(now_ms)).values
    assert tile.state is TileState.LIVE
    assert tile.figures["waiting"].value == own["waiting"].value == 2
    assert tile.figures["wait_mean"].value == own["waiting_mean"].value
    assert tile.figures["wait_max"].value == own["waiting_max"].value == 10 * MINUTE
    assert tile.figures["desks"].value == 2
    assert tile.figures["wait_max"].seqs == own["waiting_max"].events
    assert [event.seq for event in box.records if event.seq in tile.figures["waiting"].seqs]
    assert set(tile.figures) == {one.id for one in TILE_FIGURES}


@pytest.mark.parametrize("offset_ms", [-90 * SECOND, 0, 90 * SECOND])
def test_a_wrong_clock_of_the_office_changes_no_wait(offset_ms: int) -> None:
    box = waiting(opened(Box(offset_ms=offset_ms)), at(9, 5))
    box.heard(at(9, 15))
    tile = tile_at(box, at(9, 15, 3))
    assert tile.state is TileState.LIVE
    assert tile.figures["wait_max"].value == 10 * MINUTE + 3 * SECOND


def test_stale_tells_the_last_known_moment_and_not_the_present() -> None:
    box = waiting(opened(), at(9, 5))
    box.heard(at(9, 10))
    fresh = tile_at(box, at(9, 10, 30))
    stale = tile_at(box, at(10))
    assert fresh.state is TileState.LIVE
    assert stale.state is TileState.STALE
    assert stale.age_ms == 50 * MINUTE
    assert stale.as_of_ms == at(9, 10)
    assert stale.figures["wait_max"].value == 5 * MINUTE
    assert stale.figures["waiting"].value == 1
    assert not any(figure.level for figure in stale.figures.values())


def test_an_hour_of_silence_is_not_an_hour_of_waiting() -> None:
    """The control: at the moment of looking the same image would tell an hour, and a red figure."""
    box = waiting(opened(), at(9, 5))
    image = box.heard(at(9, 10))
    believed = tile_of(replace(image, complete_ms=at(10, 5)), ENTRY, at(10, 5))
    assert believed.state is TileState.LIVE
    assert believed.figures["wait_max"].value == HOUR
    assert believed.figures["wait_max"].level == "alarm"


def test_late_days_of_a_bus_are_told_at_their_own_time() -> None:
    """While three days come in, the newest row is of Tuesday though it arrived on Friday."""
    box = waiting(opened(), at(9, 5))
    image = box.heard(at(9, 6))
    friday = date(2026, 11, 27)
    coming = replace(image, arrived_ms=at(12, day=friday), row_at_ms=at(11, 30), complete_ms=at(9, 6))
    tile = tile_of(coming, ENTRY, at(12, day=friday))
    assert tile.state is TileState.STALE
    assert tile.as_of_ms == at(11, 30)
    assert tile.figures["wait_max"].value == 2 * HOUR + 25 * MINUTE


@pytest.mark.parametrize(
    ("hour", "minute", "state"),
    [
        (3, 0, TileState.ASLEEP),
        (8, 44, TileState.ASLEEP),
        (8, 45, TileState.STALE),
        (12, 0, TileState.STALE),
        (18, 29, TileState.STALE),
        (18, 30, TileState.ASLEEP),
    ],
)
def test_silence_is_sleep_outside_the_hours_but_not_a_quarter_before_opening(
    hour: int, minute: int, state: TileState
) -> None:
    box = opened()
    box.do(CloseDay(), at(18, 10))
    box.heard(at(18, 15))
    wednesday = date(2026, 11, 25)
    assert tile_at(box, at(hour, minute, day=wednesday)).state is state


def test_sunday_is_no_silence() -> None:
    box = opened()
    box.do(CloseDay(), at(18, 10))
    box.heard(at(18, 15))
    assert tile_at(box, at(12, day=date(2026, 11, 29))).state is TileState.ASLEEP


def test_a_line_that_holds_at_night_is_off_and_an_open_day_is_live() -> None:
    box = opened()
    box.heard(at(18, 40))
    assert tile_at(box, at(18, 40)).state is TileState.LIVE
    box.do(CloseDay(), at(18, 41))
    box.heard(at(18, 41))
    assert tile_at(box, at(18, 41)).state is TileState.OFF


@pytest.mark.parametrize("reason", DOUBTS)
def test_doubt_goes_before_everything(reason: str) -> None:
    box = waiting(opened(), at(9, 5))
    box.heard(at(9, 10))
    box.doubt(reason, at(9, 11))
    tile = tile_at(box, at(9, 11))
    assert tile.state is TileState.DOUBT
    assert tile.doubt is not None and tile.doubt.reason == reason
    assert not any(figure.level for figure in tile.figures.values())
    assert sum_of([tile]).missing == ("o-1",)


def test_never_has_no_figures() -> None:
    tile = tile_of(None, ENTRY, at(9))
    assert tile.state is TileState.NEVER
    assert tile.age_ms is None
    assert not tile.figures


def test_yesterdays_day_is_not_told_as_todays() -> None:
    box = opened()
    box.do(CloseDay(), at(18, 10))
    today = today_of(box.log(), box.state.seq)
    box.heard(at(18, 20))
    assert tile_at(box, at(18, 20), today=today).figures["schedule"].value == 1
    wednesday = date(2026, 11, 25)
    box.heard(at(8, 50, day=wednesday))
    tile = tile_at(box, at(8, 50, day=wednesday), today=today)
    assert tile.figures["schedule"].value is None
    assert tile.figures["over_norm"].value is None


def test_day_figures_are_the_indicators_of_the_period() -> None:
    box = waiting(opened(desks=1), at(9, 5))
    today = today_of(box.log(), box.state.seq)
    facts = facts_of(box.log())
    assert today.over_norm.value == value(facts, "over_norm").value
    assert today.wait.n == value(facts, "wait_mean").n
    assert today.schedule.value == value(facts, "covered").value


def test_staff_and_desks_are_told_of_their_plan() -> None:
    box = opened(Box(plan=plan_of(shifts=True)), desks=4)
    assert {desk.operator for desk in box.state.desks.values()} >= {"op-1", "op-2", "op-3", "op-4"}
    box.do(TakeBreak(2), at(10))
    box.heard(at(10, 1))
    tile = tile_at(box, at(10, 1))
    assert (tile.figures["desks"].value, tile.figures["desks"].of) == (3, 4)
    assert (tile.figures["staff"].value, tile.figures["staff"].of) == (4, 4)
    box.heard(at(13, 5))
    assert tile_at(box, at(13, 5)).figures["desks"].of == 3


def test_equipment_counts_devices_and_parts_of_it() -> None:
    box = opened()
    box.do(NoteDevice("printer", "fault", "paper-out"), at(9, 1))
    box.do(NoteDevice("board", "ready"), at(9, 1))
    box.do(NoteDevice("kiosk", "missing", "not-configured"), at(9, 1))
    box.health["disk_free_mb"] = 4000
    box.heard(at(9, 2))
    figure = tile_at(box, at(9, 2)).figures["equipment"]
    assert (figure.value, figure.of, figure.level) == (0.8, 5, "warning")
    marks = box.state.devices
    assert figure.seqs == (marks["printer"].since.seq,)


def test_levels_follow_the_thresholds() -> None:
    box = waiting(opened(), at(9, 5))
    for minute, level in ((16, ""), (17, "warning"), (19, "warning"), (20, "alarm")):
        box.heard(at(9, minute))
        assert tile_at(box, at(9, minute)).figures["wait_max"].level == level


def test_not_opened_is_told_from_the_beginning_of_reception() -> None:
    box = Box().begin(at(8, 40))
    box.heard(at(9, 7))
    assert tile_at(box, at(9, 7)).figures["not_started"] == Figure(7 * MINUTE, level="alarm")
    box.do(OpenDay(), at(9, 8))
    box.heard(at(9, 8))
    assert tile_at(box, at(9, 8)).figures["not_started"].value == 8 * MINUTE
    box.do(OpenDesk(1), at(9, 9))
    box.heard(at(9, 9))
    assert tile_at(box, at(9, 9)).figures["not_started"].value is None


def test_totals_count_the_believable_and_name_the_missing() -> None:
    one = waiting(opened(Box("a")), at(9, 5), at(9, 5))
    other = waiting(opened(Box("b")), at(9, 1))
    silent = waiting(opened(Box("c")), at(9, 1))
    for box in (one, other):
        box.heard(at(9, 11))
    silent.heard(at(9, 2))
    asleep = Box("d").begin(at(8))
    asleep.heard(at(8))
    asleep_tile = tile_of(asleep.image, OfficeEntry("d", "D"), at(8, 20))
    tiles = [tile_of(box.image, OfficeEntry(box.id, box.id), at(9, 11)) for box in (one, other, silent)]
    totals = sum_of([*tiles, asleep_tile, tile_of(None, OfficeEntry("e", "E"), at(9, 11))])
    assert totals.waiting == 3
    assert totals.wait_mean == (2 * 6 + 10) * MINUTE / 3
    assert totals.wait_max == 10 * MINUTE
    assert totals.desks == 4
    assert totals.missing == ("c", "e")
    assert (totals.offices, totals.counted, totals.asleep) == (5, 2, 1)


def test_trouble_sorts_the_wall_and_keeps_the_order_of_equals() -> None:
    boxes = [opened(Box(name)) for name in "abcd"]
    for box in boxes:
        box.heard(at(9, 11))
    waiting(boxes[2], at(9, 11)).heard(at(9, 11))
    tiles = [tile_of(box.image, OfficeEntry(box.id, box.id), at(9, 11, 5)) for box in boxes]
    alarm = Alarm(1, "d", "paper-out", "printer", Severity.ALARM, Severity.ALARM, at(9, 11))
    tiles[3] = with_alarms(tiles[3], [alarm])
    assert [tile.office for tile in by_trouble(tiles)] == ["d", "c", "a", "b"]
    boxes[1].doubt("fork", at(9, 11))
    tiles[1] = tile_of(boxes[1].image, OfficeEntry("b", "b"), at(9, 11, 5))
    assert [tile.office for tile in by_trouble(tiles)] == ["b", "d", "c", "a"]


def test_somebody_signed_in_is_staff() -> None:
    box = opened()
    box.do(SignIn(1, "op-9"), at(9, 2))
    box.heard(at(9, 3))
    assert tile_at(box, at(9, 3), public=NO_CALENDAR).figures["staff"].value == 1
