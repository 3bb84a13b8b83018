"""Alarms in the store: raised, taken, escalated and closed by themselves; one for each office, rule and subject.

An alarm is raised when its value has been over the threshold for `for_s`, and closed when it has been under the lower
threshold (less the margin) for `clear_s`. Both waits begin anew after a restart of the centre, except where the
office's own events tell since when it is so; open alarms, who took them and what was silenced are in the store.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, or_, select

from sync.centre.alarm import Alarm, Severity
from sync.centre.alarm_rules import Seen, Survey
from sync.centre.alarm_tables import AlarmRow, AlarmStepRow, HushRow
from sync.centre.store import Store
from sync.centre.thresholds import BELOW, Limit, Limits

ESCALATED_AFTER_MS = 5 * 60_000
"""An alarm that nobody takes is escalated after so long, and again after as long."""

MOST_ESCALATIONS = 5
HOUR_MS = 3_600_000

TOLD_AGAIN_MS = 60_000
"""So often at most are the facts of an open alarm brought up to date."""

OPEN_KEPT_S = 2.0
"""So long the open alarms are told from memory, unless this process changes one: another process's act shows then."""

Subject = tuple[str, str]
"""A rule and what it is about within the office."""


@dataclass(frozen=True, slots=True)
class Hush:
    """A planned silence of an office: nothing rings from `from_ms` to `until_ms`. `lifted_ms`: when it was ended."""

    id: int
    office: str
    from_ms: int
    until_ms: int
    who: str
    why: str
    lifted_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What happened to an alarm: `raised`, `graver`, `milder`, `acknowledged`, `escalated` or `closed`. Centre's ms."""

    alarm: int
    at_ms: int
    what: str
    who: str = ""


@dataclass(slots=True)
class _Since:
    """Since when a rule has been over or under its threshold; `told_ms`: when the facts were last written."""

    over_ms: int | None = None
    clear_ms: int | None = None
    told_ms: int = 0


@dataclass(frozen=True, slots=True)
class _Move:
    """What is to be done about one alarm: raise it (no `alarm` yet), change its severity or facts, or close it."""

    alarm: Alarm | None
    office: str
    seen: Seen
    severity: Severity | None


