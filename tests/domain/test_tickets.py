"""Numbers, adopted papers and slips."""

from __future__ import annotations

import pytest

from appliance.domain.calling import CallNext
from appliance.domain.days import CloseDay, OpenDay
from appliance.domain.office import SlipState
from appliance.domain.refusal import Code
from appliance.domain.serving import Finish
from appliance.domain.slips import RecordSlip, Reprint, overdue
from appliance.domain.tickets import AdoptTicket, LeaveTicket, TakeTicket
from tests.domain.acts import called, done, missed, state, take, ticket
from tests.domain.bench import Bench, office_in_memory
from tests.domain.clock import MINUTE, SECOND
from tests.domain.conftest import Furnish
from tests.plans import Sketch

NOON = 12 * 60


def test_numbers_count_up_in_each_series(hall: Bench) -> None:
    numbers = [ticket(hall, take(hall, 1, service)).label for service in ("consult", "submit", "consult")]
    assert numbers == ["А\u00a0001", "Б\u00a0001", "А\u00a0002"]


def test_services_of_one_letter_share_its_numbers(furnish: Furnish) -> None:
    hall = furnish(Sketch(services={"consult": "А", "submit": "A"}))
    assert [ticket(hall, take(hall, 1, service)).number for service in ("consult", "submit")] == [1, 2]


def test_no_ticket_before_the_day_is_open() -> None:
    bench = office_in_memory()
    assert bench.refused(TakeTicket("consult")) is Code.DAY_NOT_OPEN


def test_no_ticket_for_an_unknown_service(hall: Bench) -> None:
    assert hall.refused(TakeTicket("dance")) is Code.UNKNOWN_SERVICE


def test_an_unknown_language_becomes_russian(hall: Bench) -> None:
    hall.do(TakeTicket("consult", "uk"))
    hall.do(TakeTicket("consult", "fr"))
    assert [ticket(hall, number).language for number in (1, 2)] == ["uk", "ru"]


def test_999_numbers_and_not_one_more(furnish: Furnish) -> None:
    hall = furnish(Sketch(desks={1: ()}, transfer_to={}))
    hall.together([TakeTicket("consult", paper=False)] * 998)
    assert ticket(hall, take(hall)).label == "А\u00a0999"
    assert hall.refused(TakeTicket("consult")) is Code.NUMBERS_EXHAUSTED
    take(hall, 1, "submit")
    hall.do(CallNext(1))


def test_issuing_ends_at_closing_time_on_a_trusted_clock(hall: Bench) -> None:
    hall.clock.set_local(19, 59)
    take(hall)
    hall.clock.set_local(20, 0)
    assert hall.refused(TakeTicket("consult")) is Code.ISSUING_CLOSED
    hall.clock.trusted = False
    take(hall)


def test_a_clock_that_has_just_jumped_sends_nobody_home(hall: Bench) -> None:
    hall.clock.set_local(20, 0)
    hall.clock.settled = False
    take(hall)


def test_a_tight_disk_stops_issuing_and_nothing_else(hall: Bench) -> None:
    take(hall)
    hall.clock.disk_tight = True
    assert hall.refused(TakeTicket("consult")) is Code.DISK_FULL
    assert hall.refused(AdoptTicket("А", 9001, "consult")) is Code.DISK_FULL
    hall.do(CallNext(1))
    hall.do(Finish(1))


def test_a_ticket_without_paper_queues_no_slip(hall: Bench) -> None:
    take(hall, paper=False)
    assert not hall.office.slips
    take(hall, paper=True)
    assert [(s.ticket, s.copy) for s in hall.office.slips.values()] == [(2, False)]


def test_an_emergency_number_takes_the_place_of_its_printed_time(hall: Bench) -> None:
    hall.clock.set_local(12, 0)
    take(hall)
    hall.clock.set_local(12, 20)
    take(hall)
    hall.clock.set_local(12, 40)
    hall.do(AdoptTicket("А", 9007, "consult", printed_at=NOON + 10))
    assert ticket(hall, 3).place == (1, NOON + 11)
    order = []
    for _ in range(3):
        hall.do(CallNext(1))
        order.append(hall.office.desks[1].ticket)
        hall.do(Finish(1))
    assert order == [1, 3, 2]


def test_a_paper_older_than_the_line_goes_first(hall: Bench) -> None:
    hall.clock.set_local(12, 0)
    take(hall)
    hall.do(AdoptTicket("А", 9001, "consult", printed_at=9 * 60))
    hall.do(CallNext(1))
    assert hall.office.desks[1].ticket == 2


def test_papers_in_one_gap_stand_by_their_printed_times(hall: Bench) -> None:
    hall.clock.set_local(12, 0)
    take(hall)
    hall.clock.set_local(13, 0)
    for number, printed_at in ((9001, NOON + 20), (9002, NOON + 10), (9003, None)):
        hall.do(AdoptTicket("А", number, "consult", printed_at=printed_at))
    order = []
    for _ in range(4):
        hall.do(CallNext(1))
        order.append(ticket(hall, hall.office.desks[1].ticket or 0).number)
        hall.do(Finish(1))
    assert order == [1, 9002, 9001, 9003]


