"""What becomes of the devices is written down once for each change."""

from __future__ import annotations

import pytest

from appliance.domain.devices import MOST_DEVICES, DeviceChanged, NoteDevice
from appliance.domain.refusal import Code
from tests.domain.bench import Bench


def test_a_change_is_noted_and_the_same_again_is_none(hall: Bench) -> None:
    assert hall.do(NoteDevice("printer", "ready")) == [DeviceChanged("printer", "ready", "")]
    assert hall.do(NoteDevice("printer", "ready")) == []
    assert hall.do(NoteDevice("printer", "fault", "paper-out")) == [DeviceChanged("printer", "fault", "paper-out")]
    assert hall.do(NoteDevice("printer", "fault", "cover-open")) == [DeviceChanged("printer", "fault", "cover-open")]
    assert hall.do(NoteDevice("printer", "missing", "cover-open")) == [
        DeviceChanged("printer", "missing", "cover-open")
    ]


def test_what_is_known_outlives_a_restart(hall: Bench) -> None:
    hall.do(NoteDevice("module/desks/1", "missing", "no-answer"))
    hall.restart()
    mark = hall.office.devices["module/desks/1"]
    assert (mark.condition, mark.reason, mark.since.seq) == ("missing", "no-answer", hall.office.seq)
    assert hall.do(NoteDevice("module/desks/1", "missing", "no-answer")) == []


@pytest.mark.parametrize("name", ["", "Printer", "принтер", "a b", "x" * 41, "printer\n"])
def test_a_name_that_is_none_is_refused(hall: Bench, name: str) -> None:
    assert hall.refused(NoteDevice(name, "ready")) is Code.UNKNOWN_DEVICE


@pytest.mark.parametrize("reason", ["Paper", "paper out", "-", "paper-", "paper--out", "a" * 41, "нет-бумаги"])
def test_a_reason_is_a_code_and_no_sentence(hall: Bench, reason: str) -> None:
    assert hall.refused(NoteDevice("printer", "fault", reason)) is Code.UNKNOWN_REASON


def test_a_condition_is_one_of_four(hall: Bench) -> None:
    assert hall.refused(NoteDevice("printer", "broken")) is Code.UNKNOWN_CONDITION


def test_there_is_an_end_to_the_devices_but_known_ones_may_change(hall: Bench) -> None:
    for number in range(MOST_DEVICES):
        hall.do(NoteDevice(f"module/{number}", "ready"))
    assert hall.refused(NoteDevice("one-more", "ready")) is Code.TOO_MANY_DEVICES
    hall.do(NoteDevice("module/0", "fault", "no-answer"))
