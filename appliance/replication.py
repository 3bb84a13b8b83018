"""The office's replica: which place it goes to, and restoring from it as a new incarnation."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from appliance.config import OfficeConfig
from appliance.domain.identity import BeginIncarnation
from appliance.domain.office import Office
from appliance.folder_lock import FolderLock
from appliance.store.writer import QueueWriter
from appliance.workers.clock import OfficeClock
from appliance.workers.health import ReplicaGlance
from sync.litestream import Pace
from sync.replica import Replica
from sync.restore import RestoreCode, RestoreReport, restore
from sync.target import FolderTarget, ReplicaPlace, ReplicaTarget, S3Target, list_incarnations

UNFINISHED = "restoring.db"
"""A restored database before its new incarnation has begun; of no use to anybody but the next restore."""


class WrongOfficeError(Exception):
    """The database in the data folder belongs to another office than office.toml names."""

    def __init__(self, path: Path, found: str, wanted: str) -> None:
        super().__init__(f"{path} is of office {found}, not {wanted}")
        self.path, self.found, self.wanted = path, found, wanted


@dataclass(slots=True)
class KeptReplica:
    """A running replica and where it goes."""

    replica: Replica
    place: ReplicaPlace

    def start(self) -> None:
        """Begin to replicate; returns at once."""
        self.replica.start()

    def stop(self) -> None:
        """End the replication process."""
        self.replica.stop()

    def glance(self) -> ReplicaGlance:
        """Its state in the office's words."""
        state = self.replica.state()
        measured = state.measured_at is not None
        return ReplicaGlance(
            condition=state.condition.value,
            since=state.since,
            target=self.place.path,
            lag_s=state.lag_s if measured else None,
            lag_bytes=state.lag_bytes if measured else None,
            last_replicated_at=state.last_replicated_at,
            restarts=state.restarts,
            hint=state.hint,
        )


def target_of(config: OfficeConfig) -> ReplicaTarget | None:
    """Where office.toml sends the replica, or None."""
    replica = config.replica
    if replica.kind == "folder":
        return FolderTarget(replica.path)
    if replica.kind == "s3":
        return S3Target(replica.endpoint, replica.bucket, replica.key_id, replica.secret)
    return None


def incarnation_name(office: Office) -> str:
    """The folder of an incarnation: its count, and the random life that tells two cards apart."""
    return f"{office.incarnation:04d}-{office.life or 'x'}"


def keep_replica(config: OfficeConfig, office: Office) -> KeptReplica | None:
    """The replica of this incarnation, not yet started; None when office.toml wants none."""
    target = target_of(config)
    if target is None:
        return None
    place = ReplicaPlace(target, config.office, incarnation_name(office))
    pace = Pace(sync_s=config.replica.interval_s)
    return KeptReplica(Replica(config.queue_db, place, config.data / "replication", pace=pace), place)


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did. `office` is the state under its new incarnation, None when nothing was restored."""

    source: str
    report: RestoreReport
    office: Office | None


def restore_office(
    config: OfficeConfig, clock: OfficeClock, source: Path | None, incarnation: str | None = None
) -> Restored:
    """Restore queue.db from a replica and begin a new incarnation in a fresh numbering block.

    `source` is the replica's folder; None means the place that office.toml names. The newest incarnation of a folder
    is taken unless one is named. The database gets its name only when the new incarnation is in it: a cut before leaves
    nothing that an office would start on.
    """
    target = FolderTarget(source.resolve()) if source is not None else target_of(config)
    config.data.mkdir(parents=True, exist_ok=True)
    lock = FolderLock(config.data)
    try:
        if config.queue_db.exists():
            return Restored("", RestoreReport(RestoreCode.OUTPUT_EXISTS), None)
        names = list_incarnations(target, config.office) if isinstance(target, FolderTarget) else []
        chosen = incarnation or (names[0] if names else "")
        if target is None or not chosen:
            return Restored(chosen, RestoreReport(RestoreCode.NO_REPLICA), None)
        made = config.queue_db.with_name(UNFINISHED)
        for leftover in config.data.glob(f"{UNFINISHED}*"):
            leftover.unlink()
        report = restore(ReplicaPlace(target, config.office, chosen), made.resolve())
        if not report.ok:
            return Restored(chosen, report, None)
        office = _begin_incarnation(made, config.office, clock)
        _give_name(made, config.queue_db)
        return Restored(chosen, report, office)
    finally:
        lock.release()


def _begin_incarnation(database: Path, office: str, clock: OfficeClock) -> Office:
    """Begin the next incarnation in this file and leave it without a WAL; the office's new state."""
    writer = QueueWriter(database, clock.now, on_death=lambda _: None)
    clock.use_plan(writer.office)
    writer.start()
    writer.submit(BeginIncarnation(office, secrets.token_hex(4)), actor="restore").result(30.0)
    begun = writer.office
    writer.stop()
    return begun


def _give_name(made: Path, wanted: Path) -> None:
    """Put the finished file in its place with one durable step."""
    fd = os.open(made, os.O_RDONLY)
    os.fsync(fd)
    os.close(fd)
    made.rename(wanted)
    folder = os.open(wanted.parent, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(folder)
    os.close(folder)
