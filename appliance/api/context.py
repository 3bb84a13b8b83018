"""What the API needs of the rest of the house, as protocols: whoever composes the office brings the parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from appliance.api.schemas import ReplicaView
from appliance.domain.forecasts.advice import Advice
from appliance.domain.message import Command, Record
from appliance.domain.moment import Now
from appliance.domain.office import Office
from appliance.domain.tickets import Told as WaitTold
from appliance.store.local import LocalStore
from appliance.store.told import Texts
from appliance.store.writer import Outcome

if TYPE_CHECKING:
    from appliance.technician.doctoring import Paper, Report
    from appliance.technician.teaching import TeachingView
    from appliance.technician.walk import WalkView
    from hardware.config import HardwareConfig
    from hardware.doctor.examination import PinFactory
    from hardware.printing.code_pages import Candidate


class Writer(Protocol):
    """The only way to change the queue."""

    @property
    def office(self) -> Office:
        """The newest committed state; immutable."""

    @property
    def texts(self) -> Texts:
        """The texts that came with directives, by the number of theirs."""

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

    def day_records(self, day: int) -> Sequence[Record]:
        """The journal of the day of this number, re-dated. Blocks on the disk."""

    def document(self, digest: str) -> str | None:
        """The document of a plan by its digest. Blocks on the disk."""

    def device_records(self, begin_ms: int) -> Sequence[Record]:
        """What was noted of the devices since a moment, re-dated, and what held then. Blocks on the disk."""


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


class ScreenGlance(Protocol):
    """A screen of the hall. `silent_s`: since its page told anything, or since the start when it never did."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def condition(self) -> str: ...  # noqa: D102
    @property
    def reason(self) -> str: ...  # noqa: D102
    @property
    def seen(self) -> bool: ...  # noqa: D102
    @property
    def silent_s(self) -> float: ...  # noqa: D102
    @property
    def pattern(self) -> bool: ...  # noqa: D102


class Screens(Protocol):
    """The browsers that hardware.toml names as boards. Quick."""

    def beat(self, name: str, seq: int, age_s: float) -> bool:
        """A page lives and shows the state `seq`; False: too soon after the last time. Raises KeyError."""

    def glance(self, name: str) -> ScreenGlance:
        """How a screen is. Raises KeyError."""

    def patterns(self) -> list[str]:
        """The screens that are to show the test picture."""


class NoScreens:
    """An office whose hardware.toml names no browser."""

    def beat(self, name: str, seq: int, age_s: float) -> bool:  # noqa: ARG002
        """There is no such screen."""
        raise KeyError(name)

    def glance(self, name: str) -> ScreenGlance:
        """There is no such screen."""
        raise KeyError(name)

    def patterns(self) -> list[str]:
        """Nobody shows anything."""
        return []


class Walk(Protocol):
    """A walk through the keys, each pressed once."""

    def view(self) -> WalkView:
        """How far it is. Quick."""

    def end(self) -> None:
        """Every key acts again."""


class Lessons(Protocol):
    """Learning a panel by pressing its keys."""

    def view(self) -> TeachingView:
        """How far the lesson is. Quick."""

    def again(self) -> None:
        """Begin the same desk anew."""

    def save(self) -> None:
        """Write the panel into hardware.toml. Raises HardwareConfigError, ValueError when keys are missing, OSError."""

    def end(self) -> None:
        """Forget the lesson."""


class TechnicianTools(Protocol):
    """What a technician may ask of the devices. Whatever isn't said to be quick blocks, up to half a minute."""

    @property
    def config(self) -> HardwareConfig:
        """The hardware.toml in force. Quick."""

    @property
    def unapplied(self) -> bool:
        """Whether hardware.toml on the disk says something else: a restart is due."""

    @property
    def walk(self) -> Walk: ...  # noqa: D102
    @property
    def teaching(self) -> Lessons: ...  # noqa: D102

    def pin_factory(self) -> PinFactory | None:
        """Which pin factory is in force; None in an office without pins. Quick."""

    def report(self) -> Report:
        """Examine everything that needs neither paper, light nor noise."""

    def print_test(self, paper: Paper) -> str:
        """Print a test slip; printed, sent, unknown, failed or no-printer."""

    def probe_printer(self) -> Mapping[str, Any]:
        """Find out what the printer's confirmation is worth: `verdict`, a code, and its `facts`. Feeds paper."""

    def show_pattern(self) -> int:
        """Show a test picture on every display for a while; how many there are."""

    def chime(self) -> bool:
        """Play the chime; False when nobody can have heard it."""

    def begin_walk(self) -> None:
        """Walk through every key; a lesson is dropped."""

    def begin_lesson(self, desk: int) -> None:
        """Learn the panel of a desk; a walk ends."""

    def lines(self) -> Sequence[Candidate]:
        """The lines of the code-page test slip. Quick."""

    def choose_letters(self, number: int) -> Candidate:
        """Set slips in the letters of this line. Raises LookupError, HardwareConfigError, OSError."""

    def draw_slips(self) -> None:
        """Draw slips. Raises as `choose_letters`."""

    def restart(self) -> bool:
        """Begin again with the hardware.toml on the disk; False where nobody can."""


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """`hosts`: names and addresses (no port) by which browsers may reach this box; loopback is always one of them."""

    hosts: tuple[str, ...] = ()
    title: str = "Talon"
    version: str = "0.1.0"


@dataclass(slots=True)
class AppContext:
    """Everything a request may touch. `sim` is the simulated office, None on real hardware; `technician` is None where
    there are no devices."""

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
    screens: Screens = field(default_factory=NoScreens)
    technician: TechnicianTools | None = None
