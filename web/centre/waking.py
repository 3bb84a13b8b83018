"""What wakes the open screens: entries and doubts at once, plain pulses now and then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from appliance.domain.message import Record
from sync.centre.images import Doubt, Image

PULSES_S = 2.0
"""Pulses that bring nothing new wake the screens no more often: in a large network hundreds come in that time."""


class Waking:
    """Listens to `sync.centre.images.Network` and passes on what is worth a look. Thread-safe."""

    def __init__(
        self,
        image: Callable[[str], Image | None],
        heard: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._image, self._heard, self._clock = image, heard, clock
        self._lock = threading.Lock()
        self._doubts: dict[str, Doubt | None] = {}
        self._woke_at = -PULSES_S

    def changed(self, office: str, records: Sequence[Record]) -> None:
        """An office has changed: entries came, a doubt came or went, or a pulse."""
        image = self._image(office)
        doubt = None if image is None else image.doubt
        now = self._clock()
        with self._lock:
            news = bool(records) or doubt != self._doubts.get(office)
            self._doubts[office] = doubt
            if not news and now - self._woke_at < PULSES_S:
                return
            self._woke_at = now
        self._heard()
