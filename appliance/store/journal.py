"""The journal's rows: writing, reading back as records, and walking the chain."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from appliance.domain import codec
from appliance.domain.chain import GENESIS, link
from appliance.domain.message import Event, Record
from appliance.domain.moment import Moment, Stamp, from_iso, iso
from appliance.store.reader import connect_reader

COLUMNS = (
    "seq",
    "at",
    "clock_trusted",
    "boot_id",
    "uptime_ms",
    "actor",
    "kind",
    "version",
    "body",
    "chain",
)
SELECT = f"SELECT {', '.join(COLUMNS)} FROM journal"
INSERT = f"INSERT INTO journal ({', '.join(COLUMNS)}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

Row = tuple[int, str, int, str, int, str, str, int, str, bytes]


def row_of(record: Record, previous: bytes) -> Row:
    """The journal row of a record, linked to the one before it."""
    moment, event = record.moment, record.event
    at, body = iso(moment.at_ms), codec.encode(event)
    kind = type(event).__name__
    chain = link(
        previous,
        record.seq,
        at,
        moment.trusted,
        moment.boot,
        moment.uptime_ms,
        record.actor,
        kind,
        event.version,
        body,
    )
    return (
        record.seq,
        at,
        int(moment.trusted),
        moment.boot,
        moment.uptime_ms,
        record.actor,
        kind,
        event.version,
        body,
        chain,
    )


def record_of(row: Row) -> Record:
    """The record of a journal row. Raises codec.UnknownEventError for rows of a later release."""
    seq, at, trusted, boot, uptime, actor, kind, version, body, _ = row
    event: Event = codec.decode(kind, version, body)
    return Record(seq, Moment(from_iso(at), bool(trusted), boot, uptime), actor, event)


def rows(db: sqlite3.Connection, first: int = 1, last: int = 2**62) -> Iterator[Row]:
    """Journal rows from `first` to `last`, in order."""
    yield from db.execute(f"{SELECT} WHERE seq BETWEEN ? AND ? ORDER BY seq", (first, last))


def head(db: sqlite3.Connection) -> tuple[int, bytes]:
    """The newest seq and its link; (0, GENESIS) of an empty journal."""
    row = db.execute("SELECT seq, chain FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
    return (0, GENESIS) if row is None else (row[0], row[1])


def stamp(db: sqlite3.Connection, seq: int | None) -> Stamp | None:
    """The stamp of a journal entry."""
    if seq is None:
        return None
    row = db.execute("SELECT at, clock_trusted, boot_id, uptime_ms FROM journal WHERE seq = ?", (seq,)).fetchone()
    return Stamp(seq, Moment(from_iso(row[0]), bool(row[1]), row[2], row[3]))


def newest_trusted_ms(path: Path) -> int:
    """The newest time that a trusted clock wrote into this database, in UTC milliseconds; 0 of a new office."""
    db = connect_reader(path)
    try:
        row = db.execute("SELECT at FROM journal WHERE clock_trusted = 1 ORDER BY seq DESC LIMIT 1").fetchone()
    finally:
        db.close()
    return 0 if row is None else from_iso(row[0])


def broken_link(db: sqlite3.Connection) -> int | None:
    """The seq of the first row that doesn't follow from the one before it, or None when the chain is whole."""
    previous, expected = GENESIS, 1
    for row in rows(db):
        seq, at, trusted, boot, uptime, actor, kind, version, body, chain = row
        made = link(previous, seq, at, bool(trusted), boot, uptime, actor, kind, version, body)
        if seq != expected or made != chain:
            return seq
        previous, expected = chain, expected + 1
    return None
