"""Figures of the bell and of the devices, worked out by hand."""

from __future__ import annotations

import pytest

from appliance.domain.bell import AnswerBell, BellLoopCut, CloseBell, PressBell
from appliance.domain.clockwork import Tick
from appliance.domain.days import CloseDay, OpenDay
from appliance.domain.devices import NOT_CONFIGURED, NoteDevice
from appliance.domain.indicators.devices_log import device_history
from appliance.domain.pausing import PauseHall
from tests.domain.clock import HOUR, SECOND
from tests.domain.test_indicators import Hall, minutes


@pytest.fixture
def hall() -> Hall:
    return Hall()


def call(hall: Hall, answered_s: int, arrived_s: int, bell: str = "ramp") -> None:
    """One call: answered after so many seconds, somebody there so many after that."""
    hall.do(PressBell(bell))
    hall.clock.advance(answered_s * SECOND)
    hall.do(AnswerBell(bell))
    hall.clock.advance(arrived_s * SECOND)
    hall.do(PressBell(bell))
    hall.after(5)


def test_reactions_and_arrivals_of_a_day(hall: Hall) -> None:
    call(hall, 20, 40)
    call(hall, 70, 30)
    hall.do(PauseHall("alarm"))
    call(hall, 150, 60, "yard")
    hall.do(PressBell("ramp"))
    hall.after(61).do(Tick(settled=True))
    assert (hall["bells"], hall["bells_unanswered"], hall["bells_withdrawn"]) == (4, 1, 0)
    assert hall["bell_reaction_mean"] == 80 * SECOND
    assert hall["bell_reaction_p95"] == hall["bell_reaction_max"] == 150 * SECOND
    assert hall["bell_arrival_mean"] == round((60 + 100 + 210) * SECOND / 3)
    assert (hall["bell_answered_60"], hall["bell_answered_120"]) == (1 / 4, 2 / 4)
    assert hall.of("bells", "reason", "yard") == 1


def test_a_cut_wire_and_a_call_that_ended_by_itself_spoil_no_figure(hall: Hall) -> None:
    hall.do(PressBell("ramp"))
    hall.after(0.2).do(BellLoopCut("ramp"))
    call(hall, 10, 10)
    hall.do(PressBell("ramp"))
    hall.after(0.5).do(AnswerBell("ramp"))
    hall.after(16).do(Tick(settled=True))
    assert (hall["bells"], hall["bells_withdrawn"], hall["bells_unanswered"]) == (2, 1, 0)
    assert hall["bell_reaction_mean"] == 20 * SECOND
    assert hall["bell_arrival_mean"] == 20 * SECOND
    assert hall["bell_answered_60"] == 1


def test_who_rings_after_closing_counts_with_the_day_before(hall: Hall) -> None:
    hall.do(CloseDay())
    hall.after(10).do(PressBell("ramp"))
    hall.after(1).do(AnswerBell("ramp"))
    hall.after(1).do(CloseBell("ramp"))
    hall.clock.set_local(8, 0, days=1)
    hall.do(PressBell("ramp"))
    hall.after(2).do(OpenDay())
    hall.after(1).do(AnswerBell("ramp"))
    first, second = hall.logs()
    assert [one.reaction_ms() for one in first.bells] == [minutes(1)]
    assert [one.reaction_ms() for one in second.bells] == [minutes(3)]


def test_a_device_is_available_while_it_was_last_noted_as_working(hall: Hall) -> None:
    hall.after(10).do(NoteDevice("printer", "ready"))
    hall.after(30).do(NoteDevice("printer", "fault", "paper-out"))
    hall.after(5).do(NoteDevice("printer", "fault", "cover-open"))
    hall.after(5).do(NoteDevice("printer", "warning", "paper-near-end"))
    hall.after(60)
    # 30 + 60 of the 100 minutes since its first note.
    assert hall["device_availability"] == 0.9
    assert hall.of("device_availability", "reason", "printer") == 0.9
    assert (hall["device_outages"], hall["device_repair_mean"]) == (1, minutes(10))


def test_time_in_which_the_box_was_off_is_nobodys(hall: Hall) -> None:
    hall.do(NoteDevice("printer", "ready"))
    hall.after(10).take()
    hall.clock.reboot(dark_ms=2 * HOUR)
    hall.take()
    hall.after(10).do(NoteDevice("printer", "fault", "silent"))
    hall.after(20)
    assert hall["device_availability"] == 0.5


def test_the_night_counts_for_no_availability_but_for_the_repair(hall: Hall) -> None:
    hall.do(NoteDevice("printer", "ready"))
    hall.after(60).do(NoteDevice("printer", "missing", "silent"))
    hall.after(60).do(CloseDay())
    hall.clock.set_local(9, 0, days=1)
    hall.do(OpenDay())
    hall.after(60).do(NoteDevice("printer", "ready"))
    hall.after(60).do(CloseDay())
    first, second = hall.logs()
    for log in (first, second):
        assert log.devices["printer"].watched_ms == 2 * HOUR
        assert log.devices["printer"].working_ms == HOUR
    assert [repair.back.moment.since(repair.down.moment) for repair in second.repairs] == [24 * HOUR]
    assert (len(first.outages), len(second.outages)) == (1, 0)


def test_a_device_that_is_not_configured_is_not_watched(hall: Hall) -> None:
    hall.do(NoteDevice("voice", "ready"))
    hall.after(30).do(NoteDevice("voice", "missing", NOT_CONFIGURED))
    hall.after(300)
    assert (hall["device_availability"], hall["device_outages"]) == (1, 0)


def test_the_history_of_a_device_is_its_spans(hall: Hall) -> None:
    began = hall.clock.now().moment
    hall.do(NoteDevice("printer", "ready"))
    hall.after(3).do(NoteDevice("printer", "fault", "paper-out"))
    broken = hall.clock.now().moment
    hall.do(NoteDevice("voice", "ready"))
    history = device_history(hall.redated())
    assert [(one.since, one.until, one.condition, one.reason) for one in history["printer"]] == [
        (began, broken, "ready", ""),
        (broken, None, "fault", "paper-out"),
    ]
    assert len(history["voice"]) == 1
