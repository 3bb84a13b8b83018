"""A connection that only reads: for verify, the journal's readers, pages and commands."""

from __future__ import annotations

import sqlite3
from pathlib import Path


def connect_reader(path: Path) -> sqlite3.Connection:
    """A connection that can't write."""
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, check_same_thread=False, timeout=5.0)
    db.execute("PRAGMA query_only = ON")
    return db
