"""The office's replica: which place it goes to, and restoring from it as a new incarnation."""

from __future__ import annotations

import logging
import os
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from appliance.config import OfficeConfig
from appliance.domain.identity import BeginIncarnation
from appliance.domain.office import Office
from appliance.folder_lock import FolderLock
from appliance.store.writer import QueueWriter
from appliance.workers.clock import OfficeClock
from appliance.workers.health import ReplicaGlance
from sync.centre_keys import CentreKeys, CentreKeysError, read_centre_keys
from sync.copies import MAIN
from sync.litestream import PERSONAL, STICK, Copy, Pace, Seal
from sync.replica import Replica, ReplicaState
from sync.restore import RestoreCode, RestoreReport, restore_newest
from sync.target import FolderTarget, ReplicaPlace, ReplicaTarget, S3Target, list_incarnations
from sync.tunnel import Tunnel

log = logging.getLogger(__name__)

LOOK_S = 5.0
TUNNEL_HINTS = {
    "no-stunnel": "no-stunnel",
    "keys-unreadable": "keys-unreadable",
    "port-taken": "port-taken",
    "certificate-expired": "certificate-expired",
    "refused": "certificate-refused",
    "not-the-centre": "not-the-centre",
    "unreachable": "target-unreachable",
}
"""What stands in the tunnel's way, in the words of the copy's hints."""
UNFINISHED = "restoring.db"
"""A restored database before its new incarnation has begun; of no use to anybody but the next restore."""


class WrongOfficeError(Exception):
    """The database in the data folder belongs to another office than office.toml names."""

    def __init__(self, path: Path, found: str, wanted: str) -> None:
        super().__init__(f"{path} is of office {found}, not {wanted}")
        self.path, self.found, self.wanted = path, found, wanted


class KeptReplica:
    """The copies of one incarnation, and the way to the centre. `start` once, `stop` once; `glance` from any thread.

    When the keys change (an enrolment, a renewal), the copies go on with the new ones within LOOK_S.
    """

    def __init__(self, config: OfficeConfig, incarnation: str) -> None:
        self._config, self._incarnation = config, incarnation
        self._stopping = threading.Event()
        self._watcher: threading.Thread | None = None
        self._lock = threading.Lock()
        self._way = find_way(config, incarnation)
        self._replica = self._made(self._way)
        self._blocked_since = datetime.now(UTC)

    @property
    def replica(self) -> Replica | None:
        """The running copies, None while there is nowhere to copy to."""
        return self._replica

    def start(self) -> None:
        """Begin to replicate; returns at once."""
        with self._lock:
            self._begin()
        if self._config.replica.kind == "centre":
            self._watcher = threading.Thread(target=self._watch, name="replica keys", daemon=True)
            self._watcher.start()

    def stop(self) -> None:
        """End the replication processes."""
        self._stopping.set()
        with self._lock:
            self._end()

    def glance(self) -> ReplicaGlance:
        """The state of the main copy in the office's words."""
        replica, way = self._replica, self._way
        if replica is None or way.obstacle:
            return ReplicaGlance("failed", self._blocked_since, way.target, None, None, None, 0, way.obstacle)
        state = replica.state()
        measured = state.measured_at is not None
        hint = state.hint
        if way.tunnel is not None and state.condition.value != "running":
            hint = TUNNEL_HINTS.get(way.tunnel.state().hint, hint)
        return ReplicaGlance(
            condition=state.condition.value,
            since=state.since,
            target=way.target,
            lag_s=state.lag_s if measured else None,
            lag_bytes=state.lag_bytes if measured else None,
            last_replicated_at=state.last_replicated_at,
            restarts=state.restarts,
            hint=hint,
        )

    def states(self) -> Mapping[str, ReplicaState]:
        """Every copy by its name: `main`, `stick`, `personal`."""
        replica = self._replica
        return {} if replica is None else replica.states()

    def fresh_snapshot(self, name: str = MAIN, between: Callable[[], object] | None = None) -> threading.Event:
        """See `sync.replica.Replica.fresh_snapshot`; where nothing is copied, `between` is called and it is done."""
        with self._lock:
            replica = self._replica
            if replica is not None and name in replica.states():
                return replica.fresh_snapshot(name, between)
        done = threading.Event()
        if between is not None:
            between()
        done.set()
        return done

    def _begin(self) -> None:
        if self._way.tunnel is not None:
            self._way.tunnel.start()
        if self._replica is not None:
            self._replica.start()

    def _end(self) -> None:
        if self._replica is not None:
            self._replica.stop()
        if self._way.tunnel is not None:
            self._way.tunnel.stop()

    def _made(self, way: Way) -> Replica | None:
        if not way.copies:
            return None
        main, *also = way.copies
        workdir = self._config.data / "replication"
        return Replica(main.db, main.place, workdir, pace=main.pace, also=also)

    def _watch(self) -> None:
        while not self._stopping.wait(LOOK_S):
            try:
                keys = _keys_or_none(self._config)
                if keys is None or same_way(keys, self._way.keys):
                    continue
                with self._lock:
                    if self._stopping.is_set():
                        return
                    log.info("replica: the keys have changed")
                    self._end()
                    self._way = find_way(self._config, self._incarnation)
                    self._replica = self._made(self._way)
                    self._begin()
            except Exception:
                log.exception("replica: the keys could not be taken over")


