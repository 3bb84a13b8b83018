"""The office as rows: what each table holds for a state. Writer, loader and verifier share this one mapping."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from appliance.domain.chain import to_json
from appliance.domain.moment import Stamp
from appliance.domain.office import (
    BellCall,
    Day,
    Desk,
    DeskState,
    DeviceMark,
    Office,
    Pause,
    SettledDirective,
    Slip,
    SlipState,
    Standing,
    Stop,
    Ticket,
    TicketState,
)

Row = tuple[Any, ...]
StampAt = Callable[[int | None], Stamp | None]

COLUMNS: dict[str, tuple[str, ...]] = {
    "office": (
        "id",
        "office",
        "incarnation",
        "life",
        "fence_block",
        "fence_until",
        "plan",
        "next_plan",
    ),
    "day": ("number", "date", "block", "plan", "opened", "closed"),
    "ticket": (
        "id",
        "day",
        "series",
        "number",
        "service",
        "language",
        "state",
        "place",
        "place_sub",
        "adopted",
        "desk",
        "for_desk",
        "returned",
        "calls",
        "issued",
        "called",
        "heard",
        "started",
        "ended",
        "inferred",
        "by_system",
        "asked",
        "purpose",
        "category",
        "confirmed",
        "needs",
        "route",
        "slot",
        "resumed",
        "promised",
        "told_low",
        "told_high",
        "reason",
        "park_min",
        "first_called",
        "last_called",
        "raised",
    ),
    "desk": ("number", "state", "ticket", "operator", "since", "reason"),
    "pause": ("id", "day", "reason", "began", "ended"),
    "slip": ("id", "ticket", "copy", "state", "queued", "settled"),
    "counter": ("day", "series", "next"),
    "bell": ("id", "bell", "rung", "rings", "escalated", "answered", "arrived", "closed", "how"),
    "device": ("name", "condition", "reason", "since"),
    "directive": ("seq", "id", "kind", "author", "reason", "target", "outcome", "code", "facts", "settled"),
    "standing": ("id", "what", "value", "directive", "told", "began", "ended", "how"),
}
KEYS: dict[str, tuple[str, ...]] = {
    "office": ("id",),
    "day": ("number",),
    "ticket": ("id",),
    "desk": ("number",),
    "pause": ("id",),
    "slip": ("id",),
    "counter": ("day", "series"),
    "bell": ("id",),
    "device": ("name",),
    "directive": ("seq",),
    "standing": ("id",),
}


def upsert(table: str) -> str:
    """INSERT that updates the row of the same key; any other conflict is a broken rule and fails."""
    columns, keys = COLUMNS[table], KEYS[table]
    sets = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in keys)
    marks = ", ".join("?" * len(columns))
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) "
        f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {sets}"
    )


def select(table: str) -> str:
    """SELECT of the columns in this mapping's order."""
    return f"SELECT {', '.join(COLUMNS[table])} FROM {table}"


def office_row(office: Office) -> Row:
    """The single row of `office`."""
    fence = office.fence
    return (
        1,
        office.id,
        office.incarnation,
        office.life,
        fence.block if fence else None,
        fence.until if fence else None,
        office.plan.digest if office.plan else None,
        office.next_plan.digest if office.next_plan else None,
    )


def day_row(day: Day, plan: str) -> Row:
    """A row of `day`."""
    return (day.number, day.date, day.block, plan, day.opened.seq, seq_of(day.closed))


def ticket_row(ticket: Ticket, day: int) -> Row:
    """A row of `ticket`."""
    return (
        ticket.id,
        day,
        ticket.series,
        ticket.number,
        ticket.service,
        ticket.language,
        ticket.state.value,
        ticket.place[0],
        ticket.place[1],
        int(ticket.adopted),
        ticket.desk,
        ticket.for_desk,
        int(ticket.returned),
        ticket.calls,
        ticket.issued.seq,
        seq_of(ticket.called),
        seq_of(ticket.heard),
        seq_of(ticket.started),
        seq_of(ticket.ended),
        int(ticket.inferred),
        int(ticket.by_system),
        ticket.asked,
        ticket.purpose,
        ticket.category,
        None if ticket.confirmed is None else int(ticket.confirmed),
        ",".join(ticket.needs),
        to_json(ticket.route) if ticket.route else "",
        ticket.slot,
        int(ticket.resumed),
        int(ticket.promised),
        None if ticket.told is None else ticket.told[0],
        None if ticket.told is None else ticket.told[1],
        ticket.reason,
        ticket.park_min,
        seq_of(ticket.first_called),
        seq_of(ticket.last_called),
        seq_of(ticket.raised),
    )


def desk_row(desk: Desk) -> Row:
    """A row of `desk`."""
    return (desk.number, desk.state.value, desk.ticket, desk.operator, seq_of(desk.since), desk.reason)


