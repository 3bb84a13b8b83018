"""The transaction that extends offices' histories: what is new, whole and right becomes facts, nothing else does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Table, bindparam, insert, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from appliance.domain.chain import GENESIS
from appliance.domain.message import Record
from appliance.store.journal import COLUMNS, Row
from sync.centre.chain import Fault, Head, follows, grow, well_formed
from sync.centre.facts_history import chains, understood
from sync.centre.facts_tables import FactDayRow, FactHeadRow, FactOfficeRow, FactRow, PlanDocumentRow
from sync.centre.lineage import Life, Segment, line, number_of, takes_over, unaccepted
from sync.centre.store import CentreTable

DAY_KINDS = ("DayOpened", "DayClosed", "DayRedated")
_SEQ: Final = 0
_KIND: Final = 6
_BODY: Final = 8
_CHAIN: Final = 9


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries of an incarnation, in any order and perhaps known already, and the documents of its plans by digest.

    `newest` is the newest entry of the database that they were read from, where it is known.
    """

    office: str
    incarnation: str
    rows: Sequence[Row]
    plans: Mapping[str, str] = field(default_factory=dict)
    newest: int | None = None


@dataclass(frozen=True, slots=True)
class Extended:
    """What became of a batch.

    `records` are the new entries of the *office's* history: none when the incarnation isn't the office's, and only
    those that this release understands. `head` is the incarnation's newest entry, `current` the office's incarnation,
    `switched` whether it is another one than before. `fault`: why the batch was not believed to its end. `aside`: what
    other incarnations have beyond the office's history and nobody has taken note of.
    """

    office: str
    incarnation: str
    records: Sequence[Record]
    head: Head
    current: str
    switched: bool = False
    fault: Fault | None = None
    aside: Sequence[Segment] = ()
    added: int = 0


@dataclass(slots=True)
class _Known:
    """An office inside the transaction: its incarnation, and the row of each life as it will be written."""

    current: str
    heads: dict[str, dict[str, Any]]
    changed: set[str] = field(default_factory=set)
    arrived: bool = False

    def lives(self) -> Mapping[str, Life]:
        return {name: _life(head) for name, head in self.heads.items()}


