"""The lamps and the buzzer of the bells, lit from the committed state alone.

Outside: *heard* as soon as the call is in the book, *coming* once somebody has answered. Inside: three short beeps
every ten seconds until the answer, and without a break when nobody has answered for a minute.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from appliance.domain.bell import waited_ms
from appliance.domain.moment import Moment, Now
from appliance.domain.office import BellCall
from appliance.store.writer import QueueWriter
from hardware.ports import Light

log = logging.getLogger(__name__)

STEP_S = 0.05
POLL_S = 5.0
BEEP_MS = 200
BEEPS = 3
ROUND_MS = 10_000


@dataclass(frozen=True, slots=True)
class BellLights:
    """What one bell has; None where there is no such light."""

    heard: Light | None = None
    coming: Light | None = None
    buzzer: Light | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """How the lights of one bell should be."""

    heard: bool = False
    coming: bool = False
    buzzer: bool = False


DARK = Wish()


def wish(call: BellCall | None, now: Moment) -> Wish:
    """What the lights of a bell say of its call at a moment; dark without a call."""
    if call is None:
        return DARK
    if call.answered is not None:
        return Wish(heard=True, coming=True)
    rung_ms = waited_ms(call.rung.moment, now)
    slot, within_beeps = rung_ms // BEEP_MS, rung_ms % ROUND_MS < 2 * BEEPS * BEEP_MS
    return Wish(heard=True, buzzer=slot % 2 == 0 and (within_beeps or call.escalated > 0))


class Ringing:
    """A thread that keeps the lights as the state has them; it steps quickly only while something rings."""

    def __init__(
        self, writer: QueueWriter, now: Callable[[], Now], lights: Callable[[], Mapping[str, BellLights]]
    ) -> None:
        self._writer, self._now, self._lights = writer, now, lights
        self._shown: dict[str, Wish] = {}
        self._nudge, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="ringing", daemon=True)

    def start(self) -> None:
        """Begin to show; calls that rang before a restart are shown at once."""
        self._writer.listen(lambda _: self._nudge.set())
        self._thread.start()

    def stop(self) -> None:
        """End the thread and switch everything off."""
        self._stop.set()
        self._nudge.set()
        if self._thread.is_alive():
            self._thread.join(5.0)
        for lights in self._lights().values():
            _show(lights, DARK, None)

    def look(self, *, again: bool = False) -> bool:
        """Bring every light to what the state says; whether a buzzer is at work. `again` tells the lights all anew."""
        calls, moment = self._writer.office.bells, self._now().moment
        beeping = False
        for name, lights in self._lights().items():
            call = calls.get(name)
            wanted = wish(call, moment)
            _show(lights, wanted, None if again else self._shown.get(name))
            self._shown[name] = wanted
            beeping = beeping or (call is not None and call.answered is None)
        return beeping

    def _run(self) -> None:
        again = True
        while not self._stop.is_set():
            self._nudge.clear()
            beeping = False
            try:
                beeping = self.look(again=again)
            except Exception:
                log.exception("the lights of the bell could not be set")
            if beeping:
                self._stop.wait(STEP_S)
            again = not beeping and not self._nudge.wait(POLL_S)


def _show(lights: BellLights, wanted: Wish, shown: Wish | None) -> None:
    """Switch what is not as it should be; `shown` None: nobody knows how the lights are."""
    for light, on, was in (
        (lights.heard, wanted.heard, shown and shown.heard),
        (lights.coming, wanted.coming, shown and shown.coming),
        (lights.buzzer, wanted.buzzer, shown and shown.buzzer),
    ):
        if light is not None and on is not was:
            light.set(on)
