"""The facts: every office's journal in the centre's store, extended entry by entry and never overwritten.

An entry is known by (office, incarnation, seq). Two processes may extend the same offices: whoever holds the lock of
an office's row extends it, the other one then finds the entries known.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from threading import Lock

from sqlalchemy import Table, bindparam, update
from sqlalchemy.exc import DataError, IntegrityError
from sqlmodel import Session, col, select

from appliance.store.journal import Row
from sync.centre.chain import Fault, Head
from sync.centre.facts_extending import Batch, Extended, Extending
from sync.centre.facts_history import FactsHistory, life_of
from sync.centre.facts_tables import FactDayRow, FactHeadRow, FactOfficeRow, FactRow
from sync.centre.lineage import Life, Segment, unaccepted
from sync.centre.store import Store

__all__ = ["Batch", "Extended", "Facts", "OfficeHead"]

HISTORIES_REMEMBERED = 128
_OFFICES: Table = FactOfficeRow.__table__  # type: ignore[attr-defined]


class OfficeHead:
    """The end of an office's history. Times are UTC ms of the centre's clock, 0: never."""

    __slots__ = ("arrived_ms", "aside", "complete_ms", "head", "incarnation", "lives", "office")

    def __init__(self, row: FactOfficeRow, heads: Mapping[str, FactHeadRow]) -> None:
        self.office, self.incarnation = row.office, row.incarnation
        self.arrived_ms, self.complete_ms = row.arrived_ms, row.complete_ms
        self.lives: Mapping[str, Life] = {name: life_of(head) for name, head in heads.items()}
        own = heads.get(row.incarnation)
        self.head = Head() if own is None else Head(own.seq, own.chain)
        self.aside: Sequence[Segment] = unaccepted(self.lives, row.incarnation)


class Facts:
    """The facts in the store. Thread-safe; every call is one transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._histories: OrderedDict[str, FactsHistory] = OrderedDict()
        self._lock = Lock()

    def extend(
        self,
        office: str,
        incarnation: str,
        rows: Sequence[Row],
        plans: Mapping[str, str],
        arrived_ms: int,
        newest: int | None = None,
    ) -> Extended:
        """Add the entries of `rows` that follow from what is known, and plans by digest. Durable on return.

        `newest` is the newest entry of the database that the rows were read from, where it is known: one that ends
        before what is known has gone back.
        """
        return self.extend_many([Batch(office, incarnation, rows, plans, newest)], arrived_ms)[0]

    def extend_many(self, batches: Sequence[Batch], arrived_ms: int) -> Sequence[Extended]:
        """Several batches in one transaction: one flush for all of them. Answers in their order.

        Rows that the database can't hold are a fault `corrupt` of their own batch and harm no other one.
        """
        try:
            with self._store.write() as session:
                return Extending(session, arrived_ms).extend(batches)
        except (DataError, IntegrityError, OverflowError, UnicodeError) as error:
            if len(batches) > 1:
                return [self.extend_many([batch], arrived_ms)[0] for batch in batches]
            fault = Fault("corrupt", {"error": type(error).__name__})
            known = self.head(batches[0].office)
            current = "" if known is None else known.incarnation
            return [Extended(batches[0].office, batches[0].incarnation, (), Head(), current, fault=fault)]

    def history(self, office: str, incarnation: str | None = None) -> FactsHistory:
        """The history of an office, to be read; with `incarnation` that one's instead of the current one's."""
        if incarnation is not None:
            return FactsHistory(self._store, office, incarnation)
        with self._lock:
            found = self._histories.get(office)
            if found is None:
                found = self._histories[office] = FactsHistory(self._store, office)
            self._histories.move_to_end(office)
            while len(self._histories) > HISTORIES_REMEMBERED:
                self._histories.popitem(last=False)
            return found

    def rows(self, office: str, seqs: Sequence[int]) -> Sequence[Row]:
        """The entries behind a number."""
        return self.history(office).rows(seqs)

    def heads(self) -> Mapping[str, OfficeHead]:
        """The end of every office's history."""
        with self._store.read() as session:
            return _heads(session)

    def head(self, office: str) -> OfficeHead | None:
        """The end of an office's history; None of an office that never sent anything."""
        with self._store.read() as session:
            return _heads(session, office).get(office)

    def head_of(self, office: str, incarnation: str) -> Head | None:
        """The newest entry known of an incarnation; None of an unknown one."""
        with self._store.read() as session:
            row = session.get(FactHeadRow, (office, incarnation))
            return None if row is None else Head(row.seq, row.chain)

    def note_complete(self, complete: Mapping[str, int]) -> None:
        """Keep until when the data of offices were complete (UTC ms); it never goes back."""
        if not complete:
            return
        # One statement for all of them: a thousand statements would keep everybody else from writing for seconds.
        kept = (
            update(_OFFICES)
            .where(_OFFICES.c.office == bindparam("of"), _OFFICES.c.complete_ms < bindparam("until_ms"))
            .values(complete_ms=bindparam("until_ms"))
        )
        rows = [{"of": office, "until_ms": at_ms} for office, at_ms in sorted(complete.items())]
        with self._store.write() as session:
            session.connection().execute(kept, rows)

    # What a person decides.

    def accept(self, office: str, by: str, at_ms: int) -> Sequence[Segment]:
        """Take note of what other incarnations have beyond the office's history: it is kept and no more a doubt."""
        with self._store.write() as session:
            _locked(session, office)
            return _accept(session, office, by, at_ms)

    def choose(self, office: str, incarnation: str, by: str, at_ms: int) -> Sequence[Segment]:
        """Make this incarnation's history the office's; what the others have beyond it is kept and taken note of.

        Raises LookupError for an unknown one.
        """
        with self._store.write() as session:
            row = _locked(session, office)
            if session.get(FactHeadRow, (office, incarnation)) is None:
                raise LookupError(f"{office}/{incarnation}")
            row.incarnation = incarnation
            session.add(row)
            session.flush()
            return _accept(session, office, by, at_ms)

    def set_aside(self, office: str, incarnation: str, after: int) -> str:
        """Move the entries of an incarnation beyond `after`, which its office has no more, to a name of their own.

        They stay as they are; the incarnation goes on from entry `after`. Answers their new name, '' when there are
        none. Raises LookupError when `after` isn't an entry of this incarnation's own.
        """
        with self._store.write() as session:
            _locked(session, office)
            head = session.get(FactHeadRow, (office, incarnation))
            if head is not None and head.seq == after:
                return ""
            link = session.exec(
                select(FactRow.chain).where(
                    FactRow.office == office, FactRow.incarnation == incarnation, FactRow.seq == after
                )
            ).first()
            if head is None or link is None:
                raise LookupError(f"{office}/{incarnation}: {after}")
            lost = [one for one in _heads(session, office)[office].lives if one.startswith(f"{incarnation}~")]
            name = f"{incarnation}~{len(lost) + 1}"
            for table in (FactRow, FactDayRow):
                session.connection().execute(
                    update(table)
                    .where(col(table.office) == office, col(table.incarnation) == incarnation, col(table.seq) > after)
                    .values(incarnation=name)
                )
            session.connection().execute(
                update(FactHeadRow)
                .where(
                    col(FactHeadRow.office) == office,
                    col(FactHeadRow.parent) == incarnation,
                    col(FactHeadRow.branch_seq) > after,
                )
                .values(parent=name)
            )
            session.add(
                FactHeadRow(
                    office=office,
                    incarnation=name,
                    number=head.number,
                    parent=incarnation,
                    branch_seq=after,
                    begun_ms=head.begun_ms,
                    seq=head.seq,
                    chain=head.chain,
                    arrived_ms=head.arrived_ms,
                )
            )
            head.seq, head.chain = after, link
            session.add(head)
            return name


