"""Reading the database beside the writer: a read-only engine, never in the way of a press."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.pool import QueuePool
from sqlmodel import Session, col, select

from appliance.store.database import connect_reader
from appliance.store.tables import JournalRow


class Reads:
    """Queries for pages and reports. Each call is one short read transaction, so no checkpoint waits for it."""

    def __init__(self, path: Path) -> None:
        def connect() -> sqlite3.Connection:
            return connect_reader(path)

        self._engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool, pool_size=4, max_overflow=4)

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
            return dict(session.connection().execute(query, {"since": since}).tuples().all())

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()
