"""Tickets: take one, look at it, adopt a paper, leave, return, print again."""

from __future__ import annotations

from contextlib import suppress

from fastapi import APIRouter, Request
from starlette.responses import Response

from appliance.api import views
from appliance.api.asking import (
    Key,
    TicketPath,
    actor_of,
    key_of,
    outcome_of,
    read,
    read_by_hand,
    session_of,
    staff,
    submit,
    told,
)
from appliance.api.context import AppContext
from appliance.api.problems import Denied, Trouble, documented
from appliance.api.schemas import AdoptTicketBody, LeaveBody, TakeTicketBody, TicketView
from appliance.domain import require
from appliance.domain.message import Command
from appliance.domain.office import Office
from appliance.domain.refusal import Code, Refused
from appliance.domain.serving import ReturnTicket
from appliance.domain.slips import Reprint
from appliance.domain.tickets import AdoptTicket, LeaveTicket, TakeTicket
from appliance.domain.turning_away import OF_REFUSAL, TurnAway
from appliance.routing import API

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
    router = APIRouter(prefix=API + "/tickets", tags=["tickets"])
    writer, clock = context.writer, context.clock

    def offered_by_kiosk(office: Office, name: str) -> None:
        """A visitor may claim only what the kiosk shows; the rest is given by staff."""
        category = office.plan.categories.get(name) if office.plan is not None else None
        if category is None or not category.kiosk:
            raise Refused(Code.UNKNOWN_CATEGORY, category=name)

    def counts_at_once(office: Office, body: TakeTicketBody) -> str | None:
        """The category that will let this visitor go first, or None."""
        category = office.plan.categories.get(body.category or "") if office.plan is not None else None
        return category.id if category is not None and (body.confirmed or not category.confirm_first) else None

    async def count_away(service: str, code: Code, actor: str, key: str | None) -> None:
        """Count a visitor without a number; if that can't be written either, the refusal is answered all the same."""
        reason = OF_REFUSAL.get(code)
        if reason is None:
            return
        command = TurnAway(service, reason.value)
        with suppress(Refused):
            await outcome_of(writer.submit(command, actor=actor, key=f"http-away/{key}" if key else None))

    @router.post(
        "",
        operation_id="take_ticket",
        status_code=201,
        response_model=TicketView,
        responses=documented(
            *CHANGE,
            Trouble.NOT_SIGNED_IN,
            Code.UNKNOWN_SERVICE,
            Code.UNKNOWN_PURPOSE,
            Code.UNKNOWN_CATEGORY,
            Code.ISSUING_CLOSED,
            Code.ISSUING_NOT_YET,
            Code.NOT_TODAY,
            Code.LIMIT_REACHED,
            Code.SERVICE_STOPPED,
            Code.SERVICE_REDIRECTED,
            Code.NO_TIME_LEFT,
            Code.HALL_PAUSED,
            Code.NUMBERS_EXHAUSTED,
            Code.DISK_FULL,
        ),
        openapi_extra=read_by_hand(TakeTicketBody),
    )
    async def take_ticket(request: Request) -> Response:
        """Give the next number. Open to the kiosk: nobody has to be signed in, but for what only staff may say.

        Whoever is refused a number by hours, limits or a pause is counted as turned away.
        """
        key = key_of(request)
        body = await read(request, TakeTicketBody)
        session = session_of(context, request)
        if session is None and (body.confirmed or body.insist):
            raise Denied(Trouble.NOT_SIGNED_IN)
        actor = "kiosk" if session is None else actor_of(session)
        if session is None and body.category is not None:
            offered_by_kiosk(writer.office, body.category)
        command = TakeTicket(
            body.service,
            body.language,
            body.paper,
            also=tuple(body.also),
            purpose=body.purpose,
            category=body.category,
            confirmed=body.confirmed,
            needs=tuple(body.needs),
            told=context.estimates.told(body.service, counts_at_once(writer.office, body)),
            unpromised=body.unpromised,
            insist=body.insist,
        )
        try:
            outcome = await submit(context, command, actor, key)
        except Refused as refused:
            await count_away(body.service, refused.code, actor, key)
            raise
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
    async def read_ticket(ticket: TicketPath, request: Request) -> Response:
        """A ticket of the open day: its state, its place, what became of its paper.

        Category, access needs and reasons are for staff: ids can be counted up by anybody.
        """
        office = writer.office
        view = views.ticket(office, clock.now(), require.ticket(office, ticket))
        if session_of(context, request) is None:
            view = view.model_copy(update={"category": None, "confirmed": None, "needs": [], "reason": ""})
        return told(view)

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
    async def leave_ticket(
        ticket: TicketPath, request: Request, body: LeaveBody | None = None, key: Key = None
    ) -> Response:
        """The visitor has gone, or the number was a mistake."""
        return await change(request, ticket, LeaveTicket(ticket, body.reason if body is not None else ""), key)

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
