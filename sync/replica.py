"""Keeps a live replica of one database with Litestream, and says honestly how far behind it is.

The queue never waits for this: `start` returns at once, all the work is in one thread, and whatever
fails is a state.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from sync.child import Child, wait_gone
from sync.lag import Lag, LagMeter
from sync.litestream import (
    LogKind,
    Pace,
    Position,
    child_environment,
    find_binary,
    hint_for,
    parse_log,
    render_config,
    write_config,
)
from sync.target import FolderTarget, ReplicaPlace, folder_obstacle

log = logging.getLogger("talon.sync.replica")

_STOP_GRACE_S = 3.0
_LONG_LIFE_S = 10.0


class ReplicaCondition(StrEnum):
    """`failed`: the replica isn't being kept, whether a process lives or not."""

    RUNNING = "running"
    STARTING = "starting"
    STOPPED = "stopped"
    FAILED = "failed"
    NO_BINARY = "no-binary"


@dataclass(frozen=True, slots=True)
class ReplicaState:
    """What is known of the replica at the last look (at most one poll ago).

    `since`, `last_replicated_at` and `measured_at` (when the lag was looked at) are UTC.
    `lag_bytes`/`lag_s`: see `sync.lag.Lag`; both 0 when the target holds everything committed.
    `hint` is a code of what a person should look at, '' when nothing.
    """

    condition: ReplicaCondition
    since: datetime
    pid: int | None = None
    generation: str = ""
    last_replicated_at: datetime | None = None
    lag_bytes: int = 0
    lag_s: float = 0.0
    measured_at: datetime | None = None
    restarts: int = 0
    last_error: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the supervisor waits, in seconds.

    `backoff_s` doubles after each early death up to `backoff_cap_s`. Litestream is started anew
    after a silence of `mute_s` (it logs on every sync); when an upload has taken longer than
    `folder_upload_s` or `s3_upload_s` (0.3.13 waits for ever when a folder refuses a file, and then
    doesn't heed SIGTERM); when something is missing and it tried last `retry_s` ago.
    """

    poll_s: float = 1.0
    backoff_s: float = 0.5
    backoff_cap_s: float = 30.0
    mute_s: float = 15.0
    retry_s: float = 60.0
    folder_upload_s: float = 10.0
    s3_upload_s: float = 900.0


class Replica:
    """The life of one replica. `start` once, `stop` once; `state` from any thread at any time."""

    def __init__(
        self,
        db: Path,
        place: ReplicaPlace,
        workdir: Path,
        *,
        pace: Pace | None = None,
        patience: Patience | None = None,
        binary: Path | None = None,
    ) -> None:
        """`db` may not exist yet; `workdir` holds nothing worth keeping.

        `binary` None: look for it, again before each start. Raises `ValueError` for what can't be
        written in a configuration.
        """
        self._db = db
        self._place = place
        self._workdir = workdir
        self._patience = patience or Patience()
        self._pace = pace or Pace()
        self._binary = binary
        self._config = render_config(db, place, self._pace)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._wake_r, self._wake_w = os.pipe()
        self._state = ReplicaState(ReplicaCondition.STOPPED, datetime.now(UTC))
        self._meter = LagMeter(db, time.monotonic())
        self._next_look = 0.0
        self._confirmed: Position | None = None
        self._confirmed_at: datetime | None = None
        self._trouble = ""  # the hint of what stands in the way now
        self._error = ""
        self._last_words = ""  # the last error of this process
        self._found = False  # this process has read the target
        self._proven = False  # a piece arrived, or nothing was missing, since the last trouble
        self._lost_at: float | None = None
        self._starts = 0

    def state(self) -> ReplicaState:
        """The newest state; never waits."""
        return self._state

    def start(self) -> None:
        """Begin to keep the replica; returns at once. Raises `RuntimeError` the second time."""
        if self._thread is not None:
            raise RuntimeError("a replica is started once")
        self._publish(ReplicaCondition.STARTING)
        self._thread = threading.Thread(target=self._run, name="replica", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Let Litestream send the rest and end; killed after 3 s. Safe to call twice."""
        if self._thread is None or self._stopping.is_set():
            return
        self._stopping.set()
        os.write(self._wake_w, b"x")
        # Longer than the grace, so that the kill and the wait for it fit in.
        self._thread.join(_STOP_GRACE_S + 6.0)
        if not self._thread.is_alive():
            os.close(self._wake_r)
            os.close(self._wake_w)

    # Everything below runs in the supervising thread alone.

    def _run(self) -> None:
        early_deaths = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                self._one_life()
            except Exception as problem:
                # The supervisor must outlive its own mistakes: the state says what happened.
                log.exception("replica: unexpected error")
                self._fail("internal-error", repr(problem)[:300])
            early_deaths = 0 if time.monotonic() - began > _LONG_LIFE_S else early_deaths + 1
            delay = self._patience.backoff_s * 2 ** min(early_deaths - 1, 10) if early_deaths else 0.1
            self._pause(min(delay, self._patience.backoff_cap_s))
        lag = self._meter.measure(self._confirmed, time.monotonic())
        self._publish(ReplicaCondition.STOPPED, lag=lag)

    def _one_life(self) -> None:
        """Wait until nothing stands in the way, then run one process until it ends."""
        while (obstacle := self._obstacle()) is not None:
            self._fail(*obstacle)
            if self._pause(self._patience.poll_s):
                return
        binary = self._find_binary()
        if binary is None:
            return
        self._workdir.mkdir(parents=True, exist_ok=True)
        lock = os.open(self._workdir / "litestream.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            # Two processes on one database would cut each other's generations for ever.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            env = child_environment(self._place, os.environ)
            config = self._workdir / "litestream.yml"
            write_config(config, self._config)
            command = [str(binary), "replicate", "-config", str(config), "-no-expand-env"]
            child = Child(command, env, self._workdir, lock)
        except BlockingIOError:
            self._fail("already-running", "another Litestream holds this replica")
            return
        except (OSError, ValueError) as problem:
            self._fail(
                "secret-unreadable" if "secret" in str(problem) else hint_for(str(problem)),
                str(problem)[:300],
            )
            return
        finally:
            os.close(lock)
        self._starts += 1
        try:
            self._keep(child)
        finally:
            child.kill()
            child.close()
            self._state = replace(self._state, pid=None)

    def _obstacle(self) -> tuple[str, str] | None:
        if self._find_binary() is None:
            return "no-binary", ""
        hint = folder_obstacle(self._place)
        return (hint, f"{hint}: {self._place.path}") if hint else None

    def _find_binary(self) -> Path | None:
        if self._binary is None:
            return find_binary()
        return self._binary if os.access(self._binary, os.X_OK) and self._binary.is_file() else None

    def _keep(self, child: Child) -> None:
        patience = self._patience
        upload_s = patience.folder_upload_s if isinstance(self._place.target, FolderTarget) else patience.s3_upload_s
        self._found = self._proven = False
        self._last_words = ""
        heard = time.monotonic()
        uploading: float | None = None
        refused: float | None = None
        self._look(child, force=True)
        while not self._stopping.is_set():
            lines = child.read_lines(min(patience.poll_s, 1.0), self._wake_r)
            now = time.monotonic()
            for line in lines:
                heard = now
                kind = self._take(line)
                if kind is LogKind.WRITING:
                    uploading = now
                elif kind is LogKind.WRITTEN:
                    uploading = refused = None
                elif kind is LogKind.ERROR:
                    uploading, refused = None, now
            if not child.alive():
                code = child.returncode()
                self._fail("litestream-ended", self._last_words or f"litestream ended with {code}")
                return
            if now - heard > patience.mute_s or (uploading is not None and now - uploading > upload_s):
                self._fail("stalled", "litestream made no progress and was restarted")
                return
            self._look(child)
            if hint := folder_obstacle(self._place):
                self._fail(hint, f"{hint}: {self._place.path}")
                return
            if self._trouble and refused is not None and now - refused > patience.retry_s:
                # After an error 0.3.13 tries again only when the next transaction comes.
                return
            if self._target_was_wiped():
                self._confirmed = None
                self._fail("target-wiped", "the generation is gone from the target")
                return
        child.ask_to_end()
        for line in wait_gone(child, time.monotonic() + _STOP_GRACE_S, self._wake_r):
            self._take(line)

    def _take(self, line: bytes) -> LogKind:
        entry = parse_log(line)
        self._found |= entry.kind is LogKind.FOUND
        if entry.kind in (LogKind.WRITTEN, LogKind.FOUND) and entry.position is not None:
            self._confirmed, self._confirmed_at = entry.position, datetime.now(UTC)
        if entry.kind is LogKind.WRITTEN:
            # A position that was only found proves reading, not writing.
            self._trouble, self._proven = "", True
        elif entry.kind is LogKind.ERROR:
            self._error = self._last_words = entry.text
            self._trouble, self._proven = hint_for(entry.text), False
        return entry.kind

    def _target_was_wiped(self) -> bool:
        """0.3.13 goes on appending to an emptied folder; only a restart makes it write a
        snapshot."""
        if self._confirmed is None or not isinstance(self._place.target, FolderTarget):
            return False
        generation = Path(self._place.path) / "generations" / self._confirmed.generation
        return not (generation / "snapshots").is_dir()

    def _pause(self, seconds: float) -> bool:
        """Wait, still looking at the lag; True when it is time to stop."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self._stopping.wait(min(left, self._patience.poll_s)):
                return True
            self._look(None)
        return self._stopping.is_set()

    def _look(self, child: Child | None, *, force: bool = False) -> None:
        """Measure the lag and say how things are, at most once a poll."""
        now = time.monotonic()
        if now < self._next_look and not force:
            return
        self._next_look = now + self._patience.poll_s
        lag = self._meter.measure(self._confirmed, now)
        if child is None:
            self._publish(self._state.condition, hint=self._state.hint, lag=lag)
            return
        if lag.missing == 0 and self._found:
            self._trouble, self._proven = "", True
        if self._trouble:
            condition, hint = ReplicaCondition.FAILED, self._trouble
        elif self._proven:
            condition, hint = ReplicaCondition.RUNNING, ""
        else:
            condition = ReplicaCondition.STARTING
            hint = "" if self._db.exists() else "waiting-for-database"
        self._publish(condition, hint=hint, pid=child.pid, lag=lag)

    def _fail(self, hint: str, error: str) -> None:
        self._error, self._trouble = error or self._error, hint
        condition = ReplicaCondition.NO_BINARY if hint == "no-binary" else ReplicaCondition.FAILED
        self._publish(condition, hint=hint, pid=self._state.pid)

    def _publish(
        self,
        condition: ReplicaCondition,
        *,
        hint: str = "",
        pid: int | None = None,
        lag: Lag | None = None,
    ) -> None:
        old = self._state
        changed = condition is not old.condition
        self._state = ReplicaState(
            condition=condition,
            since=datetime.now(UTC) if changed else old.since,
            pid=pid,
            generation=lag.generation if lag else old.generation,
            last_replicated_at=self._confirmed_at,
            lag_bytes=lag.missing if lag else old.lag_bytes,
            lag_s=lag.seconds if lag else old.lag_s,
            measured_at=datetime.now(UTC) if lag else old.measured_at,
            restarts=max(0, self._starts - 1),
            last_error=self._error,
            hint=hint,
        )
        if condition in (ReplicaCondition.FAILED, ReplicaCondition.NO_BINARY) and self._lost_at is None:
            self._lost_at = time.monotonic()
            log.warning("replica lost: %s %s", hint, self._error)
        elif condition is ReplicaCondition.RUNNING and self._lost_at is not None:
            log.info("replica back after %.0f s", time.monotonic() - self._lost_at)
            self._lost_at = None
