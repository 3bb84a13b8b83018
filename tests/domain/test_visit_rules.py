"""A visit of several services, sending and merging, pauses, limits, breaks with cover, and those turned away."""

from __future__ import annotations

import pytest

from appliance.domain.calling import CallNext
from appliance.domain.clockwork import Tick
from appliance.domain.days import CloseDay, OpenDay
from appliance.domain.desks import OpenDesk, TakeBreak
from appliance.domain.pausing import PauseHall, ResumeHall
from appliance.domain.refusal import Code
from appliance.domain.serving import Finish, Park, Start
from appliance.domain.tickets import LeaveTicket, TakeTicket, Told
from appliance.domain.turning_away import TurnAway, VisitorTurnedAway
from appliance.domain.visits import AddService, MergeTickets, SendTicket, Transfer
from tests.domain.acts import at, serving, state, take, ticket
from tests.domain.bench import Bench, office_in_memory
from tests.domain.clock import MINUTE, SECOND
from tests.domain.conftest import Furnish
from tests.domain.sketch import QUICK, rich

TICK = Tick(settled=True)


@pytest.fixture
def hall(furnish: Furnish) -> Bench:
    """The rich hall at nine on a Tuesday, all desks open."""
    return furnish(rich(1))


def test_a_visit_goes_from_service_to_service_under_one_number(hall: Bench) -> None:
    hall.do(TakeTicket("consult", also=("submit", "pay"), purpose="consult", paper=False))
    for desk, service in ((1, "consult"), (3, "submit"), (2, "pay")):
        assert ticket(hall, 1).service == service
        hall.do(CallNext(desk))
        hall.do(Start(desk))
        hall.do(Finish(desk))
    assert state(hall, 1) == "done"
    assert ticket(hall, 1).asked == "consult"
    assert ticket(hall, 1).purpose == ""


def test_come_back_leads_to_the_same_desk_after_the_other_service(hall: Bench) -> None:
    serving(hall, 1)
    hall.do(Transfer(1, "submit", come_back=True))
    hall.do(CallNext(3))
    hall.do(Finish(3))
    found = ticket(hall, 1)
    assert (found.service, found.for_desk, found.route) == ("consult", 1, ())


def test_a_route_has_at_most_eight_stops(hall: Bench) -> None:
    assert hall.refused(TakeTicket("consult", also=("submit",) * 9)) is Code.ROUTE_TOO_LONG
    hall.do(TakeTicket("consult", also=("submit",) * 8, paper=False))
    assert hall.refused(AddService(1, "pay")) is Code.ROUTE_TOO_LONG
    take(hall)
    assert hall.refused(MergeTickets(2, 1)) is Code.ROUTE_TOO_LONG
    hall.do(CallNext(1))
    hall.do(Start(1))
    assert hall.refused(Transfer(1, "submit", come_back=True)) is Code.ROUTE_TOO_LONG


def test_two_numbers_of_one_person_become_one_with_the_better_place(hall: Bench) -> None:
    hall.do(TakeTicket("consult", paper=False, needs=("voice",)))
    hall.do(TakeTicket("submit", paper=False, needs=("time",), also=("pay",)))
    hall.do(MergeTickets(1, 2))
    kept = ticket(hall, 2)
    assert kept.place == (1, 0)
    assert [stop.service for stop in kept.route] == ["pay", "consult"]
    assert kept.needs == ("time", "voice")
    assert (state(hall, 1), ticket(hall, 1).reason) == ("left", "merged")
    assert hall.refused(MergeTickets(2, 2)) is Code.TICKET_NOT_IN_QUEUE


def test_a_ticket_is_sent_where_somebody_serves_it_and_to_nowhere_else(hall: Bench) -> None:
    take(hall)
    assert hall.refused(SendTicket(1, to_desk=2)) is Code.DESK_CANNOT_SERVE
    assert hall.refused(SendTicket(1, "nothing")) is Code.UNKNOWN_SERVICE
    assert hall.refused(SendTicket(1, to_desk=99)) is Code.UNKNOWN_DESK
    hall.do(SendTicket(1, "pay", 2))
    assert (ticket(hall, 1).service, ticket(hall, 1).for_desk) == ("pay", 2)
    hall.do(SendTicket(1))
    assert ticket(hall, 1).for_desk is None


@pytest.mark.parametrize(("reason", "minutes", "expected"), [("", None, 2), ("form", None, 1), ("bank", 7, 7)])
def test_a_parked_visitor_waits_again_after_the_minutes_of_the_reason(
    hall: Bench, reason: str, minutes: int | None, expected: int
) -> None:
    serving(hall, 1)
    hall.do(Park(1, reason, minutes))
    hall.clock.advance(expected * MINUTE - 1)
    assert hall.do(TICK) == []
    hall.clock.advance(1)
    hall.do(TICK)
    assert state(hall, 1) == "waiting"


