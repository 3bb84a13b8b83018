"""What time does by itself: starts nobody pressed, no-shows, returns from parking, the hours of the day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from appliance.domain import bell, standing
from appliance.domain.calling import TicketMissed
from appliance.domain.days import DayRedated, closing_events, opening_event
from appliance.domain.hours import day_hours
from appliance.domain.message import Command, Event
from appliance.domain.moment import Now
from appliance.domain.office import Office, Ticket, TicketState
from appliance.domain.plan import MIDNIGHT, Plan, Span
from appliance.domain.serving import ServiceStarted, TicketReturned


@dataclass(frozen=True)
class Tick(Command):
    """A second has passed. `settled`: the clock has been trusted and has not jumped for the whole grace time."""

    settled: bool


@dataclass(frozen=True)
class CorrectClock(Command):
    """The wall clock of this boot has become known, or known better."""

    offset_ms: int


@dataclass(frozen=True)
class ClockCorrected(Event):
    """From here on this boot's wall clock is believed.

    `offset_ms` added to an entry's uptime gives its true time: untrusted entries of the boot are re-dated on reading.
    """

    boot: str
    offset_ms: int


def tick(office: Office, command: Tick, now: Now) -> Sequence[Event]:
    """Everything that is due now. The bell needs no plan and no day."""
    plan = office.plan
    events: list[Event] = [*bell.due(office, now)]
    if plan is None:
        return events
    events += standing.due(office, now)
    if office.open_day is not None and office.pause is None:
        for ticket in office.tickets.values():
            events += due_for(office, ticket, plan, now)
    return events or hours(office, plan, command, now)


def due_for(office: Office, ticket: Ticket, plan: Plan, now: Now) -> Sequence[Event]:
    """What time does to one ticket; whoever needs time gets more of it."""
    settings = plan.settings
    if ticket.state is TicketState.PARKED and ticket.ended is not None:
        minutes = settings.park_min if ticket.park_min is None else ticket.park_min
        if minutes and office.elapsed(ticket.ended.moment, now.moment) >= minutes * 60_000:
            return [TicketReturned(ticket.id)]
    elif ticket.state is TicketState.CALLED and ticket.desk is not None:
        waited = heard_for(office, ticket, plan, now)
        extra = settings.needs_extra_s if ticket.needs else 0
        if settings.missed_after_s and waited >= (settings.missed_after_s + extra) * 1000:
            return [TicketMissed(ticket.id, ticket.desk, by_system=True)]
        if settings.start_after_s and waited >= (settings.start_after_s + extra) * 1000:
            return [ServiceStarted(ticket.id, ticket.desk, inferred=True)]
    return []


def heard_for(office: Office, ticket: Ticket, plan: Plan, now: Now) -> int:
    """Milliseconds since the visitor could have heard a call; negative while nobody can have.

    While nothing has announced the newest call, the first one counts `unheard_after_s` later, so that no ticket hangs.
    """
    if ticket.heard is not None:
        return office.elapsed(ticket.heard.moment, now.moment)
    assert ticket.called is not None
    return office.elapsed(ticket.called.moment, now.moment) - plan.settings.unheard_after_s * 1000


def hours(office: Office, plan: Plan, command: Tick, now: Now) -> Sequence[Event]:
    """Open and close the day by the plan's hours, on a trusted clock only; on any other a person does it.

    Whatever begins or ends a day waits until the clock has settled: one that has just jumped may jump back.
    A day that a person opened after hours stays open until the next date.
    """
    if now.local is None:
        return []
    day = office.open_day
    today = now.local.date().isoformat()
    minute = now.local.hour * 60 + now.local.minute
    newest = office.next_plan or plan
    if day is None:
        planned = open_span(newest, now)
        opened_today = office.day is not None and office.day.date == today
        if opened_today or planned is None or minute not in planned:
            return []
        return [opening_event(office, newest, today, now)] if command.settled else []
    if not command.settled:
        return []
    if day.date is None or day.date > today:
        return [DayRedated(day.number, today)]
    if office.pause is not None and day.date == today:
        return []
    if in_grace_of_last_night(plan, newest, day.date, now):
        return []
    planned = open_span(plan, now)
    if planned is None:
        return closing_events(office, by_system=True) if today > day.date and not taken_in_the_dark(office, now) else []
    ends = planned.closes + plan.settings.grace_min
    late = minute >= ends
    if today == day.date and late and now.minute_at(day.opened.moment) < ends:
        return closing_events(office, by_system=True)
    if today > day.date and (late or not taken_in_the_dark(office, now)):
        return closing_events(office, by_system=True)
    return []


def in_grace_of_last_night(plan: Plan, newest: Plan, date: str, now: Now) -> bool:
    """Whether a day opened on `date` still has the grace of its closing: hours that end near midnight run past it.

    The grace ends at the latest when today opens, so an office that never closes changes its day at midnight.
    """
    assert now.local is not None
    yesterday = now.local.date() - timedelta(days=1)
    if date != yesterday.isoformat():
        return False
    last, today = day_hours(plan, yesterday, now.public).office, open_span(newest, now)
    minute = now.local.hour * 60 + now.local.minute
    runs_on = last is not None and minute + MIDNIGHT < last.closes + plan.settings.grace_min
    return runs_on and (today is None or minute < today.opens)


def open_span(plan: Plan, now: Now) -> Span | None:
    """From when the day is open by itself to when the office closes; None on a date without hours.

    Numbers are given out from the opening of the issuing, desks may wish to open with the office: whichever is earlier.
    """
    assert now.local is not None
    planned = day_hours(plan, now.local.date(), now.public)
    if planned.office is None:
        return None
    opens = min(span.opens for span in (planned.office, planned.issuing) if span is not None)
    return Span(opens, planned.office.closes)


def taken_in_the_dark(office: Office, now: Now) -> bool:
    """Whether somebody in the line took a number in this boot before its clock was known.

    Yesterday's day may have been left open overnight: those people belong to today and are not swept out with it.
    """
    return any(
        ticket.issued.moment.boot == now.moment.boot
        and not ticket.issued.moment.trusted
        and ticket.state in (TicketState.WAITING, TicketState.CALLED, TicketState.SERVING)
        for ticket in office.tickets.values()
    )


def correct_clock(office: Office, command: CorrectClock, now: Now) -> Sequence[Event]:
    """Write down the offset between uptime and the wall clock."""
    return [ClockCorrected(now.moment.boot, command.offset_ms)]
