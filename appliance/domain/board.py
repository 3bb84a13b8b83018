"""Who is shown on the boards of the hall, in which order, and for how long."""

from __future__ import annotations

from appliance.domain.moment import Moment
from appliance.domain.office import Office, Ticket, TicketState

SERVING_SHOWN_S = 180
"""How long a call stands out after its service began: whoever looks late still finds the desk."""


def at_desks(office: Office) -> list[Ticket]:
    """The tickets that a desk has called or serves, the newest call first."""
    held = (office.tickets[desk.ticket] for desk in office.desks.values() if desk.ticket is not None)
    return sorted(held, key=lambda ticket: (call_seq(office, ticket), ticket.id), reverse=True)


def call_seq(office: Office, called: Ticket) -> int:
    """Where a call stands in time: a recall is the newest thing until it was heard, and then stands there."""
    if called.called is None:
        return 0
    if called.calls <= 1:
        return called.called.seq
    return called.heard.seq if called.heard is not None else office.seq


def stands_out(shown: Ticket, now: Moment) -> bool:
    """Whether somebody may still be on the way: it is called, or its service began in the last minutes."""
    if shown.state is TicketState.CALLED:
        return True
    return (
        shown.state is TicketState.SERVING
        and shown.started is not None
        and now.since(shown.started.moment) <= SERVING_SHOWN_S * 1000
    )
