"""The bell at the ramp: one call from the press to the arrival, whatever the hall is doing."""

from __future__ import annotations

from typing import Any

import pytest

from appliance.domain.bell import (
    MOST_RINGS,
    AnswerBell,
    BellAnswered,
    BellArrived,
    BellEscalated,
    BellLapsed,
    BellLoopCut,
    BellRung,
    BellRungAgain,
    BellWithdrawn,
    CloseBell,
    PressBell,
)
from appliance.domain.clockwork import Tick
from appliance.domain.days import CloseDay
from appliance.domain.message import Event
from appliance.domain.pausing import PauseHall
from appliance.domain.refusal import Code
from tests.domain.bench import Bench
from tests.domain.clock import HOUR, MINUTE, SECOND, YEAR, Clock
from tests.domain.stores import MemoryStore
from tests.plans import Sketch


def after(hall: Bench, wait: int) -> list[Event]:
    """What the clock does when so many milliseconds have passed."""
    hall.clock.advance(wait)
    return hall.do(Tick(settled=False))


def row(hall: Bench, call: int = 1) -> dict[str, Any]:
    """The row of a call."""
    return dict(hall.store.rows()["bell", call])


def test_a_call_is_rung_answered_and_over_when_somebody_presses_at_the_ramp(hall: Bench) -> None:
    assert hall.do(PressBell("ramp")) == [BellRung(1, "ramp")]
    hall.clock.advance(40 * SECOND)
    assert hall.do(AnswerBell("ramp")) == [BellAnswered(1, "ramp")]
    hall.clock.advance(50 * SECOND)
    assert hall.do(PressBell("ramp")) == [BellArrived(1, "ramp", "ramp")]
    assert hall.office.bells == {}
    assert (row(hall)["how"], row(hall)["rings"]) == ("ramp", 1)
    assert hall.do(PressBell("ramp")) == [BellRung(2, "ramp")]


def test_staff_may_tell_the_arrival_on_their_page_once_somebody_has_answered(hall: Bench) -> None:
    hall.do(PressBell("ramp"))
    assert hall.refused(CloseBell("ramp")) is Code.BELL_NOT_ANSWERED
    hall.do(AnswerBell("ramp"))
    assert hall.do(CloseBell("ramp")) == [BellArrived(1, "ramp", "page")]
    assert hall.refused(CloseBell("ramp")) is Code.BELL_SILENT


def test_ringing_again_is_the_same_call_and_leaves_a_bounded_trace(hall: Bench) -> None:
    hall.do(PressBell("ramp"))
    assert hall.do(PressBell("ramp")) == [BellRungAgain(1, "ramp")]
    for _ in range(3 * MOST_RINGS):
        hall.do(PressBell("ramp"))
    assert hall.office.bells["ramp"].rings == MOST_RINGS


def test_a_second_answer_changes_nothing(hall: Bench) -> None:
    hall.do(PressBell("ramp"))
    hall.do(AnswerBell("ramp"))
    assert hall.do(AnswerBell("ramp")) == []


def test_a_press_that_was_under_way_when_somebody_answered_is_no_arrival(hall: Bench) -> None:
    hall.do(PressBell("ramp"))
    hall.do(AnswerBell("ramp"))
    hall.clock.advance(2999)
    assert hall.do(PressBell("ramp")) == [BellRungAgain(1, "ramp")]
    hall.clock.advance(1)
    assert hall.do(PressBell("ramp")) == [BellArrived(1, "ramp", "ramp")]


def test_nobody_can_answer_a_bell_that_does_not_ring(hall: Bench) -> None:
    assert hall.refused(AnswerBell("ramp")) is Code.BELL_SILENT
    hall.do(PressBell("yard"))
    assert hall.refused(AnswerBell("ramp")) is Code.BELL_SILENT


def test_two_bells_are_two_calls(hall: Bench) -> None:
    hall.do(PressBell("ramp"))
    hall.do(PressBell("yard"))
    hall.do(AnswerBell("yard"))
    assert hall.office.bells["ramp"].answered is None
    assert hall.office.bells["yard"].answered is not None


@pytest.mark.parametrize("name", ["", "Ramp", "ramp 1", "пандус", "r" * 21, "ramp\n"])
def test_a_name_that_is_none_is_refused(hall: Bench, name: str) -> None:
    assert hall.refused(PressBell(name)) is Code.UNKNOWN_BELL


