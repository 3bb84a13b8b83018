"""The estimate and the advice, beside the rules: one thread runs the hall forward, everybody reads the last result."""

from __future__ import annotations

import logging
import math
import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from appliance.domain.forecasts.advice import Advice, advise
from appliance.domain.forecasts.durations import Learnt, Past, learn, past_of
from appliance.domain.forecasts.forecast import RUNS, naive_s, predict
from appliance.domain.forecasts.hall import Hall, survey
from appliance.domain.moment import Moment, Now
from appliance.domain.office import Office, TicketState
from appliance.domain.plan import Plan
from appliance.domain.tickets import Told

log = logging.getLogger(__name__)

PERIOD_S = 1.0
DRIFT_S = 10.0
"""While somebody waits or is served, so often is the estimate made anew though nothing has happened."""

REST = 9
"""After each estimate the thread rests so many times as long as it took: a tenth of one core at most."""

STALE_MS = 60_000
"""An older estimate is not told any more."""

Times = Callable[[int], Iterable[tuple[str, float]]]
"""Services and seconds at the desk of the days before the one with this number."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What was found at `moment`, of the state after `seq`: by head start in seconds (None: none) and by service."""

    seq: int
    moment: Moment
    told: Mapping[tuple[float | None, str], Told]
    advice: Advice | None


class Estimator:
    """A thread that keeps an estimate of every service. `told` and `advice` only look at the last result.

    `office` and `now` give the newest state and the present; `times` what earlier days have taken. `cpu_ms` is what the
    last estimate took, of all services and with the advice.
    """

    def __init__(
        self,
        office: Callable[[], Office],
        now: Callable[[], Now],
        times: Times = lambda _: (),
        *,
        runs: int = RUNS,
        period_s: float = PERIOD_S,
        chance: Callable[[], float] | None = None,
    ) -> None:
        self._office, self._now, self._times = office, now, times
        self._runs, self._period_s = runs, period_s
        self._chance = chance or random.Random().random
        self._past: Past = {}
        self._past_before = 0
        self._last: Estimate | None = None
        self._failing = False
        self._nudged, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="estimating", daemon=True)
        self.cpu_ms = 0.0
        self.made = 0

    def start(self) -> None:
        """Begin to estimate."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the estimate it is at."""
        self._stop.set()
        self._nudged.set()
        if self._thread.is_alive():
            self._thread.join(5.0)

    def nudge(self) -> None:
        """The state has changed; from any thread, never blocks."""
        self._nudged.set()

    def told(self, service: str, category: str | None = None) -> Told | None:
        """What to tell a newcomer of this service now; None while nothing can be said.

        `category`: of a newcomer who would have priority at once.
        """
        last, plan = self._fresh(), self._office().plan
        if last is None or plan is None:
            return None
        found = plan.categories.get(category) if category is not None else None
        return last.told.get((None if found is None else found.head_start_min * 60.0, service))

    def advice(self) -> Advice | None:
        """Which reserve desks to open now, or None."""
        last = self._fresh()
        return None if last is None else last.advice

    @property
    def age_ms(self) -> int | None:
        """How old the estimate is; None while there is none."""
        last = self._last
        return None if last is None else self._now().moment.since(last.moment)

    def look(self) -> bool:
        """Make the estimate anew if it is no longer true; whether it was made. Called by the thread."""
        office, now = self._office(), self._now()
        plan = office.plan
        if plan is None or office.open_day is None:
            self._last = None
            return False
        last = self._last
        if last is not None and last.seq == office.seq:
            busy = any(ticket.active or ticket.state is TicketState.WAITING for ticket in office.tickets.values())
            # an idle hall changes by the clock alone only when somebody's shift begins: once in a while is enough
            if now.moment.since(last.moment) < (DRIFT_S if busy else STALE_MS / 2000) * 1000:
                return False
        self._learn_past(office.open_day.number)
        began = time.thread_time()
        self._last = self._made(plan, office, now)
        self.cpu_ms = (time.thread_time() - began) * 1000
        self.made += 1
        return True

    def _fresh(self) -> Estimate | None:
        last = self._last
        return last if last is not None and self._now().moment.since(last.moment) <= STALE_MS else None

    def _made(self, plan: Plan, office: Office, now: Now) -> Estimate:
        hall, learnt = survey(plan, office, now), learn(plan, office, now, self._past)
        told = {} if hall.paused else _told(hall, learnt, self._chance, self._runs)
        means_s = {service: float(found.mean_s) for (head_s, service), found in told.items() if head_s is None}
        advice = advise(plan, office, hall, learnt, self._chance, means_s)
        return Estimate(office.seq, now.moment, told, advice)

    def _learn_past(self, day: int) -> None:
        """Read what earlier days have taken, once a day; without them the plan's norms and this day say it."""
        if self._past_before == day:
            return
        self._past = past_of(self._times(day))
        self._past_before = day

    def _run(self) -> None:
        while not self._stop.is_set():
            self._nudged.clear()
            began = time.thread_time()
            try:
                self.look()
                self._failing = False
            except Exception:
                if not self._failing:
                    log.exception("the estimate failed")
                self._failing = True
            self._stop.wait(max(self._period_s, REST * (time.thread_time() - began)))
            self._nudged.wait(DRIFT_S)


def _told(hall: Hall, learnt: Learnt, chance: Callable[[], float], runs: int) -> dict[tuple[float | None, str], Told]:
    found = predict(hall, learnt, chance, heads=(None, *sorted(set(hall.heads))), runs=runs)
    return {
        (head_s, service): Told(
            math.floor(wait.low_s),
            math.ceil(wait.high_s),
            round(wait.mean_s),
            round(naive_s(hall, service, learnt.mean_s(service))),
        )
        for (head_s, service), wait in found.items()
    }
