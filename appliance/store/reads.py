"""Reading the database beside the writer: a read-only engine, never in the way of a press."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import QueuePool
from sqlmodel import Session, col, select

from appliance.domain.devices import NOT_CONFIGURED, WORKING, DeviceChanged
from appliance.domain.indicators.desks_log import OF_OPERATORS, desks_of, still_signed_in
from appliance.domain.message import Record
from appliance.domain.redating import corrections, redate
from appliance.store import journal
from appliance.store.reader import connect_reader
from appliance.store.tables import JournalRow


class Reads:
    """Queries for pages and reports. Each call is one short read transaction, so no checkpoint waits for it."""

    def __init__(self, path: Path) -> None:
        def connect() -> sqlite3.Connection:
            return connect_reader(path)

        self._engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool, pool_size=4, max_overflow=4)
        self._corrections: tuple[int, Mapping[str, int]] = (0, {})

    def journal(self, after: int, limit: int) -> Sequence[JournalRow]:
        """At most `limit` rows with a seq above `after`, oldest first."""
        query = select(JournalRow).where(col(JournalRow.seq) > after)
        with Session(self._engine) as session:
            return session.exec(query.order_by(col(JournalRow.seq)).limit(limit)).all()

    def served(self, since: int) -> Mapping[int, int]:
        """How many visitors each desk has served since journal entry `since`; an undone finish doesn't count."""
        query = text(
            "SELECT json_extract(j.body, '$.desk') AS desk, count(DISTINCT t.id) FROM journal AS j "
            "JOIN ticket AS t ON t.id = json_extract(j.body, '$.ticket') "
            "WHERE j.seq > :since AND j.kind = 'ServiceFinished' AND t.state = 'done' AND t.ended = j.seq "
            "GROUP BY desk"
        )
        with Session(self._engine) as session:
            rows = session.connection().execute(query, {"since": since}).all()
        return {row[0]: row[1] for row in rows}

    def service_times(self, before_day: int, limit: int = 3000) -> Sequence[tuple[str, float]]:
        """Service and seconds from the call to the finish of about the last `limit` tickets of days before this one.

        Only what a person ended, in one sitting and within one boot of the box.
        """
        query = text(
            "SELECT t.service, (e.uptime_ms - c.uptime_ms) / 1000.0 FROM ticket AS t "
            "JOIN journal AS c ON c.seq = t.last_called JOIN journal AS e ON e.seq = t.ended "
            "WHERE t.id > (SELECT coalesce(max(id), 0) FROM ticket WHERE day < :day) - :limit AND t.day < :day "
            "AND t.state = 'done' AND NOT t.by_system AND NOT t.resumed AND c.boot_id = e.boot_id"
        )
        with Session(self._engine) as session:
            rows = session.connection().execute(query, {"day": before_day, "limit": limit}).all()
        return [(service, seconds) for service, seconds in rows]

    def days(self, first: str, last: str) -> Sequence[int]:
        """The numbers of the days with a date from `first` to `last` (ISO, both included), in order."""
        query = text("SELECT number FROM day WHERE date BETWEEN :first AND :last ORDER BY number")
        with Session(self._engine) as session:
            return list(session.connection().execute(query, {"first": first, "last": last}).scalars())

    def document(self, digest: str) -> str | None:
        """The document of a plan by its digest; None for a plan that this office never had."""
        query = text("SELECT document FROM plan WHERE digest = :digest")
        with Session(self._engine) as session:
            found = session.connection().execute(query, {"digest": digest}).scalar()
        return None if found is None else str(found)

    def day_records(self, day: int) -> Sequence[Record]:
        """The journal of one day, re-dated.

        Before it comes what `day_logs` wants to know of earlier: what was last noted of the devices, who was still
        signed in at the day's desks, and what followed the closing of the day before; after it the opening of the next
        day.
        """
        bounds = text(
            "SELECT coalesce((SELECT closed FROM day WHERE number = d.number - 1), 0),"
            " (SELECT opened FROM day WHERE number = d.number + 1) FROM day AS d WHERE d.number = :day"
        )
        with Session(self._engine) as session:
            db = session.connection()
            found = db.execute(bounds, {"day": day}).first()
            if found is None:
                return []
            closed_before, next_opened = found
            begin, end = closed_before + 1, 2**62 if next_opened is None else next_opened
            rows = db.exec_driver_sql(f"{journal.SELECT} WHERE seq BETWEEN ? AND ? ORDER BY seq", (begin, end)).all()
            records = [journal.record_of(tuple(row)) for row in rows]
            records = [*_standing(db, begin), *_signed_in(db, begin, records), *records]
            if all(record.moment.trusted for record in records):
                return records
            known = self._offsets(db)
        return [redate(record, known) for record in records]

    def device_records(self, begin_ms: int) -> Sequence[Record]:
        """What was noted of the devices since a moment (UTC, ms), re-dated, and before it what held then."""
        with Session(self._engine) as session:
            db = session.connection()
            known = self._offsets(db)
            rows = db.exec_driver_sql(f"{journal.SELECT} WHERE kind = 'DeviceChanged' ORDER BY seq").all()
        records = [redate(journal.record_of(tuple(row)), known) for row in rows]
        earlier = {record.event.devices(): record for record in records if record.moment.at_ms < begin_ms}
        inside = [record for record in records if record.moment.at_ms >= begin_ms]
        return [*sorted(earlier.values(), key=lambda record: record.seq), *inside]

    def _offsets(self, db: Connection) -> Mapping[str, int]:
        """The newest clock offset of each boot. The journal is searched once, later only what has been added to it."""
        searched, known = self._corrections
        (newest,) = db.exec_driver_sql("SELECT coalesce(max(seq), 0) FROM journal").one()
        if newest > searched:
            query = f"{journal.SELECT} WHERE seq > ? AND kind = 'ClockCorrected' ORDER BY seq"
            found = db.exec_driver_sql(query, (searched,)).all()
            known = {**known, **corrections(journal.record_of(tuple(row)) for row in found)}
            self._corrections = (newest, known)
        return known

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()


def _standing(db: Connection, before: int) -> Sequence[Record]:
    """What was last noted of each device before a journal entry, back to the note that it worked; in order."""
    (devices,) = db.exec_driver_sql("SELECT count(*) FROM device").one()
    query = f"{journal.SELECT} WHERE kind = 'DeviceChanged' AND seq < ? ORDER BY seq DESC"
    found: list[Record] = []
    whole: set[str] = set()
    for row in db.exec_driver_sql(query, (before,)):
        record = journal.record_of(tuple(row))
        event = record.event
        if isinstance(event, DeviceChanged) and event.device not in whole:
            found.append(record)
            if event.condition in WORKING or event.reason == NOT_CONFIGURED:
                whole.add(event.device)
        if len(whole) == devices:
            break
    return found[::-1]


def _signed_in(db: Connection, before: int, day: Sequence[Record]) -> Sequence[Record]:
    """Who had signed in before a journal entry at a desk of this day, and was there still; in order."""
    kinds = ", ".join(f"'{event.__name__}'" for event in OF_OPERATORS)
    query = f"{journal.SELECT} WHERE kind IN ({kinds}) AND seq < ? ORDER BY seq DESC"
    earlier = (journal.record_of(tuple(row)) for row in db.exec_driver_sql(query, (before,)))
    return still_signed_in(desks_of(day), earlier)
