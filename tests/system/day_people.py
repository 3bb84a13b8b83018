"""Who acts on a day in the hall: visitors at the kiosk, operators at keys and pages, and a reception administrator."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from itertools import cycle
from random import Random
from typing import Any

from appliance.domain.office import DeskState, Ticket, TicketState
from appliance.domain.order import eligible
from appliance.domain.skills import level, served_somewhere
from tests.system.day_office import Caller, DayOffice

MINUTE_MS = 60_000
HOURS = (0.8, 1.4, 1.6, 1.4, 1.0, 0.7, 0.8, 0.8, 0.5)
"""How many come in each hour from eight on, as a part of the mean."""

PRIORITY, WITH_NEEDS, TWO_SERVICES = 0.08, 0.04, 0.08
SERVICE_MIN, SPREAD = 13.5, 0.6
PICKS = "op-01"
"""Somebody who may call a particular number by the plan."""


@dataclass(frozen=True)
class Given:
    """A number as the visitor was told it."""

    id: int
    label: str


class Visitors:
    """Everybody who comes to the kiosk; `given` are the numbers they hold, `refused` the codes they got instead."""

    def __init__(self, day: DayOffice, random: Random, count: int, opens_ms: int) -> None:
        self._day, self._random, self._kiosk = day, random, day.browser()
        self.given: list[Given] = []
        self.refused: Counter[str] = Counter()
        self.repeated = 0
        self.asked: Counter[str] = Counter()
        hours = random.choices(range(len(HOURS)), HOURS, k=count)
        for number, hour in enumerate(sorted(hours)):
            at_ms = opens_ms + round((hour + random.random()) * 60 * MINUTE_MS)
            body = self._wish()
            day.at(at_ms, lambda number=number, body=body: self.come(f"visitor-{number}", body))  # type: ignore[misc]

    def _wish(self) -> dict[str, Any]:
        random, plan = self._random, self._day.plan
        weights = [4 if service.popular else 1 for service in plan.services.values()]
        first, second = random.choices(list(plan.services.values()), weights, k=2)
        body: dict[str, Any] = {"service": first.id, "language": "ru", "paper": False}
        if first.purposes:
            body["purpose"] = random.choice(first.purposes)
        if second is not first and random.random() < TWO_SERVICES:
            body["also"] = [second.id]
        if random.random() < PRIORITY:
            body["category"] = random.choice([c.id for c in plan.categories.values() if c.kiosk])
        if random.random() < WITH_NEEDS:
            body["needs"] = random.choice((["time"], ["step-free"], ["time", "voice"]))
        return body

    def come(self, key: str, body: dict[str, Any]) -> None:
        """Ask for a number; one in twenty asks twice because the screen was slow; in a pause they come again."""
        status, told = self._kiosk.ask("POST", "/api/v1/tickets", body, key)
        if status != 201:
            self.refused[told["code"]] += 1
            if told["code"] == "hall-paused":
                again_ms = self._day.now_ms + self._random.randrange(20, 30) * MINUTE_MS
                self._day.at(again_ms, lambda: self.come(f"{key}-again", body))
            return
        self.given.append(Given(told["id"], told["label"]))
        self.asked.update(name for name in ("also", "category", "needs", "purpose") if name in body)
        if self._random.random() < 0.05:
            status, again = self._kiosk.ask("POST", "/api/v1/tickets", body, key)
            assert (status, again["label"], self._kiosk.replayed) == (201, told["label"], True)
            self.repeated += 1


class Habits:
    """What happens every so many times, whoever does it: so that no kind of act is missing on a small day."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def due(self, what: str, every: int) -> bool:
        """Count one more occasion; whether this is the one."""
        self._counts[what] += 1
        return self._counts[what] % every == every // 2


