"""The state of one office: its day, its desks, its tickets and its slips. Immutable; `evolve` makes the next one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from appliance.domain.moment import Moment, Stamp, elapsed
from appliance.domain.plan import Plan


class TicketState(StrEnum):
    """Where a ticket is in its life. `missed`, `left` and `done` are the ends of a day."""

    WAITING = "waiting"
    CALLED = "called"
    SERVING = "serving"
    PARKED = "parked"
    MISSED = "missed"
    LEFT = "left"
    DONE = "done"


class DeskState(StrEnum):
    """What a desk is doing; the table of keys reads this."""

    CLOSED = "closed"
    FREE = "free"
    BREAK = "break"
    CALLED = "called"
    SERVING = "serving"


class SlipState(StrEnum):
    """What became of a paper. `sent`: the printer was well but can't confirm."""

    QUEUED = "queued"
    PRINTED = "printed"
    SENT = "sent"
    UNKNOWN = "unknown"
    EXPIRED = "expired"


class Stop(NamedTuple):
    """One more service of a visit; `desk`: where the visitor was told to come back to, or None for any that serves."""

    service: str
    desk: int | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """One visitor's number.

    `place` orders the line: a ticket issued here stands at (its id, 0), an adopted one behind the ticket whose time its
    paper bears, by the minute on the paper. Times are stamps into the journal: `heard` is when the call was spoken or
    shown, `called` the call in hand, `first_called` and `last_called` outlive it.

    `service` is what the visitor waits for or gets now, `asked` what the number was taken for, `route` what comes
    after. `confirmed` says of the category's document: seen, missing, or nobody has looked (None). `slot` is a booked
    minute of the day. `returned`: a missed one has used its only return; `resumed`: waits again after it had been with
    somebody. `promised` is False for a visitor who waits without a guarantee. `told`: the shortest and longest wait, in
    seconds, that was told with the number. `reason` is why it is parked, or why it left. `raised`: the situation
    centre has put it first, whatever the policy.
    """

    id: int
    series: str
    number: int
    service: str
    language: str
    state: TicketState
    place: tuple[int, int]
    issued: Stamp
    adopted: bool = False
    desk: int | None = None
    for_desk: int | None = None
    returned: bool = False
    calls: int = 0
    called: Stamp | None = None
    heard: Stamp | None = None
    started: Stamp | None = None
    ended: Stamp | None = None
    inferred: bool = False
    by_system: bool = False
    asked: str = ""
    purpose: str = ""
    category: str | None = None
    confirmed: bool | None = None
    needs: tuple[str, ...] = ()
    route: tuple[Stop, ...] = ()
    slot: int | None = None
    resumed: bool = False
    promised: bool = True
    told: tuple[int, int] | None = None
    reason: str = ""
    park_min: int | None = None
    first_called: Stamp | None = None
    last_called: Stamp | None = None
    raised: Stamp | None = None

    @property
    def label(self) -> str:
        """The number as a person reads it: letter, no-break space, at least three digits."""
        return f"{self.series}\u00a0{self.number:03d}"

    def waiting_again(self) -> Ticket:
        """The ticket in the line once more, after it had been with somebody: at its old place, its clocks empty."""
        return replace(
            self,
            state=TicketState.WAITING,
            desk=None,
            resumed=True,
            calls=0,
            called=None,
            heard=None,
            started=None,
            inferred=False,
            ended=None,
            by_system=False,
            reason="",
            park_min=None,
        )

    @property
    def active(self) -> bool:
        """Whether a desk holds it now."""
        return self.state in (TicketState.CALLED, TicketState.SERVING)


