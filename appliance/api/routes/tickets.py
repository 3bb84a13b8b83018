"""Tickets: take one, look at it, adopt a paper, leave, return, print again."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from appliance.api import views
from appliance.api.asking import Key, TicketPath, actor_of, key_of, read, read_by_hand, session_of, staff, submit, told
from appliance.api.context import AppContext
from appliance.api.problems import Trouble, documented
from appliance.api.schemas import AdoptTicketBody, TakeTicketBody, TicketView
from appliance.domain import require
from appliance.domain.calling import ReturnTicket
from appliance.domain.message import Command
from appliance.domain.refusal import Code
from appliance.domain.slips import Reprint
from appliance.domain.tickets import AdoptTicket, LeaveTicket, TakeTicket

CHANGE = (
    Code.NO_PLAN,
    Code.DAY_NOT_OPEN,
    Code.KEY_REUSED,
    Code.MAILBOX_FULL,
    Code.STORE_FAILED,
    Trouble.BAD_INPUT,
    Trouble.BODY_TOO_LARGE,
    Trouble.NOT_JSON,
    Trouble.ORIGIN_REFUSED,
)
"""Codes that every change of the queue may be refused with."""


def routes(context: AppContext) -> APIRouter:
    """The routes of tickets."""
    router = APIRouter(prefix="/tickets", tags=["tickets"])
    writer, clock = context.writer, context.clock

    @router.post(
        "",
        operation_id="take_ticket",
        status_code=201,
        response_model=TicketView,
        responses=documented(
            *CHANGE,
            Code.UNKNOWN_SERVICE,
            Code.ISSUING_CLOSED,
            Code.NUMBERS_EXHAUSTED,
            Code.DISK_FULL,
        ),
        openapi_extra=read_by_hand(TakeTicketBody),
    )
    async def take_ticket(request: Request) -> Response:
        """Give the next number. Open to the kiosk: nobody has to be signed in."""
        key = key_of(request)
        body = await read(request, TakeTicketBody)
        session = session_of(context, request)
        actor = "kiosk" if session is None else actor_of(session)
        command = TakeTicket(body.service, body.language, body.paper)
        outcome = await submit(context, command, actor, key)
        office = writer.office
        ticket = views.taken(office, outcome.records)
        return told(views.ticket(office, clock.now(), ticket), 201, replayed=outcome.replayed)

    @router.post(
        "/adopt",
        operation_id="adopt_ticket",
        status_code=201,
        response_model=TicketView,
        responses=documented(
            *CHANGE,
            Trouble.NOT_SIGNED_IN,
            Code.UNKNOWN_SERVICE,
            Code.NUMBER_KNOWN,
            Code.NUMBER_NOT_OURS,
            Code.DISK_FULL,
        ),
    )
    async def adopt_ticket(body: AdoptTicketBody, request: Request, key: Key = None) -> Response:
        """Enter a paper that the queue doesn't know: from a dead card, or an emergency number."""
        session = staff(context, request)
        printed_at = None
        if body.printed_at is not None:
            hour, _, minute = body.printed_at.partition(":")
            printed_at = int(hour) * 60 + int(minute)
        command = AdoptTicket(body.series, body.number, body.service, body.language, printed_at)
        outcome = await submit(context, command, actor_of(session), key)
        ticket = views.taken(writer.office, outcome.records)
        view = views.ticket(writer.office, clock.now(), ticket)
        return told(view, 201, replayed=outcome.replayed)

    @router.get(
        "/{ticket}",
        operation_id="read_ticket",
        response_model=TicketView,
        responses=documented(Code.NO_PLAN, Code.DAY_NOT_OPEN, Code.UNKNOWN_TICKET, Trouble.BAD_INPUT),
    )
    async def read_ticket(ticket: TicketPath) -> Response:
        """A ticket of the open day: its state, its place, what became of its paper."""
        office = writer.office
        return told(views.ticket(office, clock.now(), require.ticket(office, ticket)))

    async def change(request: Request, ticket: int, command: Command, key: str | None) -> Response:
        session = staff(context, request)
        outcome = await submit(context, command, actor_of(session), key)
        office = writer.office
        view = views.ticket(office, clock.now(), require.ticket(office, ticket))
        return told(view, replayed=outcome.replayed)

    changing = (*CHANGE, Trouble.NOT_SIGNED_IN, Code.UNKNOWN_TICKET)

    @router.post(
        "/{ticket}/leave",
        operation_id="leave_ticket",
        response_model=TicketView,
        responses=documented(*changing, Code.TICKET_NOT_IN_QUEUE),
    )
    async def leave_ticket(ticket: TicketPath, request: Request, key: Key = None) -> Response:
        """The visitor has gone."""
        return await change(request, ticket, LeaveTicket(ticket), key)

    @router.post(
        "/{ticket}/return",
        operation_id="return_ticket",
        response_model=TicketView,
        responses=documented(*changing, Code.TICKET_NOT_MISSED, Code.ALREADY_RETURNED),
    )
    async def return_ticket(ticket: TicketPath, request: Request, key: Key = None) -> Response:
        """A missed (once) or parked visitor waits again."""
        return await change(request, ticket, ReturnTicket(ticket), key)

    @router.post(
        "/{ticket}/reprint",
        operation_id="reprint_ticket",
        response_model=TicketView,
        responses=documented(*changing, Code.TICKET_NOT_IN_QUEUE),
    )
    async def reprint_ticket(ticket: TicketPath, request: Request, key: Key = None) -> Response:
        """Queue a copy of the paper, marked as one."""
        return await change(request, ticket, Reprint(ticket), key)

    return router
