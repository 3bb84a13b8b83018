"""One number for several services: transfers, coming back, further services, sending on, two numbers made one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from appliance.domain import require
from appliance.domain.message import Command, Event, Record
from appliance.domain.moment import Now
from appliance.domain.office import Office, Stop, Ticket, TicketState
from appliance.domain.refusal import Code, Refused
from appliance.domain.skills import desk_level, served_somewhere
from appliance.domain.undoing import with_undo

ROUTE_LIMIT = 8
"""Services that one visit may still have before it."""

MERGED = "merged"
"""Why a ticket left that became part of another one."""

IN_HAND = (TicketState.WAITING, TicketState.CALLED, TicketState.SERVING, TicketState.PARKED)


@dataclass(frozen=True)
class Transfer(Command):
    """Send the served visitor to another service, to a desk, or both, keeping number and place.

    Neither means the desk's default target. `come_back`: afterwards the visitor waits for this desk again.
    """

    desk: int
    service: str | None = None
    to_desk: int | None = None
    come_back: bool = False


@dataclass(frozen=True)
class AddService(Command):
    """The visitor has one more thing to settle: it comes after those of the route, under the same number."""

    ticket: int
    service: str


@dataclass(frozen=True)
class SendTicket(Command):
    """Reception sends somebody who waits to another service, or to a desk; number and place stay."""

    ticket: int
    service: str | None = None
    to_desk: int | None = None


@dataclass(frozen=True)
class MergeTickets(Command):
    """One person took two numbers: `ticket` becomes part of the visit of `into`, which keeps the better place."""

    ticket: int
    into: int


@dataclass(frozen=True)
class TicketTransferred(Event):
    """A visitor was sent on under the same number: to a service, to a desk, perhaps to come back afterwards."""

    version: ClassVar[int] = 2

    ticket: int
    desk: int
    service: str
    to_desk: int | None = None
    come_back: bool = False


@dataclass(frozen=True)
class VisitContinued(Event):
    """A service of a visit is over and the next one waits, for `to_desk` if the visitor was told to come back."""

    ticket: int
    desk: int
    service: str
    to_desk: int | None


@dataclass(frozen=True)
class ServiceAdded(Event):
    """A visit got one more service."""

    ticket: int
    service: str


@dataclass(frozen=True)
class TicketSent(Event):
    """Somebody who waits was sent to another service or desk."""

    ticket: int
    service: str
    to_desk: int | None


@dataclass(frozen=True)
class TicketsMerged(Event):
    """Two numbers of one person became one: `ticket` ended, its services follow those of `into`."""

    ticket: int
    into: int

    def tickets(self) -> tuple[int, ...]:
        """Both."""
        return (self.ticket, self.into)


def transfer(office: Office, command: Transfer, now: Now) -> Sequence[Event]:
    """Send the served visitor on to a service that somebody serves, or to a desk that may serve it."""
    desk, ticket = require.serving_desk(office, command.desk)
    plan, _ = require.open_day(office)
    target = command.service
    if target is None:
        target = ticket.service if command.to_desk is not None else plan.desks[desk.number].transfer_to
    if target is None:
        raise Refused(Code.NO_TRANSFER_TARGET, desk=desk.number)
    if command.to_desk == desk.number:
        raise Refused(Code.DESK_CANNOT_SERVE, desk=desk.number, number=ticket.label)
    _require_target(office, ticket, target, command.to_desk)
    if command.come_back and len(ticket.route) >= ROUTE_LIMIT:
        raise Refused(Code.ROUTE_TOO_LONG, number=ticket.label, limit=ROUTE_LIMIT)
    return [TicketTransferred(ticket.id, desk.number, target, command.to_desk, command.come_back)]


def add_service(office: Office, command: AddService, now: Now) -> Sequence[Event]:
    """Add a service to a visit that is not over."""
    ticket = _in_hand(office, command.ticket)
    plan, _ = require.open_day(office)
    service = require.service(plan, command.service)
    if not served_somewhere(plan, service.id):
        raise Refused(Code.NOBODY_SERVES, service=service.id)
    if len(ticket.route) >= ROUTE_LIMIT:
        raise Refused(Code.ROUTE_TOO_LONG, number=ticket.label, limit=ROUTE_LIMIT)
    return [ServiceAdded(ticket.id, service.id)]


def send(office: Office, command: SendTicket, now: Now) -> Sequence[Event]:
    """Send somebody who waits or is parked; saying neither service nor desk takes a direction back."""
    ticket = require.ticket(office, command.ticket)
    if ticket.state not in (TicketState.WAITING, TicketState.PARKED):
        raise Refused(Code.TICKET_NOT_IN_QUEUE, number=ticket.label)
    target = command.service or ticket.service
    _require_target(office, ticket, target, command.to_desk)
    return [TicketSent(ticket.id, target, command.to_desk)]


def merge(office: Office, command: MergeTickets, now: Now) -> Sequence[Event]:
    """Make two numbers one."""
    ticket, into = require.ticket(office, command.ticket), _in_hand(office, command.into)
    if ticket.state is not TicketState.WAITING or ticket.id == into.id:
        raise Refused(Code.TICKET_NOT_IN_QUEUE, number=ticket.label)
    if len(into.route) + 1 + len(ticket.route) > ROUTE_LIMIT:
        raise Refused(Code.ROUTE_TOO_LONG, number=into.label, limit=ROUTE_LIMIT)
    return [TicketsMerged(ticket.id, into.id)]


def continuing(ticket: Ticket, desk: int) -> Sequence[Event]:
    """What follows the end of a service: the next stop of the visit, if there is one."""
    if not ticket.route:
        return []
    service, to_desk = ticket.route[0]
    return [VisitContinued(ticket.id, desk, service, to_desk)]


def transferred(office: Office, record: Record, event: TicketTransferred) -> Office:
    """The ticket waits for the other service at its old place, the desk is free."""
    ticket = office.tickets[event.ticket]
    back = (Stop(ticket.service, event.desk),) if event.come_back else ()
    moved = replace(
        ticket.waiting_again(),
        service=event.service,
        for_desk=event.to_desk,
        purpose=ticket.purpose if event.service == ticket.service else "",
        route=back + ticket.route,
    )
    return with_undo(office, office.with_ticket(moved).freed(event.desk, record.stamp), record)


def continued(office: Office, record: Record, event: VisitContinued) -> Office:
    """The ticket waits for the next service of its route; undoing the finish takes this back too."""
    ticket = office.tickets[event.ticket]
    moved = replace(
        ticket.waiting_again(),
        service=event.service,
        for_desk=event.to_desk,
        purpose=ticket.purpose if event.service == ticket.service else "",
        route=ticket.route[1:],
    )
    return with_undo(office, office.with_ticket(moved), record, chained=True)


def service_added(office: Office, record: Record, event: ServiceAdded) -> Office:
    """The route is longer."""
    ticket = office.tickets[event.ticket]
    return office.with_ticket(replace(ticket, route=(*ticket.route, Stop(event.service))))


def sent(office: Office, record: Record, event: TicketSent) -> Office:
    """The ticket waits where it was sent."""
    ticket = office.tickets[event.ticket]
    if ticket.state is TicketState.PARKED:
        ticket = ticket.waiting_again()
    purpose = ticket.purpose if event.service == ticket.service else ""
    return office.with_ticket(replace(ticket, service=event.service, for_desk=event.to_desk, purpose=purpose))


def merged(office: Office, record: Record, event: TicketsMerged) -> Office:
    """One ticket left, the other has its services and the better place of both."""
    ticket, into = office.tickets[event.ticket], office.tickets[event.into]
    gone = replace(
        ticket, state=TicketState.LEFT, for_desk=None, route=(), ended=record.stamp, by_system=False, reason=MERGED
    )
    kept = replace(
        into,
        route=(*into.route, Stop(ticket.service), *ticket.route),
        place=min(into.place, ticket.place),
        needs=require.needs((*into.needs, *ticket.needs)),
        raised=into.raised or ticket.raised,
    )
    return office.with_ticket(gone).with_ticket(kept)


def _in_hand(office: Office, number: int) -> Ticket:
    ticket = require.ticket(office, number)
    if ticket.state not in IN_HAND:
        raise Refused(Code.TICKET_NOT_IN_QUEUE, number=ticket.label)
    return ticket


def _require_target(office: Office, ticket: Ticket, service: str, desk: int | None) -> None:
    """The service is one that somebody serves, and the desk, if named, is one that may."""
    plan, _ = require.open_day(office)
    require.service(plan, service)
    if not served_somewhere(plan, service):
        raise Refused(Code.NOBODY_SERVES, service=service)
    if desk is None:
        return
    known = require.desk(office, desk)
    purpose = ticket.purpose if service == ticket.service else ""
    if not desk_level(plan, desk, service, purpose, known.operator):
        raise Refused(Code.DESK_CANNOT_SERVE, desk=desk, number=ticket.label)
