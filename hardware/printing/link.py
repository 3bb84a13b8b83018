"""The line to a printer: bytes out with a limit in time, answers sorted as they come in.

A missing port is a state of the link, not an exception: the link opens it as soon as it appears, and again after the
plug was pulled or the connection was dropped. Nothing here knows what is printed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable

from hardware.printing.descriptor import SLICE_S, Wake
from hardware.printing.frames import Frame, FrameSplitter
from hardware.printing.ports import Flow, Port, is_network, open_port

logger = logging.getLogger(__name__)

REOPEN_S = 0.25
STALE_S = 3.0
"""A connection that has been silent for so long, although it was asked, is replaced: its other end may be dead."""


class Link:
    """One port that heals itself. All methods may be called from any thread; one thread writes at a time.

    `on_frame` sees every frame in the reader's thread, before the waiters do; `on_lost` is told by whichever thread
    finds the port gone. Neither may block.
    """

    def __init__(
        self,
        address: str,
        baud: int = 115200,
        flow: Flow = "none",
        on_frame: Callable[[Frame], None] | None = None,
        on_lost: Callable[[], None] | None = None,
    ) -> None:
        self.address = address
        self._baud = baud
        self._flow: Flow = flow
        self._on_frame = on_frame
        self._on_lost = on_lost
        self._port: Port | None = None
        self._lost: deque[Port] = deque()
        self._splitter = FrameSplitter()
        self._frames: deque[Frame] = deque(maxlen=256)
        self._arrived = threading.Condition()
        self._closing = threading.Event()
        self._wake = Wake()
        self._last_heard = self._opened_at = 0.0
        self._thread = threading.Thread(target=self._run, name=f"read {address}", daemon=True)
        self._thread.start()

    @property
    def is_open(self) -> bool:
        return self._port is not None

    def wait_open(self, timeout_s: float) -> bool:
        """Whether the port is there, waiting for it at most `timeout_s` seconds."""
        with self._arrived:
            return self._arrived.wait_for(lambda: self._port is not None or self._closing.is_set(), timeout_s)

    def write(self, data: bytes, timeout_s: float) -> bool:
        """Hand bytes to the port; False when it is missing, was lost on the way, or took no more for `timeout_s`.

        After False some of the bytes may have gone out; what the system still held back is discarded.
        """
        port = self._port
        if port is None:
            return False
        try:
            if port.write(data, time.monotonic() + timeout_s) == len(data):
                return True
            port.discard()
        except OSError:
            self._lose(port)
        return False

    def drain(self, timeout_s: float) -> bool:
        """Wait until the system has passed on all bytes; False when that takes longer, or the port is lost."""
        deadline = time.monotonic() + timeout_s
        while (port := self._port) is not None:
            try:
                if port.waiting() == 0:
                    return True
            except OSError:
                return False
            if time.monotonic() >= deadline or self._closing.wait(0.02):
                return False
        return False

    def discard_output(self) -> None:
        """Forget bytes that the system hasn't passed on."""
        port = self._port
        if port is not None:
            try:
                port.discard()
            except OSError:
                self._lose(port)

    def refresh(self) -> None:
        """Replace a network connection on which nothing has come back for STALE_S; other ports are left alone."""
        port = self._port
        if port is None or not is_network(self.address):
            return
        if time.monotonic() - max(self._last_heard, self._opened_at) > STALE_S:
            self.discard_output()
            self._lose(port)

    def forget(self) -> None:
        """Drop the frames that nobody waited for."""
        with self._arrived:
            self._frames.clear()

    def settle(self, quiet_s: float, limit_s: float) -> None:
        """Wait until nothing has come in for `quiet_s`, at most `limit_s`: late answers to old questions are lost."""
        deadline = time.monotonic() + limit_s
        while (now := time.monotonic()) < deadline and now - self._last_heard < quiet_s:
            self._closing.wait(quiet_s)
        self.forget()

    def expect(self, wanted: Callable[[Frame], bool], timeout_s: float) -> Frame | None:
        """Take the first frame that is `wanted`, waiting for it; None after `timeout_s` or when the port is lost.

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
                if left <= 0 or self._port is None or self._closing.is_set():
                    return None
                self._arrived.wait(left)

    def close(self) -> None:
        """Stop the reader and release the port; whoever waits for it is woken."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._wake.set()
        with self._arrived:
            self._arrived.notify_all()
        self._thread.join(timeout=5)
        # A thread that still waits for the resolver keeps what it watches.
        if not self._thread.is_alive():
            self._wake.close()

    def _run(self) -> None:
        while not self._closing.is_set():
            self._bury()
            port = self._port or self._open()
            if port is None:
                self._closing.wait(REOPEN_S)
                continue
            try:
                data = port.read(SLICE_S)
            except OSError:
                self._lose(port)
                continue
            if data:
                self._take(data)
        if self._port is not None:
            self._lose(self._port)
        self._bury()

    def _open(self) -> Port | None:
        try:
            port = open_port(self.address, self._baud, self._flow, self._wake)
        except OSError:
            return None
        self._splitter = FrameSplitter()
        with self._arrived:
            self._frames.clear()
            self._opened_at = time.monotonic()
            self._port = port
            self._arrived.notify_all()
        return port

    def _take(self, data: bytes) -> None:
        frames = self._splitter.feed(data, time.monotonic())
        if self._on_frame is not None:
            for frame in frames:
                try:
                    self._on_frame(frame)
                except Exception:
                    logger.exception("a listener of %s failed", self.address)
        with self._arrived:
            self._last_heard = time.monotonic()
            self._frames.extend(frames)
            self._arrived.notify_all()

    def _lose(self, port: Port) -> None:
        with self._arrived:
            if self._port is port:
                self._port = None
                self._lost.append(port)
            self._arrived.notify_all()
        if self._on_lost is not None:
            self._on_lost()

    def _bury(self) -> None:
        """Close lost ports, in the reader's thread only: it must not wait on a descriptor that is another file's."""
        while self._lost:
            try:
                self._lost.popleft().close()
            except OSError:
                logger.debug("closing %s failed", self.address, exc_info=True)
