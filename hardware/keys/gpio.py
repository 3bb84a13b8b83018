"""Keys on the Pi's own pins: raw edges from gpiozero, handed to the judge.

A key connects its pin to ground; the pull-up is ours. gpiozero is imported by `open_pin_factory`,
not with this module.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from time import monotonic
from typing import Any

from hardware.config.model import KeyConfig
from hardware.keys.judging import Judge, OnPress, OnStuck, facts_of
from hardware.pins import Header, PinFactoryError
from hardware.ports import Buttons, Condition, DeviceState
from hardware.states import state_of

log = logging.getLogger(__name__)

OnPin = Callable[[int, float, bool], None]
"""Hears each raw level: BCM number, CLOCK_MONOTONIC seconds, whether the contact to ground is made."""


class GpioKeys:
    """The keys on the header as a source for the judge.

    A factory that isn't there makes every control `missing`, a pin that cannot be claimed makes its control a `fault`;
    neither raises. `quiet`: nobody has asked for just these pins, so what can't be had is no news for the log.
    """

    def __init__(self, keys: Iterable[KeyConfig], judge: Judge, *, quiet: bool = False) -> None:
        self._keys = tuple(keys)
        self._judge = judge
        self._level = logging.DEBUG if quiet else logging.ERROR
        self._lines: list[_Line] = []
        self._listeners: tuple[OnPin, ...] = ()
        judge.reread_from(self._reread)

    @property
    def pins(self) -> frozenset[int]:
        """The pins that have been claimed."""
        return frozenset(line.key.pin for line in self._lines)

    def listen(self, on_pin: OnPin) -> Callable[[], None]:
        """Hear every raw level of the claimed pins too, from several threads, and how they are now.

        Call what is returned to end it.
        """
        self._listeners = (*self._listeners, on_pin)
        for line in self._lines:
            with suppress(Exception):
                on_pin(line.key.pin, monotonic(), line.read())

        def stop() -> None:
            self._listeners = tuple(one for one in self._listeners if one is not on_pin)

        return stop

    def start(self, header: Header) -> None:
        """Open the factory if it isn't, claim the pins and take their baseline."""
        try:
            factory = header.open()
        except PinFactoryError as error:
            self._all_missing(header.wanted, error)
            return
        for key in self._keys:
            line = _Line(key, self._took)
            try:
                line.open(factory)
            except Exception as error:
                log.log(self._level, "%s: pin %d cannot be used: %s", key.control, key.pin, error)
                self._lose(key, "pin-unavailable", "check-hardware-toml", error)
                continue
            self._lines.append(line)
        self._judge.take(monotonic(), self._reread())

    def close(self) -> None:
        """Release the pins; may be called twice."""
        for line in self._lines:
            try:
                line.device.close()
            except Exception:
                log.exception("pin %d could not be released", line.key.pin)
        self._lines.clear()

    def _all_missing(self, wanted: str, error: Exception) -> None:
        if self._keys:
            log.error("pin factory %s cannot be opened: %s", wanted, error)
        for key in self._keys:
            facts = facts_of(key) | {"factory": wanted, "error": str(error)}
            self._judge.lose([key.control], state_of(Condition.MISSING, "gpio-missing", "run-doctor", **facts))

    def _took(self, key: KeyConfig, at: float, made: bool) -> None:
        self._judge.take(at, {key.control: made})
        self._tell(key.pin, at, made)

    def _tell(self, pin: int, at: float, made: bool) -> None:
        for listener in self._listeners:
            listener(pin, at, made)

    def _reread(self) -> Mapping[str, bool]:
        """The levels of all pins that can be read now."""
        levels: dict[str, bool] = {}
        for line in self._lines:
            key = line.key
            try:
                made = line.read()
            except Exception as error:
                if not line.unreadable:
                    log.error("%s: pin %d cannot be read: %s", key.control, key.pin, error)
                    line.unreadable = True
                    self._lose(key, "pin-unreadable", "run-doctor", error)
                continue
            if line.unreadable:
                log.warning("%s: pin %d can be read again", key.control, key.pin)
                line.unreadable = False
            levels[key.control] = made
            self._tell(key.pin, monotonic(), made)
        return levels

    def _lose(self, key: KeyConfig, reason: str, hint: str, error: Exception) -> None:
        facts = facts_of(key) | {"error": str(error)}
        self._judge.lose([key.control], state_of(Condition.FAULT, reason, hint, **facts))


class _Line:
    """One claimed pin."""

    def __init__(self, key: KeyConfig, took: Callable[[KeyConfig, float, bool], None]) -> None:
        self.key = key
        self.device: Any = None
        self.unreadable = False
        self._took = took
        self._ticks_are_monotonic = False

    def open(self, factory: Any) -> None:
        gpiozero = importlib.import_module("gpiozero")
        self._ticks_are_monotonic = getattr(factory, "ticks_are_monotonic", False)
        self.device = gpiozero.DigitalInputDevice(self.key.pin, pull_up=True, bounce_time=None, pin_factory=factory)
        # The device's own handler would filter edges; the raw ones are wanted.
        self.device.pin.when_changed = self.on_edge

    def on_edge(self, ticks: float, state: object) -> None:
        """Guard: an exception here would end lgpio's only event thread, and all keys with it.

        Most factories' ticks have clocks of their own; those edges are timed here.
        """
        with suppress(Exception):
            self._took(self.key, ticks if self._ticks_are_monotonic else monotonic(), not state)

    def read(self) -> bool:
        """Whether the contact is made now: the pin is at ground."""
        return not self.device.pin.state


class GpioButtons(Buttons):
    """An office whose keys are all on the header.

    `pin_factory` is as for `Header`. One `start` per object.
    """

    def __init__(self, keys: Iterable[KeyConfig], pin_factory: Any) -> None:
        keys = tuple(keys)
        self._judge = Judge(keys)
        self._source = GpioKeys(keys, self._judge)
        self._header = Header(pin_factory)

    @property
    def pin_factory(self) -> Any:
        """The open factory, for lamps and the virtual panel; None before `start` or when it is
        missing.
        """
        return self._header.factory

    def start(self, on_press: OnPress, on_stuck: OnStuck | None = None) -> None:
        """Claim the pins, take the baseline, begin to judge."""
        self._source.start(self._header)
        self._judge.start(on_press, on_stuck)

    def close(self) -> None:
        """Stop the thread and release the pins; may be called twice, and from `on_press`."""
        self._judge.close()
        self._source.close()
        self._header.close()

    def state(self) -> Mapping[str, DeviceState]:
        """Per control: ready; `gpio-missing`; fault with `pin-unavailable`, `pin-unreadable` or `key-stuck`."""
        return self._judge.state()
