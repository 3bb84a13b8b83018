"""A receipt printer on a serial line: one slip in flight, and an honest answer to whether it came
out.

Before a slip the printer is asked how it is (`DLE EOT`); after it the printer confirms in its own
order of work (`GS ( H` process id, or `GS r` for clones). Paper that ends in the middle keeps the
slip waiting, because the printer goes on from its buffer.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from hardware.ports import Condition, DeviceState, PrintOutcome
from hardware.printing.encoder import LONGEST_COMMAND, PrinterProfile, cut
from hardware.printing.transport import (
    AutoStatus,
    Frame,
    InlineStatus,
    ProcessId,
    RealTimeStatus,
    SerialLink,
)

logger = logging.getLogger(__name__)

POLL_S = 0.4
ANSWER_S = 0.2  # a printer answers DLE EOT within milliseconds, whatever it is doing
SILENCE_S = 5.0  # a printer that has a slip and doesn't answer for so long is given up
GRACE_S = 0.6  # time for a confirmation after a printer came back
RESYNC_S = 3.0

HINTS = {
    "port-missing": "connect-printer",
    "silent": "check-power",
    "paper-out": "load-paper",
    "cover-open": "close-cover",
    "printer-error": "restart-printer",
    "offline": "press-feed",
}
"""What a person should do, by reason."""

_REPORT_CHANGES = b"\x1da\x0f"
_ALPHABET = 95  # letters from 0x20 to 0x7E
_RESYNC_LETTERS = b"~~~~"  # the last of the four-letter words, kept from jobs
_JOB_IDS = _ALPHABET**4 - 1


@dataclass(frozen=True, slots=True)
class _Health:
    reason: str = ""
    near_end: bool = False


def process_id(job_id: int) -> bytes:
    """The four letters that stand for a job; ids repeat after some 81 million jobs and never mean a
    resynchronisation.
    """
    rest = job_id % _JOB_IDS
    letters = bytearray()
    for _ in range(4):
        rest, digit = divmod(rest, _ALPHABET)
        letters.append(0x20 + digit)
    return bytes(reversed(letters))


class EscposPrinter:
    """`TicketPrinter` for ESC/POS printers on a serial port.

    A missing port, now or later, is a state. `on_change` is told every new state, in a thread of
    the printer's: it must not block. A paper roll near its end is a `warning`, not a fault.
    """

    def __init__(
        self,
        port: str,
        profile: PrinterProfile,
        on_change: Callable[[DeviceState], None] | None = None,
    ) -> None:
        self._profile = profile
        self._on_change = on_change
        self._busy = threading.Lock()
        self._state_lock = threading.Lock()
        self._state: DeviceState | None = None
        self._checked_at = 0.0
        self._unfinished = False
        self._unanswered = False
        self._heard = threading.Condition()
        self._finished_ids: deque[bytes] = deque(maxlen=64)
        self._inline_answers = 0
        self._closing = threading.Event()
        self._link = SerialLink(port, profile.baud, profile.flow, self._hear)
        self._poller = threading.Thread(target=self._poll, name=f"poll {port}", daemon=True)
        self._poller.start()

    def print(self, job: bytes, job_id: int, timeout_s: float) -> PrintOutcome:
        """Print one job and wait for its outcome, at most `timeout_s` seconds (plus a status round
        of under a second).
        """
        deadline = time.monotonic() + timeout_s
        if not self._busy.acquire(timeout=timeout_s):
            return PrintOutcome.FAILED
        try:
            if not self._is_ready() or not self._resynchronised():
                return PrintOutcome.FAILED
            return self._send(job, job_id, deadline)
        finally:
            self._busy.release()

    def state(self) -> DeviceState:
        """The state of less than a second ago when the printer is idle, else the last one known."""
        stale = time.monotonic() - self._checked_at > 2 * POLL_S
        if stale and self._busy.acquire(timeout=0 if self._state else 2 * POLL_S):
            try:
                self._check()
            finally:
                self._busy.release()
        return self._state or DeviceState(Condition.MISSING, datetime.now(UTC), "port-missing")

    def close(self) -> None:
        """Stop the threads and release the port; a slip in flight ends as unknown."""
        self._closing.set()
        self._link.close()
        with self._heard:
            self._heard.notify_all()
        self._poller.join(timeout=2)

    def _hear(self, frame: Frame) -> None:
        """In the reader's thread."""
        with self._heard:
            match frame:
                case ProcessId(letters):
                    self._finished_ids.append(letters)
                case InlineStatus():
                    self._inline_answers += 1
                case _:
                    pass
            self._heard.notify_all()
        if isinstance(frame, AutoStatus):
            self._note(_health_of_report(frame))

    def _ask(self, number: int) -> int | None:
        """The answer to `DLE EOT number`; None when there was none in time."""
        if self._unanswered:
            # Late answers to earlier questions would be read as answers to this one.
            self._link.settle(0.05, ANSWER_S)
        self._link.forget()
        if not self._link.write(bytes((0x10, 0x04, number)), ANSWER_S):
            return None
        frame = self._link.expect(lambda f: isinstance(f, RealTimeStatus), ANSWER_S)
        self._unanswered = frame is None
        return frame.bits if isinstance(frame, RealTimeStatus) else None

    def _probe(self) -> _Health | None:
        """How the printer is; None when it doesn't answer."""
        printer = self._ask(1)
        cause = self._ask(2) if printer is not None else None
        paper = self._ask(4) if cause is not None else None
        if printer is None or cause is None or paper is None:
            return None
        return _health_of_answers(printer, cause, paper)

    def _poll(self) -> None:
        self._link.wait_open(ANSWER_S)
        while not self._closing.is_set():
            if self._busy.acquire(blocking=False):
                try:
                    self._check()
                except Exception:
                    logger.exception("asking printer %s failed", self._link.port)
                finally:
                    self._busy.release()
            self._closing.wait(POLL_S)

    def _check(self) -> None:
        """Ask the idle printer and keep the answer."""
        health: _Health | None = _Health()
        if self._profile.answers and self._link.is_open:
            health = self._probe() or self._probe()
        if not self._link.is_open:
            self._note(_Health("port-missing"))
        elif health is not None:
            self._note(health)
        elif not self._holds_its_input():
            self._note(_Health("silent"))
        self._checked_at = time.monotonic()

    def _is_ready(self) -> bool:
        self._link.wait_open(ANSWER_S)
        self._check()
        return self._state is not None and self._state.condition is Condition.READY

    def _holds_its_input(self) -> bool:
        """Whether a known fault explains the silence: with a full buffer a printer stops the line,
        and our questions with it.
        """
        faults = ("paper-out", "cover-open", "offline", "printer-error")
        return self._unfinished and self._state is not None and self._state.reason in faults

    def _note(self, health: _Health) -> None:
        with self._state_lock:
            before = self._state
            if not health.reason:
                condition = Condition.READY
            elif health.reason == "port-missing":
                condition = Condition.MISSING
            else:
                condition = Condition.FAULT
            warning = "paper-near-end" if health.near_end and not health.reason else ""
            same = before is not None and before.reason == health.reason
            if before is not None and same and before.warning == warning:
                return
            self._state = after = DeviceState(
                condition=condition,
                since=before.since if before is not None and same else datetime.now(UTC),
                reason=health.reason,
                hint=HINTS.get(health.reason, ""),
                facts={"port": self._link.port, "printer": self._profile.name},
                warning=warning,
            )
        _log_change(before, after)
        if self._on_change is not None:
            try:
                self._on_change(after)
            except Exception:
                logger.exception("a listener of printer %s failed", self._link.port)

    def _send(self, job: bytes, job_id: int, deadline: float) -> PrintOutcome:
        letters = process_id(job_id)
        with self._heard:
            self._finished_ids.clear()
            answered = self._inline_answers
        self._unfinished = True
        data = _REPORT_CHANGES * self._profile.answers + job + self._confirmation(letters)
        # Until the line has carried all bytes, questions to the printer queue behind them.
        line_free_at = time.monotonic() + len(data) * 10 / self._profile.baud + ANSWER_S
        if not self._link.write(data, deadline - time.monotonic()):
            self._check()
            return PrintOutcome.UNKNOWN
        if self._profile.confirm == "none":
            outcome = self._await_health(line_free_at, deadline)
        else:
            outcome = self._await_confirmation(lambda: self._confirmed(letters, answered), line_free_at, deadline)
        if outcome is PrintOutcome.UNKNOWN:
            self._link.discard_output()
        else:
            self._unfinished = False
        return outcome

    def _confirmation(self, letters: bytes) -> bytes:
        match self._profile.confirm:
            case "process-id":
                return b"\x1d(H\x06\x0000" + letters
            case "gs-r":
                return b"\x1dr\x01"
            case _:
                return b""

    def _confirmed(self, letters: bytes, answered: int) -> bool:
        if self._profile.confirm == "process-id":
            return letters in self._finished_ids
        return self._inline_answers > answered

    def _await_confirmation(self, confirmed: Callable[[], bool], line_free_at: float, deadline: float) -> PrintOutcome:
        silent_since: float | None = None
        back_at: float | None = None
        while (now := time.monotonic()) < deadline and not self._closing.is_set():
            with self._heard:
                if self._heard.wait_for(lambda: confirmed() or not self._link.is_open, min(POLL_S, deadline - now)):
                    if confirmed():
                        self._note_good_end()
                        return PrintOutcome.PRINTED
                    break
            if back_at is not None and time.monotonic() > back_at + GRACE_S:
                break  # it lost its buffer: whatever it still had of the slip won't come
            if not self._profile.answers or time.monotonic() < line_free_at:
                continue
            health = self._probe()
            if health is not None:
                self._note(health)
                if not health.reason and silent_since is not None and back_at is None:
                    back_at = time.monotonic()
            elif not self._holds_its_input():
                self._note(_Health("silent"))
                silent_since = silent_since or time.monotonic()
                if back_at is None and time.monotonic() - silent_since > SILENCE_S:
                    break
        if not self._link.is_open:
            self._note(_Health("port-missing"))
        return PrintOutcome.UNKNOWN

    def _await_health(self, line_free_at: float, deadline: float) -> PrintOutcome:
        """For printers that can't confirm: wait until the line is free and the printer is well."""
        self._link.drain(deadline - time.monotonic())
        while (now := time.monotonic()) < deadline and not self._closing.is_set():
            if now < line_free_at:
                self._closing.wait(min(line_free_at, deadline) - now)
                continue
            self._check()
            state = self._state
            if state is not None and state.condition is Condition.READY:
                return PrintOutcome.SENT
            if state is None or state.reason in ("silent", "port-missing"):
                break
            self._closing.wait(POLL_S)
        return PrintOutcome.UNKNOWN

    def _note_good_end(self) -> None:
        """A confirmation proves that the printer is well, whatever was believed of it."""
        state = self._state
        if state is not None and state.reason in ("silent", "offline"):
            self._note(_Health())

    def _resynchronised(self) -> bool:
        """After a broken slip, make sure that the printer takes the next bytes as commands.

        It may stand in the middle of a raster command: zeros complete it, and are nothing outside
        of one. What was printed is cut off, so that no slip begins on the paper of another. False
        when the printer is no longer well.
        """
        if not self._unfinished:
            return True
        letters = _RESYNC_LETTERS
        with self._heard:
            self._finished_ids.clear()
            answered = self._inline_answers
        data = bytes(LONGEST_COMMAND) + b"\x1b@" + cut(self._profile) + self._confirmation(letters)
        if not self._link.write(data, RESYNC_S):
            return False
        with self._heard:
            self._heard.wait_for(
                lambda: self._confirmed(letters, answered),
                RESYNC_S if self._profile.confirm != "none" else 0,
            )
        # A late GS r answer of the broken slip must not confirm the next one.
        self._link.settle(ANSWER_S, RESYNC_S)
        if not self._is_ready():
            return False
        self._unfinished = False
        return True


