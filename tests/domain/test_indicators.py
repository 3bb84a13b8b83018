"""Small days with figures worked out by hand."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date
from pathlib import Path
from random import Random

import pytest

from appliance.domain.calling import CallBack, CallNext, CallTicket, Miss
from appliance.domain.clockwork import CorrectClock, Tick
from appliance.domain.days import CloseDay, OpenDay
from appliance.domain.desks import CloseDesk, OpenDesk, SignIn, TakeBreak
from appliance.domain.hours import NO_CALENDAR
from appliance.domain.identity import AdoptPlan
from appliance.domain.indicators.day_log import DayLog, day_logs, effective
from appliance.domain.indicators.facts import DIMENSIONS, Facts, Slice, events, facts_of, merged, percentile
from appliance.domain.indicators.measure import MEASURES
from appliance.domain.indicators.period import INDICATORS, Value, desk_day, not_opened, value, values
from appliance.domain.indicators.present import NOW_INDICATORS, live
from appliance.domain.indicators.visits_log import Outcome
from appliance.domain.office import TicketState
from appliance.domain.pausing import PauseHall, ResumeHall
from appliance.domain.priority import ConfirmCategory, RefuseCategory, SetCategory
from appliance.domain.serving import Finish, Park, ReturnTicket, Start
from appliance.domain.tickets import AdoptTicket, LeaveTicket, TakeTicket, Told
from appliance.domain.turning_away import TurnAway
from appliance.domain.undoing import UndoLast
from appliance.domain.visits import AddService, MergeTickets, SendTicket, Transfer
from appliance.indicator_docs import COMMITTED, render
from tests.domain.clock import MINUTE, SECOND
from tests.domain.random_days import PlayedOffice, RandomDays


class Hall(PlayedOffice):
    """An office at nine on Tuesday, 24 November 2026, its day and desks 1 and 2 open."""

    def __init__(self, *, opened: bool = True) -> None:
        super().__init__()
        if opened:
            self.do(OpenDay())
            self.do(OpenDesk(1))
            self.do(OpenDesk(2))

    def after(self, minutes: float) -> Hall:
        """Time passes."""
        self.clock.advance(round(minutes * MINUTE))
        return self

    def take(self, service: str = "consult", **more: object) -> int:
        """Take a number; the ticket."""
        assert self.do(TakeTicket(service, paper=False, **more)), "refused"  # type: ignore[arg-type]
        return self.office.last_ticket

    def serve(self, desk: int, way: float, minutes: float) -> None:
        """Call the next, who needs so many minutes to the desk and then so many there."""
        assert self.do(CallNext(desk))
        self.after(way).do(Start(desk))
        self.after(minutes).do(Finish(desk))

    def logs(self) -> list[DayLog]:
        """The days so far."""
        return list(day_logs(self.redated(), self.plan, now=self.clock.now().moment))

    def facts(self, **more: object) -> Facts:
        """The facts of all days."""
        return merged(facts_of(log, by=DIMENSIONS, **more) for log in self.logs())  # type: ignore[arg-type]

    def __getitem__(self, indicator: str) -> float | None:
        return value(self.facts(), indicator).value

    def of(self, indicator: str, dimension: str, which: str | int) -> float | None:
        """An indicator of a part."""
        return value(self.facts(), indicator, (dimension, which)).value


@pytest.fixture
def hall() -> Hall:
    return Hall()


def minutes(number: float) -> int:
    return round(number * MINUTE)


def test_a_plain_day_has_its_waits_ways_and_services(hall: Hall) -> None:
    hall.take()  # 09:00, called at 09:02
    hall.after(2).serve(1, way=0.5, minutes=10)  # till 09:12:30
    hall.take()
    hall.take()  # both 09:12:30
    hall.after(20).serve(1, way=1.5, minutes=5)  # called 09:32:30 after 20 min, till 09:39
    hall.serve(2, way=1, minutes=3)  # called 09:39 after 26.5 min
    assert (hall["issued"], hall["served"], hall["services"]) == (3, 3, 3)
    # (2 + 20 + 26.5) / 3 = 16 min 10 s
    assert hall["wait_mean"] == minutes(16) + 10 * SECOND
    assert hall["wait_p95"] == hall["wait_max"] == minutes(26.5)
    # The norm is 15 minutes: two of three.
    assert hall["over_norm"] == 2 / 3
    assert hall["way_mean"] == minutes(1)
    assert hall["service_mean"] == minutes(6)
    assert hall["abandonment"] == 0


def test_an_undone_call_is_no_first_call_and_leaves_no_way(hall: Hall) -> None:
    hall.take()
    hall.after(1).do(CallNext(1))
    hall.after(0.1)
    assert hall.do(UndoLast(1))
    hall.after(5).serve(2, way=1, minutes=2)
    assert hall["wait_mean"] == minutes(6.1)
    assert (hall["way_mean"], hall["undone"], hall.of("undone", "desk", 1)) == (minutes(1), 1, 1)
    assert hall.of("busy", "desk", 1) == 0
    # Desk 1 was free all the time: 9.1 minutes and not a call in them.
    assert hall.of("idle", "desk", 1) == minutes(9.1)


def test_an_undone_finish_with_its_call_never_interrupted_the_service(hall: Hall) -> None:
    hall.take()
    hall.do(CallNext(1))
    hall.take()
    hall.do(Start(1))
    hall.after(4).do(Finish(1, call_next=True))
    hall.after(0.1)
    assert hall.do(UndoLast(1))
    hall.after(1.9).do(Finish(1))
    assert (hall["services"], hall["service_mean"]) == (1, minutes(6))
    assert hall["in_hand"] == 1


def test_a_pause_counts_for_nothing(hall: Hall) -> None:
    hall.take()
    hall.take()
    hall.do(CallNext(1))
    hall.do(Start(1))
    hall.after(3).do(PauseHall("alarm"))
    hall.after(40).do(ResumeHall())
    hall.after(4).do(Finish(1))
    hall.do(CallNext(2))
    # 3 before and 4 after the alarm.
    assert hall["service_mean"] == minutes(7)
    assert hall["wait_max"] == minutes(7)
    assert hall["paused"] == minutes(40)
    assert hall.of("paused", "reason", "alarm") == minutes(40)
    assert hall["receiving"] == minutes(7)


def test_a_booked_visitor_waits_from_the_booked_minute(hall: Hall) -> None:
    hall.take(slot=9 * 60 + 10)  # came at 09:00 for 09:10
    hall.after(17).do(CallNext(1))  # 09:17: 7 minutes, the norm is 5
    hall.take(slot=9 * 60 + 10)  # came at 09:17, 7 minutes late: waits from now on
    hall.after(4).do(CallNext(2))
    assert hall["booked_wait_max"] == minutes(7)
    assert hall["booked_wait_mean"] == minutes(5.5)
    assert hall["booked_over_norm"] == 1 / 2
    assert hall["walk_in_wait_mean"] is None
    assert (hall["booked"], hall["wait_mean"]) == (2, minutes(5.5))


def test_a_booked_visitor_called_early_has_not_waited(hall: Hall) -> None:
    hall.take(slot=9 * 60 + 30)
    hall.after(10).do(CallNext(1))
    assert hall["booked_wait_max"] == 0


def test_who_comes_too_late_for_a_booking_is_a_walk_in(hall: Hall) -> None:
    hall.after(26)
    hall.take(slot=9 * 60 + 10)  # 16 minutes late, 15 are allowed
    hall.after(6).do(CallNext(1))
    assert (hall["walk_in_wait_max"], hall["booked_wait_max"]) == (minutes(6), None)


def test_parts_of_one_service_are_added_over_parking(hall: Hall) -> None:
    ticket = hall.take()
    hall.do(CallNext(1))
    hall.do(Start(1))
    hall.after(4).do(Park(1, "form"))
    hall.after(6).do(ReturnTicket(ticket))
    hall.after(2).do(CallNext(1))
    hall.after(1).do(Start(1))
    hall.after(3).do(Finish(1))
    assert (hall["services"], hall["service_mean"]) == (1, minutes(7))
    assert hall["further_wait_mean"] == minutes(2)
    assert (hall["parked"], hall.of("parked", "reason", "form")) == (1, 1)


def test_a_transfer_that_comes_back_is_a_visit_of_two_services(hall: Hall) -> None:
    hall.take("consult")
    hall.do(CallNext(1))
    hall.do(Start(1))
    hall.after(5).do(Transfer(1, "submit", come_back=True))
    hall.after(2).serve(2, way=1, minutes=8)
    hall.after(3).serve(1, way=1, minutes=2)
    assert (hall["transfers"], hall["several_services"], hall["served"]) == (1, 1, 1)
    # The first service took 5 + 2 minutes in two parts, the second one 8; its norm of 3 is broken, that of 15 is kept.
    assert hall.of("service_mean", "service", "consult") == minutes(7)
    assert hall.of("service_mean", "service", "submit") == minutes(8)
    assert hall["service_over_norm"] == 1 / 2
    assert hall["further_wait_mean"] == minutes(2.5)


def test_a_start_that_nobody_pressed_is_told_apart(hall: Hall) -> None:
    hall.take()
    hall.do(CallNext(1))
    hall.after(3).do(Finish(1))
    hall.take()
    hall.serve(1, way=1, minutes=4)
    assert (hall["services"], hall["service_mean"], hall["inferred_service_mean"]) == (2, minutes(4), 0)
    assert value(hall.facts(), "way_mean").n == 1


def test_what_the_closing_ended_counts_but_has_no_time(hall: Hall) -> None:
    hall.take()
    hall.take()
    hall.take()
    hall.do(CallNext(1))
    hall.do(Start(1))
    hall.after(1).do(CallNext(2))
    hall.after(500).do(CloseDay())
    assert (hall["served"], hall["served_by_system"]) == (1, 1)
    assert (hall["left"], hall["left_by_system"]) == (2, 2)
    assert (hall["service_mean"], hall["services"]) == (None, 0)
    assert hall["abandonment"] == 2 / 3
    # Desk 1's forgotten service isn't work; desk 2 was free for a minute and then called for 500.
    assert hall.of("working", "desk", 1) == 0
    assert hall.of("working", "desk", 2) == minutes(501)


def test_a_missed_visitor_who_comes_back_is_served_and_not_missed(hall: Hall) -> None:
    hall.take()
    hall.do(CallNext(1))
    hall.after(3).do(Miss(1))
    hall.after(2).do(CallBack(1))
    hall.after(1).do(Start(1))
    hall.after(1).do(Finish(1))
    hall.take()
    hall.do(CallNext(2))
    hall.do(Miss(2))
    assert (hall["missed"], hall["no_shows"], hall["returned"]) == (1, 2, 1)
    assert hall["abandonment"] == 1 / 2
    assert hall["further_wait_mean"] is None


def test_mistakes_and_merged_numbers_are_no_visits(hall: Hall) -> None:
    first, second, third, fourth = (hall.take() for _ in range(4))
    hall.do(LeaveTicket(first, "mistake"))
    hall.do(MergeTickets(second, third))
    hall.do(LeaveTicket(fourth, "cancelled"))
    assert [hall[name] for name in ("issued", "mistaken", "merged", "cancelled", "in_hand")] == [4, 1, 1, 1, 1]
    # Of the visits that are over only the cancelled one is left.
    assert (hall["abandonment"], value(hall.facts(), "abandonment").n) == (1, 1)


def test_priority_is_counted_by_what_became_of_it(hall: Hall) -> None:
    seen, none, unseen = hall.take(category="veteran"), hall.take(category="veteran"), hall.take(category="child")
    hall.do(ConfirmCategory(seen))
    hall.do(RefuseCategory(none))
    hall.do(SetCategory(hall.take(), None))
    assert [hall[name] for name in ("claimed", "confirmed", "refused")] == [3, 1, 1]
    assert (hall.of("claimed", "category", "child"), hall.of("refused", "category", "veteran")) == (1, 1)
    assert unseen


def test_an_adopted_paper_has_no_wait_that_anybody_knows(hall: Hall) -> None:
    hall.do(AdoptTicket("А", 9001, "consult"))
    hall.after(5).serve(1, way=1, minutes=1)
    assert (hall["issued"], hall["adopted"], hall["served"], hall["wait_mean"]) == (1, 1, 1, None)


def test_the_norm_is_the_one_in_force_at_the_call(hall: Hall) -> None:
    hall.take()
    hall.after(10).do(CallNext(1))
    assert hall["over_norm"] == 0
    hall.take()
    hall.do(AdoptPlan(list(hall.known.values())[1]))  # From now on 4 minutes.
    hall.after(10).do(CallNext(2))
    assert hall["over_norm"] == 1 / 2


def test_an_office_opened_seven_minutes_late_is_one_violation_of_seven_minutes() -> None:
    hall = Hall(opened=False)
    hall.do(OpenDay())
    hall.after(7).do(OpenDesk(1))  # Reception by the plan: 09:00-17:45.
    hall.clock.set_local(13)
    hall.do(OpenDesk(2))
    hall.do(TakeBreak(1, "lunch"))  # 13:00-14:00; the roster has 13:00-13:45.
    hall.clock.set_local(14)
    hall.do(OpenDesk(1))
    hall.clock.set_local(17, 15)
    hall.do(CloseDesk(1))
    hall.do(CloseDesk(2))
    hall.clock.set_local(18)
    hall.do(CloseDay())
    assert (hall["late_openings"], hall["late_opening_max"]) == (1, minutes(7))
    assert (hall["early_closings"], hall["early_closing_max"]) == (1, minutes(30))
    # 8 h 45 min planned, 8 h 8 min kept.
    assert hall["covered"] == (8 * 60 + 8) / (8 * 60 + 45)
    assert (hall["break"], hall["breaks"], hall["break_outside_plan"]) == (minutes(60), 1, minutes(15))
    # The roster: desk 1 from 9 to 18 less 45, desk 2 from 9 to 18 less 15 (two shifts overlap for an hour): 17 h.
    # Desk 1 received 3 h 53 + 3 h 15, desk 2 4 h 15: 11 h 23.
    assert hall["desks_of_plan"] == (11 * 60 + 23) / (17 * 60)


def test_a_day_that_still_lasts_has_not_closed_early() -> None:
    hall = Hall(opened=False)
    hall.do(OpenDay())
    hall.do(OpenDesk(1))
    hall.clock.set_local(13)
    assert (hall["early_closings"], hall["early_closing_max"], hall["covered"]) == (0, 0, 1)


def test_a_pause_is_left_out_of_the_planned_reception(hall: Hall) -> None:
    hall.after(60).do(PauseHall("alarm"))
    hall.after(60).do(ResumeHall())
    hall.clock.set_local(17, 45)
    hall.do(CloseDesk(1))
    hall.do(CloseDesk(2))
    assert (hall["covered"], hall["late_openings"], hall["early_closings"]) == (1, 0, 0)


def test_numbers_outside_the_hours_are_counted(hall: Hall) -> None:
    hall.take("meters")  # 09:00: its organisation receives 10-16, and the hall gives out numbers from 08:30.
    hall.clock.set_local(16, 30)
    hall.take("meters", insist=True)
    hall.take("consult")
    hall.clock.set_local(17, 15)
    hall.take("consult", insist=True)
    assert (hall["issued_outside_hours"], hall.of("issued_outside_hours", "service", "meters")) == (2, 1)
    assert hall["unpromised"] == 2


def test_dates_that_were_planned_and_not_opened_are_found(hall: Hall) -> None:
    hall.do(CloseDay())
    hall.clock.set_local(9, days=2)
    hall.do(OpenDay())  # Thursday
    # From Monday the 23rd to Sunday the 29th, which is closed: Monday, Wednesday, Friday and Saturday are missing.
    found = not_opened(
        hall.facts(), hall.plan(hall.logs()[0].plan.digest), date(2026, 11, 23), date(2026, 11, 29), NO_CALENDAR
    )
    assert (found.value, found.n) == (4, 7)


def test_the_turned_away_belong_to_the_date_on_which_they_came() -> None:
    hall = Hall(opened=False)
    hall.do(TurnAway("consult", "closed"))  # Tuesday, before the opening
    hall.do(OpenDay())
    hall.do(TurnAway("submit", "limit"))
    hall.do(CloseDay())
    hall.after(60).do(TurnAway(None, "closed"))  # Tuesday, after the closing
    hall.clock.set_local(8, days=1)
    hall.do(TurnAway("consult", "closed"))  # Wednesday, before the opening
    hall.clock.set_local(9)
    hall.do(OpenDay())
    tuesday, wednesday = (facts_of(log) for log in hall.logs())
    assert value(tuesday, "turned_away").value == 3
    assert value(tuesday, "turned_away", ("reason", "limit")).value == 1
    assert value(wednesday, "turned_away").value == 1


def test_estimates_are_scored_against_what_happened(hall: Hall) -> None:
    hall.take(told=Told(120, 600, 240, 900))
    hall.take(told=Told(0, 0, 0, 0))
    hall.take()
    hall.after(5).do(CallNext(1))  # told 4 minutes (2 to 10, plainly 15), waited 5
    hall.after(5).do(CallNext(2))  # told none, waited 10
    assert hall["estimate_error"] == minutes((1 + 10) / 2)
    assert hall["naive_error"] == minutes((10 + 10) / 2)
    assert hall["estimate_of_naive"] == 11 / 20
    # The range of zero is no range.
    assert (hall["range_coverage"], value(hall.facts(), "range_coverage").n) == (1, 1)


def test_reception_and_picking_leave_their_marks(hall: Hall) -> None:
    hall.do(SignIn(1, "ann"))
    first, second = hall.take(), hall.take()
    hall.do(SendTicket(first, "submit", None))
    hall.do(AddService(second, "submit"))
    assert hall.do(CallTicket(1, second))
    assert (hall["sent"], hall["picked"], hall.of("picked", "operator", "ann")) == (1, 1, 1)


def test_the_own_day_of_an_operator_is_theirs_alone(hall: Hall) -> None:
    hall.do(SignIn(1, "ann"))
    for _ in range(3):
        hall.take()
    hall.serve(1, way=1, minutes=9)
    hall.after(5).serve(1, way=1, minutes=4)
    hall.do(SignIn(1, "bob"))
    hall.serve(1, way=2, minutes=7)
    own = desk_day(hall.facts(), ("operator", "ann"))
    assert (own["services"].value, own["service_mean"].value, own["way_mean"].value) == (2, minutes(6.5), minutes(1))
    assert (own["busy"].value, own["idle"].value, own["occupancy"].value) == (minutes(13), minutes(5), 13 / 20)
    assert desk_day(hall.facts(), ("desk", 1))["services"].value == 3


def test_a_clock_corrected_later_gives_its_hours_back() -> None:
    hall = Hall(opened=False)
    hall.clock.trusted = False
    hall.clock.step(-400 * 24 * 60 * MINUTE)
    hall.do(OpenDay())
    hall.do(OpenDesk(1))
    hall.take(slot=9 * 60 + 1)
    hall.after(3).do(CallNext(1))
    facts = merged(facts_of(log, by=("hour",)) for log in day_logs(hall.records, hall.plan))
    assert facts.values_of("hour") == []
    assert value(facts, "walk_in_wait_max").value == minutes(3)
    assert value(facts, "late_opening_max").value is None
    hall.clock.step(400 * 24 * 60 * MINUTE)
    hall.clock.trusted = True
    hall.do(CorrectClock(hall.clock.at_ms - hall.clock.uptime_ms))
    assert hall.facts().values_of("hour") == [9]
    assert hall["booked_wait_max"] == minutes(2)
    assert hall["late_opening_max"] == 0


def test_a_wait_over_a_power_cut_is_taken_from_the_wall_clock(hall: Hall) -> None:
    hall.take()
    hall.after(4)
    hall.clock.reboot(dark_ms=10 * MINUTE)
    hall.do(CallNext(1))
    assert hall["wait_max"] == minutes(14)


@pytest.mark.parametrize(("n", "rank"), [(1, 1), (2, 2), (19, 19), (20, 19), (21, 20), (100, 95), (101, 96)])
def test_a_percentile_is_the_nearest_rank(n: int, rank: int) -> None:
    # Of 20 values 95 % are 19: the 19th. Of 21 they are 19.95: the 20th.
    assert percentile(range(1, n + 1), 95) == rank
    assert percentile(range(1, n + 1), 100) == n


def test_nothing_has_no_mean_and_no_share() -> None:
    empty = Facts()
    assert percentile((), 95) is None
    assert value(empty, "issued") == Value("issued", 0, 0)
    assert [value(empty, name).value for name in ("wait_mean", "wait_p95", "over_norm", "occupancy", "covered")] == [
        None
    ] * 5


def test_a_value_names_the_entries_behind_it(hall: Hall) -> None:
    hall.take()
    hall.after(30).do(CallNext(1))
    found = value(hall.facts(), "wait_max")
    kinds = {type(record.event).__name__ for record in hall.records if record.seq in found.events}
    assert kinds == {"TicketIssued", "TicketCalled"}
    assert found.unnamed == 0


def test_facts_keep_the_largest_and_events_finds_them_all(hall: Hall) -> None:
    for _ in range(20):
        hall.take()
        hall.after(1)
    for _ in range(20):
        hall.serve(1, way=0, minutes=1)
    found = value(hall.facts(), "wait_mean")
    assert (found.n, found.unnamed, len(found.events)) == (20, 8, 24)
    every = list(events(hall.logs(), INDICATORS["wait_mean"].measures))
    assert len(every) == 20
    assert sum(sample.value for sample in every) / 20 == found.value
    mine = list(events(hall.logs(), ["wait"], Slice(desk=2)))
    assert mine == []


def test_a_slice_holds_what_a_breakdown_shows() -> None:
    days = RandomDays(5).live(2)
    logs = list(day_logs(days.redated(), days.plan))
    broken_down = merged(facts_of(log, by=DIMENSIONS) for log in logs)
    for dimension, which in (("service", "submit"), ("desk", 2), ("hour", 10), ("operator", "ann")):
        alone = merged(facts_of(log, only=Slice(**{dimension: which})) for log in logs)  # type: ignore[arg-type]
        part = values(broken_down, (dimension, which))
        assert {name: value(alone, name).value for name in part} == {name: part[name].value for name in part}


def test_a_period_is_its_days_merged_in_any_order() -> None:
    days = RandomDays(11).live(5, steps=120)
    each = [facts_of(log, by=DIMENSIONS) for log in day_logs(days.redated(), days.plan)]
    whole = merged(each)
    Random(1).shuffle(each)
    again = merged([merged(each[:2]), merged(each[2:])])
    assert values(whole) == values(again)
    assert values(whole, ("service", "consult")) == values(again, ("service", "consult"))


def test_any_days_can_be_read_out_of_the_middle_of_a_journal() -> None:
    days = RandomDays(3).live(5, steps=100)
    records = days.redated()
    logs = {log.number: log for log in day_logs(records, days.plan)}
    for first, last in itertools.combinations_with_replacement(sorted(logs), 2):
        found = list(day_logs(records, days.plan, first=first, last=last))
        assert [log.number for log in found] == [number for number in sorted(logs) if first <= number <= last]
        assert all(log.visits == logs[log.number].visits for log in found)


@pytest.mark.parametrize("seed", range(8))
def test_what_the_log_says_of_a_ticket_is_what_the_office_knows(seed: int) -> None:
    states = {
        TicketState.DONE: {Outcome.SERVED},
        TicketState.MISSED: {Outcome.MISSED},
        TicketState.LEFT: {Outcome.LEFT, Outcome.CANCELLED, Outcome.MISTAKE, Outcome.MERGED},
    }
    days = RandomDays(seed)
    for day in range(2):
        days.morning(day)
        for _ in range(150):
            days.step()
            days.step()
            log = list(day_logs(days.records, days.plan))[-1]
            assert len(log.visits) == len(days.office.tickets)
            for visit in log.visits:
                ticket = days.office.tickets[visit.ticket]
                assert visit.outcome in states.get(ticket.state, {Outcome.OPEN})
                assert (visit.legs[0].called if visit.legs else None) == ticket.first_called
                assert (visit.category, visit.confirmed) == (ticket.category, ticket.confirmed)
                assert visit.issued == ticket.issued
                if ticket.active:
                    assert visit.legs[-1].started == ticket.started
                    assert (visit.legs[-1].service, visit.legs[-1].desk) == (ticket.service, ticket.desk)
            working = {s.desk for s in log.stretches if s.ended is None and s.working}
            assert working == {desk.number for desk in days.office.desks.values() if desk.working}
            for stretch in log.stretches:
                if stretch.ended is None:
                    desk = days.office.desks[stretch.desk]
                    assert (stretch.state, stretch.operator) == (desk.state, desk.operator)
        days.evening()


def test_without_undos_nothing_is_taken_back(hall: Hall) -> None:
    hall.take()
    hall.serve(1, way=1, minutes=1)
    assert effective(hall.records) == hall.records


def now_of(hall: Hall) -> Callable[[str], float | None]:
    found = live(hall.office, hall.clock.now()).values
    return lambda name: found[name].value


def test_the_present_counts_who_waits_and_since_when(hall: Hall) -> None:
    hall.take()
    hall.after(6)
    hall.take("submit")  # norm 5 minutes
    hall.take(slot=9 * 60 + 20)
    hall.after(6)  # 09:12
    now = now_of(hall)
    assert (now("waiting"), now("waiting_mean"), now("waiting_max")) == (2, minutes(9), minutes(12))
    assert now("waiting_over_norm") == 1
    assert (now("desks_working"), now("idle_with_queue")) == (2, 2)
    hall.after(16)  # 09:28: the booked one has waited 8 minutes, its norm is 5
    now = now_of(hall)
    # 28, 22 and 8 minutes
    assert (now("waiting"), now("waiting_max"), now("waiting_over_norm")) == (3, minutes(28), 3)
    assert now("waiting_mean") == round((minutes(28) + minutes(22) + minutes(8)) / 3)
    hall.do(CallNext(1))
    assert now_of(hall)("waiting") == 2


def test_the_present_knows_the_roster_breaks_and_pauses(hall: Hall) -> None:
    now = now_of(hall)  # Whoever the roster has at a desk is signed in by opening it: ann and bob.
    assert (now("desks_planned"), now("operators_planned"), now("operators_present")) == (2, 2, 2)
    hall.clock.set_local(13, 30)  # ann's break; bob and cat are both at desk 2
    hall.do(TakeBreak(1))
    now = now_of(hall)
    assert (now("desks_planned"), now("operators_planned"), now("operators_present")) == (1, 2, 2)
    assert (now("desks_working"), now("paused")) == (1, None)
    hall.take()
    hall.do(PauseHall("alarm"))
    hall.after(9)
    now = now_of(hall)
    assert (now("paused"), now("waiting_max"), now("idle_with_queue")) == (minutes(9), 0, 0)
    hall.clock.trusted = False
    assert now_of(hall)("desks_planned") is None


def test_every_indicator_and_measure_is_documented_once() -> None:
    text = render()
    for name in (*INDICATORS, *(one.id for one in NOW_INDICATORS)):
        assert f"| `{name}` |" in text
    used = {name for one in INDICATORS.values() for name in one.measures}
    assert set(MEASURES) == used | {"abandoned", "in_range"}


def test_the_committed_documentation_is_what_the_code_says() -> None:
    assert Path(COMMITTED).read_text(encoding="utf-8") == render(), "run python -m appliance.indicator_docs"


def test_the_day_closed_by_the_clock_ends_what_was_open(hall: Hall) -> None:
    hall.take()
    hall.clock.set_local(18, 30)
    hall.do(Tick(settled=True))
    assert (hall["left_by_system"], hall["early_closings"]) == (1, 0)
