"""Tokens of enrolment: made for one office, shown once, good for one device and some days.

A token is `talon1.<authority>.<secret>`: the fingerprint lets the device know the centre before it says the secret.
Letters and digits that can be read out; case, spaces and hyphens don't count. At rest there is only a SHA-256: 128
random bits can't be guessed, so a slow hash would protect nothing.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import BigInteger, Column
from sqlmodel import Field, Session, col, select

from sync.centre.key_tables import count_change
from sync.centre.store import CentreTable, Store

DAYS = 7
LONGEST_DAYS = 60
_DAY_MS = 86_400_000


class TokenKind(StrEnum):
    """`new`: the first device of an office. `replace`: its successor, which restores today's queue."""

    NEW = "new"
    REPLACE = "replace"


class TokenRefusedError(Exception):
    """A token that opens nothing. `code`: `token-unknown`, `token-used`, `token-expired`, `token-withdrawn`,
    `other-office`. `office` is the token's, '' when it is unknown.
    """

    def __init__(self, code: str, office: str = "") -> None:
        super().__init__(f"{code} {office}".strip())
        self.code, self.office = code, office


class TokenRow(CentreTable, table=True):
    """One token; `digest` stands for its secret. 0 for a time that has not come."""

    __tablename__ = "enrol_token"

    digest: str = Field(primary_key=True)
    office: str = Field(index=True)
    kind: str
    author: str = ""
    made_ms: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    ends_ms: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    used_ms: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    withdrawn_ms: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    device: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token; `id` names it for people (12 hex digits) and opens nothing. Times are UTC ms."""

    id: str
    office: str
    kind: TokenKind
    author: str
    made_ms: int
    ends_ms: int
    used_ms: int
    withdrawn_ms: int
    device: str


class Tokens:
    """The tokens in the store."""

    def __init__(self, store: Store, fingerprint: str, now_ms: Callable[[], int]) -> None:
        self._store, self._fingerprint, self._now_ms = store, fingerprint, now_ms

    def issue(self, office: str, kind: TokenKind, author: str, days: int = DAYS) -> str:
        """A new token for this office, to be shown once. Raises ValueError for a term of no or too many days."""
        if not 1 <= days <= LONGEST_DAYS:
            raise ValueError(f"1 to {LONGEST_DAYS} days")
        secret = base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()
        now = self._now_ms()
        with self._store.write() as session:
            # So that the row is there before two devices can join at once.
            count_change(session)
            session.add(
                TokenRow(
                    digest=_digest(secret),
                    office=office,
                    kind=kind.value,
                    author=author,
                    made_ms=now,
                    ends_ms=now + days * _DAY_MS,
                )
            )
        return f"talon1.{self._fingerprint}.{secret}"

    def all(self, office: str | None = None) -> Sequence[Token]:
        """Every token (of one office), the newest first."""
        wanted = select(TokenRow).order_by(col(TokenRow.made_ms).desc(), col(TokenRow.digest))
        if office is not None:
            wanted = wanted.where(TokenRow.office == office)
        with self._store.read() as session:
            return [_token(row) for row in session.exec(wanted).all()]

    def withdraw(self, token: str) -> None:
        """Make an unused token, named by its id, good for nothing. Raises KeyError."""
        with self._store.write() as session:
            wanted = select(TokenRow).where(col(TokenRow.digest).startswith(token))
            row = session.exec(wanted).first() if len(token) >= 12 else None
            if row is None:
                raise KeyError(token)
            row.withdrawn_ms = row.withdrawn_ms or self._now_ms()
            session.add(row)

    def take(self, session: Session, secret: str, office: str) -> TokenRow:
        """The token of this secret, locked until the transaction ends. Raises TokenRefusedError.

        A used one is given back too: whether its own device asks again is told by its `device`.
        """
        wanted = select(TokenRow).where(TokenRow.digest == _digest(secret)).with_for_update()
        row = session.exec(wanted).first()
        if row is None:
            raise TokenRefusedError("token-unknown")
        if row.withdrawn_ms:
            raise TokenRefusedError("token-withdrawn", row.office)
        if not row.used_ms and row.ends_ms <= self._now_ms():
            raise TokenRefusedError("token-expired", row.office)
        if row.office != office:
            raise TokenRefusedError("other-office", row.office)
        return row

    def burn(self, session: Session, row: TokenRow, device: str) -> None:
        """Mark it as used by this device, in the transaction that enters the device."""
        row.used_ms, row.device = self._now_ms(), device
        session.add(row)


def _digest(secret: str) -> str:
    return hashlib.sha256(f"talon-token-1 {secret}".encode()).hexdigest()


def _token(row: TokenRow) -> Token:
    return Token(
        id=row.digest[:12],
        office=row.office,
        kind=TokenKind(row.kind),
        author=row.author,
        made_ms=row.made_ms,
        ends_ms=row.ends_ms,
        used_ms=row.used_ms,
        withdrawn_ms=row.withdrawn_ms,
        device=row.device,
    )
