"""A day as the measures read it: whose each thing is, how long people waited, how long services took."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from appliance.domain.hours import NO_CALENDAR, DayHours, PublicCalendar, day_hours
from appliance.domain.indicators.day_log import DayLog
from appliance.domain.indicators.desks_log import Stretch
from appliance.domain.indicators.local_time import MINUTE_MS
from appliance.domain.indicators.visits_log import Leg, LegEnd, Visit
from appliance.domain.moment import Moment, Stamp
from appliance.domain.plan import Plan


class Key(NamedTuple):
    """Whose a sample is; None where that is nobody's or not known. `hour`: of the office's wall clock."""

    service: str | None = None
    organisation: str | None = None
    purpose: str | None = None
    category: str | None = None
    desk: int | None = None
    operator: str | None = None
    hour: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Waited:
    """How long a visitor waited for the first call, and the norm they were promised, in milliseconds."""

    visit: Visit
    leg: Leg
    wait_ms: int
    norm_ms: int
    booked: bool


@dataclass(frozen=True, slots=True)
class Served:
    """All the time that a visitor spent at desks for one service."""

    visit: Visit
    legs: tuple[Leg, ...]
    took_ms: int
    inferred: bool


class Reading:
    """A day with what several measures ask of it, worked out once."""

    def __init__(self, log: DayLog, public: PublicCalendar = NO_CALENDAR) -> None:
        self.log = log
        self.public = public
        self._hours: dict[tuple[int, date], DayHours] = {}
        self._visit_keys: dict[tuple[int, bool], Key] = {}
        self._hour: dict[Moment, int | None] = {}

    def hours(self, plan: Plan, on: date) -> DayHours:
        """The hours of a date by a plan of the day."""
        asked = (id(plan), on)
        if asked not in self._hours:
            self._hours[asked] = day_hours(plan, on, self.public)
        return self._hours[asked]

    def key(
        self, visit: Visit, leg: Leg | None, at: Stamp, *, service: str | None = None, reason: str | None = None
    ) -> Key:
        """The key of something that happened to a visit, at a desk or at none."""
        service = service or (leg.service if leg is not None else visit.asked)
        return Key(
            service=service,
            organisation=self.organisation(service),
            purpose=visit.purpose or None,
            category=visit.category,
            desk=leg.desk if leg is not None else None,
            operator=leg.operator if leg is not None else None,
            hour=self.hour(at.moment),
            reason=reason,
        )

    def visit_key(self, visit: Visit, *, last: bool = False) -> Key:
        """The key of a visit as a whole: the service asked for, the first desk (or the last), the hour of issue."""
        asked = (visit.ticket, last)
        if asked not in self._visit_keys:
            leg = visit.legs[-1 if last else 0] if visit.legs else None
            self._visit_keys[asked] = self.key(visit, leg, visit.issued, service=visit.asked)
        return self._visit_keys[asked]

    def desk_key(self, stretch: Stretch, reason: str | None = None) -> Key:
        """The key of a stretch of a desk: its hour is the one in which it began."""
        planned = self.log.plan.desks.get(stretch.desk)
        organisation = planned.organisation if planned is not None else None
        hour = self.hour(stretch.began.moment)
        return Key(organisation=organisation, desk=stretch.desk, operator=stretch.operator, hour=hour, reason=reason)

    def organisation(self, service: str) -> str | None:
        """Whose a service is, by the plan of the day."""
        found = self.log.plan.services.get(service)
        return found.organisation if found is not None else None

    def hour(self, moment: Moment) -> int | None:
        """The hour of the office's wall clock, if it is known."""
        if moment not in self._hour:
            local = self.log.local(moment)
            self._hour[moment] = local.hour if local is not None else None
        return self._hour[moment]

    @cached_property
    def legs(self) -> list[tuple[Visit, Leg]]:
        """All legs, each with its visit."""
        return [(visit, leg) for visit in self.log.visits for leg in visit.legs]

    @cached_property
    def waited(self) -> list[Waited]:
        """The waits for the first call, by ticket."""
        return [self._waited(visit) for visit in self.log.visits if visit.legs and not visit.adopted]

    def _waited(self, visit: Visit) -> Waited:
        leg = visit.legs[0]
        plan = self.log.plan_at(leg.called.seq)
        called = leg.called.moment
        since = self._booked_since(visit, called)
        wait_ms = self.log.elapsed(visit.issued.moment, called)
        if since is None:
            return Waited(visit, leg, wait_ms, plan.wait_norm(visit.asked) * MINUTE_MS, booked=False)
        booked_ms = min(wait_ms, self.log.elapsed(since, called))
        return Waited(visit, leg, booked_ms, plan.settings.booked_norm_min * MINUTE_MS, booked=True)

    def _booked_since(self, visit: Visit, called: Moment) -> Moment | None:
        """The booked minute as a moment; None for walk-ins, for latecomers, and without a clock."""
        issued_at, called_at = self.log.local(visit.issued.moment), self.log.local(called)
        if visit.slot is None or issued_at is None or called_at is None:
            return None
        settings = self.log.plan_at(visit.issued.seq).settings
        if issued_at.minute > visit.slot + settings.booked_late_min:
            return None
        return before(called, max(0, called_at.ms - visit.slot * MINUTE_MS))

    @cached_property
    def services(self) -> list[Served]:
        """The services ended at a desk: finished, or the visitor was sent on; not those the closing ended."""
        found = []
        for visit in self.log.visits:
            for service in dict.fromkeys(leg.service for leg in visit.legs):
                legs = tuple(leg for leg in visit.legs if leg.service == service and leg.started is not None)
                if not legs or legs[-1].end not in (LegEnd.FINISHED, LegEnd.TRANSFERRED) or legs[-1].by_system:
                    continue
                took_ms = sum(self.took(leg) for leg in legs)
                found.append(Served(visit, legs, took_ms, any(leg.inferred for leg in legs)))
        return found

    def took(self, leg: Leg) -> int:
        """Milliseconds from the start to the end of a leg's service; 0 while one of them is missing."""
        if leg.started is None or leg.ended is None:
            return 0
        return self.log.elapsed(leg.started.moment, leg.ended.moment)

    def length(self, stretch: Stretch) -> int:
        """Milliseconds of a stretch, pauses left out."""
        return self.log.elapsed(stretch.began.moment, stretch.until(self.log.until))


def before(moment: Moment, ms: int) -> Moment:
    """The moment so many milliseconds earlier by both clocks."""
    return Moment(moment.at_ms - ms, moment.trusted, moment.boot, moment.uptime_ms - ms)
