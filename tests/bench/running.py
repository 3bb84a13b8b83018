"""Offices as processes of their own, as in production, and what the kernel says of them."""

from __future__ import annotations

import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench.client import HEALTH, Client
from tests.bench.place import Place

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
FLUSH_MS = 10


def strace() -> str | None:
    """Where strace is, if it may trace here."""
    found = shutil.which("strace")
    if found is None:
        return None
    trial = [found, "-f", "--seccomp-bpf", "-qq", "-o", os.devnull, "-e", "trace=fsync", "true"]
    tried = subprocess.run(trial, stderr=subprocess.DEVNULL, check=False)
    return found if tried.returncode == 0 else None


def slow_flush(tracer: str) -> list[str]:
    """A prefix that makes every flush of a process take 10 ms more, and touches no other system call."""
    flushes = "fdatasync,fsync"
    inject = f"inject={flushes}:delay_exit={FLUSH_MS * 1000}"
    return [tracer, "-f", "--seccomp-bpf", "-qq", "-o", os.devnull, "-e", f"trace={flushes}", "-e", inject]


class RunningOffice:
    """`talon office` on a place, or another `module` that does the same and more. `pid` is the office's own."""

    def __init__(
        self,
        place: Place,
        *,
        prefix: Sequence[str] = (),
        module: Sequence[str] = ("appliance", "office"),
        pass_fds: Sequence[int] = (),
        notify: Path | None = None,
    ) -> None:
        environment = dict(os.environ)
        if notify is not None:
            environment["NOTIFY_SOCKET"] = str(notify)
        name, *arguments = module
        self._log = (place.folder / "office.log").open("ab")
        self.began = time.monotonic()
        self._process = subprocess.Popen(
            [*prefix, sys.executable, "-m", name, *arguments, str(place.toml)],
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=environment,
            pass_fds=pass_fds,
        )
        self._prefixed = bool(prefix)
        self._out = b""
        self.owner_code = ""
        self.port = 0

    @property
    def pid(self) -> int:
        """The office's process, below whatever was put before its command."""
        return children(self._process.pid)[0] if self._prefixed else self._process.pid

    def wait_told(self, within_s: float = 60.0) -> int:
        """Read what it says until its address is known; its port."""
        until = time.monotonic() + within_s
        while not self.port:
            line = self._line(until)
            if "http://" in line:
                self.port = int(line.rsplit(":", 1)[1].split("/")[0])
        return self.port

    def wait_owner_code(self, within_s: float = 60.0) -> str:
        """Read on until the owner's code is told."""
        until = time.monotonic() + within_s
        while not self.owner_code:
            line = self._line(until)
            if line.startswith("Owner code"):
                self.owner_code = line.rpartition(" ")[2]
        return self.owner_code

    def client(self, within_s: float = 60.0) -> Client:
        """A connection to the web, as soon as it answers."""
        port = self.wait_told(within_s)
        until = time.monotonic() + within_s
        while True:
            try:
                client = Client(port)
            except ConnectionRefusedError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.005)
                continue
            client.get(HEALTH)
            return client

    def owner(self) -> Client:
        """A connection on which the owner has signed in."""
        client = self.client()
        answer = client.post("/api/v1/session/owner", {"code": self.wait_owner_code()})
        assert answer.status == 200, answer.body
        found = re.search(rb"(?i)set-cookie: ([^;]+)", answer.head)
        assert found is not None
        client.cookie = found[1].decode()
        return client

    def stop(self) -> None:
        """End it as a service manager would."""
        if self._process.poll() is None:
            os.kill(self.pid, signal.SIGTERM)
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                os.kill(self.pid, signal.SIGKILL)
                self._process.wait(15)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._log.close()

    def _line(self, until: float) -> str:
        assert self._process.stdout is not None
        number = self._process.stdout.fileno()
        while b"\n" not in self._out:
            ready, _, _ = select.select([number], [], [], max(0.0, until - time.monotonic()))
            data = os.read(number, 4096) if ready else b""
            if not data:
                said = Path(self._log.name).read_text(encoding="utf-8")
                raise TimeoutError(f"the office didn't start: {said[-2000:]}")
            self._out += data
        line, _, self._out = self._out.partition(b"\n")
        return line.decode()


class Notices:
    """A socket like the service manager's, on which offices say how far they are."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.path))
        self._socket.settimeout(60.0)

    def wait(self, message: str) -> float:
        """CLOCK_MONOTONIC seconds at which `message` came."""
        while self._socket.recv(4096).decode() != message:
            pass
        return time.monotonic()

    def close(self) -> None:
        """Take it away."""
        self._socket.close()
        self.path.unlink()


def children(pid: int) -> list[int]:
    """The processes that this one has started."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def cpu_s(pid: int) -> float:
    """Seconds of CPU that a process has used, all threads, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


def memory_mb(pid: int, what: str = "VmRSS") -> float:
    """A figure of /proc/PID/status in units of 10^6 bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise LookupError(what)
