"""The table of keys, cell by cell: five states, three keys, short and long."""

from __future__ import annotations

import pytest

from appliance.domain.calling import Miss
from appliance.domain.days import CloseDay
from appliance.domain.identity import AdoptPlan
from appliance.domain.keys import Key, Press
from appliance.domain.office import DeskState
from appliance.domain.refusal import Code
from tests.domain.acts import at, bring, called, done, missed, press, serving, state, take
from tests.domain.bench import Bench, office_in_memory
from tests.domain.conftest import Furnish
from tests.plans import Sketch

NEXT, REPEAT, FINISH = Key.NEXT, Key.REPEAT, Key.FINISH
NOTHING: list[str] = []

CELLS = [
    (DeskState.CLOSED, NEXT, False, ["DeskOpened"], DeskState.FREE),
    (DeskState.CLOSED, NEXT, True, ["DeskOpened"], DeskState.FREE),
    (DeskState.CLOSED, REPEAT, False, NOTHING, DeskState.CLOSED),
    (DeskState.CLOSED, REPEAT, True, NOTHING, DeskState.CLOSED),
    (DeskState.CLOSED, FINISH, False, NOTHING, DeskState.CLOSED),
    (DeskState.CLOSED, FINISH, True, NOTHING, DeskState.CLOSED),
    (DeskState.BREAK, NEXT, False, ["BreakEnded"], DeskState.FREE),
    (DeskState.BREAK, NEXT, True, ["BreakEnded"], DeskState.FREE),
    (DeskState.BREAK, REPEAT, False, NOTHING, DeskState.BREAK),
    (DeskState.BREAK, REPEAT, True, NOTHING, DeskState.BREAK),
    (DeskState.BREAK, FINISH, False, NOTHING, DeskState.BREAK),
    (DeskState.BREAK, FINISH, True, ["DeskClosed"], DeskState.CLOSED),
    (DeskState.FREE, NEXT, False, ["TicketCalled"], DeskState.CALLED),
    (DeskState.FREE, REPEAT, False, ["TicketCalled"], DeskState.CALLED),
    (DeskState.FREE, FINISH, False, ["BreakStarted"], DeskState.BREAK),
    (DeskState.FREE, NEXT, True, ["Undone"], DeskState.CALLED),
    (DeskState.FREE, REPEAT, True, NOTHING, DeskState.FREE),
    (DeskState.FREE, FINISH, True, ["DeskClosed"], DeskState.CLOSED),
    (DeskState.CALLED, NEXT, False, ["TicketRecalled"], DeskState.CALLED),
    (DeskState.CALLED, REPEAT, False, ["TicketRecalled"], DeskState.CALLED),
    (DeskState.CALLED, FINISH, False, ["ServiceStarted"], DeskState.SERVING),
    (DeskState.CALLED, NEXT, True, ["Undone"], DeskState.FREE),
    (DeskState.CALLED, REPEAT, True, ["TicketMissed"], DeskState.FREE),
    (DeskState.CALLED, FINISH, True, NOTHING, DeskState.CALLED),
    (DeskState.SERVING, NEXT, False, ["ServiceFinished", "TicketCalled"], DeskState.CALLED),
    (DeskState.SERVING, REPEAT, False, ["TicketParked"], DeskState.FREE),
    (DeskState.SERVING, FINISH, False, ["ServiceFinished"], DeskState.FREE),
    (DeskState.SERVING, NEXT, True, ["Undone"], DeskState.CALLED),
    (DeskState.SERVING, REPEAT, True, NOTHING, DeskState.SERVING),
    (DeskState.SERVING, FINISH, True, ["TicketTransferred"], DeskState.FREE),
]


def test_every_cell_of_the_table_is_here() -> None:
    cells = {(state, key, long) for state, key, long, _, _ in CELLS}
    assert cells == {(s, k, long) for s in DeskState for k in Key for long in (False, True)}
    assert len(CELLS) == 30


@pytest.mark.parametrize(("before", "key", "long", "kinds", "after"), CELLS)
def test_a_key_does_what_its_cell_says(
    hall: Bench, before: DeskState, key: Key, long: bool, kinds: list[str], after: DeskState
) -> None:
    missed(hall)
    if before is not DeskState.FREE:
        bring(hall, 1, before)
    take(hall)
    if kinds:
        assert press(hall, 1, key, long=long) == kinds
    else:
        assert hall.refused(Press(1, key, long)) is Code.KEY_HAS_NO_EFFECT
    assert at(hall, 1)[0] == after


