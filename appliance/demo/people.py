"""Visitors and operators of a demonstration: they touch what people touch, the kiosk and the keys of the desks."""

from __future__ import annotations

import logging
import random
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.domain.desks import TakeBreak
from appliance.domain.office import Desk, DeskState, Office, TicketState
from appliance.domain.plan import DeskClass
from appliance.domain.refusal import Refused
from appliance.domain.tickets import TakeTicket
from appliance.store.writer import QueueWriter

if TYPE_CHECKING:
    from appliance.process import OfficeProcess

log = logging.getLogger(__name__)

LOOK_S = 1.0
WAY_S = (4.0, 15.0)
BREAK_S = (240.0, 600.0)


@dataclass(frozen=True, slots=True)
class Habits:
    """How lively a hall is. `arrivals_h`: visitors an hour; `service_s`: mean seconds at a desk; `staffed`: the share
    of the permanent desks that somebody sits at; `breaks_h`: breaks that a desk takes in an hour.
    """

    arrivals_h: float = 40.0
    service_s: float = 240.0
    staffed: float = 1.0
    breaks_h: float = 0.3


def habits_of(text: str) -> Habits:
    """Habits written as `arrivals/service/staffed`, such as `40/240/1.0`. Raises ValueError."""
    arrivals, service, staffed = map(float, text.split("/"))
    if arrivals <= 0 or service <= 0 or not 0 < staffed <= 1:
        raise ValueError(text)
    return Habits(arrivals, service, staffed)


def written(habits: Habits) -> str:
    """The inverse of `habits_of`."""
    return f"{habits.arrivals_h:g}/{habits.service_s:g}/{habits.staffed:g}"


def visiting(habits: Habits) -> Callable[[OfficeProcess], People]:
    """Who comes to a running office with simulated keys; the office's name makes each hall's days its own."""

    def company(office: OfficeProcess) -> People:
        bench = office.devices.bench
        assert bench is not None
        assert bench.panel is not None
        return People(office.writer, bench.panel.press, habits, zlib.crc32(office.config.office.encode()))

    return company


@dataclass(slots=True)
class _Operator:
    """What the person at one desk will do next, and when (CLOCK_MONOTONIC)."""

    state: DeskState | None = None
    ticket: int | None = None
    at: float = 0.0


class People:
    """Plays visitors and operators until it is stopped; every act goes the way of a real one.

    `press` presses a key as hardware.toml names it (`desk/3/next`).
    """

    def __init__(self, writer: QueueWriter, press: Callable[[str], object], habits: Habits, seed: int) -> None:
        self._writer, self._press, self._habits = writer, press, habits
        self._random = random.Random(seed)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="demo-people", daemon=True)
        self._operators: dict[int, _Operator] = {}

    def __enter__(self) -> People:
        """Come in."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Go home."""
        self.stop()

    def start(self) -> None:
        """Come in."""
        self._thread.start()

    def stop(self) -> None:
        """Go home."""
        self._stop.set()
        self._thread.join(5.0)

    def _run(self) -> None:
        next_visitor = time.monotonic() + self._random.expovariate(self._habits.arrivals_h / 3600)
        while not self._stop.wait(LOOK_S * self._random.uniform(0.8, 1.2)):
            try:
                now = time.monotonic()
                while next_visitor <= now:
                    self._arrive(self._writer.office)
                    next_visitor += self._random.expovariate(self._habits.arrivals_h / 3600)
                self._work(self._writer.office, now)
            except Refused as refusal:
                log.debug("the demonstration was refused: %s", refusal)
            except Exception:
                log.exception("the demonstration's people stumbled")

    def _arrive(self, office: Office) -> None:
        if office.plan is None or office.open_day is None or office.pause is not None:
            return
        service = self._random.choice(list(office.plan.services.values()))
        purpose = self._random.choice(service.purposes) if service.purposes else ""
        language = self._random.choices(("ru", "uk"), (3, 1))[0]
        # No paper: a demonstration of seventeen halls would fill seventeen trays.
        command = TakeTicket(service.id, language, paper=False, purpose=purpose)
        self._writer.submit(command, actor="kiosk:demo").exception(10.0)

    def _work(self, office: Office, now: float) -> None:
        plan = office.plan
        if plan is None:
            return
        permanent = [d.number for d in plan.desks.values() if d.desk_class is DeskClass.PERMANENT]
        staffed = permanent[: max(1, round(len(permanent) * self._habits.staffed))]
        for number, desk in office.desks.items():
            if number in staffed or desk.state is not DeskState.CLOSED:
                self._sit(office, desk, now)

    def _sit(self, office: Office, desk: Desk, now: float) -> None:
        """What the person at this desk does when they have had the time for it."""
        operator = self._operators.setdefault(desk.number, _Operator())
        if (operator.state, operator.ticket) != (desk.state, desk.ticket):
            operator.state, operator.ticket = desk.state, desk.ticket
            operator.at = now + self._time_for(desk)
        if now < operator.at or office.pause is not None:
            return
        operator.at = now + 5.0
        if desk.state is DeskState.FREE and self._random.random() < self._habits.breaks_h * LOOK_S / 3600:
            self._writer.submit(TakeBreak(desk.number, "rest"), actor=f"desk:{desk.number}").exception(10.0)
        elif desk.state is DeskState.CALLED:
            self._press(f"desk/{desk.number}/finish")
        elif desk.state is not DeskState.FREE or self._somebody_waits(office):
            self._press(f"desk/{desk.number}/next")

    def _time_for(self, desk: Desk) -> float:
        if desk.state is DeskState.SERVING:
            return self._random.lognormvariate(0.0, 0.5) * self._habits.service_s
        if desk.state is DeskState.CALLED:
            return self._random.uniform(*WAY_S)
        return self._random.uniform(*BREAK_S) if desk.state is DeskState.BREAK else self._random.uniform(1.0, 4.0)

    def _somebody_waits(self, office: Office) -> bool:
        return any(ticket.state is TicketState.WAITING for ticket in office.tickets.values())
