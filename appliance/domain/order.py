"""Who is called next: a pure function of the tickets that wait and the desk that asks."""

from __future__ import annotations

from collections.abc import Iterable

from appliance.domain.office import DeskState, Office, Ticket, TicketState


def eligible(office: Office, desk: int) -> Iterable[Ticket]:
    """The waiting tickets that this desk may serve: its services, and nobody who waits for another open desk."""
    plan = office.plan
    if plan is None:
        return ()
    closed = {number for number, d in office.desks.items() if d.state is DeskState.CLOSED}
    return (
        ticket
        for ticket in office.tickets.values()
        if ticket.state is TicketState.WAITING
        and (
            ticket.for_desk == desk
            or ((ticket.for_desk is None or ticket.for_desk in closed) and plan.serves(desk, ticket.service))
        )
    )


def rank(ticket: Ticket, desk: int) -> tuple[int, tuple[int, int]]:
    """The sorting key: first those directed to this desk, then the returned, then first come."""
    if ticket.for_desk == desk:
        return (0, ticket.place)
    return (1 if ticket.returned else 2, ticket.place)


def line(office: Office, desk: int) -> list[Ticket]:
    """Everybody whom this desk may call, in calling order."""
    return sorted(eligible(office, desk), key=lambda ticket: rank(ticket, desk))


def next_ticket(office: Office, desk: int) -> Ticket | None:
    """The ticket that NEXT calls, or None when nobody waits for this desk."""
    return min(eligible(office, desk), key=lambda ticket: rank(ticket, desk), default=None)


def ahead(office: Office, ticket: Ticket) -> int:
    """How many waiting people of the same service line stand before this ticket, by place."""
    return sum(
        1
        for other in office.tickets.values()
        if other.state is TicketState.WAITING and other.service == ticket.service and other.place < ticket.place
    )
