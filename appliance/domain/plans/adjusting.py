"""What of a newer plan holds at once, and what waits for the next opening of a day (rule 18)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from appliance.domain.plan import DeskPlan, Operator, Organisation, Plan, Service
from appliance.domain.plans.checks import served_by, served_services

PLAN_AT_ONCE = ("settings", "hours", "calendar", "policy", "shifts", "absences")
ORGANISATION_AT_ONCE = ("hours",)
SERVICE_AT_ONCE = ("norm_min", "wait_norm_min", "limit", "hours")
DESK_AT_ONCE = ("services", "secondary", "needs")
OPERATOR_AT_ONCE = ("also", "services", "secondary", "may_pick")
ADDED_AT_ONCE = ("categories", "reasons", "operators")
"""The fields of each that hold at once; what may be added (never removed) at once."""

Item = TypeVar("Item", Organisation, Service)


def adjusted(current: Plan, newest: Plan) -> Plan:
    """`current` with that of `newest` which holds at once: norms, limits, hours, skills, people and settings.

    The ids of `current` stay what they are, as do its version and its document. Skills and shifts that name what
    `current` doesn't have wait for the opening. A service that desks of `current` take never ends without a desk:
    where `newest` leaves it to nobody who is here today, it stays with those who had it.
    """
    desks = {number: _desk(current, desk, newest.desks.get(number)) for number, desk in current.desks.items()}
    services = _each(current.services, newest.services, SERVICE_AT_ONCE)
    organisations = _each(current.organisations, newest.organisations, ORGANISATION_AT_ONCE)
    operators = _operators(current, newest)
    plan = replace(
        current,
        settings=newest.settings,
        hours=newest.hours,
        calendar=newest.calendar,
        policy=newest.policy,
        organisations=organisations,
        services=services,
        desks=desks,
        operators=operators,
        shifts=tuple(s for s in newest.shifts if s.operator in operators and s.desk in desks),
        absences=tuple(a for a in newest.absences if a.operator in operators),
        categories={**newest.categories, **current.categories},
        reasons={**newest.reasons, **current.reasons},
    )
    return replace(plan, desks=_with_orphans(current, plan))


def _each(current: Mapping[str, Item], newest: Mapping[str, Item], names: tuple[str, ...]) -> dict[str, Item]:
    return {key: _taken(item, newest[key], names) if key in newest else item for key, item in current.items()}


def _taken(item: Item, newer: Item, names: tuple[str, ...]) -> Item:
    changes: dict[str, Any] = {name: getattr(newer, name) for name in names}
    return replace(item, **changes)


def _desk(current: Plan, desk: DeskPlan, newer: DeskPlan | None) -> DeskPlan:
    """A desk with its newer skills; with its own where those belong to another organisation or don't exist yet."""
    if newer is None or newer.organisation != desk.organisation:
        return desk
    services = _existing(newer.services, current.services)
    desk = replace(desk, needs=newer.needs)
    # No services would mean all of them.
    if newer.services and not services:
        return desk
    return replace(desk, services=services, secondary=_existing(newer.secondary, current.services))


def _existing(names: tuple[str, ...], known: Collection[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name in known)


def _with_orphans(current: Plan, plan: Plan) -> dict[int, DeskPlan]:
    """The desks of `plan`, with every service that none of them takes back at the desks of `current` that took it."""
    orphans = served_services(current) - served_services(plan)
    desks = dict(plan.desks)
    for number, desk in current.desks.items() if orphans else ():
        new = desks[number]
        kept = [name for name in current.services if name in orphans & served_by(current, desk)]
        # No services mean all of them: an orphan among them would be the only one.
        beside = set(desk.secondary if new.services else kept)
        desks[number] = replace(
            new,
            services=new.services + tuple(name for name in kept if name not in beside),
            secondary=new.secondary + tuple(name for name in kept if name in beside),
        )
    return desks


def _operators(current: Plan, newest: Plan) -> dict[str, Operator]:
    """The newer skills of everybody, and whoever is new in an organisation that is there.

    To whom somebody belongs holds until the opening, and so does whoever is left out: an operator whom the plan doesn't
    know would be bound by nothing.
    """
    made = dict(current.operators)
    for key, operator in newest.operators.items():
        known = current.operators.get(key, operator)
        if known.organisation is not None and known.organisation not in current.organisations:
            continue
        services = _existing(operator.services, current.services)
        if operator.services and not services:
            continue
        made[key] = replace(
            operator,
            organisation=known.organisation,
            also=_existing(operator.also, current.organisations),
            services=services,
            secondary=_existing(operator.secondary, current.services),
        )
    return made