class Clerk:
    """An operator at a desk, by its keys or (with a `page`) by its screen."""

    def __init__(
        self, day: DayOffice, desk: int, until_ms: int, random: Random, habits: Habits, page: Caller | None = None
    ) -> None:
        self._day, self._desk, self._until_ms, self._random, self._page = day, desk, until_ms, random, page
        self._habits = habits
        self._met: set[int] = set()
        self._ticket, self._state, self._due_ms = 0, DeskState.CLOSED, 0
        self._absent = self._recalled = self._rested = False
        self.acts: Counter[str] = Counter()

    def begin(self, at_ms: int) -> None:
        """Come to work."""
        self._day.at(at_ms, self._wake)

    def _wake(self) -> None:
        pause_ms = self._act()
        if pause_ms is not None:
            self._day.at(self._day.now_ms + pause_ms, self._wake)

    def _act(self) -> int | None:
        """Do what is to be done now; in how many milliseconds to look again, None when the work is over."""
        office, over = self._day.office, self._day.now_ms >= self._until_ms
        desk = office.desks[self._desk]
        if office.open_day is None:
            return None if over else MINUTE_MS
        held = office.tickets[desk.ticket] if desk.ticket is not None else None
        match desk.state:
            case DeskState.CLOSED:
                return None if over else self._press("next")
            case DeskState.BREAK:
                return self._press("next")
            case DeskState.FREE:
                return self._free(over)
        assert held is not None
        if (held.id, desk.state) != (self._ticket, self._state):
            self._meet(held, desk.state)
        if self._day.now_ms < self._due_ms:
            return self._due_ms - self._day.now_ms
        return self._called(held) if desk.state is DeskState.CALLED else self._served(held, over)

    def _meet(self, held: Ticket, state: DeskState) -> None:
        """Somebody new is at the desk, or the service has begun: how long will that take?"""
        self._ticket, self._state = held.id, state
        self._absent, self._recalled = state is DeskState.CALLED and self._habits.due("no-show", 24), False
        if state is DeskState.CALLED:
            self._due_ms = self._day.now_ms + (25_000 if self._absent else self._random.randrange(8_000, 45_000))
            return
        mean = math.log(SERVICE_MIN) - SPREAD**2 / 2
        minutes = min(45.0, max(1.0, self._random.lognormvariate(mean, SPREAD)))
        self._due_ms = self._day.now_ms + round(minutes * MINUTE_MS)

    def _free(self, over: bool) -> int | None:
        office = self._day.office
        waiting = [ticket for ticket, _ in eligible(office, self._desk)]
        if over:
            self._press("finish", long=True)
            return None
        if office.pause is not None or not waiting:
            if self._page is not None and not self._rested and self._day.now_ms > self._until_ms - 6 * 60 * MINUTE_MS:
                self._rested = True
                self._ask("break", {"reason": "rest"})
                return 10 * MINUTE_MS
            return 15_000
        if self._may_pick() and len(waiting) > 1 and self._habits.due("pick", 4):
            return self._ask("call", {"ticket": self._random.choice(waiting).id})
        return self._press("next")

    def _may_pick(self) -> bool:
        return self._page is not None and self._day.office.desks[self._desk].operator == PICKS

    def _called(self, held: Ticket) -> int:
        if self._absent:
            if not self._recalled:
                self._recalled, self._due_ms = True, self._day.now_ms + 25_000
                return self._press("repeat")
            return self._press("repeat", long=True) if self._page is None else self._ask("miss")
        if self._page is not None and held.category is not None and held.confirmed is None:
            return self._ask("refuse" if self._habits.due("refuse", 2) else "confirm", ticket=held.id)
        if self._page is not None and held.id not in self._met and self._habits.due("undo", 20):
            self._met.add(held.id)
            self._press("finish")
            return self._press("next", long=True)
        return self._press("finish")

    def _served(self, held: Ticket, over: bool) -> int:
        if held.id not in self._met:
            self._met.add(held.id)
            if self._page is None:
                if self._habits.due("park by key", 16):
                    return self._press("repeat")
                if self._habits.due("transfer by key", 40):
                    return self._press("finish", long=True)
            elif self._habits.due("park", 12):
                return self._ask("park", {"reason": "form", "minutes": self._random.choice((3, 6, 12))})
            elif self._habits.due("transfer", 12):
                target = "debts" if held.service != "debts" else "bills"
                return self._ask("transfer", {"service": target, "come_back": self._habits.due("come back", 2)})
        more = not over and any(eligible(self._day.office, self._desk))
        return self._press("next" if more else "finish")

    def _press(self, key: str, *, long: bool = False) -> int:
        self.acts[f"{'long ' if long else ''}{key}"] += 1
        if self._page is None:
            self._day.push(self._desk, key, long=long)
        else:
            expects = self._day.office.desks[self._desk].ticket or 0
            body = {"key": key, "long": long, "expects": expects}
            self._page.ask("POST", f"/api/v1/desks/{self._desk}/press", body)
        return 3_000

    def _ask(self, what: str, body: dict[str, Any] | None = None, ticket: int | None = None) -> int:
        assert self._page is not None
        self.acts[what] += 1
        path = f"/api/v1/desks/{self._desk}/{what}" if ticket is None else f"/api/v1/tickets/{ticket}/category/{what}"
        self._page.ask("POST", path, body or {})
        self._page.ask("GET", f"/api/v1/desks/{self._desk}")
        return 3_000