def _locked(session: Session, office: str) -> FactOfficeRow:
    """The office's row, held until the end of the transaction. Raises LookupError."""
    row = session.exec(select(FactOfficeRow).where(FactOfficeRow.office == office).with_for_update()).first()
    if row is None:
        raise LookupError(office)
    return row


def _heads(session: Session, office: str | None = None) -> Mapping[str, OfficeHead]:
    offices, heads = select(FactOfficeRow), select(FactHeadRow)
    if office is not None:
        offices, heads = offices.where(FactOfficeRow.office == office), heads.where(FactHeadRow.office == office)
    found: dict[str, dict[str, FactHeadRow]] = {}
    for head in session.exec(heads):
        found.setdefault(head.office, {})[head.incarnation] = head
    rows = sorted(session.exec(offices), key=lambda row: row.office)
    return {row.office: OfficeHead(row, found.get(row.office, {})) for row in rows}


def _accept(session: Session, office: str, by: str, at_ms: int) -> Sequence[Segment]:
    aside = _heads(session, office)[office].aside
    for segment in aside:
        head = session.get(FactHeadRow, (office, segment.incarnation))
        assert head is not None
        head.accepted_seq, head.accepted_by, head.accepted_ms = segment.last, by, at_ms
        session.add(head)
    return aside