def pause_row(pause: Pause, day: int) -> Row:
    """A row of `pause`."""
    return (pause.id, day, pause.reason, pause.began.seq, seq_of(pause.ended))


def slip_row(slip: Slip) -> Row:
    """A row of `slip`."""
    return (
        slip.id,
        slip.ticket,
        int(slip.copy),
        slip.state.value,
        slip.queued.seq,
        seq_of(slip.settled),
    )


def bell_row(call: BellCall) -> Row:
    """A row of `bell`."""
    return (
        call.id,
        call.bell,
        call.rung.seq,
        call.rings,
        call.escalated,
        seq_of(call.answered),
        seq_of(call.arrived),
        seq_of(call.closed),
        call.how,
    )


def device_row(name: str, mark: DeviceMark) -> Row:
    """A row of `device`."""
    return (name, mark.condition, mark.reason, mark.since.seq)


def directive_row(one: SettledDirective) -> Row:
    """A row of `directive`."""
    of = (one.seq, one.id, one.kind, one.author, one.reason, one.target)
    return (*of, one.outcome, one.code, to_json(one.facts), one.settled.seq)


def standing_row(one: Standing, ended: int | None = None, how: str = "") -> Row:
    """A row of `standing`; `ended` and `how` once it holds no longer."""
    return (one.id, one.what, one.value, one.directive, int(one.told), one.began.seq, ended, how)


def ticket_of(row: Row, stamp: StampAt) -> Ticket:
    """The ticket of a row; `stamp` finds a journal entry's moment."""
    return Ticket(
        id=row[0],
        series=row[2],
        number=row[3],
        service=row[4],
        language=row[5],
        state=TicketState(row[6]),
        place=(row[7], row[8]),
        adopted=bool(row[9]),
        desk=row[10],
        for_desk=row[11],
        returned=bool(row[12]),
        calls=row[13],
        issued=known(stamp(row[14])),
        called=stamp(row[15]),
        heard=stamp(row[16]),
        started=stamp(row[17]),
        ended=stamp(row[18]),
        inferred=bool(row[19]),
        by_system=bool(row[20]),
        asked=row[21],
        purpose=row[22],
        category=row[23],
        confirmed=None if row[24] is None else bool(row[24]),
        needs=tuple(row[25].split(",")) if row[25] else (),
        route=tuple(Stop(*stop) for stop in json.loads(row[26])) if row[26] else (),
        slot=row[27],
        resumed=bool(row[28]),
        promised=bool(row[29]),
        told=None if row[30] is None else (row[30], row[31]),
        reason=row[32],
        park_min=row[33],
        first_called=stamp(row[34]),
        last_called=stamp(row[35]),
        raised=stamp(row[36]),
    )


def desk_of(row: Row, stamp: StampAt) -> Desk:
    """The desk of a row."""
    return Desk(row[0], DeskState(row[1]), row[2], row[3], stamp(row[4]), row[5])


def pause_of(row: Row, stamp: StampAt) -> Pause:
    """The pause of a row."""
    return Pause(row[0], row[2], known(stamp(row[3])), stamp(row[4]))


def slip_of(row: Row, stamp: StampAt) -> Slip:
    """The slip of a row."""
    return Slip(row[0], row[1], bool(row[2]), SlipState(row[3]), known(stamp(row[4])), stamp(row[5]))


def bell_of(row: Row, stamp: StampAt) -> BellCall:
    """The bell call of a row."""
    rung = known(stamp(row[2]))
    return BellCall(row[0], row[1], rung, row[3], row[4], stamp(row[5]), stamp(row[6]), stamp(row[7]), row[8])


def device_of(row: Row, stamp: StampAt) -> DeviceMark:
    """What a row knows of its device."""
    return DeviceMark(row[1], row[2], known(stamp(row[3])))


def directive_of(row: Row, stamp: StampAt) -> SettledDirective:
    """The settled directive of a row."""
    seq, name, kind, author, reason, target, outcome, code, facts, settled = row
    when = known(stamp(settled))
    return SettledDirective(seq, name, kind, author, reason, target, outcome, code, json.loads(facts), when)


def standing_of(row: Row, stamp: StampAt) -> Standing:
    """The standing change of a row."""
    return Standing(row[0], row[1], row[2], row[3], bool(row[4]), known(stamp(row[5])))


def day_of(row: Row, stamp: StampAt) -> Day:
    """The day of a row."""
    return Day(row[0], row[1], row[2], known(stamp(row[4])), stamp(row[5]))


def seq_of(stamp: Stamp | None) -> int | None:
    """What a row keeps of a stamp."""
    return None if stamp is None else stamp.seq


def known(stamp: Stamp | None) -> Stamp:
    """A stamp that the schema says can't be missing."""
    assert stamp is not None
    return stamp
