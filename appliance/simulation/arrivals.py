"""Who comes, when, for what, and how long they will take at the desk."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

from appliance.domain.hours import NO_CALENDAR, service_hours, service_issuing
from appliance.domain.plan import Category
from appliance.simulation.scene import PROFILE, Scene

EARLY_S = 15 * 60
"""So long before its desks begin do visitors come for a service; booked ones up to so long before their time."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """One visitor. `at_s` is the second of the day; `desk_s` the time from the call to the finish, `walk_s` its begin.

    `comes` is False for somebody who will not come when called. `slot`: a booked minute of the day.
    """

    at_s: float
    service: str
    desk_s: float
    walk_s: float
    comes: bool
    category: Category | None
    slot: int | None


def lognormal_s(dice: Random, mean_s: float, cv: float) -> float:
    """A time with this mean and coefficient of variation."""
    variance = math.log1p(cv * cv)
    return dice.lognormvariate(math.log(mean_s) - variance / 2, math.sqrt(variance))


def visitors(scene: Scene) -> list[Visitor]:
    """The day's visitors in the order of their coming; nobody on a day without issuing."""
    issuing = scene.hours.issuing
    if issuing is None:
        return []
    dice = scene.dice("arrivals")
    times = sorted(_second(dice, issuing.opens * 60, issuing.closes * 60) for _ in range(scene.visits))
    found = (_visitor(scene, dice, at_s) for at_s in times)
    return [visitor for visitor in found if visitor is not None]


def _second(dice: Random, opens_s: int, closes_s: int) -> float:
    """A second by the profile, stretched over the hours of issuing."""
    (part,) = dice.choices(range(len(PROFILE)), PROFILE)
    return opens_s + (closes_s - opens_s) * (part + dice.random()) / len(PROFILE)


def _visitor(scene: Scene, dice: Random, at_s: float) -> Visitor | None:
    """Somebody who comes for a service that is to be had about now; None when there is none."""
    on_offer = [name for name in scene.plan.services if _on_offer(scene, name, at_s)]
    if not on_offer:
        return None
    (service,) = dice.choices(on_offer, [scene.weights[name] for name in on_offer])
    walk_s = dice.uniform(10, 30)
    categories = list(scene.plan.categories.values())
    privileged = dice.random() < scene.priority and bool(categories)
    slot = round(at_s / 60) + dice.randrange(EARLY_S // 60) if dice.random() < scene.booked else None
    return Visitor(
        at_s=at_s,
        service=service,
        desk_s=max(walk_s + 15, lognormal_s(dice, scene.means_s[service], scene.cv)),
        walk_s=walk_s,
        comes=dice.random() >= scene.no_show,
        category=dice.choice(categories) if privileged else None,
        slot=slot,
    )


def _on_offer(scene: Scene, service: str, at_s: float) -> bool:
    issuing = service_issuing(scene.plan, service, scene.date, NO_CALENDAR)
    reception = service_hours(scene.plan, service, scene.date, NO_CALENDAR)
    if issuing is None or reception is None:
        return False
    return issuing.opens * 60 <= at_s < issuing.closes * 60 and at_s >= reception.opens * 60 - EARLY_S
