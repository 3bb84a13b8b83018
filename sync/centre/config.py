"""centre.toml: where the centre keeps its data, what it listens on, and which database it writes."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import available_timezones

from appliance.domain.plans.document import Mistake, Table


class CentreConfigError(Exception):
    """A centre.toml that can't be used, with every mistake in it."""

    def __init__(self, path: Path, mistakes: Sequence[Mistake]) -> None:
        super().__init__(f"{path}\n" + "\n".join(map(str, mistakes)))
        self.mistakes = tuple(mistakes)


@dataclass(frozen=True, slots=True)
class Listener:
    """An address to listen on. Port 0 takes a free one; `names` are the names it is reached by."""

    host: str
    port: int
    names: tuple[str, ...]
    tls: bool


@dataclass(frozen=True, slots=True)
class CentreConfig:
    """A whole centre.toml. Paths are absolute.

    `worker` of `workers` (from 0): which share of the offices this process follows; one process by default.
    `keep_days`: how long what a device deleted of its queue's replica is kept all the same.
    """

    data: Path
    database: str
    pages: Listener
    devices: Listener
    enrolment: Listener
    zone: str
    worker: int
    workers: int
    keep_days: int
    personal_hours: int

    @property
    def inbox(self) -> Path:
        """The objects that came, as they came."""
        return self.data / "inbox"

    @property
    def mirrors(self) -> Path:
        """The offices' databases, as files for sqlite3."""
        return self.data / "mirrors"

    @property
    def keys(self) -> Path:
        """The authority and the directives' keys."""
        return self.data / "keys"


def read_centre_config(path: Path) -> CentreConfig:
    """The configuration of `path`; relative paths in it count from its folder. Raises CentreConfigError."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CentreConfigError(path, [Mistake("centre.toml", "not-readable", {"error": str(error)})]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CentreConfigError(path, [Mistake("centre.toml", "not-toml", {"error": str(error)})]) from error
    mistakes: list[Mistake] = []
    table = Table(raw, "centre.toml", mistakes)
    config = _read(table, path.resolve().parent)
    if mistakes:
        raise CentreConfigError(path, mistakes)
    return config


def _read(table: Table, home: Path) -> CentreConfig:
    table.number("schema", 1, 1)
    pages = Table(table.take("pages", dict, {}), "pages", table.mistakes)
    devices = Table(table.take("devices", dict, {}), "devices", table.mistakes)
    enrolment = Table(table.take("enrolment", dict, {}), "enrolment", table.mistakes)
    inbox = Table(table.take("inbox", dict, {}), "inbox", table.mistakes)
    data = home / table.text("data", 400, "data")
    config = CentreConfig(
        data=data,
        database=table.text("database", 400, "") or f"sqlite:///{data / 'centre.db'}",
        pages=_listener(pages, 8090, tls=False),
        devices=_listener(devices, 8091, tls=True),
        enrolment=_listener(enrolment, 8092, tls=True),
        zone=table.text("timezone", 60, "Europe/Moscow"),
        worker=table.number("worker", 0, 63, 0),
        workers=table.number("workers", 1, 64, 1),
        keep_days=inbox.number("keep_days", 1, 3650, 30),
        personal_hours=inbox.number("personal_hours", 1, 24, 20),
    )
    if config.worker >= config.workers:
        table.wrong("out-of-range", "worker")
    for part, listener in ((devices, config.devices), (enrolment, config.enrolment)):
        if not listener.tls and not _loopback(listener.host):
            # Keys and people's tickets would travel in the clear.
            part.wrong("tls-needed", "tls")
    if config.zone not in available_timezones():
        table.wrong("unknown-timezone", "timezone", found=config.zone)
    for part in (pages, devices, enrolment, inbox, table):
        part.finish()
    return config


def _listener(table: Table, port: int, *, tls: bool) -> Listener:
    return Listener(
        host=table.text("host", 100, "127.0.0.1"),
        port=table.number("port", 0, 65535, port),
        names=tuple(str(name) for name in table.take("names", list, [])),
        tls=bool(table.take("tls", bool, tls)),
    )


def _loopback(host: str) -> bool:
    return host in ("127.0.0.1", "::1", "localhost")
