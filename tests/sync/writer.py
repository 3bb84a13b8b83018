"""A writer like the office's: WAL, FULL, 1 KiB pages, autocheckpoint on. `python writer.py <db>
[pause_s] [rows]`.

Prints the id of each row after its COMMIT has returned, so that a test knows what was promised.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import threading
from pathlib import Path


def connect(db: Path) -> sqlite3.Connection:
    """A connection with the office's pragmas and the test's table."""
    connection = sqlite3.connect(db, isolation_level=None, timeout=5.0)
    connection.execute("PRAGMA page_size = 1024")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA wal_autocheckpoint = 1000")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS slip (id INTEGER PRIMARY KEY, number TEXT NOT NULL, body BLOB) STRICT"
    )
    connection.execute("CREATE INDEX IF NOT EXISTS slip_number ON slip (number)")
    return connection


def add(connection: sqlite3.Connection, size: int = 300) -> int:
    """One transaction of one new row and one changed one; returns the new id."""
    connection.execute("BEGIN IMMEDIATE")
    row = connection.execute(
        "INSERT INTO slip (number, body) VALUES (?, ?)", (os.urandom(4).hex(), os.urandom(size))
    ).lastrowid
    assert row is not None
    connection.execute("UPDATE slip SET body = ? WHERE id = ?", (os.urandom(size), row // 2 + 1))
    connection.execute("COMMIT")
    return row


def rows(db: Path) -> list[tuple[object, ...]]:
    """Every row, read through a connection that changes nothing."""
    connection = sqlite3.connect(f"{db.absolute().as_uri()}?mode=ro", uri=True)
    try:
        return connection.execute("SELECT id, number, body FROM slip ORDER BY id").fetchall()
    finally:
        connection.close()


def main() -> None:
    db = Path(sys.argv[1])
    pause = float(sys.argv[2]) if len(sys.argv) > 2 else 0.02
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 1 << 60
    asked_to_end = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: asked_to_end.set())
    connection = connect(db)
    while count > 0 and not asked_to_end.wait(pause):
        print(add(connection), flush=True)
        count -= 1
    connection.close()


if __name__ == "__main__":
    main()
