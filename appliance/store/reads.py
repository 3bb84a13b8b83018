"""Reading the database beside the writer: a read-only engine, never in the way of a press."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import create_engine
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

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()
