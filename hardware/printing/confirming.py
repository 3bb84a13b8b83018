"""How a printer tells that everything sent before is on paper, and what it still owes.

`process-id`: `GS ( H` returns four letters of our own, so an answer names its slip. `gs-r`: a status asked in line has
no name; answers are counted against questions, because a late one of an earlier slip must not confirm the next.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Literal

from hardware.printing.frames import Frame, InlineStatus, ProcessId

Confirm = Literal["process-id", "gs-r", "none"]

RESYNC_LETTERS = b"~~~~"
"""The last of the four-letter words, kept from jobs."""

_ALPHABET = 95  # letters from 0x20 to 0x7E
_JOB_IDS = _ALPHABET**4 - 1


def process_id(job_id: int) -> bytes:
    """The four letters that stand for a job, repeated after some 81 million; never those of a resynchronisation."""
    rest = job_id % _JOB_IDS
    letters = bytearray()
    for _ in range(4):
        rest, digit = divmod(rest, _ALPHABET)
        letters.append(0x20 + digit)
    return bytes(reversed(letters))


def process_id_request(letters: bytes) -> bytes:
    """`GS ( H` function 48."""
    return b"\x1d(H\x06\x0000" + letters


INLINE_STATUS_REQUEST = b"\x1dr\x01"
"""`GS r 1`: the paper sensors, asked in the order of the work."""


class Confirmations:
    """What one printer has confirmed so far. All methods may be called from any thread."""

    def __init__(self, kind: Confirm) -> None:
        self.kind = kind
        self._changed = threading.Condition()
        self._ids: deque[bytes] = deque(maxlen=64)
        self._owed = 0
        self._answered_at = 0.0

    def request(self, letters: bytes) -> bytes:
        """The bytes that ask for a confirmation of all that was sent before them; from now on one more is owed."""
        with self._changed:
            if self.kind == "process-id":
                self._ids.clear()
                return process_id_request(letters)
            if self.kind == "gs-r":
                self._owed += 1
                return INLINE_STATUS_REQUEST
        return b""

    def hear(self, frame: Frame) -> None:
        """Take one frame from the printer."""
        with self._changed:
            match frame:
                case ProcessId(letters):
                    self._ids.append(letters)
                case InlineStatus():
                    self._owed = max(0, self._owed - 1)
                    self._answered_at = time.monotonic()
                case _:
                    return
            self._changed.notify_all()

    def has(self, letters: bytes) -> bool:
        """Whether the request with these letters, and every one before it, has been answered."""
        with self._changed:
            return self._has(letters)

    def wait(self, letters: bytes, timeout_s: float, unless: Callable[[], bool] = lambda: False) -> bool:
        """Wait for that answer, at most `timeout_s` or until `unless`; whether it is there."""
        with self._changed:
            self._changed.wait_for(lambda: self._has(letters) or unless(), timeout_s)
            return self._has(letters)

    def answered_within(self, seconds: float) -> bool:
        """Whether a status asked in line has come in so lately."""
        return self.answered_since(time.monotonic() - seconds)

    def answered_since(self, moment: float) -> bool:
        """The same since a moment of CLOCK_MONOTONIC."""
        return self._answered_at > moment

    def forgive(self) -> None:
        """What is still owed will not come: the printer has lost its memory."""
        with self._changed:
            self._owed = 0

    def wake(self) -> None:
        """Let those who wait look at their `unless` again."""
        with self._changed:
            self._changed.notify_all()

    def _has(self, letters: bytes) -> bool:
        if self.kind == "process-id":
            return letters in self._ids
        return self.kind == "gs-r" and self._owed == 0
