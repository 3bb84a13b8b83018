"""Opening queue.db: pragmas, migrations, and the one place that names the file's settings."""

from __future__ import annotations

import os
import sqlite3
from importlib import resources
from pathlib import Path

from appliance.store.changes import write
from appliance.store.verify import Report, replay

PAGE_SIZE = 1024
"""Small pages: one visit writes a quarter of what 4096-byte pages write (docs/adr/0003)."""


class TooNewError(Exception):
    """The database was written by a later release than this one."""


def connect(path: Path) -> sqlite3.Connection:
    """The write connection: WAL, synchronous=FULL (anything less loses tickets that visitors hold), migrated.

    Autocommit mode: transactions are spelled out by the writer. Raises sqlite3.Error, or TooNewError.
    """
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5.0)
    db.execute(f"PRAGMA page_size = {PAGE_SIZE}")
    (mode,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":  # SQLite answers a failure here with the mode that it stayed in.
        raise sqlite3.OperationalError(f"journal mode is {mode}, not wal")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA foreign_keys = OFF")
    db.execute("PRAGMA secure_delete = ON")
    migrate(db)
    db.execute("BEGIN IMMEDIATE")  # After a failed flush the kernel shows bytes that the card lacks.
    with path.with_name(f"{path.name}-wal").open("r+b", buffering=0) as wal:
        os.pwrite(wal.fileno(), wal.readall(), 0)
        os.fsync(wal.fileno())
    db.execute("ROLLBACK")
    return db


def migrations() -> list[str]:
    """The SQL of every migration, in order."""
    folder = resources.files("appliance.store.schema")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return [folder.joinpath(name).read_text(encoding="utf-8") for name in names]


def migrate(db: sqlite3.Connection) -> None:
    """Bring the schema up to date, one transaction for each step.

    A step with new columns makes the rows anew from the journal: the history knows what they would have held.
    """
    steps = migrations()
    (done,) = db.execute("PRAGMA user_version").fetchone()
    if done > len(steps):
        raise TooNewError(f"schema {done}, this release knows {len(steps)}")
    for number, sql in enumerate(steps[done:], start=done + 1):
        db.executescript(f"BEGIN IMMEDIATE;\n{sql}")
        if number == len(steps) and done:
            rebuild(db)
        db.execute(f"PRAGMA user_version = {number}")
        db.execute("COMMIT")


def rebuild(db: sqlite3.Connection) -> None:
    """Write every row as the journal alone would have it."""
    write(db, replay(db, Report(), lambda _: None))