class Alarms:
    """Every alarm of the network. Thread-safe. `evaluate` belongs to one process for each office."""

    def __init__(self, store: Store, escalated_after_ms: int = ESCALATED_AFTER_MS) -> None:
        self._store, self._escalated_after_ms = store, escalated_after_ms
        self._lock = Lock()
        self._since: dict[str, dict[Subject, _Since]] = {}
        self._heard: list[Callable[[Alarm], None]] = []
        self._changes = 0
        self._open: tuple[int, float, Sequence[Alarm]] | None = None

    def evaluate(
        self,
        now_ms: int,
        surveys: Mapping[str, tuple[Survey, Limits]],
        open_now: Iterable[Alarm] | None = None,
    ) -> Sequence[Alarm]:
        """Take in what the rules found of each office; the alarms that were raised, became graver or were escalated.

        Offices that aren't in `surveys` are left as they are. `open_now`: the open alarms, where they have been read
        for this very look.
        """
        with self._lock:
            known: dict[str, dict[Subject, Alarm]] = defaultdict(dict)
            for one in self.open() if open_now is None else open_now:
                known[one.office][one.rule, one.subject] = one
            moves: list[_Move] = []
            for office, (survey, limits) in surveys.items():
                moves += self._moves(office, survey, limits, known.get(office, {}), now_ms)
            moved = {move.alarm.id for move in moves if move.alarm is not None and move.severity is not move.alarm.now}
            mine = [one for office in known if office in surveys for one in known[office].values()]
            late = [one for one in mine if one.id not in moved and self._is_late(one, now_ms)]
            if late or any(move.alarm is None for move in moves):
                hushed = {one.office for one in self.hushes(now_ms)}
                late = [one for one in late if one.office not in hushed]
                moves = [move for move in moves if move.alarm is not None or move.office not in hushed]
            news = self._write(moves, late, now_ms) if moves or late else []
        for alarm in news:
            for heard in self._heard:
                heard(alarm)
        return news

    def listen(self, heard: Callable[[Alarm], None]) -> None:
        """Hear of every alarm that is raised, becomes graver or is escalated; on the thread that evaluates."""
        self._heard.append(heard)

    def open(self, office: str | None = None) -> Sequence[Alarm]:
        """The open alarms, gravest first, then the oldest."""
        changes, known = self._changes, self._open
        if known is None or known[0] != changes or time.monotonic() - known[1] >= OPEN_KEPT_S:
            # What is read while somebody writes is kept under the old count, and never told again.
            known = self._open = (changes, time.monotonic(), self._read_open())
        return known[2] if office is None else [one for one in known[2] if one.office == office]

    def _read_open(self) -> Sequence[Alarm]:
        query = select(AlarmRow).where(col(AlarmRow.open_key).is_not(None))
        with self._store.read() as session:
            found = [_alarm(row) for row in session.exec(query)]
        return tuple(sorted(found, key=lambda one: (one.now is not Severity.ALARM, one.raised_ms, one.id)))

    def get(self, alarm: int) -> Alarm | None:
        """One alarm; None of an unknown one, whatever number somebody asks for."""
        if not 0 < alarm < 2**62:
            return None
        with self._store.read() as session:
            row = session.get(AlarmRow, alarm)
            return None if row is None else _alarm(row)

    def steps(self, alarm: int) -> Sequence[Step]:
        """What happened to it, in order."""
        query = select(AlarmStepRow).where(AlarmStepRow.alarm == alarm).order_by(col(AlarmStepRow.id))
        with self._store.read() as session:
            return [Step(row.alarm, row.at_ms, row.what, row.who) for row in session.exec(query)]

    def history(self, office: str | None, first_ms: int, last_ms: int) -> Sequence[Alarm]:
        """The alarms that were open at any time from `first_ms` to `last_ms`, newest first."""
        query = select(AlarmRow).where(
            col(AlarmRow.raised_ms) <= last_ms,
            or_(col(AlarmRow.closed_ms).is_(None), col(AlarmRow.closed_ms) >= first_ms),
        )
        if office is not None:
            query = query.where(AlarmRow.office == office)
        with self._store.read() as session:
            rows = session.exec(query.order_by(col(AlarmRow.raised_ms).desc(), col(AlarmRow.id).desc()))
            return [_alarm(row) for row in rows]

    def per_hour(self, first_ms: int, last_ms: int, office: str | None = None) -> Sequence[tuple[int, int]]:
        """How many were raised in each hour (UTC ms of its begin), empty hours included."""
        begins = range(first_ms - first_ms % HOUR_MS, last_ms + 1, HOUR_MS)
        raised = col(AlarmRow.raised_ms)
        query = select(AlarmRow.raised_ms).where(raised >= first_ms, raised <= last_ms)
        if office is not None:
            query = query.where(AlarmRow.office == office)
        counts = dict.fromkeys(begins, 0)
        with self._store.read() as session:
            for raised_ms in session.exec(query):
                counts[raised_ms - raised_ms % HOUR_MS] += 1
        return list(counts.items())

    def acknowledge(self, alarm: int, name: str, now_ms: int) -> Alarm | None:
        """Somebody takes it; None when there is no such open alarm. A second name changes nothing."""
        with self._changing() as session:
            row = session.get(AlarmRow, alarm)
            if row is None or row.open_key is None:
                return None
            if row.acknowledged_ms is None:
                row.acknowledged_ms, row.acknowledged_by = now_ms, name
                session.add(row)
                session.add(AlarmStepRow(alarm=alarm, at_ms=now_ms, what="acknowledged", who=name))
            return _alarm(row)

    def hush(self, office: str, until_ms: int, who: str, why: str, now_ms: int) -> Hush:
        """Nothing rings of this office until then."""
        with self._store.write() as session:
            row = HushRow(office=office, from_ms=now_ms, until_ms=until_ms, who=who, why=why)
            session.add(row)
            session.flush()
            return _hush(row)

    def lift(self, hush: int, now_ms: int) -> None:
        """End a silence before its time."""
        with self._store.write() as session:
            row = session.get(HushRow, hush)
            if row is not None and row.lifted_ms is None:
                row.lifted_ms = now_ms
                session.add(row)

    def hushes(self, now_ms: int) -> Sequence[Hush]:
        """The silences that last."""
        query = select(HushRow).where(
            col(HushRow.from_ms) <= now_ms, col(HushRow.until_ms) > now_ms, col(HushRow.lifted_ms).is_(None)
        )
        with self._store.read() as session:
            return [_hush(row) for row in session.exec(query.order_by(col(HushRow.id)))]

    def _moves(
        self,
        office: str,
        survey: Survey,
        limits: Limits,
        open_here: Mapping[Subject, Alarm],
        now_ms: int,
    ) -> Sequence[_Move]:
        moves = []
        seen = {(one.rule, one.subject): one for one in survey.seen}
        timers = self._since.setdefault(office, {})
        for key in dict.fromkeys([*seen, *open_here, *timers]):
            rule, subject = key
            limit, alarm = limits[rule], open_here.get(key)
            if rule in survey.ended or limit.off:
                timers.pop(key, None)
                if alarm is not None:
                    moves.append(_Move(alarm, office, Seen(rule, subject, 0, alarm.facts), None))
                continue
            if rule not in survey.judged:
                timers.pop(key, None)
                continue
            found = seen.get(key)
            since = timers.setdefault(key, _Since())
            severity = None if found is None else severity_of(found, limit)
            if severity is not None:
                assert found is not None
                since.clear_ms = None
                if since.over_ms is None:
                    since.over_ms = now_ms
                over_ms = min(since.over_ms, found.since_ms) if found.since_ms is not None else since.over_ms
                if alarm is not None:
                    told = found.facts == alarm.facts or now_ms - since.told_ms < TOLD_AGAIN_MS
                    if severity is not alarm.now or not told:
                        since.told_ms = now_ms
                        moves.append(_Move(alarm, office, found, severity))
                elif now_ms - over_ms >= limit.for_s * 1000:
                    moves.append(_Move(None, office, found, severity))
                continue
            since.over_ms = None
            if alarm is None:
                timers.pop(key, None)
                continue
            if found is not None and not is_clear(found, limit):
                since.clear_ms = None
                continue
            if since.clear_ms is None:
                since.clear_ms = now_ms
            if now_ms - since.clear_ms >= limit.clear_s * 1000:
                timers.pop(key, None)
                moves.append(_Move(alarm, office, found or Seen(rule, subject, 0, alarm.facts), None))
        return moves

    @contextmanager
    def _changing(self) -> Iterator[Session]:
        """A transaction after which the open alarms are read anew."""
        try:
            with self._store.write() as session:
                yield session
        finally:
            self._changes += 1

    def _write(self, moves: Sequence[_Move], late: Sequence[Alarm], now_ms: int) -> list[Alarm]:
        """Write what changed and escalate what nobody took; the alarms to be heard of."""
        news: list[Alarm] = []
        raising = [move for move in moves if move.alarm is None]
        with self._changing() as session:
            for move in moves:
                if move.alarm is not None and (changed := self._change(session, move, now_ms)) is not None:
                    news.append(changed)
            for one in late:
                row = session.get(AlarmRow, one.id)
                if row is not None and row.open_key is not None and row.acknowledged_ms is None:
                    row.escalated += 1
                    session.add(row)
                    session.add(AlarmStepRow(alarm=one.id, at_ms=now_ms, what="escalated"))
                    news.append(_alarm(row))
            for move in raising:
                raised = _raise(session, move, now_ms)
                if raised is not None:
                    news.append(raised)
        return news

    def _is_late(self, alarm: Alarm, now_ms: int) -> bool:
        if alarm.acknowledged_ms is not None or alarm.now is not Severity.ALARM or alarm.escalated >= MOST_ESCALATIONS:
            return False
        since_ms = alarm.alarm_ms if alarm.alarm_ms is not None else alarm.raised_ms
        return now_ms - since_ms >= self._escalated_after_ms * (alarm.escalated + 1)

    def _change(self, session: Session, move: _Move, now_ms: int) -> Alarm | None:
        """Change or close an alarm; the alarm, when it became graver."""
        assert move.alarm is not None
        row = session.get(AlarmRow, move.alarm.id)
        if row is None or row.open_key is None:
            return None
        if move.severity is None:
            row.open_key, row.closed_ms = None, now_ms
            session.add(row)
            session.add(AlarmStepRow(alarm=move.alarm.id, at_ms=now_ms, what="closed"))
            return None
        row.facts = _text(move.seen.facts)
        session.add(row)
        if row.now == move.severity.value:
            return None
        graver = move.severity is Severity.ALARM
        row.now = move.severity.value
        if graver and row.severity != Severity.ALARM.value:
            # Whoever took the warning hasn't taken this.
            row.severity, row.acknowledged_ms, row.acknowledged_by = Severity.ALARM.value, None, ""
            row.alarm_ms = now_ms
        session.add(AlarmStepRow(alarm=move.alarm.id, at_ms=now_ms, what="graver" if graver else "milder"))
        return _alarm(row) if graver else None


