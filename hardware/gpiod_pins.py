"""A pin factory for gpiozero on libgpiod: the kernel's own GPIO interface, without any helper of doubtful upkeep.

The header's chip is found by its label: its number changes with the kernel. One thread reads the edges of all lines,
and outlives any callback that raises. Each line is a request of its own, made once everything about it is known.

Imports gpiozero and gpiod, so it is itself imported only where pins are opened (`hardware.pins`).
"""

from __future__ import annotations

import logging
import os
import select
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import gpiod
from gpiod.line import Bias, Direction, Edge, Value
from gpiozero.exc import (
    PinFixedPull,
    PinInvalidBounce,
    PinInvalidEdges,
    PinInvalidFunction,
    PinInvalidPull,
    PinInvalidState,
    PinSetInput,
    PinUnknownPi,
)
from gpiozero.pins.local import LocalPiFactory, LocalPiPin

log = logging.getLogger(__name__)

LABELS = ("pinctrl-rp1", "pinctrl-bcm2711", "pinctrl-bcm2835")
"""The header's chip on a Pi 5, on a Pi 4, and on the models before it."""

USUAL_REVISION = 0xA02082
"""A model 3B. A board whose revision gpiozero doesn't know has the same 40 contacts."""

CONSUMER = "talon"

EDGES_KEPT = 64
"""What the kernel keeps for us while the box is busy: a worn contact bounces, and the usual 16 are soon full."""

_BIAS = {"up": Bias.PULL_UP, "down": Bias.PULL_DOWN, "floating": Bias.DISABLED}
_EDGES = {"none": Edge.NONE, "rising": Edge.RISING, "falling": Edge.FALLING, "both": Edge.BOTH}

OnEdge = Callable[[float, bool], None]
"""Hears one edge: CLOCK_MONOTONIC seconds by the kernel, and whether the line is high now."""


class ChipNotFoundError(Exception):
    """No chip has a label that was looked for; the text names these, and what there is."""


def find_chip(labels: Iterable[str], devices: Path = Path("/dev")) -> gpiod.Chip:
    """Open the chip whose label is one of these, the first label first. Raises ChipNotFoundError.

    A chip that can't be opened (its group is `gpio`) is told in the error.
    """
    wanted = tuple(labels)
    found: dict[str, str] = {}
    told: list[str] = []
    for path in sorted(devices.glob("gpiochip*")):
        if not gpiod.is_gpiochip_device(str(path)):
            continue
        try:
            with gpiod.Chip(str(path)) as chip:
                label = chip.get_info().label
        except OSError as error:
            told.append(f"{path.name}: {error.strerror or error}")
            continue
        found.setdefault(label, str(path))
        told.append(f"{path.name}: {label}")
    for label in wanted:
        if label in found:
            return gpiod.Chip(found[label])
    raise ChipNotFoundError(f"no GPIO chip {' or '.join(wanted)} ({', '.join(told) or 'there is none at all'})")


class GpiodFactory(LocalPiFactory):  # type: ignore[misc]
    """The header's pins by libgpiod. `chip` is the label of the chip, or empty for that of any Raspberry Pi.

    Raises ChipNotFoundError, or OSError where the chip can't be opened.
    """

    ticks_are_monotonic = True
    """Edges carry the kernel's own CLOCK_MONOTONIC time."""

    def __init__(self, chip: str = "", devices: Path = Path("/dev")) -> None:
        super().__init__()
        # gpiozero shares these between all factories of a process; pins of another factory are not ours.
        self.pins: dict[Any, GpiodPin] = {}
        self._reservations: Any = defaultdict(list)
        self._res_lock = threading.Lock()
        self.pin_class = GpiodPin
        self.chip: gpiod.Chip | None = find_chip((chip,) if chip else LABELS, devices)
        self.lock = threading.RLock()
        """gpiod's objects want to be used by one thread at a time."""
        self.edges = EdgeReader(self.lock)

    def close(self) -> None:
        """Release every line and the chip; may be called twice."""
        super().close()
        self.edges.close()
        if self.chip is not None:
            self.chip.close()
            self.chip = None

    def _get_revision(self) -> int:
        try:
            return int(super()._get_revision())
        except PinUnknownPi:
            return USUAL_REVISION

    def _get_board_info(self) -> Any:
        try:
            return super()._get_board_info()
        except PinUnknownPi:
            from gpiozero.pins.pi import PiBoardInfo

            self._info = PiBoardInfo.from_revision(USUAL_REVISION)
            return self._info


