"""The shelf of plans: every document that the centre holds for an office, by version, with who put it there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, Text
from sqlmodel import Field, col, select
from sqlmodel.sql.expression import SelectOfScalar

from appliance.domain.plans.document import Mistake
from appliance.domain.plans.reader import PlanError, checked_plan
from sync.centre.store import CentreTable, Store


class PlanRow(CentreTable, table=True):
    """One document of one office; `number` counts them from 1."""

    __tablename__ = "shelf_plan"

    office: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    version: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    digest: str
    document: str = Field(sa_column=Column(Text, nullable=False))
    author: str = ""
    put_ms: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))


@dataclass(frozen=True, slots=True)
class ShelfPlan:
    """A plan document on the shelf. `version` is the document's own, `digest` the SHA-256 of its text."""

    office: str
    number: int
    version: int
    digest: str
    document: str
    author: str
    put_ms: int


class Plans:
    """The shelf in the store. Documents are never changed and never removed."""

    def __init__(self, store: Store, now_ms: Callable[[], int]) -> None:
        self._store, self._now_ms = store, now_ms

    def put(self, office: str, document: str, author: str) -> ShelfPlan:
        """Put a document on an office's shelf; the newest one again changes nothing.

        Raises PlanError: mistakes, contradictions, or a plan of another office.
        """
        plan = checked_plan(document)
        if plan.office != office:
            raise PlanError([Mistake("plan.office", "other-office", {"found": plan.office, "wanted": office})])
        digest = hashlib.sha256(document.encode()).hexdigest()
        with self._store.write() as session:
            newest = session.exec(_of(office).with_for_update()).first()
            if newest is not None and newest.digest == digest:
                return _shelf_plan(newest)
            row = PlanRow(
                office=office,
                number=newest.number + 1 if newest is not None else 1,
                version=plan.version,
                digest=digest,
                document=document,
                author=author,
                put_ms=self._now_ms(),
            )
            session.add(row)
            session.flush()
            return _shelf_plan(row)

    def newest(self, office: str) -> ShelfPlan | None:
        """The document that a new device of this office is given."""
        with self._store.read() as session:
            row = session.exec(_of(office)).first()
            return None if row is None else _shelf_plan(row)

    def get(self, office: str, number: int) -> ShelfPlan | None:
        """One document by its place on the shelf."""
        with self._store.read() as session:
            row = session.get(PlanRow, (office, number))
            return None if row is None else _shelf_plan(row)

    def all(self, office: str) -> Sequence[ShelfPlan]:
        """Every document of an office, the newest first."""
        wanted = select(PlanRow).where(PlanRow.office == office).order_by(col(PlanRow.number).desc())
        with self._store.read() as session:
            return [_shelf_plan(row) for row in session.exec(wanted).all()]


def _of(office: str) -> SelectOfScalar[PlanRow]:
    return select(PlanRow).where(PlanRow.office == office).order_by(col(PlanRow.number).desc()).limit(1)


def _shelf_plan(row: PlanRow) -> ShelfPlan:
    return ShelfPlan(row.office, row.number, row.version, row.digest, row.document, row.author, row.put_ms)
