"""Categories of priority: claimed by the visitor, confirmed or refused by whoever sees the document; access needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from appliance.domain import require
from appliance.domain.message import Command, Event, Record
from appliance.domain.moment import Now
from appliance.domain.office import Office
from appliance.domain.refusal import Code, Refused
from appliance.domain.undoing import with_undo
from appliance.domain.visits import IN_HAND


@dataclass(frozen=True)
class SetCategory(Command):
    """Staff give a ticket a category, or take it away (None). `confirmed`: they have seen the document."""

    ticket: int
    category: str | None
    confirmed: bool = True


@dataclass(frozen=True)
class ConfirmCategory(Command):
    """The document of the claimed category was shown."""

    ticket: int


@dataclass(frozen=True)
class RefuseCategory(Command):
    """No document: the visitor goes back to the order of issue; a desk that has called them is free."""

    ticket: int


@dataclass(frozen=True)
class NoteNeeds(Command):
    """Staff note what the visitor needs (no reason is kept): `time`, `step-free`, `voice`."""

    ticket: int
    needs: tuple[str, ...]


@dataclass(frozen=True)
class CategorySet(Event):
    """A ticket's category as staff know it. `confirmed`: seen, or nobody has looked yet (None)."""

    ticket: int
    category: str | None
    confirmed: bool | None


@dataclass(frozen=True)
class CategoryRefused(Event):
    """A claimed category was not confirmed; `desk` is the one that gave the visitor back to the line, or None."""

    ticket: int
    desk: int | None


@dataclass(frozen=True)
class NeedsNoted(Event):
    """What a visitor needs of a desk and of the clocks."""

    ticket: int
    needs: tuple[str, ...]


def set_category(office: Office, command: SetCategory, now: Now) -> Sequence[Event]:
    """Give or take a category of the plan."""
    ticket = require.ticket(office, command.ticket)
    plan, _ = require.open_day(office)
    if ticket.state not in IN_HAND:
        raise Refused(Code.TICKET_NOT_IN_QUEUE, number=ticket.label)
    category = require.category(plan, command.category)
    confirmed = (True if command.confirmed else None) if category is not None else None
    if (ticket.category, ticket.confirmed) == (category, confirmed):
        return []
    return [CategorySet(ticket.id, category, confirmed)]


def confirm(office: Office, command: ConfirmCategory, now: Now) -> Sequence[Event]:
    """The document was seen; saying so twice changes nothing."""
    ticket = require.ticket(office, command.ticket)
    if ticket.category is None:
        raise Refused(Code.NO_CATEGORY, number=ticket.label)
    if ticket.state not in IN_HAND:
        raise Refused(Code.TICKET_NOT_IN_QUEUE, number=ticket.label)
    return [] if ticket.confirmed else [CategorySet(ticket.id, ticket.category, True)]


def refuse(office: Office, command: RefuseCategory, now: Now) -> Sequence[Event]:
    """No document was shown."""
    ticket = require.ticket(office, command.ticket)
    if ticket.category is None or ticket.confirmed is False:
        raise Refused(Code.NO_CATEGORY, number=ticket.label)
    if ticket.state not in IN_HAND:
        raise Refused(Code.TICKET_NOT_IN_QUEUE, number=ticket.label)
    return [CategoryRefused(ticket.id, ticket.desk)]


def note_needs(office: Office, command: NoteNeeds, now: Now) -> Sequence[Event]:
    """Write the needs of somebody who is here."""
    ticket = require.ticket(office, command.ticket)
    if ticket.state not in IN_HAND:
        raise Refused(Code.TICKET_NOT_IN_QUEUE, number=ticket.label)
    needs = require.needs(command.needs)
    return [] if needs == ticket.needs else [NeedsNoted(ticket.id, needs)]


def category_set(office: Office, record: Record, event: CategorySet) -> Office:
    """The ticket under its category."""
    ticket = office.tickets[event.ticket]
    return office.with_ticket(replace(ticket, category=event.category, confirmed=event.confirmed))


def refused(office: Office, record: Record, event: CategoryRefused) -> Office:
    """The ticket waits in the order of issue; its desk, if it had one, is free and may undo this."""
    ticket = replace(office.tickets[event.ticket], confirmed=False)
    if event.desk is None:
        return office.with_ticket(ticket)
    ticket = replace(ticket.waiting_again(), resumed=ticket.resumed, for_desk=None)
    after = office.with_ticket(ticket).freed(event.desk, record.stamp)
    return with_undo(office, after, record)


def needs_noted(office: Office, record: Record, event: NeedsNoted) -> Office:
    """The ticket with these needs."""
    return office.with_ticket(replace(office.tickets[event.ticket], needs=event.needs))
