"""Who works at the centre: people and wall screens, their roles, sessions, and wrong tries.

Secrets lie in the store as hashes: of people by argon2id, of tokens and of a screen's single-use code, which are long
and random, by SHA-256. There is no default password: the first start makes one administrator's code. Thread-safe;
methods that check a secret take tens of milliseconds.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import BigInteger, Column, Float, delete
from sqlmodel import Field, Session, col, select

from sync.centre.store import CentreTable, Store

SESSION_MS = 14 * 3_600_000
"""A session of a person outlives no working day."""

SCREEN_MS = 400 * 86_400_000
"""A wall screen signs in once."""

CODE_MS = 30 * 60_000
"""How long a screen's code may be used."""

FREE_TRIES = 3
LONGEST_WAIT_S = 300
FORGET_ONE_S = 600
"""One wrong try is forgotten for every so many seconds of peace."""

ATTEMPTS_KEPT = 1000
SESSIONS_KEPT = 500
AT_ONCE = 2
"""Secrets that may be checked at the same time: each takes 19 MiB."""

CODE_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Nothing that a tired eye takes for something else (no I, L, O, 0, 1): 16 of them are 79 bits."""

ADMIN = "admin"
SCREEN = " screen"
"""A screen's name among the tries; no person's key begins with a space."""

SHORTEST_PASSWORD = 10

HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$isQm7HI/Z1VmSnKaXLPPQw$FYtxAHqhilErlbM5Ty1LP9RnEj871OjGBUWodyrA6so"
"""A hash of something random that was thrown away: unknown names are checked against it, so they cost the same."""


class Role(IntEnum):
    """What somebody may do; each role may all that the ones before it may.

    `VIEWER` looks. `DISPATCHER` takes alarms and gives directives. `HEAD` sets thresholds and reads the audit. `ADMIN`
    keeps offices, keys and people.
    """

    VIEWER = 1
    DISPATCHER = 2
    HEAD = 3
    ADMIN = 4


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may sign in. `id` is opaque and goes into directives; `screen`: a wall screen."""

    id: str
    name: str
    role: Role
    screen: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to a try: a person and their new token; or wrong (`wait_s` 0), or not looked at for `wait_s`."""

    person: Person | None = None
    token: str = ""
    wait_s: int = 0
    busy: bool = False


class PeopleError(ValueError):
    """A change that can't be made: `name-taken`, `short-password`, `unknown-person`, `last-admin`, `bad-name`."""


class PersonRow(CentreTable, table=True):
    """The table of people and screens. `name_key` is the name as it is compared."""

    __tablename__ = "person"

    id: str = Field(primary_key=True)
    name: str
    name_key: str = Field(unique=True)
    role: int
    screen: bool = False
    secret_hash: str = ""
    code_until_ms: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    made_ms: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))


class PersonSession(CentreTable, table=True):
    """The table of sessions; the token itself is nowhere."""

    __tablename__ = "person_session"

    token_hash: str = Field(primary_key=True)
    person: str = Field(index=True)
    begun_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    ends_ms: int = Field(sa_column=Column(BigInteger, nullable=False))


class PersonAttempt(CentreTable, table=True):
    """The table of wrong tries, by who was claimed and from where."""

    __tablename__ = "person_attempt"

    who: str = Field(primary_key=True)
    client: str = Field(primary_key=True)
    failures: float = Field(sa_column=Column(Float, nullable=False))
    last_ms: int = Field(sa_column=Column(BigInteger, nullable=False))


