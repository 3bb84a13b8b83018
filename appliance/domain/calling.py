"""From the call to the end of the service: call, recall, start, finish, miss, return, park, transfer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from appliance.domain import require
from appliance.domain.message import Command, Event, Record
from appliance.domain.moment import Now
from appliance.domain.office import DeskState, Office, TicketState
from appliance.domain.order import next_ticket
from appliance.domain.refusal import Code, Refused
from appliance.domain.undoing import with_undo


@dataclass(frozen=True)
class CallNext(Command):
    """Call the next visitor to a free desk."""

    desk: int


@dataclass(frozen=True)
class Recall(Command):
    """Call the called visitor once more."""

    desk: int


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
class Miss(Command):
    """The called visitor did not come."""

    desk: int


@dataclass(frozen=True)
class CallBack(Command):
    """Call a missed visitor after all: the named one, or the last missed whom this desk serves. Once for a ticket."""

    desk: int
    ticket: int | None = None


@dataclass(frozen=True)
class ReturnTicket(Command):
    """Put a missed (once) or parked visitor back into the line."""

    ticket: int


@dataclass(frozen=True)
class Park(Command):
    """Set the visitor aside for some minutes (a form to fill in); the desk is free."""

    desk: int


@dataclass(frozen=True)
class Transfer(Command):
    """Send the visitor to another service, keeping number and place; None means the desk's default target."""

    desk: int
    service: str | None = None


@dataclass(frozen=True)
class HearCall(Command):
    """The call was spoken, or shown where there is no voice.

    `called` is the journal entry of the call, `calls` how often it has been repeated since: together they name one
    announcement. None means whatever call there is now.
    """

    ticket: int
    calls: int
    called: int | None = None


@dataclass(frozen=True)
class TicketCalled(Event):
    """A ticket was called to a desk.

    `chained`: by the press that finished the one before. `back`: it had been missed.
    """

    ticket: int
    desk: int
    chained: bool = False
    back: bool = False


@dataclass(frozen=True)
class TicketRecalled(Event):
    """A called ticket was called once more."""

    ticket: int
    desk: int


@dataclass(frozen=True)
class CallHeard(Event):
    """The visitor could have heard the call: the clocks of the no-show and of the inferred start begin."""

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
class TicketMissed(Event):
    """The called visitor did not come."""

    ticket: int
    desk: int
    by_system: bool = False


@dataclass(frozen=True)
class TicketReturned(Event):
    """A missed or parked ticket waits again, before those who came after it."""

    ticket: int


@dataclass(frozen=True)
class TicketParked(Event):
    """A visitor was set aside during the service."""

    ticket: int
    desk: int


@dataclass(frozen=True)
class TicketTransferred(Event):
    """A visitor was sent on to another service under the same number."""

    ticket: int
    desk: int
    service: str


def call_next(office: Office, command: CallNext, now: Now) -> Sequence[Event]:
    """Call whoever is first in the line of a free desk."""
    desk = require.free_desk(office, command.desk)
    ticket = next_ticket(office, desk.number)
    if ticket is None:
        raise Refused(Code.NOBODY_WAITING, desk=desk.number)
    return [TicketCalled(ticket.id, desk.number)]


def recall(office: Office, command: Recall, now: Now) -> Sequence[Event]:
    """Say the same number again."""
    desk, ticket = require.calling_desk(office, command.desk)
    return [TicketRecalled(ticket.id, desk.number)]


def start(office: Office, command: Start, now: Now) -> Sequence[Event]:
    """Begin the service of the called ticket."""
    desk, ticket = require.calling_desk(office, command.desk)
    return [ServiceStarted(ticket.id, desk.number, inferred=False)]


