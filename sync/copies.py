"""What the supervisor knows of one copy while it is kept: positions, troubles, and the state it publishes."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sync.backlog import Weight, weigh
from sync.lag import Lag, LagMeter
from sync.litestream import (
    Copy,
    LogKind,
    LogLine,
    Position,
    hint_for,
)
from sync.litestream_folders import Kept, generation_age, kept_here, newest_piece, relabel_generation
from sync.replica_state import ReplicaCondition, ReplicaState
from sync.target import FolderTarget, folder_obstacle, secret_obstacle
from sync.watchdog import Limits, Signs, Verdict

log = logging.getLogger("talon.sync.replica")

MAIN = "main"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the supervisor waits, in seconds.

    `backoff_s` doubles after each early death up to `backoff_cap_s`. Litestream is started anew
    after a silence of `mute_s` (it logs on every sync); when an upload has taken longer than
    `folder_upload_s` or `s3_upload_s` (0.3.13 waits for ever when a folder refuses a file, and then
    doesn't heed SIGTERM) and the time its bytes need at `slow_bps` bytes a second; when something is missing and it
    tried last `retry_s` ago, which doubles up to `retry_cap_s` while nothing arrives. A copy that is alone in its
    trouble is set aside for `aside_s`, which doubles up to `aside_cap_s`. `weigh_s`: how often it is weighed at most,
    and how often the disk is looked at. What has not changed for `quiet_s` is flushed.
    """

    poll_s: float = 1.0
    backoff_s: float = 0.5
    backoff_cap_s: float = 30.0
    mute_s: float = 15.0
    retry_s: float = 60.0
    retry_cap_s: float = 300.0
    folder_upload_s: float = 10.0
    s3_upload_s: float = 900.0
    slow_bps: float = 2000.0
    aside_s: float = 60.0
    aside_cap_s: float = 3600.0
    weigh_s: float = 60.0
    quiet_s: float = 30.0


