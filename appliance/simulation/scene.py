"""What a simulated day is made of: the plan, how many come, how long they take, and a seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from appliance.domain.hours import NO_CALENDAR, DayHours, day_hours
from appliance.domain.plan import Plan
from appliance.domain.plans.reader import read_plan

PROFILE = (0.8, 1.4, 1.6, 1.4, 1.0, 0.7, 0.8, 0.8, 0.5)
"""How many come in each ninth of the hours of issuing, against the mean."""

A_TUESDAY = date(2026, 11, 24)
POPULAR = 3
"""How many come for a popular service of a plan against one for another."""

HALL = """\
schema = 1
version = 1
office = "simulated"
timezone = "Europe/Moscow"
[name]
en = "A simulated hall"
[hours]
opens = "09:00"
closes = "19:30"
[hours.reception]
closes = "19:00"
[hours.issuing]
closes = "18:00"
[policy]
kind = "{policy}"
[settings]
missed_after_s = 180
[[category]]
id = "priority"
name = {{ en = "Priority" }}
[[organisation]]
id = "office"
name = {{ en = "The office" }}
[[service]]
id = "visit"
series = "А"
organisation = "office"
norm_min = {norm_min}
name = {{ en = "A visit" }}
"""


@dataclass(frozen=True)
class Scene:
    """One day to be played.

    `means_s`: the true mean of the time at the desk by service, from the call to the finish; the rules and the estimate
    don't know it. `weights`: how many come for a service against another. `cv`: standard deviation by mean of the
    lognormal times. Shares from 0 to 1: `priority` of visitors with a category, `no_show` of called ones who don't
    come, `booked` of those with a booked minute. `past_days`: so many earlier days has the estimate learnt from.
    """

    plan: Plan
    seed: int
    means_s: Mapping[str, float]
    weights: Mapping[str, float]
    visits: int = 300
    cv: float = 0.6
    priority: float = 0.08
    no_show: float = 0.03
    booked: float = 0.0
    date: date = A_TUESDAY
    estimates: bool = True
    advice: bool = False
    past_days: int = 0
    zone: ZoneInfo = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "zone", ZoneInfo(self.plan.timezone))

    @property
    def hours(self) -> DayHours:
        """The hours of the date; public holidays are not known here."""
        return day_hours(self.plan, self.date, NO_CALENDAR)

    def local(self, second: float) -> datetime:
        """The office's wall time at a second of the day."""
        return datetime(self.date.year, self.date.month, self.date.day) + timedelta(seconds=second)

    def utc_ms(self, second: float) -> int:
        """UTC milliseconds at a second of the day; the day has no change of the clocks."""
        midnight = datetime(self.date.year, self.date.month, self.date.day, tzinfo=self.zone)
        return round((midnight.timestamp() + second) * 1000)

    def dice(self, of: str) -> Random:
        """The seeded generator of one part of the day, so that one part doesn't shift another's draws."""
        return Random(f"{self.seed}:{of}")


def plain_hall(permanent: int, reserve: int, *, policy: str = "ageing", norm_min: int = 15) -> Plan:
    """A hall in which every desk serves everybody: one service, one category of priority."""
    desks = [
        f'[[desk]]\nnumber = {number}\nclass = "{"permanent" if number <= permanent else "reserve"}"\n'
        for number in range(1, permanent + reserve + 1)
    ]
    return read_plan(HALL.format(policy=policy, norm_min=norm_min) + "".join(desks))


def true_means_s(plan: Plan, mean_s: float | None = None) -> dict[str, float]:
    """The time at the desk by service, which the plan's norms only come near: 0.7 to 1.3 of the norm, fixed by its id.

    With `mean_s` they are scaled so that visitors, by `popularity`, take so long on the average. A hall with one
    service takes exactly so long.
    """
    weights = popularity(plan)
    spread = len(plan.services) > 1
    means = {
        service.id: service.norm_min * 60 * (Random(f"mean:{service.id}").uniform(0.7, 1.3) if spread else 1.0)
        for service in plan.services.values()
    }
    if mean_s is None:
        return means
    whole = sum(weights[name] * means[name] for name in means) / sum(weights.values())
    return {name: mean * mean_s / whole for name, mean in means.items()}


def popularity(plan: Plan) -> dict[str, float]:
    """How many come for each service against another."""
    return {service.id: POPULAR if service.popular else 1 for service in plan.services.values()}
