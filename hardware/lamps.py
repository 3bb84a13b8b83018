"""Lights in the keys.

Both gestures return at once; the light itself runs in gpiozero's background thread.
"""

from __future__ import annotations

import importlib
import logging
import threading
from typing import Any

from hardware.ports import Lamp

log = logging.getLogger(__name__)

BLINK_S = 0.25
REFUSE_ON_S = 0.08
REFUSE_OFF_S = 0.12


class SilentLamp(Lamp):
    """For a desk without a lamp."""

    def blink(self) -> None:
        """Do nothing."""

    def refuse(self) -> None:
        """Do nothing."""


class GpioLamp(Lamp):
    """An LED between pin and ground. A pin that fails later is logged once and never raises."""

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

    def close(self) -> None:
        """Switch off and release the pin."""
        with self._lock:
            self._led.close()

    def _show(self, on_s: float, off_s: float, times: int) -> None:
        # gpiozero swaps its blink thread without a lock of its own.
        with self._lock:
            try:
                self._led.off()  # a dead pin raises here; in the blink thread nobody would catch it
                self._led.blink(on_time=on_s, off_time=off_s, n=times, background=True)
            except Exception as error:
                if not self._failed:
                    log.error("the lamp on pin %d does not light: %s", self._pin, error)
                self._failed = True
            else:
                self._failed = False


def open_lamp(pin: int | None, pin_factory: Any) -> Lamp:
    """The lamp on BCM `pin` of an open factory; silent without a pin, a factory, or when the pin
    can't be claimed.
    """
    if pin is None or pin_factory is None:
        return SilentLamp()
    try:
        return GpioLamp(pin, pin_factory)
    except Exception as error:
        log.error("the lamp on pin %d cannot be used: %s", pin, error)
        return SilentLamp()
