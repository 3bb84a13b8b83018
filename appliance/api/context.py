"""What the API needs of the rest of the house, as protocols: whoever composes the office brings the parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from appliance.api.schemas import ReplicaView
from appliance.domain.forecasts.advice import Advice
from appliance.domain.message import Command, Record
from appliance.domain.moment import Now
from appliance.domain.office import Office
from appliance.domain.tickets import Told as WaitTold
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

    def days(self, first: str, last: str) -> Sequence[int]:
        """The numbers of the days with a date from `first` to `last` (ISO). Blocks on the disk."""

    def day_records(self, first: int, last: int) -> Iterator[Record]:
        """The journal of the days of these numbers, re-dated. Blocks on the disk."""

    def document(self, digest: str) -> str | None:
        """The document of a plan by its digest. Blocks on the disk."""


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


class PlanKeeper(Protocol):
    """Where the plan's document lies outside the database."""

    def stage(self, document: str) -> None:
        """Write a document beside the one in force. Raises OSError."""

    def keep(self) -> None:
        """Put it in place. Raises OSError."""

    def drop(self) -> None:
        """Forget it."""


class NoPlanFile:
    """An office whose plan lies in its database alone."""

    def stage(self, document: str) -> None:
        """Nowhere to write."""

    def keep(self) -> None:
        """Nothing to put in place."""

    def drop(self) -> None:
        """Nothing to forget."""


class Estimates(Protocol):
    """The newest look forward. Quick: it was computed elsewhere."""

    def told(self, service: str, category: str | None = None) -> WaitTold | None:
        """What a newcomer for this service is told of the wait; None where nothing is known.

        `category`: of a newcomer who has priority at once.
        """

    def advice(self) -> Advice | None:
        """Which reserve desks to open now, or None when nothing need be done."""


class NoEstimates:
    """An office that doesn't look forward."""

    def told(self, service: str, category: str | None = None) -> WaitTold | None:
        """Nothing is known."""

    def advice(self) -> Advice | None:
        """Nothing is advised."""


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
    estimates: Estimates = field(default_factory=NoEstimates)
    plan_file: PlanKeeper = field(default_factory=NoPlanFile)
    settings: ApiSettings = field(default_factory=ApiSettings)