def test_an_unanswered_call_reaches_every_desk_and_then_the_centre(hall: Bench) -> None:
    hall.do(PressBell("ramp"))
    assert after(hall, 59_999) == []
    assert after(hall, 1) == [BellEscalated(1, "ramp", 1)]
    assert after(hall, 30 * SECOND) == []
    assert after(hall, 30 * SECOND) == [BellEscalated(1, "ramp", 2)]
    assert after(hall, MINUTE) == []
    hall.do(AnswerBell("ramp"))
    assert row(hall)["escalated"] == 2


def test_a_clock_that_looks_late_tells_the_highest_level_at_once(hall: Bench) -> None:
    hall.do(PressBell("ramp"))
    assert after(hall, 3 * MINUTE) == [BellEscalated(1, "ramp", 2)]


def test_an_answered_call_is_not_escalated_and_ends_by_itself(hall: Bench) -> None:
    hall.do(PressBell("ramp"))
    hall.do(AnswerBell("ramp"))
    assert after(hall, 15 * MINUTE - 1) == []
    assert after(hall, 1) == [BellLapsed(1, "ramp")]
    assert row(hall)["arrived"] is None
    assert row(hall)["how"] == "system"


def test_a_call_that_nobody_ever_answers_ends_after_an_hour(hall: Bench) -> None:
    hall.do(PressBell("ramp"))
    after(hall, 2 * MINUTE)
    assert after(hall, 58 * MINUTE - 1) == []
    assert after(hall, 1) == [BellLapsed(1, "ramp")]


def test_a_cut_loop_withdraws_what_its_opening_had_rung(hall: Bench) -> None:
    hall.do(PressBell("ramp"))
    hall.clock.advance(10 * SECOND)
    assert hall.do(BellLoopCut("ramp")) == [BellWithdrawn(1, "ramp", "loop-cut")]
    assert hall.do(BellLoopCut("ramp")) == []
    assert hall.office.bells == {}


def test_a_cut_loop_leaves_a_call_that_somebody_made_before(hall: Bench) -> None:
    hall.do(PressBell("ramp"))
    hall.do(PressBell("ramp"))
    assert hall.do(BellLoopCut("ramp")) == []
    hall.do(AnswerBell("ramp"))
    assert hall.do(BellLoopCut("ramp")) == []


def test_the_bell_rings_without_a_plan_without_a_day_and_in_a_pause(hall: Bench) -> None:
    clock = Clock()
    bare = Bench([Sketch()], MemoryStore(clock), clock)
    bare.do(PressBell("ramp"))
    assert after(bare, MINUTE) == [BellEscalated(1, "ramp", 1)]
    bare.restart()
    assert bare.office.bells["ramp"].escalated == 1
    hall.do(PauseHall("alarm"))
    hall.do(PressBell("ramp"))
    assert after(hall, MINUTE) == [BellEscalated(1, "ramp", 1)]
    hall.do(CloseDay())
    assert after(hall, MINUTE) == [BellEscalated(1, "ramp", 2)]
    assert hall.do(AnswerBell("ramp")) == [BellAnswered(1, "ramp")]


def test_a_call_survives_a_restart_and_its_time_goes_on(hall: Bench) -> None:
    hall.do(PressBell("ramp"))
    hall.restart()
    hall.clock.reboot(dark_ms=50 * SECOND)
    assert hall.do(Tick(settled=False)) == []
    assert after(hall, 10 * SECOND) == [BellEscalated(1, "ramp", 1)]


def test_a_box_that_wakes_without_a_clock_counts_its_own_uptime_alone(hall: Bench) -> None:
    hall.do(PressBell("ramp"))
    hall.restart()
    hall.clock.reboot(trusted=False, dark_ms=HOUR)
    assert hall.do(Tick(settled=False)) == []
    assert after(hall, 40 * SECOND) == [BellEscalated(1, "ramp", 1)]


def test_a_clock_that_is_learnt_late_ends_no_call(hall: Bench) -> None:
    hall.clock.trusted = False
    hall.do(PressBell("ramp"))
    hall.restart()
    hall.clock.reboot(dark_ms=YEAR)
    assert hall.do(Tick(settled=False)) == []
    assert "ramp" in hall.office.bells
