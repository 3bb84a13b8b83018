"""What lamps and displays of one bus shall show: the newest wish of each, in the order in which they may be written.

Pure but for the lock: time comes in. Wishes are put from any thread and written by the one that owns the line.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass

REPEAT_S = 10.0
"""So often everything is written again: a lamp or a display that lost its power shows again by itself."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is written: a coil, or registers from the `first` on."""

    address: int
    first: int
    coil: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """What a target shall hold; `written` is called once, in the line's thread, when it does."""

    target: Target
    values: tuple[int, ...]
    written: Callable[[], None] | None = None


@dataclass(slots=True)
class _Kept:
    wish: Wish
    fresh: bool
    due_at: float


class Wishes:
    """The wishes of one bus. What is new goes before what is repeated; among these, what has waited longest."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[Target, _Kept] = {}

    def put(self, wish: Wish, now: float) -> None:
        """The newest wish for its target; an older one that has not been written yet gives it its place."""
        with self._lock:
            kept = self._kept.get(wish.target)
            due_at = kept.due_at if kept is not None and kept.fresh else now
            self._kept[wish.target] = _Kept(wish, True, due_at)

    def next(self, now: float, but: Collection[int], *, only_fresh: bool = False) -> Wish | None:
        """What to write now, None for nothing. `but`: addresses that don't answer."""
        with self._lock:
            due = [
                kept
                for kept in self._kept.values()
                if kept.due_at <= now and kept.wish.target.address not in but and (kept.fresh or not only_fresh)
            ]
            return min(due, key=lambda kept: (not kept.fresh, kept.due_at)).wish if due else None

    def settle(self, wish: Wish, now: float) -> None:
        """It has been written, or was refused: it is due again after a while, unless there is a newer one."""
        with self._lock:
            kept = self._kept.get(wish.target)
            if kept is not None and kept.wish is wish:
                # What is told once it is written is told once.
                told = Wish(wish.target, wish.values)
                self._kept[wish.target] = _Kept(told, False, now + REPEAT_S)

    def postpone(self, wish: Wish, now: float) -> None:
        """It could not be written: others go first, unless there is a newer wish anyway."""
        with self._lock:
            kept = self._kept.get(wish.target)
            if kept is not None and kept.wish is wish:
                kept.due_at = now

    def renew(self, address: int, now: float) -> None:
        """The device has come back and shows nothing: all its wishes are due."""
        with self._lock:
            for kept in self._kept.values():
                if kept.wish.target.address == address:
                    kept.fresh, kept.due_at = True, now
