"""A file descriptor that never holds its caller for longer than it was allowed to."""

from __future__ import annotations

import errno
import os
import select
import threading
import time

SLICE_S = 0.2
"""How long a wait may delay the notice that the descriptor is closing."""

CHUNK = 4096
_BROKEN = select.POLLHUP | select.POLLERR | select.POLLNVAL


class Wake:
    """Ends every wait of those that watch it, for good."""

    def __init__(self) -> None:
        self._event = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._set = False

    @property
    def is_set(self) -> bool:
        return self._set

    def fileno(self) -> int:
        """The descriptor to watch: readable once it is set."""
        return self._event

    def set(self) -> None:
        """Wake everybody, now and from now on."""
        self._set = True
        os.eventfd_write(self._event, 1)

    def close(self) -> None:
        """Release the descriptor, when nobody watches it any more."""
        os.close(self._event)


def wait_for(fd: int, events: int, wake: Wake, timeout_s: float) -> int:
    """Wait until `events` of a descriptor are there, its end, or the wake; the events that are, 0 for none."""
    poll = select.poll()
    poll.register(fd, events)
    poll.register(wake.fileno(), select.POLLIN)
    found = dict(poll.poll(max(0, round(timeout_s * 1000))))
    return found.get(fd, 0)


class DescriptorPort:
    """Reading and writing an open descriptor, each in its own thread, with a limit in time.

    What kind of device it is, subclasses know: what was handed to the system and is not with the printer yet, how to
    take that back, and how to let the descriptor go.
    """

    def __init__(self, fd: int, wake: Wake) -> None:
        os.set_blocking(fd, False)
        self._fd = fd
        self._wake = wake
        self._closing = False
        self._using = threading.Lock()

    def read(self, timeout_s: float) -> bytes:
        """Bytes that have come in, b"" when there were none for `timeout_s`. Raises OSError when the port is gone."""
        events = wait_for(self._fd, select.POLLIN, self._wake, timeout_s)
        if not events:
            return b""
        try:
            data = os.read(self._fd, CHUNK)
        except BlockingIOError:
            data = b""
            if not events & _BROKEN:
                return b""
        if not data:
            self._read_nothing(broken=bool(events & _BROKEN))
        return data

    def write(self, data: bytes, deadline: float) -> int:
        """Hand bytes over until all are gone or `deadline` (CLOCK_MONOTONIC seconds) has passed; how many went.

        Raises OSError when the port is gone.
        """
        sent = 0
        with self._using:
            while sent < len(data):
                self._check_open()
                try:
                    sent += os.write(self._fd, data[sent : sent + CHUNK])
                except BlockingIOError:
                    left = deadline - time.monotonic()
                    if left <= 0 or self._wake.is_set:
                        break
                    events = wait_for(self._fd, select.POLLOUT, self._wake, min(left, SLICE_S))
                    if events & _BROKEN and not events & select.POLLOUT:
                        raise OSError(errno.EIO, "the port is gone") from None
        return sent

    def waiting(self) -> int:
        """How many bytes the system still holds back (for some kinds: at least one, or none)."""
        with self._using:
            self._check_open()
            return self._waiting()

    def discard(self) -> None:
        """Take back what the system still holds, as far as this kind of port can."""
        with self._using:
            self._check_open()
            self._discard()

    def close(self) -> None:
        """Let the descriptor go; a write in another thread ends first: its number may soon be another file's."""
        self._closing = True
        with self._using:
            if self._fd >= 0:
                self._fd = -1
                self._release()

    def _check_open(self) -> None:
        if self._closing:
            raise OSError(errno.ENODEV, "the port is closing")

    def _read_nothing(self, *, broken: bool) -> None:  # noqa: ARG002 - for kinds whose empty reads are no end
        raise OSError(errno.EIO, "the port is gone")

    def _waiting(self) -> int:
        return 0

    def _discard(self) -> None:
        pass

    def _release(self) -> None:
        raise NotImplementedError
