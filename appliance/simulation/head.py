"""A head of the office who follows the advice: opens reserve desks, and closes them when it is quiet."""

from __future__ import annotations

import time

from appliance.domain.forecasts.advice import advise
from appliance.domain.forecasts.durations import Past, learn
from appliance.domain.forecasts.hall import survey
from appliance.domain.office import DeskState, TicketState
from appliance.domain.plan import DeskClass
from appliance.simulation.day import Day
from appliance.simulation.scene import Scene

QUIET_MIN = 10
SPARE_DESKS = 2


class FollowingHead:
    """Looks once a minute. After 10 minutes with nobody waiting and 2 desks free a reserve desk closes."""

    def __init__(self, scene: Scene, past: Past) -> None:
        self._scene, self._past = scene, past
        self._chance = scene.dice("advice").random
        self._quiet_min = 0
        self._opened: list[int] = []
        self.cpu_ms: list[float] = []

    def look(self, day: Day) -> None:
        """One minute's look."""
        plan, office, now = self._scene.plan, day.office, day.book.now()
        began = time.process_time()
        hall = survey(plan, office, now)
        advice = None
        if any(desk.stay is not None for desk in hall.desks):
            learnt = learn(plan, office, now, self._past)
            advice = advise(plan, office, hall, learnt, self._chance)
        self.cpu_ms.append((time.process_time() - began) * 1000)
        if advice is not None:
            for number in advice.open_desks:
                self._opened.append(number)
                day.open(number)
        waiting = any(ticket.state is TicketState.WAITING for ticket in day.office.tickets.values())
        free = sum(desk.state is DeskState.FREE for desk in day.office.desks.values())
        self._quiet_min = 0 if waiting or free < SPARE_DESKS else self._quiet_min + 1
        if self._opened and self._quiet_min >= QUIET_MIN:
            day.release(self._opened.pop())
            self._quiet_min = 0
        if not _receiving(day):
            while self._opened:
                day.release(self._opened.pop())


def _receiving(day: Day) -> bool:
    """Whether permanent desks still receive; the reserve goes home with the last of them."""
    permanent = (d.number for d in day.scene.plan.desks.values() if d.desk_class is DeskClass.PERMANENT)
    return any(day.office.desks[number].state is not DeskState.CLOSED for number in permanent)
