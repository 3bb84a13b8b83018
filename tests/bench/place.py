"""A place where an office can run: its documents, and a database to begin with."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from appliance.config import OfficeConfig, read_config
from appliance.domain.days import OpenDay
from appliance.domain.identity import AdoptPlan, BeginIncarnation
from appliance.domain.message import Command
from appliance.domain.plans.reader import read_plan
from appliance.store.writer import QueueWriter
from appliance.workers.clock import OfficeClock

SERVICES = ("bills", "registration", "meters", "collect")
"""Services of the demonstration plan, each with its own series: 999 numbers a day are enough for no bench."""

OFFICE = """
schema = 1
office = "demo"
clock = "trusted"
[web]
port = 0
[replica]
kind = "{replica}"
path = "replica"
"""

HARDWARE = """
schema = 1
mode = "simulated"
[[button]]
role = "kiosk.ticket"
service = "bills"
pin = 17
[[button]]
role = "kiosk.ticket"
service = "registration"
pin = 27
[[panel]]
desk = 1
next = 4
repeat = 5
finish = 6
[[panel]]
desk = 2
next = 12
repeat = 13
finish = 16
[[panel]]
desk = 3
next = 22
repeat = 23
finish = 24
[printer]
port = "simulated"
width_mm = 80
confirm = "process-id"
[sound]
kind = "none"
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A command for the writer as somebody would give it. `measured`: it is one of those whose time counts."""

    command: Command
    actor: str
    key: str | None = None
    measured: bool = True


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with office.toml and all that it names."""

    folder: Path

    @property
    def toml(self) -> Path:
        """The office's document."""
        return self.folder / "office.toml"

    @property
    def config(self) -> OfficeConfig:
        """The office's document, read."""
        return read_config(self.toml)

    @property
    def database(self) -> Path:
        """Where queue.db is."""
        return self.folder / "data" / "queue.db"


def make_place(folder: Path, replica: str = "none") -> Place:
    """An office with simulated devices and a silent voice; its database is not there yet."""
    (folder / "data").mkdir(parents=True)
    (folder / "replica").mkdir()
    (folder / "office.toml").write_text(OFFICE.format(replica=replica), encoding="utf-8")
    (folder / "hardware.toml").write_text(HARDWARE, encoding="utf-8")
    plan = resources.files("appliance.demo").joinpath("plan.toml")
    (folder / "plan.toml").write_bytes(plan.read_bytes())
    return Place(folder)


def seed(place: Place, then: Sequence[Asked] = ()) -> None:
    """Make the database: the plan, an open day, and whatever `then` asks for."""
    writer, clock = writer_on(place.database)
    writer.start()
    plan = read_plan((place.folder / "plan.toml").read_text(encoding="utf-8"))
    for command in (BeginIncarnation("demo", "bench"), AdoptPlan(plan)):
        writer.submit(command, actor="office").result(30.0)
    clock.use_plan(writer.office)
    writer.submit(OpenDay(), actor="clock").result(30.0)
    for asked in then:
        writer.submit(asked.command, actor=asked.actor, key=asked.key).result(30.0)
    writer.stop()


def writer_on(database: Path) -> tuple[QueueWriter, OfficeClock]:
    """The real writer with the real clock, not yet started."""
    clock = OfficeClock(lambda: True)
    writer = QueueWriter(database, clock.now, on_death=lambda _: None)
    clock.use_plan(writer.office)
    return writer, clock


def copy(place: Place, database: Path) -> Path:
    """A second file like the database of a place that nobody has open."""
    database.parent.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(place.database, database))
