"""What was planned of a date and what was kept: opened in time, somebody always receiving, not closed early."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from appliance.domain.hours import PublicCalendar, day_hours
from appliance.domain.indicators.day_log import DayLog
from appliance.domain.indicators.local_time import MINUTE_MS
from appliance.domain.indicators.reading import Reading
from appliance.domain.moment import Stamp
from appliance.domain.plan import MIDNIGHT, Plan, Span
from appliance.domain.roster import shifts_on

DAY_MS = MIDNIGHT * MINUTE_MS


@dataclass(frozen=True, slots=True, order=True)
class Piece:
    """Part of a date by the wall clock, in milliseconds since midnight, with the entries that began and ended it."""

    begins: int
    ends: int
    seqs: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class DateFacts:
    """One date of the office. A date on which the day was opened more than once has one of these all the same.

    `planned`: when desks should receive, in milliseconds since midnight, or None. `received`: when at least one desk
    did; `paused`: when the hall stood still. `rostered_ms`: what the roster has of desk time, breaks left out, or None
    without a roster.
    """

    date: date
    days: tuple[int, ...]
    planned: Piece | None
    received: tuple[Piece, ...]
    paused: tuple[Piece, ...]
    rostered_ms: int | None

    @property
    def late_ms(self) -> int | None:
        """From the beginning of reception to the first desk that received, or to its end; None if not planned."""
        if self.planned is None:
            return None
        first = min((piece.begins for piece in self.received), default=self.planned.ends)
        return max(0, min(first, self.planned.ends) - self.planned.begins)

    @property
    def early_ms(self) -> int | None:
        """From the moment the last desk ceased to receive to the end of reception; None if not planned."""
        if self.planned is None:
            return None
        last = max((piece.ends for piece in self.received), default=self.planned.begins)
        return max(0, self.planned.ends - max(last, self.planned.begins))

    @property
    def due_ms(self) -> int:
        """Reception by the plan, pauses left out."""
        if self.planned is None:
            return 0
        return self.planned.ends - self.planned.begins - _common([self.planned], self.paused)

    @property
    def covered_ms(self) -> int:
        """How much of this at least one desk received."""
        if self.planned is None:
            return 0
        within = _within(self.received, self.planned)
        return sum(piece.ends - piece.begins for piece in within) - _common(within, self.paused)

    @property
    def seqs(self) -> tuple[int, ...]:
        """The entries that opened the first desk and closed the last one."""
        return tuple(sorted({seq for piece in (*self.received[:1], *self.received[-1:]) for seq in piece.seqs}))


def date_facts(day: Reading) -> DateFacts | None:
    """The facts of a day's date; None if its date or its clock is unknown.

    Opening is by the plan of the day's opening, the end by the plan in force at the end: what was changed at noon
    makes no morning late. Of a day that still lasts only what is over by now was due.
    """
    log = day.log
    if log.date is None or log.local(log.opened.moment) is None:
        return None
    first, last = day.hours(log.plan, log.date), day.hours(log.plans[-1][1], log.date)
    planned = None
    if last.reception is not None:
        opens = (first.reception or last.reception).opens
        planned = _so_far(log, Piece(opens * MINUTE_MS, last.reception.closes * MINUTE_MS))
    received = [_piece(log, item.began, item.ended) for item in log.receiving]
    paused = [_piece(log, item.began, item.ended) for item in log.halts]
    rostered = rostered_ms(log.plan, log.date, first.weekday) if log.plan.shifts else None
    return DateFacts(log.date, (log.number,), planned, united(received), united(paused), rostered)


def rostered_ms(plan: Plan, on: date, weekday: int) -> int:
    """The desk time of the roster on a date, breaks left out; a desk that two shifts have at once counts once."""
    total = 0
    by_desk: dict[int, list[Piece]] = {}
    breaks: dict[int, list[Piece]] = {}
    for shift in shifts_on(plan, on, weekday=weekday):
        by_desk.setdefault(shift.desk, []).append(_of_span(shift.span))
        breaks.setdefault(shift.desk, []).extend(_of_span(span) for span in shift.breaks)
    for desk, pieces in by_desk.items():
        once = united(pieces)
        total += sum(piece.ends - piece.begins for piece in once) - _common(once, united(breaks[desk]))
    return total


def merged_dates(facts: Iterable[DateFacts]) -> tuple[DateFacts, ...]:
    """The facts by date; those of one date made one, under the plan of its last day."""
    known: dict[date, DateFacts] = {}
    for new in facts:
        old = known.get(new.date)
        if old is None:
            known[new.date] = new
            continue
        planned = new.planned
        if planned is not None and old.planned is not None:
            planned = Piece(old.planned.begins, planned.ends)
        known[new.date] = DateFacts(
            new.date,
            tuple(sorted({*old.days, *new.days})),
            planned,
            united([*old.received, *new.received]),
            united([*old.paused, *new.paused]),
            new.rostered_ms,
        )
    return tuple(known[day] for day in sorted(known))


def never_opened(
    plan: Plan, first: date, last: date, opened: Iterable[date], public: PublicCalendar
) -> tuple[date, ...]:
    """The dates from `first` to `last`, both included, on which the plan has office hours and no day was opened."""
    known = set(opened)
    dates = (first + timedelta(days=ahead) for ahead in range((last - first).days + 1))
    return tuple(day for day in dates if day not in known and day_hours(plan, day, public).office is not None)


def united(pieces: Iterable[Piece | None]) -> tuple[Piece, ...]:
    """The same time in pieces that don't touch, in order."""
    made: list[Piece] = []
    for piece in sorted(piece for piece in pieces if piece is not None and piece.begins < piece.ends):
        if made and piece.begins <= made[-1].ends:
            joined = made.pop()
            last = piece if piece.ends > joined.ends else joined
            made.append(Piece(joined.begins, last.ends, tuple(sorted({*joined.seqs[:1], *last.seqs[-1:]}))))
        else:
            made.append(piece)
    return tuple(made)


def _piece(log: DayLog, began: Stamp, ended: Stamp | None) -> Piece | None:
    begins, ends = log.local(began.moment), log.local(log.until if ended is None else ended.moment)
    if begins is None or ends is None or log.date is None or begins.date > log.date or ends.date < log.date:
        return None
    return Piece(
        begins.ms if begins.date == log.date else 0,
        ends.ms if ends.date == log.date else DAY_MS,
        (began.seq,) if ended is None else (began.seq, ended.seq),
    )


def _so_far(log: DayLog, planned: Piece) -> Piece | None:
    """The part of the planned reception that is over; all of it once the day is closed."""
    until = log.local(log.until)
    if log.closed is not None or until is None or until.date != log.date:
        return planned
    return replace(planned, ends=min(planned.ends, until.ms)) if until.ms > planned.begins else None


def _of_span(span: Span) -> Piece:
    return Piece(span.opens * MINUTE_MS, span.closes * MINUTE_MS)


def _within(pieces: Sequence[Piece], bounds: Piece) -> list[Piece]:
    cut = (Piece(max(p.begins, bounds.begins), min(p.ends, bounds.ends), p.seqs) for p in pieces)
    return [piece for piece in cut if piece.begins < piece.ends]


def _common(some: Sequence[Piece], others: Sequence[Piece]) -> int:
    """Milliseconds that both have; neither overlaps itself."""
    return sum(max(0, min(a.ends, b.ends) - max(a.begins, b.begins)) for a in some for b in others)
