"""From the call to the end of a service: order, no-shows, returns, parking, transfers, inferred starts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from appliance.domain.calling import CallBack, CallNext, HearCall, Miss, Recall
from appliance.domain.clockwork import Tick
from appliance.domain.desks import CloseDesk, OpenDesk, TakeBreak
from appliance.domain.order import ahead, line
from appliance.domain.refusal import Code
from appliance.domain.serving import Finish, Park, ReturnTicket, Start
from appliance.domain.tickets import LeaveTicket
from appliance.domain.visits import Transfer
from tests.domain.acts import at, called, done, missed, parked, serving, state, take, ticket
from tests.domain.bench import Bench
from tests.domain.clock import MINUTE, SECOND
from tests.domain.conftest import Furnish
from tests.plans import Sketch


def test_first_come_is_first_called(hall: Bench) -> None:
    take(hall, 3)
    hall.do(CallNext(1))
    hall.do(CallNext(2))
    assert (at(hall, 1), at(hall, 2)) == (("called", 1), ("called", 2))


def test_a_desk_calls_only_the_services_it_serves(hall: Bench) -> None:
    take(hall, 1, "consult")
    take(hall, 1, "submit")
    hall.do(CallNext(3))
    assert at(hall, 3) == ("called", 2)
    hall.do(Finish(3))
    assert hall.refused(CallNext(3)) is Code.NOBODY_WAITING


def order(hall: Bench, desk: int) -> list[int]:
    """The tickets that the desk would call, one after another."""
    return [choice.ticket.id for choice in line(hall.office, desk, hall.clock.now())]


def test_the_returned_go_before_first_come(hall: Bench) -> None:
    first = take(hall, 1, "consult")
    number = take(hall, 1, "submit")
    hall.do(CallNext(3))
    hall.do(Miss(3))
    hall.do(ReturnTicket(number))
    assert order(hall, 2) == [number, first]
    hall.do(CallNext(2))
    assert at(hall, 2) == ("called", number)


def test_whoever_waits_for_this_desk_goes_before_the_returned(hall: Bench) -> None:
    sent = parked(hall, 1)
    back = missed(hall, 2)
    hall.do(ReturnTicket(sent))
    hall.do(ReturnTicket(back))
    assert order(hall, 1) == [sent, back]
    assert order(hall, 2) == [back]


def test_people_ahead_are_those_of_the_same_service_who_wait(hall: Bench) -> None:
    take(hall, 2, "consult")
    take(hall, 1, "submit")
    last = take(hall, 1, "consult")
    hall.do(CallNext(1))
    assert ahead(hall.office, ticket(hall, last)) == 1


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (Recall(1), Code.DESK_NOT_CALLING),
        (Start(1), Code.DESK_NOT_CALLING),
        (Miss(1), Code.DESK_NOT_CALLING),
        (Finish(1), Code.DESK_NOT_SERVING),
        (Park(1), Code.DESK_NOT_SERVING),
        (Transfer(1), Code.DESK_NOT_SERVING),
    ],
)
def test_a_free_desk_can_do_nothing_with_a_visitor(hall: Bench, act: Recall, code: Code) -> None:
    take(hall)
    assert hall.refused(act) is code


def test_a_desk_with_a_visitor_calls_nobody_else(hall: Bench) -> None:
    called(hall)
    take(hall)
    assert hall.refused(CallNext(1)) is Code.DESK_BUSY
    hall.do(Start(1))
    assert hall.refused(CallNext(1)) is Code.DESK_BUSY
    assert hall.refused(CallBack(1)) is Code.DESK_BUSY


def test_a_desk_that_is_closed_or_on_a_break_calls_nobody(hall: Bench) -> None:
    take(hall)
    hall.do(TakeBreak(1))
    assert hall.refused(CallNext(1)) is Code.DESK_ON_BREAK
    hall.do(CloseDesk(1))
    assert hall.refused(CallNext(1)) is Code.DESK_CLOSED


def test_a_missed_visitor_returns_once(hall: Bench) -> None:
    number = missed(hall)
    hall.do(ReturnTicket(number))
    hall.do(CallNext(1))
    hall.do(Miss(1))
    assert hall.refused(ReturnTicket(number)) is Code.ALREADY_RETURNED
    assert hall.refused(CallBack(1, number)) is Code.ALREADY_RETURNED
    assert hall.refused(CallBack(1)) is Code.NOBODY_MISSED


def test_a_missed_visitor_is_called_back_once(hall: Bench) -> None:
    number = missed(hall)
    hall.do(CallBack(2, number))
    assert at(hall, 2) == ("called", number)
    hall.do(Miss(2))
    assert hall.refused(ReturnTicket(number)) is Code.ALREADY_RETURNED


def test_call_back_takes_the_one_missed_last_that_the_desk_may_serve(hall: Bench) -> None:
    take(hall, 1, "submit")
    hall.do(CallNext(3))
    hall.do(Miss(3))
    missed(hall, 1)
    newest = missed(hall, 2)
    hall.do(CallBack(1))
    assert at(hall, 1) == ("called", newest)
    hall.do(CallBack(3))
    assert at(hall, 3) == ("called", 1)


def test_only_missed_and_parked_visitors_return(hall: Bench) -> None:
    number = take(hall)
    assert hall.refused(ReturnTicket(number)) is Code.TICKET_NOT_MISSED
    assert hall.refused(CallBack(1, number)) is Code.TICKET_NOT_MISSED
    assert hall.refused(ReturnTicket(done(hall))) is Code.TICKET_NOT_MISSED
    assert hall.refused(ReturnTicket(99)) is Code.UNKNOWN_TICKET


def test_a_parked_visitor_returns_to_the_same_desk(hall: Bench) -> None:
    number = parked(hall, 1)
    hall.do(ReturnTicket(number))
    assert hall.refused(CallNext(2)) is Code.NOBODY_WAITING
    hall.do(CallNext(1))
    assert at(hall, 1) == ("called", number)
    assert not ticket(hall, number).returned


def test_a_parked_visitor_returns_by_the_clock(hall: Bench) -> None:
    number = parked(hall)
    hall.clock.advance(10 * MINUTE - 1)
    assert hall.do(Tick(settled=True)) == []
    hall.clock.advance(1)
    hall.do(Tick(settled=True))
    assert state(hall, number) == "waiting"


def test_parking_for_ever_is_a_setting(furnish: Furnish) -> None:
    hall = furnish(Sketch(settings={"park_min": 0}))
    number = parked(hall)
    hall.clock.advance(300 * MINUTE)
    hall.do(Tick(settled=True))
    assert state(hall, number) == "parked"


def test_whoever_waits_for_a_closed_desk_is_called_by_the_others(hall: Bench) -> None:
    number = parked(hall, 1)
    hall.do(ReturnTicket(number))
    hall.do(CloseDesk(1))
    hall.do(CallNext(2))
    assert at(hall, 2) == ("called", number)


def test_whoever_waits_for_a_desk_on_a_break_waits_for_it(hall: Bench) -> None:
    number = parked(hall, 1)
    hall.do(ReturnTicket(number))
    hall.do(TakeBreak(1))
    assert hall.refused(CallNext(2)) is Code.NOBODY_WAITING
    hall.do(OpenDesk(1))
    hall.do(CallNext(1))
    assert at(hall, 1) == ("called", number)


def test_a_transfer_keeps_number_and_place(hall: Bench) -> None:
    number = serving(hall, 1)
    later = take(hall, 1, "submit")
    hall.do(Transfer(1))
    assert order(hall, 3) == [number, later]
    assert ticket(hall, number).service == "submit"
    assert ticket(hall, number).label == "А\u00a0001"


def test_a_transfer_names_its_service_or_takes_the_default(hall: Bench) -> None:
    serving(hall, 2)
    assert hall.refused(Transfer(2)) is Code.NO_TRANSFER_TARGET
    assert hall.refused(Transfer(2, "dance")) is Code.UNKNOWN_SERVICE
    hall.do(Transfer(2, "submit"))
    assert state(hall, 1) == "waiting"


def test_a_transfer_to_a_service_of_no_desk_is_refused(furnish: Furnish) -> None:
    hall = furnish(Sketch(desks={1: ("consult",)}, transfer_to={}))
    serving(hall)
    assert hall.refused(Transfer(1, "submit")) is Code.NOBODY_SERVES


def test_a_start_that_nobody_presses_begins_by_itself(hall: Bench) -> None:
    number = called(hall)
    hall.do(HearCall(number, 1))
    hall.clock.advance(60 * SECOND - 1)
    assert hall.do(Tick(settled=True)) == []
    hall.clock.advance(1)
    hall.do(Tick(settled=True))
    assert state(hall, number) == "serving"
    assert ticket(hall, number).inferred


def test_a_pressed_start_is_not_inferred(hall: Bench) -> None:
    assert not ticket(hall, serving(hall)).inferred


def test_the_clock_of_the_no_show_starts_when_the_call_was_heard(furnish: Furnish) -> None:
    hall = furnish(Sketch(settings={"missed_after_s": 30, "start_after_s": 0}))
    number = called(hall)
    hall.clock.advance(25 * SECOND)
    hall.do(HearCall(number, 1))
    hall.clock.advance(29 * SECOND)
    assert hall.do(Tick(settled=True)) == []
    hall.clock.advance(1 * SECOND)
    hall.do(Tick(settled=True))
    assert state(hall, number) == "missed"
    assert ticket(hall, number).by_system


def test_a_call_that_nothing_announced_counts_as_heard_after_a_while(hall: Bench) -> None:
    number = called(hall)
    hall.clock.advance(120 * SECOND - 1)
    assert hall.do(Tick(settled=True)) == []
    hall.clock.advance(1)
    hall.do(Tick(settled=True))
    assert state(hall, number) == "serving"


def test_a_recall_must_be_heard_anew(hall: Bench) -> None:
    number = called(hall)
    hall.do(HearCall(number, 1))
    hall.do(Recall(1))
    assert ticket(hall, number).heard is None
    assert hall.do(HearCall(number, 1)) == []
    hall.do(HearCall(number, 2))
    assert ticket(hall, number).heard is not None


def test_an_announcement_of_a_ticket_no_longer_called_is_dropped(hall: Bench) -> None:
    number = serving(hall)
    assert hall.do(HearCall(number, 1)) == []
    assert hall.do(HearCall(77, 1)) == []


def test_timers_follow_uptime_and_not_the_wall_clock(hall: Bench) -> None:
    number = called(hall)
    hall.do(HearCall(number, 1))
    hall.clock.step(-5 * MINUTE)
    hall.clock.advance(60 * SECOND)
    hall.do(Tick(settled=True))
    assert state(hall, number) == "serving"


@pytest.mark.parametrize("prepare", [take, parked, missed])
def test_who_waits_is_parked_or_was_missed_may_leave(hall: Bench, prepare: Callable[[Bench], int]) -> None:
    number = prepare(hall)
    hall.do(LeaveTicket(number))
    assert state(hall, number) == "left"


def test_who_is_at_a_desk_or_gone_does_not_leave(hall: Bench) -> None:
    number = called(hall)
    assert hall.refused(LeaveTicket(number)) is Code.TICKET_NOT_IN_QUEUE
    hall.do(Finish(1))
    assert hall.refused(LeaveTicket(number)) is Code.TICKET_NOT_IN_QUEUE
