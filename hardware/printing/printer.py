"""A receipt printer: one slip in flight, and an honest answer to whether it came out.

Before a slip the printer is asked how it is (`DLE EOT`); after it the printer confirms in its own order of work. Paper
that ends in the middle keeps the slip waiting, because the printer goes on from its buffer. After a slip that broke
off, in this life of the process or the one before, the printer is brought back in step before it gets the next.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from hardware.ports import Condition, DeviceState, PrintOutcome
from hardware.printing.commands import cut, longest_command
from hardware.printing.confirming import RESYNC_LETTERS, Confirmations, process_id
from hardware.printing.frames import AutoStatus, Frame, RealTimeStatus
from hardware.printing.link import Link
from hardware.printing.ports import is_network
from hardware.printing.profiles import PrinterProfile
from hardware.printing.status import (
    REPORT_CHANGES,
    UNCONFIRMED,
    Health,
    described,
    health_of_answers,
    health_of_report,
    log_change,
    question,
)

logger = logging.getLogger(__name__)

SILENCE_S = 5.0
"""A printer that has a slip and doesn't answer for so long is given up."""

_VAIN_TRIES = 3
"""So often a well printer may leave the question whether it is in step without an answer, before that means something:
that it can't confirm at all when it never has, that it is stuck when it has.
"""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the driver waits, in seconds; the office takes the defaults."""

    poll_s: float = 0.4
    answer_s: float = 0.2  # a printer answers DLE EOT within milliseconds, whatever it is doing
    silence_s: float = SILENCE_S
    grace_s: float = 0.6  # for a confirmation after a printer came back
    resync_s: float = 3.0
    first_state_s: float = 1.5


class EscposPrinter:
    """`TicketPrinter` for ESC/POS printers on a serial line, a USB printer device or the network.

    `port` is a path, or `tcp://host:port`. A missing port, now or later, is a state. `on_change` is told every new
    state, in a thread of the printer's: it must not block. A paper roll near its end is a `warning`, not a fault.
    """

    def __init__(
        self,
        port: str,
        profile: PrinterProfile,
        on_change: Callable[[DeviceState], None] | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.profile = profile
        self._patience = patience or Patience()
        self._on_change = on_change
        self._busy = threading.Lock()
        self._known = threading.Condition()
        self._state: DeviceState | None = None
        self._health = Health("port-missing")
        # Nobody knows what an earlier life of the process has left in the printer.
        self._unfinished = True
        self._unanswered = False
        self._vain_tries = 0
        self._ever_confirmed = False
        self._closing = threading.Event()
        self._confirmations = Confirmations(profile.confirm)
        self._link = Link(port, profile.baud, profile.flow, self._hear, self._confirmations.wake)
        self._poller = threading.Thread(target=self._poll, name=f"poll {port}", daemon=True)
        self._poller.start()

    def print(self, job: bytes, job_id: int, timeout_s: float) -> PrintOutcome:
        """Print one job and wait for its outcome.

        At most `timeout_s` seconds, besides what a serial line needs for the bytes and a status round below a second.
        """
        deadline = time.monotonic() + self._line_s(job) + timeout_s
        if not self._busy.acquire(timeout=timeout_s):
            return PrintOutcome.FAILED
        try:
            if not self._is_well() or not self._in_step(deadline):
                return PrintOutcome.FAILED
            return self._send(job, job_id, deadline)
        finally:
            self._busy.release()

    def state(self) -> DeviceState:
        """The last state known: of less than a second ago when the printer is idle. Waits for the first one only."""
        with self._known:
            self._known.wait_for(lambda: self._state or self._closing.is_set(), self._patience.first_state_s)
            return self._state or self._described(Health("port-missing"), datetime.now(UTC))

    @contextmanager
    def reserved(self, timeout_s: float) -> Iterator[Link | None]:
        """The bare line of a printer that is well and has no slip in flight, None when it isn't so within `timeout_s`.

        No slip is printed and no question asked until it is given back.
        """
        deadline = time.monotonic() + timeout_s
        if not self._busy.acquire(timeout=timeout_s):
            yield None
            return
        try:
            # A printer that doesn't confirm yet is asked all the same: why not is what the asker wants to know.
            yield self._link if self._is_well() and (self._in_step(deadline) or self._is_well()) else None
        finally:
            self._confirmations.forgive()
            self._busy.release()

    def close(self) -> None:
        """Stop the threads and release the port; a slip in flight ends as unknown."""
        self._closing.set()
        self._link.close()
        self._confirmations.wake()
        with self._known:
            self._known.notify_all()
        self._poller.join(timeout=5)

    def _hear(self, frame: Frame) -> None:
        """In the reader's thread."""
        self._confirmations.hear(frame)
        if isinstance(frame, AutoStatus):
            self._note(health_of_report(frame))

    def _ask(self, number: int) -> int | None:
        """The answer to `DLE EOT number`; None when there was none in time."""
        answer_s = self._patience.answer_s
        if self._unanswered:
            # Late answers to earlier questions would be read as answers to this one.
            self._link.settle(answer_s / 4, answer_s)
        self._link.forget()
        if not self._link.write(question(number), answer_s):
            return None
        frame = self._link.expect(lambda f: isinstance(f, RealTimeStatus), answer_s)
        self._unanswered = frame is None
        return frame.bits if isinstance(frame, RealTimeStatus) else None

    def _probe(self) -> Health | None:
        """How the printer is; None when it doesn't answer."""
        printer = self._ask(1)
        cause = self._ask(2) if printer is not None else None
        paper = self._ask(4) if cause is not None else None
        if printer is None or cause is None or paper is None:
            return None
        return health_of_answers(printer, cause, paper)

    def _poll(self) -> None:
        self._link.wait_open(self._patience.answer_s)
        while not self._closing.is_set():
            if self._busy.acquire(blocking=False):
                try:
                    self._check()
                    if self._health.reason == "silent":
                        self._link.refresh()
                    elif not self._health.reason:
                        self._in_step(time.monotonic() + 3 * self._patience.resync_s)
                except Exception:
                    logger.exception("asking printer %s failed", self._link.address)
                finally:
                    self._busy.release()
            self._closing.wait(self._patience.poll_s)

    def _check(self) -> None:
        """Ask the idle printer and keep the answer."""
        health: Health | None = Health()
        if self.profile.answers and self._link.is_open:
            health = self._probe() or self._probe()
        if self._closing.is_set():
            return
        if not self._link.is_open:
            self._note(Health("port-missing"))
        elif health is not None:
            self._note(health)
        elif not self._holds_its_input():
            self._note(Health("silent"))

    def _is_well(self) -> bool:
        self._link.wait_open(self._patience.answer_s)
        self._check()
        return self._link.is_open and not self._health.reason

    def _holds_its_input(self) -> bool:
        """Whether a known fault explains the silence: with a full buffer a printer stops the line, and our questions
        with it.
        """
        return self._unfinished and self._health.reason in ("paper-out", "cover-open", "offline", "printer-error")

    def _note(self, health: Health) -> None:
        with self._known:
            self._health = health
            if not health.reason and self._vain_tries >= _VAIN_TRIES and self._ever_confirmed:
                health = Health("printer-error", health.near_end)
            before = self._state
            since = datetime.now(UTC) if before is None or before.reason != health.reason else before.since
            after = self._described(health, since)
            if before == after:
                return
            self._state = after
            self._known.notify_all()
        log_change(before, after)
        if self._on_change is not None:
            try:
                self._on_change(after)
            except Exception:
                logger.exception("a listener of printer %s failed", self._link.address)

    def _described(self, health: Health, since: datetime) -> DeviceState:
        warning = UNCONFIRMED if self._never_confirms else ""
        return described(health, since, self._link.address, self.profile.name, warning)

    def _send(self, job: bytes, job_id: int, deadline: float) -> PrintOutcome:
        letters = process_id(job_id)
        self._unfinished = True
        data = REPORT_CHANGES * self.profile.answers + job + self._confirmations.request(letters)
        # Until the line has carried all bytes, questions to the printer queue behind them.
        line_free_at = time.monotonic() + self._line_s(data) + self._patience.answer_s
        if not self._link.write(data, deadline - time.monotonic()):
            self._check()
            return PrintOutcome.UNKNOWN
        if self.profile.confirm == "none" or self._never_confirms:
            outcome = self._await_health(letters, line_free_at, deadline)
        else:
            outcome = self._await_confirmation(letters, line_free_at, deadline)
        if outcome is PrintOutcome.UNKNOWN:
            self._link.discard_output()
        else:
            self._unfinished = False
        return outcome

    def _line_s(self, data: bytes) -> float:
        return 0.0 if is_network(self._link.address) else len(data) * 10 / self.profile.baud

    def _await_confirmation(self, letters: bytes, line_free_at: float, deadline: float) -> PrintOutcome:
        silent_since: float | None = None
        back_at: float | None = None
        while (now := time.monotonic()) < deadline and not self._closing.is_set():
            if self._confirmations.wait(letters, min(self._patience.poll_s, deadline - now), self._is_lost):
                if silent_since is not None and self.profile.confirm == "gs-r":
                    break  # an answer without a name, after a break that may have been a power cut, proves nothing
                self._note_confirmation()
                return PrintOutcome.PRINTED
            if self._is_lost():
                break
            if back_at is not None and time.monotonic() > back_at + self._patience.grace_s:
                break  # it lost its buffer: whatever it still had of the slip won't come
            if not self.profile.answers or time.monotonic() < line_free_at:
                continue
            health = self._probe()
            if health is not None:
                self._note(health)
                if not health.reason and silent_since is not None and back_at is None:
                    back_at = time.monotonic()
            elif not self._holds_its_input():
                self._note(Health("silent"))
                silent_since = silent_since or time.monotonic()
                if back_at is None and time.monotonic() - silent_since > self._patience.silence_s:
                    break
        if not self._link.is_open and not self._closing.is_set():
            self._note(Health("port-missing"))
        return PrintOutcome.UNKNOWN

    def _is_lost(self) -> bool:
        return not self._link.is_open or self._closing.is_set()

    def _await_health(self, letters: bytes, line_free_at: float, deadline: float) -> PrintOutcome:
        """For printers that can't confirm: wait until the line is free and the printer is well."""
        self._link.drain(deadline - time.monotonic())
        while (now := time.monotonic()) < deadline and not self._closing.is_set():
            if now < line_free_at:
                self._closing.wait(min(line_free_at, deadline) - now)
                continue
            self._check()
            state = self._state
            if self._confirmations.has(letters):
                self._note_confirmation()
                return PrintOutcome.PRINTED
            if state is not None and state.condition is Condition.READY:
                return PrintOutcome.SENT
            if state is None or state.reason in ("silent", "port-missing"):
                break
            self._closing.wait(self._patience.poll_s)
        return PrintOutcome.UNKNOWN

    @property
    def _never_confirms(self) -> bool:
        """Whether the printer can't do what its profile says of confirming."""
        return self._vain_tries >= _VAIN_TRIES and not self._ever_confirmed

    def _note_confirmation(self) -> None:
        """A confirmation proves that the printer is well, whatever was believed of it."""
        self._vain_tries = 0
        self._ever_confirmed = True
        state = self._state
        if state is not None and (state.reason in ("silent", "offline") or state.warning == UNCONFIRMED):
            self._note(Health(near_end=self._health.near_end))

    def _in_step(self, deadline: float) -> bool:
        """Make sure that the printer takes the next bytes as commands, after a slip that broke off.

        It may stand in the middle of a raster command: zeros complete it, and are nothing outside of one. What was
        printed is cut off, so that no slip begins on the paper of another. False when the printer is no longer well,
        doesn't get so far, or `deadline` has come.
        """
        if not self._unfinished:
            return True
        data = bytes(longest_command(self.profile.width)) + b"\x1b@" + cut(self.profile)
        data += self._confirmations.request(RESYNC_LETTERS)
        began = time.monotonic()
        end = min(deadline, began + self._line_s(data) + self._patience.resync_s)
        if not self._link.write(data, end - began):
            return False
        if self.profile.confirm == "none" or self._never_confirms:
            self._link.drain(end - time.monotonic())
        elif not self._answers_in_step(began, end, deadline):
            return False
        if not self._is_well():
            return False
        self._confirmations.forgive()
        self._unfinished = False
        return True

    def _answers_in_step(self, began: float, end: float, deadline: float) -> bool:
        """Whether the printer has worked off everything, as far as it can tell."""
        if self._await_barrier(began, end, deadline):
            self._note_confirmation()
            return True
        if not self._is_lost() and self._is_well():
            self._vain_tries += 1
            self._note(self._health)
        return self._never_confirms

    def _await_barrier(self, began: float, end: float, deadline: float) -> bool:
        """Wait for the confirmation of everything sent so far."""
        if self._confirmations.wait(RESYNC_LETTERS, end - time.monotonic(), self._is_lost):
            return True
        # While answers still come in the printer works off what it had: the next could belong to the broken slip.
        while self._confirmations.answered_within(self._patience.resync_s / 2) and not self._is_lost():
            if time.monotonic() >= deadline:
                return False
            if self._confirmations.wait(RESYNC_LETTERS, self._patience.poll_s, self._is_lost):
                return True
        # What gs-r owed was lost with the printer's memory, and an answer has come since.
        return self._confirmations.answered_since(began) and not self._is_lost()
