"""Paper: commit, print, record what became of it. One job in flight, in the order of the queue."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from appliance.domain.message import Command
from appliance.domain.moment import Now
from appliance.domain.office import Office, Slip, SlipState
from appliance.domain.refusal import Code, Refused
from appliance.domain.slips import RecordSlip, overdue
from appliance.store.writer import QueueWriter
from hardware.ports import PrintOutcome, TicketPrinter

log = logging.getLogger(__name__)

POLL_S = 1.0
JOB_TIMEOUT_S = 30.0
RECORD_S = 60.0
ANSWER_FIRST_S = 0.02
"""Drawing waits this long after a commit: whoever asked for the ticket has the number before the paper begins."""

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
        self._outcomes: dict[int, SlipState] = {}
        self._nudge, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="printing", daemon=True)

    def settle(self) -> None:
        """Slips that an earlier life left queued may lie on paper already: nobody knows. Call it before any new one."""
        for slip in queued(self._writer.office):
            self._outcomes[slip.id] = SlipState.UNKNOWN
        self._record_outcomes()

    def start(self) -> None:
        """Begin to print."""
        self._writer.listen(lambda _: self._nudge.set())
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the job it is in."""
        self._stop.set()
        self._nudge.set()
        self._thread.join(5.0)

    def print_one(self) -> bool:
        """Print the oldest queued slip; False when there is none, or nothing can be done about it now.

        A slip that the printer has been given is never given to it again, whatever becomes of the entry about it.
        """
        if not self._record_outcomes():
            return False
        office = self._writer.office
        slip = next((one for one in queued(office) if one.id not in self._outcomes), None)
        if slip is None:
            return False
        if overdue(office, slip, self._clock()):
            return self._note(slip, SlipState.EXPIRED)
        try:
            job = self._compose(office, slip)
        except Exception:
            log.exception("slip %s can't be drawn", slip.id)
            return self._note(slip, SlipState.EXPIRED)
        outcome = self._printer.print(job, slip.id, JOB_TIMEOUT_S)
        if outcome is PrintOutcome.FAILED:
            return False
        return self._note(slip, OUTCOMES[outcome])

    def _note(self, slip: Slip, state: SlipState) -> bool:
        self._outcomes[slip.id] = state
        return self._record_outcomes()

    def _record_outcomes(self) -> bool:
        """Write down what became of slips; what is refused is kept and tried again. False when something is left."""
        for slip, state in list(self._outcomes.items()):
            command: Command = RecordSlip(slip, state)
            try:
                self._writer.submit(command, actor="printer").result(RECORD_S)
            except Refused as refusal:
                if refusal.code is not Code.UNKNOWN_SLIP:
                    log.warning("the outcome of slip %s is not in the book yet: %s", slip, refusal)
                    return False
            except TimeoutError:
                log.warning("the outcome of slip %s is not in the book yet", slip)
                return False
            del self._outcomes[slip]
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
