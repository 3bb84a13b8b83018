"""The centre's advice: the look forward on each office's image, kept, and scored against what happened.

It is the very look of the office itself (`appliance.domain.forecasts`). An advice scores itself twenty minutes later by
the office's own events, at their true times: what was predicted for the way that was taken, and what came of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from random import Random
from threading import Lock

from sqlalchemy import BigInteger, Column
from sqlmodel import Field, Session, col, select

from appliance.domain.forecasts.advice import Advice, advise
from appliance.domain.forecasts.durations import Learnt, Past, learn, past_of
from appliance.domain.forecasts.forecast import naive_s, predict
from appliance.domain.forecasts.forward import Chance
from appliance.domain.forecasts.hall import Hall, survey
from appliance.domain.hours import NO_CALENDAR, PublicCalendar
from appliance.domain.indicators.day_log import DayLog
from appliance.domain.moment import Now
from appliance.domain.office import Office, TicketState
from appliance.domain.plan import Plan
from sync.centre.advice import SCORED_AFTER_MS, Ahead, Outcome, score
from sync.centre.advice import Advised as Advised
from sync.centre.forecast import Arrivals, Profile, arrivals_of, forecast_of, learn_profile
from sync.centre.images import Image
from sync.centre.store import CentreTable, Store

EVERY_MS = 60_000
"""So often is an office with a line looked at; one without, five times more seldom."""

KEPT_MS = 3 * 60_000
"""A look ahead is told for so long."""

SMALL_SHARE = 0.5
"""Below this part of the advised wait, by the plain quotient, no run forward is worth its time."""

PAST_DAYS = 20


class LearntDayRow(CentreTable, table=True):
    """What is kept of a day to learn from: arrivals by half-hour, and the times at the desk by service."""

    __tablename__ = "learnt_day"

    office: str = Field(primary_key=True)
    date: str = Field(primary_key=True)
    day: int
    arrivals: str
    times: str


class AdviceRow(CentreTable, table=True):
    """Every advice with its outcome."""

    __tablename__ = "advice"

    id: int | None = Field(default=None, primary_key=True)
    office: str = Field(index=True)
    at_ms: int = Field(sa_column=Column(BigInteger, nullable=False, index=True))
    seq: int = Field(sa_column=Column(BigInteger, nullable=False))
    desks: str
    wait_now_s: int
    wait_after_s: int
    share_before: float
    share_after: float
    over_ms: int | None = Field(default=None, sa_column=Column(BigInteger))
    scored_ms: int | None = Field(default=None, sa_column=Column(BigInteger))
    followed: bool = False
    wait_s: int | None = None
    share_over: float | None = None
    n: int = 0
    lost: bool = False


class Advising:
    """Looks ahead for offices; `look` is one look at one office. Thread-safe: any thread may ask for what was seen."""

    def __init__(self, store: Store, chance: Chance | None = None) -> None:
        self._store, self._chance = store, chance or Random().random
        self._lock = Lock()
        self._ahead: dict[str, Ahead] = {}
        self._past: dict[str, tuple[int, Past]] = {}
        self._profile: dict[str, tuple[date, Profile | None]] = {}
        self._pending: dict[str, list[Advised]] = {}
        with store.read() as session:
            query = select(AdviceRow).where(col(AdviceRow.scored_ms).is_(None), col(AdviceRow.lost).is_(False))
            for row in session.exec(query.order_by(col(AdviceRow.id))):
                self._pending.setdefault(row.office, []).append(_advised(row))

    def ahead(self, office: str, now_ms: int) -> Ahead | None:
        """The newest look ahead of an office; None when it is older than three minutes (centre's clock)."""
        with self._lock:
            found = self._ahead.get(office)
        return found if found is not None and now_ms - found.looked_ms <= KEPT_MS else None

    def current(self, office: str, now_ms: int) -> Advised | None:
        """The advice that is given now."""
        found = self.ahead(office, now_ms)
        return None if found is None else found.advised

    def history(self, office: str | None, first_ms: int, last_ms: int) -> Sequence[Advised]:
        """What was advised in a period, newest first, with its outcome."""
        query = select(AdviceRow).where(col(AdviceRow.at_ms) >= first_ms, col(AdviceRow.at_ms) <= last_ms)
        if office is not None:
            query = query.where(AdviceRow.office == office)
        with self._store.read() as session:
            rows = session.exec(query.order_by(col(AdviceRow.at_ms).desc(), col(AdviceRow.id).desc()))
            return [_advised(row) for row in rows]

    def due(self, image: Image, now_ms: int) -> bool:
        """Whether an office should be looked at: its newest look is a minute old, five without a line."""
        if image.state.open_day is None:
            return bool(self._pending.get(image.office))
        with self._lock:
            last = self._ahead.get(image.office)
        if last is None:
            return True
        line = any(ticket.state is TicketState.WAITING for ticket in image.state.tickets.values())
        return now_ms - last.looked_ms >= (EVERY_MS if line else 5 * EVERY_MS)

    def look(self, image: Image, now: Now, now_ms: int, public: PublicCalendar = NO_CALENDAR) -> Ahead | None:
        """Look ahead at `now`, the office's present, and `now_ms`, the centre's; None on a day that isn't open.

        Costs some 10 to 100 ms.
        """
        state, plan = image.state, image.state.plan
        self._score(image, now)
        if plan is None or state.open_day is None:
            self._forget(image.office, now)
            return None
        learnt = learn(plan, state, now, self._past_of(image.office, state.open_day.number))
        mean_s = _mean_s(plan, state, learnt)
        profile = self._profile_of(image.office, now)
        forecast = forecast_of(plan, state, now, mean_s, profile, public)
        hall = survey(plan, state, now)
        newcomer_s, advice = None, None
        if hall.line and not hall.paused and any(desk.stay is not None for desk in hall.desks):
            newcomer_s, advice = self._run_forward(plan, state, hall, learnt)
        advised = self._keep(image.office, state.seq, now.moment.at_ms, advice)
        found = Ahead(image.office, now_ms, state.seq, newcomer_s, advised, forecast)
        with self._lock:
            self._ahead[image.office] = found
        return found

    def learn_from(self, office: str, log: DayLog) -> None:
        """Keep what a day teaches: how many came when, and how long services took. A day given again replaces it."""
        found = arrivals_of(log)
        if found is None or log.closed is None:
            return
        times = _times_json(_desk_times(log))
        counts = json.dumps(found.counts, separators=(",", ":"))
        with self._store.write() as session:
            row = session.get(LearntDayRow, (office, found.date.isoformat()))
            if row is None:
                row = LearntDayRow(office=office, date=found.date.isoformat(), day=log.number, arrivals="", times="")
            row.day, row.arrivals, row.times = log.number, counts, times
            session.add(row)
        with self._lock:
            self._profile.pop(office, None)
            self._past.pop(office, None)

    def _run_forward(self, plan: Plan, state: Office, hall: Hall, learnt: Learnt) -> tuple[int, Advice | None]:
        """A newcomer's wait and what to advise; in a hall that is far from any line the plain quotient will do."""
        naive = max((naive_s(hall, name, learnt.mean_s(name)) for name in hall.services), default=0.0)
        if naive < plan.settings.advise_wait_min * 60 * SMALL_SHARE:
            return round(naive), None
        waits = predict(hall, learnt, self._chance)
        means_s = {name: wait.mean_s for (_, name), wait in waits.items()}
        longest = round(max(means_s.values(), default=0.0))
        return longest, advise(plan, state, hall, learnt, self._chance, means_s)

    def _keep(self, office: str, seq: int, at_ms: int, advice: Advice | None) -> Advised | None:
        """Store an advice that wasn't given yet; the same desks again are the same advice until it has been scored."""
        with self._lock:
            last = self._ahead.get(office)
        if last is not None:
            given = last.advised
        else:
            # After a restart of the centre the advice that was given is still the one that is given.
            given = next((one for one in reversed(self._pending.get(office, [])) if one.over_ms is None), None)
        if given is None and advice is None:
            return None
        if given is not None and advice is not None:
            same = given.desks == advice.open_desks
            if same and at_ms - given.at_ms < SCORED_AFTER_MS:
                return given
        with self._store.write() as session:
            if given is not None:
                self._end(session, given, at_ms)
            if advice is None:
                return None
            row = AdviceRow(
                office=office,
                at_ms=at_ms,
                seq=seq,
                desks=json.dumps(advice.open_desks),
                wait_now_s=advice.wait_now_s,
                wait_after_s=advice.wait_after_s,
                share_before=advice.share_before,
                share_after=advice.share_after,
            )
            session.add(row)
            session.flush()
            found = _advised(row)
        self._pending.setdefault(office, []).append(found)
        return found

    def _end(self, session: Session, given: Advised, at_ms: int) -> None:
        row = session.get(AdviceRow, given.id)
        if row is not None and row.over_ms is None:
            row.over_ms = at_ms
            session.add(row)

    def _forget(self, office: str, now: Now) -> None:
        with self._lock:
            last = self._ahead.pop(office, None)
        if last is not None and last.advised is not None:
            with self._store.write() as session:
                self._end(session, last.advised, now.moment.at_ms)

    def _score(self, image: Image, now: Now) -> None:
        """Score what was advised twenty minutes ago or earlier; what belongs to another day is lost."""
        pending = self._pending.get(image.office, [])
        state = image.state
        opened_ms = state.day.opened.moment.at_ms if state.day is not None else 0
        ripe = [one for one in pending if now.moment.at_ms >= one.at_ms + SCORED_AFTER_MS or one.at_ms < opened_ms]
        if not ripe:
            return
        with self._store.write() as session:
            for one in ripe:
                row = session.get(AdviceRow, one.id)
                if row is None:
                    continue
                if one.at_ms < opened_ms:
                    row.lost = True
                else:
                    found = score(state, one, now)
                    row.scored_ms, row.followed = found.scored_ms, found.followed
                    row.wait_s, row.share_over, row.n = found.wait_s, found.share_over, found.n
                session.add(row)
        self._pending[image.office] = [one for one in pending if one not in ripe]

    def _past_of(self, office: str, day: int) -> Past:
        with self._lock:
            known = self._past.get(office)
        if known is not None and known[0] == day:
            return known[1]
        query = select(LearntDayRow).where(LearntDayRow.office == office, col(LearntDayRow.day) < day)
        with self._store.read() as session:
            rows = session.exec(query.order_by(col(LearntDayRow.date).desc()).limit(PAST_DAYS)).all()
        past = past_of((service, seconds) for row in rows for service, seconds in json.loads(row.times))
        with self._lock:
            self._past[office] = (day, past)
        return past

    def _profile_of(self, office: str, now: Now) -> Profile | None:
        if now.local is None:
            return None
        today = now.local.date()
        with self._lock:
            known = self._profile.get(office)
        if known is not None and known[0] == today:
            return known[1]
        query = select(LearntDayRow).where(LearntDayRow.office == office, LearntDayRow.date < today.isoformat())
        with self._store.read() as session:
            rows = session.exec(query.order_by(col(LearntDayRow.date).desc()).limit(64)).all()
        days = [Arrivals(date.fromisoformat(row.date), tuple(json.loads(row.arrivals))) for row in rows]
        profile = learn_profile(days, today.weekday())
        with self._lock:
            self._profile[office] = (today, profile)
        return profile


def _mean_s(plan: Plan, state: Office, learnt: Learnt) -> float:
    """The mean time at the desk, each service as often as it is asked for today."""
    asked = [t.asked or t.service for t in state.tickets.values()]
    names = [name for name in asked if name in learnt.log_means] or list(plan.services)
    means = {name: learnt.mean_s(name) for name in set(names)}
    return sum(means[name] for name in names) / len(names) if names else 600.0


def _desk_times(log: DayLog) -> Iterable[tuple[str, int]]:
    """Services and seconds from the last call to the end, of visitors that one desk served in one go."""
    for visit in log.visits:
        if len(visit.legs) != 1:
            continue
        leg = visit.legs[0]
        if leg.ended is not None and leg.started is not None and not leg.by_system:
            yield leg.service, round(log.elapsed(leg.called.moment, leg.ended.moment) / 1000)


def _times_json(times: Iterable[tuple[str, int]]) -> str:
    return json.dumps([[service, seconds] for service, seconds in times if seconds > 0], separators=(",", ":"))


def _advised(row: AdviceRow) -> Advised:
    assert row.id is not None
    outcome = None
    if row.scored_ms is not None:
        outcome = Outcome(
            row.scored_ms,
            row.followed,
            row.wait_s,
            row.share_over,
            row.n,
            row.wait_after_s if row.followed else row.wait_now_s,
            row.share_after if row.followed else row.share_before,
        )
    return Advised(
        id=row.id,
        office=row.office,
        at_ms=row.at_ms,
        seq=row.seq,
        desks=tuple(json.loads(row.desks)),
        wait_now_s=row.wait_now_s,
        wait_after_s=row.wait_after_s,
        share_before=row.share_before,
        share_after=row.share_after,
        over_ms=row.over_ms,
        outcome=outcome,
        lost=row.lost,
    )
