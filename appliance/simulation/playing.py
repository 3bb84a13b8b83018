"""Playing the days that `talon simulate` was asked for, and printing their figures."""

from __future__ import annotations

import argparse
import json
import time

from appliance.domain.plan import DeskClass, Plan
from appliance.domain.plans.document import Mistake
from appliance.domain.plans.reader import PlanError, checked_plan
from appliance.simulation.book import journal_lines
from appliance.simulation.day import Day
from appliance.simulation.figures import Figures, as_lines, nearest_rank
from appliance.simulation.head import FollowingHead
from appliance.simulation.scene import A_TUESDAY, Scene, plain_hall, popularity, true_means_s
from appliance.simulation.telling import Telling

USUAL_MEAN_S = 15 * 60.0


def play(options: argparse.Namespace) -> int:
    """Play the days and print their figures. Raises PlanError for a plan that can't be used."""
    figures, began = Figures(), time.process_time()
    estimates_ms, looks_ms = list[float](), list[float]()
    plan = _plan(options)
    reserve = frozenset(desk.number for desk in plan.desks.values() if desk.desk_class is DeskClass.RESERVE)
    for seed in range(options.seed, options.seed + options.seeds):
        scene = scene_of(options, plan, seed)
        telling = Telling(scene)
        head = FollowingHead(scene, telling.past) if scene.advice else None
        book = Day(scene, telling if scene.estimates else None, head).play()
        figures.add(plan, book.records, reserve)
        estimates_ms += telling.cpu_ms
        looks_ms += head.cpu_ms if head is not None else []
    if options.journal is not None:
        lines = "".join(f"{line}\n" for line in journal_lines(book.records))
        options.journal.write_text(lines, encoding="utf-8")
    report = figures.report() | {
        "estimate_cpu_p50_ms": nearest_rank(sorted(estimates_ms), 0.5),
        "estimate_cpu_p95_ms": nearest_rank(sorted(estimates_ms), 0.95),
        "advice_cpu_p95_ms": nearest_rank(sorted(looks_ms), 0.95),
        "cpu_s": round(time.process_time() - began, 2),
    }
    print(json.dumps(report) if options.json else "\n".join(as_lines(report)))
    return 0


def scene_of(options: argparse.Namespace, plan: Plan, seed: int) -> Scene:
    """The day of one seed."""
    mean_s: float | None = options.service_mean
    if mean_s is None and options.plan is None:
        mean_s = USUAL_MEAN_S
    return Scene(
        plan=plan,
        seed=seed,
        means_s=true_means_s(plan, mean_s),
        weights=popularity(plan),
        visits=options.visits,
        cv=options.cv,
        priority=options.priority,
        no_show=options.no_show,
        booked=options.booked,
        date=options.date or A_TUESDAY,
        estimates=not options.no_estimates,
        advice=options.advice,
        past_days=options.past_days,
    )


def _plan(options: argparse.Namespace) -> Plan:
    if options.plan is None:
        return plain_hall(options.permanent, options.reserve, policy=options.policy)
    try:
        return checked_plan(options.plan.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError([Mistake("plan", "not-readable", {"error": str(error)})]) from error