def test_parking_for_no_minutes_lasts_until_somebody_calls_or_returns_them(hall: Bench) -> None:
    serving(hall, 1)
    assert hall.refused(Park(1, minutes=241)) is Code.MINUTES_OUT_OF_RANGE
    assert hall.refused(Park(1, "lunch")) is Code.UNKNOWN_REASON
    hall.do(Park(1, minutes=0))
    hall.clock.advance(600 * MINUTE)
    assert all(type(event).__name__ != "TicketReturned" for event in hall.do(TICK))


def test_in_a_pause_nobody_is_called_and_no_number_given_but_work_goes_on(hall: Bench) -> None:
    serving(hall, 1)
    take(hall)
    hall.do(PauseHall("alarm"))
    assert hall.refused(CallNext(3)) is Code.HALL_PAUSED
    assert hall.refused(TakeTicket("consult")) is Code.HALL_PAUSED
    hall.do(Finish(1, call_next=True))
    assert at(hall, 1) == ("free", None)
    hall.do(ResumeHall())
    assert hall.refused(ResumeHall()) is Code.NOT_PAUSED
    hall.do(CallNext(1))


def test_the_minutes_of_a_pause_count_for_nothing(hall: Bench) -> None:
    serving(hall, 1)
    hall.do(Park(1, minutes=3))
    hall.clock.advance(MINUTE)
    hall.do(PauseHall("fire"))
    hall.clock.advance(30 * MINUTE)
    assert hall.do(TICK) == []
    hall.do(ResumeHall())
    hall.clock.advance(2 * MINUTE - 1)
    assert hall.do(TICK) == []
    hall.clock.advance(1)
    assert hall.do(TICK) != []


def test_closing_the_day_ends_the_pause(hall: Bench) -> None:
    hall.do(PauseHall("power"))
    assert "HallResumed" in [type(event).__name__ for event in hall.do(CloseDay())]


def test_who_needs_time_gets_more_of_it(hall: Bench) -> None:
    hall.do(TakeTicket("consult", paper=False, needs=("time",)))
    hall.do(CallNext(3))
    hall.clock.advance((5 + 20 + 30) * SECOND - 1)
    assert hall.do(TICK) == []
    hall.clock.advance(1)
    assert hall.do(TICK) != []


def test_a_limit_counts_what_was_asked_for_whatever_became_of_it(furnish: Furnish) -> None:
    hall = furnish(rich(1, settings={**QUICK, "daily_limit": 11}))
    take(hall, 9, "pay")
    for number in (1, 2, 3):
        hall.do(LeaveTicket(number, "cancelled"))
    assert hall.refused(TakeTicket("pay")) is Code.LIMIT_REACHED
    hall.do(TakeTicket("pay", insist=True, paper=False))
    take(hall, 1, "consult")
    assert hall.refused(TakeTicket("consult")) is Code.LIMIT_REACHED


def test_hours_of_issuing_are_those_of_the_service(hall: Bench) -> None:
    hall.clock.set_local(17, 59)
    take(hall, 1, "pay")
    hall.clock.set_local(18, 0)
    assert hall.refused(TakeTicket("pay")) is Code.ISSUING_CLOSED
    take(hall, 1, "consult")
    hall.clock.settled = False
    take(hall, 1, "pay")


def test_a_number_is_not_promised_what_reception_can_not_keep(hall: Bench) -> None:
    hall.clock.set_local(18, 0)
    long_wait = Told(3000, 7200, 4600, 4000)
    assert hall.refused(TakeTicket("consult", told=long_wait)) is Code.NO_TIME_LEFT
    hall.do(TakeTicket("consult", told=long_wait, unpromised=True, paper=False))
    assert not ticket(hall, 1).promised
    assert ticket(hall, 1).told == (3000, 7200)


def test_a_break_leaves_the_minimum_of_desks(furnish: Furnish) -> None:
    hall = furnish(rich(1, settings={**QUICK, "min_cover": 3}))
    hall.do(TakeBreak(1, "lunch"))
    assert hall.refused(TakeBreak(2)) is Code.TOO_FEW_DESKS
    assert hall.refused(TakeBreak(2, "form")) is Code.UNKNOWN_REASON
    hall.do(OpenDesk(1))
    hall.do(TakeBreak(2))


def test_the_roster_signs_in_whom_it_has_at_a_desk_that_opens() -> None:
    shifts = [{"operator": "ann", "desk": 1, "days": "mon-fri", "hours": "09:30-14:00"}]
    hall = office_in_memory(rich(1, shift=shifts))
    hall.do(OpenDay())
    hall.do(OpenDesk(1))
    hall.do(OpenDesk(2))
    assert (hall.office.desks[1].operator, hall.office.desks[2].operator) == ("ann", None)


def test_who_goes_without_a_number_is_counted_even_before_the_day_opens() -> None:
    hall = office_in_memory(rich(1))
    assert hall.do(TurnAway("pay", "closed")) == [VisitorTurnedAway("pay", "closed")]
    assert hall.do(TurnAway(None, "left-before")) == [VisitorTurnedAway(None, "left-before")]
    assert hall.refused(TurnAway(None, "rain")) is Code.UNKNOWN_REASON
