"""The tables of directives: what was ordered, which is never changed, and what became of it; and rows in both forms."""

from __future__ import annotations

import json

from sqlalchemy import BigInteger, Column, Text
from sqlmodel import Field

from appliance.domain.chain import to_json
from sync.centre.order import Fate, Order
from sync.centre.store import CentreTable
from sync.directive import Directive, SignedDirective


def _key() -> Column[int]:
    return Column(BigInteger, primary_key=True, autoincrement=False)


def _number() -> Column[int]:
    return Column(BigInteger, nullable=False)


def _maybe() -> Column[int]:
    return Column(BigInteger, nullable=True)


class DirectiveRow(CentreTable, table=True):
    """A directive as it was signed. Never updated, never deleted."""

    __tablename__ = "directive"

    office: str = Field(primary_key=True)
    seq: int = Field(sa_column=_key())
    id: str = Field(unique=True)
    kind: str
    body: str = Field(sa_column=Column(Text, nullable=False))
    author: str
    author_name: str
    reason: str
    issued_ms: int = Field(sa_column=_number())
    not_after_ms: int = Field(sa_column=_number())
    condition: str = Field(sa_column=Column(Text, nullable=False))
    signature: str
    key: str


class DirectiveFateRow(CentreTable, table=True):
    """What is known of it. `outcome` is the office's word: '', applied, refused or expired."""

    __tablename__ = "directive_fate"

    office: str = Field(primary_key=True)
    seq: int = Field(sa_column=_key())
    sent_ms: int | None = Field(default=None, sa_column=_maybe())
    delivered_ms: int | None = Field(default=None, sa_column=_maybe())
    outcome: str = Field(default="", index=True)
    settled_ms: int | None = Field(default=None, sa_column=_maybe())
    settled_seq: int | None = Field(default=None, sa_column=_maybe())
    code: str = ""
    facts: str = Field(default="{}", sa_column=Column(Text, nullable=False))
    overridden_ms: int | None = Field(default=None, sa_column=_maybe())
    overridden_seq: int | None = Field(default=None, sa_column=_maybe())


class DirectiveCountRow(CentreTable, table=True):
    """An office's last number. Whoever gives the next one holds this row's lock."""

    __tablename__ = "directive_count"

    office: str = Field(primary_key=True)
    last: int = Field(sa_column=_number())


def row_of(signed: SignedDirective, author_name: str) -> DirectiveRow:
    """The row of a signed directive."""
    one = signed.directive
    return DirectiveRow(
        office=one.office,
        seq=one.seq,
        id=one.id,
        kind=one.kind,
        body=to_json(dict(one.body)),
        author=one.author,
        author_name=author_name[:80],
        reason=one.reason,
        issued_ms=one.issued_ms,
        not_after_ms=one.not_after_ms,
        condition=to_json(dict(one.condition)),
        signature=signed.signature.hex(),
        key=signed.key,
    )


def signed_of(row: DirectiveRow) -> SignedDirective:
    """The signed directive of a row."""
    directive = Directive(
        row.office,
        row.seq,
        row.id,
        row.kind,
        json.loads(row.body),
        row.author,
        row.reason,
        row.issued_ms,
        row.not_after_ms,
        json.loads(row.condition),
    )
    return SignedDirective(directive, bytes.fromhex(row.signature), row.key)


def order_of(row: DirectiveRow, fate: DirectiveFateRow, now_ms: int) -> Order:
    """The order as it is shown at this moment."""
    return Order(
        office=row.office,
        seq=row.seq,
        id=row.id,
        kind=row.kind,
        body=json.loads(row.body),
        author=row.author,
        author_name=row.author_name,
        reason=row.reason,
        issued_ms=row.issued_ms,
        not_after_ms=row.not_after_ms,
        fate=_fate(row, fate, now_ms),
        sent_ms=fate.sent_ms,
        delivered_ms=fate.delivered_ms,
        settled_ms=fate.settled_ms,
        settled_seq=fate.settled_seq,
        code=fate.code,
        facts={name: str(value) for name, value in json.loads(fate.facts).items()},
        overridden_ms=fate.overridden_ms,
        overridden_seq=fate.overridden_seq,
        condition=json.loads(row.condition),
    )


def _fate(row: DirectiveRow, fate: DirectiveFateRow, now_ms: int) -> Fate:
    if fate.outcome:
        return Fate(fate.outcome)
    if fate.delivered_ms is not None:
        return Fate.DELIVERED
    if fate.sent_ms is not None:
        return Fate.SENT
    return Fate.EXPIRED if now_ms > row.not_after_ms else Fate.QUEUED
