"""Who goes first: priority under the three policies, the guard of the norm, bookings, skills and access needs."""

from __future__ import annotations

import pytest

from appliance.domain.calling import CallNext, CallTicket, TicketCalled
from appliance.domain.desks import CloseDesk, SignIn
from appliance.domain.priority import ConfirmCategory, RefuseCategory, SetCategory
from appliance.domain.refusal import Code
from appliance.domain.serving import Finish, Park, Start
from appliance.domain.tickets import AdoptTicket, TakeTicket
from appliance.domain.visits import SendTicket
from tests.domain.acts import at, take, ticket
from tests.domain.bench import Bench
from tests.domain.clock import MINUTE
from tests.domain.conftest import Furnish
from tests.domain.sketch import Written, named, rich

NORM = {"wait_norm_min": 10}


def hall_of(kind: str, **policy: int) -> Written:
    """One desk, one service; a veteran counts 5 minutes more, the disabled have to be confirmed first."""
    return rich(
        1,
        policy={"kind": kind, **policy},
        settings=NORM,
        category=[named("veteran", head_start_min=5), named("disabled", head_start_min=5, confirm_first=True)],
        service=[named("consult", series="А")],
        organisation=[named("city")],
        desk=[{"number": 1}, {"number": 2}],
        operator=[{"id": "ann", "may_pick": True}, {"id": "bob"}],
        shift=[],
    )


def people(hall: Bench, *categories: str | None, apart: int = 0) -> list[int]:
    """Numbers for people with these categories, so many milliseconds apart; their ids."""
    for category in categories:
        hall.do(TakeTicket("consult", paper=False, category=category))
        hall.clock.advance(apart)
    last = hall.office.last_ticket
    return list(range(last - len(categories) + 1, last + 1))


def calls(hall: Bench, count: int) -> list[tuple[int, str]]:
    """Whom desk 1 calls next, one after another, and why."""
    made = []
    for _ in range(count):
        (call,) = hall.do(CallNext(1))
        assert isinstance(call, TicketCalled)
        made.append((call.ticket, call.why))
        hall.do(Finish(1))
    return made


def test_absolute_priority_goes_first_by_place(furnish: Furnish) -> None:
    hall = furnish(hall_of("absolute"))
    people(hall, None, "veteran", None, "veteran")
    assert calls(hall, 4) == [(2, "priority"), (4, "priority"), (1, "turn"), (3, "turn")]


def test_ratio_lets_one_other_go_after_so_many_with_priority(furnish: Furnish) -> None:
    hall = furnish(hall_of("ratio", ratio=2))
    people(hall, None, None, "veteran", "veteran", "veteran")
    order = [(3, "priority"), (4, "priority"), (1, "ratio"), (5, "priority"), (2, "turn")]
    assert calls(hall, 5) == order


def test_ageing_weighs_the_wait_against_the_head_start(furnish: Furnish) -> None:
    hall = furnish(hall_of("ageing"))
    people(hall, None, None, "veteran", apart=3 * MINUTE)
    assert calls(hall, 3) == [(1, "turn"), (3, "priority"), (2, "turn")]


@pytest.mark.parametrize("kind", ["absolute", "ratio", "ageing"])
def test_with_priority_alone_waiting_the_first_come_goes_first(furnish: Furnish, kind: str) -> None:
    hall = furnish(hall_of(kind))
    people(hall, "veteran", "veteran", apart=MINUTE)
    assert calls(hall, 2) == [(1, "priority"), (2, "priority")]


@pytest.mark.parametrize("passes", [0, 1, 3])
def test_who_is_past_the_norm_is_passed_so_often_and_no_more(furnish: Furnish, passes: int) -> None:
    hall = furnish(hall_of("absolute", passes=passes))
    people(hall, None, *["veteran"] * 4)
    hall.clock.advance(10 * MINUTE)
    made = calls(hall, passes + 1)
    assert made == [*((2 + number, "priority") for number in range(passes)), (1, "overdue")]


def test_before_the_norm_the_guard_says_nothing(furnish: Furnish) -> None:
    hall = furnish(hall_of("absolute", passes=0))
    people(hall, None, "veteran")
    hall.clock.advance(10 * MINUTE - 1)
    assert calls(hall, 1) == [(2, "priority")]


def test_a_claim_that_must_be_confirmed_first_counts_once_it_is(furnish: Furnish) -> None:
    hall = furnish(hall_of("absolute"))
    _, second, third = people(hall, None, "disabled", "disabled")
    hall.do(ConfirmCategory(third))
    assert calls(hall, 3) == [(third, "priority"), (1, "turn"), (second, "turn")]


