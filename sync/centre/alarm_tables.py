"""The tables of alarms, of what happened to them, and of planned silences."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Text
from sqlmodel import Field

from sync.centre.store import CentreTable


class AlarmRow(CentreTable, table=True):
    """The table of alarms. `open_key` names office, rule and subject while it is open: there can't be two."""

    __tablename__ = "alarm"

    id: int | None = Field(default=None, primary_key=True)
    office: str = Field(index=True)
    rule: str
    subject: str
    open_key: str | None = Field(default=None, unique=True)
    severity: str
    now: str
    raised_ms: int = Field(sa_column=Column(BigInteger, nullable=False, index=True))
    facts: str = Field(sa_column=Column(Text, nullable=False))
    acknowledged_ms: int | None = Field(default=None, sa_column=Column(BigInteger))
    acknowledged_by: str = ""
    escalated: int = 0
    alarm_ms: int | None = Field(default=None, sa_column=Column(BigInteger))
    closed_ms: int | None = Field(default=None, sa_column=Column(BigInteger))


class AlarmStepRow(CentreTable, table=True):
    """The table of what happened to alarms."""

    __tablename__ = "alarm_step"

    id: int | None = Field(default=None, primary_key=True)
    alarm: int = Field(index=True)
    at_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    what: str
    who: str = ""


class HushRow(CentreTable, table=True):
    """The table of planned silences."""

    __tablename__ = "hush"

    id: int | None = Field(default=None, primary_key=True)
    office: str = Field(index=True)
    from_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    until_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    who: str
    why: str
    lifted_ms: int | None = Field(default=None, sa_column=Column(BigInteger))