class People:
    """People and screens in the store. `now_ms` is the wall clock."""

    def __init__(
        self, store: Store, *, now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        hasher: PasswordHasher = HASHER,
    ) -> None:  # fmt: skip
        self._store = store
        self._now_ms = now_ms
        self._hasher = hasher
        self._checking = threading.BoundedSemaphore(AT_ONCE)

    def ensure_admin(self) -> str | None:
        """Make the administrator and their code on the first start and return it, this once; None ever after."""
        with self._store.read() as session:
            if session.exec(select(PersonRow.id).where(PersonRow.role == int(Role.ADMIN))).first() is not None:
                return None
        return self.renew_admin()

    def renew_admin(self) -> str:
        """A new code for `admin` in place of a lost one; its sessions end. For the console of the centre only."""
        code = _new_code()
        hashed = self._hasher.hash(_plain_code(code))
        with self._store.write() as session:
            row = session.exec(select(PersonRow).where(PersonRow.name_key == ADMIN)).first()
            if row is None:
                row = PersonRow(id=_new_id(), name=ADMIN, name_key=ADMIN, role=int(Role.ADMIN), made_ms=self._now_ms())
            row.role, row.secret_hash = int(Role.ADMIN), hashed
            session.add(row)
            session.exec(delete(PersonSession).where(col(PersonSession.person) == row.id))
        return code

    def sign_in(self, name: str, secret: str, client: str) -> Verdict:
        """Check a person's password or code. `client` is where the try comes from (an address)."""
        key = name_key(name)
        wait_s = self._wait_s(key, client)
        if wait_s:
            return Verdict(wait_s=wait_s)
        if not self._checking.acquire(blocking=False):
            return Verdict(busy=True)
        try:
            with self._store.read() as session:
                row = session.exec(select(PersonRow).where(PersonRow.name_key == key)).first()
                known = row is not None and not row.screen and row.secret_hash != ""
                hashed = row.secret_hash if row is not None and known else NOBODY
                person = _person(row) if row is not None and known else None
            right = self._matches(hashed, secret) and person is not None
        finally:
            self._checking.release()
        if not right or person is None:
            self._failed(key, client)
            return Verdict()
        return Verdict(person, self._begin(person, SESSION_MS, key, client))

    def enrol_screen(self, code: str, client: str) -> Verdict:
        """Sign a wall screen in with its single-use code."""
        wait_s = self._wait_s(SCREEN, client)
        if wait_s:
            return Verdict(wait_s=wait_s)
        hashed = _digest(_plain_code(code))
        with self._store.write() as session:
            row = session.exec(
                select(PersonRow).where(
                    PersonRow.secret_hash == hashed, col(PersonRow.screen), PersonRow.code_until_ms >= self._now_ms()
                )
            ).first()
            person = _person(row) if row is not None else None
            if row is not None:
                row.secret_hash, row.code_until_ms = "", 0
                session.add(row)
        if person is None:
            self._failed(SCREEN, client)
            return Verdict()
        return Verdict(person, self._begin(person, SCREEN_MS, SCREEN, client))

    def session(self, token: str) -> Person | None:
        """Who holds this token; None for nobody."""
        if not token or len(token) > 100:
            return None
        with self._store.read() as session:
            found = session.get(PersonSession, _digest(token))
            if found is None or found.ends_ms <= self._now_ms():
                return None
            row = session.get(PersonRow, found.person)
            return None if row is None else _person(row)

    def sign_out(self, token: str) -> None:
        """End a session."""
        with self._store.write() as session:
            session.exec(delete(PersonSession).where(col(PersonSession.token_hash) == _digest(token)))

    def all(self) -> list[Person]:
        """Everybody, people first, by name."""
        with self._store.read() as session:
            rows = session.exec(select(PersonRow)).all()
            return sorted((_person(row) for row in rows), key=lambda one: (one.screen, one.name.casefold(), one.id))

    def get(self, person: str) -> Person | None:
        """Somebody by their id."""
        with self._store.read() as session:
            row = session.get(PersonRow, person)
            return None if row is None else _person(row)

    def add(self, name: str, role: Role, password: str = "") -> tuple[Person, str]:
        """Add a person; without a password a code is made and returned, to be shown once. Raises PeopleError."""
        name = _clean(name)
        code = "" if password else _new_code()
        if password and len(password) < SHORTEST_PASSWORD:
            raise PeopleError("short-password")
        hashed = self._hasher.hash(password or _plain_code(code))
        person = Person(_new_id(), name, role)
        with self._store.write() as session:
            _free(session, name)
            session.add(
                PersonRow(
                    id=person.id, name=name, name_key=name_key(name), role=int(role), secret_hash=hashed,
                    made_ms=self._now_ms(),
                )
            )  # fmt: skip
        return person, code

    def add_screen(self, name: str) -> tuple[Person, str]:
        """Add a wall screen; its code is used once, within half an hour. Raises PeopleError."""
        name = _clean(name)
        code = _new_code()
        person = Person(_new_id(), name, Role.VIEWER, screen=True)
        with self._store.write() as session:
            _free(session, name)
            session.add(
                PersonRow(
                    id=person.id, name=name, name_key=name_key(name), role=int(Role.VIEWER), screen=True,
                    secret_hash=_digest(_plain_code(code)), code_until_ms=self._now_ms() + CODE_MS,
                    made_ms=self._now_ms(),
                )
            )  # fmt: skip
        return person, code

    def set_role(self, person: str, role: Role) -> None:
        """Change what somebody may do, from their next request on. Raises PeopleError."""
        with self._store.write() as session:
            row = _there(session, person)
            if role != Role.ADMIN:
                _not_last_admin(session, row)
            row.role = int(role)
            session.add(row)

    def set_password(self, person: str, password: str) -> None:
        """A new password; all sessions of the person end. Raises PeopleError."""
        if len(password) < SHORTEST_PASSWORD:
            raise PeopleError("short-password")
        self._set_secret(person, self._hasher.hash(password))

    def renew(self, person: str) -> str:
        """A new code in place of a lost password, to be shown once; all sessions end. Raises PeopleError."""
        code = _new_code()
        with self._store.read() as session:
            screen = _there(session, person).screen
        if screen:
            self._set_secret(person, _digest(_plain_code(code)), self._now_ms() + CODE_MS)
        else:
            self._set_secret(person, self._hasher.hash(_plain_code(code)))
        return code

    def remove(self, person: str) -> None:
        """Forget somebody; their sessions end, their name stays in the audit. Raises PeopleError."""
        with self._store.write() as session:
            row = _there(session, person)
            _not_last_admin(session, row)
            session.exec(delete(PersonSession).where(col(PersonSession.person) == person))
            session.delete(row)

    def _set_secret(self, person: str, hashed: str, until_ms: int = 0) -> None:
        with self._store.write() as session:
            row = _there(session, person)
            row.secret_hash, row.code_until_ms = hashed, until_ms
            session.add(row)
            session.exec(delete(PersonSession).where(col(PersonSession.person) == person))

    def _matches(self, hashed: str, secret: str) -> bool:
        if len(secret) > 200:
            return False
        for one in dict.fromkeys((secret, _plain_code(secret))):
            try:
                return self._hasher.verify(hashed, one)
            except (VerificationError, InvalidHashError):
                continue
        return False

    def _begin(self, person: Person, term_ms: int, who: str, client: str) -> str:
        token = secrets.token_urlsafe(32)
        now = self._now_ms()
        with self._store.write() as session:
            session.exec(delete(PersonSession).where(col(PersonSession.ends_ms) <= now))
            session.exec(
                delete(PersonAttempt).where(col(PersonAttempt.who) == who, col(PersonAttempt.client) == client)
            )
            if person.screen:
                session.exec(delete(PersonSession).where(col(PersonSession.person) == person.id))
            oldest = session.exec(
                select(PersonSession).order_by(col(PersonSession.begun_ms).desc()).offset(SESSIONS_KEPT - 1)
            ).all()
            for one in oldest:
                session.delete(one)
            session.add(PersonSession(token_hash=_digest(token), person=person.id, begun_ms=now, ends_ms=now + term_ms))
        return token

    def _wait_s(self, who: str, client: str) -> int:
        with self._store.read() as session:
            row = session.get(PersonAttempt, (who, client))
            if row is None:
                return 0
            failures = _left(row, self._now_ms())
            # Forgetting begins at once, so that three tries are a little less than three.
            if failures < FREE_TRIES - 0.5:
                return 0
            wait_s = min(LONGEST_WAIT_S, int(5 * 2 ** max(0.0, failures - FREE_TRIES)))
            passed_s = (self._now_ms() - row.last_ms) / 1000
            return max(0, round(wait_s - passed_s + 0.5)) if passed_s < wait_s else 0

    def _failed(self, who: str, client: str) -> None:
        now = self._now_ms()
        with self._store.write() as session:
            row = session.get(PersonAttempt, (who, client))
            if row is None:
                stale = session.exec(
                    select(PersonAttempt).order_by(col(PersonAttempt.last_ms).desc()).offset(ATTEMPTS_KEPT - 1)
                ).all()
                for one in stale:
                    session.delete(one)
                row = PersonAttempt(who=who, client=client, failures=0, last_ms=now)
            row.failures, row.last_ms = _left(row, now) + 1, now
            session.add(row)


