"""What the office knows of its own devices: condition, since when, why, and what to do. Asks no hardware."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from appliance.store.ballast import Ballast
from appliance.store.writer import QueueWriter
from appliance.workers.clock import OfficeClock
from hardware.doctor.examination import Part
from hardware.ports import Condition, DeviceState

log = logging.getLogger(__name__)

PERIOD_S = 15.0


@dataclass(frozen=True, slots=True)
class Device:
    """A device or a part of the box. `condition` is ready, warning, missing or fault; reason and hint are codes."""

    name: str
    kind: str
    condition: str
    since: datetime
    reason: str = ""
    hint: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReplicaGlance:
    """The replica as the office sees it, whoever keeps it."""

    condition: str
    since: datetime
    target: str
    lag_s: float | None
    lag_bytes: int | None
    last_replicated_at: datetime | None
    restarts: int
    hint: str


@dataclass(slots=True)
class Parts:
    """What there is to be watched."""

    writer: QueueWriter
    clock: OfficeClock
    ballast: Ballast
    devices: Callable[[], Iterable[Part]]
    replica: Callable[[], ReplicaGlance | None]
    notes: Callable[[], Sequence[Device]] = tuple
    """What else is wrong, such as a plan that could not be taken over."""


class Health:
    """The list of devices for the technician, and a slow thread that takes the disk's reserve back when it can."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._started = datetime.now(UTC)
        self._disk_since = self._started
        self._disk_held = parts.ballast.held
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="health", daemon=True)

    def start(self) -> None:
        """Begin to look after the disk."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        self._thread.join(5.0)

    def devices(self) -> Sequence[Device]:
        """Every device, in the order of the page."""
        return [*_listed(self._parts.devices()), *self.box()]

    def box(self) -> Sequence[Device]:
        """What is no device of hardware.toml: the live copy, the disk, the clock, the database, the documents."""
        return [self._replica(), self._disk(), self._clock(), self._store(), *self._parts.notes()]

    def _replica(self) -> Device:
        glance = self._parts.replica()
        if glance is None:
            return Device("replica", "replica", "missing", self._started, "no-replica", "set-replica")
        lag = glance.lag_s or 0.0
        facts = {"target": glance.target, "lag": f"{lag:.0f}"}
        if glance.condition in ("failed", "no-binary", "stopped"):
            reason = "no-binary" if glance.condition == "no-binary" else "replica-stopped"
            hint = glance.hint or "check-replica-target"
            return Device("replica", "replica", "fault", glance.since, reason, hint, facts)
        if lag > 60:
            hint = glance.hint or "check-line"
            return Device("replica", "replica", "warning", glance.since, "replica-behind", hint, facts)
        return Device("replica", "replica", "ready", glance.since, facts=facts)

    def _disk(self) -> Device:
        free = self._parts.ballast.free()
        facts = {"free": f"{free // 1_000_000}"}
        if not self._disk_held:
            return Device("disk", "disk", "fault", self._disk_since, "disk-full", "free-disk", facts)
        if free < 200_000_000:
            return Device("disk", "disk", "warning", self._disk_since, "disk-low", "free-disk", facts)
        return Device("disk", "disk", "ready", self._disk_since, facts=facts)

    def _clock(self) -> Device:
        clock = self._parts.clock
        facts = {"time": f"{clock.shown():%d.%m.%Y %H:%M}"}
        if clock.trust.doubtful:
            return Device("clock", "clock", "fault", clock.since, "clock-doubtful", "confirm-clock", facts)
        if not clock.trust.trusted:
            return Device("clock", "clock", "warning", clock.since, "clock-untrusted", "check-line", facts)
        return Device("clock", "clock", "ready", clock.since, facts=facts)

    def _store(self) -> Device:
        writer = self._parts.writer
        facts = {"errors": str(writer.internal_errors)}
        if not writer.alive:
            return Device("store", "store", "fault", self._started, "writer-stopped", "restart")
        if writer.internal_errors:
            return Device("store", "store", "warning", self._started, "internal-errors", "send-journal", facts)
        return Device("store", "store", "ready", self._started)

    def _run(self) -> None:
        while not self._stop.wait(PERIOD_S):
            try:
                self._look_at_disk()
            except Exception:
                log.exception("the disk could not be looked at")

    def _look_at_disk(self) -> None:
        held = self._parts.ballast.ensure()
        if held != self._disk_held:
            self._disk_held, self._disk_since = held, datetime.now(UTC)
            log.warning("disk reserve %s", "is back" if held else "is spent: issuing stops")


def device_of(name: str, kind: str, state: DeviceState) -> Device:
    """A device in the words of the list: ready with a warning is a condition of its own."""
    condition = state.condition.value
    reason = state.reason
    if state.condition is Condition.READY and state.warning:
        condition, reason = "warning", state.warning
    return Device(name, kind, condition, state.since, reason, state.hint, dict(state.facts))


def _listed(parts: Iterable[Part]) -> Iterator[Device]:
    """Every device; keys that are well are one line together, at the place of the first key."""
    found: list[Device] = []
    well: list[DeviceState] = []
    place = 0
    for part in parts:
        if part.kind == "buttons":
            place = place or len(found)
            if part.state.condition is Condition.READY:
                well.append(part.state)
                continue
        found.append(device_of(part.name, part.kind, part.state))
    if well:
        since = max(state.since for state in well)
        found.insert(place, Device("buttons", "buttons", "ready", since, facts={"count": str(len(well))}))
    yield from found
