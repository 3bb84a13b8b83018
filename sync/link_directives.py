"""Directives at the office's end: who signed them, in which order, and what the office answered to each.

One at a time and in the order of their numbers. The acknowledgement isn't ours: the outcome stands in the journal and
travels with the data.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from sync.directive import SignedDirective, signed_directive_of
from sync.link_office import OfficeAwayError
from sync.signing import SigningError, verify_directive

log = logging.getLogger("talon.sync.link")

TRIES = 4
"""How often a directive is handed over again after an internal error of the office."""

SETTLED = ("applied", "refused", "expired", "settled")


class Taken(StrEnum):
    """What became of one delivery. `settled`: the office's journal has the outcome. `old`: it had it before.

    `gap`: an earlier one is missing, so ask from the cursor again. `forged`: not believed, never handed over.
    `stuck`: the office can't deal with it now, so ask from the cursor again after a pause.
    """

    SETTLED = "settled"
    OLD = "old"
    GAP = "gap"
    FORGED = "forged"
    STUCK = "stuck"


class Receiver:
    """Takes what the centre sends. `settled` is the cursor: the last directive that the office's journal has settled.

    Used by one thread; the counters may be read by any.
    """

    def __init__(
        self,
        office: str,
        keys: Callable[[], Mapping[str, bytes]],
        hand_over: Callable[[Mapping[str, Any]], Mapping[str, Any]],
        centre_ms: Callable[[], int | None],
        stopping: threading.Event,
        pause_s: float = 1.0,
        unknown_key: Callable[[], None] = lambda: None,
    ) -> None:
        """`hand_over` asks the office (`sync.link_office`); `centre_ms` is the centre's time, None while unknown;
        `pause_s` doubles after each internal error. `unknown_key` hears that the centre may have a newer key.
        """
        self._office, self._keys, self._hand_over = office, keys, hand_over
        self._centre_ms, self._stopping, self._pause_s = centre_ms, stopping, pause_s
        self._unknown_key = unknown_key
        self.settled = 0
        self.forged = 0
        self.last_forgery = ""
        self.forged_at = float("-inf")
        self.stuck = 0

    def take(self, text: str) -> Taken:
        """One signed directive as it came. Never raises."""
        try:
            signed = signed_directive_of(text)
            directive = verify_directive(signed, self._keys(), self._office)
        except (ValueError, RecursionError, SigningError) as error:
            # Besides a DirectiveError: half a surrogate that can't be encoded, JSON nested without end.
            code = error.code if isinstance(error, SigningError) else "malformed"
            self._report(code, str(error))
            if code == "unknown-key":
                self._unknown_key()
            return Taken.FORGED
        if directive.seq <= self.settled:
            return Taken.OLD
        if directive.seq > self.settled + 1:
            return Taken.GAP
        return self._deliver(signed)

    def _deliver(self, signed: SignedDirective) -> Taken:
        directive = signed.directive
        if self._centre_ms() is None:
            # A box that doesn't know the time could not tell that this one has expired; the pulse's answer will.
            return self._held(directive.seq)
        for tried in range(TRIES + 1):
            # After the last try the office is asked to refuse it, so that the ones behind it get their turn.
            request = {"directive": signed.to_json(), "centre_ms": self._centre_ms(), "give_up": tried == TRIES}
            try:
                answer = self._hand_over(request)
            except OfficeAwayError as error:
                log.info("directive %s waits for the office: %s", directive.seq, error)
                return self._held(directive.seq)
            outcome, error_code = answer.get("outcome"), answer.get("error")
            if outcome in SETTLED:
                log.info("directive %s %s: %s %s", directive.seq, directive.kind, outcome, answer.get("code", ""))
                self.settled = max(directive.seq, int(answer.get("last", 0)))
                self.stuck = 0
                return Taken.SETTLED
            if error_code == "gap":
                # The office knows better how far its journal has come: it may have been restored meanwhile.
                self.settled = int(answer.get("last", 0))
                return Taken.GAP
            if error_code == "forged":
                self._report(str(answer.get("code", "")), f"refused by the office: directive {directive.seq}")
                return Taken.FORGED
            if error_code != "internal-error":
                log.info("directive %s waits: %s", directive.seq, error_code)
                return self._held(directive.seq)
            if self._stopping.wait(self._pause_s * 2**tried):
                return Taken.STUCK
        log.error("directive %s can't be settled", directive.seq)
        return self._held(directive.seq)

    def _held(self, seq: int) -> Taken:
        self.stuck = seq
        return Taken.STUCK

    def _report(self, code: str, detail: str) -> None:
        self.forged += 1
        self.forged_at = time.monotonic()
        self.last_forgery = code
        # Whoever sends forgeries must not fill the log.
        if self.forged <= 10 or self.forged % 1000 == 0:
            log.warning("a forged directive (number %s): %s: %.200s", self.forged, code, detail)
