"""One Litestream process: started under guard, its log read line by line, ended by its pid."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from sync.litestream import guarded

_PIPE_BYTES = 1 << 20
_LINE_LIMIT = 1 << 20


class Child:
    """A running process, in a session of its own; the kernel kills it with the thread that made it.

    `lock_fd` is inherited, so that a lock on it is held for as long as the process really lives; so are `fds`, under
    the same numbers. Raises `OSError` when it can't be started.
    """

    def __init__(
        self, command: Sequence[str], env: Mapping[str, str], cwd: Path, lock_fd: int, fds: Sequence[int] = ()
    ) -> None:
        self._process = subprocess.Popen(
            guarded(list(command)),
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            pass_fds=(lock_fd, *fds),
        )
        assert self._process.stderr is not None
        self._fd = self._process.stderr.fileno()
        os.set_blocking(self._fd, False)
        # Litestream writes log lines while it holds SQLite's write lock: the pipe must never be
        # what it waits for.
        with contextlib.suppress(OSError):
            fcntl.fcntl(self._fd, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        self._rest = b""
        self._eof = False

    @property
    def pid(self) -> int:
        return self._process.pid

    def alive(self) -> bool:
        return self._process.poll() is None

    def returncode(self) -> int | None:
        """None while alive; negative: the signal that ended it."""
        return self._process.poll()

    def read_lines(self, wait_s: float, wake_fd: int) -> list[bytes]:
        """The whole lines that came within `wait_s`; fewer when `wake_fd` becomes readable."""
        poller = select.poll()
        poller.register(wake_fd, select.POLLIN)
        if not self._eof:
            poller.register(self._fd, select.POLLIN)
        ready = {fd for fd, _ in poller.poll(max(0.0, wait_s) * 1000)}
        if self._fd not in ready:
            return []
        return self._drain()

    def _drain(self) -> list[bytes]:
        lines: list[bytes] = []
        for _ in range(16):  # bounded, so that a flood of lines can't keep the caller here
            try:
                data = os.read(self._fd, 1 << 16)
            except BlockingIOError:
                break
            if not data:
                self._eof = True
                break
            *whole, self._rest = (self._rest + data).split(b"\n")
            lines += whole
            if len(self._rest) > _LINE_LIMIT:
                self._rest = b""
        if self._eof and self._rest:
            lines.append(self._rest)
            self._rest = b""
        return lines

    def ask_to_end(self) -> None:
        """SIGTERM: Litestream sends what is left and ends, unless its target hangs."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self._signal(signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)

    def _signal(self, number: signal.Signals) -> None:
        if self._process.poll() is None:
            self._process.send_signal(number)

    def close(self) -> None:
        """Release the pipe. The process must have ended."""
        if self._process.stderr is not None:
            self._process.stderr.close()


def wait_gone(child: Child, deadline: float, wake_fd: int) -> list[bytes]:
    """Read on until the child has ended or `deadline` (CLOCK_MONOTONIC) has passed."""
    lines: list[bytes] = []
    while child.alive() and time.monotonic() < deadline:
        lines += child.read_lines(0.05, wake_fd)
        if not child.alive():
            break
        time.sleep(0.005)
    lines += child.read_lines(0.0, wake_fd)
    return lines
