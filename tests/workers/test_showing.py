"""What boards are told: every desk's number, the newest call first, and nothing while the hall stands still."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic, sleep

import pytest

from appliance.api import views
from appliance.domain.board import SERVING_SHOWN_S
from appliance.domain.calling import CallNext, HearCall, Miss, Recall
from appliance.domain.days import CloseDay, OpenDay
from appliance.domain.desks import OpenDesk
from appliance.domain.message import Command
from appliance.domain.pausing import PauseHall, ResumeHall
from appliance.domain.serving import Finish, Start
from appliance.domain.tickets import TakeTicket
from appliance.domain.undoing import UndoLast
from appliance.workers.showing import ShowingWorker, board_rows
from hardware.ports import Board, BoardRow, Condition, DeviceState
from tests.store.rig import Office

PATIENCE_S = 20.0


@dataclass
class FakeBoard(Board):
    """Remembers what it was shown, and fails when told to."""

    shown: list[tuple[BoardRow, ...]] = field(default_factory=list)
    broken: bool = False

    def show(self, rows: Sequence[BoardRow]) -> None:
        self.shown.append(tuple(rows))
        if self.broken:
            raise OSError("no such board")

    def test_pattern(self, on: bool) -> None:
        """Nothing to test."""

    def state(self) -> DeviceState:
        return DeviceState(Condition.READY, datetime.now(UTC))

    def close(self) -> None:
        """Nothing to close."""


def until(true: Callable[[], bool]) -> bool:
    end = monotonic() + PATIENCE_S
    while not true():
        if monotonic() > end:
            return False
        sleep(0.01)
    return True


def now(office: Office) -> list[tuple[str, int, bool]]:
    """What boards would be told, short."""
    rows = board_rows(office.writer.office, office.clock.clock.now().moment)
    return [(row.ticket.replace("\u00a0", ""), row.desk, row.fresh) for row in rows]


def do(office: Office, *commands: Command) -> None:
    for command in commands:
        office.do(command)


@pytest.fixture
def hall(office: Office) -> Office:
    """Three visitors and nobody called."""
    do(office, *[TakeTicket("consult", paper=False) for _ in range(3)], TakeTicket("submit", paper=False))
    return office


def test_nobody_is_shown_before_the_first_call(hall: Office) -> None:
    assert now(hall) == []


def test_the_newest_call_is_first_and_fresh_and_a_number_stays_while_it_is_served(hall: Office) -> None:
    do(hall, CallNext(1), CallNext(2))
    assert now(hall) == [("А002", 2, True), ("А001", 1, False)]
    do(hall, Start(2), CallNext(3))
    assert now(hall) == [("Б001", 3, True), ("А002", 2, False), ("А001", 1, False)]
    do(hall, Finish(2), Miss(1))
    assert now(hall) == [("Б001", 3, True)]


def test_a_recall_is_the_newest_call(hall: Office) -> None:
    do(hall, CallNext(1), HearCall(1, 1), CallNext(2), HearCall(2, 1), Recall(1))
    assert now(hall)[0] == ("А001", 1, True)
    do(hall, HearCall(1, 2), CallNext(3))
    assert [row[1] for row in now(hall)] == [3, 1, 2]


def test_a_call_is_fresh_for_three_minutes_after_its_service_began(hall: Office) -> None:
    do(hall, CallNext(1), Start(1))
    hall.clock.clock.advance(SERVING_SHOWN_S * 1000)
    assert now(hall) == [("А001", 1, True)]
    hall.clock.clock.advance(1)
    assert now(hall) == [("А001", 1, False)]


def test_whoever_is_still_awaited_is_fresh_when_later_calls_are_long_served(hall: Office) -> None:
    do(hall, CallNext(1), CallNext(2), Start(2))
    hall.clock.clock.advance(SERVING_SHOWN_S * 1000 + 1)
    assert now(hall) == [("А002", 2, False), ("А001", 1, True)]


def test_an_undone_call_is_gone(hall: Office) -> None:
    do(hall, CallNext(1), UndoLast(1))
    assert now(hall) == []


def test_a_hall_that_stands_still_shows_nothing_and_goes_on_as_it_was(hall: Office) -> None:
    do(hall, CallNext(1), CallNext(2), Start(2))
    before = now(hall)
    do(hall, PauseHall("alarm"))
    assert now(hall) == []
    do(hall, ResumeHall())
    assert now(hall) == before


def test_a_closed_day_shows_nothing(hall: Office) -> None:
    do(hall, CallNext(1), CloseDay())
    assert now(hall) == []
    do(hall, OpenDay(), OpenDesk(1))
    assert now(hall) == []


def test_boards_and_the_hall_page_agree_on_who_stands_out(hall: Office) -> None:
    """The page leaves out who is long served; the first that it shows is the fresh one."""
    do(hall, CallNext(1), CallNext(2), Start(1), CallNext(3), Start(3))
    for _ in range(5):
        hall.clock.clock.advance(60_000)
        page = views.hall(hall.writer.office, hall.clock.clock.now()).calls
        rows = board_rows(hall.writer.office, hall.clock.clock.now().moment)
        shown = [(row.ticket, row.desk) for row in rows]
        assert [(call.label, call.desk) for call in page] == [one for one in shown if one in page_pairs(page)]
        assert [(row.ticket, row.desk) for row in rows if row.fresh] == [(call.label, call.desk) for call in page[:1]]


def page_pairs(page: Sequence[views.CallView]) -> set[tuple[str, int]]:
    return {(call.label, call.desk) for call in page}


def test_every_board_is_told_after_each_commit_and_a_broken_one_stops_no_other(
    hall: Office, caplog: pytest.LogCaptureFixture
) -> None:
    broken, well = FakeBoard(broken=True), FakeBoard()
    worker = ShowingWorker(hall.writer, {"broken": broken, "well": well}, hall.clock.clock.now)
    worker.start()
    try:
        do(hall, CallNext(1))
        assert until(lambda: well.shown[-1:] == [(BoardRow("А\u00a0001", 1, True),)])
        do(hall, Start(1), Finish(1))
        assert until(lambda: well.shown[-1:] == [()])
        assert broken.shown[-1] == ()
        assert [record.message for record in caplog.records] == ["board broken can't be shown anything"]
        broken.broken = False
        worker.show()
        broken.broken = True
        worker.show()
        assert len(caplog.records) == 2
    finally:
        worker.stop()


def test_boards_are_told_again_without_a_nudge(hall: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.workers.showing.POLL_S", 0.02)
    board = FakeBoard()
    worker = ShowingWorker(hall.writer, {"well": board}, hall.clock.clock.now)
    worker.start()
    try:
        assert until(lambda: len(board.shown) > 4)
    finally:
        worker.stop()
    count = len(board.shown)
    sleep(0.1)
    assert len(board.shown) == count


def test_an_office_without_boards_has_no_thread(hall: Office) -> None:
    worker = ShowingWorker(hall.writer, {}, hall.clock.clock.now)
    worker.start()
    assert "showing" not in {thread.name for thread in threading.enumerate()}
    worker.stop()
