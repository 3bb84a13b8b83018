"""Paper: a slip is asked for, and what became of it is written down. A second paper of a ticket is always a copy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from appliance.domain import require
from appliance.domain.message import Command, Event, Record
from appliance.domain.moment import Now
from appliance.domain.office import Office, Slip, SlipState, TicketState
from appliance.domain.refusal import Code, Refused


@dataclass(frozen=True)
class Reprint(Command):
    """Staff ask for a copy of a ticket's paper."""

    ticket: int


@dataclass(frozen=True)
class RecordSlip(Command):
    """The printing worker says what became of a slip: printed, sent, unknown or expired."""

    slip: int
    outcome: SlipState


@dataclass(frozen=True)
class SlipCopied(Event):
    """A copy was asked for, by a person or because nobody knows whether the first paper came out."""

    slip: int
    ticket: int

    def tickets(self) -> tuple[int, ...]:
        """None: the ticket's row doesn't change."""
        return ()


@dataclass(frozen=True)
class SlipPrinted(Event):
    """A paper came out; `confirmed` when the printer itself said so."""

    slip: int
    confirmed: bool


@dataclass(frozen=True)
class SlipUnconfirmed(Event):
    """The printer fell silent, or the box stopped, in the middle: the paper may or may not exist."""

    slip: int


@dataclass(frozen=True)
class SlipExpired(Event):
    """The paper was not printed within its deadline and will not be."""

    slip: int


def reprint(office: Office, command: Reprint, now: Now) -> Sequence[Event]:
    """Queue a copy for a ticket that still needs its paper."""
    ticket = require.ticket(office, command.ticket)
    if ticket.state in (TicketState.DONE, TicketState.LEFT):
        raise Refused(Code.TICKET_NOT_IN_QUEUE, number=ticket.label)
    return [SlipCopied(office.last_slip + 1, ticket.id)]


def record_slip(office: Office, command: RecordSlip, now: Now) -> Sequence[Event]:
    """Write down an outcome once; an unknown one is followed by a copy while the visitor still stands there."""
    slip = office.slips.get(command.slip)
    if slip is None:
        raise Refused(Code.UNKNOWN_SLIP, slip=command.slip)
    if slip.state is not SlipState.QUEUED:
        return []
    if command.outcome in (SlipState.PRINTED, SlipState.SENT):
        return [SlipPrinted(slip.id, confirmed=command.outcome is SlipState.PRINTED)]
    if command.outcome is SlipState.EXPIRED:
        return [SlipExpired(slip.id)]
    events: list[Event] = [SlipUnconfirmed(slip.id)]
    ticket = office.tickets[slip.ticket]
    plan, _ = require.open_day(office)
    fresh = now.moment.since(ticket.issued.moment) <= plan.settings.slip_deadline_s * 1000
    if fresh and ticket.state in (TicketState.WAITING, TicketState.CALLED):
        events.append(SlipCopied(office.last_slip + 1, ticket.id))
    return events


def overdue(office: Office, slip: Slip, now: Now) -> bool:
    """Whether a queued slip is past its deadline, or its visitor no longer needs it."""
    plan = office.plan
    ticket = office.tickets[slip.ticket]
    if plan is None or ticket.state not in (TicketState.WAITING, TicketState.CALLED):
        return True
    return now.moment.since(slip.queued.moment) > plan.settings.slip_deadline_s * 1000


def copied(office: Office, record: Record, event: SlipCopied) -> Office:
    """A new slip, marked as a copy."""
    slip = Slip(event.slip, event.ticket, copy=True, state=SlipState.QUEUED, queued=record.stamp)
    return replace(office.with_slip(slip), last_slip=event.slip)


def printed(office: Office, record: Record, event: SlipPrinted) -> Office:
    """The slip is settled."""
    return _settled(office, record, event.slip, SlipState.PRINTED if event.confirmed else SlipState.SENT)


def unconfirmed(office: Office, record: Record, event: SlipUnconfirmed) -> Office:
    """The slip is settled as unknown."""
    return _settled(office, record, event.slip, SlipState.UNKNOWN)


def expired(office: Office, record: Record, event: SlipExpired) -> Office:
    """The slip is settled as never printed."""
    return _settled(office, record, event.slip, SlipState.EXPIRED)


def _settled(office: Office, record: Record, slip: int, state: SlipState) -> Office:
    return office.with_slip(replace(office.slips[slip], state=state, settled=record.stamp))
