"""Taking a number, adopting a paper the queue doesn't know, and leaving the line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, NamedTuple

from appliance.domain import require
from appliance.domain.hours import day_hours, service_hours, service_issuing
from appliance.domain.message import Command, Event, Record
from appliance.domain.moment import Now
from appliance.domain.numbering import may_be_ours, next_number, numbers_left
from appliance.domain.office import Day, Office, Slip, SlipState, Stop, Ticket, TicketState
from appliance.domain.plan import MIDNIGHT, Plan, canonical_series
from appliance.domain.refusal import Code, Refused
from appliance.domain.standing import require_offered
from appliance.domain.visits import ROUTE_LIMIT

END_OF_DAY = 24 * 60 + 1
"""Where an adopted paper without a time stands among those that follow the same ticket: behind them."""


LEAVING = ("", "cancelled", "mistake", "left")
"""What staff or a visitor may give as the reason of leaving; a merged ticket has its own."""


class Told(NamedTuple):
    """What a newcomer is told of the wait, in seconds: a range that holds 8 times in 10, the mean, and `naive`.

    `naive` is the plain quotient that the estimate is scored against (people ahead by desks).
    """

    low_s: int
    high_s: int
    mean_s: int
    naive_s: int


@dataclass(frozen=True)
class TakeTicket(Command):
    """A visitor takes a number. `paper` asks for a slip.

    `also`: further services of the same visit. `confirmed`: staff have seen the category's document. `slot`: a booked
    minute of the day. `told`: the estimate as it stands, which goes into the journal with the number. `unpromised`: the
    visitor waits although nobody may be left to serve them. `insist`: reception gives a number past hours and limits.
    """

    service: str
    language: str = "ru"
    paper: bool = True
    also: tuple[str, ...] = ()
    purpose: str = ""
    category: str | None = None
    confirmed: bool = False
    needs: tuple[str, ...] = ()
    slot: int | None = None
    told: Told | None = field(default=None, repr=False)  # no part of what was asked: it differs when asked again
    unpromised: bool = False
    insist: bool = False


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
    """A visitor says that they go, or staff see that they have gone, or cancel a number given by mistake."""

    ticket: int
    reason: str = ""


@dataclass(frozen=True)
class TicketIssued(Event):
    """A number was given. `slip` is the paper asked for with it, or None; `also` the services after the first.

    `told`: low, high, mean and naive estimate of the wait in seconds, or None where there was none.
    """

    version: ClassVar[int] = 2

    ticket: int
    series: str
    number: int
    service: str
    language: str
    slip: int | None
    also: tuple[str, ...] = ()
    purpose: str = ""
    category: str | None = None
    confirmed: bool | None = None
    needs: tuple[str, ...] = ()
    slot: int | None = None
    told: tuple[int, ...] | None = None
    promised: bool = True


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
    """A ticket ended without service; `by_system` when the day closed over it. `reason`: see LEAVING."""

    version: ClassVar[int] = 2

    ticket: int
    desk: int | None
    by_system: bool
    reason: str = ""


def take(office: Office, command: TakeTicket, now: Now) -> Sequence[Event]:
    """Give the next number of the service's series."""
    plan, day = require.open_day(office)
    service = require.service(plan, command.service)
    also = tuple(require.service(plan, name).id for name in command.also)
    if len(also) > ROUTE_LIMIT:
        raise Refused(Code.ROUTE_TOO_LONG, number=service.id, limit=ROUTE_LIMIT)
    if command.purpose and command.purpose not in service.purposes:
        raise Refused(Code.UNKNOWN_PURPOSE, purpose=command.purpose[:40], service=service.id)
    category = require.category(plan, command.category)
    needs = require.needs(command.needs)
    if command.slot is not None and not 0 <= command.slot < MIDNIGHT:
        raise Refused(Code.MINUTES_OUT_OF_RANGE, low=0, high=MIDNIGHT - 1)
    if now.disk_tight:
        raise Refused(Code.DISK_FULL)
    require.no_pause(office)
    if not command.insist:
        require_offered(office, (service.id, *also))
        require_issuing(office, plan, day, service.id, now)
        require_within_limits(office, plan, service.id)
        if not command.unpromised:
            require_time_left(plan, day, service.id, command.told, now)
    number = next_number(office, day, service.series)
    if numbers_left(day, number) <= 0:
        raise Refused(Code.NUMBERS_EXHAUSTED, series=service.series)
    return [
        TicketIssued(
            ticket=office.last_ticket + 1,
            series=service.series,
            number=number,
            service=service.id,
            language=require.language(command.language),
            slip=office.last_slip + 1 if command.paper else None,
            also=also,
            purpose=command.purpose,
            category=category,
            confirmed=True if category is not None and command.confirmed else None,
            needs=needs,
            slot=command.slot,
            told=None if command.told is None else tuple(command.told),
            promised=not (command.unpromised or command.insist),
        )
    ]