def _health_of_answers(printer: int, cause: int, paper: int) -> _Health:
    """From the answers to `DLE EOT` 1, 2 and 4."""
    near_end = bool(paper & 0x0C)
    if cause & 0x04:
        return _Health("cover-open", near_end)
    if paper & 0x60 or cause & 0x20:
        return _Health("paper-out", near_end)
    if cause & 0x40:
        return _Health("printer-error", near_end)
    return _Health("offline" if printer & 0x08 else "", near_end)


def _health_of_report(report: AutoStatus) -> _Health:
    if report.cover_open:
        return _Health("cover-open", report.near_end)
    if report.paper_out:
        return _Health("paper-out", report.near_end)
    if report.error:
        return _Health("printer-error", report.near_end)
    return _Health("offline" if report.offline else "", report.near_end)


def _log_change(before: DeviceState | None, after: DeviceState) -> None:
    """Once when lost, once when back."""
    was_well = before is None or before.condition is Condition.READY
    is_well = after.condition is Condition.READY
    port = after.facts["port"]
    if was_well and not is_well:
        logger.warning("printer %s: %s", port, after.reason)
    elif is_well and not was_well:
        logger.info("printer %s is ready again", port)
    if after.warning and (before is None or before.warning != after.warning):
        logger.warning("printer %s: %s", port, after.warning)
