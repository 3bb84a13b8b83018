"""GPIO chips that aren't there, behind the interface of `gpiod` 2.5: chips, requests, and descriptors that poll.

What the kernel refuses is refused: a line that somebody has, edges of an output, levels of an input, a closed chip.
"""

from __future__ import annotations

import errno
import os
import threading
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from time import monotonic_ns

import gpiod
from gpiod.line import Bias, Direction, Edge, Value

EVENTS_KEPT = 16
"""As many edges of a request with one line does the kernel keep unless it is told otherwise; the oldest goes first."""

PULLS = {Bias.PULL_UP: True, Bias.PULL_DOWN: False}


class Line:
    """One line: the level from outside (None: nothing drives it), and who has requested it."""

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.driven: bool | None = None
        self.request: FakeRequest | None = None
        self.requests = 0

    @property
    def settings(self) -> gpiod.LineSettings:
        """How it was requested; as it is at reset otherwise."""
        return self.request.settings if self.request is not None else gpiod.LineSettings()

    @property
    def level(self) -> bool:
        """The level on the wire."""
        if self.settings.direction is Direction.OUTPUT and self.request is not None:
            return self.request.output
        if self.driven is not None:
            return self.driven
        return PULLS.get(self.settings.bias, False)


class Board:
    """A box with chips, by the names of their device files, each with a label."""

    def __init__(self, devices: Path, labels: Mapping[str, str], lines: int = 54) -> None:
        self.labels = dict(labels)
        self.denied: set[str] = set()
        self.lines = {name: [Line(offset) for offset in range(lines)] for name in labels}
        self.lock = threading.RLock()
        self.opened: list[FakeChip] = []
        for name in labels:
            (devices / name).touch()

    def Chip(self, path: str) -> FakeChip:
        """`gpiod.Chip`."""
        name = Path(path).name
        if name in self.denied:
            raise PermissionError(errno.EACCES, "Permission denied")
        if name not in self.labels:
            raise OSError(errno.ENOTTY, "Inappropriate ioctl for device")
        chip = FakeChip(self, name)
        self.opened.append(chip)
        return chip

    def is_gpiochip_device(self, path: str) -> bool:
        """`gpiod.is_gpiochip_device`."""
        return Path(path).name in self.labels

    def drive(self, chip: str, offset: int, level: bool | None) -> None:
        """The world outside gives a line this level; None lets go of it."""
        with self.lock:
            line = self.lines[chip][offset]
            before = line.level
            line.driven = level
            if line.request is not None and line.level != before:
                line.request.edge(line.level)


class FakeChip:
    """`gpiod.Chip`."""

    def __init__(self, board: Board, name: str) -> None:
        self._board, self.name = board, name
        self.closed = False

    def __enter__(self) -> FakeChip:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.closed = True

    def get_info(self) -> gpiod.ChipInfo:
        return gpiod.ChipInfo(self.name, self._board.labels[self.name], len(self._board.lines[self.name]))

    def request_lines(
        self,
        config: Mapping[int, gpiod.LineSettings],
        consumer: str | None = None,
        event_buffer_size: int | None = None,
    ) -> FakeRequest:
        if self.closed:
            raise gpiod.ChipClosedError
        ((offset, settings),) = config.items()
        lines = self._board.lines[self.name]
        if not 0 <= offset < len(lines):
            raise ValueError("line offset of out range")
        if settings.edge_detection is not Edge.NONE and settings.direction is not Direction.INPUT:
            raise OSError(errno.EINVAL, "Invalid argument")
        line = lines[offset]
        with self._board.lock:
            if line.request is not None:
                raise OSError(errno.EBUSY, "Device or resource busy")
            line.request = FakeRequest(self._board, line, settings, consumer, event_buffer_size)
            line.requests += 1
        return line.request


class FakeRequest:
    """`gpiod.LineRequest` of one line; its descriptor is readable as long as an edge waits."""

    def __init__(
        self, board: Board, line: Line, settings: gpiod.LineSettings, consumer: str | None, kept: int | None
    ) -> None:
        self._board, self._line, self.settings, self.consumer = board, line, settings, consumer
        self.output = settings.output_value is Value.ACTIVE
        self._events: deque[gpiod.EdgeEvent] = deque(maxlen=kept or EVENTS_KEPT)
        self._sequence = 0
        self._fd = os.eventfd(0, os.EFD_NONBLOCK)
        self.broken = False
        """The chip has gone: everything fails with ENODEV."""

    @property
    def fd(self) -> int:
        self._check()
        return self._fd

    @property
    def offsets(self) -> list[int]:
        return [self._line.offset]

    def release(self) -> None:
        with self._board.lock:
            if self._fd >= 0:
                os.close(self._fd)
                self._fd = -1
                self._line.request = None

    def get_value(self, line: int) -> Value:
        self._check(line)
        return Value(self._line.level)

    def set_value(self, line: int, value: Value) -> None:
        self._check(line)
        if self.settings.direction is not Direction.OUTPUT:
            raise PermissionError(errno.EPERM, "Operation not permitted")
        with self._board.lock:
            self.output = value is Value.ACTIVE

    def wait_edge_events(self, timeout: float | None = None) -> bool:
        self._check()
        assert timeout == 0, "nobody may wait with the lock held"
        return bool(self._events)

    def read_edge_events(self, max_events: int | None = None) -> list[gpiod.EdgeEvent]:
        self._check()
        with self._board.lock:
            assert self._events, "the kernel would block here for ever"
            events = list(self._events)
            self._events.clear()
            os.eventfd_read(self._fd)
            return events

    def edge(self, level: bool) -> None:
        """The line has changed."""
        wanted = self.settings.edge_detection
        if wanted not in (Edge.BOTH, Edge.RISING if level else Edge.FALLING):
            return
        kind = gpiod.EdgeEvent.Type.RISING_EDGE if level else gpiod.EdgeEvent.Type.FALLING_EDGE
        self._sequence += 1
        event = gpiod.EdgeEvent(kind.value, monotonic_ns(), self._line.offset, self._sequence, self._sequence)
        if not self._events:
            os.eventfd_write(self._fd, 1)
        self._events.append(event)

    def _check(self, line: int | None = None) -> None:
        if self._fd < 0:
            raise gpiod.RequestReleasedError
        if self.broken:
            raise OSError(errno.ENODEV, "No such device")
        assert line in (None, self._line.offset)