def require_issuing(office: Office, plan: Plan, day: Day, service: str, now: Now) -> None:
    """Numbers are given out within the hours of issuing, on a clock that is believed.

    A date without hours was opened by a person: their word counts. So it does for a day opened after closing time.
    """
    if now.local is None or not now.settled:
        return
    span = service_issuing(plan, service, now.local.date(), now.public)
    if span is None:
        if day_hours(plan, now.local.date(), now.public).issuing is not None:
            raise Refused(Code.NOT_TODAY, service=service)
        if day.date is not None and day.date < now.local.date().isoformat():
            raise Refused(Code.ISSUING_CLOSED, closes=clock_face(MIDNIGHT))
        return
    minute, opened = now.minute_at(now.moment), now.minute_at(day.opened.moment)
    if minute < span.opens:
        raise Refused(Code.ISSUING_NOT_YET, opens=clock_face(span.opens))
    if minute >= span.closes > opened:
        raise Refused(Code.ISSUING_CLOSED, closes=clock_face(span.closes))


def require_within_limits(office: Office, plan: Plan, service: str) -> None:
    """The day's limits, of this service and of the office, are not used up."""
    limit = plan.services[service].limit
    if limit and sum(ticket.asked == service for ticket in office.tickets.values()) >= limit:
        raise Refused(Code.LIMIT_REACHED, service=service, limit=limit)
    limit = plan.settings.daily_limit
    if limit and len(office.tickets) >= limit:
        raise Refused(Code.LIMIT_REACHED, service=service, limit=limit)


def require_time_left(plan: Plan, day: Day, service: str, told: Told | None, now: Now) -> None:
    """By the estimate the service would be over before reception ends."""
    if told is None or now.local is None or not now.settled:
        return
    span = service_hours(plan, service, now.local.date(), now.public)
    minute = now.minute_at(now.moment)
    if span is None or now.minute_at(day.opened.moment) >= span.closes:
        return
    if minute * 60 + told.mean_s + plan.services[service].norm_min * 60 > span.closes * 60:
        raise Refused(Code.NO_TIME_LEFT, closes=clock_face(span.closes), wait_min=round(told.mean_s / 60))


def clock_face(minute: int) -> str:
    """A minute of the day as people write it."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


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
    if command.reason not in LEAVING:
        raise Refused(Code.UNKNOWN_REASON, reason=command.reason[:40])
    return [TicketLeft(ticket.id, None, by_system=False, reason=command.reason)]


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
        asked=event.service,
        purpose=event.purpose,
        category=event.category,
        confirmed=event.confirmed,
        needs=event.needs,
        route=tuple(Stop(service) for service in event.also),
        slot=event.slot,
        promised=event.promised,
        told=None if event.told is None else (event.told[0], event.told[1]),
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
        asked=event.service,
    )
    return replace(office.with_ticket(ticket), last_ticket=event.ticket)


def left(office: Office, record: Record, event: TicketLeft) -> Office:
    """The office without this visitor; a desk that had called them is handled by the day's closing."""
    ticket = replace(
        office.tickets[event.ticket],
        state=TicketState.LEFT,
        desk=None,
        for_desk=None,
        route=(),
        ended=record.stamp,
        by_system=event.by_system,
        reason=event.reason,
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