def severity_of(seen: Seen, limit: Limit) -> Severity | None:
    """What a value is by its threshold; None when it is below both."""
    sign = -1 if seen.rule in BELOW else 1
    if limit.alarm is not None and sign * seen.value >= sign * limit.alarm:
        return Severity.ALARM
    if limit.warn is not None and sign * seen.value >= sign * limit.warn:
        return Severity.WARNING
    return None


def is_clear(seen: Seen, limit: Limit) -> bool:
    """Whether a value is far enough from the threshold for the alarm to close."""
    known = [one for one in (limit.warn, limit.alarm) if one is not None]
    if not known:
        return True
    if seen.rule in BELOW:
        return seen.value > max(known) + limit.margin
    return seen.value < min(known) - limit.margin


def _raise(session: Session, move: _Move, now_ms: int) -> Alarm | None:
    assert move.severity is not None
    row = AlarmRow(
        office=move.office,
        rule=move.seen.rule,
        subject=move.seen.subject,
        open_key=json.dumps([move.office, move.seen.rule, move.seen.subject], ensure_ascii=False),
        severity=move.severity.value,
        now=move.severity.value,
        raised_ms=now_ms,
        alarm_ms=now_ms if move.severity is Severity.ALARM else None,
        facts=_text(move.seen.facts),
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        # Another process of the centre has just raised the very same.
        return None
    assert row.id is not None
    session.add(AlarmStepRow(alarm=row.id, at_ms=now_ms, what="raised"))
    return _alarm(row)


def _text(facts: Mapping[str, str]) -> str:
    return json.dumps(dict(facts), ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _alarm(row: AlarmRow) -> Alarm:
    assert row.id is not None
    return Alarm(
        id=row.id,
        office=row.office,
        rule=row.rule,
        subject=row.subject,
        severity=Severity(row.severity),
        now=Severity(row.now),
        raised_ms=row.raised_ms,
        facts=json.loads(row.facts),
        acknowledged_ms=row.acknowledged_ms,
        acknowledged_by=row.acknowledged_by,
        escalated=row.escalated,
        closed_ms=row.closed_ms,
        alarm_ms=row.alarm_ms,
    )


def _hush(row: HushRow) -> Hush:
    assert row.id is not None
    return Hush(row.id, row.office, row.from_ms, row.until_ms, row.who, row.why, row.lifted_ms)
