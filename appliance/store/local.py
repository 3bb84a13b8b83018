"""local.db: what must never leave this box. The owner's code, operators' names and PINs, sessions, wrong tries.

Its own small database (never replicated, readable by its owner only); secrets lie in it as hashes. Thread-safe.
The methods that compute a hash take tens of milliseconds: call them from a worker thread.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

Role = Literal["operator", "owner"]

SESSION_TERM_S = 14 * 3600
"""A session outlives no working day, whichever way the wall clock was set meanwhile."""

MAX_SESSIONS = 200
MAX_ATTEMPTS_KEPT = 1000
FREE_TRIES = 3
LONGEST_WAIT_S = 300
FORGET_ONE_S = 600
"""One wrong try is forgotten for every so many seconds of peace."""

OWNER = "\0owner"
"""The owner's name among the tries; no operator can be called so."""

CODE_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Nothing that a tired eye takes for something else (no I, L, O, 0, 1): 16 of them are 79 bits."""

HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""argon2id of a modest cost: 19 MiB, which a small board can spare."""

NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$isQm7HI/Z1VmSnKaXLPPQw$FYtxAHqhilErlbM5Ty1LP9RnEj871OjGBUWodyrA6so"
"""A hash of something random that was thrown away: unknown operators are checked against it, so they cost the same."""

SCHEMA = (
    """
    CREATE TABLE owner (id INTEGER PRIMARY KEY CHECK (id = 1), code_hash TEXT NOT NULL) STRICT;
    CREATE TABLE operators (
        id TEXT PRIMARY KEY, name TEXT NOT NULL, pin_hash TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE sessions (
        token_hash BLOB PRIMARY KEY, role TEXT NOT NULL CHECK (role IN ('operator', 'owner')),
        operator TEXT, desk INTEGER, begun_s INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE attempts (
        who TEXT NOT NULL, client TEXT NOT NULL, failures REAL NOT NULL, last_s REAL NOT NULL,
        PRIMARY KEY (who, client)
    ) STRICT, WITHOUT ROWID;
    """,
)
"""One script for each version of the schema; `PRAGMA user_version` counts those that have run."""


@dataclass(frozen=True, slots=True)
class Session:
    """Who a browser is: the owner, or an operator (at a desk, or at reception when `desk` is None)."""

    role: Role
    operator: str | None
    desk: int | None
    begun_s: int


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator as the owner knows them; the queue knows the id only."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to a try: accepted, wrong (`wait_s` 0), or not even looked at for `wait_s` seconds more."""

    accepted: bool
    wait_s: int = 0