@dataclass(frozen=True, slots=True)
class Undo:
    """What one gesture would restore at a desk: the rows as they were, and what they must still be."""

    seq: int
    kind: str
    moment: Moment
    desk_before: Desk
    before: tuple[Ticket, ...]
    after: tuple[Ticket, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """A place where visitors are served. `reason` is of a break; `undo` lives in memory only: its term is seconds."""

    number: int
    state: DeskState = DeskState.CLOSED
    ticket: int | None = None
    operator: str | None = None
    since: Stamp | None = None
    reason: str = ""
    undo: Undo | None = field(default=None, compare=False)

    @property
    def working(self) -> bool:
        """Whether it receives visitors now (neither closed nor on a break)."""
        return self.state in (DeskState.FREE, DeskState.CALLED, DeskState.SERVING)


@dataclass(frozen=True, slots=True)
class Slip:
    """One paper of a ticket. Everything after the first of a ticket is a copy and says so on the paper."""

    id: int
    ticket: int
    copy: bool
    state: SlipState
    queued: Stamp
    settled: Stamp | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """A working day. Its number is its identity; its date (ISO) is an attribute that may be corrected or unknown."""

    number: int
    date: str | None
    block: int
    opened: Stamp
    closed: Stamp | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch of the day in which the hall stood still (an alarm): no clock of a visitor runs in it."""

    id: int
    reason: str
    began: Stamp
    ended: Stamp | None = None


@dataclass(frozen=True, slots=True)
class BellCall:
    """Somebody at the ramp has rung. `rings`: how often; `escalated`: 0, 1 (every desk knows) or 2 (the centre too).

    `how` is empty while the call is open, else how it ended.
    """

    id: int
    bell: str
    rung: Stamp
    rings: int = 1
    escalated: int = 0
    answered: Stamp | None = None
    arrived: Stamp | None = None
    closed: Stamp | None = None
    how: str = ""


@dataclass(frozen=True, slots=True)
class DeviceMark:
    """What was last noted of a device: ready, warning, missing or fault, the code of the reason, and since when."""

    condition: str
    reason: str
    since: Stamp


@dataclass(frozen=True, slots=True)
class Standing:
    """A change that the situation centre has made for the day: what of the office, to which value (codes, no text).

    `what` and `value` are as `appliance.domain.standing` writes them; `directive` is the number of the directive that
    made it. `told`: a text belongs to it, under the number of the directive.
    """

    id: int
    what: str
    value: str
    directive: int
    told: bool
    began: Stamp


@dataclass(frozen=True, slots=True)
class SettledDirective:
    """A directive and what became of it: `outcome` is applied, refused or expired, `code` and `facts` say why.

    `target` is what it was about: a desk's number, a service, a ticket's id, a device, an office, or "".
    """

    seq: int
    id: str
    kind: str
    author: str
    reason: str
    target: str
    outcome: str
    code: str
    facts: Mapping[str, str | int]
    settled: Stamp


DIRECTIVES_KEPT = 50
"""So many of the newest settled directives are in memory; the table has all."""


@dataclass(frozen=True, slots=True)
class Fence:
    """Where a restored office may number: `block`, until a day with a date after `until` is opened."""

    block: int
    until: str | None


@dataclass(frozen=True, slots=True)
class Office:
    """Everything the rules need. `numbers` holds the next number per series; `tickets` those of the last opened day.

    `plan` is what is in force: the plan of the day's opening with the norms, limits, hours and skills of `next_plan`,
    which waits for the next opening. `pauses` are those of the day. `bells` holds the open call of each bell that
    rings, `devices` what was last noted of each device. `standing` holds the changes of the situation centre that last,
    by what they change (the plan in force has them already); `directives` the newest that were settled, oldest first.
    """

    id: str = ""
    incarnation: int = 0
    life: str = ""
    fence: Fence | None = None
    plan: Plan | None = None
    next_plan: Plan | None = None
    day: Day | None = None
    numbers: Mapping[str, int] = field(default_factory=dict)
    tickets: Mapping[int, Ticket] = field(default_factory=dict)
    desks: Mapping[int, Desk] = field(default_factory=dict)
    slips: Mapping[int, Slip] = field(default_factory=dict)
    pauses: tuple[Pause, ...] = ()
    last_ticket: int = 0
    last_slip: int = 0
    last_pause: int = 0
    bells: Mapping[str, BellCall] = field(default_factory=dict)
    last_bell: int = 0
    devices: Mapping[str, DeviceMark] = field(default_factory=dict)
    standing: Mapping[str, Standing] = field(default_factory=dict)
    last_standing: int = 0
    directives: tuple[SettledDirective, ...] = ()
    seq: int = 0

    @property
    def open_day(self) -> Day | None:
        """The day that is open now, if one is."""
        return self.day if self.day is not None and self.day.closed is None else None

    @property
    def pause(self) -> Pause | None:
        """The pause that lasts now, if there is one."""
        return self.pauses[-1] if self.pauses and self.pauses[-1].ended is None else None

    @property
    def last_directive(self) -> int:
        """The number of the last directive that was settled, whatever its outcome; 0 before the first."""
        return self.directives[-1].seq if self.directives else 0

    def elapsed(self, since: Moment, until: Moment) -> int:
        """Milliseconds of a visitor's time from one moment to another: the day's pauses are left out of it."""
        return elapsed(since, until, self.pauses)

    def with_ticket(self, ticket: Ticket) -> Office:
        """The office with this ticket in place of the one of its id."""
        return replace(self, tickets={**self.tickets, ticket.id: ticket})

    def with_desk(self, desk: Desk) -> Office:
        """The office with this desk in place of the one of its number."""
        return replace(self, desks={**self.desks, desk.number: desk})

    def freed(self, number: int, stamp: Stamp) -> Office:
        """The office with this desk free since `stamp`."""
        return self.with_desk(replace(self.desks[number], state=DeskState.FREE, ticket=None, since=stamp))

    def with_slip(self, slip: Slip) -> Office:
        """The office with this slip in place of the one of its id."""
        return replace(self, slips={**self.slips, slip.id: slip})
