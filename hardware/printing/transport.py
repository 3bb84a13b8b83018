"""The serial line to a printer: bytes out with a limit in time, answers sorted as they come in.

A missing port is a state of the link, not an exception: the link opens it as soon as it appears,
and again after the plug was pulled. Nothing here knows what is printed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import serial

logger = logging.getLogger(__name__)

REOPEN_S = 0.25
_READ_S = 0.2  # how long a read may delay the notice that the link is closing
_CHUNK = 512
_CLOSED = (OSError, TypeError, ValueError)  # what pyserial raises on a port that has gone


@dataclass(frozen=True, slots=True)
class RealTimeStatus:
    """The answer to `DLE EOT n`: one byte, whose meaning depends on the n that was asked."""

    bits: int


@dataclass(frozen=True, slots=True)
class AutoStatus:
    """Four bytes that a printer sends by itself when its state changes (`GS a`)."""

    bits: bytes

    @property
    def cover_open(self) -> bool:
        return bool(self.bits[0] & 0x20)

    @property
    def offline(self) -> bool:
        return bool(self.bits[0] & 0x08)

    @property
    def error(self) -> bool:
        return bool(self.bits[1] & 0x2C)

    @property
    def paper_out(self) -> bool:
        return bool(self.bits[2] & 0x0C)

    @property
    def near_end(self) -> bool:
        return bool(self.bits[2] & 0x03)


@dataclass(frozen=True, slots=True)
class ProcessId:
    """The four letters of a `GS ( H` process id: everything sent before it is on paper."""

    letters: bytes


@dataclass(frozen=True, slots=True)
class InlineStatus:
    """The answer to `GS r`, sent when the printer comes to it in its buffer."""

    bits: int


Frame = RealTimeStatus | AutoStatus | ProcessId | InlineStatus


class FrameSplitter:
    """Sorts the mixed bytes of a printer into frames by their fixed bits; pieces may come in any
    portions.

    XON, XOFF, blocks of other kinds and noise are left out.
    """

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """The frames completed by these bytes, in order."""
        self._pending += data
        frames: list[Frame] = []
        while self._pending:
            used, frame = self._first()
            if used == 0:
                break
            del self._pending[:used]
            if frame is not None:
                frames.append(frame)
        return frames

    def _first(self) -> tuple[int, Frame | None]:
        """How many bytes the first frame takes (0: not all of it is here) and the frame, if it is
        of a known kind.
        """
        head = self._pending[0]
        if head == 0x37:
            return self._block()
        if head & 0x93 == 0x12:
            return 1, RealTimeStatus(head)
        if head & 0x93 == 0x10:
            tail = self._pending[1:4]
            if any(byte & 0x90 for byte in tail):
                return 1, None  # noise: a report's other bytes have these bits clear
            return (4, AutoStatus(bytes(self._pending[:4]))) if len(tail) == 3 else (0, None)
        if head & 0x90 == 0x00:
            return 1, InlineStatus(head)
        return 1, None

    def _block(self) -> tuple[int, Frame | None]:
        end = self._pending.find(0)
        if end < 0:
            return (0, None) if len(self._pending) < 80 else (1, None)
        if end == 6 and self._pending[1] == 0x22:
            return 7, ProcessId(bytes(self._pending[2:6]))
        return end + 1, None


class SerialLink:
    """One serial port that heals itself. All methods may be called from any thread; one thread
    writes at a time.

    `on_frame` sees every frame in the reader's thread, before the waiters do, and must not block.
    """

    def __init__(
        self,
        port: str,
        baud: int = 115200,
        flow: Literal["none", "xonxoff", "rtscts"] = "none",
        on_frame: Callable[[Frame], None] | None = None,
    ) -> None:
        self.port = port
        self._baud = baud
        self._flow = flow
        self._on_frame = on_frame
        self._serial: serial.Serial | None = None
        self._lost: deque[serial.Serial] = deque()
        self._splitter = FrameSplitter()
        self._frames: deque[Frame] = deque(maxlen=256)
        self._arrived = threading.Condition()
        self._closing = threading.Event()
        self._last_heard = 0.0
        self._thread = threading.Thread(target=self._run, name=f"read {port}", daemon=True)
        self._thread.start()

    @property
    def is_open(self) -> bool:
        return self._serial is not None

    def wait_open(self, timeout_s: float) -> bool:
        """Whether the port is there, waiting for it at most `timeout_s` seconds."""
        with self._arrived:
            return self._arrived.wait_for(lambda: self._serial is not None, timeout_s)

    def write(self, data: bytes, timeout_s: float) -> bool:
        """Hand bytes to the port; False when it is missing, was lost on the way, or took no more
        for `timeout_s` in all.

        After False some of the bytes may have gone out; what the system still held back is
        discarded.
        """
        deadline = time.monotonic() + timeout_s
        for start in range(0, len(data), _CHUNK):
            line = self._serial
            if line is None:
                return False
            try:
                line.write_timeout = max(0.01, deadline - time.monotonic())
                line.write(data[start : start + _CHUNK])
            except serial.SerialTimeoutException:
                self.discard_output()
                return False
            except _CLOSED:
                self._lose(line)
                return False
        return True

    def drain(self, timeout_s: float) -> bool:
        """Wait until the system has passed on all bytes; False when that took longer than
        `timeout_s` or the port is lost.
        """
        deadline = time.monotonic() + timeout_s
        while (line := self._serial) is not None:
            try:
                if line.out_waiting == 0:
                    return True
            except _CLOSED:
                return False
            if time.monotonic() >= deadline or self._closing.wait(0.02):
                return False
        return False

    def discard_output(self) -> None:
        """Forget bytes that the system hasn't passed on."""
        line = self._serial
        if line is not None:
            try:
                line.reset_output_buffer()
            except _CLOSED:
                self._lose(line)

    def forget(self) -> None:
        """Drop the frames that nobody waited for."""
        with self._arrived:
            self._frames.clear()

    def settle(self, quiet_s: float, limit_s: float) -> None:
        """Wait until nothing has come in for `quiet_s`, at most `limit_s`, and drop it: late
        answers to old questions.
        """
        deadline = time.monotonic() + limit_s
        while (now := time.monotonic()) < deadline and now - self._last_heard < quiet_s:
            self._closing.wait(quiet_s)
        self.forget()

    def expect(self, wanted: Callable[[Frame], bool], timeout_s: float) -> Frame | None:
        """Take the first frame that is `wanted`, waiting for it; None after `timeout_s` or when the
        port is lost.

        Frames before it are dropped.
        """
        deadline = time.monotonic() + timeout_s
        with self._arrived:
            while True:
                while self._frames:
                    frame = self._frames.popleft()
                    if wanted(frame):
                        return frame
                left = deadline - time.monotonic()
                if left <= 0 or self._serial is None or self._closing.is_set():
                    return None
                self._arrived.wait(left)

    def close(self) -> None:
        """Stop the reader and release the port."""
        self._closing.set()
        with self._arrived:
            self._arrived.notify_all()
            if self._serial is not None:
                self._serial.cancel_read()
        self._thread.join(timeout=2)

    def _run(self) -> None:
        while not self._closing.is_set():
            self._bury()
            line = self._serial or self._open()
            if line is None:
                self._closing.wait(REOPEN_S)
                continue
            try:
                data = line.read(max(1, line.in_waiting))
            except _CLOSED:
                self._lose(line)
                continue
            if data:
                self._take(data)
        if self._serial is not None:
            self._lose(self._serial)
        self._bury()

    def _open(self) -> serial.Serial | None:
        try:
            line = serial.Serial(
                self.port,
                self._baud,
                timeout=_READ_S,
                write_timeout=1.0,
                xonxoff=self._flow == "xonxoff",
                rtscts=self._flow == "rtscts",
                exclusive=True,
            )
        except (OSError, ValueError):
            return None
        self._splitter = FrameSplitter()
        with self._arrived:
            self._frames.clear()
            self._serial = line
            self._arrived.notify_all()
        return line

    def _take(self, data: bytes) -> None:
        frames = self._splitter.feed(data)
        if self._on_frame is not None:
            for frame in frames:
                try:
                    self._on_frame(frame)
                except Exception:
                    logger.exception("a listener of %s failed", self.port)
        with self._arrived:
            self._last_heard = time.monotonic()
            self._frames.extend(frames)
            self._arrived.notify_all()

    def _lose(self, line: serial.Serial) -> None:
        with self._arrived:
            if self._serial is line:
                self._serial = None
                self._lost.append(line)
            self._arrived.notify_all()

    def _bury(self) -> None:
        """Close lost ports, in the reader's thread only: a descriptor closed under a read may
        already be another file.
        """
        while self._lost:
            try:
                self._lost.popleft().close()
            except OSError:
                logger.debug("closing %s failed", self.port, exc_info=True)