def finish(office: Office, command: Finish, now: Now) -> Sequence[Event]:
    """End the service; a call in the same press finds the line as it was before.

    A called visitor whose start nobody pressed is started and finished at once, so that no service is without a start.
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
    if command.call_next:
        following = next_ticket(office, desk.number)
        if following is not None:
            events.append(TicketCalled(following.id, desk.number, chained=True))
    return events


def miss(office: Office, command: Miss, now: Now) -> Sequence[Event]:
    """Give up on the called visitor."""
    desk, ticket = require.calling_desk(office, command.desk)
    return [TicketMissed(ticket.id, desk.number)]


def call_back(office: Office, command: CallBack, now: Now) -> Sequence[Event]:
    """Call a visitor who had been missed."""
    desk = require.free_desk(office, command.desk)
    if command.ticket is not None:
        ticket = require.ticket(office, command.ticket)
        if ticket.state is not TicketState.MISSED:
            raise Refused(Code.TICKET_NOT_MISSED, number=ticket.label)
    else:
        missed = [
            t
            for t in office.tickets.values()
            if t.state is TicketState.MISSED
            and not t.returned
            and office.plan is not None
            and office.plan.serves(desk.number, t.service)
        ]
        if not missed:
            raise Refused(Code.NOBODY_MISSED, desk=desk.number)
        ticket = max(missed, key=lambda t: t.ended.seq if t.ended else 0)
    if ticket.returned:
        raise Refused(Code.ALREADY_RETURNED, number=ticket.label)
    return [TicketCalled(ticket.id, desk.number, back=True)]


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
    return [TicketParked(ticket.id, desk.number)]


def transfer(office: Office, command: Transfer, now: Now) -> Sequence[Event]:
    """Send the served visitor to another service that somebody at an open desk, or any desk of the plan, serves."""
    desk, ticket = require.serving_desk(office, command.desk)
    plan, _ = require.open_day(office)
    target = command.service or plan.desks[desk.number].transfer_to
    if target is None:
        raise Refused(Code.NO_TRANSFER_TARGET, desk=desk.number)
    service = require.service(plan, target)
    if not any(plan.serves(number, service.id) for number in plan.desks):
        raise Refused(Code.NOBODY_SERVES, service=service.id)
    return [TicketTransferred(ticket.id, desk.number, service.id)]


def hear_call(office: Office, command: HearCall, now: Now) -> Sequence[Event]:
    """Note that a call was heard, if it is still the newest call of a ticket that is still called."""
    ticket = office.tickets.get(command.ticket)
    if ticket is None or ticket.state is not TicketState.CALLED or ticket.calls != command.calls:
        return []
    if command.called is not None and ticket.called is not None and ticket.called.seq != command.called:
        return []
    return [CallHeard(ticket.id)]


def called(office: Office, record: Record, event: TicketCalled) -> Office:
    """The ticket belongs to the desk."""
    ticket = office.tickets[event.ticket]
    ticket = replace(
        ticket,
        state=TicketState.CALLED,
        desk=event.desk,
        returned=ticket.returned or event.back,
        ended=None,
        by_system=False,
        calls=1,
        called=record.stamp,
        heard=None,
    )
    desk = replace(office.desks[event.desk], state=DeskState.CALLED, ticket=ticket.id, since=record.stamp)
    after = office.with_ticket(ticket).with_desk(desk)
    return with_undo(office, after, record, chained=event.chained)


def recalled(office: Office, record: Record, event: TicketRecalled) -> Office:
    """One more call, not yet heard."""
    ticket = office.tickets[event.ticket]
    return office.with_ticket(replace(ticket, calls=ticket.calls + 1, heard=None))


def heard(office: Office, record: Record, event: CallHeard) -> Office:
    """The clocks run from here."""
    return office.with_ticket(replace(office.tickets[event.ticket], heard=record.stamp))


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
    after = _freed(record, office.with_ticket(ticket), event.desk)
    return with_undo(office, after, record, chained=event.chained)


def missed(office: Office, record: Record, event: TicketMissed) -> Office:
    """The ticket is missed, the desk is free."""
    ticket = replace(
        office.tickets[event.ticket],
        state=TicketState.MISSED,
        desk=None,
        for_desk=None,
        ended=record.stamp,
        by_system=event.by_system,
    )
    return with_undo(office, _freed(record, office.with_ticket(ticket), event.desk), record)


def returned(office: Office, record: Record, event: TicketReturned) -> Office:
    """The ticket waits again at its old place; a missed one has used its only return."""
    ticket = office.tickets[event.ticket]
    return office.with_ticket(
        replace(
            ticket,
            state=TicketState.WAITING,
            returned=ticket.returned or ticket.state is TicketState.MISSED,
            calls=0,
            called=None,
            heard=None,
            started=None,
            inferred=False,
            ended=None,
            by_system=False,
        )
    )


def parked(office: Office, record: Record, event: TicketParked) -> Office:
    """The ticket is set aside for this desk, the desk is free."""
    ticket = replace(
        office.tickets[event.ticket],
        state=TicketState.PARKED,
        desk=None,
        for_desk=event.desk,
        ended=record.stamp,
    )
    return with_undo(office, _freed(record, office.with_ticket(ticket), event.desk), record)


def transferred(office: Office, record: Record, event: TicketTransferred) -> Office:
    """The ticket waits for the other service at its old place, the desk is free."""
    ticket = replace(
        office.tickets[event.ticket],
        state=TicketState.WAITING,
        service=event.service,
        desk=None,
        for_desk=None,
        calls=0,
        called=None,
        heard=None,
        started=None,
        inferred=False,
    )
    return with_undo(office, _freed(record, office.with_ticket(ticket), event.desk), record)


def _freed(record: Record, office: Office, number: int) -> Office:
    """The office with this desk free."""
    desk = office.desks[number]
    return office.with_desk(replace(desk, state=DeskState.FREE, ticket=None, since=record.stamp))
