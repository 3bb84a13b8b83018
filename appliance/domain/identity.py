"""Which office this is, which incarnation of it, and the plan it works by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from appliance.domain.message import Command, Event, Record
from appliance.domain.moment import Now
from appliance.domain.numbering import BLOCK_SIZE, block_of
from appliance.domain.office import Desk, DeskState, Fence, Office, TicketState
from appliance.domain.plan import Plan
from appliance.domain.refusal import Code, Refused
from appliance.domain.standing import in_force


@dataclass(frozen=True)
class BeginIncarnation(Command):
    """First start of a new office, or first start after a restore on another card.

    `life` is a fresh random id: two cards restored from one replica count to the same incarnation and still differ.
    """

    office: str
    life: str = ""


@dataclass(frozen=True)
class AdoptPlan(Command):
    """A validated plan that takes force at the next opening of a day (at once if none was ever in force).

    Its norms, limits, hours and skills apply at once (rule 18).
    """

    plan: Plan


@dataclass(frozen=True)
class IncarnationBegun(Event):
    """A new life of the office's database. `block` and `until` fence its numbers from those of the old card."""

    office: str
    incarnation: int
    block: int
    until: str | None
    life: str = ""


@dataclass(frozen=True)
class PlanAdopted(Event):
    """A plan was taken over; the document itself lies in the table of plans under its digest."""

    plan_version: int
    digest: str


def begin_incarnation(office: Office, command: BeginIncarnation, now: Now) -> Sequence[Event]:
    """Count the incarnation on; a restored office gets the block that its old card can't have used."""
    incarnation = office.incarnation + 1
    until = now.local.date().isoformat() if now.local is not None else None
    return [IncarnationBegun(command.office, incarnation, block_of(incarnation), until, command.life)]


def adopt_plan(office: Office, command: AdoptPlan, now: Now) -> Sequence[Event]:
    """Take a plan over unless it is the one already in hand; what is in use may not vanish from it."""
    plan = command.plan
    newest = office.next_plan or office.plan
    if newest is not None and newest.digest == plan.digest:
        return []
    if office.open_day is not None:
        gone = {
            service
            for t in office.tickets.values()
            if not _ended(t.state)
            for service in (t.service, *(stop.service for stop in t.route))
        } - set(plan.services)
        if gone:
            raise Refused(Code.PLAN_IN_USE, what=", ".join(sorted(gone)))
        busy = {d.number for d in office.desks.values() if d.state is not DeskState.CLOSED}
        if busy - set(plan.desks):
            raise Refused(Code.PLAN_IN_USE, what=", ".join(map(str, sorted(busy - set(plan.desks)))))
    return [PlanAdopted(plan.version, plan.digest)]


def incarnation_begun(office: Office, record: Record, event: IncarnationBegun) -> Office:
    """The office under its new incarnation; an open day goes on in the fresh block."""
    fence = Fence(event.block, event.until) if event.incarnation > 1 else None
    day = office.day
    renumbered = fence is not None and office.open_day is not None
    if renumbered and day is not None:
        day = replace(day, block=event.block)
    return replace(
        office,
        id=event.office,
        incarnation=event.incarnation,
        life=event.life,
        fence=fence,
        day=day,
        numbers=dict.fromkeys(office.numbers, event.block * BLOCK_SIZE + 1) if renumbered else office.numbers,
    )


def plan_adopted(office: Office, event: PlanAdopted, plans: Callable[[str], Plan]) -> Office:
    """The plan waits for the next opening, but for what applies at once; the very first one is in force at once."""
    plan = plans(event.digest)
    if office.plan is None:
        return replace(office, plan=plan, desks={number: Desk(number) for number in plan.desks})
    opened_with = plans(office.plan.digest)
    after = replace(office, next_plan=None if opened_with.digest == plan.digest else plan)
    return replace(after, plan=in_force(after, plans))


def _ended(state: TicketState) -> bool:
    return state in (TicketState.DONE, TicketState.LEFT, TicketState.MISSED)
