"""Facts of days: computed from an office's journal once, kept in the store, computed again when a day changed."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from sqlalchemy import BigInteger, Column, LargeBinary
from sqlmodel import Field, select

from appliance.domain.hours import PublicCalendar
from appliance.domain.indicators.day_log import DayLog, day_logs
from appliance.domain.indicators.facts import Facts, Group, Named, Sum, Sums, facts_of
from appliance.domain.indicators.schedule import DateFacts, Piece
from appliance.domain.message import Record
from appliance.domain.moment import Moment
from appliance.domain.plan import Plan
from appliance.domain.plans.reader import read_plan
from sync.centre.store import CentreTable, Store

FORMAT = 1
"""Grows when the facts of a day are computed otherwise: what was kept before is then computed again."""


@dataclass(frozen=True, slots=True)
class DaySpan:
    """A day of an office in its journal. `version` changes whenever what its facts are made of has changed."""

    number: int
    date: str | None
    closed: bool
    version: str


class OfficeJournal(Protocol):
    """The journal of one office as facts are computed from it."""

    def spans(self, first: str, last: str) -> Sequence[DaySpan]:
        """The days with a date from `first` to `last` (ISO, both included), in order."""

    def day_records(self, day: int) -> Sequence[Record]:
        """The records of one day, re-dated, as `day_logs` wants them."""

    def document(self, digest: str) -> str | None:
        """The document of a plan by its digest."""


class DayFactsRow(CentreTable, table=True):
    """Kept facts of closed days. `document` is zlib-compressed canonical JSON."""

    __tablename__ = "day_facts"

    office: str = Field(primary_key=True)
    day: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    dimension: str = Field(primary_key=True)
    version: str
    document: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class DayFacts:
    """Answers with the facts of days. Thread-safe; a day that was never asked for costs some 50 ms."""

    def __init__(
        self,
        store: Store,
        journal: Callable[[str], OfficeJournal],
        public: Callable[[Plan], PublicCalendar],
    ) -> None:
        """`journal` gives the journal of an office, `public` the public calendar that a plan asks for."""
        self._store, self._journal, self._public = store, journal, public
        self._plans: dict[tuple[str, str], Plan] = {}

    def days(self, office: str, first: date, last: date, dimension: str = "reason") -> Iterator[Facts]:
        """The facts of an office's days of these dates, both included, broken down by one dimension."""
        journal = self._journal(office)
        spans = journal.spans(first.isoformat(), last.isoformat())
        known = self._known(office, dimension, spans)
        for span in spans:
            version = f"{FORMAT}:{span.version}"
            kept = known.get(span.number)
            if kept is not None and kept[0] == version:
                yield facts_of_json(zlib.decompress(kept[1]))
                continue
            log = self._log(office, journal, span.number)
            facts = facts_of(log, by=(dimension,), public=self._public(log.plan))
            if span.closed:
                self._keep(office, dimension, span.number, version, facts)
            yield facts

    def logs(self, office: str, first: date, last: date) -> Iterator[DayLog]:
        """The days themselves, for what facts leave out: every entry behind an indicator."""
        journal = self._journal(office)
        for span in journal.spans(first.isoformat(), last.isoformat()):
            yield self._log(office, journal, span.number)

    def plan(self, office: str, digest: str) -> Plan:
        """A plan of an office by its digest. Raises LookupError for one that never came."""
        known = self._plans.get((office, digest))
        if known is None:
            document = self._journal(office).document(digest)
            if document is None:
                raise LookupError(f"{office}: no plan {digest}")
            known = self._plans[office, digest] = read_plan(document)
        return known

    def _log(self, office: str, journal: OfficeJournal, number: int) -> DayLog:
        records = journal.day_records(number)
        # A day that still lasts is told up to its newest entry: the same facts then give the same figures.
        now: Moment | None = records[-1].moment if records else None
        return next(day_logs(records, lambda digest: self.plan(office, digest), first=number, last=number, now=now))

    def _known(self, office: str, dimension: str, spans: Sequence[DaySpan]) -> Mapping[int, tuple[str, bytes]]:
        if not spans:
            return {}
        query = select(DayFactsRow).where(
            DayFactsRow.office == office,
            DayFactsRow.dimension == dimension,
            DayFactsRow.day >= spans[0].number,
            DayFactsRow.day <= spans[-1].number,
        )
        with self._store.read() as session:
            return {row.day: (row.version, row.document) for row in session.exec(query)}

    def _keep(self, office: str, dimension: str, day: int, version: str, facts: Facts) -> None:
        document = zlib.compress(json_of(facts).encode(), 6)
        with self._store.write() as session:
            row = session.get(DayFactsRow, (office, day, dimension))
            if row is None:
                row = DayFactsRow(office=office, day=day, dimension=dimension, version=version, document=document)
            row.version, row.document = version, document
            session.add(row)


def json_of(facts: Facts) -> str:
    """Canonical JSON of facts: equal facts give equal text."""
    groups = [
        [name, of, {measure: _sum_out(found) for measure, found in sorted(sums.items())}]
        for (name, of), sums in sorted(facts.groups.items(), key=lambda item: (item[0][0], str(item[0][1])))
    ]
    dates = [
        [
            dated.date.isoformat(),
            list(dated.days),
            None if dated.planned is None else _piece_out(dated.planned),
            [_piece_out(piece) for piece in dated.received],
            [_piece_out(piece) for piece in dated.paused],
            dated.rostered_ms,
        ]
        for dated in facts.dates
    ]
    found = {"days": list(facts.days), "groups": groups, "dates": dates}
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def facts_of_json(text: str | bytes) -> Facts:
    """The inverse of `json_of`."""
    found = json.loads(text)
    groups: dict[Group, Sums] = {
        (name, of): {measure: _sum_in(one) for measure, one in sums.items()} for name, of, sums in found["groups"]
    }
    dates = tuple(
        DateFacts(
            date.fromisoformat(on),
            tuple(days),
            None if planned is None else _piece_in(planned),
            tuple(map(_piece_in, received)),
            tuple(map(_piece_in, paused)),
            rostered,
        )
        for on, days, planned, received, paused, rostered in found["dates"]
    )
    return Facts(tuple(found["days"]), groups, dates)


def _sum_out(found: Sum) -> list[Any]:
    return [found.n, found.total, list(found.values), [[one.value, list(one.seqs)] for one in found.largest]]


def _sum_in(found: list[Any]) -> Sum:
    n, total, values, largest = found
    return Sum(n, total, tuple(values), tuple(Named(value, tuple(seqs)) for value, seqs in largest))


def _piece_out(piece: Piece) -> list[Any]:
    return [piece.begins, piece.ends, list(piece.seqs)]


def _piece_in(found: list[Any]) -> Piece:
    begins, ends, seqs = found
    return Piece(begins, ends, tuple(seqs))
