"""What the API needs of the rest of the house, as protocols: whoever composes the office brings the parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from appliance.api.schemas import ReplicaView
from appliance.domain.message import Command
from appliance.domain.moment import Now
from appliance.domain.office import Office
from appliance.store.local import LocalStore
from appliance.store.writer import Outcome


class Writer(Protocol):
    """The only way to change the queue."""

    @property
    def office(self) -> Office:
        """The newest committed state; immutable."""

    @property
    def alive(self) -> bool:
        """Whether the writer's thread still takes commands."""

    def submit(self, command: Command, *, actor: str, key: str | None = None) -> Future[Outcome]:
        """Put a command into the mailbox. The future raises `Refused`."""

    def listen(self, callback: Callable[[int], None]) -> None:
        """Call `callback` with the newest seq after each commit, on the writer's thread."""


class JournalRow(Protocol):
    """One row of the journal as it is stored: `body` is JSON text, `chain` the raw hash."""

    @property
    def seq(self) -> int: ...  # noqa: D102
    @property
    def at(self) -> str: ...  # noqa: D102
    @property
    def clock_trusted(self) -> bool | int: ...  # noqa: D102
    @property
    def boot_id(self) -> str: ...  # noqa: D102
    @property
    def uptime_ms(self) -> int: ...  # noqa: D102
    @property
    def actor(self) -> str: ...  # noqa: D102
    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def version(self) -> int: ...  # noqa: D102
    @property
    def body(self) -> str: ...  # noqa: D102
    @property
    def chain(self) -> bytes: ...  # noqa: D102


class Reads(Protocol):
    """The read-only view of the database."""

    def journal(self, after: int, limit: int) -> Sequence[JournalRow]:
        """At most `limit` rows with a seq above `after`, oldest first. Blocks on the disk."""

    def served(self, since: int) -> Mapping[int, int]:
        """Visitors that each desk has served since a journal entry. Blocks on the disk."""


class Clock(Protocol):
    """The office's clock."""

    def now(self) -> Now:
        """The present, as the rules may know it."""

    def confirm(self) -> None:
        """A person says that the time shown is right."""


class Device(Protocol):
    """A device or a part of the box, as `health` sees it."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def condition(self) -> str: ...  # noqa: D102
    @property
    def since(self) -> datetime: ...  # noqa: D102
    @property
    def reason(self) -> str: ...  # noqa: D102
    @property
    def hint(self) -> str: ...  # noqa: D102
    @property
    def facts(self) -> Mapping[str, str]: ...  # noqa: D102


class Health(Protocol):
    """What is known of the devices."""

    def devices(self) -> Sequence[Device]:
        """Every device, in the order of the page. Quick: it asks no hardware."""


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """`hosts`: names and addresses (no port) by which browsers may reach this box; loopback is always one of them."""

    hosts: tuple[str, ...] = ()
    title: str = "Talon"
    version: str = "0.1.0"


@dataclass(slots=True)
class AppContext:
    """Everything a request may touch. `sim` is the simulated office, None on real hardware."""

    writer: Writer
    reads: Reads
    local: LocalStore
    clock: Clock
    health: Health
    replica: Callable[[], ReplicaView | None]
    sim: object | None = None
    settings: ApiSettings = field(default_factory=ApiSettings)
