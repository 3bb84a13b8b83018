"""The tables of the facts: every office's journal, its lives, its days and its plans."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Text
from sqlmodel import Field

from sync.centre.store import CentreTable


def _key() -> Column[int]:
    return Column(BigInteger, primary_key=True, autoincrement=False)


def _number() -> Column[int]:
    return Column(BigInteger, nullable=False)


class FactRow(CentreTable, table=True):
    """A journal row as it came, by its identity; entries that incarnations share belong to the oldest of them."""

    __tablename__ = "fact"
    # The rows lie in the order of their identity: one office's day is one stretch of the file.
    __table_args__ = (Index("fact_kind", "office", "kind", "seq"), {"sqlite_with_rowid": False})

    office: str = Field(primary_key=True)
    incarnation: str = Field(primary_key=True)
    seq: int = Field(sa_column=_key())
    at: str
    clock_trusted: int
    boot_id: str
    uptime_ms: int = Field(sa_column=_number())
    actor: str
    kind: str
    version: int
    body: str = Field(sa_column=Column(Text, nullable=False))
    chain: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class FactOfficeRow(CentreTable, table=True):
    """Which incarnation is the office's. Whoever extends an office holds this row's lock."""

    __tablename__ = "fact_office"

    office: str = Field(primary_key=True)
    incarnation: str = ""
    arrived_ms: int = Field(default=0, sa_column=_number())
    complete_ms: int = Field(default=0, sa_column=_number())


class FactHeadRow(CentreTable, table=True):
    """An incarnation: where it branched off, its newest entry, and up to where a person has taken note of it.

    `seq` and `chain` are `branch_seq` and the link there as long as it has no entry of its own.
    """

    __tablename__ = "fact_head"

    office: str = Field(primary_key=True)
    incarnation: str = Field(primary_key=True)
    number: int
    parent: str = ""
    branch_seq: int = Field(default=0, sa_column=_number())
    begun_ms: int = Field(default=0, sa_column=_number())
    seq: int = Field(default=0, sa_column=_number())
    chain: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    arrived_ms: int = Field(default=0, sa_column=_number())
    accepted_seq: int = Field(default=0, sa_column=_number())
    accepted_by: str = ""
    accepted_ms: int = Field(default=0, sa_column=_number())


class FactDayRow(CentreTable, table=True):
    """An entry that opened, closed or re-dated a day: days are found without reading the journal."""

    __tablename__ = "fact_day"
    __table_args__ = ({"sqlite_with_rowid": False},)

    office: str = Field(primary_key=True)
    incarnation: str = Field(primary_key=True)
    seq: int = Field(sa_column=_key())
    kind: str
    day: int = Field(sa_column=_number())
    date: str | None


class PlanDocumentRow(CentreTable, table=True):
    """A plan's document by its digest, as the office had it."""

    __tablename__ = "plan_document"

    office: str = Field(primary_key=True)
    digest: str = Field(primary_key=True)
    document: str = Field(sa_column=Column(Text, nullable=False))
