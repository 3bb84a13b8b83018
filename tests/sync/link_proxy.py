"""A proxy on the way from the office to the centre that cuts, holds back or refuses."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Proxy:
    """Passes bytes to `port` on the loopback.

    `cut_after`: so many bytes of each answer pass, then both ends are cut; None for all. `hold_streams`: nothing of an
    event stream passes. `open`: whether connections are accepted at all.
    """

    def __init__(self, port: int) -> None:
        self.target = port
        self.cut_after: int | None = None
        self.hold_streams = False
        self.open = True
        self.streams = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._sockets: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if not self.open:
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self.target), timeout=5)
                far.settimeout(None)
            except OSError:
                near.close()
                continue
            with self._lock:
                self._sockets |= {near, far}
            threading.Thread(target=self._pass, args=(near, far), daemon=True).start()

    def _pass(self, near: socket.socket, far: socket.socket) -> None:
        with suppress(OSError):
            head = near.recv(1 << 16)
            stream = b"text/event-stream" in head
            self.streams += stream
            far.sendall(head)
            threading.Thread(target=self._up, args=(near, far), daemon=True).start()
            passed = 0
            while data := far.recv(1 << 16):
                if stream and self.hold_streams:
                    continue
                if self.cut_after is not None:
                    data = data[: max(0, self.cut_after - passed)]
                near.sendall(data)
                passed += len(data)
                if self.cut_after is not None and passed >= self.cut_after:
                    break
        self._end(near, far)

    def _up(self, near: socket.socket, far: socket.socket) -> None:
        with suppress(OSError):
            while data := near.recv(1 << 16):
                far.sendall(data)
        self._end(near, far)

    def _end(self, *sockets: socket.socket) -> None:
        for one in sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
            with self._lock:
                self._sockets.discard(one)

    def cut(self) -> None:
        """Cut everything that is open."""
        with self._lock:
            sockets = list(self._sockets)
        self._end(*sockets)

    def close(self) -> None:
        """End it."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()


@contextmanager
def proxy(port: int) -> Iterator[Proxy]:
    """A proxy until the end of the block."""
    found = Proxy(port)
    try:
        yield found
    finally:
        found.close()
