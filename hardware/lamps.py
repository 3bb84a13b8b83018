"""What shines and sounds: lights in the keys, lamps and buzzers of the bells, on pins and on the coils of a bus.

Everything returns at once and never raises. What blinks on a bus blinks in one thread that all such lamps share.
"""

from __future__ import annotations

import importlib
import logging
import threading
from collections.abc import Callable, Mapping
from heapq import heappop, heappush
from time import monotonic
from typing import Any

from hardware.config.model import GPIO, Point
from hardware.modbus.bus import ModbusBus
from hardware.ports import Lamp, Light

log = logging.getLogger(__name__)

BLINK_S = 0.25
REFUSE_ON_S = 0.08
REFUSE_OFF_S = 0.12

STALE_S = 3.0
"""An answer that has not ended by then is left out."""

Buses = Mapping[str, ModbusBus]


class SilentLamp(Lamp):
    """For a desk without a lamp."""

    def blink(self) -> None:
        """Do nothing."""

    def refuse(self) -> None:
        """Do nothing."""


class SilentLight(Light):
    """For a bell without a lamp."""

    def set(self, on: bool) -> None:
        """Do nothing."""


class GpioLamp(Lamp, Light):
    """An LED between pin and ground, or what else a high pin switches on.

    A pin that fails later is logged once and never raises.
    """

    def __init__(self, pin: int, pin_factory: Any) -> None:
        """Claim the pin; raises what gpiozero raises (see `open_lamp`)."""
        self._pin = pin
        self._led = importlib.import_module("gpiozero").LED(pin, pin_factory=pin_factory)
        self._lock = threading.Lock()
        self._failed = False

    def blink(self) -> None:
        """Light up once for `BLINK_S` seconds; a running light gives way."""
        self._show(BLINK_S, 0.0, 1)

    def refuse(self) -> None:
        """Two quick blinks; a running light gives way."""
        self._show(REFUSE_ON_S, REFUSE_OFF_S, 2)

    def set(self, on: bool) -> None:
        """Switch it on or off."""
        self._guarded(self._led.on if on else self._led.off)

    def close(self) -> None:
        """Switch off and release the pin."""
        with self._lock:
            self._led.close()

    def _show(self, on_s: float, off_s: float, times: int) -> None:
        def blink() -> None:
            self._led.off()  # a dead pin raises here; in the blink thread nobody would catch it
            self._led.blink(on_time=on_s, off_time=off_s, n=times, background=True)

        self._guarded(blink)

    def _guarded(self, act: Callable[[], None]) -> None:
        # gpiozero swaps its blink thread without a lock of its own.
        with self._lock:
            try:
                act()
            except Exception as error:
                if not self._failed:
                    log.error("the lamp on pin %d does not light: %s", self._pin, error)
                self._failed = True
            else:
                self._failed = False


class CoilLamp(Lamp, Light):
    """A lamp on an output of a module.

    How long it is on counts from when the bus has written it: on a busy line it answers later, but it answers.
    """

    def __init__(self, bus: ModbusBus, module: int, coil: int) -> None:
        self._bus, self._module, self._coil = bus, module, coil
        self._run = 0

    def blink(self) -> None:
        """Light up once for `BLINK_S` seconds; a running light gives way."""
        self._begin((BLINK_S,))

    def refuse(self) -> None:
        """Two quick blinks; a running light gives way."""
        self._begin((REFUSE_ON_S, REFUSE_OFF_S, REFUSE_ON_S))

    def set(self, on: bool) -> None:
        """Switch it on or off; a blink that runs gives way."""
        self._run += 1
        self._bus.set_coil(self._module, self._coil, on)

    def close(self) -> None:
        """Switch off."""
        self.set(False)

    def _begin(self, spans_s: tuple[float, ...]) -> None:
        """On and off by turns, beginning with on, each for its span."""
        self._run += 1
        run = self._run
        # A lamp behind a silent module must not light when the module is back.
        _alarm.ring(STALE_S, lambda: self._end(run))
        self._step(True, spans_s, run)

    def _step(self, on: bool, spans_s: tuple[float, ...], run: int) -> None:
        def written() -> None:
            if run != self._run:
                return
            if spans_s:
                _alarm.ring(spans_s[0], lambda: self._step(not on, spans_s[1:], run))
            else:
                self._run += 1

        if run == self._run:
            self._bus.set_coil(self._module, self._coil, on, written)

    def _end(self, run: int) -> None:
        """The rest is left out if there is any."""
        if run == self._run:
            self.set(False)


class _Alarm:
    """Calls what is due, in a thread that lives only while something is awaited."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[tuple[float, int, Callable[[], None]]] = []
        self._order = 0
        self._running = False

    def ring(self, after_s: float, act: Callable[[], None]) -> None:
        """Call `act` after so many seconds."""
        with self._changed:
            self._order += 1
            heappush(self._waiting, (monotonic() + after_s, self._order, act))
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="lamps", daemon=True).start()
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while self._waiting and (wait := self._waiting[0][0] - monotonic()) > 0:
                    self._changed.wait(wait)
                if not self._waiting:
                    self._running = False
                    return
                act = heappop(self._waiting)[2]
            try:
                act()
            except Exception:
                log.exception("a lamp could not be switched")


_alarm = _Alarm()


def open_lamp(point: Point | None, pin_factory: Any, buses: Buses) -> Lamp:
    """The lamp at a point; silent without one, without its factory or bus, or when the pin can't be claimed."""
    return _open(point, pin_factory, buses) or SilentLamp()


def open_light(point: Point | None, pin_factory: Any, buses: Buses) -> Light:
    """What is on or off at a point; silent as `open_lamp`."""
    return _open(point, pin_factory, buses) or SilentLight()


def _open(point: Point | None, pin_factory: Any, buses: Buses) -> GpioLamp | CoilLamp | None:
    if point is None:
        return None
    if point.bus == GPIO:
        if pin_factory is None:
            return None
        try:
            return GpioLamp(int(point.line), pin_factory)
        except Exception as error:
            log.error("the lamp on pin %d cannot be used: %s", point.line, error)
            return None
    bus = buses.get(point.bus)
    if bus is None or point.module is None:
        log.error("the lamp at %s cannot be used: there is no such bus", point)
        return None
    return CoilLamp(bus, point.module, int(point.line))
