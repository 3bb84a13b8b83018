"""A real replica of a real writer's database, for the tests and the kill matrix beside this
file."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sync.litestream import Pace
from sync.replica import Patience, Replica, ReplicaState
from sync.target import FolderTarget, ReplicaPlace

WRITER = Path(__file__).with_name("writer.py")
FAST = Pace(sync_s=0.1)
EAGER = Patience(poll_s=0.05, backoff_s=0.05, backoff_cap_s=0.2, retry_s=0.5)


def place_in(folder: Path) -> ReplicaPlace:
    return ReplicaPlace(FolderTarget(folder), "office-17", "a1")


def make_replica(home: Path, patience: Patience = EAGER) -> Replica:
    return Replica(home / "queue.db", place_in(home / "target"), home / "work", pace=FAST, patience=patience)


def wait_for(replica: Replica, wanted: Callable[[ReplicaState], bool], within: float = 10.0) -> ReplicaState:
    """The first state that fulfils `wanted`; AssertionError with the last one otherwise."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        state = replica.state()
        if wanted(state):
            return state
        time.sleep(0.01)
    raise AssertionError(f"still {replica.state()}")


def wait_complete(replica: Replica, within: float = 10.0) -> ReplicaState:
    """Until a look that began after this call finds nothing missing at the target."""
    asked = datetime.now(UTC)
    return wait_for(
        replica,
        lambda s: s.lag_bytes == 0 and s.measured_at is not None and s.measured_at > asked,
        within,
    )


class Writer:
    """The writer in a process of its own. `acknowledged` is the last id it printed after a
    commit."""

    def __init__(self, db: Path, pause_s: float = 0.01) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(WRITER), str(db), str(pause_s)],
            stdout=subprocess.PIPE,
            text=True,
        )
        self.acknowledged = 0

    def _end(self, how: signal.Signals) -> None:
        self._process.send_signal(how)
        out, _ = self._process.communicate(timeout=10)
        # The last line may be cut in the middle.
        ids = [int(line) for line in out.split("\n")[:-1]]
        self.acknowledged = ids[-1] if ids else 0

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def end(self) -> None:
        """Finish the transaction, close the database, exit."""
        self._end(signal.SIGTERM)


def copy_of(db: Path, folder: Path) -> Path:
    """A byte copy of a quiet database; the WAL first, so that a checkpoint in between does no
    harm."""
    copy = folder / "source-copy.db"
    for suffix in ("-wal", "-shm", ""):
        copy.with_name(copy.name + suffix).unlink(missing_ok=True)
    wal = db.with_name(db.name + "-wal")
    if wal.exists():
        shutil.copyfile(wal, copy.with_name(copy.name + "-wal"))
    shutil.copyfile(db, copy)
    return copy
