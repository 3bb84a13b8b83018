"""The questions that most commands begin with, each with its refusal."""

from __future__ import annotations

from appliance.domain.office import Day, Desk, DeskState, Office, Ticket
from appliance.domain.plan import LANGUAGES, NEEDS, Plan, Reason, ReasonKind, Service
from appliance.domain.refusal import Code, Refused


def open_day(office: Office) -> tuple[Plan, Day]:
    """The plan and the open day."""
    if office.plan is None:
        raise Refused(Code.NO_PLAN)
    day = office.open_day
    if day is None:
        raise Refused(Code.DAY_NOT_OPEN)
    return office.plan, day


def service(plan: Plan, name: str) -> Service:
    """The service of the plan."""
    found = plan.services.get(name)
    if found is None:
        raise Refused(Code.UNKNOWN_SERVICE, service=name[:80])
    return found


def category(plan: Plan, name: str | None) -> str | None:
    """A category of priority of the plan, or none."""
    if name is not None and name not in plan.categories:
        raise Refused(Code.UNKNOWN_CATEGORY, category=name[:40])
    return name


def needs(asked: tuple[str, ...]) -> tuple[str, ...]:
    """Access needs that Talon knows, in their order, each once."""
    for need in asked:
        if need not in NEEDS:
            raise Refused(Code.UNKNOWN_NEED, need=need[:40])
    return tuple(need for need in NEEDS if need in asked)


def reason(plan: Plan, kind: ReasonKind, name: str) -> Reason | None:
    """A reason of the plan, or None for no reason."""
    if not name:
        return None
    found = plan.reasons.get(name)
    if found is None or found.kind is not kind:
        raise Refused(Code.UNKNOWN_REASON, reason=name[:40])
    return found


def no_pause(office: Office) -> None:
    """The hall doesn't stand still."""
    if office.pause is not None:
        raise Refused(Code.HALL_PAUSED)


def ticket(office: Office, number: int) -> Ticket:
    """The ticket of the open day by its id."""
    open_day(office)
    found = office.tickets.get(number)
    if found is None:
        raise Refused(Code.UNKNOWN_TICKET, ticket=number)
    return found


def desk(office: Office, number: int) -> Desk:
    """The desk of the plan, whatever it is doing."""
    if office.plan is None:
        raise Refused(Code.NO_PLAN)
    if number not in office.plan.desks:
        raise Refused(Code.UNKNOWN_DESK, desk=number)
    return office.desks.get(number, Desk(number))


def free_desk(office: Office, number: int) -> Desk:
    """The desk, open and without a ticket."""
    found = desk(office, number)
    open_day(office)
    if found.state is DeskState.CLOSED:
        raise Refused(Code.DESK_CLOSED, desk=number)
    if found.state is DeskState.BREAK:
        raise Refused(Code.DESK_ON_BREAK, desk=number)
    if found.state is not DeskState.FREE:
        raise Refused(Code.DESK_BUSY, desk=number, number=held(office, found).label)
    return found


def calling_desk(office: Office, number: int) -> tuple[Desk, Ticket]:
    """The desk and the ticket it has called."""
    found = desk(office, number)
    if found.state is not DeskState.CALLED:
        raise Refused(Code.DESK_NOT_CALLING, desk=number)
    return found, held(office, found)


def serving_desk(office: Office, number: int) -> tuple[Desk, Ticket]:
    """The desk and the ticket it serves."""
    found = desk(office, number)
    if found.state is not DeskState.SERVING:
        raise Refused(Code.DESK_NOT_SERVING, desk=number)
    return found, held(office, found)


def held(office: Office, found: Desk) -> Ticket:
    """The ticket that a calling or serving desk holds."""
    assert found.ticket is not None
    return office.tickets[found.ticket]


def language(asked: str) -> str:
    """One of the languages Talon speaks; Russian stands in for an unknown one."""
    return asked if asked in LANGUAGES else LANGUAGES[0]
