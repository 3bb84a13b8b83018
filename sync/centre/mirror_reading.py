"""Reading a mirror's journal for the facts.

A device wrote the file and its schema. What a schema can call are SQLite's own functions, none of which touches a file
(extensions are off); `trusted_schema = OFF` would refuse the offices' own CHECK (json_valid(body)) in SQLite 3.40.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Protocol

from appliance.store import journal
from sync.centre.chain import Head
from sync.centre.facts_extending import Batch
from sync.centre.mirror import MirrorState

ROWS_AT_ONCE = 5000


class MirrorLike(Protocol):
    """What is asked of a mirror (`mirror.Mirror`)."""

    def bring_forward(self) -> MirrorState: ...
    def connect(self) -> sqlite3.Connection: ...
    def distrust(self) -> None: ...


def opened(mirror: MirrorLike) -> sqlite3.Connection:
    """A read-only connection. Raises sqlite3.Error while there is no file."""
    return mirror.connect()


def news_of(mirror: MirrorLike, office: str, incarnation: str, known: Head, plan_id: int) -> tuple[Batch, int]:
    """The entries beyond the known head and the plans beyond `plan_id`, and the id of the newest plan read.

    With them comes the newest entry that should be known: it must be the same in both. Raises sqlite3.Error or
    UnicodeError for a file that can't be read.
    """
    with closing(opened(mirror)) as db:
        db.execute("BEGIN")
        newest, _ = journal.head(db)
        begin = min(known.seq, newest)
        rows = list(journal.rows(db, begin, begin + ROWS_AT_ONCE))
        query = "SELECT id, digest, document FROM plan WHERE id > ? ORDER BY id LIMIT 100"
        plans = db.execute(query, (plan_id,)).fetchall()
    documents = {digest: text for _, digest, text in plans if isinstance(digest, str) and isinstance(text, str)}
    return Batch(office, incarnation, rows, documents, newest), plans[-1][0] if plans else plan_id


def common_entry(mirror: MirrorLike, known: Head, chain_at: Callable[[int], bytes | None]) -> int:
    """The newest entry that the mirror shares with a history, found by halving: a link stands for all before it."""
    with closing(opened(mirror)) as db:
        low, high = 0, min(known.seq, journal.head(db)[0])
        while low < high:
            middle = (low + high + 1) // 2
            row = db.execute("SELECT chain FROM journal WHERE seq = ?", (middle,)).fetchone()
            if row is not None and row[0] == chain_at(middle):
                low = middle
            else:
                high = middle - 1
    return low
