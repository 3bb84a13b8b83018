"""Rows to the state in memory, once at start. Only the last day is read, so history costs nothing."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace

from appliance.domain.message import Record
from appliance.domain.moment import Stamp
from appliance.domain.office import DIRECTIVES_KEPT, Desk, Fence, Office
from appliance.domain.plan import Plan
from appliance.domain.plans.adjusting import adjusted
from appliance.domain.plans.reader import read_plan
from appliance.domain.standing import ordered
from appliance.store import journal, rows


@dataclass(frozen=True, slots=True)
class Request:
    """A keyed command of the open day, and what it led to."""

    digest: str
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Loaded:
    """All that the writer starts from."""

    office: Office
    chain: bytes
    plans: dict[str, Plan]
    requests: dict[str, Request]


def load(db: sqlite3.Connection) -> Loaded:
    """The newest state of the database."""
    seq, chain = journal.head(db)
    row = db.execute(rows.select("office")).fetchone()
    if row is None:
        return Loaded(outside_the_day(db, Office(seq=seq)), chain, {}, {})
    _, name, incarnation, life, block, until, digest, next_digest = row
    plans = plans_of(db, {digest, next_digest})
    plan, next_plan = plans.get(digest), plans.get(next_digest)
    if plan is not None and next_plan is not None:
        plan = adjusted(plan, next_plan)
    loaded = outside_the_day(db, Office(seq=seq))
    if plan is not None:
        plan = ordered(plan, loaded.standing)

    def stamp(entry: int | None) -> Stamp | None:
        return journal.stamp(db, entry)

    day_row = db.execute(f"{rows.select('day')} ORDER BY number DESC LIMIT 1").fetchone()
    day = None if day_row is None else rows.day_of(day_row, stamp)
    number = 0 if day is None else day.number
    tickets = [
        rows.ticket_of(r, stamp) for r in db.execute(f"{rows.select('ticket')} WHERE day = ? ORDER BY id", (number,))
    ]
    slips = [
        rows.slip_of(r, stamp)
        for r in db.execute(
            f"{rows.select('slip')} WHERE id >= ? ORDER BY id",
            (first_slip(db, day.opened.seq if day else 0),),
        )
    ]
    stored = {r[0]: rows.desk_of(r, stamp) for r in db.execute(rows.select("desk"))}
    pauses = db.execute(f"{rows.select('pause')} WHERE day = ? ORDER BY id", (number,))
    counters = db.execute("SELECT series, next FROM counter WHERE day = ?", (number,))
    office = replace(
        loaded,
        id=name,
        incarnation=incarnation,
        life=life,
        fence=None if block is None else Fence(block, until),
        plan=plan,
        next_plan=next_plan,
        day=day,
        numbers=dict(counters.fetchall()),
        tickets={ticket.id: ticket for ticket in tickets},
        desks={n: stored.get(n, Desk(n)) for n in (plan.desks if plan else ())},
        slips={slip.id: slip for slip in slips},
        pauses=tuple(rows.pause_of(r, stamp) for r in pauses),
        last_ticket=highest(db, "ticket"),
        last_slip=highest(db, "slip"),
        last_pause=highest(db, "pause"),
    )
    return Loaded(office, chain, plans, requests_of(db))


def outside_the_day(db: sqlite3.Connection, office: Office) -> Office:
    """The office with what is read without the day and its plan: bells, devices, directives and what stands."""

    def stamp(entry: int | None) -> Stamp | None:
        return journal.stamp(db, entry)

    calls = [rows.bell_of(r, stamp) for r in db.execute(f"{rows.select('bell')} WHERE closed IS NULL ORDER BY id")]
    devices = {r[0]: rows.device_of(r, stamp) for r in db.execute(f"{rows.select('device')} ORDER BY since")}
    bells = {call.bell: call for call in calls}
    newest = db.execute(f"{rows.select('directive')} ORDER BY seq DESC LIMIT ?", (DIRECTIVES_KEPT,)).fetchall()
    lasting = db.execute(f"{rows.select('standing')} WHERE ended IS NULL ORDER BY id")
    standing = [rows.standing_of(r, stamp) for r in lasting]
    return replace(
        office,
        bells=bells,
        last_bell=highest(db, "bell"),
        devices=devices,
        standing={one.what: one for one in standing},
        last_standing=highest(db, "standing"),
        directives=tuple(rows.directive_of(r, stamp) for r in reversed(newest)),
    )


def plans_of(db: sqlite3.Connection, digests: set[str | None]) -> dict[str, Plan]:
    """The plans of these digests."""
    found = {}
    for digest in digests - {None}:
        row = db.execute("SELECT document FROM plan WHERE digest = ?", (digest,)).fetchone()
        if row is not None and digest is not None:
            found[digest] = read_plan(row[0])
    return found


def requests_of(db: sqlite3.Connection) -> dict[str, Request]:
    """The keyed commands of the open day."""
    made = {}
    for key, digest, first, last in db.execute("SELECT key, digest, first, last FROM request"):
        records = tuple(map(journal.record_of, journal.rows(db, first, last)))
        made[key] = Request(digest, records)
    return made


def first_slip(db: sqlite3.Connection, opened: int) -> int:
    """The id of the first slip queued since journal entry `opened`, found from the newest backwards."""
    first = highest(db, "slip") + 1
    for slip, queued in db.execute("SELECT id, queued FROM slip ORDER BY id DESC"):
        if queued < opened:
            break
        first = slip
    return first


def highest(db: sqlite3.Connection, table: str) -> int:
    """The highest id of a table, 0 of an empty one."""
    (found,) = db.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()
    return int(found)
