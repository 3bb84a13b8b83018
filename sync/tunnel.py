"""The way of the replica to the centre: a TLS client on the loopback, so that Litestream's own TLS never faces the net.

Debian's stunnel, kept by Debian, as a process of its own under guard: it shows the device's certificate, believes the
centre's own authority alone and checks the name. Where the centre is on the loopback (a demonstration) it isn't needed.
"""

from __future__ import annotations

import fcntl
import ipaddress
import logging
import os
import random
import re
import shutil
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from sync.centre_keys import CentreKeys, is_plain
from sync.child import Child, wait_gone
from sync.private_files import write_private

log = logging.getLogger("talon.sync.tunnel")

PORTS = range(20_000, 30_000)
"""Below the ports that the kernel lends to outgoing connections: nobody takes ours while stunnel restarts."""
BACKOFF_S, BACKOFF_CAP_S = 0.5, 30.0
_LONG_LIFE_S = 10.0
_STOP_GRACE_S = 2.0
_POLL_S = 0.5
_NAMES = ("stunnel4", "stunnel")
_FOLDERS = "/usr/bin:/usr/local/bin"
_ENVIRONMENT = ("PATH", "HOME", "TZ", "LANG", "LC_ALL", "TMPDIR")


class TunnelCondition(StrEnum):
    """`direct`: no tunnel is needed. `running`: the process lives and the last connection held, or none was made."""

    DIRECT = "direct"
    STARTING = "starting"
    RUNNING = "running"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class TunnelState:
    """What is known of the tunnel. `since` is UTC.

    `hint`: '' for nothing to do, `no-stunnel`, `keys-unreadable`, `port-taken`, `certificate-expired`, `refused` (the
    centre hangs up: it doesn't take the certificate), `not-the-centre` (the other side's certificate isn't that of the
    centre), `unreachable`, `ended` (the process died).
    """

    condition: TunnelCondition
    since: datetime
    hint: str = ""
    detail: str = ""
    pid: int | None = None
    restarts: int = 0


