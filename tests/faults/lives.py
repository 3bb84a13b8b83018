"""One life of the office after the other: start it, watch it from outside, cut or kill it, read what is left."""

from __future__ import annotations

import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.faults.cutfs import Disk, Mount, mounted
from tests.faults.office import Orders, packed

ROOT = Path(__file__).parents[2]
PATIENCE_S = 30.0


@dataclass(slots=True)
class Heard:
    """What the witness got in one life: (message, whether the power was already gone), and how the process ended."""

    messages: list[tuple[bytes, bool]] = field(default_factory=list)
    status: int | None = None


class Nursery:
    """The process that forks offices. One life at a time."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.office", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            cwd=ROOT,
        )
        theirs.close()

    def close(self) -> None:
        """End it."""
        self._control.close()
        self._process.wait(PATIENCE_S)

    @contextmanager
    def life(self, orders: Orders, mark: Callable[[str], bool]) -> Iterator[Life]:
        """An office at work. On leaving the block it is killed if it has not ended by itself, and heard out."""
        counter, their_counter = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        printer, their_printer = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        fds = [their_counter.fileno(), their_printer.fileno()]
        socket.send_fds(self._control, [packed(orders)], fds)
        their_counter.close()
        their_printer.close()
        pid = json.loads(self._control.recv(100))["pid"]
        life = Life(pid, (counter, printer), mark, echo=orders.prompt)
        try:
            yield life
        finally:
            if life.status(self._control, 0.0) is None:
                life.kill()
                life.status(self._control, PATIENCE_S)
            life.close()


class Life:
    """A running office and its witness, who listens in a thread of his own."""

    def __init__(
        self,
        pid: int,
        ways: tuple[socket.socket, ...],
        mark: Callable[[str], bool],
        *,
        echo: bool,
    ) -> None:
        self.heard = Heard()
        self.answered = threading.Event()
        self._ways, self._mark, self._echo = ways, mark, echo
        self._thread = threading.Thread(target=self._listen, name="witness", daemon=True)
        self._thread.start()
        # A handle, because the process is reaped elsewhere and its number may then be another's.
        self._process: int | None = None
        with suppress(ProcessLookupError):
            self._process = os.pidfd_open(pid)

    def kill(self) -> None:
        """SIGKILL, if it still runs."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._process, signal.SIGKILL)

    def status(self, control: socket.socket, patience_s: float) -> int | None:
        """How the process ended, or None while it runs."""
        if self.heard.status is None:
            control.settimeout(patience_s or 0.001)
            with suppress(TimeoutError):
                self.heard.status = json.loads(control.recv(100))["status"]
            control.settimeout(None)
        return self.heard.status

    def close(self) -> None:
        """Hear what is still on its way, then stop listening."""
        self._thread.join(PATIENCE_S)
        for way in self._ways:
            way.close()
        if self._process is not None:
            os.close(self._process)
            self._process = None

    def wait(self, patience_s: float) -> bool:
        """Wait for the process to close its ways, which it does by ending; whether it did."""
        self._thread.join(patience_s)
        return not self._thread.is_alive()

    def _listen(self) -> None:
        selector = selectors.DefaultSelector()
        for end in self._ways:
            selector.register(end, selectors.EVENT_READ, end)
        while selector.get_map():
            for key, _ in selector.select():
                way: socket.socket = key.data
                try:
                    message = way.recv(8192)
                except ConnectionResetError:
                    message = b""
                if not message:
                    selector.unregister(way)
                    continue
                late = not self._mark(message.decode())
                self.heard.messages.append((message, late))
                if b'"number"' in message:
                    self.answered.set()
                if self._echo:
                    with suppress(OSError):
                        way.send(b"\0")
        selector.close()


class Stage:
    """Everything a run needs: the mount, the nursery, and a folder for what stays outside of the cut disk."""

    def __init__(self, folder: Path, mount: Mount, nursery: Nursery) -> None:
        self.outside, self._mount, self._nursery = folder, mount, nursery

    def run(
        self,
        disk: Disk,
        orders: Orders,
        *,
        seconds: float = PATIENCE_S,
        litestream: Path | None = None,
    ) -> Heard:
        """One life on a disk, until it ends, its power goes, or the time is over.

        `litestream` is the folder, outside, that the database is replicated to at the same time.
        """
        place = self._mount.show(disk)
        with self._nursery.life(replace(orders, folder=str(place)), disk.mark) as life:
            replica = None if litestream is None else replicate(place / "queue.db", litestream)
            try:
                _wait_for_end(disk, life, seconds)
            finally:
                if litestream is not None:
                    disk.cut()
                if replica is not None:
                    replica.kill()
                    replica.wait(PATIENCE_S)
            if not life.wait(0.0) and orders.tickets == 0:
                disk.cut()
        return life.heard


def run_on_folder(nursery: Nursery, orders: Orders, kill_after: float) -> Heard:
    """One life on an ordinary folder, ended by SIGKILL so many seconds after its first ticket."""
    with nursery.life(orders, lambda what: True) as life:
        life.answered.wait(PATIENCE_S)
        life.wait(kill_after)
    return life.heard


def _wait_for_end(disk: Disk, life: Life, seconds: float) -> None:
    """Until the power goes, the process ends, or the time is over."""
    waited = 0.0
    while waited < seconds and not disk.gone.wait(0.01) and not life.wait(0.0):
        waited += 0.01


def replicate(database: Path, target: Path) -> subprocess.Popen[bytes]:
    """Litestream at work on a database, eager enough to flush, checkpoint and copy within a short life."""
    target.mkdir(parents=True, exist_ok=True)
    config = target.with_suffix(".yml")
    config.write_text(
        f"dbs:\n  - path: {database}\n    monitor-interval: 20ms\n    min-checkpoint-page-count: 60\n"
        f"    replicas:\n      - url: file://{target}\n        sync-interval: 20ms\n"
    )
    program = Path(sys.executable).parent / "litestream"
    with target.with_suffix(".log").open("ab") as log:
        return subprocess.Popen(
            # Whoever starts it may be killed; then it must not stay behind.
            ["setpriv", "--pdeathsig", "KILL", program, "replicate", "-config", str(config)],
            stdout=log,
            stderr=log,
        )


@contextmanager
def stage() -> Iterator[Stage]:
    """A stage with its own mount; everything is in memory and gone afterwards."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="faults-", dir=memory if memory.is_dir() else None))
    nursery = Nursery()
    try:
        with mounted(folder / "mount") as mount:
            yield Stage(folder, mount, nursery)
    finally:
        nursery.close()
        shutil.rmtree(folder, ignore_errors=True)
