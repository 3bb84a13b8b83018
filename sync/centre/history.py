"""Any period, for an office and for the network: provisional, frozen, or corrected with each changed number.

The same query on the same facts gives the same bytes: a period is a document of canonical JSON, and its digest tells
two of them apart.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Column, LargeBinary, Text
from sqlmodel import Field, Session, col, select

from appliance.domain.hours import PublicCalendar
from appliance.domain.indicators import period as indicators
from appliance.domain.indicators.facts import EVERYTHING, Facts, Slice, events, merged
from appliance.domain.indicators.period import INDICATORS, Value
from appliance.domain.plan import Plan
from sync.centre.day_facts import DayFacts
from sync.centre.images import Image, Network
from sync.centre.offices import OfficeEntry, Offices
from sync.centre.store import CentreTable, Store

NETWORK = "network"
"""The key of the totals in a document, beside `offices`."""

ENTRIES_SHOWN = 5000


@dataclass(frozen=True, slots=True)
class Missing:
    """An office whose part of a period isn't whole, and why.

    `reason`: `not-over` (the period itself), `never` (nothing ever came), `no-data` (silent since), `doubt`,
    `day-open` (a day of the period is not closed). `since_ms`: from when on data are missing, 0 when it doesn't say.
    """

    office: str
    reason: str
    since_ms: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """One number of a frozen period that late data have changed. `office` is `network` for a total."""

    office: str
    indicator: str
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of a period from `first` to `last`, both included.

    `status`: `provisional` (somebody in `missing`), `complete` (nobody is, not frozen yet), `frozen`, or `corrected`;
    `version` is 0 for what was frozen first, then the number of the correction, None before. `document` is what
    `digest` (sha256) is of. `changes`: what this correction changed. `frozen_by` and `frozen_ms` tell of this version.
    """

    first: date
    last: date
    status: str
    document: bytes
    digest: str
    missing: tuple[Missing, ...] = ()
    version: int | None = None
    changes: tuple[Change, ...] = ()
    frozen_by: str = ""
    frozen_ms: int = 0

    def values(self, office: str = NETWORK) -> Mapping[str, tuple[float | None, int]]:
        """Value and number of samples of every indicator of an office, or of the network; {} of an unknown one."""
        found = json.loads(self.document)
        part = found[NETWORK] if office == NETWORK else found["offices"].get(office, {})
        return {name: (value, n) for name, (value, n) in part.items()}


