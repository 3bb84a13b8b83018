"""How long services take: learnt from what has ended, leaning on the plan's norms as long as little has.

The time meant is that at the desk, from the call to the end. It is taken as lognormal, with one spread for the hall and
a mean of its own for each service. A service's mean is drawn to the hall's (all services against their norms), and the
hall's to the norms, each as strongly as its figures are few: so the first hour of a new office says something sensible,
and a rare service isn't judged by its two visitors.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from appliance.domain.moment import Now
from appliance.domain.office import DeskState, Office, TicketState
from appliance.domain.plan import Plan

USUAL_CV = 0.6
USUAL_VARIANCE = math.log1p(USUAL_CV**2)
USUAL_WEIGHT = 20
"""So many observations does the usual spread count for."""

HALL_SD = 0.3
"""How far, in logarithms, a hall may lie from its plan's norms."""

SERVICE_SD = 0.25
"""How far a service may lie from its hall."""

NO_SHOW = (1, 30)
"""So many of so many called ones don't come, until the day says otherwise."""

MISSED_S, WAY_S = 120.0, 20.0
LONGEST_S = 4 * 3600
GRID = 1024


@dataclass(slots=True)
class Sums:
    """What is kept of a service's past: how many, and the sums of their logarithms and of the squares of these."""

    count: float = 0.0
    logs: float = 0.0
    squares: float = 0.0

    def add(self, log: float) -> None:
        """One more time."""
        self.count += 1
        self.logs += log
        self.squares += log * log


