"""personal.db: bookings, complaints and requests with names and telephones. queue.db holds their ids, nothing else.

Every record has a term, every reading is logged, and a purge is proven on the raw bytes of whatever ever held the
record here: the database, its WAL, and the copies of the WAL that the replication keeps. docs/adr/0021. Thread-safe.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KINDS = ("booking", "complaint", "request")

LONGEST_BODY = 16 << 10
"""Bytes of a record's JSON."""

LOG_TERM_MS = 366 * 24 * 3_600_000
"""How long it is known who read what."""

_PATIENCE_MS = 5000
_BRIEFLY_MS = 200
_FRAGMENT = 16
_TELLING = 6
"""Shorter than this a piece of text says nothing about whose it is."""

_SCHEMA = (
    """
    CREATE TABLE record (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, body TEXT NOT NULL,
        kept_ms INTEGER NOT NULL, erase_after INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX record_term ON record (erase_after);
    CREATE TABLE access (
        number INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, who TEXT NOT NULL, id TEXT NOT NULL, why TEXT NOT NULL
    ) STRICT;
    """,
)


class PersonalError(ValueError):
    """A record that can't be kept; the text says why."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record. `id` is random and the only thing that queue.db may know; times are UTC ms."""

    id: str
    kind: str
    body: Mapping[str, Any]
    kept_ms: int
    erase_after: int


@dataclass(frozen=True, slots=True)
class Access:
    """Somebody saw a record. `who` is an opaque id; `why` a code."""

    at_ms: int
    who: str
    id: str
    why: str


@dataclass(frozen=True, slots=True)
class Purge:
    """What was erased and is still to be proven: how many records, and telling pieces of what they held.

    It lives in memory only. Pieces that another record still holds are left out.
    """

    erased: int = 0
    pieces: tuple[bytes, ...] = ()


class PersonalStore:
    """The file of personal records. Opened at the first use; readable by its owner only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._db: sqlite3.Connection | None = None

    def keep(self, kind: str, body: Mapping[str, Any], now_ms: int, erase_after: int) -> str:
        """Keep a record until `erase_after`; its id. Raises PersonalError, sqlite3.Error."""
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        if kind not in KINDS:
            raise PersonalError(f"kind {kind!r:.40}")
        if len(text.encode()) > LONGEST_BODY:
            raise PersonalError(f"longer than {LONGEST_BODY} bytes")
        if erase_after <= now_ms:
            raise PersonalError("its term is over already")
        name = secrets.token_hex(16)
        with self._writing() as db:
            db.execute(
                "INSERT INTO record (id, kind, body, kept_ms, erase_after) VALUES (?, ?, ?, ?, ?)",
                (name, kind, text, now_ms, erase_after),
            )
        return name

    def read(self, id: str, who: str, why: str, now_ms: int) -> Record | None:
        """A record, and the note that `who` has read it, durable before the record is shown; None when there is none.

        What is past its term is not shown any more, erased or not.
        """
        with self._writing() as db:
            row = db.execute(
                "SELECT id, kind, body, kept_ms, erase_after FROM record WHERE id = ? AND erase_after > ?", (id, now_ms)
            ).fetchone()
            if row is None:
                return None
            db.execute("INSERT INTO access (at_ms, who, id, why) VALUES (?, ?, ?, ?)", (now_ms, who, id, why))
        return Record(row[0], row[1], json.loads(row[2]), row[3], row[4])

    def accesses(self, id: str | None = None) -> Sequence[Access]:
        """Who read this record, or any; the oldest first."""
        with self._lock:
            rows = self._open().execute(
                "SELECT at_ms, who, id, why FROM access WHERE ? IS NULL OR id = ? ORDER BY number", (id, id)
            )
            return [Access(*row) for row in rows]

    def next_due(self) -> int | None:
        """The moment (UTC ms) at which the next term ends; None when nothing is kept."""
        with self._lock:
            (found,) = self._open().execute("SELECT min(erase_after) FROM record").fetchone()
        return None if found is None else int(found)

    def erase(self, id: str) -> Purge:
        """Erase one record before its term: its owner asked for it."""
        return self._erase("id = ?", id)

    def erase_due(self, now_ms: int) -> Purge:
        """Erase what is past its term, and the log's entries that are past theirs.

        The pages are zeroed (`secure_delete`), but the WAL still holds what was: `truncate` it while no replication
        runs, then `leftovers` proves it.
        """
        return self._erase("erase_after <= ?", now_ms)

    def _erase(self, condition: str, value: object) -> Purge:
        with self._writing() as db:
            rows = db.execute(f"SELECT body FROM record WHERE {condition}", (value,)).fetchall()
            if not rows:
                return Purge()
            db.execute(f"DELETE FROM record WHERE {condition}", (value,))
            if isinstance(value, int):
                db.execute("DELETE FROM access WHERE at_ms <= ?", (value - LOG_TERM_MS,))
            others = "\n".join(body for (body,) in db.execute("SELECT body FROM record")).encode()
        pieces = {piece for (body,) in rows for piece in _pieces(json.loads(body))}
        return Purge(len(rows), tuple(sorted(piece for piece in pieces if piece not in others)))

    def truncate(self) -> bool:
        """Move the WAL into the database and empty it; whether that worked: it does not while a replication reads."""
        with self._lock:
            db = self._open()
            db.execute(f"PRAGMA busy_timeout = {_BRIEFLY_MS}")
            try:
                busy, _, _ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                db.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}")
        return not busy

    def leftovers(self, purge: Purge) -> list[Path]:
        """The files here that still hold a piece of what was erased: none is the proof.

        Looks at every byte of the database, what lies beside it, and what the replication keeps of it.
        """
        with self._lock:
            self.close()  # To close a database file drops the locks of a connection in the same process.
            folder = self.path.parent
            files = [file for file in folder.glob(f"{self.path.name}*") if file.is_file()]
            files += [file for file in folder.glob(f".{self.path.name}*/**/*") if file.is_file()]
            return [file for file in sorted(files) if _holds(file, purge.pieces)]

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            db = self._open()
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    def _open(self) -> sqlite3.Connection:
        if self._db is not None:
            return self._db
        # SQLite gives -wal and -shm the mode of the database file.
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        self.path.chmod(0o600)
        db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=_PATIENCE_MS / 1000)
        for pragma in ("page_size = 1024", "journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
            db.execute(f"PRAGMA {pragma}").fetchall()
        db.execute("PRAGMA temp_store = MEMORY")  # Sorted names must not lie in a temporary file.
        (done,) = db.execute("PRAGMA user_version").fetchone()
        for number, script in enumerate(_SCHEMA[done:], start=done + 1):
            db.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;")
        self._db = db
        return db


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _pieces(body: Any) -> Iterator[bytes]:
    """Short pieces of the texts: an overflow page may begin in the middle of a name."""
    for text in _texts(body):
        data = json.dumps(text, ensure_ascii=False)[1:-1].encode()
        for start in range(0, len(data), _FRAGMENT):
            piece = data[start : start + _FRAGMENT]
            if len(piece) >= _TELLING:
                yield piece


def _holds(file: Path, pieces: Sequence[bytes]) -> bool:
    try:
        data = file.read_bytes()
    except OSError:
        return False  # Gone meanwhile: nothing is in it.
    return any(piece in data for piece in pieces)
