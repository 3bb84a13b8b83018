"""Starts and guards `talon link`, the process that speaks with the centre, as the replica guards Litestream.

An office that isn't enrolled has none. Whatever happens to it is a state; the queue never waits for it.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from appliance.centre_line import CentreLine, Watched
from appliance.config import OfficeConfig
from appliance.store.writer import QueueWriter
from appliance.workers.clock import OfficeClock
from appliance.workers.health import Device, ReplicaGlance
from sync.child import Child, wait_gone

log = logging.getLogger(__name__)

KEYS = Path("keys") / "centre.json"
STOP_S = 3.0
SILENT_S = 120.0
"""A link that hasn't said a word for so long is started anew: it asks for a pulse at least every minute."""

LONG_LIFE_S = 60.0
_ENVIRONMENT = ("PATH", "HOME", "TZ", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV")


@dataclass(frozen=True, slots=True)
class LinkGlance:
    """The line to the centre as the office sees it. `since`, `last_pulse`: UTC.

    `condition`: `connected`, `waiting` (no line now, which is no fault), `failed` (it needs a person, see `error`),
    `starting`, `off` (not enrolled). `error` is a code of `sync.link_http.LinkError`. `mode`: how directives come,
    `stream`, `poll` or `off`. `forged`: directives that weren't believed.
    """

    condition: str
    since: datetime
    error: str = ""
    last_pulse: datetime | None = None
    offset_ms: int | None = None
    mode: str = "off"
    forged: int = 0
    restarts: int = 0

    def device(self) -> Device | None:
        """The line as a device of the technician's list; None for an office that isn't enrolled."""
        facts = {"error": self.error, "forged": str(self.forged)}
        match self.condition:
            case "off":
                return None
            case "failed":
                reason = f"link-{self.error.removeprefix('link-')}"
                return Device("centre", "link", "fault", self.since, reason, "ask-centre", facts)
            case "waiting":
                return Device("centre", "link", "warning", self.since, "link-no-line", "check-line", facts)
            case "connected" if self.forged:
                return Device("centre", "link", "warning", self.since, "link-forged", "ask-centre", facts)
        return Device("centre", "link", "ready", self.since, facts=facts)


@dataclass(frozen=True, slots=True)
class GuardPace:
    """Seconds: how often an office without keys looks for them; the pause after a death, doubling up to a cap."""

    look_s: float = 5.0
    first_s: float = 0.5
    cap_s: float = 60.0


NEEDS_PERSON = (
    *(
        "certificate",
        "certificate-refused",
        "unknown-device",
        "revoked",
        "two-devices",
        "other-office",
        "other-incarnation",
        "bad-signature",
    ),
    "no-keys",
)


class Linking:
    """The life of the link's process. `start` once, `stop` once; `glance` from any thread."""

    def __init__(
        self,
        config: OfficeConfig,
        writer: QueueWriter,
        clock: OfficeClock,
        devices: Callable[[], Iterable[Device]],
        replica: Callable[[], ReplicaGlance | None],
        *,
        command: tuple[str, ...] = (sys.executable, "-m", "sync.link"),
        pace: GuardPace | None = None,
    ) -> None:
        self._data, self._command, self._pace = config.data, command, pace or GuardPace()
        self.line = CentreLine(config.data, Watched(writer, clock, config.queue_db, devices, replica))
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="linking", daemon=True)
        self._wake_r, self._wake_w = os.pipe()
        self._starts = 0
        self.pid: int | None = None
        """The running process; None between two lives."""
        self._since = datetime.now(UTC)
        self._last_words = ""

    @property
    def enrolled(self) -> bool:
        """Whether there are keys for the centre."""
        return (self._data / KEYS).exists()

    def start(self) -> None:
        """Open the socket and begin to guard; returns at once."""
        self.line.start()
        self._thread.start()

    def stop(self) -> None:
        """End the process and close the socket. Safe to call twice."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        os.write(self._wake_w, b"x")
        if self._thread.is_alive():
            self._thread.join(STOP_S + 6.0)
        self.line.close()
        if not self._thread.is_alive():
            os.close(self._wake_r)
            os.close(self._wake_w)

    def glance(self) -> LinkGlance:
        """How the line is."""
        restarts = max(0, self._starts - 1)
        said = self.line.reported
        if not self.enrolled:
            return LinkGlance("off", self._since, restarts=restarts)
        if self.pid is None:
            return LinkGlance("failed", self._since, self._last_words or "link-ended", restarts=restarts)
        if not said:
            return LinkGlance("starting", self._since, restarts=restarts)
        error = str(said.get("error", ""))
        waiting = "failed" if error in NEEDS_PERSON else "waiting"
        offset = said.get("offset_ms")
        return LinkGlance(
            condition="connected" if said.get("connected") is True else waiting,
            since=_utc(said.get("since_ms")) or self._since,
            error=error,
            last_pulse=_utc(said.get("last_pulse_ms")),
            offset_ms=offset if type(offset) is int else None,
            mode=str(said.get("mode", "off")),
            forged=int(said.get("forged", 0)),
            restarts=restarts,
        )

    # Below runs in the guard's thread alone.

    def _run(self) -> None:
        deaths = 0
        while not self._stopping.is_set():
            if not self.enrolled:
                self._stopping.wait(self._pace.look_s)
                continue
            began = time.monotonic()
            try:
                self._one_life()
            except Exception:
                log.exception("the link could not be guarded")
            deaths = 0 if time.monotonic() - began > LONG_LIFE_S else deaths + 1
            self._stopping.wait(min(self._pace.cap_s, self._pace.first_s * 2 ** min(deaths, 10)))

    def _one_life(self) -> None:
        lock = os.open(self._data / "link.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            env = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
            child = Child([*self._command, str(self._data)], env, Path.cwd(), lock)
        except OSError as error:
            self._last_words = "link-not-started"
            log.error("talon link can't start: %s", error)
            return
        finally:
            os.close(lock)
        self._starts += 1
        self.pid, self._since, self._last_words = child.pid, datetime.now(UTC), ""
        self.line.reported, self.line.reported_at = {}, time.monotonic()
        try:
            self._keep(child)
        finally:
            child.kill()
            child.close()
            self.pid, self._since = None, datetime.now(UTC)

    def _keep(self, child: Child) -> None:
        while not self._stopping.is_set() and child.alive():
            for line in child.read_lines(1.0, self._wake_r):
                _relay(line)
            if not self.enrolled:
                break
            if time.monotonic() - self.line.reported_at > SILENT_S:
                log.error("talon link says nothing and is started anew")
                return
        if child.alive():
            child.ask_to_end()
            for line in wait_gone(child, time.monotonic() + STOP_S, self._wake_r):
                _relay(line)
            return
        for line in child.read_lines(0.0, self._wake_r):
            _relay(line)
        log.error("talon link ended with %s", child.returncode())


def _relay(line: bytes) -> None:
    """A line of the link's log in ours."""
    level, _, text = line.decode("utf-8", "replace").partition(" ")
    log.log(logging.getLevelNamesMapping().get(level, logging.INFO), "link: %.500s", text or level)


def _utc(ms: object) -> datetime | None:
    if type(ms) is not int or ms <= 0:
        return None
    with contextlib.suppress(OverflowError, OSError, ValueError):
        return datetime.fromtimestamp(ms / 1000, UTC)
    return None