class LocalStore:
    """The box's own secrets. `now` is the wall clock in seconds."""

    def __init__(self, path: Path, *, now: Callable[[], float] = time.time, hasher: PasswordHasher = HASHER) -> None:
        """Open or make the database at `path` (mode 0600) and bring its schema up to date."""
        self._now = now
        self._lock = threading.Lock()
        self._hasher = hasher
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        path.chmod(0o600)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute("PRAGMA secure_delete=ON")
        self._migrate()
        self._sessions: dict[bytes, Session] = {}
        self._names: dict[str, str] = {}
        self._read()
        (self._version,) = self._db.execute("PRAGMA data_version").fetchone()

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._db.close()

    def ensure_owner(self) -> str | None:
        """Make the owner's code on the first start and return it, this once; None ever after."""
        with self._lock:
            if self._db.execute("SELECT 1 FROM owner").fetchone():
                return None
        return self.renew_owner()

    def renew_owner(self) -> str:
        """A new code in place of a lost one; the owner's sessions end. For the console of the box only."""
        code = "-".join("".join(secrets.choice(CODE_ALPHABET) for _ in range(4)) for _ in range(4))
        hashed = self._hasher.hash(_plain(code))
        with self._change() as db:
            db.execute("INSERT OR REPLACE INTO owner VALUES (1, ?)", (hashed,))
            self._end_where(db, lambda session: session.role == "owner")
        return code

    def verify_owner(self, code: str, client: str) -> Verdict:
        """Check the owner's code, typed in any case, with or without its dashes."""
        with self._lock:
            row = self._db.execute("SELECT code_hash FROM owner").fetchone()
        return self._verify(OWNER, client, row[0] if row else None, _plain(code))

    def put_operator(self, operator: str, name: str, pin: str) -> None:
        """Add an operator, or change the name and the PIN of one; their sessions end."""
        hashed = self._hasher.hash(pin)
        with self._change() as db:
            db.execute("INSERT OR REPLACE INTO operators VALUES (?, ?, ?)", (operator, name, hashed))
            self._end_where(db, lambda session: session.operator == operator)
            self._names = {**self._names, operator: name}

    def remove_operator(self, operator: str) -> bool:
        """Forget an operator and end their sessions; False when there was none."""
        with self._change() as db:
            known = db.execute("DELETE FROM operators WHERE id = ?", (operator,)).rowcount > 0
            self._end_where(db, lambda session: session.operator == operator)
            self._names = {key: name for key, name in self._names.items() if key != operator}
        return known

    def operators(self) -> list[Operator]:
        """Everybody who may sign in, by id."""
        return [Operator(key, name) for key, name in sorted(self._names.items())]

    def operator_name(self, operator: str | None) -> str | None:
        """The name behind an operator's id, from memory."""
        return self._names.get(operator) if operator else None

    def verify_operator(self, operator: str, pin: str, client: str) -> Verdict:
        """Check a PIN. An unknown operator costs the same time and gets the same answers as a wrong PIN."""
        with self._lock:
            row = self._db.execute("SELECT pin_hash FROM operators WHERE id = ?", (operator,)).fetchone()
        return self._verify(operator, client, row[0] if row else None, pin)

    def begin_session(self, role: Role, operator: str | None = None, desk: int | None = None) -> str:
        """Start a session and return its token, which is kept here as a hash only.

        One operator works at one place, and one desk belongs to one operator: other sessions that say otherwise end.
        """
        token = secrets.token_urlsafe(32)
        session = Session(role, operator, desk, int(self._now()))

        def displaced(other: Session) -> bool:
            if role == "owner" or other.role == "owner":
                return False
            same = (other.operator, other.desk) == (operator, desk)
            return not same and (other.operator == operator or (desk is not None and other.desk == desk))

        with self._change() as db:
            self._end_where(db, lambda other: displaced(other) or not self._fresh(other))
            while len(self._sessions) >= MAX_SESSIONS:
                oldest = min(self._sessions, key=lambda key: self._sessions[key].begun_s)
                self._end(db, oldest)
            hashed = _digest(token)
            db.execute(
                "INSERT INTO sessions VALUES (?, ?, ?, ?, ?)",
                (hashed, role, operator, desk, session.begun_s),
            )
            self._sessions[hashed] = session
        return token

    def session(self, token: str) -> Session | None:
        """Whose token this is, from memory. None when it is unknown or its term is over.

        An owner's is looked at twice: `talon owner` may have ended it from another process.
        """
        found = self._sessions.get(_digest(token))
        if found is not None and found.role == "owner":
            self._follow_others()
            found = self._sessions.get(_digest(token))
        return found if found is not None and self._fresh(found) else None

    def _follow_others(self) -> None:
        """Take over what another process has changed, if one has."""
        with self._lock:
            (version,) = self._db.execute("PRAGMA data_version").fetchone()
            if version != self._version:
                self._version = version
                self._read()

    def _read(self) -> None:
        self._sessions = {
            bytes(token): Session(role, operator, desk, begun)
            for token, role, operator, desk, begun in self._db.execute(
                "SELECT token_hash, role, operator, desk, begun_s FROM sessions ORDER BY begun_s"
            )
        }
        self._names = dict(self._db.execute("SELECT id, name FROM operators"))

    def end_session(self, token: str) -> None:
        """Sign out; an unknown token is nobody's."""
        with self._change() as db:
            self._end(db, _digest(token))

    def _fresh(self, session: Session) -> bool:
        return abs(self._now() - session.begun_s) <= SESSION_TERM_S

    def _end_where(self, db: sqlite3.Connection, doomed: Callable[[Session], bool]) -> None:
        for key in [key for key, session in self._sessions.items() if doomed(session)]:
            self._end(db, key)

    def _end(self, db: sqlite3.Connection, hashed: bytes) -> None:
        db.execute("DELETE FROM sessions WHERE token_hash = ?", (hashed,))
        self._sessions.pop(hashed, None)

    def _verify(self, who: str, client: str, hashed: str | None, secret: str) -> Verdict:
        """Count the try before looking at it, so that many at once can't slip through together."""
        wait_s = self._reserve(who, client)
        if wait_s:
            return Verdict(False, wait_s)
        try:
            self._hasher.verify(hashed or NOBODY, secret)
        except (VerificationError, InvalidHashError):
            return Verdict(False)
        if hashed is None:
            return Verdict(False)
        with self._change() as db:
            db.execute("DELETE FROM attempts WHERE who = ? AND client = ?", (who, client))
        return Verdict(True)

    def _reserve(self, who: str, client: str) -> int:
        """Seconds that this client must still wait with this name; 0 counts a try."""
        now = self._now()
        with self._change() as db:
            row = db.execute(
                "SELECT failures, last_s FROM attempts WHERE who = ? AND client = ?", (who, client)
            ).fetchone()
            failures, last_s = row or (0.0, now)
            elapsed = max(0.0, now - last_s)
            wait = back_off_s(failures) - elapsed
            if wait > 0 and failures:
                return int(wait) + 1
            failures = min(max(0.0, failures - elapsed / FORGET_ONE_S), 20.0) + 1
            db.execute("INSERT OR REPLACE INTO attempts VALUES (?, ?, ?, ?)", (who, client, failures, now))
            db.execute(
                "DELETE FROM attempts WHERE (who, client) IN (SELECT who, client FROM attempts"
                " ORDER BY failures DESC, last_s DESC LIMIT -1 OFFSET ?)",
                (MAX_ATTEMPTS_KEPT,),
            )
        return 0

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _migrate(self) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > len(SCHEMA):
            raise RuntimeError(f"local.db has schema {version}, this release knows {len(SCHEMA)}")
        for number, script in enumerate(SCHEMA[version:], version + 1):
            self._db.executescript(f"BEGIN; {script} PRAGMA user_version = {number}; COMMIT;")


def back_off_s(failures: float) -> float:
    """How long to wait after so many wrong tries: nothing for the first few, then 2, 4, 8 ... at most five minutes."""
    if failures < FREE_TRIES:
        return 0.0
    return float(min(2 ** (int(failures) - FREE_TRIES + 1), LONGEST_WAIT_S))


def _plain(code: str) -> str:
    return "".join(char for char in code.upper() if char.isalnum())


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