class Reception:
    """The administrator: now and then sends, merges, returns, adds a service, lets go; raises the alarm."""

    def __init__(self, day: DayOffice, random: Random) -> None:
        self._day, self._random = day, random
        self._page, self._board = day.signed_in("reception", None), day.browser()
        self._duties = cycle(("send", "merge", "send-to-desk", "category", "services", "needs", "leave"))
        self.acts: Counter[str] = Counter()

    def begin(self, at_ms: int, until_ms: int, every_ms: int) -> None:
        """Do something every now and then."""
        for moment in range(at_ms, until_ms, every_ms):
            self._day.at(moment, self._act)

    def alarm(self, at_ms: int, minutes: int) -> None:
        """The hall stands still for so long."""
        self._day.at(at_ms, lambda: self._ask("/api/v1/pause", {"reason": "alarm"}))
        self._day.at(at_ms + minutes * MINUTE_MS, lambda: self._ask("/api/v1/resume", {}))

    def _act(self) -> None:
        _, view = self._page.ask("GET", "/api/v1/reception")
        assert self._page.ask("GET", "/api/v1/indicators/now")[0] == 200
        for path in ("/api/v1/hall", "/api/v1/kiosk"):
            assert self._board.ask("GET", path)[0] == 200
        waiting, missed, parked = view["waiting"], view["missed"], view["parked"]
        for one in missed:
            if not one["returned"]:
                return self._of(one, "return", {})
        if parked and self._random.random() < 0.3:
            return self._of(parked[0], "return", {})
        if not waiting:
            return None
        one = self._random.choice(waiting)
        match next(self._duties):
            case "send":
                return self._of(one, "send", {"service": self._random.choice(list(self._day.plan.services))})
            case "send-to-desk":
                return self._send_to_desk(one)
            case "merge" if len(waiting) > 1:
                other = next(two for two in waiting if two["id"] != one["id"])
                return self._of(one, "merge", {"into": other["id"]})
            case "services":
                return self._of(one, "services", {"service": self._random.choice(list(self._day.plan.services))})
            case "needs":
                return self._of(one, "needs", {"needs": ["time"]})
            case "category":
                return self._of(one, "category", {"category": "large-family", "confirmed": False})
        return self._of(one, "leave", {"reason": self._random.choice(("left", "cancelled", "mistake"))})

    def _send_to_desk(self, one: dict[str, Any]) -> None:
        office = self._day.office
        ticket = office.tickets[one["id"]]
        desks = [n for n, desk in office.desks.items() if desk.working and level(office, n, ticket)]
        if desks and served_somewhere(self._day.plan, ticket.service):
            self._of(one, "send", {"desk": self._random.choice(desks)})

    def _of(self, one: dict[str, Any], what: str, body: dict[str, Any]) -> None:
        self.acts[what] += 1
        self._ask(f"/api/v1/tickets/{one['id']}/{what}", body)

    def _ask(self, path: str, body: dict[str, Any]) -> None:
        status, told = self._page.ask("POST", path, body)
        assert status == 200, told


def final(tickets: list[Ticket]) -> bool:
    """Whether every ticket came to an end."""
    ends = (TicketState.DONE, TicketState.LEFT, TicketState.MISSED)
    return all(ticket.state in ends for ticket in tickets)
