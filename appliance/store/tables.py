"""The tables as SQLModel classes, for everything that only reads.

The schema's truth is the numbered SQL; a test holds the two equal.
"""

from __future__ import annotations

from sqlmodel import Field, SQLModel


class JournalRow(SQLModel, table=True):
    """One entry of the history. `at` is ISO 8601 UTC; `chain` the hash of this row and the one before it."""

    __tablename__ = "journal"

    seq: int = Field(primary_key=True)
    at: str
    clock_trusted: int
    boot_id: str
    uptime_ms: int
    actor: str
    kind: str
    version: int
    body: str
    chain: bytes


class OfficeRow(SQLModel, table=True):
    """Which office and incarnation this database is. Plans are named by digest."""

    __tablename__ = "office"

    id: int = Field(primary_key=True)
    office: str
    incarnation: int
    life: str
    fence_block: int | None
    fence_until: str | None
    plan: str | None
    next_plan: str | None


class PlanRow(SQLModel, table=True):
    """A plan's document by its digest."""

    __tablename__ = "plan"

    id: int = Field(primary_key=True)
    digest: str
    version: int
    document: str


class DayRow(SQLModel, table=True):
    """A working day; `opened` and `closed` are journal entries."""

    __tablename__ = "day"

    number: int = Field(primary_key=True)
    date: str | None
    block: int
    plan: str
    opened: int
    closed: int | None


class CounterRow(SQLModel, table=True):
    """The next number of a series on a day."""

    __tablename__ = "counter"

    day: int = Field(primary_key=True)
    series: str = Field(primary_key=True)
    next: int


class TicketRow(SQLModel, table=True):
    """A ticket; issued, called, heard, started and ended are journal entries."""

    __tablename__ = "ticket"

    id: int = Field(primary_key=True)
    day: int
    series: str
    number: int
    service: str
    language: str
    state: str
    place: int
    place_sub: int
    adopted: int
    desk: int | None
    for_desk: int | None
    returned: int
    calls: int
    issued: int
    called: int | None
    heard: int | None
    started: int | None
    ended: int | None
    inferred: int
    by_system: int
    asked: str
    purpose: str
    category: str | None
    confirmed: int | None
    needs: str
    route: str
    slot: int | None
    resumed: int
    promised: int
    told_low: int | None
    told_high: int | None
    reason: str
    park_min: int | None
    first_called: int | None
    last_called: int | None
    raised: int | None


class DeskRow(SQLModel, table=True):
    """A desk as it is now."""

    __tablename__ = "desk"

    number: int = Field(primary_key=True)
    state: str
    ticket: int | None
    operator: str | None
    since: int | None
    reason: str


class PauseRow(SQLModel, table=True):
    """A stretch of a day in which the hall stood still; `began` and `ended` are journal entries."""

    __tablename__ = "pause"

    id: int = Field(primary_key=True)
    day: int
    reason: str
    began: int
    ended: int | None


class SlipRow(SQLModel, table=True):
    """A paper and what became of it."""

    __tablename__ = "slip"

    id: int = Field(primary_key=True)
    ticket: int
    copy_: int = Field(sa_column_kwargs={"name": "copy"})
    state: str
    queued: int
    settled: int | None


class BellRow(SQLModel, table=True):
    """A call of a bell; `rung`, `answered`, `arrived` and `closed` are journal entries, `how` says how it ended."""

    __tablename__ = "bell"

    id: int = Field(primary_key=True)
    bell: str
    rung: int
    rings: int
    escalated: int
    answered: int | None
    arrived: int | None
    closed: int | None
    how: str


class DeviceRow(SQLModel, table=True):
    """What was last noted of a device; `since` is a journal entry."""

    __tablename__ = "device"

    name: str = Field(primary_key=True)
    condition: str
    reason: str
    since: int


class DirectiveRow(SQLModel, table=True):
    """A directive of the centre and what became of it; `settled` is a journal entry, `facts` JSON."""

    __tablename__ = "directive"

    seq: int = Field(primary_key=True)
    id: str
    kind: str
    author: str
    reason: str
    target: str
    outcome: str
    code: str
    facts: str
    settled: int


class StandingRow(SQLModel, table=True):
    """What the centre has changed for a day; `began` and `ended` are journal entries, `how` says why it ended."""

    __tablename__ = "standing"

    id: int = Field(primary_key=True)
    what: str
    value: str
    directive: int
    told: int
    began: int
    ended: int | None
    how: str


class ToldRow(SQLModel, table=True):
    """A text that came with directive `ref`, JSON by language; `erase_after` is UTC ms."""

    __tablename__ = "told"

    ref: int = Field(primary_key=True)
    body: str
    erase_after: int | None


class RequestRow(SQLModel, table=True):
    """A keyed command of the open day and the journal entries it led to."""

    __tablename__ = "request"

    id: int = Field(primary_key=True)
    key: str
    digest: str
    first: int
    last: int
