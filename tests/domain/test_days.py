"""Days: opening, closing, going on with the numbers, and a clock that nobody believes."""

from __future__ import annotations

import pytest

from appliance.domain.calling import CallNext, HearCall, Miss
from appliance.domain.clockwork import Tick
from appliance.domain.days import CloseDay, DayOpened, OpenDay
from appliance.domain.desks import OpenDesk, SignIn
from appliance.domain.identity import AdoptPlan, BeginIncarnation
from appliance.domain.keys import Key, Press
from appliance.domain.message import Event
from appliance.domain.refusal import Code
from appliance.domain.tickets import AdoptTicket, TakeTicket
from tests.domain.acts import called, missed, parked, serving, state, take, ticket
from tests.domain.bench import Bench, office_in_memory
from tests.domain.clock import DAY, HOUR, MINUTE, SECOND, YEAR, Clock
from tests.domain.conftest import Furnish
from tests.domain.stores import MemoryStore
from tests.plans import Sketch

TICK = Tick(settled=True)


def kinds(events: list[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


def day(bench: Bench) -> tuple[int, str | None, bool]:
    """Number, date and whether it is open."""
    found = bench.office.day
    assert found is not None
    return found.number, found.date, found.closed is None


def test_without_a_plan_nothing_opens() -> None:
    bench = Bench([], MemoryStore(clock := Clock()), clock)
    assert bench.refused(OpenDay()) is Code.NO_PLAN
    assert bench.refused(Press(1, Key.NEXT)) is Code.NO_PLAN
    assert bench.refused(TakeTicket("consult")) is Code.NO_PLAN
    assert bench.do(TICK) == []


def test_an_open_day_is_not_opened_twice_on_its_date(hall: Bench) -> None:
    assert hall.refused(OpenDay()) is Code.DAY_ALREADY_OPEN


def test_closing_ends_everything_that_was_going_on(hall: Bench) -> None:
    hall.do(SignIn(1, "ann"))
    ids = [serving(hall, 1), called(hall, 2), take(hall, paper=True)]
    assert kinds(hall.do(CloseDay())) == [
        "ServiceFinished",
        "TicketLeft",
        "TicketLeft",
        "DeskClosed",
        "DeskClosed",
        "DeskClosed",
        "SlipExpired",
        "DayClosed",
    ]
    assert [state(hall, number) for number in ids] == ["done", "left", "left"]
    assert all(ticket(hall, number).by_system for number in ids)
    assert {desk.state.value for desk in hall.office.desks.values()} == {"closed"}
    assert hall.office.desks[1].operator is None
    assert {slip.state.value for slip in hall.office.slips.values()} == {"expired"}


def test_the_parked_leave_at_closing_and_the_missed_stay_missed(hall: Bench) -> None:
    aside, gone = parked(hall, 1), missed(hall, 2)
    hall.do(CloseDay())
    assert (state(hall, aside), state(hall, gone)) == ("left", "missed")


def test_a_closed_day_is_not_closed_again(hall: Bench) -> None:
    hall.do(CloseDay())
    assert hall.refused(CloseDay()) is Code.DAY_NOT_OPEN
    assert hall.refused(CallNext(1)) is Code.DAY_NOT_OPEN
    assert hall.refused(OpenDesk(1)) is Code.DAY_NOT_OPEN


def test_opening_a_day_closes_the_one_before(hall: Bench) -> None:
    number = take(hall)
    hall.clock.advance(DAY)
    events = hall.do(OpenDay())
    assert [kind for kind in kinds(events) if kind.startswith("Day")] == ["DayClosed", "DayOpened"]
    assert day(hall) == (2, "2026-11-25", True)
    assert hall.refused(Press(9, Key.NEXT)) is Code.UNKNOWN_DESK
    assert number not in hall.office.tickets


def test_the_same_date_goes_on_with_its_numbers(hall: Bench) -> None:
    take(hall, 5)
    hall.do(CloseDay())
    (opened,) = hall.do(OpenDay())
    assert isinstance(opened, DayOpened)
    assert opened.continues
    assert ticket(hall, take(hall)).number == 6


def test_another_date_begins_at_one(hall: Bench) -> None:
    take(hall, 5)
    hall.do(CloseDay())
    hall.clock.advance(DAY)
    hall.do(OpenDay())
    assert ticket(hall, take(hall)).number == 1


def test_without_a_clock_a_new_day_goes_on_numbering_while_the_numbers_last() -> None:
    hall = office_in_memory(clock=Clock(trusted=False))
    hall.do(OpenDay())
    take(hall, 3)
    hall.do(CloseDay())
    hall.clock.reboot(trusted=False)
    hall.do(OpenDay())
    assert ticket(hall, take(hall)).number == 4
    take(hall, 500)
    hall.do(CloseDay())
    hall.clock.advance(12 * HOUR - 1)
    hall.do(OpenDay())
    assert ticket(hall, take(hall)).number == 505
    hall.do(CloseDay())
    hall.clock.advance(12 * HOUR)
    hall.do(OpenDay())
    assert ticket(hall, take(hall)).number == 1


def test_a_day_opened_by_a_person_after_hours_stays_open_until_the_next_date() -> None:
    hall = office_in_memory()
    hall.clock.set_local(21, 0)
    hall.do(OpenDay())
    hall.clock.advance(2 * HOUR)
    assert hall.do(TICK) == []
    hall.clock.advance(2 * HOUR)
    assert hall.do(TICK) != []


def test_on_an_untrusted_clock_a_person_opens_the_day() -> None:
    hall = office_in_memory(clock=Clock(trusted=False))
    assert hall.do(TICK) == []
    hall.do(Press(1, Key.NEXT))
    assert day(hall) == (1, None, True)
    take(hall)


def test_the_clock_opens_the_day_at_its_hour_and_closes_it_after_grace() -> None:
    hall = office_in_memory()
    hall.clock.set_local(7, 59, days=1)
    assert hall.do(TICK) == []
    hall.clock.set_local(8, 0)
    assert kinds(hall.do(TICK)) == ["DayOpened"]
    hall.clock.set_local(20, 29)
    assert hall.do(TICK) == []
    hall.clock.set_local(20, 30)
    assert kinds(hall.do(TICK)) == ["DayClosed"]


def test_a_day_that_staff_closed_is_not_opened_again_by_the_clock(hall: Bench) -> None:
    hall.do(CloseDay())
    assert hall.do(TICK) == []
    hall.clock.set_local(8, 0, days=1)
    assert kinds(hall.do(TICK)) == ["DayOpened"]


def test_a_clock_that_has_just_jumped_ends_nothing(hall: Bench) -> None:
    take(hall)
    hall.clock.set_local(21, 0)
    assert hall.do(Tick(settled=False)) == []
    assert kinds(hall.do(TICK))[-1] == "DayClosed"


def test_yesterdays_day_is_closed_by_a_settled_clock(hall: Bench) -> None:
    hall.clock.set_local(8, 0, days=1)
    assert kinds(hall.do(TICK))[-1] == "DayClosed"
    assert kinds(hall.do(TICK)) == ["DayOpened"]


def test_people_who_came_in_the_dark_are_not_swept_out_with_yesterday(hall: Bench) -> None:
    hall.clock.reboot(trusted=False, dark_ms=23 * HOUR)
    number = take(hall)
    hall.clock.advance(MINUTE)
    hall.clock.trusted = True
    assert hall.do(TICK) == []
    hall.clock.set_local(20, 30)
    hall.do(TICK)
    assert state(hall, number) == "left"


def test_a_day_opened_without_a_clock_gets_its_date_when_the_clock_has_settled() -> None:
    hall = office_in_memory(clock=Clock(trusted=False))
    hall.do(OpenDay())
    number = take(hall)
    hall.clock.trusted = True
    assert hall.do(Tick(settled=False)) == []
    assert kinds(hall.do(TICK)) == ["DayRedated"]
    assert day(hall) == (1, "2026-11-24", True)
    assert state(hall, number) == "waiting"


def test_two_years_ahead_and_back_gives_the_day_its_right_date() -> None:
    clock = Clock()
    clock.step(2 * YEAR)
    hall = office_in_memory(clock=clock)
    hall.do(OpenDay())
    take(hall, 2)
    assert day(hall)[1] == "2028-11-23"
    clock.step(-2 * YEAR)
    assert hall.do(Tick(settled=False)) == []
    assert kinds(hall.do(TICK)) == ["DayRedated"]
    assert day(hall) == (1, "2026-11-24", True)
    assert state(hall, 1) == "waiting"
    clock.set_local(20, 30)
    assert kinds(hall.do(TICK))[-1] == "DayClosed"


def test_a_jump_that_goes_back_before_it_settles_leaves_no_trace(hall: Bench) -> None:
    take(hall, 2)
    before = hall.office
    hall.clock.step(2 * YEAR)
    hall.do(Tick(settled=False))
    hall.clock.step(-2 * YEAR)
    hall.do(TICK)
    assert hall.office == before


def test_waits_span_a_restart_by_the_wall_clock(furnish: Furnish) -> None:
    hall = furnish(Sketch(settings={"missed_after_s": 30, "start_after_s": 0}))
    number = called(hall)
    hall.do(HearCall(number, 1))
    hall.restart()
    hall.clock.reboot(dark_ms=29 * SECOND)
    assert hall.do(TICK) == []
    hall.clock.advance(SECOND)
    hall.do(TICK)
    assert state(hall, number) == "missed"


def test_a_clock_set_back_across_boots_makes_no_negative_wait(furnish: Furnish) -> None:
    hall = furnish(Sketch(settings={"missed_after_s": 30, "start_after_s": 0}))
    number = called(hall)
    hall.do(HearCall(number, 1))
    hall.clock.reboot(dark_ms=-5 * HOUR)
    hall.do(TICK)
    assert state(hall, number) == "called"


def test_a_plan_takes_force_at_the_next_opening(hall: Bench) -> None:
    smaller = Sketch(version=2, desks={1: (), 2: (), 3: (), 5: ()})
    hall.model.learn(smaller.digest, smaller.document)
    hall.do(AdoptPlan(smaller.plan))
    assert hall.refused(OpenDesk(5)) is Code.UNKNOWN_DESK
    hall.do(CloseDay())
    hall.do(OpenDay())
    hall.do(OpenDesk(5))
    assert hall.do(AdoptPlan(smaller.plan)) == []


def test_what_is_in_use_may_not_vanish_from_the_plan(hall: Bench) -> None:
    fewer_desks = Sketch(version=2, desks={1: ()}, transfer_to={})
    fewer_services = Sketch(version=3, services={"submit": "Б"}, desks={1: (), 2: (), 3: ()}, transfer_to={})
    for sketch in (fewer_desks, fewer_services):
        hall.model.learn(sketch.digest, sketch.document)
    assert hall.refused(AdoptPlan(fewer_desks.plan)) is Code.PLAN_IN_USE
    take(hall)
    assert hall.refused(AdoptPlan(fewer_services.plan)) is Code.PLAN_IN_USE
    hall.do(CallNext(1))
    assert hall.refused(AdoptPlan(fewer_services.plan)) is Code.PLAN_IN_USE
    hall.do(Miss(1))
    hall.do(AdoptPlan(fewer_services.plan))
    hall.do(AdoptPlan(Sketch().plan))
    assert hall.office.next_plan is None


class TestAfterARestore:
    """The numbers of a restored office can't be those of its old card."""

    @staticmethod
    def restore(hall: Bench) -> None:
        hall.restart()
        hall.do(BeginIncarnation("office-17", "another-life"))

    def test_an_open_day_goes_on_in_a_fresh_block(self, hall: Bench) -> None:
        take(hall, 5)
        self.restore(hall)
        assert ticket(hall, take(hall)).label == "А\u00a01001"
        assert state(hall, 5) == "waiting"

    def test_papers_that_only_the_old_card_knew_are_adopted(self, hall: Bench) -> None:
        take(hall, 5)
        self.restore(hall)
        assert hall.refused(AdoptTicket("А", 5, "consult")) is Code.NUMBER_KNOWN
        hall.do(AdoptTicket("А", 6, "consult"))
        assert hall.refused(AdoptTicket("А", 1001, "consult")) is Code.NUMBER_NOT_OURS
        assert hall.refused(AdoptTicket("А", 2001, "consult")) is Code.NUMBER_NOT_OURS

    def test_the_fence_stands_until_a_later_date(self, hall: Bench) -> None:
        take(hall, 2)
        self.restore(hall)
        hall.do(CloseDay())
        hall.do(OpenDay())
        assert ticket(hall, take(hall)).number == 1001
        hall.clock.set_local(9, days=1)
        hall.do(OpenDay())
        assert ticket(hall, take(hall)).number == 1
        assert hall.office.fence is None

    def test_the_fence_stands_while_the_date_is_unknown(self, hall: Bench) -> None:
        hall.clock.reboot(trusted=False)
        self.restore(hall)
        hall.clock.set_local(9, days=1)
        hall.do(OpenDay())
        assert ticket(hall, take(hall)).number == 1001
        hall.clock.trusted = True
        hall.do(CloseDay())
        hall.do(OpenDay())
        assert ticket(hall, take(hall)).number >= 1001
        hall.clock.set_local(9, days=1)
        hall.do(OpenDay())
        assert ticket(hall, take(hall)).number == 1

    def test_a_closed_day_keeps_the_block_its_numbers_came_from(self, hall: Bench) -> None:
        take(hall, 2)
        hall.do(CloseDay())
        self.restore(hall)
        assert hall.store.rows()["day", 1]["block"] == 0
        (opened,) = hall.do(OpenDay())
        assert isinstance(opened, DayOpened)
        assert (opened.block, opened.continues) == (1, False)

    @pytest.mark.parametrize("restores", [2, 7])
    def test_each_restore_has_a_block_of_its_own(self, hall: Bench, restores: int) -> None:
        for _ in range(restores):
            take(hall)
            self.restore(hall)
        assert ticket(hall, take(hall)).number == restores * 1000 + 1

    def test_no_restore_ever_comes_back_to_the_ordinary_numbers(self, hall: Bench) -> None:
        blocks = set()
        for _ in range(20):
            self.restore(hall)
            assert hall.office.fence is not None
            blocks.add(hall.office.fence.block)
        assert blocks == set(range(1, 9))

    def test_a_full_fenced_block_is_exhausted_too(self, hall: Bench) -> None:
        self.restore(hall)
        hall.together([TakeTicket("consult", paper=False)] * 999)
        assert ticket(hall, 999).number == 1999
        assert hall.refused(TakeTicket("consult")) is Code.NUMBERS_EXHAUSTED