class Extending:
    """One transaction's work. The session is a writing one of the store."""

    def __init__(self, session: Session, arrived_ms: int) -> None:
        self._session, self._arrived_ms = session, arrived_ms
        self._offices: dict[str, _Known] = {}
        self._new: set[tuple[str, str]] = set()
        self._facts: list[dict[str, Any]] = []
        self._days: list[dict[str, Any]] = []

    def extend(self, batches: Sequence[Batch]) -> Sequence[Extended]:
        """Lock the offices, then add what each batch brings. Answers in the batches' order."""
        self._lock(sorted({batch.office for batch in batches}))
        self._add_plans(batches)
        found = [self._extend(batch) for batch in batches]
        self._flush()
        self._write_heads()
        return found

    def _extend(self, batch: Batch) -> Extended:
        office = self._offices[batch.office]
        rows = sorted(filter(well_formed, batch.rows), key=lambda row: row[_SEQ])
        head = office.heads.get(batch.incarnation)
        if head is None:
            head = office.heads[batch.incarnation] = self._begin(batch)
        if head["seq"] == head["branch_seq"] and len(office.heads) > 1 and rows:
            self._attach(batch.office, office, head, rows)
        before = Head(head["seq"], head["chain"])
        growth = grow(before, rows, self._links(batch.office, office, head, rows), batch.newest)
        fault = growth.fault
        if fault is None and len(rows) < len(batch.rows):
            fault = Fault("broken-chain", {"rows": str(len(batch.rows) - len(rows))})
        if growth.rows:
            self._add(batch, growth.rows)
            head |= {"seq": growth.head.seq, "chain": growth.head.chain, "arrived_ms": self._arrived_ms}
            office.changed.add(batch.incarnation)
            self._join(batch.office, office, head, before.seq)
        lives = office.lives()
        switched = False
        if takes_over(lives, office.current, batch.incarnation):
            switched, office.current = bool(office.current), batch.incarnation
        own = batch.incarnation == office.current
        office.arrived |= own and bool(growth.rows)
        records: Sequence[Record] = ()
        if own and not switched:
            records, later = _records(growth.rows)
            fault = fault or later
        return Extended(
            batch.office,
            batch.incarnation,
            records,
            growth.head,
            office.current,
            switched,
            fault,
            unaccepted(lives, office.current),
            len(growth.rows),
        )

    def _lock(self, offices: Sequence[str]) -> None:
        """Make the rows of offices never seen, and hold the lock of each until the end. Always in the same order."""
        query = select(FactOfficeRow).where(col(FactOfficeRow.office).in_(offices))
        missing = set(offices) - {row.office for row in self._session.exec(query)}
        if missing:
            dialect = sqlite if self._session.get_bind().dialect.name == "sqlite" else postgresql
            fresh = [_office(office) for office in sorted(missing)]
            self._execute(dialect.insert(_table(FactOfficeRow)).on_conflict_do_nothing(), fresh)
        self._session.expire_all()
        for row in self._session.exec(query.order_by(col(FactOfficeRow.office)).with_for_update()):
            self._offices[row.office] = _Known(row.incarnation, {})
        heads = select(FactHeadRow).where(col(FactHeadRow.office).in_(offices))
        for head in self._session.exec(heads):
            self._offices[head.office].heads[head.incarnation] = head.model_dump()

    def _begin(self, batch: Batch) -> dict[str, Any]:
        """An incarnation never seen before, still without a history."""
        self._new.add((batch.office, batch.incarnation))
        return FactHeadRow(
            office=batch.office,
            incarnation=batch.incarnation,
            number=number_of(batch.incarnation),
            begun_ms=self._arrived_ms,
            chain=GENESIS,
        ).model_dump()

    def _attach(self, name: str, office: _Known, head: dict[str, Any], rows: Sequence[Row]) -> None:
        """Find where a life without entries of its own branches off: the newest entry that it shares with another."""
        self._flush()
        query = select(FactRow.incarnation, FactRow.seq, FactRow.chain).where(
            FactRow.office == name,
            FactRow.incarnation != head["incarnation"],
            col(FactRow.seq).between(rows[0][_SEQ] - 1, rows[-1][_SEQ]),
        )
        owners = {(seq, chain): owner for owner, seq, chain in self._session.exec(query)}
        shared = next((row for row in reversed(rows) if (row[_SEQ], row[_CHAIN]) in owners), None)
        found: tuple[int, bytes] | None = None
        if shared is not None:
            found = (shared[_SEQ], shared[_CHAIN])
        elif head["seq"] == 0:
            before = rows[0][_SEQ] - 1
            found = next((one for one in owners if one[0] == before and follows(one[1], rows[0])), None)
        if found is not None and found[0] > head["seq"]:
            head |= {"parent": owners[found], "branch_seq": found[0], "seq": found[0], "chain": found[1]}
            office.changed.add(head["incarnation"])

    def _links(self, name: str, office: _Known, head: dict[str, Any], rows: Sequence[Row]) -> Mapping[int, bytes]:
        """The known links of the rows that are known already."""
        repeated = [row[_SEQ] for row in rows if row[_SEQ] <= head["seq"]]
        if not repeated:
            return {}
        if repeated[0] == head["seq"]:
            return {head["seq"]: head["chain"]}
        self._flush()
        own = line(office.lives(), head["incarnation"])
        return chains(self._session, name, own, repeated[0], repeated[-1])

    def _add(self, batch: Batch, rows: Iterable[Row]) -> None:
        whose = {"office": batch.office, "incarnation": batch.incarnation}
        for row in rows:
            self._facts.append(whose | dict(zip(COLUMNS, row, strict=True)))
            if row[_KIND] in DAY_KINDS and (day := _day(row)) is not None:
                self._days.append(whose | {"seq": row[_SEQ], "kind": row[_KIND]} | day)

    def _join(self, name: str, office: _Known, head: dict[str, Any], before: int) -> None:
        """A late entry of a life may have come already, with a life that branched off beyond it: it is one entry."""
        for child in list(office.heads.values()):
            if child["parent"] != head["incarnation"] or child["branch_seq"] != before or child["seq"] == before:
                continue
            self._flush()
            last = min(child["seq"], head["seq"])
            theirs = [Segment(child["incarnation"], before + 1, last)]
            ours = [Segment(head["incarnation"], before + 1, last)]
            links = chains(self._session, name, ours, before + 1, last)
            found = chains(self._session, name, theirs, before + 1, last)
            same = [seq for seq, link in found.items() if links.get(seq) == link]
            if not same:
                continue
            for table in (FactRow, FactDayRow):
                doubled = (
                    _table(table)
                    .delete()
                    .where(
                        col(table.office) == name,
                        col(table.incarnation) == child["incarnation"],
                        col(table.seq) <= max(same),
                    )
                )
                self._execute(doubled)
            child["branch_seq"] = max(same)
            office.changed.add(child["incarnation"])
            for other in office.heads.values():
                if other["parent"] == child["incarnation"] and other["branch_seq"] <= max(same):
                    other["parent"] = head["incarnation"]
                    office.changed.add(other["incarnation"])

    def _add_plans(self, batches: Sequence[Batch]) -> None:
        """Documents that are what their digest says, and not known yet."""
        wanted = {
            (batch.office, digest): document
            for batch in batches
            for digest, document in batch.plans.items()
            if hashlib.sha256(document.encode()).hexdigest() == digest
        }
        if not wanted:
            return
        query = select(PlanDocumentRow.office, PlanDocumentRow.digest).where(
            col(PlanDocumentRow.office).in_({office for office, _ in wanted})
        )
        known = set(self._session.exec(query).all())
        fresh = [
            {"office": office, "digest": digest, "document": document}
            for (office, digest), document in wanted.items()
            if (office, digest) not in known
        ]
        if fresh:
            self._execute(insert(_table(PlanDocumentRow)), fresh)

    def _flush(self) -> None:
        if self._facts:
            self._execute(insert(_table(FactRow)), self._facts)
        if self._days:
            self._execute(insert(_table(FactDayRow)), self._days)
        self._facts, self._days = [], []

    def _write_heads(self) -> None:
        fresh, moved, offices = [], [], []
        for name, office in self._offices.items():
            for incarnation, head in office.heads.items():
                if (name, incarnation) in self._new:
                    fresh.append(head)
                elif incarnation in office.changed:
                    moved.append({f"new_{field}": head[field] for field in HEAD_FIELDS})
            if office.arrived:
                offices.append({"o": name, "i": office.current, "ms": self._arrived_ms})
        if fresh:
            self._execute(insert(_table(FactHeadRow)), fresh)
        if moved:
            self._execute(MOVE_HEAD, moved)
        if offices:
            self._execute(MOVE_OFFICE, offices)

    def _execute(self, statement: Any, values: Sequence[Mapping[str, Any]] | None = None) -> None:
        self._session.connection().execute(statement, values)