class GpiodPin(LocalPiPin):  # type: ignore[misc]
    """One line of the header. It is requested when it is first read, watched or driven."""

    def __init__(self, factory: GpiodFactory, info: Any) -> None:
        super().__init__(factory, info)
        self._request: gpiod.LineRequest | None = None
        self._rest()

    def close(self) -> None:
        """Release the line."""
        self.when_changed = None
        self._release()
        self._rest()

    def output_with_state(self, state: float) -> None:
        """Drive the line from now on, with this level from the first moment."""
        self._set_function("output", bool(state))

    def _rest(self) -> None:
        self._function = "input"
        self._level = False
        self._pull = self.info.pull or "floating"
        self._bounce: float | None = None
        self._detected = "both"
        self._watched = False

    def _get_function(self) -> str:
        return self._function

    def _set_function(self, value: str, level: bool = False) -> None:
        if value not in ("input", "output"):
            raise PinInvalidFunction(f'invalid function "{value}" for pin {self!r}')
        if value == self._function == "input":
            return
        self.when_changed = None
        self._function, self._level = value, level
        self._release()
        if value == "output":
            self._claim()

    def _get_state(self) -> int:
        with self.factory.lock:
            if self._request is None:
                self._claim()
            assert self._request is not None
            return int(self._request.get_value(self._number) is Value.ACTIVE)

    def _set_state(self, value: float) -> None:
        if self._function != "output":
            raise PinSetInput(f"cannot set state of pin {self!r}")
        if value not in (0, 1):
            raise PinInvalidState(f"a level is 0 or 1, not {value}, for pin {self!r}")
        with self.factory.lock:
            self._level = bool(value)
            if self._request is None:
                self._claim()
            assert self._request is not None
            self._request.set_value(self._number, Value(bool(value)))

    def _get_pull(self) -> str:
        return self._pull

    def _set_pull(self, value: str) -> None:
        if self._function != "input":
            raise PinFixedPull(f"cannot set pull on non-input pin {self!r}")
        if value not in _BIAS:
            raise PinInvalidPull(f'invalid pull "{value}" for pin {self!r}')
        if self.info.pull and value != self.info.pull:
            raise PinFixedPull(f"{self!r} has a physical pull-{self.info.pull} resistor")
        changed, self._pull = value != self._pull, value
        self._reclaim(changed)

    def _get_bounce(self) -> float | None:
        return self._bounce

    def _set_bounce(self, value: float | None) -> None:
        if value is not None and value < 0:
            raise PinInvalidBounce("bounce must be 0 or greater")
        changed, self._bounce = value != self._bounce, value
        self._reclaim(changed)

    def _get_edges(self) -> str:
        return self._detected

    def _set_edges(self, value: str) -> None:
        if value not in _EDGES:
            raise PinInvalidEdges(f'invalid edges "{value}" for pin {self!r}')
        changed, self._detected = value != self._detected, value
        self._reclaim(changed and self._watched)

    def _enable_event_detect(self) -> None:
        self._watched = True
        self._claim()

    def _disable_event_detect(self) -> None:
        self._watched = False
        self._release()

    def _on_edge(self, ticks: float, high: bool) -> None:
        # The handler is held weakly and may have gone, or been taken away, while its edge was under way.
        handler = self._get_when_changed()
        if handler is not None:
            handler(ticks, int(high))

    def _reclaim(self, changed: bool) -> None:
        """The kernel learns of a change only by a new request; a line that isn't requested yet needs none."""
        if changed and self._request is not None:
            self._claim()

    def _claim(self) -> None:
        with self.factory.lock:
            self._release()
            if self.factory.chip is None:
                raise OSError(f"pin {self!r} belongs to a factory that is closed")
            self._request = self.factory.chip.request_lines({self._number: self._settings()}, CONSUMER, EDGES_KEPT)
            if self._watched:
                self.factory.edges.watch(self._request, self._on_edge)

    def _settings(self) -> gpiod.LineSettings:
        if self._function == "output":
            return gpiod.LineSettings(direction=Direction.OUTPUT, output_value=Value(self._level))
        return gpiod.LineSettings(
            direction=Direction.INPUT,
            bias=_BIAS[self._pull],
            edge_detection=_EDGES[self._detected] if self._watched else Edge.NONE,
            debounce_period=timedelta(seconds=self._bounce or 0.0),
        )

    def _release(self) -> None:
        with self.factory.lock:
            if self._request is not None:
                self.factory.edges.forget(self._request)
                self._request.release()
                self._request = None


class EdgeReader:
    """Reads the edges of all requests in one thread, and hands each to its line.

    A callback that raises is logged; it costs neither this line nor any other a single edge.
    """

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock
        self._watched: dict[int, tuple[gpiod.LineRequest, OnEdge]] = {}
        self._poll = select.epoll()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK)
        self._poll.register(self._wake, select.EPOLLIN)
        self._closing = False
        self._thread: threading.Thread | None = None

    @property
    def alive(self) -> bool:
        """Whether the thread runs; it does from the first watched line to `close`."""
        return self._thread is not None and self._thread.is_alive()

    def watch(self, request: gpiod.LineRequest, on_edge: OnEdge) -> None:
        """Hand every edge of a request to `on_edge`, in the reader's thread."""
        with self._lock:
            self._watched[request.fd] = (request, on_edge)
            self._poll.register(request.fd, select.EPOLLIN)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="edges", daemon=True)
                self._thread.start()

    def forget(self, request: gpiod.LineRequest) -> None:
        """Read no more of a request, which may be released then."""
        with self._lock:
            if self._watched.pop(request.fd, None) is not None:
                self._poll.unregister(request.fd)

    def close(self) -> None:
        """End the thread; may be called twice, and from a callback."""
        if self._closing:
            return
        self._closing = True
        os.eventfd_write(self._wake, 1)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        self._poll.close()
        os.close(self._wake)

    def _run(self) -> None:
        while not self._closing:
            for fd, _ in self._poll.poll():
                on_edge, events = self._read(fd)
                for event in events:
                    try:
                        on_edge(event.timestamp_ns / 1e9, event.event_type is gpiod.EdgeEvent.Type.RISING_EDGE)
                    except Exception:
                        log.exception("an edge of line %d could not be handled", event.line_offset)

    def _read(self, fd: int) -> tuple[OnEdge, list[gpiod.EdgeEvent]]:
        """What waits at a descriptor; nothing if it was released since the poll, or its line can't be read."""
        with self._lock:
            request, on_edge = self._watched.get(fd, (None, _nothing))
            if request is None:
                return on_edge, []
            try:
                # The number may belong to a newer request by now, and reading an empty one would wait for ever.
                return on_edge, request.read_edge_events() if request.wait_edge_events(0) else []
            except OSError as error:
                log.error("edges of line %s cannot be read any more: %s", request.offsets, error)
                self.forget(request)
                return on_edge, []


def _nothing(_ticks: float, _high: bool) -> None:
    """Hears an edge that nobody waits for any more."""
