"""Who is called next, and why: a pure function of the tickets that wait and the desk that asks (rule 10)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from appliance.domain.moment import Moment, Now
from appliance.domain.office import DeskState, Office, Ticket, TicketState
from appliance.domain.plan import Plan, PolicyKind
from appliance.domain.skills import Level, level, suits


class Why(StrEnum):
    """What put a ticket at the head of a desk's line."""

    RAISED = "raised"
    DIRECTED = "directed"
    BOOKED = "booked"
    OVERDUE = "overdue"
    PRIORITY = "priority"
    RATIO = "ratio"
    RETURNED = "returned"
    TURN = "turn"
    PICKED = "picked"


@dataclass(frozen=True, slots=True)
class Choice:
    """A ticket and why it is the next. `secondary`: nobody waits for the desk's main services.

    `over`: the oldest ticket that it goes before, or None.
    """

    ticket: Ticket
    why: Why
    secondary: bool = False
    over: Ticket | None = None


def eligible(office: Office, desk: int) -> Iterable[tuple[Ticket, Level]]:
    """The waiting tickets that this desk may call, each with what the desk is for it.

    A ticket directed to a desk waits for that one while it is open and may serve it; with access needs, for a desk that
    meets them while one that does is open.
    """
    known: dict[tuple[str, str], Level] = {}
    for ticket in office.tickets.values():
        if ticket.state is not TicketState.WAITING:
            continue
        found = known.get((ticket.service, ticket.purpose))
        if found is None:
            found = known[ticket.service, ticket.purpose] = level(office, desk, ticket)
        if not found:
            continue
        if ticket.for_desk is not None and ticket.for_desk != desk and _awaits(office, ticket):
            continue
        if ticket.for_desk == desk:
            yield ticket, Level.MAIN
        elif not ticket.needs or suits(office, desk, ticket):
            yield ticket, found


def _awaits(office: Office, ticket: Ticket) -> bool:
    """Whether the desk that the ticket is directed to is open and may serve it."""
    assert ticket.for_desk is not None
    desk = office.desks.get(ticket.for_desk)
    return desk is not None and desk.state is not DeskState.CLOSED and bool(level(office, ticket.for_desk, ticket))


def privileged(plan: Plan, ticket: Ticket) -> bool:
    """Whether the ticket has priority now: its category's document was seen, or is looked at only at the desk."""
    if ticket.category is None:
        return False
    category = plan.categories.get(ticket.category)
    if category is None or ticket.confirmed is False:
        return False
    return ticket.confirmed is True or not category.confirm_first


def overdue(office: Office, plan: Plan, ticket: Ticket, at: Moment) -> bool:
    """Whether the ticket had waited its norm by then, pauses left out."""
    return office.elapsed(ticket.issued.moment, at) >= plan.wait_norm(ticket.service) * 60_000


def booking_due(plan: Plan, ticket: Ticket, now: Now) -> bool | None:
    """Whether a booked visitor's time has come; None for everybody else, for latecomers, and without a clock."""
    if ticket.slot is None or now.local is None:
        return None
    if now.minute_at(ticket.issued.moment) > ticket.slot + plan.settings.booked_late_min:
        return None
    return now.minute_at(now.moment) >= ticket.slot - plan.settings.booked_early_min


def choose(office: Office, desk: int, now: Now) -> Choice | None:
    """The ticket that NEXT calls at this desk, and why; None when nobody waits for it."""
    plan = office.plan
    candidates = list(eligible(office, desk))
    if plan is None or not candidates:
        return None
    return _Line(office, plan, desk, now).choose(candidates)


def next_ticket(office: Office, desk: int, now: Now) -> Ticket | None:
    """The ticket that NEXT calls, or None when nobody waits for this desk."""
    found = choose(office, desk, now)
    return None if found is None else found.ticket


def line(office: Office, desk: int, now: Now, limit: int = 20) -> list[Choice]:
    """The next so many whom this desk would call if it called them all now, one after another."""
    plan = office.plan
    candidates = list(eligible(office, desk))
    if plan is None:
        return []
    look, made = _Line(office, plan, desk, now), list[Choice]()
    while candidates and len(made) < limit:
        choice = look.choose(candidates)
        made.append(choice)
        look.note(choice.ticket)
        candidates = [(ticket, found) for ticket, found in candidates if ticket.id != choice.ticket.id]
    return made


def ahead(office: Office, ticket: Ticket) -> int:
    """How many waiting people of the same service line stand before this ticket, by place."""
    return sum(
        1
        for other in office.tickets.values()
        if other.state is TicketState.WAITING and other.service == ticket.service and other.place < ticket.place
    )


