"""Who acts in a played day: fingers on keys whose contacts bounce, and operators with a rhythm."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from heapq import heappop, heappush
from random import Random

from appliance.domain.office import DeskState
from appliance.domain.order import eligible
from appliance.scenario.office import Box
from hardware.config import KeyConfig
from hardware.keys.debounce import KeyDebounce, Verdict, VerdictKind
from hardware.ports import Gesture, Press

Edge = tuple[int, bool]
"""Milliseconds from the first touch, and whether the contact is made then."""

TAP_MS, HOLD_MS, STUCK_MS, TWICE_MS = 80, 1_200, 15_000, 200


def contact(at: int, made: bool, times: int, gap: int) -> list[Edge]:
    """A contact that ends made or broken after chattering `times` times."""
    chatter = [(at + index * gap, (index % 2 == 0) is made) for index in range(2 * times)]
    return [*chatter, (at + 2 * times * gap, made)]


def push(begin: int, held: int, times: int = 1, gap: int = 1) -> list[Edge]:
    """One push of a key; no contact is clean, so each edge chatters at least once."""
    return [*contact(begin, True, times, gap), *contact(begin + held, False, times, gap)]


GESTURES: Mapping[str, list[Edge]] = {
    "tap": push(0, TAP_MS),
    "long": push(0, HOLD_MS),
    "bounce": push(0, TAP_MS + 60, times=5, gap=3),
    "twice": [*push(0, TAP_MS), *push(TWICE_MS, TAP_MS)],
    "spike": [(0, True), (3, False)],
    "stuck": push(0, STUCK_MS),
    "cut": contact(0, True, times=1, gap=1),
    "mended": contact(0, False, times=1, gap=1),
}


class Fingers:
    """Every key of the office under the real debounce, fed with levels at the day's own time."""

    def __init__(self, keys: Iterable[KeyConfig], now_ms: Callable[[], int]) -> None:
        self._rules = {key.control: key.rule for key in keys}
        self._now_ms, self._origin_ms = now_ms, now_ms()
        self._levels = dict.fromkeys(self._rules, False)
        self._keys: dict[str, KeyDebounce] = {}
        self._edges: list[tuple[int, int, str, bool]] = []
        self._free_ms: dict[str, int] = {}
        self._order = 0
        self._presses = 0
        self._on_press: Callable[[Press], None] = lambda _: None
        self._on_stuck: Callable[[str, bool], None] = lambda *_: None
        self.ignored = 0
        """Taps that fell into the lock-out."""

    def connect(self, on_press: Callable[[Press], None], on_stuck: Callable[[str, bool], None]) -> None:
        """A new life of the box reads the keys; what is down now is no press, but for the loop of a bell."""
        self.disconnect()
        self._on_press, self._on_stuck, self._presses = on_press, on_stuck, 0
        for control, rule in self._rules.items():
            key = self._keys[control] = KeyDebounce(rule)
            key.sample(self._seconds(), self._levels[control])

    def disconnect(self) -> None:
        """Nobody reads the keys any more."""
        self.ignored += sum(key.ignored for key in self._keys.values())
        self._keys.clear()

    def press(self, control: str, gesture: str) -> None:
        """Begin a gesture now; one on the same key waits for the one before it."""
        begin = max(self._now_ms(), self._free_ms.get(control, 0))
        for offset, made in GESTURES[gesture]:
            self._order += 1
            heappush(self._edges, (begin + offset, self._order, control, made))
        self._free_ms[control] = begin + GESTURES[gesture][-1][0] + 50

    def next_ms(self) -> int | None:
        """When a contact moves next, or a judgement falls due."""
        dues = [key.next_due() for key in self._keys.values()]
        times = [self._origin_ms + math.ceil(due * 1000 - 1e-3) for due in dues if due is not None]
        if self._edges:
            times.append(self._edges[0][0])
        return max(min(times), self._now_ms()) if times else None

    def run(self) -> None:
        """Move the contacts whose time has come, and hand on what the debounce makes of it."""
        while self._edges and self._edges[0][0] <= self._now_ms():
            _, _, control, made = heappop(self._edges)
            self._levels[control] = made
            if control in self._keys:
                self._judge(control, self._keys[control].sample(self._seconds(), made))
        for control, key in self._keys.items():
            if key.next_due() is not None:
                self._judge(control, key.advance(self._seconds() + 1e-6))

    def _seconds(self) -> float:
        return (self._now_ms() - self._origin_ms) / 1000

    def _judge(self, control: str, verdicts: Iterable[Verdict]) -> None:
        for verdict in verdicts:
            if verdict.kind in (VerdictKind.STUCK, VerdictKind.FREED):
                self._on_stuck(control, verdict.kind is VerdictKind.STUCK)
                continue
            self._presses += 1
            gesture = Gesture.HOLD if verdict.kind is VerdictKind.HOLD else Gesture.TAP
            self._on_press(Press(control, gesture, self._presses, verdict.edge_at, verdict.at))


