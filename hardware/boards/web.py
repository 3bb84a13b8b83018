"""A screen of the hall: a browser that shows the hall page, reads the office by itself, and tells that it lives."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from time import monotonic

from hardware.config.model import WebBoardConfig
from hardware.ports import Board, BoardRow, Condition, DeviceState

log = logging.getLogger(__name__)

SILENT_S = 60.0
"""A page tells every ten seconds; after six that were missing nobody is believed to see it."""

BEHIND_S = 15.0
"""A page polls every five seconds; what it shows may be this old and no older."""


class WebBoard(Board):
    """A browser, known by what its page tells.

    States: `screen-never-seen` since the start, `screen-silent` after a minute without a word, `screen-stale` when the
    page lives but shows what was true long ago.
    """

    def __init__(self, config: WebBoardConfig, clock: Callable[[], float] = monotonic) -> None:
        """`clock` counts seconds from anywhere and never steps back."""
        self._name, self._clock = config.name, clock
        self._lock = threading.Lock()
        self._heard_at = clock()
        self._heard = datetime.now(UTC)
        self._seen = False
        self._behind_s = 0.0
        self._pattern = False
        self._missed = False
        self._state = DeviceState(
            Condition.MISSING, self._heard, "screen-never-seen", "check-screen", {"name": self._name}
        )

    def heard(self, behind_s: float) -> None:
        """The page has told that it lives. `behind_s`: for how many seconds what it shows has not been the newest."""
        with self._lock:
            self._heard_at, self._heard, self._seen = self._clock(), datetime.now(UTC), True
            self._behind_s = behind_s
        self.state()

    @property
    def seen(self) -> bool:
        """Whether the page has ever told anything."""
        return self._seen

    @property
    def silent_s(self) -> float:
        """Seconds since the page told anything, or since the start when it never did."""
        return self._clock() - self._heard_at

    @property
    def pattern(self) -> bool:
        """Whether the page is to show the test picture."""
        return self._pattern

    def show(self, rows: Sequence[BoardRow]) -> None:  # noqa: ARG002 - the page reads the office by itself
        """Look whether the page still lives."""
        self.state()

    def test_pattern(self, on: bool) -> None:
        """The page asks every five seconds and is told."""
        self._pattern = on

    def state(self) -> DeviceState:
        """How the screen is, judged now."""
        with self._lock:
            reason = self._reason()
            if reason != self._state.reason:
                self._state = self._state_for(reason)
            lost = bool(reason) and (self._seen or self.silent_s > SILENT_S)
            if lost and not self._missed:
                log.warning("screen %s: %s", self._name, reason)
            elif self._missed and not reason:
                log.info("screen %s is back", self._name)
            self._missed = lost
            return self._state

    def close(self) -> None:
        """The browser says by itself that it has lost the office."""

    def _reason(self) -> str:
        if not self._seen:
            return "screen-never-seen"
        if self.silent_s > SILENT_S:
            return "screen-silent"
        return "screen-stale" if self._behind_s > BEHIND_S else ""

    def _state_for(self, reason: str) -> DeviceState:
        """`since` is the page's last word for one that is silent."""
        facts = {"name": self._name}
        match reason:
            case "":
                return DeviceState(Condition.READY, datetime.now(UTC), facts=facts)
            case "screen-stale":
                facts["age"] = f"{self._behind_s:.0f}"
                return DeviceState(Condition.FAULT, datetime.now(UTC), reason, "restart-screen", facts)
            case _:
                return DeviceState(Condition.MISSING, self._heard, reason, "check-screen", facts)
