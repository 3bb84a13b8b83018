"""What reception does with a number besides giving it: send, merge, add a service, priority, access needs."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from appliance.api import views
from appliance.api.asking import Key, TicketPath, actor_of, staff, submit, told
from appliance.api.context import AppContext
from appliance.api.problems import Trouble, documented
from appliance.api.routes.tickets import CHANGE
from appliance.api.schemas import CategoryBody, MergeBody, NeedsBody, SendBody, ServiceBody, TicketView
from appliance.domain import require
from appliance.domain.message import Command
from appliance.domain.priority import ConfirmCategory, NoteNeeds, RefuseCategory, SetCategory
from appliance.domain.refusal import Code
from appliance.domain.visits import AddService, MergeTickets, SendTicket
from appliance.routing import API

CHANGING = (*CHANGE, Trouble.NOT_SIGNED_IN, Code.UNKNOWN_TICKET, Code.TICKET_NOT_IN_QUEUE)


def routes(context: AppContext) -> APIRouter:
    """The routes of a visit. Any signed-in operator may use them; the journal says who did."""
    router = APIRouter(prefix=API + "/tickets/{ticket}", tags=["visits"])

    async def change(request: Request, ticket: int, command: Command, key: str | None) -> Response:
        session = staff(context, request)
        outcome = await submit(context, command, actor_of(session), key)
        office = context.writer.office
        view = views.ticket(office, context.clock.now(), require.ticket(office, ticket))
        return told(view, replayed=outcome.replayed)

    @router.post(
        "/send",
        operation_id="send_ticket",
        response_model=TicketView,
        responses=documented(
            *CHANGING, Code.UNKNOWN_SERVICE, Code.UNKNOWN_DESK, Code.NOBODY_SERVES, Code.DESK_CANNOT_SERVE
        ),
    )
    async def send_ticket(ticket: TicketPath, body: SendBody, request: Request, key: Key = None) -> Response:
        """Somebody who waits is sent to another service, or to a desk; number and place stay."""
        return await change(request, ticket, SendTicket(ticket, body.service, body.desk), key)

    @router.post(
        "/merge",
        operation_id="merge_tickets",
        response_model=TicketView,
        responses=documented(*CHANGING, Code.ROUTE_TOO_LONG),
    )
    async def merge_tickets(ticket: TicketPath, body: MergeBody, request: Request, key: Key = None) -> Response:
        """One person took two numbers: this one becomes part of the other, which is answered."""
        session = staff(context, request)
        outcome = await submit(context, MergeTickets(ticket, body.into), actor_of(session), key)
        office = context.writer.office
        view = views.ticket(office, context.clock.now(), require.ticket(office, body.into))
        return told(view, replayed=outcome.replayed)

    @router.post(
        "/services",
        operation_id="add_service",
        response_model=TicketView,
        responses=documented(*CHANGING, Code.UNKNOWN_SERVICE, Code.NOBODY_SERVES, Code.ROUTE_TOO_LONG),
    )
    async def add_service(ticket: TicketPath, body: ServiceBody, request: Request, key: Key = None) -> Response:
        """The visitor has one more thing to settle under the same number."""
        return await change(request, ticket, AddService(ticket, body.service), key)

    @router.post(
        "/category",
        operation_id="set_category",
        response_model=TicketView,
        responses=documented(*CHANGING, Code.UNKNOWN_CATEGORY),
    )
    async def set_category(ticket: TicketPath, body: CategoryBody, request: Request, key: Key = None) -> Response:
        """Give a priority category of the plan, or take it away."""
        return await change(request, ticket, SetCategory(ticket, body.category, body.confirmed), key)

    @router.post(
        "/category/confirm",
        operation_id="confirm_category",
        response_model=TicketView,
        responses=documented(*CHANGING, Code.NO_CATEGORY),
    )
    async def confirm_category(ticket: TicketPath, request: Request, key: Key = None) -> Response:
        """The document of the claimed category was shown."""
        return await change(request, ticket, ConfirmCategory(ticket), key)

    @router.post(
        "/category/refuse",
        operation_id="refuse_category",
        response_model=TicketView,
        responses=documented(*CHANGING, Code.NO_CATEGORY),
    )
    async def refuse_category(ticket: TicketPath, request: Request, key: Key = None) -> Response:
        """No document: the visitor goes back to the order of issue, and a desk that had called them is free."""
        return await change(request, ticket, RefuseCategory(ticket), key)

    @router.post(
        "/needs",
        operation_id="note_needs",
        response_model=TicketView,
        responses=documented(*CHANGING),
    )
    async def note_needs(ticket: TicketPath, body: NeedsBody, request: Request, key: Key = None) -> Response:
        """Note what the visitor needs: time, step-free, voice. No reason is kept."""
        return await change(request, ticket, NoteNeeds(ticket, tuple(body.needs)), key)

    return router
