"""Mobile offices: where a bus stands and when, as data, and what it did at each stop by the true times of events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import fmean

from sqlalchemy import BigInteger, Column
from sqlmodel import Field, col, delete, select

from appliance.domain.indicators.day_log import DayLog
from appliance.domain.indicators.reading import Reading
from appliance.domain.plan import Span
from sync.centre.store import CentreTable, Store
from sync.centre.tile import Place

LOOK_AHEAD_DAYS = 31
BETWEEN = ""
"""The stop of what happened while the timetable has the bus at none."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop of a route, every week on `weekday` (Monday 0), or once on `date` (ISO). `span`: local minutes.

    Entries of a date replace the weekly ones of that date; one without a name says that the bus doesn't go.
    """

    name: str
    span: Span
    weekday: int | None = None
    date: str | None = None


class StopRow(CentreTable, table=True):
    """One entry of a timetable."""

    __tablename__ = "stop"

    office: str = Field(primary_key=True)
    position: int = Field(primary_key=True)
    name: str
    opens_min: int
    closes_min: int
    weekday: int | None = None
    date: str | None = None
    changed_ms: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    changed_by: str = ""


class StopError(ValueError):
    """A timetable that can't be; `code`: `neither-day`, `bad-date`, `bad-weekday`, `bad-hours`, `overlap`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Stops:
    """The timetables of the mobile offices, in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, tuple[Stop, ...]] = {}
        self.read_again()

    def of(self, office: str) -> tuple[Stop, ...]:
        """The timetable of one office; empty for one without."""
        return self._known.get(office, ())

    def put(self, office: str, stops: Sequence[Stop], who: str, now_ms: int) -> None:
        """Replace the timetable of one office. Raises StopError."""
        check(stops)
        with self._store.write() as session:
            session.exec(delete(StopRow).where(col(StopRow.office) == office))
            for position, stop in enumerate(stops):
                session.add(
                    StopRow(
                        office=office,
                        position=position,
                        name=stop.name,
                        opens_min=stop.span.opens,
                        closes_min=stop.span.closes,
                        weekday=stop.weekday,
                        date=stop.date,
                        changed_ms=now_ms,
                        changed_by=who,
                    )
                )
        self.read_again()

    def read_again(self) -> None:
        """Take in what another process has changed."""
        found: dict[str, list[Stop]] = {}
        with self._store.read() as session:
            for row in session.exec(select(StopRow).order_by(col(StopRow.office), col(StopRow.position))):
                stop = Stop(row.name, Span(row.opens_min, row.closes_min), row.weekday, row.date)
                found.setdefault(row.office, []).append(stop)
        self._known = {office: tuple(stops) for office, stops in found.items()}


def check(stops: Sequence[Stop]) -> None:
    """Raise StopError unless this can be a timetable."""
    days: dict[object, list[Span]] = {}
    for stop in stops:
        if (stop.weekday is None) == (stop.date is None):
            raise StopError("neither-day")
        if stop.weekday is not None and not 0 <= stop.weekday <= 6:
            raise StopError("bad-weekday")
        if stop.date is not None:
            try:
                date.fromisoformat(stop.date)
            except ValueError:
                raise StopError("bad-date") from None
        if stop.name and not 0 <= stop.span.opens < stop.span.closes <= 24 * 60:
            raise StopError("bad-hours")
        if stop.name:
            days.setdefault(stop.date if stop.date is not None else stop.weekday, []).append(stop.span)
    for spans in days.values():
        ordered = sorted(spans)
        if any(one.closes > other.opens for one, other in pairwise(ordered)):
            raise StopError("overlap")


def stops_on(stops: Iterable[Stop], day: date) -> tuple[Stop, ...]:
    """The stops of a date, in order of their hours."""
    known = tuple(stops)
    of_date = [stop for stop in known if stop.date == day.isoformat()]
    found = of_date or [stop for stop in known if stop.weekday == day.weekday()]
    return tuple(sorted((stop for stop in found if stop.name), key=lambda stop: stop.span))


def places(stops: Sequence[Stop], local: datetime) -> tuple[Place | None, Place | None]:
    """Where the bus stands by its timetable, and where it goes next, at a local (naive) time."""
    found = list(route(stops, local, 2))
    now = local.isoformat()
    if found and found[0].begins <= now:
        return found[0], found[1] if len(found) > 1 else None
    return None, found[0] if found else None


def route(stops: Sequence[Stop], local: datetime, most: int = 10) -> Iterator[Place]:
    """The stop where the bus stands, if it does, and those to come, at most `most` of the next month."""
    left = most
    for ahead in range(LOOK_AHEAD_DAYS if stops else 0):
        day = local.date() + timedelta(days=ahead)
        for stop in stops_on(stops, day):
            begins, ends = _at(day, stop.span.opens), _at(day, stop.span.closes)
            if ends > local and left:
                left -= 1
                yield Place(stop.name, begins.isoformat(), ends.isoformat())


@dataclass(frozen=True, slots=True)
class StopFigures:
    """What a bus did at one stop on one date. `wait_ms` and `service_ms` are means, None of nobody.

    `served`: visits with a service that ended. The times are those of the events, however late their rows came.
    """

    date: str
    stop: str
    issued: int
    served: int
    wait_ms: int | None
    service_ms: int | None
    seqs: tuple[int, ...] = ()


def stop_figures(stops: Sequence[Stop], logs: Iterable[DayLog]) -> Iterator[StopFigures]:
    """The figures by date and stop. A visit belongs to the stop in whose hours its number was taken."""
    for log in logs:
        if log.date is None:
            continue
        here = stops_on(stops, log.date)
        reading = Reading(log)
        issued: dict[str, list[int]] = {}
        waits: dict[str, list[int]] = {}
        services: dict[str, list[int]] = {}
        served: dict[str, int] = {}
        stop_of: dict[int, str] = {}
        for visit in log.visits:
            name = stop_of[visit.ticket] = _stop_at(here, log, visit.issued.moment)
            issued.setdefault(name, []).append(visit.issued.seq)
            served[name] = served.get(name, 0) + (visit.served_once and not visit.by_system)
        for waited in reading.waited:
            waits.setdefault(stop_of[waited.visit.ticket], []).append(waited.wait_ms)
        for one in reading.services:
            if not one.inferred:
                services.setdefault(stop_of[one.visit.ticket], []).append(one.took_ms)
        for name in dict.fromkeys([*(stop.name for stop in here), *issued]):
            yield StopFigures(
                log.date.isoformat(),
                name,
                len(issued.get(name, ())),
                served.get(name, 0),
                _mean(waits, name),
                _mean(services, name),
                tuple(issued.get(name, ())),
            )


def _mean(values: Mapping[str, Sequence[int]], name: str) -> int | None:
    found = values.get(name)
    return round(fmean(found)) if found else None


def _stop_at(stops: Sequence[Stop], log: DayLog, moment: object) -> str:
    local = log.local(moment)  # type: ignore[arg-type]
    if local is None or not stops:
        return BETWEEN
    # Whoever came a little before or after the hours came to that stop all the same.
    return min(stops, key=lambda stop: (_outside(stop.span, local.minute), stop.span)).name


def _outside(span: Span, minute: int) -> int:
    return max(0, span.opens - minute, minute - span.closes + 1)


def _at(day: date, minute: int) -> datetime:
    return datetime(day.year, day.month, day.day) + timedelta(minutes=minute)
