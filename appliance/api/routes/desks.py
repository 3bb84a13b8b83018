"""Desks: the three keys, and what a screen can do besides."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from appliance.api import desk_view
from appliance.api.asking import DeskPath, Key, actor_of, at_desk, key_of, read, read_by_hand, submit, told
from appliance.api.context import AppContext
from appliance.api.problems import Trouble, documented
from appliance.api.routes.tickets import CHANGE
from appliance.api.schemas import (
    BreakBody,
    CallBackBody,
    CallTicketBody,
    DeskView,
    ParkBody,
    PressBody,
    TransferBody,
)
from appliance.domain import keys
from appliance.domain.calling import CallBack, CallTicket, Miss
from appliance.domain.desks import CloseDesk, OpenDesk, SignIn, TakeBreak
from appliance.domain.message import Command
from appliance.domain.refusal import Code
from appliance.domain.serving import Park
from appliance.domain.visits import Transfer
from appliance.routing import API
from appliance.store.local import Session

ACT = (
    *CHANGE,
    Trouble.NOT_SIGNED_IN,
    Trouble.OTHER_DESK,
    Code.UNKNOWN_DESK,
    Code.DESK_CLOSED,
    Code.DESK_BUSY,
    Code.DESK_ON_BREAK,
)
PRESS = (
    *ACT,
    Code.CHANGED_MEANWHILE,
    Code.KEY_HAS_NO_EFFECT,
    Code.NOBODY_WAITING,
    Code.NOBODY_MISSED,
    Code.HALL_PAUSED,
    Code.TOO_FEW_DESKS,
    Code.ALREADY_RETURNED,
    Code.NO_TRANSFER_TARGET,
    Code.UNKNOWN_SERVICE,
    Code.NOBODY_SERVES,
    Code.NOTHING_TO_UNDO,
    Code.UNDO_TOO_LATE,
    Code.UNDO_MOVED_ON,
    Code.DESK_HAS_TICKET,
)


def routes(context: AppContext) -> APIRouter:
    """The routes of desks."""
    router = APIRouter(prefix=API + "/desks/{desk}", tags=["desks"])
    writer, clock, local = context.writer, context.clock, context.local

    def view(number: int, *, replayed: bool = False) -> Response:
        office = writer.office
        held = office.desks.get(number)
        name = local.operator_name(held.operator) if held is not None else None
        shown = desk_view.desk(office, clock.now(), number, operator_name=name, texts=context.writer.texts)
        return told(shown, replayed=replayed)

    async def act(session: Session, number: int, command: Command, key: str | None) -> Response:
        actor = actor_of(session)
        # A desk that closed forgot its operator; the browser that is still signed in tells it again.
        held = writer.office.desks.get(number)
        if session.operator is not None and held is not None and held.operator is None:
            writer.submit(SignIn(number, session.operator), actor=actor)
        outcome = await submit(context, command, actor, key)
        return view(number, replayed=outcome.replayed)

    @router.post(
        "/press",
        operation_id="press_key",
        response_model=DeskView,
        responses=documented(*PRESS),
        openapi_extra=read_by_hand(PressBody),
    )
    async def press_key(desk: DeskPath, request: Request) -> Response:
        """Press one of the three keys. `expects` guards a screen that shows an older state."""
        session = at_desk(context, request, desk)
        key = key_of(request)
        body = await read(request, PressBody)
        command = keys.Press(desk, keys.Key(body.key), body.long, body.expects)
        return await act(session, desk, command, key)

    @router.get(
        "",
        operation_id="read_desk",
        response_model=DeskView,
        responses=documented(
            Code.NO_PLAN,
            Code.UNKNOWN_DESK,
            Trouble.NOT_SIGNED_IN,
            Trouble.OTHER_DESK,
            Trouble.BAD_INPUT,
        ),
    )
    async def read_desk(desk: DeskPath, request: Request) -> Response:
        """The desk, its visitor, its line, and what each key would do now."""
        at_desk(context, request, desk)
        return view(desk)

    @router.post(
        "/call-back",
        operation_id="call_back",
        response_model=DeskView,
        responses=documented(
            *ACT,
            Code.HALL_PAUSED,
            Code.UNKNOWN_TICKET,
            Code.TICKET_NOT_MISSED,
            Code.ALREADY_RETURNED,
            Code.DESK_CANNOT_SERVE,
        ),
    )
    async def call_back(desk: DeskPath, body: CallBackBody, request: Request, key: Key = None) -> Response:
        """Call this missed visitor after all."""
        session = at_desk(context, request, desk)
        return await act(session, desk, CallBack(desk, body.ticket), key)

    @router.post(
        "/call",
        operation_id="call_ticket",
        response_model=DeskView,
        responses=documented(
            *ACT,
            Code.HALL_PAUSED,
            Code.UNKNOWN_TICKET,
            Code.MAY_NOT_PICK,
            Code.TICKET_NOT_IN_QUEUE,
            Code.DESK_CANNOT_SERVE,
        ),
    )
    async def call_ticket(desk: DeskPath, body: CallTicketBody, request: Request, key: Key = None) -> Response:
        """Call this number, past the line: a permission of the operator by the plan, kept in the journal."""
        return await act(at_desk(context, request, desk), desk, CallTicket(desk, body.ticket), key)

    @router.post(
        "/break",
        operation_id="take_break",
        response_model=DeskView,
        responses=documented(*ACT, Code.UNKNOWN_REASON, Code.TOO_FEW_DESKS),
    )
    async def take_break(desk: DeskPath, request: Request, body: BreakBody | None = None, key: Key = None) -> Response:
        """A free desk goes on a break, as long as enough others go on."""
        reason = body.reason if body is not None else ""
        return await act(at_desk(context, request, desk), desk, TakeBreak(desk, reason), key)

    @router.post(
        "/open",
        operation_id="open_desk",
        response_model=DeskView,
        responses=documented(*ACT, Code.DESK_ALREADY_OPEN),
    )
    async def open_desk(desk: DeskPath, request: Request, key: Key = None) -> Response:
        """Receive at this desk, or end its break; whom the roster has here is signed in."""
        return await act(at_desk(context, request, desk), desk, OpenDesk(desk), key)

    @router.post(
        "/miss",
        operation_id="miss_call",
        response_model=DeskView,
        responses=documented(*ACT, Code.DESK_NOT_CALLING),
    )
    async def miss_call(desk: DeskPath, request: Request, key: Key = None) -> Response:
        """The called visitor did not come."""
        return await act(at_desk(context, request, desk), desk, Miss(desk), key)

    @router.post(
        "/park",
        operation_id="park_visitor",
        response_model=DeskView,
        responses=documented(*ACT, Code.DESK_NOT_SERVING, Code.UNKNOWN_REASON, Code.MINUTES_OUT_OF_RANGE),
    )
    async def park_visitor(desk: DeskPath, request: Request, body: ParkBody | None = None, key: Key = None) -> Response:
        """Set the visitor aside for some minutes; the desk is free."""
        asked = body if body is not None else ParkBody()
        return await act(at_desk(context, request, desk), desk, Park(desk, asked.reason, asked.minutes), key)

    @router.post(
        "/transfer",
        operation_id="transfer_visitor",
        response_model=DeskView,
        responses=documented(
            *ACT,
            Code.DESK_NOT_SERVING,
            Code.NO_TRANSFER_TARGET,
            Code.UNKNOWN_SERVICE,
            Code.NOBODY_SERVES,
            Code.DESK_CANNOT_SERVE,
            Code.ROUTE_TOO_LONG,
        ),
    )
    async def transfer_visitor(
        desk: DeskPath,
        request: Request,
        body: TransferBody,
        key: Key = None,
    ) -> Response:
        """Send the visitor on under the same number; without a service or desk, to the desk's usual next one."""
        session = at_desk(context, request, desk)
        command = Transfer(desk, body.service or None, body.to_desk, body.come_back)
        return await act(session, desk, command, key)

    @router.post(
        "/close",
        operation_id="close_desk",
        response_model=DeskView,
        responses=documented(*ACT, Code.DESK_HAS_TICKET),
    )
    async def close_desk(desk: DeskPath, request: Request, key: Key = None) -> Response:
        """Receive nobody more here; refused while a visitor is called or served."""
        return await act(at_desk(context, request, desk), desk, CloseDesk(desk), key)

    return router
