"""The three ways to a receipt printer: a serial line, a USB printer device, a network port.

`open_port` opens whichever an address names. Nothing here retries, and nothing knows what is printed.
"""

from __future__ import annotations

import array
import errno
import fcntl
import os
import re
import select
import socket
import struct
import termios
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from hardware.printing.descriptor import DescriptorPort, Wake, wait_for

if TYPE_CHECKING:
    import serial

Flow = Literal["none", "xonxoff", "rtscts"]

NETWORK = "tcp://"
TCP_PORT = 9100
"""Where network printers listen when the address names no port."""
CONNECT_S = 2.0

_USB_MAJOR = 180  # USB devices without a class of their own: printers are among them
_USB_NAME = re.compile(r"/(usb/lp|usblp)\d+")
_EMPTY_READ_S = 0.05
_SEND_BUFFER = 16384  # what is handed over counts as with the printer, so little of it may lie in between


class Port(Protocol):
    """One open way to a printer. One thread reads, one writes; `close` may come from a third."""

    def read(self, timeout_s: float) -> bytes:
        """Bytes that have come in, b"" when there were none for `timeout_s`. Raises OSError when the port is gone."""

    def write(self, data: bytes, deadline: float) -> int:
        """Hand bytes over until CLOCK_MONOTONIC `deadline`; how many went. Raises OSError when the port is gone."""

    def waiting(self) -> int:
        """How many bytes are not with the printer yet. Raises OSError when the port is gone."""

    def discard(self) -> None:
        """Take those back as far as possible. Raises OSError when the port is gone."""

    def close(self) -> None:
        """Release it."""


def is_network(address: str) -> bool:
    """Whether an address leads over the network."""
    return address.startswith(NETWORK)


def open_port(address: str, baud: int, flow: Flow, wake: Wake) -> Port:
    """Open the port that `address` names; raises OSError when it is not there or does not answer.

    `baud` and `flow` count on a serial line. A connection is waited for at most CONNECT_S, or until `wake`; a host
    given by name is looked up first, which takes as long as the system's resolver takes.
    """
    if is_network(address):
        return NetworkPort(*split_address(address), wake)
    if _is_usb_printer(address):
        return UsbPort(address, wake)
    return SerialPort(address, baud, flow, wake)


def split_address(address: str) -> tuple[str, int]:
    """Host and port of `tcp://host:port`, `tcp://host` or `tcp://[v6]:port`. Raises OSError for anything else."""
    found = re.fullmatch(r"tcp://(\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[^:/\[\]]+))(:(?P<port>\d{1,5}))?", address)
    if found is None:
        raise OSError(errno.EINVAL, f"{address} is no tcp://host:port")
    return found["six"] or found["host"], int(found["port"] or TCP_PORT)


def _is_usb_printer(path: str) -> bool:
    if _USB_NAME.search(path):
        return True
    try:
        return os.major(Path(path).stat().st_rdev) == _USB_MAJOR
    except OSError:
        return False


class SerialPort(DescriptorPort):
    """A serial line, opened by pyserial: 8 data bits, no parity, 1 stop bit."""

    def __init__(self, path: str, baud: int, flow: Flow, wake: Wake) -> None:
        import serial

        try:
            self._line: serial.Serial = serial.Serial(
                path, baud, timeout=0, xonxoff=flow == "xonxoff", rtscts=flow == "rtscts", exclusive=True
            )
        except ValueError as error:
            raise OSError(errno.EINVAL, str(error)) from error
        super().__init__(self._line.fileno(), wake)
        self._ignore_breaks()

    def _ignore_breaks(self) -> None:
        """A printer that is switched off and on breaks the line: that must not be read as a zero byte."""
        try:
            settings = termios.tcgetattr(self._fd)
            settings[0] |= termios.IGNBRK | termios.IGNPAR
            termios.tcsetattr(self._fd, termios.TCSANOW, settings)
        except (termios.error, OSError) as error:
            self._line.close()
            raise OSError(errno.EIO, str(error)) from error

    def _waiting(self) -> int:
        return _output_queue(self._fd)

    def _discard(self) -> None:
        try:
            termios.tcflush(self._fd, termios.TCOFLUSH)
        except termios.error as error:
            raise OSError(errno.EIO, str(error)) from error

    def _release(self) -> None:
        # Closing a line that is held by flow control would wait half a minute for what it holds.
        with suppress(termios.error, OSError):
            termios.tcflush(self._line.fileno(), termios.TCIOFLUSH)
        self._line.close()


class UsbPort(DescriptorPort):
    """A USB printer device of the kernel's usblp driver: `/dev/usb/lp0`, or a link to it.

    It takes one write at a time and is writable again when the printer has it all; it keeps no queue beyond.
    """

    def __init__(self, path: str, wake: Wake) -> None:
        fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        super().__init__(fd, wake)
        self._handle = fd

    def _read_nothing(self, *, broken: bool) -> None:
        if broken:
            super()._read_nothing(broken=True)
        # Printers with nothing to say may answer at once with an empty packet, which is no end.
        wait_for(self._wake.fileno(), select.POLLIN, self._wake, _EMPTY_READ_S)

    def _waiting(self) -> int:
        return 0 if wait_for(self._handle, select.POLLOUT, self._wake, 0) & select.POLLOUT else 1

    def _release(self) -> None:
        os.close(self._handle)


class NetworkPort(DescriptorPort):
    """A connection to a network printer; the kernel asks by itself whether an idle one is still there."""

    def __init__(self, host: str, port: int, wake: Wake) -> None:
        self._socket = _connect(host, port, wake)
        super().__init__(self._socket.fileno(), wake)

    def _waiting(self) -> int:
        return _output_queue(self._fd)

    def _discard(self) -> None:
        # What was handed over can't be taken back, only dropped when the connection ends.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _release(self) -> None:
        self._socket.close()


def _connect(host: str, port: int, wake: Wake) -> socket.socket:
    """The first of the host's addresses that takes a connection in time."""
    deadline = time.monotonic() + CONNECT_S
    trouble: OSError = OSError(errno.EHOSTUNREACH, f"{host} has no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        attempt = socket.socket(family, kind | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC, protocol)
        try:
            _prepare(attempt)
            _finish_connecting(attempt, attempt.connect_ex(address), wake, deadline)
        except OSError as error:
            attempt.close()
            trouble = error
            continue
        return attempt
    raise trouble


def _prepare(attempt: socket.socket) -> None:
    attempt.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
    attempt.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    attempt.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    attempt.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 5)
    attempt.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 2)
    attempt.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)


def _finish_connecting(attempt: socket.socket, code: int, wake: Wake, deadline: float) -> None:
    if code == errno.EINPROGRESS:
        if not wait_for(attempt.fileno(), select.POLLOUT, wake, deadline - time.monotonic()):
            raise OSError(errno.ETIMEDOUT, "no answer")
        code = attempt.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, os.strerror(code))


def _output_queue(fd: int) -> int:
    count = array.array("i", [0])
    fcntl.ioctl(fd, termios.TIOCOUTQ, count)
    return count[0]
