"""Random halls, played through the rules alone: overloaded desks, priority, skills, visits of several services.

Everything follows from the seed and from what the hall answers, so two plays that should be alike can be compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from appliance.domain.calling import CallBack, CallNext, CallTicket, Miss, TicketCalled
from appliance.domain.clockwork import Tick
from appliance.domain.days import OpenDay
from appliance.domain.desks import CloseDesk, OpenDesk, SignIn, TakeBreak
from appliance.domain.identity import AdoptPlan, BeginIncarnation
from appliance.domain.message import Command, Event, Record
from appliance.domain.moment import Now
from appliance.domain.office import Desk, DeskState, Office, TicketState
from appliance.domain.pausing import PauseHall, ResumeHall
from appliance.domain.plan import Plan
from appliance.domain.priority import ConfirmCategory, RefuseCategory
from appliance.domain.refusal import Refused
from appliance.domain.rules import decide, evolve
from appliance.domain.serving import Finish, Park, ReturnTicket, Start
from appliance.domain.tickets import TakeTicket
from appliance.domain.visits import SendTicket, Transfer
from tests.domain.clock import MINUTE, SECOND, Clock
from tests.domain.sketch import Written, named, written

STEP = 15 * SECOND
LETTERS = "АБВГДЕ"
NEEDS = ("time", "step-free", "voice")


def random_hall(random: Random) -> Written:
    """A plan of a few organisations, each with services and desks of its own, and perhaps a desk for all."""
    owners = [f"body-{number}" for number in range(random.choice((1, 1, 2, 3)))]
    services: list[dict[str, Any]] = []
    desks: list[dict[str, Any]] = []
    for index, owner in enumerate(owners):
        own = [f"{owner}-{number}" for number in range(random.randint(1, 3))]
        norms = [random.choice((0, 1, 2, 5)) for _ in own]
        services += [
            named(name, series=LETTERS[index], organisation=owner, wait_norm_min=norm)
            for name, norm in zip(own, norms, strict=True)
        ]
        desks += _desks_of(random, owner, own, len(desks))
    if random.random() < 0.3:
        desks.append({"number": len(desks) + 1})
    every = [service["id"] for service in services]
    operators = [_operator(random, name, owners, every) for name in ("ann", "bob", "eve")]
    return written(
        {
            "schema": 1,
            "version": 1,
            "office": "office-17",
            "timezone": "Europe/Moscow",
            "name": {"en": "Office 17"},
            "hours": {"opens": "00:00", "closes": "24:00"},
            "settings": {
                "wait_norm_min": random.randint(1, 4),
                "start_after_s": random.choice((0, 30)),
                "missed_after_s": random.choice((0, 45)),
                "park_min": random.choice((0, 2)),
            },
            "policy": {
                "kind": random.choice(("absolute", "ratio", "ageing")),
                "ratio": random.randint(1, 3),
                "passes": random.choice((0, 1, 1, 2, 3)),
            },
            "category": [
                named("veteran", head_start_min=random.choice((0, 5, 30))),
                named("disabled", head_start_min=240, confirm_first=random.random() < 0.5),
            ],
            "organisation": [named(owner) for owner in owners],
            "service": services,
            "desk": desks,
            "operator": operators,
        }
    )


def _desks_of(random: Random, owner: str, own: Sequence[str], already: int) -> list[dict[str, Any]]:
    """One desk for everything of the organisation, and perhaps others that take a part of it."""
    desks: list[dict[str, Any]] = [{"organisation": owner, "needs": _some(random, NEEDS, 0.3)}]
    for _ in range(random.randint(0, 2)):
        main = _some(random, own, 0.5) or [own[0]]
        desks.append({"services": main, "secondary": [name for name in own if name not in main]})
    return [{"number": already + number, **desk} for number, desk in enumerate(desks, start=1)]


def _operator(random: Random, name: str, owners: Sequence[str], services: Sequence[str]) -> dict[str, Any]:
    if random.random() < 0.5:
        return {"id": name, "organisation": random.choice(owners), "may_pick": random.random() < 0.5}
    return {"id": name, "services": _some(random, services, 0.6), "may_pick": random.random() < 0.5}


def _some(random: Random, items: Sequence[str], share: float) -> list[str]:
    return [item for item in items if random.random() < share]


@dataclass
class Seen:
    """One command that was not refused: the office before and after it, its events, and the hall's time."""

    before: Office
    after: Office
    events: Sequence[Event]
    now: Now
    at_ms: int
    """Milliseconds of the hall's own time, pauses left out."""