def test_a_refused_claim_waits_in_the_order_of_issue_and_the_desk_is_free(furnish: Furnish) -> None:
    hall = furnish(hall_of("absolute"))
    people(hall, None, "veteran", None)
    hall.do(CallNext(1))
    hall.do(RefuseCategory(2))
    assert at(hall, 1) == ("free", None)
    assert calls(hall, 3) == [(1, "turn"), (2, "turn"), (3, "turn")]
    assert hall.refused(RefuseCategory(2)) is Code.NO_CATEGORY


def test_setting_the_same_category_twice_is_no_event(furnish: Furnish) -> None:
    hall = furnish(hall_of("absolute"))
    people(hall, None)
    assert hall.do(SetCategory(1, "veteran")) != []
    assert hall.do(SetCategory(1, "veteran")) == []
    assert hall.do(SetCategory(1, None)) != []
    assert hall.refused(SetCategory(1, "king")) is Code.UNKNOWN_CATEGORY


def test_the_booked_go_by_their_minute_and_latecomers_by_place(furnish: Furnish) -> None:
    hall = furnish(hall_of("absolute"))
    take(hall)
    for slot in (9 * 60, 8 * 60 + 50, 8 * 60 + 44, 9 * 60 + 1):
        hall.do(TakeTicket("consult", paper=False, slot=slot))
    assert calls(hall, 5) == [(3, "booked"), (2, "booked"), (1, "turn"), (4, "turn"), (5, "turn")]


def test_a_number_is_called_by_who_may_and_the_oldest_passed_one_is_kept(furnish: Furnish) -> None:
    hall = furnish(hall_of("absolute"))
    people(hall, None, None, None)
    assert hall.refused(CallTicket(1, 3)) is Code.MAY_NOT_PICK
    hall.do(SignIn(1, "bob"))
    assert hall.refused(CallTicket(1, 3)) is Code.MAY_NOT_PICK
    hall.do(SignIn(1, "ann"))
    (call,) = hall.do(CallTicket(1, 3))
    assert isinstance(call, TicketCalled)
    assert (call.why, call.over) == ("picked", 1)


def test_secondary_services_count_when_nobody_waits_for_the_main_ones(furnish: Furnish) -> None:
    hall = furnish(rich(1, shift=[]))
    take(hall, 1, "consult")
    take(hall, 1, "submit")
    hall.do(CallNext(3))
    assert at(hall, 3) == ("called", 2)
    hall.do(Finish(3, call_next=True))
    assert at(hall, 3) == ("called", 1)


def test_a_ticket_for_a_desk_waits_for_it_until_it_closes(furnish: Furnish) -> None:
    hall = furnish(hall_of("absolute"))
    take(hall, 2)
    hall.do(SendTicket(1, to_desk=2))
    hall.do(CallNext(1))
    assert at(hall, 1) == ("called", 2)
    hall.do(Finish(1))
    assert hall.refused(CallNext(1)) is Code.NOBODY_WAITING
    hall.do(CloseDesk(2))
    hall.do(CallNext(1))
    assert at(hall, 1) == ("called", 1)


def test_access_needs_wait_for_the_desk_that_meets_them_while_it_is_open(furnish: Furnish) -> None:
    hall = furnish(rich(1, desk=[{"number": 1}, {"number": 2, "needs": ["step-free"]}], shift=[]))
    hall.do(TakeTicket("consult", paper=False, needs=("step-free",)))
    assert hall.refused(CallNext(1)) is Code.NOBODY_WAITING
    hall.do(CloseDesk(2))
    hall.do(CallNext(1))
    assert at(hall, 1) == ("called", 1)


def test_who_was_parked_waits_again_for_the_same_desk_before_everybody(furnish: Furnish) -> None:
    hall = furnish(hall_of("absolute"))
    people(hall, None, "veteran")
    hall.do(CallNext(1))
    hall.do(Start(1))
    hall.do(Park(1, minutes=0))
    assert ticket(hall, 2).for_desk == 1
    hall.do(SendTicket(2, to_desk=1))
    assert calls(hall, 2) == [(2, "directed"), (1, "turn")]


def test_a_paper_from_elsewhere_does_not_hide_who_has_stood_longer(furnish: Furnish) -> None:
    """Adopted, it stands first by place with no wait of its own; behind it waits who has stood longer than priority."""
    hall = furnish(hall_of("ageing"))
    people(hall, None, apart=9 * MINUTE)
    people(hall, "veteran", apart=MINUTE)
    hall.do(AdoptTicket("А", 9001, "consult", printed_at=0))
    assert calls(hall, 1)[0][1] == "turn"