@dataclass(frozen=True, slots=True)
class Way:
    """Where the copies go. The first of `copies` is the main one; `obstacle` is why the main one can't be kept.

    `not-enrolled`, `not-bound`, `other-incarnation`, `keys-unreadable`.
    """

    copies: tuple[Copy, ...] = ()
    target: str = ""
    obstacle: str = ""
    keys: CentreKeys | None = None
    tunnel: Tunnel | None = None


def find_way(config: OfficeConfig, incarnation: str) -> Way:
    """The copies that office.toml and the keys ask for in this incarnation."""
    way = _main_way(config, incarnation)
    usb = config.replica.usb
    if usb is not None:
        place = ReplicaPlace(FolderTarget(usb, mount_point=not config.replica.usb_folder), config.office, incarnation)
        # Without a main copy the stick's is the main one for Litestream, and the obstacle is still told.
        name, pace = ("stick", STICK) if way.copies else (MAIN, STICK)
        way = replace(way, copies=(*way.copies, Copy(name, config.queue_db, place, pace)))
        way = replace(way, target=way.target or place.path)
    return way


def _main_way(config: OfficeConfig, incarnation: str) -> Way:
    keys, tunnel = None, None
    if config.replica.kind == "centre":
        try:
            keys = read_centre_keys(config.data)
            if keys is None:
                return Way(obstacle="not-enrolled")
            if not keys.incarnation:
                return Way(obstacle="not-bound", keys=keys)
            if keys.incarnation != incarnation:
                return Way(obstacle="other-incarnation", keys=keys)
            tunnel = Tunnel(keys, config.data / "replication")
        except (CentreKeysError, ValueError, OSError) as error:
            log.warning("replica: %s", error)
            return Way(obstacle="keys-unreadable", keys=keys)
        target: ReplicaTarget | None = centre_target(keys, tunnel)
    else:
        target = target_of(config)
    if target is None:
        return Way()
    place = ReplicaPlace(target, config.office, incarnation)
    copies = [Copy(MAIN, config.queue_db, place, Pace(sync_s=config.replica.interval_s))]
    if config.replica.sealed_for:
        personal = ReplicaPlace(target, config.office, incarnation, "personal")
        # What people have typed leaves the box sealed or not at all.
        seal = Seal(config.replica.sealed_for, config.data / "keys" / "personal.identity")
        copies.append(Copy("personal", config.personal_db, personal, PERSONAL, seal))
    return Way(tuple(copies), place.path, keys=keys, tunnel=tunnel)


