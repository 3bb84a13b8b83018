"""The audit: who looked at an office and who did what at the centre. Rows are added and never changed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import BigInteger, Column, Connection, Integer, Table, event
from sqlmodel import Field, col, select

from sync.centre.people import Person
from sync.centre.store import CentreTable, Store

VIEWED = "viewed"
ISSUED = "issued"


@dataclass(frozen=True, slots=True)
class Deed:
    """One row. `act` is a code, `subject` what it was done to (a directive, an alarm, a person, a device)."""

    id: int
    at_ms: int
    person: str
    name: str
    act: str
    office: str = ""
    subject: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    client: str = ""


class AuditRow(CentreTable, table=True):
    """The table of deeds. The name is kept as it was: a person who has left stays readable."""

    __tablename__ = "audit"

    id: int | None = Field(
        default=None, sa_column=Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    )
    at_ms: int = Field(sa_column=Column(BigInteger, nullable=False, index=True))
    person: str = ""
    name: str = ""
    act: str
    office: str = Field(default="", index=True)
    subject: str = ""
    facts: str = "{}"
    client: str = ""


GUARDS: Mapping[str, tuple[str, ...]] = {
    "sqlite": tuple(
        f"CREATE TRIGGER audit_no_{deed.lower()} BEFORE {deed} ON audit "
        "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END"
        for deed in ("UPDATE", "DELETE")
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$",
        "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
    ),
}
"""What makes the database itself refuse a change of the audit, by dialect."""


def _guard(table: Table, connection: Connection, **_: object) -> None:
    # Heard of every table that is made: PostgreSQL's are made from copies, which have no listeners of their own.
    if table.name == AuditRow.__tablename__:
        for statement in GUARDS[connection.dialect.name]:
            connection.exec_driver_sql(statement)


event.listen(Table, "after_create", _guard)


class Audit:
    """The audit in the store. `now_ms` is the wall clock."""

    def __init__(self, store: Store, *, now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000) -> None:
        self._store = store
        self._now_ms = now_ms

    def note(
        self, person: Person | None, act: str, *, office: str = "", subject: str = "",
        facts: Mapping[str, object] | None = None, client: str = "", name: str = "",
    ) -> None:  # fmt: skip
        """Add one deed, durably: when this returns it is on the disk. `name`: who it was, where nobody is signed in."""
        told = {key: str(value)[:200] for key, value in (facts or {}).items()}
        with self._store.write() as session:
            session.add(
                AuditRow(
                    at_ms=self._now_ms(), person=person.id if person else "", name=person.name if person else name[:60],
                    act=act, office=office, subject=subject[:100], client=client,
                    facts=json.dumps(told, ensure_ascii=False, separators=(",", ":"), sort_keys=True),
                )
            )  # fmt: skip

    def deeds(
        self, *, office: str = "", person: str = "", act: str = "", before: int | None = None, limit: int = 100
    ) -> Sequence[Deed]:
        """Deeds, newest first; `before`: with a smaller id."""
        if any("\0" in one for one in (office, person, act)):
            return []
        asked = select(AuditRow).order_by(col(AuditRow.id).desc()).limit(limit)
        if office:
            asked = asked.where(AuditRow.office == office)
        if person:
            asked = asked.where(AuditRow.person == person)
        if act:
            asked = asked.where(AuditRow.act == act)
        if before is not None:
            asked = asked.where(col(AuditRow.id) < before)
        with self._store.read() as session:
            return [
                Deed(
                    row.id or 0, row.at_ms, row.person, row.name, row.act, row.office, row.subject,
                    json.loads(row.facts), row.client,
                )
                for row in session.exec(asked)
            ]  # fmt: skip
