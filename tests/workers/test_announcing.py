"""Every call is spoken once, and every further call of the same ticket too."""

from __future__ import annotations

import pytest

from appliance.domain.calling import CallBack, CallNext, HearCall, Miss, Recall
from appliance.domain.message import Command
from appliance.domain.tickets import TakeTicket
from appliance.domain.undoing import UndoLast
from appliance.store.writer import QueueWriter
from appliance.workers.announcing import AnnouncingWorker, unheard
from hardware.simulator.voice import VirtualVoice
from tests.store.rig import Office


@pytest.fixture
def hall(office: Office) -> QueueWriter:
    office.do(TakeTicket("consult"))
    return office.writer


def ask(writer: QueueWriter, command: Command) -> None:
    writer.submit(command, actor="test").result(10)


def speak(writer: QueueWriter, worker: AnnouncingWorker) -> None:
    while worker.announce_one():
        writer.submit(HearCall(0, 0), actor="test").result(10)  # whatever waits before it is in the book


def test_each_call_of_one_ticket_is_spoken(hall: QueueWriter) -> None:
    voice = VirtualVoice()
    worker = AnnouncingWorker(hall, voice)
    acts: list[list[Command]] = [
        [CallNext(1)],
        [UndoLast(1), CallNext(1)],
        [Recall(1)],
        [Miss(1), CallBack(1)],
    ]
    for number, commands in enumerate(acts, start=1):
        for command in commands:
            ask(hall, command)
        speak(hall, worker)
        assert len(voice.heard()) == number, commands
        assert hall.office.tickets[1].heard is not None, commands


def test_an_old_announcement_does_not_make_a_new_call_heard(hall: QueueWriter) -> None:
    ask(hall, CallNext(1))
    old = hall.office.tickets[1].called
    assert old is not None
    ask(hall, UndoLast(1))
    ask(hall, CallNext(1))
    ask(hall, HearCall(1, 1, old.seq))
    assert [ticket.id for ticket in unheard(hall.office)] == [1]


def test_what_was_spoken_and_not_booked_is_told_again_but_not_spoken_again(hall: QueueWriter) -> None:
    voice = VirtualVoice()
    worker = AnnouncingWorker(hall, voice)
    ask(hall, CallNext(1))
    told, hall.submit = hall.submit, lambda *_, **__: None  # type: ignore[method-assign,assignment,return-value]
    assert worker.announce_one()
    hall.submit = told  # type: ignore[method-assign]
    assert not worker.announce_one()
    worker.tell_again()
    ask(hall, HearCall(0, 0))
    assert hall.office.tickets[1].heard is not None
    assert len(voice.heard()) == 1
