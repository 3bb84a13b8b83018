"""A visitor is called: by the line, by number, once more, not at all, after all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from appliance.domain import require
from appliance.domain.message import Command, Event, Record
from appliance.domain.moment import Now
from appliance.domain.office import DeskState, Office, Ticket, TicketState
from appliance.domain.order import Choice, Why, choose, eligible
from appliance.domain.refusal import Code, Refused
from appliance.domain.skills import level
from appliance.domain.undoing import with_undo


@dataclass(frozen=True)
class CallNext(Command):
    """Call the next visitor to a free desk."""

    desk: int


@dataclass(frozen=True)
class CallTicket(Command):
    """Call this one of those who wait, past the line: a permission of the operator signed in; the journal says so."""

    desk: int
    ticket: int


@dataclass(frozen=True)
class Recall(Command):
    """Call the called visitor once more."""

    desk: int


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

    `chained`: by the press that finished the one before. `back`: it had been missed. `why`: what put it at the head of
    the line. `over`: the oldest waiting ticket that it went before, or None.
    """

    version: ClassVar[int] = 2

    ticket: int
    desk: int
    chained: bool = False
    back: bool = False
    why: str = ""
    over: int | None = None


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
class TicketMissed(Event):
    """The called visitor did not come."""

    ticket: int
    desk: int
    by_system: bool = False


def call_next(office: Office, command: CallNext, now: Now) -> Sequence[Event]:
    """Call whoever is first in the line of a free desk."""
    require.no_pause(office)
    desk = require.free_desk(office, command.desk)
    choice = choose(office, desk.number, now)
    if choice is None:
        raise Refused(Code.NOBODY_WAITING, desk=desk.number)
    return [called_by(choice, desk.number)]


def called_by(choice: Choice, desk: int, *, chained: bool = False) -> TicketCalled:
    """The event of a choice."""
    over = choice.over.id if choice.over is not None else None
    return TicketCalled(choice.ticket.id, desk, chained=chained, why=choice.why.value, over=over)


def call_ticket(office: Office, command: CallTicket, now: Now) -> Sequence[Event]:
    """Call a particular number, where the plan lets the operator of this desk do so."""
    require.no_pause(office)
    desk = require.free_desk(office, command.desk)
    ticket = require.ticket(office, command.ticket)
    plan, _ = require.open_day(office)
    person = plan.operators.get(desk.operator) if desk.operator is not None else None
    if person is None or not person.may_pick:
        raise Refused(Code.MAY_NOT_PICK, desk=desk.number)
    if ticket.state not in (TicketState.WAITING, TicketState.PARKED):
        raise Refused(Code.TICKET_NOT_IN_QUEUE, number=ticket.label)
    _require_served(office, desk.number, ticket)
    return [
        TicketCalled(ticket.id, desk.number, why=Why.PICKED.value, over=_oldest_before(office, desk.number, ticket))
    ]


def _require_served(office: Office, desk: int, ticket: Ticket) -> None:
    if not level(office, desk, ticket):
        raise Refused(Code.DESK_CANNOT_SERVE, desk=desk, number=ticket.label)


def _oldest_before(office: Office, desk: int, ticket: Ticket) -> int | None:
    """The oldest ticket that this desk might have called and that stands before `ticket`."""
    first = min((other for other, _ in eligible(office, desk)), key=lambda other: other.place, default=None)
    return first.id if first is not None and first.place < ticket.place else None


def recall(office: Office, command: Recall, now: Now) -> Sequence[Event]:
    """Say the same number again."""
    desk, ticket = require.calling_desk(office, command.desk)
    return [TicketRecalled(ticket.id, desk.number)]


def miss(office: Office, command: Miss, now: Now) -> Sequence[Event]:
    """Give up on the called visitor."""
    desk, ticket = require.calling_desk(office, command.desk)
    return [TicketMissed(ticket.id, desk.number)]


def call_back(office: Office, command: CallBack, now: Now) -> Sequence[Event]:
    """Call a visitor who had been missed."""
    require.no_pause(office)
    desk = require.free_desk(office, command.desk)
    if command.ticket is not None:
        ticket = require.ticket(office, command.ticket)
        if ticket.state is not TicketState.MISSED:
            raise Refused(Code.TICKET_NOT_MISSED, number=ticket.label)
        _require_served(office, desk.number, ticket)
    else:
        missed = [
            t
            for t in office.tickets.values()
            if t.state is TicketState.MISSED and not t.returned and level(office, desk.number, t)
        ]
        if not missed:
            raise Refused(Code.NOBODY_MISSED, desk=desk.number)
        ticket = max(missed, key=lambda t: t.ended.seq if t.ended else 0)
    if ticket.returned:
        raise Refused(Code.ALREADY_RETURNED, number=ticket.label)
    return [TicketCalled(ticket.id, desk.number, back=True, why=Why.RETURNED.value)]


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
        reason="",
        park_min=None,
        calls=1,
        called=record.stamp,
        first_called=ticket.first_called or record.stamp,
        last_called=record.stamp,
        heard=None,
        started=None,
        inferred=False,
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
    return with_undo(office, office.with_ticket(ticket).freed(event.desk, record.stamp), record)