@pytest.mark.parametrize("printed_at", [None, NOON + 30, NOON])
def test_a_paper_without_a_past_time_goes_to_the_end(hall: Bench, printed_at: int | None) -> None:
    hall.clock.set_local(12, 0)
    take(hall, 2)
    hall.do(AdoptTicket("А", 9001, "consult", printed_at=printed_at))
    assert ticket(hall, 3).place == (2, 24 * 60 + 1 if printed_at is None else printed_at + 1)


def test_a_paper_goes_to_the_end_while_the_clock_is_not_trusted(hall: Bench) -> None:
    hall.clock.set_local(12, 0)
    take(hall, 2)
    hall.clock.trusted = False
    hall.do(AdoptTicket("А", 9001, "consult", printed_at=9 * 60))
    assert ticket(hall, 3).place == (2, 9 * 60 + 1)


def test_a_number_in_the_queue_is_not_adopted_again(hall: Bench) -> None:
    take(hall)
    assert hall.refused(AdoptTicket("А", 1, "consult")) is Code.NUMBER_KNOWN
    assert hall.refused(AdoptTicket(" a ", 1, "consult")) is Code.NUMBER_KNOWN
    hall.do(AdoptTicket("А", 9001, "consult"))
    assert hall.refused(AdoptTicket("А", 9001, "consult")) is Code.NUMBER_KNOWN


@pytest.mark.parametrize("number", [0, -1, 2, 999, 1000, 1001, 8999, 10_000])
def test_a_number_this_office_may_still_give_out_is_nobodys_paper(hall: Bench, number: int) -> None:
    take(hall)
    assert hall.refused(AdoptTicket("А", number, "consult")) is Code.NUMBER_NOT_OURS


@pytest.mark.parametrize("series", ["Я", "", "АА"])
def test_a_letter_of_no_service_is_not_ours(hall: Bench, series: str) -> None:
    assert hall.refused(AdoptTicket(series, 9001, "consult")) is Code.NUMBER_NOT_OURS


def test_an_adopted_number_moves_no_counter(hall: Bench) -> None:
    hall.do(AdoptTicket("А", 9001, "consult"))
    assert ticket(hall, take(hall)).number == 1


def test_a_paper_of_the_same_date_can_be_adopted_after_the_day_was_opened_again(hall: Bench) -> None:
    take(hall, 3)
    hall.do(CloseDay())
    hall.do(OpenDay())
    hall.do(AdoptTicket("А", 2, "consult"))
    assert hall.refused(AdoptTicket("А", 4, "consult")) is Code.NUMBER_NOT_OURS


def test_the_second_paper_of_a_ticket_is_a_copy(hall: Bench) -> None:
    number = take(hall, paper=True)
    hall.do(Reprint(number))
    assert [s.copy for s in hall.office.slips.values()] == [False, True]


def test_staff_reprint_only_for_who_is_still_in_the_queue(hall: Bench) -> None:
    hall.do(Reprint(missed(hall)))
    assert hall.refused(Reprint(done(hall))) is Code.TICKET_NOT_IN_QUEUE
    number = take(hall)
    hall.do(LeaveTicket(number))
    assert hall.refused(Reprint(number)) is Code.TICKET_NOT_IN_QUEUE


@pytest.mark.parametrize("outcome", [SlipState.PRINTED, SlipState.SENT, SlipState.EXPIRED, SlipState.UNKNOWN])
def test_the_outcome_of_a_slip_is_written_once(hall: Bench, outcome: SlipState) -> None:
    take(hall, paper=True)
    hall.do(RecordSlip(1, outcome))
    assert hall.office.slips[1].state is outcome
    assert hall.do(RecordSlip(1, SlipState.PRINTED)) == []
    assert hall.refused(RecordSlip(9, outcome)) is Code.UNKNOWN_SLIP


def test_an_unknown_outcome_is_followed_by_a_copy_within_the_deadline(hall: Bench) -> None:
    take(hall, paper=True)
    hall.clock.advance(300 * SECOND)
    hall.do(RecordSlip(1, SlipState.UNKNOWN))
    assert hall.office.slips[2].copy


def test_an_unknown_outcome_past_the_deadline_is_left_to_people(hall: Bench) -> None:
    take(hall, paper=True)
    hall.clock.advance(300 * SECOND + 1)
    hall.do(RecordSlip(1, SlipState.UNKNOWN))
    assert list(hall.office.slips) == [1]


def test_no_copy_for_who_is_already_served(hall: Bench) -> None:
    take(hall, paper=True)
    hall.do(CallNext(1))
    hall.do(Finish(1))
    hall.do(RecordSlip(1, SlipState.UNKNOWN))
    assert list(hall.office.slips) == [1]
    assert state(hall, 1) == "done"


def test_a_slip_is_overdue_after_its_deadline_or_without_its_visitor(hall: Bench) -> None:
    take(hall, paper=True)
    assert not overdue(hall.office, hall.office.slips[1], hall.clock.now())
    hall.clock.advance(5 * MINUTE + 1)
    assert overdue(hall.office, hall.office.slips[1], hall.clock.now())
    number = called(hall, 2)
    hall.do(Reprint(number))
    hall.do(Finish(2))
    assert overdue(hall.office, hall.office.slips[2], hall.clock.now())
