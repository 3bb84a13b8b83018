"""What the head of the office is advised: open so many reserve desks now, and what that changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from appliance.domain.forecasts.durations import Learnt
from appliance.domain.forecasts.forecast import outlook, predict
from appliance.domain.forecasts.forward import Chance
from appliance.domain.forecasts.hall import DeskNow, Hall, closed_desk
from appliance.domain.office import DeskState, Office
from appliance.domain.plan import DeskClass, Plan

RUNS = 60


@dataclass(frozen=True, slots=True)
class Advice:
    """Open these reserve desks now.

    `wait_now_s` and `wait_after_s`: the mean wait of a newcomer, of the service with the longest one that a reserve
    desk could take, as things are and with these desks open. `share_before` and `share_after`: of those who wait and
    who come in the next hour, how many will have waited past the norm.
    """

    open_desks: tuple[int, ...]
    share_before: float
    share_after: float
    wait_now_s: int
    wait_after_s: int


def advise(
    plan: Plan,
    office: Office,
    hall: Hall,
    learnt: Learnt,
    chance: Chance,
    means_s: Mapping[str, float] | None = None,
) -> Advice | None:
    """The fewest reserve desks that bring the predicted wait of a newcomer down to the plan's `advise_wait_min`.

    If all together don't, those that help. None while the wait is no longer than that, in a pause, or when no reserve
    desk is left to open. `means_s`: the mean waits by service, where they have been predicted already.
    """
    limit_s = plan.settings.advise_wait_min * 60
    left = [
        closed_desk(plan, desk.number, hall.services)
        for desk in plan.desks.values()
        if desk.desk_class is DeskClass.RESERVE and _closed(office, desk.number)
    ]
    if not left or not limit_s or hall.paused:
        return None
    helped = 0
    for one in left:
        helped |= one.main | one.secondary
    if means_s is None:
        now_s = _longest_s(hall, learnt, chance, helped)
    else:
        of_helped = (means_s.get(name, 0.0) for n, name in enumerate(hall.services) if helped >> n & 1)
        now_s = max(of_helped, default=0.0)
    if now_s <= limit_s:
        return None
    chosen: list[DeskNow] = []
    after_s = now_s
    while left and after_s > limit_s:
        best_s, best = min(
            (_longest_s(hall.with_open([*chosen, one]), learnt, chance, helped), one.number) for one in _unlike(left)
        )
        if best_s >= after_s:
            break
        after_s = best_s
        chosen += [one for one in left if one.number == best]
        left = [one for one in left if one.number != best]
    if not chosen:
        return None
    before = outlook(hall, learnt, chance)
    after = outlook(hall.with_open(chosen), learnt, chance)
    numbers = tuple(sorted(one.number for one in chosen))
    return Advice(numbers, before.share_over, after.share_over, round(now_s), round(after_s))


def _closed(office: Office, number: int) -> bool:
    desk = office.desks.get(number)
    return desk is None or desk.state is DeskState.CLOSED


def _longest_s(hall: Hall, learnt: Learnt, chance: Chance, services: int) -> float:
    found = predict(hall, learnt, chance, wanted=services, runs=RUNS)
    return max((wait.mean_s for wait in found.values()), default=0.0)


def _unlike(desks: Sequence[DeskNow]) -> list[DeskNow]:
    """One of each sort: desks for the same services do the same."""
    sorts: dict[tuple[int, int], DeskNow] = {}
    for desk in desks:
        sorts.setdefault((desk.main, desk.secondary), desk)
    return list(sorts.values())