class _Line:
    """One look at a desk's line: the priority calls that the day has seen, counted once for all choices."""

    def __init__(self, office: Office, plan: Plan, desk: int, now: Now) -> None:
        self._office, self._plan, self._desk, self._now = office, plan, desk, now
        last_ordinary = 0
        calls: list[tuple[int, Ticket, Moment]] = []
        for ticket in office.tickets.values():
            if ticket.last_called is None:
                continue
            if privileged(plan, ticket):
                calls.append((ticket.last_called.seq, ticket, ticket.last_called.moment))
            elif ticket.last_called.seq > last_ordinary:
                last_ordinary = ticket.last_called.seq
        calls.sort(key=lambda call: now.moment.since(call[2]))
        self._calls = [(ticket, moment) for _, ticket, moment in calls]
        self._in_a_row = sum(1 for seq, _, _ in calls if seq > last_ordinary)

    def note(self, ticket: Ticket) -> None:
        """Count a call that hasn't happened."""
        if privileged(self._plan, ticket):
            self._calls.insert(0, (ticket, self._now.moment))
            self._in_a_row += 1
        else:
            self._in_a_row = 0

    def choose(self, candidates: Sequence[tuple[Ticket, Level]]) -> Choice:
        """The first of some candidates, at least one."""
        main = [ticket for ticket, found in candidates if found is Level.MAIN]
        secondary = not main
        pool = main or [ticket for ticket, _ in candidates]
        ticket, why = self._by_policy(pool)
        if why is not Why.RAISED and privileged(self._plan, ticket):
            held_up = self._held_up(ticket, [other for other, _ in candidates])
            if held_up is not None:
                ticket, why = held_up, Why.OVERDUE
                secondary = not any(ticket.id == other.id for other in main)
        first = min(pool, key=_place)
        return Choice(ticket, why, secondary, first if first.place < ticket.place else None)

    def _by_policy(self, pool: Sequence[Ticket]) -> tuple[Ticket, Why]:
        raised = [(ticket.raised.seq, ticket) for ticket in pool if ticket.raised is not None]
        if raised:
            return min(raised, key=lambda one: one[0])[1], Why.RAISED
        directed = [ticket for ticket in pool if ticket.for_desk == self._desk]
        if directed:
            return min(directed, key=_place), Why.DIRECTED
        booked = {ticket.id: booking_due(self._plan, ticket, self._now) for ticket in pool if ticket.slot is not None}
        due = [ticket for ticket in pool if booked.get(ticket.id)]
        if due:
            return min(due, key=lambda ticket: (ticket.slot, ticket.place)), Why.BOOKED
        here = [ticket for ticket in pool if booked.get(ticket.id) is None] or pool if booked else pool
        first = [ticket for ticket in here if privileged(self._plan, ticket)]
        if not first:
            return self._others(here)
        others = [ticket for ticket in here if not privileged(self._plan, ticket)]
        best = self._best(first)
        return self._weighed(best, others) if others else (best, Why.PRIORITY)

    def _best(self, first: Sequence[Ticket]) -> Ticket:
        """The first of the privileged: by standing under ageing, else by place."""
        if self._plan.policy.kind is PolicyKind.AGEING:
            return max(first, key=self._standing)
        return min(first, key=_place)

    def _weighed(self, best: Ticket, others: Sequence[Ticket]) -> tuple[Ticket, Why]:
        """Priority against the others, by the plan's policy."""
        policy = self._plan.policy
        if policy.kind is PolicyKind.RATIO and self._in_a_row >= policy.ratio:
            return self._others(others)[0], Why.RATIO
        if policy.kind is PolicyKind.AGEING and max(map(self._standing, others)) > self._standing(best):
            return self._others(others)
        return best, Why.PRIORITY

    @staticmethod
    def _others(others: Sequence[Ticket]) -> tuple[Ticket, Why]:
        returned = [ticket for ticket in others if ticket.resumed]
        if returned:
            return min(returned, key=_place), Why.RETURNED
        return min(others, key=_place), Why.TURN

    def _standing(self, ticket: Ticket) -> tuple[int, int, int]:
        """What ageing compares: the wait in ms with the category's head start; the earlier place among equals."""
        waited = self._office.elapsed(ticket.issued.moment, self._now.moment)
        category = self._plan.categories.get(ticket.category or "")
        if category is not None and privileged(self._plan, ticket):
            waited += category.head_start_min * 60_000
        return (waited, -ticket.place[0], -ticket.place[1])

    def _held_up(self, chosen: Ticket, candidates: Sequence[Ticket]) -> Ticket | None:
        """The oldest ordinary ticket past its norm that `chosen` may not pass: others have, often enough."""
        for ticket in sorted(candidates, key=_place):
            if ticket.place >= chosen.place or not overdue(self._office, self._plan, ticket, self._now.moment):
                continue
            if privileged(self._plan, ticket) or booking_due(self._plan, ticket, self._now) is False:
                continue
            if self._passed_enough(ticket, chosen):
                return ticket
        return None

    def _passed_enough(self, ticket: Ticket, chosen: Ticket) -> bool:
        """Whether as many newer priority tickets as may, `chosen` left out, were called since `ticket` was overdue."""
        passed = 0
        for other, moment in self._calls:
            if passed >= self._plan.policy.passes or not overdue(self._office, self._plan, ticket, moment):
                break
            passed += other.id != chosen.id and other.place > ticket.place
        return passed >= self._plan.policy.passes


def _place(ticket: Ticket) -> tuple[int, int]:
    return ticket.place
