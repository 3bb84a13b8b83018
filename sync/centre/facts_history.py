"""One office's history as the facts have it: the line of its incarnations, read as the office reads its own journal."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from sqlmodel import Session, col, select

from appliance.domain.codec import UnknownEventError
from appliance.domain.devices import NOT_CONFIGURED, WORKING, DeviceChanged
from appliance.domain.indicators.desks_log import OF_OPERATORS, desks_of, still_signed_in
from appliance.domain.message import Record
from appliance.domain.moment import iso
from appliance.domain.redating import corrections, redate
from appliance.store.journal import COLUMNS, Row, record_of
from sync.centre.day_facts import DaySpan
from sync.centre.facts_tables import FactDayRow, FactHeadRow, FactOfficeRow, FactRow, PlanDocumentRow
from sync.centre.lineage import Life, Lives, Segment, line
from sync.centre.store import Store

_ROW = tuple(col(getattr(FactRow, name)) for name in COLUMNS)
_EVER = 2**62
_STEP = 100


@dataclass(frozen=True, slots=True)
class DayBounds:
    """A day of an office: its date, and the entries that opened and closed it."""

    number: int
    date: str | None
    opened: int
    closed: int | None = None


@dataclass(frozen=True, slots=True)
class _Rare:
    """What is read again and again, kept in memory: notes of devices and corrections of clocks, up to entry `seq`."""

    line: tuple[Segment, ...] = ()
    seq: int = 0
    devices: tuple[Record, ...] = ()
    offsets: Mapping[str, int] = field(default_factory=dict)


class FactsHistory:
    """Reads the history of one office. Thread-safe; each call blocks on the database and is one consistent look."""

    def __init__(self, store: Store, office: str, incarnation: str | None = None) -> None:
        """`incarnation`: the history of this one instead of the office's current one."""
        self._store, self.office, self._incarnation = store, office, incarnation
        self._lock = Lock()
        self._rare = _Rare()

    # Days, as `appliance.store.reads.Reads` answers of the office's own database.

    def days(self, first: str, last: str) -> Sequence[int]:
        """The numbers of the days with a date from `first` to `last` (ISO, both included), in order."""
        with self._store.read() as session:
            found = self._days(session, self._line(session))
        return [day.number for day in found.values() if day.date is not None and first <= day.date <= last]

    def spans(self, first: str, last: str) -> Sequence[DaySpan]:
        """The days of these dates; a span's version is another one when an entry that it is made of is."""
        with self._store.read() as session:
            segments = self._line(session)
            found = self._days(session, segments)
            offsets = self._noted(session, segments).offsets
            spans = []
            for day in found.values():
                if day.date is None or not first <= day.date <= last:
                    continue
                following = found.get(day.number + 1)
                end = _EVER if following is None else following.opened
                version = self._version(session, segments, end, offsets)
                spans.append(DaySpan(day.number, day.date, day.closed is not None, version))
        return spans

    def bounds(self, number: int) -> DayBounds | None:
        """The entries that a day lies between."""
        with self._store.read() as session:
            return self._days(session, self._line(session)).get(number)

    def document(self, digest: str) -> str | None:
        """The document of a plan by its digest; None for a plan that this office never had."""
        with self._store.read() as session:
            row = session.get(PlanDocumentRow, (self.office, digest))
            return None if row is None else row.document

    def day_records(self, day: int) -> Sequence[Record]:
        """The journal of one day, re-dated.

        Before it comes what `day_logs` wants to know of earlier: what was last noted of the devices, who was still
        signed in at the day's desks, and what followed the closing of the day before; after it the opening of the next
        day.
        """
        with self._store.read() as session:
            segments = self._line(session)
            days = self._days(session, segments)
            this, before, following = days.get(day), days.get(day - 1), days.get(day + 1)
            if this is None:
                return []
            begin = before.closed + 1 if before is not None and before.closed is not None else 1
            end = _EVER if following is None else following.opened
            records = [record_of(row) for row in self._between(session, segments, begin, end)]
            signed_in = still_signed_in(desks_of(records), self._of_operators(session, segments, begin))
            noted = self._noted(session, segments)
        return [redate(record, noted.offsets) for record in (*standing(noted.devices, begin), *signed_in, *records)]

    def device_records(self, begin_ms: int) -> Sequence[Record]:
        """What was noted of the devices since a moment (UTC, ms), re-dated, and before it what held then."""
        with self._store.read() as session:
            noted = self._noted(session, self._line(session))
        records = [redate(record, noted.offsets) for record in noted.devices]
        earlier = {record.event.devices(): record for record in records if record.moment.at_ms < begin_ms}
        inside = [record for record in records if record.moment.at_ms >= begin_ms]
        return [*sorted(earlier.values(), key=lambda record: record.seq), *inside]

    # Entries.

    def rows(self, seqs: Sequence[int]) -> Sequence[Row]:
        """The entries of these numbers, in their order; those that aren't known are left out."""
        wanted = sorted(set(seqs))
        with self._store.read() as session:
            return [
                row
                for segment in self._line(session)
                for row in self._select(
                    session, segment, col(FactRow.seq).in_([n for n in wanted if segment.first <= n <= segment.last])
                )
            ]

    def between(self, first: int, last: int, limit: int = 1000) -> Sequence[Row]:
        """At most `limit` entries from `first` to `last`, the oldest first."""
        with self._store.read() as session:
            return self._between(session, self._line(session), first, last, limit)

    def kinds(self, kinds: Sequence[str], since_ms: int = 0, until_ms: int | None = None) -> Sequence[Row]:
        """The entries of these kinds whose own clock showed `since_ms` to `until_ms` (UTC), in the order of seq."""
        wanted = [col(FactRow.kind).in_(kinds), col(FactRow.at) >= iso(since_ms)]
        if until_ms is not None:
            wanted.append(col(FactRow.at) <= iso(until_ms))
        with self._store.read() as session:
            return [
                row
                for segment in self._line(session)
                for row in self._select(
                    session, segment, *wanted, col(FactRow.seq).between(segment.first, segment.last)
                )
            ]

    def records(self, rows: Sequence[Row]) -> Sequence[Record]:
        """Entries as records at their true times. Raises codec.UnknownEventError for those of a later release."""
        with self._store.read() as session:
            offsets = self._noted(session, self._line(session)).offsets
        return [redate(record_of(row), offsets) for row in rows]

    def chain_at(self, seq: int) -> bytes | None:
        """The link of an entry; None when it isn't known."""
        with self._store.read() as session:
            return next(iter(self._chains(session, self._line(session), seq, seq).values()), None)

    def segments(self) -> Sequence[Segment]:
        """The stretches of incarnations that the history is made of."""
        with self._store.read() as session:
            return self._line(session)

    # Inside one session.

    def _line(self, session: Session) -> tuple[Segment, ...]:
        current = self._incarnation
        if current is None:
            row = session.get(FactOfficeRow, self.office)
            current = "" if row is None else row.incarnation
        return tuple(line(lives_of(session, self.office), current))

    def _select(self, session: Session, segment: Segment, *wanted: Any, limit: int | None = None) -> Sequence[Row]:
        query = select(*_ROW).where(FactRow.office == self.office, FactRow.incarnation == segment.incarnation, *wanted)
        return [tuple(row) for row in session.exec(query.order_by(col(FactRow.seq)).limit(limit))]

    def _between(
        self, session: Session, segments: Sequence[Segment], first: int, last: int, limit: int | None = None
    ) -> list[Row]:
        found: list[Row] = []
        for segment in segments:
            begin, end = max(first, segment.first), min(last, segment.last)
            left = None if limit is None else limit - len(found)
            if begin <= end and left != 0:
                found += self._select(session, segment, col(FactRow.seq).between(begin, end), limit=left)
        return found

    def _chains(self, session: Session, segments: Sequence[Segment], first: int, last: int) -> Mapping[int, bytes]:
        return chains(session, self.office, segments, first, last)

    def _days(self, session: Session, segments: Sequence[Segment]) -> Mapping[int, DayBounds]:
        found: dict[int, DayBounds] = {}
        for segment in segments:
            query = select(FactDayRow.kind, FactDayRow.day, FactDayRow.date, FactDayRow.seq).where(
                FactDayRow.office == self.office,
                FactDayRow.incarnation == segment.incarnation,
                col(FactDayRow.seq).between(segment.first, segment.last),
            )
            for kind, day, date, seq in session.exec(query.order_by(col(FactDayRow.seq))):
                known = found.get(day)
                if kind == "DayOpened":
                    found[day] = DayBounds(day, date, seq)
                elif known is not None and kind == "DayClosed":
                    found[day] = DayBounds(day, known.date, known.opened, seq)
                elif known is not None and kind == "DayRedated":
                    found[day] = DayBounds(day, date, known.opened, known.closed)
        return dict(sorted(found.items()))

    def _of_operators(self, session: Session, segments: Sequence[Segment], before: int) -> Iterator[Record]:
        """What was said before an entry of who works at which desk, the newest first."""
        kinds = [event.__name__ for event in OF_OPERATORS]
        for segment in reversed(segments):
            last = min(segment.last, before - 1)
            query = select(*_ROW).where(
                FactRow.office == self.office,
                FactRow.incarnation == segment.incarnation,
                col(FactRow.kind).in_(kinds),
                col(FactRow.seq).between(segment.first, last),
            )
            newest_first = query.order_by(col(FactRow.seq).desc()).execution_options(yield_per=_STEP)
            yield from (record_of(tuple(row)) for row in session.exec(newest_first))

    def _version(self, session: Session, segments: Sequence[Segment], end: int, offsets: Mapping[str, int]) -> str:
        """What the day's facts hang on: everything up to the next opening, and what its last boot learnt of its clock.

        The chain of the last entry stands for all entries before it; an earlier boot can't learn anything more.
        """
        last = min(end, segments[-1].last)
        row = self._between(session, segments, last, last)[0]
        return hashlib.sha256(row[-1] + str(offsets.get(row[3])).encode()).hexdigest()[:24]

    def _noted(self, session: Session, segments: Sequence[Segment]) -> _Rare:
        """The notes of devices and clocks: what was added since the last time is read, or everything of a new line."""
        ends = tuple(segments)
        with self._lock:
            rare = self._rare
        known = tuple(Segment(one.incarnation, one.first, min(one.last, rare.seq)) for one in ends)
        grown = rare.line == tuple(one for one in known if one.first <= one.last)
        if not grown:
            rare = _Rare()
        newest = ends[-1].last if ends else 0
        if newest > rare.seq:
            fresh = [
                record
                for segment in ends
                if segment.last > rare.seq
                for row in self._select(
                    session,
                    segment,
                    col(FactRow.kind).in_(("DeviceChanged", "ClockCorrected")),
                    col(FactRow.seq).between(max(segment.first, rare.seq + 1), segment.last),
                )
                if (record := understood(row)) is not None
            ]
            devices = tuple(record for record in fresh if isinstance(record.event, DeviceChanged))
            rare = _Rare(ends, newest, rare.devices + devices, {**rare.offsets, **corrections(fresh)})
            with self._lock:
                self._rare = rare
        return rare