class Operator:
    """Somebody who serves at a desk by its keys alone: opens, calls, starts, finishes, and goes home at `until_ms`.

    `every_s` is the mean length of a visit; `no_shows` the share of the called (0 to 1) who never come. The same seed
    gives the same day.
    """

    def __init__(
        self, desk: int, every_s: int, until_ms: int, no_shows: float, random: Random, box: Box, fingers: Fingers
    ) -> None:
        self._desk, self._every_s, self._until_ms, self._no_shows = desk, every_s, until_ms, no_shows
        self._random, self._box, self._fingers = random, box, fingers
        self._ticket: int | None = None
        self._serving = False
        self._due_ms = 0
        self._recalls = 0
        self._absent = False

    def wake(self) -> int | None:
        """Do what is to be done now; when to look again, None when the work is over."""
        now = self._box.time.now_ms
        if not self._box.alive:
            return now + 30_000
        desk = self._box.office.desks[self._desk]
        over = now >= self._until_ms
        if self._box.office.pause is not None and desk.state in (DeskState.FREE, DeskState.CALLED) and not over:
            return now + 15_000
        match desk.state:
            case DeskState.CLOSED:
                return None if over else self._push("next", 5_000)
            case DeskState.BREAK:
                return None if over else now + 60_000
            case DeskState.FREE if over:
                self._push("finish", 0, "long")
                return None
            case DeskState.FREE:
                waits = any(eligible(self._box.office, self._desk))
                return self._push("next", 3_000) if waits else now + 15_000
            case DeskState.CALLED:
                return self._called(desk.ticket, now)
            case _:
                return self._served(desk.ticket, now, over)

    def _called(self, ticket: int | None, now: int) -> int:
        if ticket != self._ticket or self._serving:
            self._ticket, self._serving, self._recalls = ticket, False, 0
            self._absent = self._random.random() < self._no_shows
            self._due_ms = now + (40_000 if self._absent else self._random.randrange(8_000, 40_000))
        if now < self._due_ms:
            return self._due_ms
        if not self._absent:
            return self._push("finish", 2_000)
        self._recalls += 1
        self._due_ms = now + 40_000
        return self._push("repeat", 3_000, "long") if self._recalls > 1 else self._push("repeat", 40_000)

    def _served(self, ticket: int | None, now: int, over: bool) -> int:
        if ticket != self._ticket or not self._serving:
            self._ticket, self._serving = ticket, True
            self._due_ms = now + round(self._every_s * 1000 * self._random.uniform(0.5, 1.4))
        if now < self._due_ms:
            return self._due_ms
        more = not over and self._box.office.pause is None and any(eligible(self._box.office, self._desk))
        return self._push("next" if more else "finish", 3_000)

    def _push(self, key: str, pause_ms: int, gesture: str = "tap") -> int:
        self._fingers.press(f"desk/{self._desk}/{key}", gesture)
        return self._box.time.now_ms + pause_ms