class HistoryError(Exception):
    """What can't be done with a period; `code`: `not-over`, `frozen-already`, `somebody-missing`, `bad-period`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class PeriodRow(CentreTable, table=True):
    """A frozen period and its corrections; nothing here is ever changed or deleted."""

    __tablename__ = "period"

    first: str = Field(primary_key=True)
    last: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    frozen_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    frozen_by: str
    digest: str
    document: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    changes: str = Field(sa_column=Column(Text, nullable=False))
    missing: str = Field(sa_column=Column(Text, nullable=False))


class History:
    """Periods of the network. Thread-safe; slow for what was never asked before, so ask on a thread of its own."""

    def __init__(
        self,
        store: Store,
        facts: DayFacts,
        offices: Offices,
        network: Network,
        public: Callable[[Plan], PublicCalendar],
    ) -> None:
        """`public`: the public calendar that a plan asks for."""
        self._store, self._facts, self._offices, self._network, self._public = store, facts, offices, network, public

    def office_facts(self, office: str, first: date, last: date, by: str = "reason") -> Facts:
        """The facts of an office in a period, broken down by one dimension."""
        return merged(self._facts.days(office, first, last, by))

    def values(self, office: str, first: date, last: date, by: str | None = None) -> Mapping[str, Mapping[str, Value]]:
        """Every indicator of an office: under "" of the whole, and under each value of the dimension `by`."""
        facts = self.office_facts(office, first, last, by or "reason")
        found = {"": self._whole(office, facts, first, last)}
        for key in facts.values_of(by) if by is not None else ():
            found[str(key)] = indicators.values(facts, (by or "", key))
        return found

    def behind(self, office: str, indicator: str, first: date, last: date, only: Slice = EVERYTHING) -> Sequence[int]:
        """The journal entries behind an indicator of an office, the first 5,000. Raises KeyError for an unknown one."""
        measures = INDICATORS[indicator].measures
        if not measures:
            return indicators.value(self.office_facts(office, first, last), indicator).events
        found: set[int] = set()
        for log in self._facts.logs(office, first, last):
            for sample in events([log], measures, only, self._public(log.plan)):
                found.update(sample.seqs)
            if len(found) > ENTRIES_SHOWN:
                break
        return sorted(found)[:ENTRIES_SHOWN]

    def report(self, first: date, last: date, now_ms: int) -> Report:
        """The period as it stands: the newest frozen version, else what is known now. Raises HistoryError."""
        _check(first, last)
        with self._store.read() as session:
            row = _newest(session, first, last)
        return _of_row(row) if row is not None else self.live(first, last, now_ms)

    def live(self, first: date, last: date, now_ms: int) -> Report:
        """The period computed now from the facts, whether a version of it is frozen or not."""
        document = self._document(first, last)
        missing = tuple(self.missing(last, now_ms))
        status = "provisional" if missing else "complete"
        return Report(first, last, status, document, _digest(document), missing)

    def versions(self, first: date, last: date) -> Sequence[Report]:
        """Every frozen version of a period, oldest first."""
        query = select(PeriodRow).where(PeriodRow.first == first.isoformat(), PeriodRow.last == last.isoformat())
        with self._store.read() as session:
            return [_of_row(row) for row in session.exec(query.order_by(col(PeriodRow.version)))]

    def frozen(self) -> Sequence[tuple[date, date, int]]:
        """The frozen periods with their newest version, the latest period first."""
        with self._store.read() as session:
            rows = session.exec(select(PeriodRow.first, PeriodRow.last, PeriodRow.version)).all()
        newest: dict[tuple[str, str], int] = {}
        for first, last, version in rows:
            newest[first, last] = max(version, newest.get((first, last), 0))
        ordered = sorted(newest.items(), key=lambda item: (item[0][1], item[0][0]), reverse=True)
        return [(date.fromisoformat(first), date.fromisoformat(last), n) for (first, last), n in ordered]

    def freeze(self, first: date, last: date, by: str, now_ms: int, *, incomplete: bool = False) -> Report:
        """Freeze a period that is over. With `incomplete` somebody answers for who is missing, and that is kept.

        Raises HistoryError: `not-over`, `frozen-already`, `somebody-missing`.
        """
        _check(first, last)
        found = self.live(first, last, now_ms)
        if any(one.reason == "not-over" for one in found.missing):
            raise HistoryError("not-over")
        if found.missing and not incomplete:
            raise HistoryError("somebody-missing")
        with self._store.write() as session:
            if _newest(session, first, last) is not None:
                raise HistoryError("frozen-already")
            row = _row(found, 0, by, now_ms, ())
            frozen = _of_row(row)
            session.add(row)
        return frozen

    def correct(self, now_ms: int) -> Sequence[Report]:
        """Compute the frozen periods again; each that differs gets correction N with each changed number.

        Late data of a bus come in long after its month was frozen: the month says so, it is never changed silently.
        """
        made = []
        for first, last, _ in self.frozen():
            document = self._document(first, last)
            missing = tuple(self.missing(last, now_ms))
            with self._store.write() as session:
                before = _newest(session, first, last)
                if before is None or before.digest == _digest(document):
                    continue
                changes = tuple(changed(before.document, document))
                if not changes:
                    continue  # an office was added to the register since, and has nothing to say of that time
                found = Report(first, last, "corrected", document, _digest(document), missing)
                row = _row(found, before.version + 1, "", now_ms, changes)
                correction = _of_row(row)
                session.add(row)
            made.append(correction)
        return made

    def missing(self, last: date, now_ms: int) -> Iterator[Missing]:
        """Whose data up to the end of date `last` aren't whole, in the register's order."""
        for entry in self._offices.all():
            image = self._network.image(entry.id)
            found = incomplete(entry, image, last, now_ms)
            if found is not None:
                yield found

    def _document(self, first: date, last: date) -> bytes:
        """Canonical JSON: of each office and of the network, each indicator's value and number of samples."""
        of_offices: dict[str, Mapping[str, Value]] = {}
        parts: list[Facts] = []
        for entry in self._offices.all():
            facts = self.office_facts(entry.id, first, last)
            of_offices[entry.id] = self._whole(entry.id, facts, first, last)
            parts.append(facts)
        total = dict(indicators.values(network_facts(parts)))
        total["not_opened"] = _added("not_opened", [values["not_opened"] for values in of_offices.values()])
        found: dict[str, Any] = {
            "first": first.isoformat(),
            "last": last.isoformat(),
            "offices": {office: _plain(values) for office, values in sorted(of_offices.items())},
            NETWORK: _plain(total),
        }
        return json.dumps(found, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()

    def _whole(self, office: str, facts: Facts, first: date, last: date) -> dict[str, Value]:
        found = indicators.values(facts)
        image = self._network.image(office)
        plan = image.state.plan if image is not None else None
        if image is None or plan is None or not image.row_at_ms:
            found["not_opened"] = Value("not_opened", None, 0)
            return found
        # Only dates that the office's own data have passed: the journal's newest time, so the same facts give the same.
        known = datetime.fromtimestamp(image.row_at_ms / 1000, ZoneInfo(plan.timezone)).date() - timedelta(days=1)
        until = min(last, known)
        if until < first:
            found["not_opened"] = Value("not_opened", 0, 0)
        else:
            found["not_opened"] = indicators.not_opened(facts, plan, first, until, self._public(plan))
        return found


def network_facts(parts: Sequence[Facts]) -> Facts:
    """The facts of several offices as one: sums add up, and each office keeps its own dates (one late opening of two
    offices on one date is two).
    """
    whole = merged(Facts((), facts.groups, ()) for facts in parts)
    dates = tuple(dated for facts in parts for dated in facts.dates)
    return Facts((), whole.groups, dates)


def incomplete(entry: OfficeEntry, image: Image | None, last: date, now_ms: int) -> Missing | None:
    """Why an office's data up to the end of date `last` aren't whole at `now_ms`, or None when they are."""
    plan = image.state.plan if image is not None else None
    zone = ZoneInfo(plan.timezone if plan is not None else entry.zone)
    end_ms = round(datetime.combine(last + timedelta(days=1), datetime.min.time(), zone).timestamp() * 1000)
    if now_ms < end_ms:
        return Missing(entry.id, "not-over", end_ms)
    if image is None or not image.state.seq:
        return Missing(entry.id, "never")
    if image.doubt is not None:
        return Missing(entry.id, "doubt", image.doubt.since_ms)
    # A row of a later date tells that everything before it is here: rows come in order, without gaps.
    if image.complete_ms < end_ms and image.row_at_ms < end_ms:
        return Missing(entry.id, "no-data", image.complete_ms)
    day = image.state.open_day
    if day is not None and day.date is not None and date.fromisoformat(day.date) <= last:
        return Missing(entry.id, "day-open")
    return None


def changed(before: bytes, after: bytes) -> Iterator[Change]:
    """Each number that differs between two documents, the network's first, then by office and indicator."""
    old, new = json.loads(before), json.loads(after)
    scopes = [(NETWORK, old[NETWORK], new[NETWORK])]
    for office in sorted({*old["offices"], *new["offices"]}):
        scopes.append((office, old["offices"].get(office, {}), new["offices"].get(office, {})))
    for office, was, found in scopes:
        for name in sorted({*was, *found}):
            first, second = was.get(name, [None, 0]), found.get(name, [None, 0])
            nothing = not was and not second[0] and not second[1]
            if first != second and not nothing:
                yield Change(office, name, first[0], second[0])


def _check(first: date, last: date) -> None:
    if last < first or last.year >= date.max.year:
        raise HistoryError("bad-period")


def _plain(values: Mapping[str, Value]) -> dict[str, list[float | int | None]]:
    return {name: [value.value, value.n] for name, value in values.items()}


def _added(indicator: str, values: Sequence[Value]) -> Value:
    known = [value for value in values if value.value is not None]
    return Value(indicator, sum(value.value or 0 for value in known) if known else None, sum(v.n for v in known))


def _digest(document: bytes) -> str:
    return hashlib.sha256(document).hexdigest()


def _newest(session: Session, first: date, last: date) -> PeriodRow | None:
    query = select(PeriodRow).where(PeriodRow.first == first.isoformat(), PeriodRow.last == last.isoformat())
    return session.exec(query.order_by(col(PeriodRow.version).desc()).limit(1)).first()


def _row(report: Report, version: int, by: str, now_ms: int, changes: Sequence[Change]) -> PeriodRow:
    return PeriodRow(
        first=report.first.isoformat(),
        last=report.last.isoformat(),
        version=version,
        frozen_ms=now_ms,
        frozen_by=by,
        digest=report.digest,
        document=report.document,
        changes=json.dumps([[c.office, c.indicator, c.before, c.after] for c in changes]),
        missing=json.dumps([[m.office, m.reason, m.since_ms] for m in report.missing]),
    )


def _of_row(row: PeriodRow) -> Report:
    return Report(
        date.fromisoformat(row.first),
        date.fromisoformat(row.last),
        "frozen" if row.version == 0 else "corrected",
        bytes(row.document),
        row.digest,
        tuple(Missing(*one) for one in json.loads(row.missing)),
        row.version,
        tuple(Change(*one) for one in json.loads(row.changes)),
        row.frozen_by,
        row.frozen_ms,
    )
