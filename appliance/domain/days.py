"""Working days: opening, closing with everything that a closing ends, and correcting the date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from appliance.domain.desks import DeskClosed
from appliance.domain.message import Command, Event, Record
from appliance.domain.moment import Now
from appliance.domain.numbering import BLOCK_SIZE, block_for
from appliance.domain.office import Day, Desk, DeskState, Office, SlipState, TicketState
from appliance.domain.pausing import HallResumed
from appliance.domain.plan import Plan
from appliance.domain.refusal import Code, Refused
from appliance.domain.serving import ServiceFinished
from appliance.domain.slips import SlipExpired
from appliance.domain.standing import ending_with_the_day
from appliance.domain.tickets import TicketLeft

SAME_DAY_MS = 12 * 3600 * 1000
"""Without a trusted date, an opening within this long of the last one in the same boot is the same working day."""


@dataclass(frozen=True)
class OpenDay(Command):
    """Staff open the day, or the clock does at the plan's hour. An open day is closed first."""


@dataclass(frozen=True)
class CloseDay(Command):
    """Staff close the day, or the clock does after closing time plus grace."""


@dataclass(frozen=True)
class DayOpened(Event):
    """A day began. `date` is None when the clock was not trusted; `block` is where its numbers come from.

    `continues`: it is the same working day opened once more, and its numbers go on where they stopped.
    """

    day: int
    date: str | None
    block: int
    plan: str
    continues: bool = False


@dataclass(frozen=True)
class DayClosed(Event):
    """A day ended; `by_system` when nobody said so but the clock or the next opening."""

    day: int
    by_system: bool


@dataclass(frozen=True)
class DayRedated(Event):
    """A day that was opened without a clock, or with a wrong one, got its date."""

    day: int
    date: str


def open_day(office: Office, command: OpenDay, now: Now) -> Sequence[Event]:
    """Open the next day under the newest plan; whatever is still open is closed by the system."""
    plan = office.next_plan or office.plan
    if plan is None:
        raise Refused(Code.NO_PLAN)
    date = now.local.date().isoformat() if now.local is not None else None
    current = office.open_day
    if current is not None and current.date == date and date is not None:
        raise Refused(Code.DAY_ALREADY_OPEN, date=date)
    closing = list(closing_events(office, by_system=True)) if current is not None else []
    return [*closing, opening_event(office, plan, date, now)]


def opening_event(office: Office, plan: Plan, date: str | None, now: Now) -> DayOpened:
    """The opening of the next day. A day opened again goes on numbering: no number lies on two papers of one day."""
    last = office.day
    block = block_for(office, date)
    if last is None:
        return DayOpened(1, date, block, plan.digest)
    if last.date is not None and date is not None:
        again = last.date == date
    else:
        again = may_be_same_day(office, last, now)
    return DayOpened(last.number + 1, date, block, plan.digest, again and block == last.block)


def may_be_same_day(office: Office, last: Day, now: Now) -> bool:
    """Whether an opening without a date goes on numbering.

    It does while papers of the last day may still be in the hall: soon after, or while the numbers are far from their
    end. A morning that begins at 87 harms nobody; two people with one number would.
    """
    same_boot = last.opened.moment.boot == now.moment.boot
    if same_boot and now.moment.since(last.opened.moment) < SAME_DAY_MS:
        return True
    return max(office.numbers.values(), default=0) % BLOCK_SIZE <= BLOCK_SIZE // 2


def close_day(office: Office, command: CloseDay, now: Now) -> Sequence[Event]:
    """Close the day at somebody's word."""
    if office.open_day is None:
        raise Refused(Code.DAY_NOT_OPEN)
    return closing_events(office, by_system=False)


def closing_events(office: Office, *, by_system: bool) -> Sequence[Event]:
    """Everything that the end of a day ends: tickets, desks and papers first, then the day itself."""
    events: list[Event] = [] if office.pause is None else [HallResumed(office.pause.id, by_system=True)]
    for ticket in office.tickets.values():
        if ticket.state is TicketState.SERVING and ticket.desk is not None:
            events.append(ServiceFinished(ticket.id, ticket.desk, by_system=True))
        elif ticket.state in (TicketState.WAITING, TicketState.CALLED, TicketState.PARKED):
            events.append(TicketLeft(ticket.id, ticket.desk, by_system=True))
    events += [
        DeskClosed(desk.number, by_system=True) for desk in office.desks.values() if desk.state is not DeskState.CLOSED
    ]
    events += ending_with_the_day(office)
    events += [SlipExpired(slip.id) for slip in office.slips.values() if slip.state is SlipState.QUEUED]
    assert office.day is not None
    return [*events, DayClosed(office.day.number, by_system)]


def opened(office: Office, record: Record, event: DayOpened) -> Office:
    """A fresh day: no tickets, no papers, counters at the start of the block, the newest plan in force."""
    plan = office.next_plan or office.plan
    assert plan is not None
    fence = office.fence if event.block else None
    if fence is not None and fence.until is None:
        fence = replace(fence, until=event.date)
    return replace(
        office,
        plan=plan,
        next_plan=None,
        fence=fence,
        day=Day(event.day, event.date, event.block, record.stamp),
        numbers=office.numbers if event.continues else {},
        tickets={},
        slips={},
        pauses=(),
        desks={number: office.desks.get(number, Desk(number)) for number in plan.desks},
    )


def closed(office: Office, record: Record, event: DayClosed) -> Office:
    """The day is over; its tickets stay readable until the next one is opened."""
    assert office.day is not None
    return replace(office, day=replace(office.day, closed=record.stamp))


def redated(office: Office, record: Record, event: DayRedated) -> Office:
    """The day under its right date."""
    assert office.day is not None
    return replace(office, day=replace(office.day, date=event.date))