Past = Mapping[str, Sums]
"""Sums by service, of days before this one."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """What is believed of the times at the desk.

    `log_means` and `doubts` (a standard deviation) are of the logarithms of seconds, by service; `sigma` is one for
    all. `no_show`: share of the called who don't come; such a call lasts `missed_s`; who comes needs about `way_s`.
    """

    log_means: Mapping[str, float]
    doubts: Mapping[str, float]
    sigma: float
    no_show: float
    missed_s: float
    way_s: float
    grid: tuple[float, ...] = field(repr=False)

    def mean_s(self, service: str) -> float:
        """The mean time at the desk of somebody who comes."""
        return math.exp(self.log_means[service] + self.sigma**2 / 2)


def past_of(times: Iterable[tuple[str, float]]) -> Past:
    """The sums of times of earlier days, in seconds, each with its service."""
    sums: dict[str, Sums] = {}
    for service, seconds in times:
        if 0 < seconds < LONGEST_S:
            sums.setdefault(service, Sums()).add(math.log(seconds))
    return sums


def learn(plan: Plan, office: Office, now: Now, past: Past) -> Learnt:
    """What earlier days and the services that have ended today say.

    Services that are still going on count with what is to be expected of them: left out, the first hour would be
    judged by its shortest visits.
    """
    sums = {name: Sums(one.count, one.logs, one.squares) for name, one in past.items() if name in plan.services}
    called = missed = 0
    missed_s = way_s = ways = 0.0
    for ticket in office.tickets.values():
        if ticket.last_called is None:
            continue
        called += 1
        if ticket.state is TicketState.MISSED and ticket.ended is not None:
            missed += 1
            missed_s += ticket.ended.moment.since(ticket.last_called.moment) / 1000
        elif ticket.state is TicketState.DONE and ticket.ended is not None and not ticket.by_system:
            seconds = ticket.ended.moment.since(ticket.last_called.moment) / 1000
            if 0 < seconds < LONGEST_S and not ticket.resumed and ticket.service in plan.services:
                sums.setdefault(ticket.service, Sums()).add(math.log(seconds))
            if ticket.started is not None and not ticket.inferred:
                way_s += ticket.started.moment.since(ticket.last_called.moment) / 1000
                ways += 1
    running = list(_running(plan, office, now))
    log_means, doubts, sigma = _fit(plan, sums)
    if running and sum(one.count for one in sums.values()) < 20 * len(running):
        for _ in range(2):
            guessed = {name: Sums(one.count, one.logs, one.squares) for name, one in sums.items()}
            for service, elapsed_s in running:
                expected, square = _beyond(log_means[service], sigma, math.log(elapsed_s))
                one = guessed.setdefault(service, Sums())
                one.count, one.logs, one.squares = one.count + 1, one.logs + expected, one.squares + square
            log_means, doubts, sigma = _fit(plan, guessed)
    return Learnt(
        log_means,
        doubts,
        sigma,
        no_show=(missed + NO_SHOW[0]) / (called + NO_SHOW[1]),
        missed_s=(missed_s + MISSED_S) / (missed + 1),
        way_s=(way_s + WAY_S) / (ways + 1),
        grid=_grid(round(sigma, 3)),
    )


def _running(plan: Plan, office: Office, now: Now) -> Iterable[tuple[str, float]]:
    """The services going on, each with its seconds since the call."""
    for desk in office.desks.values():
        if desk.state is DeskState.SERVING and desk.ticket is not None:
            ticket = office.tickets[desk.ticket]
            if ticket.last_called is not None and ticket.service in plan.services:
                yield ticket.service, max(1.0, now.moment.since(ticket.last_called.moment) / 1000)


def _fit(plan: Plan, sums: Mapping[str, Sums]) -> tuple[dict[str, float], dict[str, float], float]:
    """Logarithmic means and their doubts by service, and the spread of the hall."""
    within = sum(one.squares - one.logs**2 / one.count for one in sums.values() if one.count)
    freedom = sum(one.count - 1 for one in sums.values() if one.count)
    variance = (USUAL_VARIANCE * USUAL_WEIGHT + max(0.0, within)) / (USUAL_WEIGHT + max(0.0, freedom))
    norms = {name: math.log(service.norm_min * 60) - variance / 2 for name, service in plan.services.items()}
    pull, weight = 0.0, 1 / HALL_SD**2
    for name, one in sums.items():
        if one.count:
            told = 1 / (SERVICE_SD**2 + variance / one.count)
            pull, weight = pull + told * (one.logs / one.count - norms[name]), weight + told
    hall, hall_variance = pull / weight, 1 / weight
    means, doubts = {}, {}
    for name, norm in norms.items():
        known = sums.get(name)
        share = 0.0
        if known is not None and known.count:
            share = known.count / (known.count + variance / SERVICE_SD**2)
            means[name] = norm + hall + share * (known.logs / known.count - norm - hall)
        else:
            means[name] = norm + hall
        doubts[name] = math.sqrt((1 - share) * SERVICE_SD**2 + (1 - share) ** 2 * hall_variance)
    return means, doubts, math.sqrt(variance)


def _beyond(mean: float, sigma: float, log: float) -> tuple[float, float]:
    """The mean and the mean square of a normal variable of which is known that it lies above `log`."""
    z = (log - mean) / sigma
    if z > 5:
        return log + sigma / z, (log + sigma / z) ** 2
    tail = 0.5 * math.erfc(z / math.sqrt(2))
    ratio = math.exp(-z * z / 2) / math.sqrt(2 * math.pi) / tail
    expected = mean + sigma * ratio
    return expected, expected**2 + sigma**2 * (1 + z * ratio - ratio**2)


@lru_cache(maxsize=8)
def _grid(sigma: float) -> tuple[float, ...]:
    """GRID equally likely factors of a lognormal time against its median, ascending."""
    return tuple(math.exp(sigma * z) for z in normal_quantiles(GRID))


@lru_cache(maxsize=4)
def normal_quantiles(count: int) -> tuple[float, ...]:
    """The middles of so many equally likely slices of a standard normal variable, ascending."""
    found: list[float] = []
    z = -4.0
    for index in range(count):
        wanted = (index + 0.5) / count
        for _ in range(50):
            step = (0.5 * math.erfc(-z / math.sqrt(2)) - wanted) / (math.exp(-z * z / 2) / math.sqrt(2 * math.pi))
            z -= max(-0.5, min(0.5, step))
            if abs(step) < 1e-9:
                break
        found.append(z)
    return tuple(found)