def understood(row: Row) -> Record | None:
    """The record of an entry; None for one of a later release, whose fields may be others too."""
    try:
        return record_of(row)
    except (UnknownEventError, TypeError, ValueError, AttributeError, LookupError, ArithmeticError, RecursionError):
        return None


def standing(devices: Sequence[Record], before: int) -> Sequence[Record]:
    """What was last noted of each device before an entry, back to the note that it worked; in order."""
    found: list[Record] = []
    whole: set[str] = set()
    for record in reversed(devices):
        event = record.event
        if record.seq < before and isinstance(event, DeviceChanged) and event.device not in whole:
            found.append(record)
            if event.condition in WORKING or event.reason == NOT_CONFIGURED:
                whole.add(event.device)
    return found[::-1]


def lives_of(session: Session, office: str) -> Lives:
    """The incarnations of an office by name."""
    rows = session.exec(select(FactHeadRow).where(FactHeadRow.office == office)).all()
    return {row.incarnation: life_of(row) for row in rows}


def life_of(row: FactHeadRow) -> Life:
    """An incarnation of its row."""
    return Life(row.incarnation, row.number, row.parent, row.branch_seq, row.seq, row.accepted_seq, row.begun_ms)


def chains(session: Session, office: str, segments: Sequence[Segment], first: int, last: int) -> Mapping[int, bytes]:
    """The links of the entries from `first` to `last` of a history."""
    found: dict[int, bytes] = {}
    for segment in segments:
        begin, end = max(first, segment.first), min(last, segment.last)
        if begin <= end:
            query = select(FactRow.seq, FactRow.chain).where(
                FactRow.office == office,
                FactRow.incarnation == segment.incarnation,
                col(FactRow.seq).between(begin, end),
            )
            found.update(dict(session.exec(query).all()))
    return found
