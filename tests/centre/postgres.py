"""A real PostgreSQL server for tests: made in a folder, on a free loopback port, ended by its process."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg

USER = "postgres"
PATIENCE_S = 60.0
LOCALE = ("--locale-provider=icu", "--icu-locale=en-US", "--locale=C.UTF-8")
"""Texts are sorted by a language's rules, not by bytes: a query that leans on the server's order then shows."""


class NoServerError(Exception):
    """Why no server can be had here."""


def binaries() -> Path:
    """The folder of the newest installed server. Raises NoServerError."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise NoServerError("no PostgreSQL server is installed (Debian: apt install postgresql)")
    return found[-1].parent


def as_server(command: Sequence[str]) -> list[str]:
    """The command as the server's user: the server refuses to run as root."""
    if os.geteuid() != 0:
        return list(command)
    try:
        user = pwd.getpwnam(USER)
    except KeyError:
        raise NoServerError(f"there is no user {USER}") from None
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", *command]


class Server:
    """One running server. `url` makes a database of its own for whoever asks."""

    def __init__(self, port: int, user: str) -> None:
        self.port, self._user = port, user
        self._names = count(1)

    def url(self) -> str:
        """The URL of a new empty database, sorted by a locale's rules as a distribution's server would."""
        name = f"centre_{os.getpid()}_{next(self._names)}"
        with psycopg.connect(self._address("postgres"), autocommit=True) as db:
            db.execute(f'CREATE DATABASE "{name}" TEMPLATE template0'.encode())
        return f"postgresql+psycopg://{self._user}@127.0.0.1:{self.port}/{name}"

    def ready(self) -> bool:
        """Whether it answers."""
        try:
            psycopg.connect(self._address("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _address(self, name: str) -> str:
        return f"host=127.0.0.1 port={self.port} user={self._user} dbname={name}"


@contextmanager
def server(*, durable: bool = False) -> Iterator[Server]:
    """A server until the end of the block. `durable`: with its flushes, as in earnest. Raises NoServerError."""
    folder = Path(tempfile.mkdtemp(prefix="talon-pg-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, USER)
        data = folder / "data"
        initdb = [str(binaries() / "initdb"), "-D", str(data), "-E", "UTF8", "-A", "trust", "-N", *LOCALE]
        subprocess.run(as_server(initdb), check=True, capture_output=True, cwd="/")
        port = _free_port()
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": "",
            "fsync": "on" if durable else "off",
            "shared_buffers": "32MB",
            "log_min_messages": "fatal",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = as_server([str(binaries() / "postgres"), "-D", str(data), *options])
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/")
        try:
            running = Server(port, USER if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name)
            _wait(running, process, folder / "log")
            yield running
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE_S)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _wait(running: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while not running.ready():
        if process.poll() is not None or time.monotonic() > until:
            raise NoServerError(f"the server did not start: {log.read_text(errors='replace')[-500:]}")
        time.sleep(0.1)
