"""Facts of days: sums and sorted values of every measure, that can be kept for each closed day and put together.

The facts of a period are the facts of its days merged, so a year is read day by day. All are integers: a merge gives
the same whatever the order of the days.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nlargest
from typing import NamedTuple

from appliance.domain.hours import NO_CALENDAR, PublicCalendar
from appliance.domain.indicators import (
    measures_bells,
    measures_desks,
    measures_devices,
    measures_services,
    measures_visits,
    measures_waits,
)
from appliance.domain.indicators.day_log import DayLog
from appliance.domain.indicators.measure import MEASURES, Sample
from appliance.domain.indicators.reading import Key, Reading
from appliance.domain.indicators.schedule import DateFacts, date_facts, merged_dates

DECLARING = (
    measures_visits,
    measures_waits,
    measures_services,
    measures_desks,
    measures_bells,
    measures_devices,
)
"""The modules whose measures are taken: importing them declares them."""

NAMED = 12
"""How many of the largest samples facts keep with their journal entries; `events` finds them all."""

DIMENSIONS = Key._fields
"""By what a period can be broken down."""

Group = tuple[str, str | int]
"""A dimension and one value of it; ALL is everything."""

ALL: Group = ("", "")


class Named(NamedTuple):
    """A sample's value and the journal entries behind it."""

    value: int
    seqs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sum:
    """Samples of one measure put together: how many, their total, and, where the measure keeps them, all values sorted.

    `largest`: the largest samples, at most `NAMED` of them, the earlier first among equals.
    """

    n: int = 0
    total: int = 0
    values: Sequence[int] = ()
    largest: tuple[Named, ...] = ()


NOTHING = Sum()

Sums = Mapping[str, Sum]
"""By measure; a measure without samples may be missing."""


@dataclass(frozen=True, slots=True)
class Slice:
    """What of a day is looked at: whatever is not None must be the sample's own."""

    service: str | None = None
    organisation: str | None = None
    purpose: str | None = None
    category: str | None = None
    desk: int | None = None
    operator: str | None = None
    hour: int | None = None

    def admits(self, key: Key) -> bool:
        """Whether a sample with this key belongs to it."""
        return all(
            wanted is None or wanted == found
            for wanted, found in (
                (self.service, key.service),
                (self.organisation, key.organisation),
                (self.purpose, key.purpose),
                (self.category, key.category),
                (self.desk, key.desk),
                (self.operator, key.operator),
                (self.hour, key.hour),
            )
        )


EVERYTHING = Slice()


@dataclass(frozen=True)
class Facts:
    """The facts of some days. `groups` has ALL and one group for each value of the dimensions asked for."""

    days: tuple[int, ...] = ()
    groups: Mapping[Group, Sums] = field(default_factory=dict)
    dates: tuple[DateFacts, ...] = ()

    def sums(self, group: Group = ALL) -> Sums:
        """The sums of a group."""
        return self.groups.get(group, {})

    def values_of(self, dimension: str) -> list[str | int]:
        """The values of a dimension that these days have, in order."""
        return sorted((value for name, value in self.groups if name == dimension), key=lambda v: (str(type(v)), v))


def facts_of(
    log: DayLog,
    *,
    by: Sequence[str] = ("reason",),
    only: Slice = EVERYTHING,
    public: PublicCalendar = NO_CALENDAR,
) -> Facts:
    """The facts of one day, broken down by these dimensions; `only` leaves everything else out.

    What was planned of the date belongs to the hall as a whole and is there only if nothing is left out.
    """
    reading = Reading(log, public)
    where = [(name, DIMENSIONS.index(name)) for name in by]
    everything = only == EVERYTHING
    groups: dict[Group, dict[str, Sum]] = {ALL: {}}
    for measure in MEASURES.values():
        found: dict[Group, list[Named]] = {}
        for key, value, seqs in measure.take(reading):
            if not (everything or only.admits(key)):
                continue
            named = Named(value, seqs)
            found.setdefault(ALL, []).append(named)
            for name, index in where:
                of = key[index]
                if of is not None:
                    found.setdefault((name, of), []).append(named)
        for group, samples in found.items():
            groups.setdefault(group, {})[measure.id] = _sum(samples, spread=measure.spread)
    dated = date_facts(reading) if everything else None
    return Facts((log.number,), groups, () if dated is None else (dated,))


def merged(facts: Iterable[Facts]) -> Facts:
    """The facts of several days as one; days given twice count twice, but a date only once."""
    days: list[int] = []
    dates: list[DateFacts] = []
    growing: dict[tuple[Group, str], _Growing] = {}
    for one in facts:
        days += one.days
        dates += one.dates
        for group, sums in one.groups.items():
            for name, new in sums.items():
                growing.setdefault((group, name), _Growing()).add(new)
    groups: dict[Group, dict[str, Sum]] = {ALL: {}}
    for (group, name), sums_so_far in growing.items():
        groups.setdefault(group, {})[name] = sums_so_far.sum()
    return Facts(tuple(days), groups, merged_dates(dates))


def events(
    logs: Iterable[DayLog], measures: Sequence[str], only: Slice = EVERYTHING, public: PublicCalendar = NO_CALENDAR
) -> Iterator[Sample]:
    """Every sample that stands behind these measures, day by day: the full list of which facts keep the largest."""
    for log in logs:
        reading = Reading(log, public)
        for name in measures:
            yield from (sample for sample in MEASURES[name].take(reading) if only.admits(sample.key))


def percentile(values: Sequence[int], per_cent: int) -> int | None:
    """The nearest-rank percentile of sorted values: the smallest that at least so many per cent don't exceed."""
    if not values:
        return None
    return values[-(-per_cent * len(values) // 100) - 1]


class _Growing:
    """A sum that takes in others."""

    def __init__(self) -> None:
        self._n = self._total = 0
        self._values = array("q")
        self._largest: list[Named] = []

    def add(self, new: Sum) -> None:
        self._n += new.n
        self._total += new.total
        self._values.extend(new.values)
        self._largest = _largest([*self._largest, *new.largest])

    def sum(self) -> Sum:
        return Sum(self._n, self._total, array("q", sorted(self._values)), tuple(self._largest))


def _sum(samples: Sequence[Named], *, spread: bool) -> Sum:
    values = array("q", sorted(sample.value for sample in samples)) if spread else ()
    return Sum(len(samples), sum(sample.value for sample in samples), values, tuple(_largest(samples)))


def _largest(samples: Sequence[Named]) -> list[Named]:
    return nlargest(NAMED, samples, key=_rank)


def _rank(named: Named) -> tuple[int, tuple[int, ...]]:
    return named.value, tuple(-seq for seq in named.seqs)
