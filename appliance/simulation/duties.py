"""When staff are at the desks of a simulated day: by the roster, or all permanent desks while reception lasts."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.domain.plan import DeskClass, Span
from appliance.domain.roster import shifts_on
from appliance.simulation.scene import Scene


@dataclass(frozen=True, slots=True)
class Duty:
    """Somebody is to be at a desk from one second of the day to another, less the breaks."""

    desk: int
    opens_s: int
    closes_s: int
    breaks: tuple[Span, ...] = ()


def duties(scene: Scene) -> list[Duty]:
    """The duties of the day; reserve desks have none unless the roster says so."""
    hours, plan = scene.hours, scene.plan
    if hours.reception is None or hours.office is None:
        return []
    if plan.shifts:
        return [
            Duty(shift.desk, shift.span.opens * 60, shift.span.closes * 60, shift.breaks)
            for shift in shifts_on(plan, scene.date, weekday=hours.weekday)
        ]
    reception = hours.reception
    return [
        Duty(desk.number, reception.opens * 60, reception.closes * 60)
        for desk in plan.desks.values()
        if desk.desk_class is DeskClass.PERMANENT
    ]
