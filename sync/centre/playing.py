"""SQLite plays a WAL into a plain database file, under a lock that lets nobody see the middle."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sync.centre.inbox.contents import FRAME_HEADER, WAL_HEADER

_SHORT_READ_S = 0.05


class HeldError(Exception):
    """Somebody holds the file: a reader in the middle of a query, a shell in a transaction."""


class UnplayableError(Exception):
    """SQLite doesn't take it at all. `touched`: the file isn't the state before any more."""

    def __init__(self, text: str, *, touched: bool) -> None:
        super().__init__(text)
        self.touched = touched


def play(database: Path, wal: Path, *, private: bool = False) -> tuple[int, int]:
    """Bring every whole transaction of `wal`, from its beginning, into `database`; `wal` stays as it is.

    The answer: up to which byte the WAL is right, and its size. Playing the same WAL again, or one that has grown, is
    harmless. Afterwards the database is one file in rollback mode. `private`: nobody else can have it open, so SQLite
    does not look at it before the WAL is there: the snapshot of an office whose power was cut in the middle of a
    checkpoint makes no sense alone. Raises HeldError (nothing was done), UnplayableError.
    """
    size, page = wal.stat().st_size, _page(wal)
    beside = database.with_name(database.name + "-wal")
    connection = sqlite3.connect(database, timeout=_SHORT_READ_S, isolation_level=None)
    laid = False
    try:
        if not private:
            _lock(connection)
        os.link(wal, beside)
        laid = True
        if private:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = WAL")
        _, found, played = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        mode = connection.execute("PRAGMA journal_mode = OFF").fetchone()[0]
        if found != played or mode != "off":
            raise UnplayableError(f"{played} of {found} frames were played", touched=True)
        return (WAL_HEADER + found * (page + FRAME_HEADER) if page and found else 0), size
    except sqlite3.OperationalError as problem:
        if "full" in str(problem) or "disk I/O" in str(problem):
            raise
        raise UnplayableError(str(problem)[:200], touched=laid) from problem
    except sqlite3.DatabaseError as problem:
        raise UnplayableError(str(problem)[:200], touched=laid) from problem
    finally:
        connection.close()
        if laid:
            beside.unlink(missing_ok=True)


def _lock(connection: sqlite3.Connection) -> None:
    """Lock everybody out until the connection is closed: readers in rollback mode don't see the locks of a WAL."""
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    try:
        connection.execute("PRAGMA journal_mode = MEMORY")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")
    except sqlite3.OperationalError as problem:
        if "locked" in str(problem):
            raise HeldError(str(problem)) from problem
        raise


def _page(wal: Path) -> int:
    """The page size that the header of a WAL names; 0 when it has none."""
    with wal.open("rb") as file:
        head = file.read(WAL_HEADER)
    return int.from_bytes(head[8:12], "big") if len(head) == WAL_HEADER else 0


def copy_out(database: Path, copy: Path) -> None:
    """A copy of a database that somebody else reads, through SQLite. Raises HeldError when somebody writes it."""
    copy.unlink(missing_ok=True)
    try:
        with (
            closing(
                sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True, timeout=_SHORT_READ_S)
            ) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            target.execute("PRAGMA synchronous = OFF")
            target.execute("PRAGMA journal_mode = OFF")
            source.backup(target)
    except sqlite3.OperationalError as problem:
        raise HeldError(str(problem)) from problem


def fit_to_read(connection: sqlite3.Connection) -> str:
    """'' when SQLite finds every page in order, else its first complaints."""
    try:
        # Not `trusted_schema = OFF`: SQLite 3.40 would refuse the offices' own CHECK (json_valid(body)) as unsafe.
        answers = [str(row[0]) for row in connection.execute("PRAGMA quick_check(3)")]
    except sqlite3.DatabaseError as problem:
        return str(problem)[:200]
    return "" if answers == ["ok"] else "; ".join(answers)[:200]
