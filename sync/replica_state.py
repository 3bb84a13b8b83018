"""What is known of one copy: its condition, how far it is behind, and what was done to heal it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ReplicaCondition(StrEnum):
    """`failed`: the replica isn't being kept, whether a process lives or not."""

    RUNNING = "running"
    STARTING = "starting"
    STOPPED = "stopped"
    FAILED = "failed"
    NO_BINARY = "no-binary"


@dataclass(frozen=True, slots=True)
class ReplicaState:
    """What is known of a copy at the last look (at most one poll ago).

    `since`, `last_replicated_at` and `measured_at` (when the lag was looked at) are UTC.
    `lag_bytes`/`lag_s`: see `sync.lag.Lag`; both 0 when the target holds everything committed.
    `hint` is a code of what a person should look at, '' when nothing. `place` is the copy's name. `restarts` counts
    those of the process that were not asked for, `errors` the errors that Litestream reported of this copy.
    `renewed`: how often a new generation was begun to heal it; `last_step` and `last_reason`: what the watchdog did
    last. `kept_bytes`: what Litestream keeps of the database on this disk.
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
    place: str = "main"
    errors: int = 0
    renewed: int = 0
    last_step: str = ""
    last_reason: str = ""
    kept_bytes: int = 0