@pytest.mark.parametrize(
    ("setting", "kinds", "after"),
    [
        ("recall", ["TicketRecalled"], ("called", 1)),
        ("start", ["ServiceStarted"], ("serving", 1)),
        ("finish-and-call", ["ServiceStarted", "ServiceFinished", "TicketCalled"], ("called", 2)),
    ],
)
def test_next_at_a_calling_desk_is_a_setting(
    furnish: Furnish, setting: str, kinds: list[str], after: tuple[str, int]
) -> None:
    hall = furnish(Sketch(settings={"next_when_called": setting}))
    called(hall)
    take(hall)
    assert press(hall, 1, NEXT) == kinds
    assert at(hall, 1) == after


def test_second_press_recalls_instead_of_skipping(hall: Bench) -> None:
    take(hall, 2)
    press(hall, 1, NEXT)
    press(hall, 1, NEXT)
    assert at(hall, 1) == ("called", 1)
    assert state(hall, 2) == "waiting"


def test_next_at_a_serving_desk_finishes_although_nobody_waits(hall: Bench) -> None:
    serving(hall)
    assert press(hall, 1, NEXT) == ["ServiceFinished"]
    assert at(hall, 1) == ("free", None)


def test_finishing_an_unstarted_call_gives_it_an_inferred_start(furnish: Furnish) -> None:
    hall = furnish(Sketch(settings={"next_when_called": "finish-and-call"}))
    number = called(hall)
    press(hall, 1, NEXT)
    ended = hall.office.tickets[number]
    assert ended.inferred
    assert ended.started is not None


def test_next_with_nobody_waiting_says_so(hall: Bench) -> None:
    assert hall.refused(Press(1, NEXT)) is Code.NOBODY_WAITING


def test_repeat_with_nobody_missed_says_so(hall: Bench) -> None:
    assert hall.refused(Press(1, REPEAT)) is Code.NOBODY_MISSED


def test_long_next_with_nothing_done_says_so(hall: Bench) -> None:
    assert hall.refused(Press(1, NEXT, long=True)) is Code.NOTHING_TO_UNDO


def test_long_finish_without_a_default_target_says_so(hall: Bench) -> None:
    serving(hall, 2)
    assert hall.refused(Press(2, FINISH, long=True)) is Code.NO_TRANSFER_TARGET


@pytest.mark.parametrize("long", [False, True])
def test_the_first_key_of_a_morning_opens_the_day_too(long: bool) -> None:
    bench = office_in_memory()
    assert press(bench, 2, NEXT, long=long) == ["DayOpened", "DeskOpened"]
    assert press(bench, 1, NEXT) == ["DeskOpened"]


def test_a_first_key_at_a_desk_that_the_new_plan_drops_changes_nothing() -> None:
    smaller = Sketch(version=2, desks={1: ()})
    bench = office_in_memory(Sketch(), smaller)
    bench.do(AdoptPlan(smaller.plan))
    assert bench.refused(Press(2, NEXT)) is Code.UNKNOWN_DESK
    assert bench.office.open_day is None


def test_a_press_meant_for_another_ticket_is_refused(hall: Bench) -> None:
    number = called(hall)
    hall.do(Miss(1))
    assert hall.refused(Press(1, NEXT, expects=number)) is Code.CHANGED_MEANWHILE
    take(hall)
    hall.do(Press(1, NEXT, expects=0))
    assert hall.refused(Press(1, FINISH, expects=0)) is Code.CHANGED_MEANWHILE


def test_keys_of_an_unknown_desk_are_refused(hall: Bench) -> None:
    assert hall.refused(Press(9, NEXT)) is Code.UNKNOWN_DESK


def test_keys_after_the_day_has_closed_only_open(hall: Bench) -> None:
    done(hall)
    hall.do(CloseDay())
    assert hall.refused(Press(1, FINISH)) is Code.KEY_HAS_NO_EFFECT
    assert press(hall, 1, NEXT) == ["DayOpened", "DeskOpened"]
