"""Paper: commit, print, record what became of it. One job in flight, in the order of the queue."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from appliance.domain.message import Command
from appliance.domain.moment import Now
from appliance.domain.office import Office, Slip, SlipState
from appliance.domain.slips import RecordSlip, overdue
from appliance.store.writer import QueueWriter
from hardware.ports import PrintOutcome, TicketPrinter

log = logging.getLogger(__name__)

POLL_S = 1.0
JOB_TIMEOUT_S = 30.0
ANSWER_FIRST_S = 0.02
"""Drawing waits this long after a commit, so that whoever asked for the ticket has the number before the paper begins."""

OUTCOMES = {
    PrintOutcome.PRINTED: SlipState.PRINTED,
    PrintOutcome.SENT: SlipState.SENT,
    PrintOutcome.UNKNOWN: SlipState.UNKNOWN,
}

Compose = Callable[[Office, Slip], bytes]
"""Makes the bytes of a slip; imported late, because it draws."""


class PrintingWorker:
    """A thread that prints the queued slips. The rows are its queue; it keeps nothing else."""

    def __init__(
        self,
        writer: QueueWriter,
        printer: TicketPrinter,
        compose: Compose,
        clock: Callable[[], Now],
        warm_up: Callable[[], None] = lambda: None,
    ) -> None:
        """`warm_up` runs in the worker's thread before the first slip: whatever drawing needs once."""
        self._writer, self._printer, self._compose, self._clock = writer, printer, compose, clock
        self._warm_up = warm_up
        self._nudge, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="printing", daemon=True)

    def start(self) -> None:
        """Begin to print. Slips that an earlier life left queued may lie on paper already: nobody knows."""
        for slip in queued(self._writer.office):
            self._record(slip, SlipState.UNKNOWN)
        self._writer.listen(lambda _: self._nudge.set())
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the job it is in."""
        self._stop.set()
        self._nudge.set()
        self._thread.join(5.0)

    def print_one(self) -> bool:
        """Print the oldest queued slip; False when there is none, or the printer could not take it now."""
        office = self._writer.office
        slip = next(iter(queued(office)), None)
        if slip is None:
            return False
        if overdue(office, slip, self._clock()):
            return self._record(slip, SlipState.EXPIRED)
        try:
            job = self._compose(office, slip)
        except Exception:
            log.exception("slip %s can't be drawn", slip.id)
            return self._record(slip, SlipState.EXPIRED)
        outcome = self._printer.print(job, slip.id, JOB_TIMEOUT_S)
        if outcome is PrintOutcome.FAILED:
            return False
        return self._record(slip, OUTCOMES[outcome])

    def _record(self, slip: Slip, state: SlipState) -> bool:
        """Write the outcome down and wait for it: the same slip may not be picked up twice."""
        command: Command = RecordSlip(slip.id, state)
        self._writer.submit(command, actor="printer").result(60.0)
        return True

    def _run(self) -> None:
        self._warm_up()
        while not self._stop.is_set():
            self._nudge.clear()
            try:
                while not self._stop.is_set() and self.print_one():
                    pass
            except Exception:
                log.exception("a slip's round failed")
            if self._nudge.wait(POLL_S):
                self._stop.wait(ANSWER_FIRST_S)


def queued(office: Office) -> list[Slip]:
    """The slips that wait for the printer, the oldest first."""
    return sorted(
        (slip for slip in office.slips.values() if slip.state is SlipState.QUEUED),
        key=lambda slip: slip.id,
    )
