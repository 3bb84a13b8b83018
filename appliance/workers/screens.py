"""Which screens of the hall live, and how old what they show is: told by the pages themselves.

A page tells the number of the newest change that it shows. When the office came to later changes is noted as they are
committed, so the age of a picture needs no clock of the browser.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic

from appliance.store.writer import QueueWriter
from hardware.boards.web import WebBoard

NOTED_EVERY_S = 1.0
NOTED = 120
"""The changes of the last two minutes and more, at most one in a second."""

TOO_SOON_S = 1.0
"""A screen tells every ten seconds; twice within one second is more than anybody needs."""


@dataclass(frozen=True, slots=True)
class ScreenGlance:
    """One screen. `silent_s`: since its page told anything, or since the office started when it never did."""

    name: str
    condition: str
    reason: str
    seen: bool
    silent_s: float
    pattern: bool


class Screens:
    """The browsers that hardware.toml names. All methods are quick and may be called from any thread."""

    def __init__(
        self, writer: QueueWriter, boards: Mapping[str, WebBoard], clock: Callable[[], float] = monotonic
    ) -> None:
        """`boards` by their names in hardware.toml."""
        self._boards, self._clock = boards, clock
        self._lock = threading.Lock()
        self._told: dict[str, float] = {}
        self._changes = deque([(clock(), writer.office.seq)], NOTED)
        if boards:
            writer.listen(self._note)

    def beat(self, name: str, seq: int, age_s: float) -> bool:
        """The page of a screen tells that it lives and shows the office's state `seq`, asked for `age_s` ago.

        False: too soon after the last time, and not counted. Raises KeyError for a name that hardware.toml doesn't
        have.
        """
        board = self._boards[name]
        with self._lock:
            now, told = self._clock(), self._told.get(name)
            if told is not None and now - told < TOO_SOON_S:
                return False
            self._told[name] = now
            behind_s = max(age_s, self._behind_s(seq, now))
        board.heard(behind_s)
        return True

    def glance(self, name: str) -> ScreenGlance:
        """How a screen is. Raises KeyError for a name that hardware.toml doesn't have."""
        board = self._boards[name]
        state = board.state()
        return ScreenGlance(name, state.condition.value, state.reason, board.seen, board.silent_s, board.pattern)

    def patterns(self) -> list[str]:
        """The screens that are to show the test picture."""
        return [name for name, board in self._boards.items() if board.pattern]

    def _note(self, seq: int) -> None:
        """In the writer's thread, after each commit."""
        with self._lock:
            now = self._clock()
            noted_at, _ = self._changes[-1]
            if now - noted_at >= NOTED_EVERY_S:
                self._changes.append((now, seq))
            else:  # the last change of a burst may be the last of the day: it must not go unnoticed
                self._changes[-1] = (noted_at, seq)

    def _behind_s(self, seq: int, now: float) -> float:
        """For how many seconds the office has been past this state; within a second."""
        return next((now - at for at, newest in self._changes if newest > seq), 0.0)