HEAD_FIELDS = ("office", "incarnation", "parent", "branch_seq", "seq", "chain", "arrived_ms")
MOVE_HEAD = (
    update(FactHeadRow)
    .where(col(FactHeadRow.office) == bindparam("new_office"))
    .where(col(FactHeadRow.incarnation) == bindparam("new_incarnation"))
    .values({field: bindparam(f"new_{field}") for field in HEAD_FIELDS[2:]})
)
MOVE_OFFICE = (
    update(FactOfficeRow)
    .where(col(FactOfficeRow.office) == bindparam("o"))
    .values(incarnation=bindparam("i"), arrived_ms=bindparam("ms"))
)


def _records(rows: Sequence[Row]) -> tuple[Sequence[Record], Fault | None]:
    """The records of rows, up to the first one that this release doesn't understand."""
    found: list[Record] = []
    for row in rows:
        record = understood(row)
        if record is None:
            return found, Fault("later-release", {"seq": str(row[_SEQ]), "kind": row[_KIND]})
        found.append(record)
    return found, None


def _day(row: Row) -> dict[str, Any] | None:
    """What an entry says of its day; None of a body that can't be read."""
    try:
        body = json.loads(row[_BODY])
        day, date = body["day"], body.get("date")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    if not isinstance(day, int) or not isinstance(date, str | None):
        return None
    return {"day": day, "date": date}


def _life(head: Mapping[str, Any]) -> Life:
    return Life(
        head["incarnation"],
        head["number"],
        head["parent"],
        head["branch_seq"],
        head["seq"],
        head["accepted_seq"],
        head["begun_ms"],
    )


def _office(office: str) -> dict[str, Any]:
    return FactOfficeRow(office=office).model_dump()


def _table(row: type[CentreTable]) -> Table:
    return row.__table__  # type: ignore[attr-defined,no-any-return]