def name_key(name: str) -> str:
    """A name as it is compared: one form of each letter, no case, single spaces."""
    told = "".join(char for char in name[:200] if char.isprintable() or char.isspace())
    return " ".join(unicodedata.normalize("NFKC", told).casefold().split())[:100]


def _clean(name: str) -> str:
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if not 1 <= len(name) <= 60 or not all(char.isprintable() for char in name):
        raise PeopleError("bad-name")
    return name


def _free(session: Session, name: str) -> None:
    if session.exec(select(PersonRow.id).where(PersonRow.name_key == name_key(name))).first() is not None:
        raise PeopleError("name-taken")


def _there(session: Session, person: str) -> PersonRow:
    row = session.get(PersonRow, person)
    if row is None:
        raise PeopleError("unknown-person")
    return row


def _not_last_admin(session: Session, row: PersonRow) -> None:
    if row.role != int(Role.ADMIN):
        return
    others = session.exec(select(PersonRow.id).where(PersonRow.role == int(Role.ADMIN), PersonRow.id != row.id)).first()
    if others is None:
        raise PeopleError("last-admin")


def _left(row: PersonAttempt, now_ms: int) -> float:
    return max(0.0, row.failures - max(0, now_ms - row.last_ms) / 1000 / FORGET_ONE_S)


def _person(row: PersonRow) -> Person:
    return Person(row.id, row.name, Role(row.role), row.screen)


def _new_id() -> str:
    return f"p-{secrets.token_hex(6)}"


def _new_code() -> str:
    return "-".join("".join(secrets.choice(CODE_ALPHABET) for _ in range(4)) for _ in range(4))


def _plain_code(code: str) -> str:
    return "".join(char for char in code.upper() if char.isalnum())


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
