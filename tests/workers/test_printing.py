"""Paper under trouble: a slip is handed to the printer once, whatever becomes of the entry about it."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from appliance.domain.message import Command
from appliance.domain.office import Office, Slip, SlipState
from appliance.domain.refusal import Code, Refused
from appliance.domain.slips import RecordSlip
from appliance.domain.tickets import TakeTicket
from appliance.store.writer import Outcome, QueueWriter
from appliance.workers.printing import PrintingWorker
from hardware.ports import Condition, DeviceState, PrintOutcome
from tests.domain.clock import Clock
from tests.store.rig import Office as RiggedOffice


class Roll:
    """A printer that counts what it is given."""

    def __init__(self) -> None:
        self.given: Counter[int] = Counter()
        self.outcome = PrintOutcome.PRINTED

    def print(self, job: bytes, job_id: int, timeout_s: float) -> PrintOutcome:
        if self.outcome is not PrintOutcome.FAILED:
            self.given[job_id] += 1
        return self.outcome

    def state(self) -> DeviceState:
        return DeviceState(Condition.READY, datetime.now(UTC))

    def close(self) -> None:
        pass


class ForgetfulWriter:
    """The real writer, but outcomes of slips are refused as long as `deaf`."""

    def __init__(self, writer: QueueWriter) -> None:
        self.real, self.deaf, self.asked = writer, True, 0

    @property
    def office(self) -> Office:
        return self.real.office

    def submit(self, command: Command, *, actor: str, key: str | None = None) -> Future[Outcome]:
        if self.deaf and isinstance(command, RecordSlip):
            self.asked += 1
            reply: Future[Outcome] = Future()
            reply.set_exception(Refused(Code.MAILBOX_FULL))
            return reply
        return self.real.submit(command, actor=actor, key=key)


@pytest.fixture
def writer(office: RiggedOffice) -> ForgetfulWriter:
    office.do(TakeTicket("consult"))
    return ForgetfulWriter(office.writer)


def worker(writer: ForgetfulWriter, roll: Roll) -> PrintingWorker:
    def compose(office: Office, slip: Slip) -> bytes:
        return b"slip"

    return PrintingWorker(writer, roll, compose, Clock().now)  # type: ignore[arg-type]


def test_a_slip_whose_outcome_is_refused_is_not_printed_again(writer: ForgetfulWriter) -> None:
    roll = Roll()
    printing = worker(writer, roll)
    for _ in range(5):
        assert printing.print_one() is False
    assert roll.given == {1: 1}
    writer.deaf = False
    printing.print_one()
    assert writer.office.slips[1].state is SlipState.PRINTED
    assert roll.given == {1: 1}
    assert writer.asked == 5


def test_a_printer_that_took_nothing_is_asked_again(writer: ForgetfulWriter) -> None:
    roll, writer.deaf = Roll(), False
    roll.outcome = PrintOutcome.FAILED
    printing = worker(writer, roll)
    assert printing.print_one() is False
    assert writer.office.slips[1].state is SlipState.QUEUED
    roll.outcome = PrintOutcome.PRINTED
    assert printing.print_one() is True
    assert writer.office.slips[1].state is SlipState.PRINTED


def test_what_an_earlier_life_left_is_settled_before_anything_new_is_printed(writer: ForgetfulWriter) -> None:
    roll, writer.deaf = Roll(), False
    printing = worker(writer, roll)
    printing.settle()
    writer.real.submit(TakeTicket("consult"), actor="test").result(10)
    while printing.print_one():
        pass
    slips = [replace(slip, settled=None) for slip in writer.office.slips.values()]
    assert [(slip.ticket, slip.copy, slip.state) for slip in slips] == [
        (1, False, SlipState.UNKNOWN),
        (1, True, SlipState.PRINTED),
        (2, False, SlipState.PRINTED),
    ]
    assert roll.given == {2: 1, 3: 1}
