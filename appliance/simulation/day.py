"""The day itself: visitors come, staff press their keys, the head closes. One heap of what happens when."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import count
from typing import Protocol

from appliance.domain.calling import CallNext, HearCall, Miss, Recall, TicketCalled
from appliance.domain.clockwork import Tick
from appliance.domain.days import CloseDay
from appliance.domain.desks import CloseDesk, OpenDesk, TakeBreak
from appliance.domain.message import Command, Event
from appliance.domain.moment import Now
from appliance.domain.office import Desk, DeskState, Office, TicketState
from appliance.domain.order import choose
from appliance.domain.plan import Category, Span
from appliance.domain.refusal import Code, Refused
from appliance.domain.serving import Finish, Start, TicketReturned
from appliance.domain.skills import level
from appliance.domain.tickets import TakeTicket, TicketIssued, TicketLeft, Told
from appliance.domain.turning_away import OF_REFUSAL, TurnAway
from appliance.domain.visits import VisitContinued
from appliance.simulation.arrivals import Visitor, visitors
from appliance.simulation.book import Book
from appliance.simulation.duties import duties
from appliance.simulation.scene import Scene

TICK_S = 60
HEARD_S = 3
RECALLS_S = (40, 80)
MISSED_S = 120


class Oracle(Protocol):
    """Who tells a newcomer how long it will take."""

    def told(self, office: Office, now: Now, service: str, category: Category | None) -> Told | None:
        """The estimate of the wait, or None where nothing can be said."""


class Head(Protocol):
    """The head of the office: looks at the hall once a minute."""

    def look(self, day: Day) -> None:
        """Open and close reserve desks."""


class Day:
    """One played day: after `play`, `book` holds the office at its end and the journal."""

    def __init__(self, scene: Scene, oracle: Oracle | None = None, head: Head | None = None) -> None:
        self.scene, self._oracle, self._head = scene, oracle, head
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._waiting: set[int] = set()
        self._visitors: dict[int, Visitor] = {}
        self._breaks: dict[int, list[Span]] = {}
        self._leaving: set[int] = set()
        self._over = False
        hours = scene.hours
        opens = min((span.opens for span in (hours.office, hours.issuing) if span is not None), default=0)
        self.book = Book(scene, opens * 60 - TICK_S)

    def play(self) -> Book:
        """Play it to the end; every ticket is then done, missed or left."""
        self._at(self.book.second + TICK_S, self._tick)
        for visitor in visitors(self.scene):
            self._at(visitor.at_s, partial(self._arrive, visitor))
        for duty in duties(self.scene):
            self._at(duty.opens_s, partial(self._begin, duty.desk, duty.breaks))
            self._at(duty.closes_s, partial(self.release, duty.desk))
        while self._heap and not self._over:
            self.book.second, _, action = heapq.heappop(self._heap)
            action()
        return self.book

    @property
    def office(self) -> Office:
        """The state now."""
        return self.book.office

    def open(self, desk: int) -> None:
        """Somebody sits down at a desk and begins to call."""
        self._leaving.discard(desk)
        if self.office.desks[desk].state is DeskState.CLOSED:
            self._do(OpenDesk(desk), f"desk:{desk}")
        self._look(desk)

    def release(self, desk: int) -> None:
        """The desk closes as soon as it is free and nobody waits for it any more."""
        self._leaving.add(desk)
        self._look(desk)

    def _at(self, second: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._heap, (second, next(self._order), action))

    def _do(self, command: Command, actor: str) -> Sequence[Event]:
        events = self.book.do(command, actor)
        for event in events:
            match event:
                case TicketIssued() | TicketReturned() | VisitContinued():
                    self._waiting.add(event.ticket)
                case TicketCalled():
                    self._waiting.discard(event.ticket)
                    self._called(event.ticket, event.desk)
                case TicketLeft():
                    self._waiting.discard(event.ticket)
        return events

    def _tick(self) -> None:
        self._do(Tick(settled=True), "clock")
        if self.office.open_day is None:
            self._over = self.office.day is not None
        else:
            if self._head is not None:
                self._head.look(self)
            for desk in self._free():
                self._look(desk.number)
            self._close_when_empty()
        if not self._over and self.book.second < 24 * 3600:
            self._at(self.book.second + TICK_S, self._tick)

    def _close_when_empty(self) -> None:
        """The head closes the day when reception has ended and nobody is there any more."""
        reception = self.scene.hours.reception
        busy = self._waiting or any(desk.state is not DeskState.CLOSED for desk in self.office.desks.values())
        if reception is not None and self.book.second >= reception.closes * 60 and not busy:
            self._do(CloseDay(), "head")
            self._over = True

    def _begin(self, desk: int, breaks: Iterable[Span]) -> None:
        self._breaks[desk] = list(breaks)
        self.open(desk)

    def _arrive(self, visitor: Visitor) -> None:
        told = None
        if self._oracle is not None:
            told = self._oracle.told(self.office, self.book.now(), visitor.service, visitor.category)
        command = TakeTicket(
            visitor.service,
            language=self.scene.plan.languages[0],
            paper=False,
            category=visitor.category.id if visitor.category is not None else None,
            confirmed=visitor.category is not None,
            slot=visitor.slot,
            told=told,
        )
        try:
            (issued,) = self._do(command, "kiosk")
        except Refused as refusal:
            self._do(TurnAway(visitor.service, _reason(refusal.code)), "kiosk")
            return
        assert isinstance(issued, TicketIssued)
        self._visitors[issued.ticket] = visitor
        for desk in self._free():
            self._look(desk.number)

    def _free(self) -> list[Desk]:
        """Desks without a visitor, the longest idle one first."""
        free = [desk for desk in self.office.desks.values() if desk.state in (DeskState.FREE, DeskState.BREAK)]
        return sorted(free, key=lambda desk: (desk.since.seq if desk.since is not None else 0, desk.number))

    def _look(self, number: int) -> None:
        """What staff at a desk do when they have nobody: a break, the end, or the next visitor."""
        desk, actor = self.office.desks[number], f"desk:{number}"
        if desk.state is DeskState.BREAK:
            if not self._break_now(number):
                self._do(OpenDesk(number), actor)
                self._look(number)
        elif desk.state is DeskState.FREE:
            if self._break_now(number) and self._may_rest(number):
                return
            if self._wanted(number):
                self._do(CallNext(number), actor)
            elif number in self._leaving:
                self._do(CloseDesk(number), actor)

    def _wanted(self, number: int) -> bool:
        """Whether somebody waits whom this desk would call."""
        if not any(level(self.office, number, self.office.tickets[ticket]) for ticket in self._waiting):
            return False
        return choose(self.office, number, self.book.now()) is not None

    def _break_now(self, number: int) -> bool:
        minute = int(self.book.second // 60)
        return any(minute in span for span in self._breaks.get(number, ()))

    def _may_rest(self, number: int) -> bool:
        try:
            self._do(TakeBreak(number), f"desk:{number}")
        except Refused:
            return False
        return True

    def _called(self, ticket: int, desk: int) -> None:
        """What follows a call: it is heard, the visitor comes and is served, or doesn't come."""
        visitor, now = self._visitors[ticket], self.book.second
        self._at(now + HEARD_S, lambda: self._heard(ticket))
        if visitor.comes:
            self._at(now + visitor.walk_s, lambda: self._start(ticket, desk))
            self._at(now + visitor.desk_s, lambda: self._finish(ticket, desk))
            return
        for after_s in RECALLS_S:
            self._at(now + after_s, lambda: self._recall(ticket, desk))
        self._at(now + MISSED_S, lambda: self._miss(ticket, desk))

    def _heard(self, ticket: int) -> None:
        self._do(HearCall(ticket, self.office.tickets[ticket].calls), "voice")

    def _holds(self, desk: int, ticket: int, state: TicketState) -> bool:
        found = self.office.tickets[ticket]
        return found.desk == desk and found.state is state

    def _start(self, ticket: int, desk: int) -> None:
        if self._holds(desk, ticket, TicketState.CALLED):
            self._do(Start(desk), f"desk:{desk}")

    def _finish(self, ticket: int, desk: int) -> None:
        if self._holds(desk, ticket, TicketState.SERVING):
            self._do(Finish(desk, call_next=not self._break_now(desk)), f"desk:{desk}")
            self._look(desk)

    def _recall(self, ticket: int, desk: int) -> None:
        if self._holds(desk, ticket, TicketState.CALLED):
            self._do(Recall(desk), f"desk:{desk}")
            self._at(self.book.second + HEARD_S, lambda: self._heard(ticket))

    def _miss(self, ticket: int, desk: int) -> None:
        if self._holds(desk, ticket, TicketState.CALLED):
            self._do(Miss(desk), f"desk:{desk}")
            self._look(desk)


def _reason(code: Code) -> str:
    return OF_REFUSAL[code].value
