"""The figures of an office's day so far, by the rules of any period; refreshed one after another within a budget."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from appliance.domain.hours import NO_CALENDAR, PublicCalendar
from appliance.domain.indicators.day_log import DayLog
from appliance.domain.indicators.measure import MEASURES, Sample
from appliance.domain.indicators.reading import Reading
from appliance.domain.indicators.schedule import date_facts
from appliance.domain.moment import Moment
from appliance.domain.plan import Plan
from sync.centre.images import Image, Network

log = logging.getLogger(__name__)

NAMED = 12
"""So many of the largest samples are named with a figure; the office's page finds them all."""

REST = 9
"""After each office the thread rests so many times as long as it took: a tenth of one core."""

IDLE_S = 1.0


@dataclass(frozen=True, slots=True)
class Share:
    """A figure of the day: its value, of how many samples, and the entries behind the largest of them."""

    value: float | None
    n: int = 0
    seqs: tuple[int, ...] = ()


NOTHING = Share(None)


@dataclass(frozen=True, slots=True)
class Today:
    """The day `day` up to its entry `seq`. Shares are between 0 and 1, times in ms.

    `schedule` is `covered_ms` of `due_ms`, as of `until`: the moment of that entry, None once the day is closed.
    """

    day: int
    seq: int
    schedule: Share = NOTHING
    over_norm: Share = NOTHING
    wait: Share = NOTHING
    service: Share = NOTHING
    due_ms: int = 0
    covered_ms: int = 0
    until: Moment | None = None


class DaysOfOffices(Protocol):
    """What is needed of `sync.centre.day_facts.DayFacts`."""

    def logs(self, office: str, first: date, last: date) -> Iterable[DayLog]:
        """The days of an office with these dates."""


def today_of(log: DayLog, seq: int, public: PublicCalendar = NO_CALENDAR) -> Today:
    """The figures of a day, as `docs/indicators.md` defines `covered`, `over_norm`, `wait` and `service`."""
    reading = Reading(log, public)
    dated = date_facts(reading)
    due_ms = dated.due_ms if dated is not None else 0
    covered_ms = dated.covered_ms if dated is not None else 0
    schedule = Share(covered_ms / due_ms, 1, dated.seqs) if dated is not None and due_ms else NOTHING
    return Today(
        log.number,
        seq,
        schedule,
        _mean(reading, "over_norm"),
        _mean(reading, "wait"),
        _mean(reading, "service"),
        due_ms,
        covered_ms,
        log.until if log.closed is None and dated is not None else None,
    )


def _mean(reading: Reading, measure: str) -> Share:
    samples = list(MEASURES[measure].take(reading))
    if not samples:
        return NOTHING
    largest = sorted(samples, key=_size, reverse=True)[:NAMED]
    seqs = tuple(sorted({seq for sample in largest if sample.value for seq in sample.seqs}))
    return Share(sum(sample.value for sample in samples) / len(samples), len(samples), seqs)


def _size(sample: Sample) -> tuple[int, int]:
    return sample.value, -sample.seqs[0]


class TodayBook:
    """Keeps the figures of the day of every office. `of` is answered from memory, on any thread.

    A thread brings the offices that have changed up to date, the longest waiting first, with a tenth of one core:
    17 offices are seconds old, 1,000 some minutes.
    """

    def __init__(
        self,
        network: Network,
        days: DaysOfOffices,
        public: Callable[[Plan], PublicCalendar],
        *,
        refreshed: Callable[[str, DayLog], None] | None = None,
    ) -> None:
        """`refreshed` is given each day that was read, for whoever wants to learn from it too."""
        self._network, self._days, self._public, self._refreshed = network, days, public, refreshed
        self._known: dict[str, Today] = {}
        self._told: dict[str, int] = {}
        self._count = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="days-so-far", daemon=True)

    def of(self, office: str) -> Today | None:
        """The figures of the office's newest day."""
        return self._known.get(office)

    def start(self) -> None:
        """Begin to refresh."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(5.0)

    def refresh(self, image: Image) -> Today | None:
        """Bring one office up to date; None while it has had no dated day."""
        state = image.state
        known = self._known.get(image.office)
        if known is not None and known.seq == state.seq:
            return known
        if state.day is None or state.day.date is None:
            return None
        on = date.fromisoformat(state.day.date)
        for day in self._days.logs(image.office, on, on):
            if day.number == state.day.number:
                self._known[image.office] = today_of(day, state.seq, self._public(day.plan))
                self._count += 1
                self._told[image.office] = self._count
                if self._refreshed is not None:
                    self._refreshed(image.office, day)
        return self._known.get(image.office)

    def behind(self) -> list[Image]:
        """The offices whose figures aren't of their newest entry, the longest waiting first."""
        images = [one for one in self._network.images() if one.state.day is not None and one.doubt is None]
        changed = [one for one in images if self._seq(one.office) != one.state.seq]
        return sorted(changed, key=self._order)

    def _seq(self, office: str) -> int:
        known = self._known.get(office)
        return known.seq if known is not None else -1

    def _order(self, image: Image) -> tuple[int, str]:
        """Who has never been told first, then whose last telling is the longest ago."""
        return self._told.get(image.office, 0), image.office

    def _run(self) -> None:
        while not self._stop.is_set():
            behind = self.behind()
            for image in behind:
                began = time.thread_time()
                try:
                    self.refresh(image)
                except Exception:
                    # One office's journal that can't be read must not stop the figures of the others.
                    log.exception("%s: the figures of the day failed", image.office)
                if self._stop.wait(REST * (time.thread_time() - began)):
                    return
            self._stop.wait(IDLE_S)