class Tunnel:
    """The life of one tunnel. `start` once, `stop` once; `state` from any thread. What fails is a state."""

    def __init__(self, keys: CentreKeys, workdir: Path, *, binary: Path | None = None) -> None:
        """`workdir` keeps the port and the configuration. Raises ValueError for what can't be written in one, OSError
        when no port of the loopback can be had.
        """
        self._keys, self._workdir, self._binary = keys, workdir, binary
        self._direct = is_plain(keys.url)
        self._port = 0 if self._direct else _own_port(workdir / "port")
        self._config = "" if self._direct else render_stunnel(keys, self._port)
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._wake_r, self._wake_w = os.pipe()
        first = TunnelCondition.DIRECT if self._direct else TunnelCondition.STOPPED
        self._state = TunnelState(first, datetime.now(UTC))
        self._lost = False

    @property
    def endpoint(self) -> str:
        """What Litestream speaks to: plain http on the loopback."""
        return self._keys.url if self._direct else f"http://127.0.0.1:{self._port}"

    def state(self) -> TunnelState:
        """The newest state; never waits."""
        return self._state

    def start(self) -> None:
        """Begin to keep the tunnel; returns at once. Raises RuntimeError the second time."""
        if self._direct:
            return
        if self._thread is not None:
            raise RuntimeError("a tunnel is started once")
        self._publish(TunnelCondition.STARTING)
        self._thread = threading.Thread(target=self._run, name="tunnel", daemon=True)
        self._thread.start()

    def wait_listening(self, timeout_s: float = 5.0) -> bool:
        """Whether the loopback end takes connections, at the latest after `timeout_s`."""
        until = time.monotonic() + timeout_s
        parts = urlsplit(self.endpoint)
        while True:
            with socket.socket() as caller:
                caller.settimeout(1.0)
                if caller.connect_ex((parts.hostname or "", parts.port or 80)) == 0:
                    return True
            if time.monotonic() > until:
                return False
            time.sleep(0.05)

    def stop(self) -> None:
        """End the process. Safe to call twice."""
        if self._thread is None or self._stopping.is_set():
            return
        self._stopping.set()
        os.write(self._wake_w, b"x")
        self._thread.join(_STOP_GRACE_S + 6.0)
        if not self._thread.is_alive():
            os.close(self._wake_r)
            os.close(self._wake_w)

    # Everything below runs in the supervising thread alone.

    def _run(self) -> None:
        deaths, starts = 0, 0
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                starts += self._one_life(starts)
            except Exception as problem:
                log.exception("tunnel: unexpected error")
                self._fail("ended", repr(problem)[:300])
            deaths = 0 if time.monotonic() - began > _LONG_LIFE_S else deaths + 1
            self._stopping.wait(min(BACKOFF_S * 2 ** min(deaths, 10), BACKOFF_CAP_S))
        self._publish(TunnelCondition.STOPPED)

    def _one_life(self, starts: int) -> int:
        """Run one process until it ends; 1 when it was started."""
        binary = self._binary or find_stunnel()
        if binary is None or not os.access(binary, os.X_OK):
            self._fail("no-stunnel", "")
            return 0
        unreadable = [one for one in (self._keys.tls_key, self._keys.certificate, self._keys.ca) if not _readable(one)]
        if unreadable:
            self._fail("keys-unreadable", str(unreadable[0]))
            return 0
        config = self._workdir / "stunnel.conf"
        write_private(config, self._config.encode())
        lock = os.open(self._workdir / "stunnel.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            env = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
            child = Child([str(binary), str(config)], env, self._workdir, lock)
        except BlockingIOError:
            self._fail("port-taken", "another stunnel holds this tunnel")
            return 0
        except OSError as problem:
            self._fail("no-stunnel", str(problem))
            return 0
        finally:
            os.close(lock)
        self._state = replace(self._state, pid=child.pid, restarts=starts)
        try:
            self._keep(child)
        finally:
            child.kill()
            child.close()
            self._state = replace(self._state, pid=None)
        return 1

    def _keep(self, child: Child) -> None:
        hint, detail = "", ""
        while not self._stopping.is_set():
            for line in child.read_lines(_POLL_S, self._wake_r):
                told = hint_of(line)
                if told is not None:
                    hint, detail = told, line.decode("utf-8", "replace")[-200:] if told else ""
            if not child.alive():
                self._fail(hint or "ended", detail or f"stunnel ended with {child.returncode()}")
                return
            if self._certificate_over():
                hint, detail = "certificate-expired", ""
            if hint:
                self._fail(hint, detail)
            else:
                self._publish(TunnelCondition.RUNNING)
        child.ask_to_end()
        wait_gone(child, time.monotonic() + _STOP_GRACE_S, self._wake_r)

    def _certificate_over(self) -> bool:
        # A wrong clock may say so too; whether the line holds is seen by the connections alone, so this only names it.
        ends = self._keys.certificate_ends_ms
        return bool(ends) and time.time() * 1000 > ends

    def _fail(self, hint: str, detail: str) -> None:
        if not self._lost:
            log.warning("tunnel lost: %s %s", hint, detail)
        self._lost = True
        self._publish(TunnelCondition.FAILED, hint, detail)

    def _publish(self, condition: TunnelCondition, hint: str = "", detail: str = "") -> None:
        if condition is TunnelCondition.RUNNING and self._lost:
            log.info("tunnel back")
            self._lost = False
        old = self._state
        since = old.since if (condition, hint) == (old.condition, old.hint) else datetime.now(UTC)
        self._state = replace(old, condition=condition, since=since, hint=hint, detail=detail)


def find_stunnel() -> Path | None:
    """Debian's stunnel, or None."""
    for name in _NAMES:
        found = shutil.which(name) or shutil.which(name, path=_FOLDERS)
        if found:
            return Path(found)
    return None


def render_stunnel(keys: CentreKeys, port: int) -> str:
    """The configuration of the tunnel to the devices' listeners. Raises ValueError for what can't be written in one."""
    hosts: list[tuple[str, int]] = []
    for url in keys.urls:
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname or not _HOST.fullmatch(parts.hostname):
            raise ValueError(f"{url}: the addresses of one centre are all https, or one of the loopback")
        hosts.append((parts.hostname, parts.port or 443))
    lines = [
        "foreground = yes",
        "pid =",
        "syslog = no",
        "debug = 6",
        "socket = r:SO_KEEPALIVE=1",
        "[centre]",
        "client = yes",
        f"accept = 127.0.0.1:{port}",
        *(f"connect = {_bracketed(host)}:{host_port}" for host, host_port in hosts),
        "failover = prio",
        # The name is looked up for each connection: at the start there may be no line yet.
        "delay = yes",
        f"cert = {_value(keys.certificate)}",
        f"key = {_value(keys.tls_key)}",
        f"CAfile = {_value(keys.ca)}",
        "verifyChain = yes",
        *dict.fromkeys(f"checkIP = {host}" if _is_address(host) else f"checkHost = {host}" for host, _ in hosts),
        "sslVersionMin = TLSv1.2",
        "TIMEOUTconnect = 10",
        "TIMEOUTbusy = 120",
        "TIMEOUTidle = 300",
    ]
    if len(hosts) == 1 and not _is_address(hosts[0][0]):
        lines.append(f"sni = {hosts[0][0]}")
    text = "\n".join(lines) + "\n"
    if not all(line.isprintable() for line in lines):
        raise ValueError("not printable, so not allowed in a configuration")
    return text


_CARRIED = re.compile(rb"(\d+) byte\(s\) sent to TLS, (\d+) byte\(s\) sent to socket")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|[0-9A-Fa-f:.]{2,45}")
_HINTS: Mapping[str, Sequence[bytes]] = {
    "certificate-expired": (b"alert certificate expired",),
    "not-the-centre": (b"certificate verify failed", b"CERT: Verification error", b"CERT: Pre-verification error"),
    "refused": (
        *(b"alert certificate revoked", b"alert certificate unknown", b"alert unknown ca", b"alert bad certificate"),
        *(b"alert certificate required", b"alert handshake failure", b"alert access denied", b"alert unsupported cert"),
    ),
    "port-taken": (b"Address already in use",),
    "keys-unreadable": (b"No such file or directory", b"key values mismatch", b"Failed to load certificate"),
    "unreachable": (
        *(b"Connection refused", b"No route to host", b"Network is unreachable", b"TIMEOUTconnect exceeded"),
        *(b"Error resolving", b"Connection timed out", b"No more addresses", b"No host resolved"),
    ),
}


def hint_of(line: bytes) -> str | None:
    """What a line of stunnel's log says of the way: a hint, '' when data came from the centre, None for nothing."""
    lowered = line.lower()
    for hint, marks in _HINTS.items():
        if any(mark.lower() in lowered for mark in marks):
            return hint
    carried = _CARRIED.search(line)
    if carried is None:
        return None
    up, down = int(carried[1]), int(carried[2])
    # In TLS 1.3 a refused certificate shows only afterwards, and asyncio's servers hang up without an alert.
    return "" if down else "refused" if up else None


def _own_port(path: Path) -> int:
    """The port of this tunnel, the same at every start unless somebody else has it now."""
    try:
        kept = int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        kept = 0
    candidates = [kept] if kept in PORTS else []
    candidates += random.sample(PORTS, 50)
    for port in candidates:
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port != kept:
            write_private(path, f"{port}\n".encode())
        return port
    raise OSError(f"no free port of the loopback in {PORTS}")


def _readable(path: Path) -> bool:
    return os.access(path, os.R_OK)


def _value(path: Path) -> str:
    text = str(path)
    if text != text.strip():
        raise ValueError(f"a path that ends in a space: {text!r}")
    return text


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
