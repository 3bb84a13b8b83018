"""One gesture takes back a mistaken call, start, finish, no-show, parking or transfer, within some seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from appliance.domain import require
from appliance.domain.message import Command, Event, Record
from appliance.domain.moment import Now
from appliance.domain.office import Desk, Office, Ticket, Undo
from appliance.domain.refusal import Code, Refused


@dataclass(frozen=True)
class UndoLast(Command):
    """Take back the last act of this desk."""

    desk: int


@dataclass(frozen=True)
class Undone(Event):
    """The act that began with journal entry `undone` was taken back; both stay in the journal."""

    desk: int
    undone: int
    what: str
    restored: tuple[int, ...]

    def tickets(self) -> tuple[int, ...]:
        """Every ticket whose row was restored."""
        return self.restored


def undo(office: Office, command: UndoLast, now: Now) -> Sequence[Event]:
    """Restore place, desk and clocks, unless it is too late or somebody has moved the visitor on."""
    desk = require.desk(office, command.desk)
    plan, _ = require.open_day(office)
    act = desk.undo
    if act is None:
        raise Refused(Code.NOTHING_TO_UNDO, desk=desk.number)
    if now.moment.since(act.moment) > plan.settings.undo_s * 1000:
        raise Refused(Code.UNDO_TOO_LATE, desk=desk.number, seconds=plan.settings.undo_s)
    for after in act.after:
        ticket = office.tickets[after.id]
        if replace(ticket, calls=after.calls, heard=after.heard) != after:
            raise Refused(Code.UNDO_MOVED_ON, number=ticket.label)
    return [Undone(desk.number, act.seq, act.kind, tuple(ticket.id for ticket in act.before))]


def undone(office: Office, record: Record, event: Undone) -> Office:
    """The rows as they were before the act; a second undo finds nothing.

    A start or a no-show of the timer is not a person's act: the call's clock begins anew, or the next tick would do the
    same again.
    """
    act = office.desks[event.desk].undo
    assert act is not None
    restored = act.before
    end = act.after[0]
    if (act.kind == "ServiceStarted" and end.inferred) or (act.kind == "TicketMissed" and end.by_system):
        restored = tuple(replace(ticket, heard=record.stamp) for ticket in restored)
    tickets = {**office.tickets, **{ticket.id: ticket for ticket in restored}}
    operator = office.desks[event.desk].operator
    desk = replace(act.desk_before, operator=operator, undo=None)
    return replace(office, tickets=tickets).with_desk(desk)


def with_undo(before: Office, after: Office, record: Record, *, chained: bool = False) -> Office:
    """`after`, its desk remembering how to get back to `before`.

    `chained` joins the act to the one just before it: finish-and-call is one press, so one undo takes back both.
    """
    (number,) = record.event.desks()
    known = before.desks.get(number, Desk(number))
    touched = [before.tickets[ticket] for ticket in record.event.tickets()]
    seq, kind, moment = record.seq, type(record.event).__name__, record.moment
    desk_before = replace(known, undo=None)
    restored: tuple[Ticket, ...] = tuple(touched)
    if chained and known.undo is not None:
        seq, desk_before = known.undo.seq, known.undo.desk_before
        new = {ticket.id for ticket in known.undo.before}
        restored = (*known.undo.before, *(ticket for ticket in touched if ticket.id not in new))
    ends = tuple(after.tickets[ticket.id] for ticket in restored)
    act = Undo(seq, kind, moment, desk_before, restored, ends)
    return after.with_desk(replace(after.desks[number], undo=act))
