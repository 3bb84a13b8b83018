"""office.toml: where an office keeps its data, what it listens on, and where its replica goes."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from appliance.domain.plans.document import Mistake, Table

CLOCKS = ("system", "trusted", "untrusted")
TARGETS = ("none", "folder", "s3", "centre")


class ConfigError(Exception):
    """An office.toml that can't be used, with every mistake in it."""

    def __init__(self, path: Path, mistakes: Sequence[Mistake]) -> None:
        super().__init__(f"{path}\n" + "\n".join(map(str, mistakes)))
        self.mistakes = tuple(mistakes)


@dataclass(frozen=True, slots=True)
class WebConfig:
    """Where the pages are. Port 0 takes a free one; `hosts` are the names browsers may use besides loopback."""

    host: str
    port: int
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReplicaConfig:
    """Where the replica goes. `secret` is the file with an S3 secret, never the secret itself.

    `centre`: to the centre that this office is enrolled at. `usb` is where a stick is mounted that holds a second copy,
    None for none; with `usb_folder` it is an ordinary folder. `sealed_for`: age recipients that may open the copy of
    personal.db; without any it isn't copied.
    """

    kind: str
    path: Path
    endpoint: str
    bucket: str
    key_id: str
    secret: Path
    interval_s: float
    usb: Path | None = None
    usb_folder: bool = False
    sealed_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CentreConfig:
    """The centre as office.toml knows it; everything else is in the keys that enrolment made.

    `announce`: whether the box makes itself known on the local network.
    """

    announce: bool = True


@dataclass(frozen=True, slots=True)
class OfficeConfig:
    """A whole office.toml. Paths are absolute; `data` holds queue.db, local.db and the ballast."""

    office: str
    data: Path
    plan: Path
    hardware: Path
    clock: str
    web: WebConfig
    replica: ReplicaConfig
    centre: CentreConfig = field(default_factory=CentreConfig)

    @property
    def queue_db(self) -> Path:
        """The replicated database."""
        return self.data / "queue.db"

    @property
    def personal_db(self) -> Path:
        """Bookings, complaints, requests: replicated apart and sealed."""
        return self.data / "personal.db"

    @property
    def local_db(self) -> Path:
        """PINs and sessions: never replicated."""
        return self.data / "local.db"


def read_config(path: Path) -> OfficeConfig:
    """The configuration of `path`; relative paths in it count from its folder. Raises ConfigError."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(path, [Mistake("office.toml", "not-readable", {"error": str(error)})]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(path, [Mistake("office.toml", "not-toml", {"error": str(error)})]) from error
    mistakes: list[Mistake] = []
    config = _read(Table(raw, "office.toml", mistakes), path.resolve().parent)
    if mistakes:
        raise ConfigError(path, mistakes)
    return config


def _read(table: Table, home: Path) -> OfficeConfig:
    table.number("schema", 1, 1)
    web = Table(table.take("web", dict, {}), "web", table.mistakes)
    replica = Table(table.take("replica", dict, {}), "replica", table.mistakes)
    centre = Table(table.take("centre", dict, {}), "centre", table.mistakes)
    usb = replica.text("usb", 400, "")
    config = OfficeConfig(
        office=table.text("office", 40),
        data=home / table.text("data", 400, "data"),
        plan=home / table.text("plan", 400, "plan.toml"),
        hardware=home / table.text("hardware", 400, "hardware.toml"),
        clock=table.choice("clock", CLOCKS, "system"),
        web=WebConfig(
            host=web.text("host", 100, "127.0.0.1"),
            port=web.number("port", 0, 65535, 8080),
            hosts=tuple(str(host) for host in web.take("hosts", list, [])),
        ),
        replica=ReplicaConfig(
            kind=replica.choice("kind", TARGETS, "none"),
            path=home / replica.text("path", 400, "replica"),
            endpoint=replica.text("endpoint", 400, ""),
            bucket=replica.text("bucket", 100, ""),
            key_id=replica.text("key_id", 200, ""),
            secret=home / replica.text("secret", 400, "replica.secret"),
            interval_s=replica.number("interval_ms", 100, 60_000, 1000) / 1000,
            usb=home / usb if usb else None,
            usb_folder=replica.take("usb_folder", bool, False),
            sealed_for=tuple(str(one) for one in replica.take("sealed_for", list, [])),
        ),
        centre=CentreConfig(announce=centre.take("announce", bool, True)),
    )
    if config.replica.kind == "s3" and not (config.replica.endpoint and config.replica.bucket):
        replica.wrong("missing", "endpoint" if not config.replica.endpoint else "bucket")
    for part in (web, replica, centre, table):
        part.finish()
    return config