@dataclass
class Play:
    """One hall at work. `pause_at` puts a pause of some minutes in at that minute of the hall's own time."""

    seed: int
    minutes: int = 25
    pause_at: float | None = None
    pause_min: int = 7
    clock: Clock = field(default_factory=Clock)
    office: Office = field(default_factory=Office)
    seen: list[Seen] = field(default_factory=list)
    hall_ms: int = 0

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.hall = random_hall(self.random)
        self.plans: dict[str, Plan] = {self.hall.digest: self.hall.plan}

    def run(self) -> Play:
        """Open the hall and let people come and be served until the minutes are over."""
        for opening in (BeginIncarnation("office-17", "life"), AdoptPlan(self.hall.plan), OpenDay()):
            self.do(opening)
        for number in self.hall.plan.desks:
            self.do(OpenDesk(number))
        rush = self.random.uniform(0.3, 1.2) * len(self.hall.plan.desks)
        while self.hall_ms < self.minutes * MINUTE:
            if self.pause_at is not None and self.hall_ms >= self.pause_at * MINUTE:
                self._stand_still()
            for command in self._next(rush):
                self.do(command)
            self.clock.advance(STEP)
            self.hall_ms += STEP
        return self

    def do(self, command: Command) -> None:
        """Give a command; a refusal changes nothing."""
        now, before = self.clock.now(), self.office
        try:
            events = decide(before, command, now)
        except Refused:
            return
        for event in events:
            record = Record(self.office.seq + 1, now.moment, "test", event)
            self.office = evolve(self.office, record, self.plans.__getitem__)
        self.seen.append(Seen(before, self.office, events, now, self.hall_ms))

    def calls(self) -> Iterator[tuple[Seen, TicketCalled]]:
        """Every call, with the command that made it."""
        for seen in self.seen:
            for event in seen.events:
                if isinstance(event, TicketCalled):
                    yield seen, event

    def _stand_still(self) -> None:
        self.pause_at = None
        self.do(PauseHall("alarm"))
        for _ in range(self.pause_min * 2):
            self.clock.advance(MINUTE // 2)
            self.do(Tick(settled=True))
        self.do(ResumeHall())

    def _next(self, rush: float) -> Iterator[Command]:
        """What happens in the next seconds: the clock, newcomers, reception, then every desk."""
        random = self.random
        yield Tick(settled=True)
        while random.random() < rush / (1 + rush):
            yield self._newcomer()
        if random.random() < 0.05:
            yield from self._reception()
        for number in self.hall.plan.desks:
            if random.random() < 0.5:
                yield self._act(self.office.desks[number])

    def _newcomer(self) -> TakeTicket:
        random, services = self.random, list(self.hall.plan.services)
        return TakeTicket(
            random.choice(services),
            paper=False,
            also=tuple(_some(random, services, 0.05)),
            category=random.choice((None, None, "veteran", "disabled")),
            confirmed=random.random() < 0.3,
            needs=tuple(_some(random, NEEDS, 0.05)),
        )

    def _reception(self) -> Iterator[Command]:
        random, desk = self.random, self.random.choice(list(self.hall.plan.desks))
        yield SignIn(desk, random.choice(("ann", "bob", "eve")))
        for ticket in self.office.tickets.values():
            if ticket.state is TicketState.WAITING and random.random() < 0.1:
                yield random.choice(
                    (
                        ConfirmCategory(ticket.id),
                        RefuseCategory(ticket.id),
                        SendTicket(ticket.id, to_desk=desk),
                        SendTicket(ticket.id, random.choice(list(self.hall.plan.services))),
                    )
                )
            elif ticket.state in (TicketState.MISSED, TicketState.PARKED) and random.random() < 0.3:
                yield ReturnTicket(ticket.id)

    def _act(self, desk: Desk) -> Command:
        random, number = self.random, desk.number
        match desk.state:
            case DeskState.CLOSED | DeskState.BREAK:
                return OpenDesk(number)
            case DeskState.FREE:
                waiting = [t.id for t in self.office.tickets.values() if t.state is TicketState.WAITING] or [0]
                rare: tuple[Command, ...] = (
                    CallTicket(number, random.choice(waiting)),
                    CallBack(number),
                    TakeBreak(number),
                    CloseDesk(number),
                )
                return random.choice(rare) if random.random() < 0.1 else CallNext(number)
            case DeskState.CALLED:
                assert desk.ticket is not None
                rare = (Miss(number), Finish(number, call_next=True), RefuseCategory(desk.ticket))
                return random.choice(rare) if random.random() < 0.3 else Start(number)
            case DeskState.SERVING:
                others = (
                    Park(number, minutes=random.choice((None, 0, 1))),
                    Transfer(number, random.choice(list(self.hall.plan.services)), come_back=random.random() < 0.5),
                )
                if random.random() < 0.15:
                    return random.choice(others)
                return Finish(number, call_next=random.random() < 0.5)