class KeptCopy:
    """One copy under care. All of it runs in the supervising thread; `state` may be read from any."""

    def __init__(self, copy: Copy, patience: Patience, limits: Limits) -> None:
        self.copy = copy
        self._patience, self._limits = patience, limits
        self._meter = LagMeter(copy.db, time.monotonic())
        self.state = ReplicaState(ReplicaCondition.STOPPED, datetime.now(UTC), place=copy.name)
        self.confirmed: Position | None = None
        self._confirmed_at: datetime | None = None
        self.trouble = ""  # the hint of what stands in the way now
        self._error = ""
        self.last_words = ""  # the last error of this process
        self._found = False  # this process has read the target
        self._proven = False  # a piece arrived, or nothing was missing, since the last trouble
        self._lost_at: float | None = None
        self._uploading: tuple[float, float] | None = None  # since when, and for how long at most
        self._refused: float | None = None
        self._fruitless = 0
        self._asides = 0
        self.aside_until = 0.0
        self.restarts = 0
        self._errors = 0
        self._renewed = 0
        self._last = ("", "")
        self._kept = Kept()
        self._weight: Weight | None = None
        self._next_weighing = self._next_count = 0.0

    @property
    def name(self) -> str:
        return self.copy.name

    @property
    def folder(self) -> FolderTarget | None:
        """Its target when that is a folder."""
        return self.copy.place.target if isinstance(self.copy.place.target, FolderTarget) else None

    def is_meant(self, line: LogLine) -> bool:
        """Whether a line of the log is about this copy (or about all)."""
        return line.db in ("", str(self.copy.db)) and line.replica in ("", self.name)

    def obstacle(self, now: float) -> str:
        """Why it can't be kept now; '' when it can."""
        if hint := folder_obstacle(self.copy.place) or secret_obstacle(self.copy.place):
            return hint
        if now < self.aside_until:
            return self.trouble or "set-aside"
        return self._seal_obstacle()

    def _seal_obstacle(self) -> str:
        seal = self.copy.seal
        if seal is None or seal.own.exists():
            return ""
        try:
            seal.own.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            command = [sys.executable, "-m", "sync.seal", str(seal.own)]
            root = Path(__file__).resolve().parents[1]
            subprocess.run(command, cwd=root, stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=True)
        except (OSError, subprocess.SubprocessError) as problem:
            self._error = str(problem)[:300]
            return "seal-failed"
        return ""

    @property
    def uploading(self) -> bool:
        """Whether an upload is under way."""
        return self._uploading is not None

    def begin_life(self) -> None:
        """A process that keeps it is about to start."""
        self._found = self._proven = False
        self.last_words = ""
        self._uploading = self._refused = None
        self._close_gap()

    def _close_gap(self) -> None:
        """A folder that was away while its next pieces were thrown away begins anew under the same generation."""
        kept = kept_here(self.copy.db)
        if self.folder is None or not kept.generation:
            return
        try:
            last = newest_piece(self.copy.place, kept.generation)
            if last is not None and last[0].index < kept.oldest:
                relabel_generation(self.copy.place, kept.generation)
                self.renewed("gap")
        except OSError as problem:
            self._error = str(problem)[:300]

    def take(self, line: LogLine, now: float) -> None:
        """A line of the log that is about this copy."""
        self._found |= line.kind is LogKind.FOUND
        if line.kind in (LogKind.WRITTEN, LogKind.FOUND) and line.position is not None:
            self.confirmed, self._confirmed_at = line.position, datetime.now(UTC)
        match line.kind:
            case LogKind.WRITING:
                self._uploading = now, self._upload_limit(0)
            case LogKind.SNAPSHOT:
                self._uploading = now, self._upload_limit(_size(self.copy.db))
            case LogKind.SNAPSHOT_WRITTEN:
                self._uploading = None
            case LogKind.WRITTEN:
                # A position that was only found proves reading, not writing.
                self.trouble, self._proven = "", True
                self._uploading = self._refused = None
                self._fruitless = self._asides = 0
            case LogKind.ERROR:
                self._error = self.last_words = line.text
                self.trouble, self._proven = hint_for(line.text), False
                self._uploading, self._refused = None, now
                self._errors += 1

    def _upload_limit(self, size: int) -> float:
        patience = self._patience
        if self.folder is not None:
            return patience.folder_upload_s + size / (1 << 20)
        # A WAL file is some megabytes at most, and what travels is a fraction of it.
        return patience.s3_upload_s + size / patience.slow_bps

    def look(self, now: float, pid: int | None, *, running: bool) -> None:
        """Measure the lag and say how things are."""
        lag = self._meter.measure(self.confirmed, now)
        if now >= self._next_count:
            self._next_count = now + self._patience.weigh_s
            self._kept = kept_here(self.copy.db)
        if not running:
            self._publish(self.state.condition, hint=self.state.hint, lag=lag)
            return
        if lag.missing == 0 and self._found:
            self.trouble, self._proven = "", True
            self._fruitless = self._asides = 0
        if self.trouble:
            condition, hint = ReplicaCondition.FAILED, self.trouble
        elif self._proven:
            condition, hint = ReplicaCondition.RUNNING, ""
        else:
            condition = ReplicaCondition.STARTING
            hint = "" if self.copy.db.exists() else "waiting-for-database"
        self._publish(condition, hint=hint, pid=pid, lag=lag)

    def signs(self, now: float, silent_s: float, *, secondary: bool, alone: bool) -> Signs:
        """What the watchdog wants to know; weighs when there is enough to be weighed."""
        backlog = self._backlog()
        fresh = None
        long = self.state.lag_s >= self._limits.outage_s
        if long and backlog is not None and backlog > self._limits.floor_bytes and self._reweigh(now):
            assert self._weight is not None
            backlog, fresh = round(backlog * self._weight.wal_ratio), self._weight.fresh_bytes
        since, limit = self._uploading or (now, 0.0)
        return Signs(
            trouble=self.trouble,
            silent_s=silent_s,
            uploading_s=now - since if self._uploading else None,
            upload_limit_s=limit,
            refused_s=now - self._refused if self._refused is not None else None,
            fruitless=self._fruitless,
            secondary=secondary,
            alone=alone,
            lag_s=self.state.lag_s,
            backlog_bytes=backlog,
            fresh_bytes=fresh,
            disk_bytes=self._kept.bytes,
        )

    def _backlog(self) -> int | None:
        """Bytes of WAL to catch up; None while the target holds nothing of this generation."""
        state = self.state
        if self.confirmed is None or self.confirmed.generation != state.generation:
            return None
        return state.lag_bytes

    def _reweigh(self, now: float) -> bool:
        if now >= self._next_weighing:
            self._next_weighing = now + self._patience.weigh_s
            self._weight = weigh(self.copy.db)
        return self._weight is not None

    def is_old(self) -> bool:
        """Whether its generation has been written for longer than it may be (or in the future, by a clock that was
        set)."""
        renew_s = self.copy.pace.renew_s
        return renew_s > 0 and abs(generation_age(self.copy.db, time.time())) > renew_s

    def was_wiped(self) -> bool:
        """0.3.13 goes on appending to an emptied folder; only a restart makes it write a
        snapshot."""
        if self.confirmed is None or self.folder is None:
            return False
        generation = Path(self.copy.place.path) / "generations" / self.confirmed.generation
        return not (generation / "snapshots").is_dir()

    def stepped(self, verdict: Verdict) -> None:
        """The watchdog does this to the copy."""
        self._last = verdict.step.value, verdict.reason
        self._fruitless += 1
        self._uploading = None
        log.warning("replica %s: %s because of %s", self.name, verdict.step, verdict.reason)

    def set_aside(self, now: float) -> None:
        """Keep the others without it for a while, longer each time."""
        patience = self._patience
        self.aside_until = now + min(patience.aside_s * 2 ** min(self._asides, 10), patience.aside_cap_s)
        self._asides += 1

    def renewed(self, reason: str) -> None:
        """Its generation was given up for a fresh one."""
        self.confirmed = None
        self.trouble = ""
        self._renewed += 1
        self._next_count = 0.0
        self._weight = None
        self._next_weighing = 0.0
        log.info("replica %s: new generation (%s)", self.name, reason)

    def relabel(self) -> None:
        """Give up the generation in its folder, leaving the other copies' alone. Raises `OSError`."""
        relabel_generation(self.copy.place, kept_here(self.copy.db).generation)

    def fail(self, hint: str, error: str, pid: int | None = None) -> None:
        """It can't be kept: say so."""
        self._error, self.trouble = error or self._error, hint
        condition = ReplicaCondition.NO_BINARY if hint == "no-binary" else ReplicaCondition.FAILED
        self._publish(condition, hint=hint, pid=pid)

    def starting(self) -> None:
        """Nothing is known yet."""
        self._publish(ReplicaCondition.STARTING)

    def stopped(self) -> None:
        """The supervision has ended; the last look."""
        self._publish(ReplicaCondition.STOPPED, lag=self._meter.measure(self.confirmed, time.monotonic()))

    def without_process(self) -> None:
        """The process has ended."""
        self.state = replace(self.state, pid=None)

    def _publish(
        self, condition: ReplicaCondition, *, hint: str = "", pid: int | None = None, lag: Lag | None = None
    ) -> None:
        old = self.state
        changed = condition is not old.condition
        self.state = ReplicaState(
            condition=condition,
            since=datetime.now(UTC) if changed else old.since,
            pid=pid,
            generation=lag.generation if lag else old.generation,
            last_replicated_at=self._confirmed_at,
            lag_bytes=lag.missing if lag else old.lag_bytes,
            lag_s=lag.seconds if lag else old.lag_s,
            measured_at=datetime.now(UTC) if lag else old.measured_at,
            restarts=self.restarts,
            last_error=self._error,
            hint=hint,
            place=self.name,
            errors=self._errors,
            renewed=self._renewed,
            last_step=self._last[0],
            last_reason=self._last[1],
            kept_bytes=self._kept.bytes,
        )
        whose = "" if self.name == MAIN else f" {self.name}"
        if condition in (ReplicaCondition.FAILED, ReplicaCondition.NO_BINARY) and self._lost_at is None:
            self._lost_at = time.monotonic()
            log.warning("replica%s lost: %s %s", whose, hint, self._error)
        elif condition is ReplicaCondition.RUNNING and self._lost_at is not None:
            log.info("replica%s back after %.0f s", whose, time.monotonic() - self._lost_at)
            self._lost_at = None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