def centre_target(keys: CentreKeys, tunnel: Tunnel) -> S3Target:
    """The centre's inbox by these keys, through the tunnel."""
    return S3Target(tunnel.endpoint, keys.bucket, keys.s3_key_id, keys.s3_secret)


def same_way(keys: CentreKeys, known: CentreKeys | None) -> bool:
    """Whether a change of the keys is none for the copies."""
    if known is None:
        return False
    return (keys.urls, keys.s3_key_id, keys.bucket, keys.set_number, keys.incarnation) == (
        known.urls,
        known.s3_key_id,
        known.bucket,
        known.set_number,
        known.incarnation,
    )


def _keys_or_none(config: OfficeConfig) -> CentreKeys | None:
    try:
        return read_centre_keys(config.data)
    except (CentreKeysError, OSError):
        return None


def target_of(config: OfficeConfig) -> ReplicaTarget | None:
    """Where office.toml sends the replica by itself, or None."""
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
    """The copies of this incarnation, not yet started; None when office.toml wants none."""
    if config.replica.kind == "none" and config.replica.usb is None:
        return None
    return KeptReplica(config, incarnation_name(office))


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
    with _alone_with(config):
        if config.queue_db.exists():
            return Restored("", RestoreReport(RestoreCode.OUTPUT_EXISTS), None)
        target = FolderTarget(source.resolve()) if source is not None else target_of(config)
        names = list_incarnations(target, config.office) if isinstance(target, FolderTarget) else []
        chosen = incarnation or (names[0] if names else "")
        if target is None or not chosen:
            return Restored(chosen, RestoreReport(RestoreCode.NO_REPLICA), None)
        return _restore(config, clock, [ReplicaPlace(target, config.office, chosen)])


def restore_places(
    config: OfficeConfig,
    clock: OfficeClock,
    places: Sequence[ReplicaPlace],
    *,
    beyond: int = 0,
    accept: Callable[[Path], None] = lambda _: None,
    begun: Callable[[Office], None] = lambda _: None,
) -> Restored:
    """Restore queue.db from whichever place holds the newest copy, and begin an incarnation whose count is > `beyond`.

    No places: an empty office begins. `accept` may raise to refuse what was restored; `begun` is called with the new
    state before the database gets its name, so that what it writes down is true before an office can start.
    """
    with _alone_with(config):
        return _restore(config, clock, places, beyond=beyond, accept=accept, begun=begun)


@contextmanager
def _alone_with(config: OfficeConfig) -> Iterator[None]:
    config.data.mkdir(parents=True, exist_ok=True)
    lock = FolderLock(config.data)
    try:
        yield
    finally:
        lock.release()


def _restore(
    config: OfficeConfig,
    clock: OfficeClock,
    places: Sequence[ReplicaPlace],
    *,
    beyond: int = 0,
    accept: Callable[[Path], None] = lambda _: None,
    begun: Callable[[Office], None] = lambda _: None,
) -> Restored:
    source = places[0].incarnation if places else ""
    if config.queue_db.exists():
        return Restored(source, RestoreReport(RestoreCode.OUTPUT_EXISTS), None)
    made = config.queue_db.with_name(UNFINISHED)
    for leftover in config.data.glob(f"{UNFINISHED}*"):
        leftover.unlink()
    report = RestoreReport(RestoreCode.RESTORED)
    if places:
        done = restore_newest(places, made.resolve())
        report = done.report
        source = done.place.incarnation if done.place is not None else source
        if not report.ok:
            return Restored(source, report, None)
    accept(made)
    office = _begin_incarnation(made, config.office, clock)
    while office.incarnation <= beyond:
        # A later card has lived already, even if nothing of it can be had: its numbers may be on paper.
        office = _begin_incarnation(made, config.office, clock)
    begun(office)
    _give_name(made, config.queue_db)
    return Restored(source, report, office)


def begin_again(config: OfficeConfig, clock: OfficeClock) -> Office:
    """Begin the next incarnation of the queue.db that is there; its new state. Raises FolderInUseError."""
    with _alone_with(config):
        return _begin_incarnation(config.queue_db, config.office, clock)


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
