"""One judge for the keys of every bus: levels come in from any thread, presses and states come out of one.

A source tells whether the contact of a key is made, and when; what that means (an open contact, a closed one, a tap, a
key that is stuck) is decided here, with `hardware.keys.debounce`, the same for pins, modules, keypads and simulators.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import inf
from queue import Empty, SimpleQueue
from time import monotonic

from hardware.config.model import GPIO, KeyConfig
from hardware.keys.debounce import KeyDebounce, Verdict, VerdictKind
from hardware.ports import Condition, DeviceState, Gesture, Press
from hardware.states import state_of

log = logging.getLogger(__name__)

REREAD_S = 0.25  # a kernel may lose an edge (joan2937/lg#18), so levels are read again
MAX_WAITING_EDGES = 10_000  # a torn cable may chatter; the re-read repairs what was dropped
BEGIN_S = 1.0

OnPress = Callable[[Press], object]
OnStuck = Callable[[str, bool], None]
Reread = Callable[[], Mapping[str, bool]]
"""Reads levels once more; runs in the judge's thread and must neither block nor raise."""


@dataclass(frozen=True, slots=True)
class _Levels:
    """What was seen at one moment; `good_for_s`: how long it may be trusted without being seen again."""

    at: float
    made: Mapping[str, bool]
    good_for_s: float


@dataclass(frozen=True, slots=True)
class _Loss:
    """Nobody sees these keys any more."""

    controls: tuple[str, ...]
    state: DeviceState


@dataclass(slots=True)
class _Line:
    """One key, its judgement, and until when its last level may be trusted."""

    key: KeyConfig
    debounce: KeyDebounce
    pressed: bool | None = None
    good_until: float = inf
    state: DeviceState = field(default_factory=lambda: state_of(Condition.MISSING, "not-started"))


