"""Taking a number, adopting a paper the queue doesn't know, and leaving the line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from appliance.domain import require
from appliance.domain.message import Command, Event, Record
from appliance.domain.moment import Now
from appliance.domain.numbering import may_be_ours, next_number, numbers_left
from appliance.domain.office import Office, Slip, SlipState, Ticket, TicketState
from appliance.domain.plan import canonical_series
from appliance.domain.refusal import Code, Refused

END_OF_DAY = 24 * 60 + 1
"""Where an adopted paper without a time stands among those that follow the same ticket: behind them."""


@dataclass(frozen=True)
class TakeTicket(Command):
    """A visitor takes a number for one service. `paper` asks for a slip."""

    service: str
    language: str = "ru"
    paper: bool = True


@dataclass(frozen=True)
class AdoptTicket(Command):
    """Reception enters a paper that the queue doesn't know: printed before a card died, or an emergency number.

    `printed_at` is the time on the paper in minutes of the local day; None puts the visitor at the end of the line.
    """

    series: str
    number: int
    service: str
    language: str = "ru"
    printed_at: int | None = None


@dataclass(frozen=True)
class LeaveTicket(Command):
    """A visitor says that they go, or staff see that they have gone."""

    ticket: int


@dataclass(frozen=True)
class TicketIssued(Event):
    """A number was given. `slip` is the paper asked for with it, or None."""

    ticket: int
    series: str
    number: int
    service: str
    language: str
    slip: int | None


@dataclass(frozen=True)
class TicketAdopted(Event):
    """A paper from elsewhere took its place: right behind the ticket `after` (0: before everybody)."""

    ticket: int
    series: str
    number: int
    service: str
    language: str
    printed_at: int | None
    after: int


@dataclass(frozen=True)
class TicketLeft(Event):
    """A ticket ended without service; `by_system` when the day closed over it."""

    ticket: int
    desk: int | None
    by_system: bool


def take(office: Office, command: TakeTicket, now: Now) -> Sequence[Event]:
    """Give the next number of the service's series."""
    plan, day = require.open_day(office)
    service = require.service(plan, command.service)
    if now.disk_tight:
        raise Refused(Code.DISK_FULL)
    after_hours = now.local is not None and now.minute_at(now.moment) >= plan.closes > now.minute_at(day.opened.moment)
    if now.settled and after_hours:
        raise Refused(Code.ISSUING_CLOSED, closes=f"{plan.closes // 60:02d}:{plan.closes % 60:02d}")
    number = next_number(office, day, service.series)
    if numbers_left(day, number) <= 0:
        raise Refused(Code.NUMBERS_EXHAUSTED, series=service.series)
    slip = office.last_slip + 1 if command.paper else None
    language = require.language(command.language)
    return [TicketIssued(office.last_ticket + 1, service.series, number, service.id, language, slip)]


def adopt(office: Office, command: AdoptTicket, now: Now) -> Sequence[Event]:
    """Put an unknown paper into the line at the place its printed time gives it."""
    plan, day = require.open_day(office)
    service = require.service(plan, command.service)
    series = canonical_series(command.series)
    if series not in {known.series for known in plan.services.values()} or command.number < 1:
        raise Refused(Code.NUMBER_NOT_OURS, series=series, number=command.number)
    if any((t.series, t.number) == (series, command.number) for t in office.tickets.values()):
        raise Refused(Code.NUMBER_KNOWN, series=series, number=command.number)
    if may_be_ours(office, day, series, command.number):
        raise Refused(Code.NUMBER_NOT_OURS, series=series, number=command.number)
    if now.disk_tight:
        raise Refused(Code.DISK_FULL)
    after = last_issued_by(office, command.printed_at, now)
    language = require.language(command.language)
    ticket = office.last_ticket + 1
    return [TicketAdopted(ticket, series, command.number, service.id, language, command.printed_at, after)]


def leave(office: Office, command: LeaveTicket, now: Now) -> Sequence[Event]:
    """End a ticket that waits, is parked or was missed."""
    ticket = require.ticket(office, command.ticket)
    if ticket.state not in (TicketState.WAITING, TicketState.PARKED, TicketState.MISSED):
        raise Refused(Code.TICKET_NOT_IN_QUEUE, number=ticket.label)
    return [TicketLeft(ticket.id, None, by_system=False)]


def issued(office: Office, record: Record, event: TicketIssued) -> Office:
    """The office with the new ticket, its slip and the moved counter."""
    ticket = Ticket(
        id=event.ticket,
        series=event.series,
        number=event.number,
        service=event.service,
        language=event.language,
        state=TicketState.WAITING,
        place=(event.ticket, 0),
        issued=record.stamp,
    )
    office = replace(
        office.with_ticket(ticket),
        last_ticket=event.ticket,
        numbers={**office.numbers, event.series: event.number + 1},
    )
    if event.slip is None:
        return office
    slip = Slip(event.slip, event.ticket, copy=False, state=SlipState.QUEUED, queued=record.stamp)
    return replace(office.with_slip(slip), last_slip=event.slip)


def adopted(office: Office, record: Record, event: TicketAdopted) -> Office:
    """The office with the adopted ticket; no counter moves, for the number is from another block."""
    ticket = Ticket(
        id=event.ticket,
        series=event.series,
        number=event.number,
        service=event.service,
        language=event.language,
        state=TicketState.WAITING,
        place=(event.after, END_OF_DAY if event.printed_at is None else event.printed_at + 1),
        issued=record.stamp,
        adopted=True,
    )
    return replace(office.with_ticket(ticket), last_ticket=event.ticket)


def left(office: Office, record: Record, event: TicketLeft) -> Office:
    """The office without this visitor; a desk that had called them is handled by the day's closing."""
    ticket = replace(
        office.tickets[event.ticket],
        state=TicketState.LEFT,
        desk=None,
        for_desk=None,
        ended=record.stamp,
        by_system=event.by_system,
    )
    office = office.with_ticket(ticket)
    if event.desk is None:
        return office
    return office.with_desk(replace(office.desks[event.desk], ticket=None, since=record.stamp, undo=None))


def last_issued_by(office: Office, printed_at: int | None, now: Now) -> int:
    """The id of the last ticket given out here up to that minute of the day: the place of an adopted paper.

    Without a printed time, or while the clock isn't trusted, the end of the line.
    """
    if printed_at is None or now.local is None:
        return office.last_ticket
    minutes_ago = (now.local.hour * 60 + now.local.minute) - printed_at
    if minutes_ago <= 0:
        return office.last_ticket
    return max(
        (
            ticket.id
            for ticket in office.tickets.values()
            if not ticket.adopted and now.moment.since(ticket.issued.moment) >= minutes_ago * 60_000
        ),
        default=0,
    )
