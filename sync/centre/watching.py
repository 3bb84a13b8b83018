"""The watch over the network: every few seconds the rules look at every office, and the look ahead goes round them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from appliance.domain.hours import PublicCalendar
from appliance.domain.plan import Plan
from sync.centre.advising import Advising
from sync.centre.alarm import Alarm
from sync.centre.alarm_rules import Seen, Survey, survey
from sync.centre.alarms import Alarms
from sync.centre.images import Network
from sync.centre.offices import Offices
from sync.centre.stops import Stops
from sync.centre.store import Store
from sync.centre.thresholds import Thresholds
from sync.centre.tiles import BELIEVED, office_now
from sync.centre.today import DaysOfOffices, TodayBook
from sync.centre.wall import Glance, Wall

log = logging.getLogger(__name__)

PERIOD_S = 3.0
LOOK_REST = 3
"""After each look the thread rests at least so many times as long as it took."""

REREAD_S = 30.0
"""So often is read what another process of the centre may have changed."""

REST = 7
"""After each look ahead its thread rests so many times as long as it took: an eighth of one core at most."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What the last look cost: when (UTC ms), how many offices, and the CPU time."""

    at_ms: int = 0
    offices: int = 0
    cpu_ms: float = 0.0


class Watching:
    """Everything that the centre makes of the images, wired together. `start` begins the threads, or `look` and
    `look_ahead` are called by hand (tests, simulations).
    """

    def __init__(
        self,
        store: Store,
        network: Network,
        offices: Offices,
        days: DaysOfOffices,
        public: Callable[[Plan], PublicCalendar],
        clock_ms: Callable[[], int],
        *,
        mine: Callable[[str], bool] = lambda _: True,
        chance: Callable[[], float] | None = None,
    ) -> None:
        """`clock_ms`: the centre's UTC ms; `mine`: which offices this process judges, where several share a store."""
        self._clock_ms, self._mine = clock_ms, mine
        self.thresholds, self.stops, self.alarms = Thresholds(store), Stops(store), Alarms(store)
        self.advising = Advising(store, chance)
        self.today = TodayBook(network, days, public, refreshed=self.advising.learn_from)
        self.wall = Wall(network, offices, self.thresholds, self.stops, self.alarms, self.advising, self.today, public)
        self.last = Watched()
        self._told: dict[str, str] = {}
        self._reread_at = time.monotonic() + REREAD_S
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, name="watching", daemon=True),
            threading.Thread(target=self._run_ahead, name="looking-ahead", daemon=True),
        ]

    def start(self) -> None:
        """Begin to watch."""
        self.today.start()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the threads."""
        self._stop.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(5.0)
        self.today.stop()

    def look(self, now_ms: int) -> Sequence[Alarm]:
        """Let the rules look at every office; what is to be heard of."""
        began = time.thread_time()
        glances = [one for one in self.wall.glances(now_ms) if self._mine(one.entry.id)]
        surveys = {one.entry.id: (self._surveyed(one, now_ms), one.limits) for one in glances}
        news = self.alarms.evaluate(now_ms, surveys, [alarm for one in glances for alarm in one.tile.alarms])
        self.last = Watched(now_ms, len(glances), (time.thread_time() - began) * 1000)
        return news

    def look_ahead(self, glance: Glance, now_ms: int) -> bool:
        """Look ahead for one office if it is time to; whether it was."""
        image = glance.image
        if image is None or glance.tile.state not in BELIEVED:
            return False
        if not self.advising.due(image, now_ms):
            return False
        now = office_now(image, now_ms, glance.work, glance.public)
        self.advising.look(image, now, now_ms, glance.public)
        return True

    def _surveyed(self, glance: Glance, now_ms: int) -> Survey:
        """What the rules see of an office; of one whose entries make no sense only that: its other alarms stay."""
        try:
            if glance.image is not None or glance.tile.doubt is None:
                return survey(glance.image, glance.tile, glance.work, now_ms, glance.limits, public=glance.public)
        except Exception as error:
            if self._told.get(glance.entry.id) != repr(error):
                self._told[glance.entry.id] = repr(error)
                log.exception("office %s: the rules can't look at it", glance.entry.id)
        return Survey((Seen("doubt", "", 1, {"reason": "corrupt", "cure": "person"}),), frozenset(("doubt",)))

    def _run(self) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                self.look(self._clock_ms())
                if began >= self._reread_at:
                    self.thresholds.read_again()
                    self.stops.read_again()
                    self._reread_at = began + REREAD_S
            except Exception:
                log.exception("the look at the offices failed")
            took_s = time.monotonic() - began
            self._stop.wait(max(PERIOD_S - took_s, took_s * LOOK_REST))

    def _run_ahead(self) -> None:
        """The offices with the longest line first, so that a short budget is spent where it counts."""
        rest_s = 1.0
        while not self._stop.wait(rest_s):
            began = time.thread_time()
            try:
                glances = [one for one in self.wall.glances(self._clock_ms()) if self._mine(one.entry.id)]
            except Exception:
                log.exception("the offices could not be read")
                continue
            finally:
                rest_s = max(1.0, REST * (time.thread_time() - began))
            for glance in sorted(glances, key=_by_line):
                began = time.thread_time()
                try:
                    looked = self.look_ahead(glance, self._clock_ms())
                except Exception:
                    log.exception("%s: the look ahead failed", glance.entry.id)
                    looked = True
                if looked and self._stop.wait(REST * (time.thread_time() - began)):
                    return


def _by_line(glance: Glance) -> float:
    waiting = glance.tile.figures.get("waiting")
    return -(waiting.value or 0) if waiting is not None else 0.0
