"""Keys on the Pi's own pins: raw edges from gpiozero, judged by `hardware.keys.debounce` in one thread.

A key connects its pin to ground; the pull-up is ours. gpiozero is imported by `open_pin_factory`,
not with this module.
"""

from __future__ import annotations

import importlib
import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any

from hardware.config import KeyConfig
from hardware.keys.debounce import KeyDebounce, Verdict, VerdictKind
from hardware.pins import open_pin_factory
from hardware.ports import Buttons, Condition, DeviceState, Gesture, Press

log = logging.getLogger(__name__)

REREAD_S = 0.25  # a kernel may lose an edge (joan2937/lg#18), so levels are read again
MAX_WAITING_EDGES = 10_000  # a torn cable may chatter; the re-read repairs what was dropped


def _state(condition: Condition, reason: str = "", hint: str = "", **facts: str) -> DeviceState:
    return DeviceState(condition, datetime.now(UTC), reason, hint, facts)


class _Line:
    """One pin with its key's judgement."""

    def __init__(self, key: KeyConfig, edges: SimpleQueue[tuple[_Line, float, bool] | None]) -> None:
        self.key = key
        self.debounce = KeyDebounce(key.rule)
        self.device: Any = None
        self.unreadable = False
        self.state = _state(Condition.MISSING, "not-started")
        self._edges = edges

    def open(self, factory: Any) -> None:
        gpiozero = importlib.import_module("gpiozero")
        self.device = gpiozero.DigitalInputDevice(self.key.pin, pull_up=True, bounce_time=None, pin_factory=factory)
        # The device's own handler would filter edges; the raw ones are wanted.
        self.device.pin.when_changed = self.on_edge

    def on_edge(self, _ticks: object, state: object) -> None:
        """Guard: an exception here would end the factory's only event thread, and all keys with it.

        Factories' ticks have different clocks, so the edge is timed here.
        """
        with suppress(Exception):
            if self._edges.qsize() < MAX_WAITING_EDGES:
                self._edges.put((self, monotonic(), not state))

    def read(self) -> bool:
        """The level now; True is pressed."""
        return not self.device.pin.state


class GpioButtons(Buttons):
    """Keys on GPIO pins.

    `pin_factory` is a name for `open_pin_factory`, or an open factory that the caller keeps and
    closes. A factory that cannot be opened makes every control `missing`, a pin that cannot be
    claimed makes its control a `fault`; neither raises. One `start` per object.
    """

    def __init__(self, keys: Iterable[KeyConfig], pin_factory: Any) -> None:
        self._edges: SimpleQueue[tuple[_Line, float, bool] | None] = SimpleQueue()
        self._lines = {key.control: _Line(key, self._edges) for key in keys}
        self._open: list[_Line] = []
        self._named = pin_factory if isinstance(pin_factory, str) else ""
        self._factory: Any = None if self._named else pin_factory
        self._on_press: Callable[[Press], None] = lambda _press: None
        self._presses = 0
        self._closing = False
        self._thread: threading.Thread | None = None

    @property
    def pin_factory(self) -> Any:
        """The open factory, for lamps and the virtual panel; None before `start` or when it is
        missing.
        """
        return self._factory

    def start(self, on_press: Callable[[Press], None]) -> None:
        """Claim the pins, take the baseline, begin to judge."""
        if self._thread is not None:
            raise RuntimeError("the buttons have been started already")
        self._on_press = on_press
        if self._claim():
            self._read_levels(monotonic())
        self._thread = threading.Thread(target=self._run, name="buttons", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the thread and release the pins; may be called twice, and from `on_press`."""
        self._closing = True
        self._edges.put(None)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        for line in self._open:
            try:
                line.device.close()
            except Exception:
                log.exception("pin %d could not be released", line.key.pin)
        self._open.clear()
        if self._named and self._factory is not None:
            self._factory.close()
            self._factory = None

    def state(self) -> Mapping[str, DeviceState]:
        """Per control: ready; `gpio-missing`; fault with `pin-unavailable`, `pin-unreadable` or
        `key-stuck`.
        """
        return {control: line.state for control, line in self._lines.items()}

    def _claim(self) -> bool:
        try:
            if self._factory is None:
                self._factory = open_pin_factory(self._named)
        except Exception as error:
            log.error("pin factory %s cannot be opened: %s", self._named, error)
            for line in self._lines.values():
                line.state = _state(
                    Condition.MISSING, "gpio-missing", "run-doctor",
                    factory=self._named, error=str(error),
                )  # fmt: skip
            return False
        for line in self._lines.values():
            try:
                line.open(self._factory)
            except Exception as error:
                log.error("%s: pin %d cannot be used: %s", line.key.control, line.key.pin, error)
                line.state = _state(
                    Condition.FAULT, "pin-unavailable", "check-hardware-toml",
                    pin=str(line.key.pin), error=str(error),
                )  # fmt: skip
                continue
            line.state = _state(Condition.READY)
            self._open.append(line)
        return True

    def _run(self) -> None:
        reread_at = monotonic() + REREAD_S
        while not self._closing:
            dues = [d for line in self._open if (d := line.debounce.next_due()) is not None]
            wait = min([reread_at, *dues]) - monotonic()
            try:
                edge = self._edges.get(timeout=max(0.0, wait))
                if edge is not None:
                    line, at, pressed = edge
                    self._judge(line, line.debounce.sample(at, pressed))
                continue  # waiting edges go first: time must not pass them
            except Empty:
                pass
            now = monotonic()
            for line in self._open:
                self._judge(line, line.debounce.advance(now))
            if now >= reread_at:
                self._read_levels(now)
                reread_at = now + REREAD_S

    def _read_levels(self, now: float) -> None:
        """Repair lost edges: what the pin says now is the truth."""
        for line in self._open:
            try:
                pressed = line.read()
            except Exception as error:
                if not line.unreadable:
                    key = line.key
                    log.error("%s: pin %d cannot be read: %s", key.control, key.pin, error)
                    line.unreadable = True
                    line.state = _state(
                        Condition.FAULT, "pin-unreadable", "run-doctor",
                        pin=str(line.key.pin), error=str(error),
                    )  # fmt: skip
                continue
            if line.unreadable:
                log.warning("%s: pin %d can be read again", line.key.control, line.key.pin)
                line.unreadable = False
                line.state = self._judged_state(line)
            self._judge(line, line.debounce.sample(now, pressed))

    def _judged_state(self, line: _Line) -> DeviceState:
        if line.debounce.stuck:
            return _state(Condition.FAULT, "key-stuck", "free-the-key", pin=str(line.key.pin))
        return _state(Condition.READY)

    def _judge(self, line: _Line, verdicts: Iterable[Verdict]) -> None:
        for verdict in verdicts:
            if verdict.kind in (VerdictKind.STUCK, VerdictKind.FREED):
                line.state = self._judged_state(line)
                log.warning("%s (pin %d) is %s", line.key.control, line.key.pin, verdict.kind)
                continue
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
