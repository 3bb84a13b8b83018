"""Which rows an event changes: those it names, and the few that follow from its kind."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from appliance.domain.bell import BellEvent, call_after
from appliance.domain.directives import DirectiveSettled, settled_of
from appliance.domain.message import Record
from appliance.domain.office import Office
from appliance.domain.standing import StandingBegun, StandingEnded
from appliance.store import rows

Key = tuple[str, int | str | tuple[int, str]]
Changes = dict[Key, rows.Row]
"""(table, key) to the row as it is to be."""


def note(changes: Changes, before: Office, after: Office, record: Record) -> None:
    """Add the rows that `record` changed; a later change of the same row replaces an earlier one."""
    event = record.event
    day = after.day.number if after.day is not None else 0
    for ticket in event.tickets():
        changes["ticket", ticket] = rows.ticket_row(after.tickets[ticket], day)
    for desk in event.desks():
        changes["desk", desk] = rows.desk_row(after.desks[desk])
    for pause in event.pauses():
        found = next(known for known in after.pauses if known.id == pause)
        changes["pause", pause] = rows.pause_row(found, day)
    for slip in event.slips():
        changes["slip", slip] = rows.slip_row(after.slips[slip])
    if isinstance(event, BellEvent):
        changes["bell", event.call] = rows.bell_row(call_after(before, record, event))
    if isinstance(event, StandingBegun):
        changes["standing", event.standing] = rows.standing_row(after.standing[event.what])
    elif isinstance(event, StandingEnded):
        ended = before.standing[event.what]
        changes["standing", event.standing] = rows.standing_row(ended, record.seq, event.how)
    elif isinstance(event, DirectiveSettled):
        changes["directive", event.directive] = rows.directive_row(settled_of(record, event))
    for device in event.devices():
        changes["device", device] = rows.device_row(device, after.devices[device])
    if after.numbers is not before.numbers or after.day is not before.day:
        _note_day(changes, before, after, day)
    if (after.plan, after.next_plan, after.fence, after.incarnation) != (
        before.plan,
        before.next_plan,
        before.fence,
        before.incarnation,
    ):
        changes["office", 1] = rows.office_row(after)


def _note_day(changes: Changes, before: Office, after: Office, day: int) -> None:
    old: Mapping[str, int] = before.numbers
    if after.day is not None and after.day is not before.day:
        assert after.plan is not None
        changes["day", day] = rows.day_row(after.day, after.plan.digest)
        if before.day is None or before.day.number != day:
            old = {}
            for desk in after.desks.values():
                changes["desk", desk.number] = rows.desk_row(desk)
    for series, number in after.numbers.items():
        if old.get(series) != number:
            changes["counter", (day, series)] = (day, series, number)


UPSERTS = {table: rows.upsert(table) for table in rows.COLUMNS}
DESK_OF_TICKET = rows.COLUMNS["ticket"].index("desk")
TICKET_OF_DESK = rows.COLUMNS["desk"].index("ticket")


def write(db: sqlite3.Connection, changes: Changes) -> None:
    """Write the rows; whoever gives up a desk or a ticket is written before whoever takes it."""
    taking = []
    for (table, _), row in changes.items():
        if (table == "ticket" and row[DESK_OF_TICKET] is not None) or (
            table == "desk" and row[TICKET_OF_DESK] is not None
        ):
            taking.append((table, row))
        else:
            db.execute(UPSERTS[table], row)
    for table, row in taking:
        db.execute(UPSERTS[table], row)
