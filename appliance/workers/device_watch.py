"""Writes down what becomes of the devices: a change that has lasted a second is noted, a flapping contact only once."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

from appliance.domain.devices import NAME, NOT_CONFIGURED, REASON, REASON_LENGTH, NoteDevice
from appliance.domain.refusal import Code, Refused
from appliance.store.writer import Outcome, QueueWriter

log = logging.getLogger(__name__)

PERIOD_S = 0.5
STABLE_S = 1.0
GONE_S = 30.0
"""After so long without a word of it a device counts as no longer configured."""

NOTES_AN_HOUR = 20
HOUR_S = 3600.0
CALM_S = 600.0
"""A flapping device is believed again after so long in one condition."""

FLAPPING = ("warning", "flapping")
WELL = ("ready", "")
NO_KEY_WORKS = ("fault", "keys-out-of-order")

NOT_DEVICES = ("replica", "clock", "store", "disk", "plan", "link")
"""Kinds that are no devices: documents, and what has figures of its own."""

SAYS_NOTHING = ("not-started", "not-in-plan")
"""Reasons that tell nothing of a device: nobody has looked yet, or it is the plan that is wrong."""

CONTROL = re.compile(r"(desk/\d+|kiosk/.+|bell/.+|answer/.+|power/.+?)(/(next|repeat|finish))?")
WORST = ("fault", "missing", "warning", "ready")

State = tuple[str, str]
"""Condition and reason."""


class Seen(Protocol):
    """A device as `workers.health` sees it."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def condition(self) -> str: ...  # noqa: D102
    @property
    def reason(self) -> str: ...  # noqa: D102


@dataclass(slots=True)
class Track:
    """What is being watched of one device: its state, since when it has been so, and when it was noted."""

    state: State
    since: float
    last_seen: float
    noted: deque[float] = field(default_factory=deque)
    flapping: bool = False
    pending: Future[Outcome] | None = None


class DeviceWatch:
    """A thread that looks at the devices twice a second; `look` is one look.

    `absent` names what the office doesn't have at all, such as a voice without a loudspeaker: nothing is noted of it.
    """

    def __init__(
        self,
        writer: QueueWriter,
        devices: Callable[[], Sequence[Seen]],
        monotonic: Callable[[], float] = time.monotonic,
        absent: Collection[str] = (),
    ) -> None:
        self._writer, self._devices, self._monotonic = writer, devices, monotonic
        self._absent = frozenset(absent)
        self._tracks: dict[str, Track] = {}
        self._full = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="device-watch", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(5.0)

    def look(self) -> list[Future[Outcome]]:
        """One look; what was asked of the writer by it."""
        now = self._monotonic()
        listed = [device for device in self._devices() if device.name not in self._absent]
        seen = conditions(listed, self._writer.office.devices)
        for name, state in seen.items():
            track = self._tracks.get(name)
            if track is None:
                self._tracks[name] = Track(state, now, now)
                continue
            track.last_seen = now
            if track.state != state:
                track.state, track.since = state, now
        for name, track in self._tracks.items():
            if name not in seen and now - track.last_seen >= GONE_S and track.state != ("missing", NOT_CONFIGURED):
                track.state, track.since = ("missing", NOT_CONFIGURED), now
        asked = (self._note(name, track, now) for name, track in self._tracks.items())
        return [future for future in asked if future is not None]

    def behind(self) -> bool:
        """Whether a device is not as it was last noted: a look may lead to something without anybody's doing."""
        noted = self._writer.office.devices
        listed = [device for device in self._devices() if device.name not in self._absent]
        now = conditions(listed, noted)
        return any(name not in noted or (noted[name].condition, noted[name].reason) != now[name] for name in now)

    def _note(self, name: str, track: Track, now: float) -> Future[Outcome] | None:
        if now - track.since < STABLE_S or (track.pending is not None and not track.pending.done()):
            return None
        mark = self._writer.office.devices.get(name)
        known = None if mark is None else (mark.condition, mark.reason)
        while track.noted and now - track.noted[0] >= HOUR_S:
            track.noted.popleft()
        state = track.state
        if track.flapping or known == FLAPPING:
            if now - track.since < CALM_S:
                return None
            track.flapping = False
            track.noted.clear()
        elif known != state and len(track.noted) >= NOTES_AN_HOUR:
            track.flapping, state = True, FLAPPING
            log.warning("%s changes all the time: it is watched, and noted again when it is calm", name)
        if known == state or (known is None and self._full):
            return None
        track.noted.append(now)
        track.pending = self._writer.submit(NoteDevice(name, *state), actor="health")
        track.pending.add_done_callback(self._answered)
        return track.pending

    def _answered(self, reply: Future[Outcome]) -> None:
        error = reply.exception()
        if error is None:
            return
        if isinstance(error, Refused) and error.code is Code.TOO_MANY_DEVICES:
            self._full = True
        log.warning("a device could not be noted: %s", error)

    def _run(self) -> None:
        while not self._stop.wait(PERIOD_S):
            try:
                self.look()
            except Exception:
                log.exception("the devices could not be looked at")


def conditions(devices: Sequence[Seen], known: Mapping[str, object]) -> dict[str, State]:
    """By the name that the journal gives it, how each device is. The keys of a panel are one device.

    `known`: the devices noted before. Health lists keys that are not well one by one and all others in one line, so a
    panel that is not listed is well, and without that line no key is.
    """
    found: dict[str, State] = {}
    keys_listed = False
    for device in devices:
        if device.kind in NOT_DEVICES or device.reason in SAYS_NOTHING:
            continue
        control = CONTROL.fullmatch(device.name) if device.kind == "buttons" else None
        keys_listed = keys_listed or device.kind == "buttons"
        name = _name(device.name if control is None else control[1])
        state = (device.condition, _reason(device.reason) if device.condition != "ready" else "")
        before = found.get(name)
        if before is None or WORST.index(state[0]) < WORST.index(before[0]):
            found[name] = state
    if keys_listed:
        found.setdefault("buttons", NO_KEY_WORKS)
        for name in known:
            if CONTROL.fullmatch(name) is not None:
                found.setdefault(name, WELL)
    return found


def _name(name: str) -> str:
    told = re.sub(r"[^a-z0-9/._-]", "-", name.lower())[:40]
    return told if NAME.fullmatch(told) else "unknown"


def _reason(reason: str) -> str:
    return reason if len(reason) <= REASON_LENGTH and REASON.fullmatch(reason) else "unknown"
