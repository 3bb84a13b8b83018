"""Undo: one gesture within ten seconds restores place, desk and clocks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from appliance.domain.calling import CallBack, CallNext, CallTicket, HearCall, Miss, Recall
from appliance.domain.clockwork import Tick
from appliance.domain.desks import CloseDesk, OpenDesk, SignIn, TakeBreak
from appliance.domain.message import Command
from appliance.domain.priority import ConfirmCategory, NoteNeeds, RefuseCategory
from appliance.domain.refusal import Code
from appliance.domain.serving import Finish, Park, ReturnTicket, Start
from appliance.domain.tickets import TakeTicket
from appliance.domain.undoing import UndoLast
from appliance.domain.visits import AddService, Transfer
from tests.domain.acts import at, called, missed, parked, rows, serving, state, take, without_undo
from tests.domain.bench import Bench
from tests.domain.clock import SECOND
from tests.domain.conftest import Furnish
from tests.domain.sketch import RICH
from tests.plans import Sketch

Prepare = Callable[[Bench], object]

ACTS: dict[str, tuple[Prepare, Command]] = {
    "a call": (take, CallNext(1)),
    "a call of somebody missed": (missed, CallBack(1)),
    "a start": (called, Start(1)),
    "a finish": (serving, Finish(1)),
    "a finish of a call nobody started": (called, Finish(1)),
    "a no-show": (called, Miss(1)),
    "a parking": (serving, Park(1)),
    "a transfer": (serving, Transfer(1)),
}


@pytest.mark.parametrize("name", ACTS)
def test_undo_restores_equal_rows_after(hall: Bench, name: str) -> None:
    prepare, act = ACTS[name]
    take(hall, 2, "submit")
    prepare(hall)
    before, office = rows(hall), without_undo(hall.office)
    hall.clock.advance(3 * SECOND)
    hall.do(act)
    assert rows(hall) != before
    hall.clock.advance(10 * SECOND)
    hall.do(UndoLast(1))
    assert rows(hall) == before
    assert without_undo(hall.office) == office


def visit(hall: Bench) -> None:
    """A visit of two services, the first of them at desk 1."""
    hall.do(TakeTicket("consult", also=("submit",), category="veteran", purpose="submit", paper=False))
    hall.do(CallNext(1))
    hall.do(Start(1))
    take(hall, 2)


def claimed(hall: Bench) -> None:
    """A call of somebody who claims priority."""
    hall.do(TakeTicket("consult", category="veteran", paper=False))
    hall.do(CallNext(1))


RICH_ACTS: dict[str, tuple[Prepare, Command]] = {
    "a finish with a service to come": (visit, Finish(1)),
    "a finish with a service to come and the next call": (visit, Finish(1, call_next=True)),
    "a transfer to come back": (visit, Transfer(1, "submit", come_back=True)),
    "a transfer to a desk": (visit, Transfer(1, to_desk=3)),
    "a transfer to the default target": (visit, Transfer(1)),
    "a parking for a reason": (visit, Park(1, "form")),
    "a refused category of who is served": (visit, RefuseCategory(1)),
    "a refused category of who was called": (claimed, RefuseCategory(1)),
    "a call by number": (lambda hall: take(hall, 2), CallTicket(1, 2)),
    "a call by number of somebody parked": (parked, CallTicket(1, 1)),
}


@pytest.mark.parametrize("name", RICH_ACTS)
def test_undo_restores_visits_routes_and_claims_after(furnish: Furnish, name: str) -> None:
    hall = furnish(RICH[0])
    hall.do(SignIn(1, "ann"))
    prepare, act = RICH_ACTS[name]
    prepare(hall)
    before, office = rows(hall), without_undo(hall.office)
    hall.do(act)
    assert rows(hall) != before
    hall.do(UndoLast(1))
    assert rows(hall) == before
    assert without_undo(hall.office) == office


@pytest.mark.parametrize("change", [AddService(1, "submit"), NoteNeeds(1, ("time",)), ConfirmCategory(1)])
def test_undo_is_refused_when_the_ticket_was_changed_meanwhile(furnish: Furnish, change: Command) -> None:
    hall = furnish(RICH[0])
    visit(hall)
    hall.do(Finish(1))
    hall.do(change)
    assert hall.refused(UndoLast(1)) is Code.UNDO_MOVED_ON


@pytest.mark.parametrize("from_state", [called, serving])
def test_finish_and_call_is_undone_as_one(hall: Bench, from_state: Prepare) -> None:
    from_state(hall)
    take(hall)
    before = rows(hall)
    hall.do(Finish(1, call_next=True))
    assert at(hall, 1) == ("called", 2)
    (undone,) = hall.do(UndoLast(1))
    assert set(undone.tickets()) == {1, 2}
    assert rows(hall) == before


def test_undo_keeps_both_events_in_the_journal(hall: Bench) -> None:
    take(hall)
    hall.do(CallNext(1))
    called_at = hall.office.seq
    (undone,) = hall.do(UndoLast(1))
    assert undone.undone == called_at  # type: ignore[attr-defined]
    assert hall.office.seq == called_at + 1


def test_a_second_undo_finds_nothing(hall: Bench) -> None:
    called(hall)
    hall.do(UndoLast(1))
    assert hall.refused(UndoLast(1)) is Code.NOTHING_TO_UNDO


@pytest.mark.parametrize("name", ACTS)
def test_undo_is_too_late_after_ten_seconds(hall: Bench, name: str) -> None:
    prepare, act = ACTS[name]
    prepare(hall)
    hall.do(act)
    hall.clock.advance(10 * SECOND + 1)
    assert hall.refused(UndoLast(1)) is Code.UNDO_TOO_LATE


def test_a_step_of_the_wall_clock_neither_spares_nor_spoils_an_undo(hall: Bench) -> None:
    called(hall)
    hall.clock.step(3600 * SECOND)
    hall.do(UndoLast(1))
    called(hall)
    hall.clock.step(-7200 * SECOND)
    hall.clock.advance(11 * SECOND)
    assert hall.refused(UndoLast(1)) is Code.UNDO_TOO_LATE


def test_the_ten_seconds_are_a_setting(furnish: Furnish) -> None:
    hall = furnish(Sketch(settings={"undo_s": 3}))
    called(hall)
    hall.clock.advance(3 * SECOND + 1)
    assert hall.refused(UndoLast(1)) is Code.UNDO_TOO_LATE


def test_undo_after_a_recall_takes_back_the_call(hall: Bench) -> None:
    take(hall)
    before = rows(hall)
    hall.do(CallNext(1))
    hall.do(HearCall(1, 1))
    hall.do(Recall(1))
    hall.do(UndoLast(1))
    assert rows(hall) == before


def test_undo_is_refused_when_somebody_returned_the_missed_visitor(hall: Bench) -> None:
    number = missed(hall)
    hall.do(ReturnTicket(number))
    assert hall.refused(UndoLast(1)) is Code.UNDO_MOVED_ON


def test_undo_is_refused_when_another_desk_called_the_visitor(hall: Bench) -> None:
    serving(hall)
    hall.do(Transfer(1))
    hall.do(CallNext(2))
    assert hall.refused(UndoLast(1)) is Code.UNDO_MOVED_ON


def test_undo_is_refused_when_the_visitor_moved_on_and_came_to_look_the_same(hall: Bench) -> None:
    number = missed(hall)
    hall.do(ReturnTicket(number))
    hall.do(CallNext(2))
    hall.do(Miss(2))
    assert hall.refused(UndoLast(1)) is Code.UNDO_MOVED_ON
    assert state(hall, number) == "missed"


def test_undo_is_possible_again_when_the_other_desk_took_its_call_back(hall: Bench) -> None:
    number = serving(hall)
    hall.do(Transfer(1))
    hall.do(CallNext(2))
    hall.do(UndoLast(2))
    hall.do(UndoLast(1))
    assert at(hall, 1) == ("serving", number)


def test_undo_of_one_desk_leaves_the_others_alone(hall: Bench) -> None:
    called(hall, 1)
    called(hall, 2)
    hall.do(UndoLast(1))
    assert at(hall, 2) == ("called", 2)


def test_undo_keeps_whoever_signed_in_meanwhile(hall: Bench) -> None:
    hall.do(SignIn(1, "ann"))
    called(hall)
    hall.do(SignIn(2, "ann"))
    hall.do(SignIn(1, "bob"))
    hall.do(UndoLast(1))
    assert hall.office.desks[1].operator == "bob"
    assert hall.office.desks[2].operator == "ann"


@pytest.mark.parametrize("act", [TakeBreak(1), CloseDesk(1)])
def test_an_act_of_the_desk_itself_ends_the_undo(hall: Bench, act: Command) -> None:
    missed(hall)
    hall.do(act)
    assert hall.refused(UndoLast(1)) is Code.NOTHING_TO_UNDO
    hall.do(OpenDesk(1))
    assert hall.refused(UndoLast(1)) is Code.NOTHING_TO_UNDO


def test_an_act_of_the_clock_can_be_undone_too(furnish: Furnish) -> None:
    hall = furnish(Sketch(settings={"missed_after_s": 30, "start_after_s": 0}))
    number = called(hall)
    hall.do(HearCall(number, 1))
    hall.clock.advance(30 * SECOND)
    hall.do(Tick(settled=True))
    assert state(hall, number) == "missed"
    hall.do(UndoLast(1))
    assert at(hall, 1) == ("called", number)
    hall.do(Tick(settled=True))
    assert at(hall, 1) == ("called", number), "the clock did the same again"


def test_a_parked_visitor_is_back_at_the_desk_after_undo(hall: Bench) -> None:
    number = parked(hall)
    hall.do(UndoLast(1))
    assert at(hall, 1) == ("serving", number)


def test_nothing_can_be_undone_after_a_restart(hall: Bench) -> None:
    called(hall)
    hall.restart()
    assert hall.refused(UndoLast(1)) is Code.NOTHING_TO_UNDO
