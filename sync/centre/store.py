"""The centre's own database: SQLite by default, PostgreSQL by URL, one code for both.

Each concept declares its tables in its own module, as subclasses of `CentreTable`, and reads and writes them through
`Store.read` and `Store.write`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Enum, MetaData, String, Text, create_engine, event
from sqlalchemy.orm import registry
from sqlmodel import AutoString, Session, SQLModel


class CentreTable(SQLModel, registry=registry()):
    """The base of every table of the centre; apart from the tables of a mirror.

    Times are UTC milliseconds in BIGINT columns, documents are canonical JSON in TEXT columns: both databases then
    answer the same bytes.
    """


class Store:
    """One database. Thread-safe; a session belongs to the thread that opened it."""

    def __init__(self, url: str) -> None:
        """`sqlite:////var/lib/talon-centre/centre.db` or `postgresql+psycopg://user@host/name`."""
        self.engine = create_engine(url, pool_size=8, max_overflow=8, pool_pre_ping=not url.startswith("sqlite"))
        self.sqlite = self.engine.dialect.name == "sqlite"
        if self.sqlite:
            if self.engine.url.database not in (None, "", ":memory:"):
                # It holds people's passwords (hashed) and the devices' secrets (sealed): nobody else's to read.
                file = Path(str(self.engine.url.database))
                file.parent.mkdir(parents=True, exist_ok=True)
                file.touch(mode=0o600)
            event.listen(self.engine, "connect", _sqlite_connection)
            event.listen(self.engine, "begin", _sqlite_begin)
        # SQLite looks at one state for a whole transaction anyhow, PostgreSQL when it is told to.
        look = {} if self.sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._reading = self.engine.execution_options(**look)
        self._writing = self.engine.execution_options(talon_write=True)

    def make_tables(self) -> None:
        """Create the tables that are missing. The modules that declare them must be imported."""
        if self.sqlite:
            CentreTable.metadata.create_all(self.engine)
        else:
            _compared_by_bytes(CentreTable.metadata).create_all(self.engine)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that writes nothing: one consistent look."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose whole work is committed at the end, durably, or not at all.

        SQLite takes its write lock at the beginning, so a transaction never fails half-way because of another writer.
        """
        engine = self.engine.execution_options(talon_write=True)
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()


def _compared_by_bytes(tables: MetaData) -> MetaData:
    """The same tables with texts that PostgreSQL sorts and compares as SQLite does, whatever its locale."""
    made = MetaData()
    for table in tables.sorted_tables:
        for column in table.to_metadata(made).columns:
            if isinstance(column.type, String | AutoString) and not isinstance(column.type, Enum):
                column.type = Text(collation="C")
    return made


def _sqlite_connection(connection: Any, _: object) -> None:
    # The driver's own BEGIN is switched off: `_sqlite_begin` says which kind is meant.
    connection.isolation_level = None
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 15000", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begin(connection: Connection) -> None:
    write = connection.get_execution_options().get("talon_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