class Judge:
    """Judges the keys of an office in one thread. `take` and `lose` may be called from any thread.

    The first levels of a key, and the first after it was lost, are its baseline.
    """

    def __init__(self, keys: Iterable[KeyConfig]) -> None:
        self._lines = {key.control: _Line(key, KeyDebounce(key.rule)) for key in keys}
        self._items: SimpleQueue[_Levels | _Loss | None] = SimpleQueue()
        self._dues: dict[str, float] = {}
        self._rereads: list[Reread] = []
        self._on_press: OnPress = lambda _press: None
        self._on_stuck: OnStuck = lambda _control, _stuck: None
        self._presses = 0
        self._closing = False
        self._begun = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, on_press: OnPress, on_stuck: OnStuck | None = None) -> None:
        """Begin to judge what has come and what will; returns when the baselines that have come are taken.

        `on_press` and `on_stuck` (control, and whether it is stuck now) run in the judge's thread, one at a time; what
        they raise is logged.
        """
        if self._thread is not None:
            raise RuntimeError("the buttons have been started already")
        self._on_press = on_press
        if on_stuck is not None:
            self._on_stuck = on_stuck
        self._thread = threading.Thread(target=self._run, name="buttons", daemon=True)
        self._thread.start()
        self._begun.wait(BEGIN_S)

    def close(self) -> None:
        """Stop the thread; may be called twice, and from `on_press`."""
        self._closing = True
        self._items.put(None)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def reread_from(self, reread: Reread) -> None:
        """Have these levels read again each quarter of a second; before `start`."""
        self._rereads.append(reread)

    def take(self, at: float, made: Mapping[str, bool], good_for_s: float = inf) -> None:
        """At `at` (CLOCK_MONOTONIC) these contacts were made, or not. Levels of unknown controls are passed over.

        `good_for_s`: for sources that are polled. A level that is older decides nothing by the mere passing of time: a
        key that was down when the line fell silent is not held.
        """
        if self._items.qsize() < MAX_WAITING_EDGES:
            self._items.put(_Levels(at, made, good_for_s))

    def lose(self, controls: Iterable[str], state: DeviceState) -> None:
        """Nobody sees these keys any more, and `state` says why, until `take` tells a level of them."""
        loss = _Loss(tuple(control for control in controls if control in self._lines), state)
        self._show(loss)
        self._items.put(loss)

    def state(self) -> Mapping[str, DeviceState]:
        """Per control: ready, what its source said when it lost it, or a fault of the key itself."""
        return {control: line.state for control, line in self._lines.items()}

    def _run(self) -> None:
        reread_at = monotonic() + REREAD_S
        while not self._closing:
            wait = min([reread_at, *self._dues.values()]) - monotonic() if self._begun.is_set() else 0.0
            try:
                self._handle(self._items.get(timeout=max(0.0, wait)))
                continue  # what waits goes first: time must not pass it
            except Empty:
                pass
            self._begun.set()
            now = monotonic()
            for control in [control for control, due in self._dues.items() if due <= now]:
                line = self._lines[control]
                self._judge(line, line.debounce.advance(min(now, line.good_until)))
            if now >= reread_at:
                self._reread(now)
                reread_at = now + REREAD_S

    def _handle(self, item: _Levels | _Loss | None) -> None:
        if isinstance(item, _Levels):
            for control, made in item.made.items():
                line = self._lines.get(control)
                if line is not None:
                    self._sample(line, item.at, made != line.key.closed, item.good_for_s)
        elif isinstance(item, _Loss):
            self._show(item)
            for control in item.controls:
                line = self._lines[control]
                line.debounce.begin_anew()
                line.pressed = None
                self._dues.pop(control, None)

    def _show(self, loss: _Loss) -> None:
        """The state at once, for whoever asks next; a loss that goes on keeps its beginning."""
        for control in loss.controls:
            line = self._lines[control]
            known, new = line.state, loss.state
            if (known.condition, known.reason, known.facts) != (new.condition, new.reason, new.facts):
                line.state = new

    def _reread(self, now: float) -> None:
        """Repair lost edges: what the source says now is the truth."""
        for reread in self._rereads:
            for control, made in reread().items():
                line = self._lines[control]
                self._sample(line, now, made != line.key.closed, inf)

    def _sample(self, line: _Line, at: float, pressed: bool, good_for_s: float) -> None:
        if line.pressed is None:
            line.debounce.sample(at, pressed)
            line.state = _rest_or_stuck(line)
        elif pressed != line.pressed or line.key.control in self._dues or at > line.good_until:
            # After a gap the level may have changed at once: what was down then must not count as held meanwhile.
            changed_at = min(at, line.good_until) if pressed != line.pressed else at
            verdicts = line.debounce.sample(changed_at, pressed)
            self._judge(line, verdicts + line.debounce.advance(at))
        line.pressed = pressed
        line.good_until = at + good_for_s
        self._plan(line)

    def _plan(self, line: _Line) -> None:
        """When to look at this key again if nothing comes; a level that has gone stale by then decides nothing."""
        due = line.debounce.next_due()
        if due is None or due > line.good_until:
            self._dues.pop(line.key.control, None)
        else:
            self._dues[line.key.control] = due

    def _judge(self, line: _Line, verdicts: Iterable[Verdict]) -> None:
        for verdict in verdicts:
            if verdict.kind in (VerdictKind.STUCK, VerdictKind.FREED):
                self._tell_stuck(line, verdict.kind is VerdictKind.STUCK)
            else:
                self._press(line, verdict)
        self._plan(line)

    def _tell_stuck(self, line: _Line, stuck: bool) -> None:
        control = line.key.control
        line.state = _rest_or_stuck(line)
        log.warning("%s (%s) is %s", control, line.key.point, "stuck" if stuck else "freed")
        try:
            self._on_stuck(control, stuck)
        except Exception:
            log.exception("nobody could be told that %s is %s", control, "stuck" if stuck else "freed")

    def _press(self, line: _Line, verdict: Verdict) -> None:
        self._presses += 1
        press = Press(
            control=line.key.control,
            gesture=Gesture.HOLD if verdict.kind is VerdictKind.HOLD else Gesture.TAP,
            number=self._presses,
            edge_at=verdict.edge_at,
            verdict_at=monotonic(),
        )
        try:
            self._on_press(press)
        except Exception:
            log.exception("press %d of %s failed", press.number, press.control)


def facts_of(key: KeyConfig) -> dict[str, str]:
    """The facts that every sentence about a key may use: `point`, `name` (the last part of its control), and on the
    header `pin`.
    """
    facts = {"point": str(key.point), "name": key.control.rpartition("/")[2]}
    if key.point.bus == GPIO:
        facts["pin"] = str(key.point.line)
    return facts


def _rest_or_stuck(line: _Line) -> DeviceState:
    """A key that is seen: ready, or pressed for so long that something is wrong.

    A bell's loop that stays open is cut; the contact of the mains that stays pressed says that they are away.
    """
    key = line.key
    if not line.debounce.stuck:
        return state_of(Condition.READY)
    facts = facts_of(key)
    if key.control.startswith("bell/") and key.closed:
        return state_of(Condition.FAULT, "loop-cut", "check-loop", **facts)
    if key.control == "power/fail":
        return state_of(Condition.READY, hint="check-mains", warning="on-battery", **facts)
    return state_of(Condition.FAULT, "key-stuck", "free-the-key", **facts)
