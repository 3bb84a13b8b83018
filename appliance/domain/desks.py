"""Opening and closing a desk, breaks, and who is signed in at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from appliance.domain import require
from appliance.domain.hours import day_hours
from appliance.domain.message import Command, Event, Record
from appliance.domain.moment import Now
from appliance.domain.office import Desk, DeskState, Office
from appliance.domain.plan import Plan, ReasonKind
from appliance.domain.refusal import Code, Refused
from appliance.domain.roster import operator_for


@dataclass(frozen=True)
class OpenDesk(Command):
    """Begin to receive at a desk; ends a break."""

    desk: int


@dataclass(frozen=True)
class CloseDesk(Command):
    """Receive nobody more at a desk that is free or on a break."""

    desk: int


@dataclass(frozen=True)
class TakeBreak(Command):
    """A free desk goes on a break. `reason` is a code of the plan, or ""."""

    desk: int
    reason: str = ""


@dataclass(frozen=True)
class SignIn(Command):
    """An operator, known elsewhere by a PIN, works at this desk from now on."""

    desk: int
    operator: str


@dataclass(frozen=True)
class SignOut(Command):
    """Nobody is signed in at this desk any more."""

    desk: int


@dataclass(frozen=True)
class DeskOpened(Event):
    """A desk receives visitors."""

    desk: int


@dataclass(frozen=True)
class DeskClosed(Event):
    """A desk receives nobody; `by_system` when the day closed."""

    desk: int
    by_system: bool = False


@dataclass(frozen=True)
class BreakStarted(Event):
    """A desk went on a break."""

    version: ClassVar[int] = 2

    desk: int
    reason: str = ""


@dataclass(frozen=True)
class BreakEnded(Event):
    """A desk came back from its break."""

    desk: int


@dataclass(frozen=True)
class OperatorSignedIn(Event):
    """Keys of this desk act for this operator (an opaque id) from now on."""

    desk: int
    operator: str


@dataclass(frozen=True)
class OperatorSignedOut(Event):
    """Keys of this desk act for nobody in particular."""

    desk: int


def open_desk(office: Office, command: OpenDesk, now: Now) -> Sequence[Event]:
    """Open a closed desk of an open day, or end its break."""
    desk = require.desk(office, command.desk)
    if desk.state is DeskState.BREAK:
        return [BreakEnded(desk.number)]
    if desk.state is not DeskState.CLOSED:
        raise Refused(Code.DESK_ALREADY_OPEN, desk=desk.number)
    plan, _ = require.open_day(office)
    return [DeskOpened(desk.number), *_by_roster(office, plan, desk, now)]


def _by_roster(office: Office, plan: Plan, desk: Desk, now: Now) -> Sequence[Event]:
    """Sign in whom the roster has at this desk now, unless somebody is or they work elsewhere (rule 14)."""
    if desk.operator is not None or now.local is None:
        return []
    minute, today = now.local.hour * 60 + now.local.minute, now.local.date()
    worked_as = day_hours(plan, today, now.public).weekday
    operator = operator_for(plan, desk.number, today, minute, weekday=worked_as)
    if operator is None or any(other.operator == operator for other in office.desks.values()):
        return []
    return [OperatorSignedIn(desk.number, operator)]


def close_desk(office: Office, command: CloseDesk, now: Now) -> Sequence[Event]:
    """Close a desk that holds no ticket."""
    desk = require.desk(office, command.desk)
    if desk.state is DeskState.CLOSED:
        raise Refused(Code.DESK_CLOSED, desk=desk.number)
    if desk.ticket is not None:
        raise Refused(Code.DESK_HAS_TICKET, desk=desk.number, number=office.tickets[desk.ticket].label)
    return [DeskClosed(desk.number)]


def take_break(office: Office, command: TakeBreak, now: Now) -> Sequence[Event]:
    """Send a free desk on a break, as long as enough desks go on receiving."""
    desk = require.free_desk(office, command.desk)
    plan, _ = require.open_day(office)
    require.reason(plan, ReasonKind.BREAK, command.reason)
    others = sum(other.working for other in office.desks.values() if other.number != desk.number)
    if others < plan.settings.min_cover:
        raise Refused(Code.TOO_FEW_DESKS, desk=desk.number, working=others, needed=plan.settings.min_cover)
    return [BreakStarted(desk.number, command.reason)]


def sign_in(office: Office, command: SignIn, now: Now) -> Sequence[Event]:
    """Sign an operator in; whoever was there is signed out by it, and so is the operator at any other desk."""
    desk, operator = require.desk(office, command.desk), command.operator[:40]
    if desk.operator == operator:
        return []
    elsewhere = [OperatorSignedOut(other.number) for other in office.desks.values() if other.operator == operator]
    return [*elsewhere, OperatorSignedIn(desk.number, operator)]


def sign_out(office: Office, command: SignOut, now: Now) -> Sequence[Event]:
    """Sign out whoever is signed in."""
    desk = require.desk(office, command.desk)
    return [] if desk.operator is None else [OperatorSignedOut(desk.number)]


def opened(office: Office, record: Record, event: DeskOpened) -> Office:
    """The desk is free."""
    return _in_state(office, record, event.desk, DeskState.FREE)


def closed(office: Office, record: Record, event: DeskClosed) -> Office:
    """The desk is closed and nobody is signed in at it."""
    office = _in_state(office, record, event.desk, DeskState.CLOSED)
    return office.with_desk(replace(office.desks[event.desk], operator=None))


def break_started(office: Office, record: Record, event: BreakStarted) -> Office:
    """The desk is on a break."""
    return _in_state(office, record, event.desk, DeskState.BREAK, event.reason)


def break_ended(office: Office, record: Record, event: BreakEnded) -> Office:
    """The desk is free again."""
    return _in_state(office, record, event.desk, DeskState.FREE)


def signed_in(office: Office, record: Record, event: OperatorSignedIn) -> Office:
    """The desk knows its operator."""
    desk = office.desks.get(event.desk, Desk(event.desk))
    return office.with_desk(replace(desk, operator=event.operator))


def signed_out(office: Office, record: Record, event: OperatorSignedOut) -> Office:
    """The desk has no operator."""
    return office.with_desk(replace(office.desks[event.desk], operator=None))


def _in_state(office: Office, record: Record, number: int, state: DeskState, reason: str = "") -> Office:
    desk = office.desks.get(number, Desk(number))
    return office.with_desk(replace(desk, state=state, ticket=None, since=record.stamp, reason=reason, undo=None))
