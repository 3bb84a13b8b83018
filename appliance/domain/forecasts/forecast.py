"""How long a newcomer will wait, and what becomes of the line: the hall run forward many times (rule 11)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from appliance.domain.forecasts.durations import Learnt
from appliance.domain.forecasts.forward import Chance, Forward, Question
from appliance.domain.forecasts.hall import Hall

RUNS = 60
HORIZON_S = 3 * 3600.0

SOON_S = 3600.0
"""Nothing is said of a service whose desks open later than that."""


@dataclass(frozen=True, slots=True)
class Range:
    """A wait in seconds: 8 of 10 lie from `low_s` to `high_s`, half of them under `median_s`."""

    low_s: float
    median_s: float
    mean_s: float
    high_s: float


@dataclass(frozen=True, slots=True)
class Outlook:
    """What becomes of those who wait now and who come within a time.

    `share_over`: of them wait past the norm. `worst_s`: the longest wait, the mean over the runs.
    """

    share_over: float
    worst_s: float


def predict(
    hall: Hall,
    learnt: Learnt,
    chance: Chance,
    *,
    heads: Sequence[float | None] = (None,),
    wanted: int = -1,
    runs: int = RUNS,
) -> dict[tuple[float | None, str], Range]:
    """The wait of a newcomer by head start of priority in seconds (None: without priority) and by service.

    `wanted` is a mask of services, all unless given. A service is missing that no desk serves now or soon.
    """
    able = 0
    for desk in hall.desks:
        if desk.free_in_s <= SOON_S:
            able |= desk.main | desk.secondary
    able &= wanted & ((1 << len(hall.services)) - 1)
    times: list[list[list[float]]] = [[[] for _ in hall.services] for _ in heads]
    forward = Forward(hall, learnt, chance)
    for _ in range(runs):
        questions = [Question(able, hall.rank(head_s), found) for head_s, found in zip(heads, times, strict=True)]
        forward.play(HORIZON_S, questions=questions)
        for question in questions:
            question.answer(question.left, HORIZON_S)
    return {
        (head_s, name): _range(sorted(found))
        for head_s, by_service in zip(heads, times, strict=True)
        for name, found in zip(hall.services, by_service, strict=True)
        if found
    }


def outlook(hall: Hall, learnt: Learnt, chance: Chance, *, horizon_s: float = 3600.0, runs: int = 30) -> Outlook:
    """What the next `horizon_s` bring for those who wait and those who come meanwhile."""
    forward = Forward(hall, learnt, chance, everybody=True)
    over = count = 0
    worst_s = 0.0
    for _ in range(runs):
        waits: list[tuple[float, int]] = []
        forward.play(horizon_s, waits=waits)
        over += sum(wait_s > hall.norms_s[service] for wait_s, service in waits)
        count += len(waits)
        worst_s += max((wait_s for wait_s, _ in waits), default=0.0)
    return Outlook(over / count if count else 0.0, worst_s / runs)


def naive_s(hall: Hall, service: str, mean_s: float) -> float:
    """The plain quotient: 0 if a desk for it is free, else (waiting ahead for the service + 1) x mean / open desks."""
    bit = 1 << hall.services.index(service)
    desks = [desk for desk in hall.desks if (desk.main | desk.secondary) & bit and desk.free_in_s == 0]
    if any(desk.stay is None for desk in desks):
        return 0.0
    ahead = sum(1 << waiter.service == bit for waiter in hall.line)
    return (ahead + 1) * mean_s / max(1, len(desks))


def _range(ordered: Sequence[float]) -> Range:
    """What some ascending waits say."""
    last = len(ordered)
    tenth = max(0, round(0.1 * (last + 1)) - 1)
    return Range(
        low_s=ordered[tenth],
        median_s=ordered[last // 2],
        mean_s=math.fsum(ordered) / last,
        high_s=ordered[last - 1 - tenth],
    )
