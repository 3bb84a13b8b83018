"""From the start of a service to its end: start, finish, park, and coming back to the line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from appliance.domain import require
from appliance.domain.calling import called_by
from appliance.domain.message import Command, Event, Record
from appliance.domain.moment import Now
from appliance.domain.office import DeskState, Office, TicketState
from appliance.domain.order import choose
from appliance.domain.plan import ReasonKind
from appliance.domain.refusal import Code, Refused
from appliance.domain.undoing import with_undo
from appliance.domain.visits import continuing

PARK_LIMIT_MIN = 240


@dataclass(frozen=True)
class Start(Command):
    """The called visitor has come."""

    desk: int


@dataclass(frozen=True)
class Finish(Command):
    """The service is over; `call_next` calls the next visitor in the same press, if anybody waits."""

    desk: int
    call_next: bool = False


@dataclass(frozen=True)
class Park(Command):
    """Set the visitor aside (a form to fill in); the desk is free.

    `reason` is a code of the plan or ""; `minutes` until the visitor waits again, None for the usual ones.
    """

    desk: int
    reason: str = ""
    minutes: int | None = None


@dataclass(frozen=True)
class ReturnTicket(Command):
    """Put a missed (once) or parked visitor back into the line."""

    ticket: int


@dataclass(frozen=True)
class ServiceStarted(Event):
    """The service began; `inferred` when nobody pressed and the timer did it. Inferred times are reported apart."""

    ticket: int
    desk: int
    inferred: bool


@dataclass(frozen=True)
class ServiceFinished(Event):
    """The service ended; `by_system` when the day closed over it, and then its time counts nowhere.

    `chained`: by the press that also began it, because nobody had pressed the start.
    """

    ticket: int
    desk: int
    by_system: bool = False
    chained: bool = False


@dataclass(frozen=True)
class TicketParked(Event):
    """A visitor was set aside during the service, for so many minutes (0: until somebody calls or returns them)."""

    version: ClassVar[int] = 2

    ticket: int
    desk: int
    reason: str = ""
    minutes: int | None = None


@dataclass(frozen=True)
class TicketReturned(Event):
    """A missed or parked ticket waits again, before those who came after it."""

    ticket: int


def start(office: Office, command: Start, now: Now) -> Sequence[Event]:
    """Begin the service of the called ticket."""
    desk, ticket = require.calling_desk(office, command.desk)
    return [ServiceStarted(ticket.id, desk.number, inferred=False)]


def finish(office: Office, command: Finish, now: Now) -> Sequence[Event]:
    """End the service; a call in the same press finds the line as it was before.

    A called visitor whose start nobody pressed is started and finished at once, so that no service is without a start.
    A visit of several services goes on with the next one. In a pause nobody is called.
    """
    desk = require.desk(office, command.desk)
    events: list[Event] = []
    unstarted = desk.state is DeskState.CALLED
    if unstarted:
        _, ticket = require.calling_desk(office, command.desk)
        events.append(ServiceStarted(ticket.id, desk.number, inferred=True))
    else:
        _, ticket = require.serving_desk(office, command.desk)
    events.append(ServiceFinished(ticket.id, desk.number, chained=unstarted))
    events += continuing(ticket, desk.number)
    if command.call_next and office.pause is None:
        following = choose(office, desk.number, now)
        if following is not None:
            events.append(called_by(following, desk.number, chained=True))
    return events


def return_ticket(office: Office, command: ReturnTicket, now: Now) -> Sequence[Event]:
    """Let a missed or parked visitor wait again."""
    ticket = require.ticket(office, command.ticket)
    if ticket.state is TicketState.MISSED and ticket.returned:
        raise Refused(Code.ALREADY_RETURNED, number=ticket.label)
    if ticket.state not in (TicketState.MISSED, TicketState.PARKED):
        raise Refused(Code.TICKET_NOT_MISSED, number=ticket.label)
    return [TicketReturned(ticket.id)]


def park(office: Office, command: Park, now: Now) -> Sequence[Event]:
    """Set the served visitor aside."""
    desk, ticket = require.serving_desk(office, command.desk)
    plan, _ = require.open_day(office)
    reason = require.reason(plan, ReasonKind.PARK, command.reason)
    minutes = command.minutes
    if minutes is None:
        minutes = (reason.minutes if reason is not None else 0) or plan.settings.park_min
    if not 0 <= minutes <= PARK_LIMIT_MIN:
        raise Refused(Code.MINUTES_OUT_OF_RANGE, low=0, high=PARK_LIMIT_MIN)
    return [TicketParked(ticket.id, desk.number, command.reason, minutes)]


def started(office: Office, record: Record, event: ServiceStarted) -> Office:
    """The visitor sits at the desk."""
    ticket = replace(
        office.tickets[event.ticket],
        state=TicketState.SERVING,
        started=record.stamp,
        inferred=event.inferred,
    )
    desk = replace(office.desks[event.desk], state=DeskState.SERVING, since=record.stamp)
    return with_undo(office, office.with_ticket(ticket).with_desk(desk), record)


def finished(office: Office, record: Record, event: ServiceFinished) -> Office:
    """The ticket is done, the desk is free."""
    ticket = replace(
        office.tickets[event.ticket],
        state=TicketState.DONE,
        desk=None,
        for_desk=None,
        ended=record.stamp,
        by_system=event.by_system,
    )
    after = office.with_ticket(ticket).freed(event.desk, record.stamp)
    return with_undo(office, after, record, chained=event.chained)


def returned(office: Office, record: Record, event: TicketReturned) -> Office:
    """The ticket waits again at its old place; a missed one has used its only return."""
    ticket = office.tickets[event.ticket]
    missed = ticket.state is TicketState.MISSED
    return office.with_ticket(replace(ticket.waiting_again(), returned=ticket.returned or missed))


def parked(office: Office, record: Record, event: TicketParked) -> Office:
    """The ticket is set aside for this desk, the desk is free."""
    ticket = replace(
        office.tickets[event.ticket],
        state=TicketState.PARKED,
        desk=None,
        for_desk=event.desk,
        ended=record.stamp,
        reason=event.reason,
        park_min=event.minutes,
    )
    return with_undo(office, office.with_ticket(ticket).freed(event.desk, record.stamp), record)
