"""Plans that are like another one but for a few things, as a head of an office leaves them after an afternoon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib import resources
from typing import Any

from hypothesis import strategies as st

from appliance.domain.plan import Absence, Category, Plan, Settings, Shift, Span, Timetable, Words
from appliance.domain.plans.reader import checked_plan

EXAMPLES = ("plan", "odintsovo", "vinnytsia")


def example(name: str) -> Plan:
    return checked_plan(resources.files("appliance.demo").joinpath(f"{name}.toml").read_text(encoding="utf-8"))


HALL = example("vinnytsia")
SPANS = st.tuples(st.integers(0, 1439), st.integers(1, 1440)).filter(lambda pair: pair[0] < pair[1])
TIMETABLES = st.none() | SPANS.map(lambda pair: Timetable.daily(*pair))
NAMES = st.sampled_from(tuple(HALL.services))


def some(items: Mapping[Any, Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    """Some of the keys in their order."""
    keys = tuple(items)
    return st.sets(st.sampled_from(keys)).map(lambda kept: tuple(key for key in keys if key in kept))


@st.composite
def variants(draw: st.DrawFn, plan: Plan = HALL) -> Plan:
    """`plan` with services, desks and people less, and with other norms, limits, hours and skills."""
    organisations = {
        key: replace(item, hours=draw(TIMETABLES)) if draw(st.booleans()) else item
        for key, item in plan.organisations.items()
    }
    kept = draw(some(plan.services)) or tuple(plan.services)[:1]
    services = {
        key: replace(
            plan.services[key],
            norm_min=draw(st.integers(1, 240)),
            wait_norm_min=draw(st.integers(0, 60)),
            limit=draw(st.integers(0, 50)),
            hours=draw(TIMETABLES),
            icon=draw(st.sampled_from(("house", "wrench"))),
        )
        for key in kept
    }
    desks = {}
    for number in draw(some(plan.desks)) or (1,):
        main = tuple(dict.fromkeys(draw(st.lists(st.sampled_from(kept), max_size=4))))
        desks[number] = replace(
            plan.desks[number],
            services=main,
            secondary=tuple(
                name for name in draw(st.lists(st.sampled_from(kept), max_size=2, unique=True)) if name not in main
            ),
            organisation=draw(st.sampled_from((None, "zhek", "water"))),
            transfer_to=None,
            needs=draw(st.sampled_from(((), ("time",)))),
        )
    operators = {
        key: replace(
            plan.operators[key],
            services=draw(st.lists(st.sampled_from(kept), max_size=2, unique=True).map(tuple)),
            secondary=(),
        )
        for key in draw(some(plan.operators))
    }
    shifts = tuple(
        Shift(operator, draw(st.sampled_from(tuple(desks))), (day,), Span(480, 960))
        for day, operator in enumerate(tuple(operators)[:5])
    )
    return replace(
        plan,
        version=draw(st.integers(1, 9)),
        phone=draw(st.sampled_from(("1", "2"))),
        organisations=organisations,
        services=services,
        desks=desks,
        operators=operators,
        shifts=shifts,
        absences=tuple(Absence(key, "2026-12-01", "2026-12-02") for key in tuple(operators)[:1]),
        settings=Settings(park_min=draw(st.integers(1, 60))),
        categories={key: Category(key, Words({"uk": key})) for key in draw(st.sets(st.sampled_from(("a", "b", "c"))))},
        document=draw(st.sampled_from(("x", "y"))),
    )
