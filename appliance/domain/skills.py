"""Which desk may serve whom: services, purposes, organisations, the operator's skills, access needs."""

from __future__ import annotations

from enum import IntEnum

from appliance.domain.office import DeskState, Office, Ticket
from appliance.domain.plan import DeskPlan, Plan


class Level(IntEnum):
    """How well a desk suits a service: not at all, when nobody waits for its main ones, or mainly."""

    NONE = 0
    SECONDARY = 1
    MAIN = 2


def desk_level(plan: Plan, desk: int, service: str, purpose: str = "", operator: str | None = None) -> Level:
    """What a desk of the plan, with this operator signed in or nobody, is for this service.

    What the situation centre has added or taken away counts before desk and operator; the purposes of the desk stay.
    """
    planned, wanted = plan.desks.get(desk), plan.services.get(service)
    if planned is None or wanted is None:
        return Level.NONE
    if planned.purposes and purpose and purpose not in planned.purposes:
        return Level.NONE
    by_the_centre = plan.skills.get((desk, service))
    if by_the_centre is not None:
        return Level.MAIN if by_the_centre else Level.NONE
    level = _of_desk(planned, service, wanted.organisation)
    person = plan.operators.get(operator) if operator is not None else None
    if level is Level.NONE or person is None:
        return level
    if person.organisation is not None and wanted.organisation not in (person.organisation, *person.also):
        return Level.NONE
    if service in person.secondary:
        return Level.SECONDARY
    return Level.NONE if person.services and service not in person.services else level


def _of_desk(planned: DeskPlan, service: str, organisation: str) -> Level:
    if service in planned.secondary:
        return Level.SECONDARY
    if planned.services:
        return Level.MAIN if service in planned.services else Level.NONE
    return Level.MAIN if planned.organisation in (None, organisation) else Level.NONE


def level(office: Office, desk: int, ticket: Ticket) -> Level:
    """What this desk is for this ticket now, by whoever is signed in at it."""
    if office.plan is None:
        return Level.NONE
    known = office.desks.get(desk)
    operator = known.operator if known is not None else None
    return desk_level(office.plan, desk, ticket.service, ticket.purpose, operator)


def suits(office: Office, desk: int, ticket: Ticket) -> bool:
    """Whether this desk meets the ticket's access needs, or no other open desk that may serve it does."""
    if not ticket.needs or office.plan is None:
        return True
    needs, desks = set(ticket.needs), office.plan.desks
    if needs <= set(desks[desk].needs):
        return True
    return not any(
        needs <= set(desks[number].needs) and level(office, number, ticket)
        for number, other in office.desks.items()
        if other.state is not DeskState.CLOSED and number in desks
    )


def served_somewhere(plan: Plan, service: str) -> bool:
    """Whether any desk of the plan takes this service."""
    return any(desk_level(plan, number, service) for number in plan.desks)
