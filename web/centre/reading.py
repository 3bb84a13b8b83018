"""What the pages of the centre read and ask for: one narrow door, so that a page never reaches past these views.

Every moment is UTC milliseconds of the centre's clock, every duration milliseconds, every share 0 to 1. What is unknown
is None, never 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Protocol

from appliance.domain.plans.document import Mistake
from sync.centre.advising import Advised
from sync.centre.alarm import Alarm
from sync.centre.alarms import Hush
from sync.centre.forecast import Forecast
from sync.centre.history import Report
from sync.centre.images import Doubt
from sync.centre.key_tables import Device
from sync.centre.offices import OfficeEntry
from sync.centre.order import Order
from sync.centre.people import Person
from sync.centre.series import DeskHalf, Series
from sync.centre.stops import Stop, StopFigures
from sync.centre.thresholds import Limit
from sync.centre.tile import Place, Tile
from sync.centre.tokens import TokenKind
from sync.pulse import Pulse


class NotDoneError(Exception):
    """What was asked for can't be done: a code of `web.centre.wording.REFUSALS` and the facts of its sentence."""

    def __init__(self, code: str, **facts: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


class PlanRefusedError(Exception):
    """A plan that no office could adopt, with every mistake in it."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = tuple(mistakes)


class Decision(StrEnum):
    """What a person may decide on a doubt.

    `accept`: the office's history is right, what other cards have beyond it is noted and kept. `choose`: another card's
    history is the office's. `follow`: the office's card is right, what it lacks is kept aside. `clear`: the second box
    is out.
    """

    ACCEPT = "accept"
    CHOOSE = "choose"
    FOLLOW = "follow"
    CLEAR = "clear"


@dataclass(frozen=True, slots=True)
class Card:
    """Entries of another incarnation beyond the office's history; `begun_ms`: when the centre first saw it."""

    incarnation: str
    first: int
    last: int
    begun_ms: int


@dataclass(frozen=True, slots=True)
class DoubtView:
    """One doubt of an office. `kind` tells what it is about, as `web.centre.wording.DOUBTS_TOLD` has words for.

    `decisions`: what a person may decide here, none where nothing is to be decided; `cards`: those to choose from.
    `waits_for`: a device whose key must be revoked or replaced first, '' for none.
    """

    key: str
    kind: str
    doubt: Doubt
    decisions: Sequence[Decision] = ()
    cards: Sequence[Card] = ()
    waits_for: str = ""


@dataclass(frozen=True, slots=True)
class ShelfView:
    """A plan on an office's shelf. `state`: `in-force`, `next` (from the next opening of a day) or ''."""

    number: int
    version: int
    author: str
    put_ms: int
    state: str = ""


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan document that an office could adopt, in the reader's words.

    `changes`: how it differs from the plan in force, a sentence each; None where no plan is in force.
    """

    version: int
    document: str
    summary: str
    changes: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class DeskView:
    """A desk of the hall. `state`: closed, free, break, called, serving; `since_ms` when it began.

    `ticket`: the number in hand as people read it, `service` its id. `norm_ms`: the norm of that service. `until`: the
    planned end of a break as `11:00`. `seq`: the journal entry that made the state.
    """

    number: int
    reserve: bool
    state: str
    since_ms: int | None = None
    ticket: str = ""
    service: str = ""
    norm_ms: int | None = None
    until: str = ""
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class DeviceView:
    """A device of the office. `condition`: ready, warning, missing, fault; `reason` a code of `appliance.words`."""

    id: str
    condition: str
    reason: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    since_ms: int | None = None
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A directive that nobody has given yet: its kind and body, as `appliance.domain.directive_kinds` tells them.

    A plan of the shelf is named by its number, `{"shelf": 3}`: the document takes its place when it is given.
    """

    kind: str
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A number in the line that may be raised: its ticket id, label, service id, and since when it waits."""

    ticket: int
    label: str
    service: str
    since_ms: int


@dataclass(frozen=True, slots=True)
class Choices:
    """What the forms of directives offer, in the reader's language: ids and names.

    `norm_min`: the norm of waiting in force; `plans`: the plans on the office's shelf that are not in force, by number.
    """

    services: Mapping[str, str] = field(default_factory=dict)
    neighbours: Mapping[str, str] = field(default_factory=dict)
    waiting: Sequence[Waiting] = ()
    norm_min: int = 15
    plans: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """A change of the centre that is in force at the office: the kind and body that made it, and what would end it."""

    kind: str
    body: Mapping[str, Any]
    since_ms: int | None = None
    end: Draft | None = None


@dataclass(frozen=True, slots=True)
class OfficeView:
    """Everything of an office's page. `opened_ms`: when the day was opened; `paused` a reason code or ''.

    `hours_ms`: when it opens and closes today. `advice_hits`: how often advice came true of how often it was scored,
    over all offices and the last thirty days. `line`: whether directives reach the office now. `row_at_ms`: the time of
    the newest entry, `seq` its number. `route`: the stops of a mobile office to come. `doubts`: all of them, the
    gravest first, which is `doubt`. `hush`: the silence of its alarms that lasts.
    """

    entry: OfficeEntry
    tile: Tile
    desks: Sequence[DeskView] = ()
    devices: Sequence[DeviceView] = ()
    series: Series | None = None
    norm_ms: int = 900_000
    hours_ms: tuple[int, int] | None = None
    halves: Sequence[DeskHalf] = ()
    forecast: Forecast | None = None
    advised: Advised | None = None
    advice_hits: tuple[int, int] = (0, 0)
    orders: Sequence[Order] = ()
    alarms: Sequence[Alarm] = ()
    standing: Sequence[Standing] = ()
    choices: Choices = field(default_factory=Choices)
    pulse: Pulse | None = None
    pulse_ms: int | None = None
    line: bool = False
    incarnation: str = ""
    seq: int | None = None
    row_at_ms: int | None = None
    opened_ms: int | None = None
    paused: str = ""
    route: Sequence[Place] = ()
    doubt: Doubt | None = None
    doubts: Sequence[DoubtView] = ()
    hush: Hush | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of an office's journal. `facts`: what it says, as short texts."""

    seq: int
    at_ms: int
    clock_trusted: bool
    actor: str
    kind: str
    facts: Mapping[str, str] = field(default_factory=dict)


class Reading(Protocol):
    """The centre as its pages see it. Every method may be called from any thread and answers without waiting long."""

    @property
    def zone(self) -> str:
        """The centre's own time zone, an IANA name: the wall's clock."""

    @property
    def version(self) -> str:
        """The version of the program."""

    def now_ms(self) -> int:
        """The centre's clock."""

    def listen(self, heard: Callable[[], None]) -> None:
        """Call back, on any thread, whenever a tile, an alarm or an order may have changed."""

    def tiles(self) -> Sequence[Tile]:
        """Every office, in the order of the wall. The same object when nothing of an office has changed is welcome."""

    def offices(self) -> Sequence[OfficeEntry]:
        """The register of offices, in the order of the wall."""

    def office(self, office: str, language: str) -> OfficeView | None:
        """One office in full; names of the plan in `language`. None when there is no such office."""

    def entries(self, office: str, seqs: Sequence[int]) -> Sequence[Entry]:
        """Entries of an office's journal by their numbers, oldest first; those that are not here yet are left out."""

    def alarms(self) -> Sequence[Alarm]:
        """The open alarms, gravest first, then oldest."""

    def past_alarms(self, office: str | None, limit: int, before: int | None = None) -> Sequence[Alarm]:
        """Closed alarms, newest first; `before`: with a smaller id."""

    def acknowledge(self, alarm: int, person: Person) -> None:
        """Take an open alarm. Raises NotDoneError: unknown-alarm, alarm-closed, alarm-taken."""

    def issue(self, office: str, draft: Draft, person: Person, reason: str, term_s: int, key: str) -> Order:
        """Give a directive; the same `key` again gives the same order. Raises NotDoneError with the code and facts of
        `OrderRefusedError`.
        """

    def order(self, office: str, seq: int) -> Order | None:
        """One directive and its fate."""

    def report(self, first: date, last: date) -> Report:
        """The figures of the days `first` to `last`. Raises NotDoneError with a code of `HistoryError`."""

    def versions(self, first: date, last: date) -> Sequence[Report]:
        """The frozen versions of the period, oldest first; those after the first are corrections."""

    def freeze(self, first: date, last: date, person: Person, *, incomplete: bool) -> None:
        """Freeze a period that is over. Raises NotDoneError with a code of `HistoryError`."""

    def behind(self, office: str, indicator: str, first: date, last: date) -> Sequence[int]:
        """The journal entries behind an indicator of one office."""

    def put_office(self, entry: OfficeEntry) -> None:
        """Add an office or change one."""

    def devices(self) -> Sequence[Device]:
        """Every device that has ever been enrolled, by office, the newest last."""

    def new_token(self, office: str, kind: TokenKind, person: Person) -> str:
        """A single-use token for one box of this office, shown once. Raises NotDoneError: unknown-office."""

    def revoke(self, device: str, person: Person) -> None:
        """Refuse this device's keys from now on. Raises NotDoneError: unknown-device."""

    def rotate(self, device: str, person: Person) -> None:
        """Ask the device to make new keys at its next word. Raises NotDoneError: unknown-device."""

    def limits(self, scope: str) -> Mapping[str, Limit]:
        """The thresholds in force for a scope of `sync.centre.thresholds`, of every rule."""

    def own_limits(self) -> Mapping[str, Mapping[str, Limit]]:
        """What was set otherwise than it is shipped: scope to rule to threshold."""

    def put_limit(self, scope: str, rule: str, limit: Limit | None, person: Person) -> None:
        """Set a threshold; None takes the scope's own away. Raises NotDoneError with a code of `ThresholdError`."""

    def route(self, office: str) -> Sequence[Stop]:
        """The timetable of a mobile office."""

    def put_route(self, office: str, stops: Sequence[Stop], person: Person) -> None:
        """Set it. Raises NotDoneError: unknown-office, or a code of `StopError`."""

    def decide(self, office: str, key: str, decision: Decision, incarnation: str, person: Person) -> None:
        """Decide on a doubt of an office, by its key; `incarnation`: the chosen card. Raises NotDoneError:
        unknown-office, doubt-over, unknown-card, card-unreadable, key-in-use.
        """

    def hushes(self) -> Sequence[Hush]:
        """The silences that last."""

    def hush(self, office: str, until_ms: int, why: str, person: Person) -> Hush:
        """Nothing rings of this office until then. Raises NotDoneError: unknown-office."""

    def lift(self, hush: int) -> str:
        """End a silence; the office. Raises NotDoneError: unknown-hush."""

    def shelf(self, office: str) -> Sequence[ShelfView]:
        """The plans on an office's shelf, the newest first."""

    def shelf_plan(self, office: str, number: int, language: str) -> PlanView | None:
        """One of them."""

    def check_plan(self, office: str, document: str, language: str) -> PlanView:
        """What a document would be. Raises PlanRefusedError; NotDoneError: unknown-office."""

    def put_plan(self, office: str, document: str, person: Person) -> ShelfView:
        """Put a document on the shelf; the newest one again changes nothing. Raises as `check_plan`."""

    def stop_figures(self, office: str, first: date, last: date) -> Sequence[StopFigures]:
        """What a mobile office did at each stop of these days, by the true times of its events."""
