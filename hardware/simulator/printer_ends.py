"""The printer's end of a line: a pty that stands for a serial port or a USB printer device, or a port on loopback."""

from __future__ import annotations

import os
import random
import socket
import struct
import tty
from contextlib import suppress
from pathlib import Path
from typing import Protocol

_LINGER_NOT = struct.pack("ii", 1, 0)


class PrinterEnd(Protocol):
    """One plug. Everything is called from one thread at a time."""

    path: str
    """What the driver opens."""

    def plug(self) -> None:
        """Put the plug in; nothing happens when it is."""

    def unplug(self) -> None:
        """Pull it; nothing happens when it isn't in."""

    def watched(self, reading: bool) -> list[int]:
        """Descriptors that become readable when there is something to do; bytes are wanted only while `reading`."""

    def read(self, ready: list[int], most: int) -> bytes:
        """The bytes that have come in on those descriptors, b"" when there are none."""

    def write(self, data: bytes) -> None:
        """Send bytes; when nobody takes them they are lost, as on a real line."""


class PtyEnd:
    """A pty. With `link` its path is that symbolic link, which stays the same; without, each plug has a new path."""

    def __init__(self, link: Path | None) -> None:
        self.path = ""
        self._link = link
        self._master = self._slave = -1

    def plug(self) -> None:
        if self._master >= 0:
            return
        # The driver's end is held open here too: a pty that nobody opened would report an end.
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._slave)
        if self._link is not None:
            self._link.unlink(missing_ok=True)
            self._link.symlink_to(self.path)
            self.path = str(self._link)

    def unplug(self) -> None:
        if self._master < 0:
            return
        if self._link is not None:
            self._link.unlink(missing_ok=True)
        os.close(self._master)
        os.close(self._slave)
        self._master = self._slave = -1

    def watched(self, reading: bool) -> list[int]:
        return [self._master] if reading and self._master >= 0 else []

    def read(self, ready: list[int], most: int) -> bytes:
        if self._master not in ready:
            return b""
        try:
            return os.read(self._master, most)
        except OSError:
            return b""

    def write(self, data: bytes) -> None:
        if self._master >= 0:
            with suppress(OSError):
                os.write(self._master, data)


class TcpEnd:
    """A network printer on loopback: one connection at a time, the newest counts. The port stays the same."""

    def __init__(self) -> None:
        self._port = _free_port()
        self.path = f"tcp://127.0.0.1:{self._port}"
        self._listener: socket.socket | None = None
        self._connection: socket.socket | None = None

    def plug(self) -> None:
        if self._listener is None:
            listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            # A printer's memory is small: a full one must soon be felt at the other end.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            listener.setblocking(False)
            listener.bind(("127.0.0.1", self._port))
            listener.listen(1)
            self._listener = listener

    def unplug(self) -> None:
        # First the listener: whoever loses the connection comes back at once, and must find nobody.
        if self._listener is not None:
            # Whoever still selects on it keeps it alive for a moment: it must not listen meanwhile.
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        self._drop()

    def watched(self, reading: bool) -> list[int]:
        ends = [self._listener] if self._listener is not None else []
        if reading and self._connection is not None:
            ends.append(self._connection)
        return [end.fileno() for end in ends]

    def read(self, ready: list[int], most: int) -> bytes:
        if self._listener is not None and self._listener.fileno() in ready:
            self._accept(self._listener)
        if self._connection is None or self._connection.fileno() not in ready:
            return b""
        try:
            data = self._connection.recv(most)
        except BlockingIOError:
            return b""
        except OSError:
            data = b""
        if not data:
            self._drop()
        return data

    def write(self, data: bytes) -> None:
        if self._connection is not None:
            with suppress(OSError):
                self._connection.send(data)

    def _accept(self, listener: socket.socket) -> None:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        self._drop()
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection = connection

    def _drop(self) -> None:
        if self._connection is not None:
            with suppress(OSError):
                self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
            self._connection.close()
            self._connection = None


def _free_port() -> int:
    """A port that the system gives to no outgoing connection: one to an unplugged printer would meet itself there."""
    while True:
        port = random.randrange(20000, 32768)
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
