"""Who is signed in: operators by a PIN at their desk or at reception, the owner by the code of the first start."""

from __future__ import annotations

from itertools import pairwise

from fastapi import APIRouter, Request
from pydantic import TypeAdapter
from starlette.responses import Response

from appliance.api.asking import (
    COOKIE,
    DeskPath,
    actor_of,
    at_desk,
    client_of,
    owner,
    session_of,
    submit,
    told,
)
from appliance.api.checking import Checking
from appliance.api.context import AppContext
from appliance.api.problems import Denied, Trouble, documented
from appliance.api.reading import Reading
from appliance.api.routes.tickets import CHANGE
from appliance.api.schemas import (
    OperatorBody,
    OperatorView,
    OwnerSignInBody,
    SessionView,
    SignInBody,
)
from appliance.domain import require
from appliance.domain.desks import SignIn, SignOut
from appliance.domain.refusal import Code
from appliance.routing import API
from appliance.store.local import Role, Session, Verdict

OPERATORS = TypeAdapter(list[OperatorView])
TRIES = (
    Trouble.TOO_MANY_TRIES,
    Trouble.SIGN_IN_BUSY,
    Trouble.BAD_INPUT,
    Trouble.BODY_TOO_LARGE,
    Trouble.NOT_JSON,
    Trouble.ORIGIN_REFUSED,
    Code.STORE_FAILED,
)
OWN = (*TRIES[2:], Trouble.NOT_SIGNED_IN, Trouble.OWNER_ONLY)


def routes(context: AppContext, reading: Reading, checking: Checking) -> APIRouter:
    """The routes of sessions and operators."""
    router = APIRouter(prefix=API, tags=["session"])
    local = context.local

    def judge(verdict: Verdict, wrong: Trouble) -> None:
        if verdict.wait_s:
            headers = {"Retry-After": str(verdict.wait_s)}
            raise Denied(Trouble.TOO_MANY_TRIES, headers, seconds=verdict.wait_s)
        if not verdict.accepted:
            raise Denied(wrong)

    async def begin(request: Request, role: Role, operator: str | None = None, desk: int | None = None) -> Response:
        token = await checking.run(local.begin_session, role, operator, desk)
        response = told(reading.session_view(local.session(token)))
        response.set_cookie(
            COOKIE,
            token,
            path="/",
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return response

    async def end(request: Request) -> Response:
        token = request.cookies.get(COOKIE)
        if token:
            await checking.run(local.end_session, token)
        response = told(reading.session_view(None))
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
        return response

    async def leave_desks(session: Session) -> None:
        """Tell the queue that this operator works at no desk any more."""
        for held in list(context.writer.office.desks.values()):
            if session.operator is not None and held.operator == session.operator:
                await submit(context, SignOut(held.number), actor_of(session), None)

    @router.get("/session", operation_id="who_am_i", response_model=SessionView, responses=documented())
    async def who_am_i(request: Request) -> Response:
        """Who is signed in on this browser."""
        return told(reading.session(request))

    @router.post(
        "/desks/{desk}/sign-in",
        operation_id="sign_in_at_desk",
        response_model=SessionView,
        responses=documented(*TRIES, Trouble.WRONG_PIN, Code.NO_PLAN, Code.UNKNOWN_DESK, Code.MAILBOX_FULL),
    )
    async def sign_in_at_desk(desk: DeskPath, body: SignInBody, request: Request) -> Response:
        """An operator sits down: keys of this desk act for them from now on, here and on its panel."""
        require.desk(context.writer.office, desk)
        client = client_of(request)
        judge(
            await checking.run(local.verify_operator, body.operator, body.pin, client),
            Trouble.WRONG_PIN,
        )
        actor = f"desk:{desk}/{body.operator}"
        await submit(context, SignIn(desk, body.operator), actor, None)
        return await begin(request, "operator", body.operator, desk)

    @router.post(
        "/desks/{desk}/sign-out",
        operation_id="sign_out_at_desk",
        response_model=SessionView,
        responses=documented(*CHANGE, Trouble.NOT_SIGNED_IN, Trouble.OTHER_DESK, Code.UNKNOWN_DESK),
    )
    async def sign_out_at_desk(desk: DeskPath, request: Request) -> Response:
        """The operator leaves the desk. The owner may sign out whoever is there and stays signed in."""
        session = at_desk(context, request, desk)
        await submit(context, SignOut(desk), actor_of(session), None)
        if session.role == "owner":
            return told(reading.session_view(session))
        return await end(request)

    @router.post(
        "/session/reception",
        operation_id="sign_in_at_reception",
        response_model=SessionView,
        responses=documented(*TRIES, Trouble.WRONG_PIN, Code.MAILBOX_FULL, Code.NO_PLAN),
    )
    async def sign_in_at_reception(body: SignInBody, request: Request) -> Response:
        """An operator works at reception: tickets and the day, no desk."""
        client = client_of(request)
        judge(
            await checking.run(local.verify_operator, body.operator, body.pin, client),
            Trouble.WRONG_PIN,
        )
        response = await begin(request, "operator", body.operator)
        await leave_desks(Session("operator", body.operator, None, 0))
        return response

    @router.post(
        "/session/owner",
        operation_id="sign_in_owner",
        response_model=SessionView,
        responses=documented(*TRIES, Trouble.WRONG_CODE),
    )
    async def sign_in_owner(body: OwnerSignInBody, request: Request) -> Response:
        """The owner signs in with the code that the first start printed."""
        verdict = await checking.run(local.verify_owner, body.code, client_of(request))
        judge(verdict, Trouble.WRONG_CODE)
        return await begin(request, "owner")

    @router.post(
        "/session/sign-out",
        operation_id="sign_out",
        response_model=SessionView,
        responses=documented(*CHANGE),
    )
    async def sign_out(request: Request) -> Response:
        """Whoever is signed in on this browser leaves, and their desk knows it."""
        session = session_of(context, request)
        if session is not None and session.desk is not None:
            await leave_desks(session)
        return await end(request)

    @router.get(
        "/operators",
        operation_id="list_operators",
        response_model=list[OperatorView],
        responses=documented(Trouble.NOT_SIGNED_IN, Trouble.OWNER_ONLY),
    )
    async def list_operators(request: Request) -> Response:
        """Everybody who may sign in."""
        owner(context, request)
        listed = [OperatorView(operator=one.id, name=one.name) for one in local.operators()]
        return Response(OPERATORS.dump_json(listed), media_type="application/json")

    @router.put(
        "/operators",
        operation_id="put_operator",
        response_model=OperatorView,
        responses=documented(*OWN, Trouble.SIMPLE_PIN, Trouble.SIGN_IN_BUSY),
    )
    async def put_operator(body: OperatorBody, request: Request) -> Response:
        """Add an operator, or change the name and the PIN of one."""
        owner(context, request)
        if simple(body.pin):
            raise Denied(Trouble.SIMPLE_PIN)
        await checking.run(local.put_operator, body.operator, body.name, body.pin)
        return told(OperatorView(operator=body.operator, name=body.name))

    @router.delete(
        "/operators/{operator}",
        operation_id="remove_operator",
        response_model=OperatorView,
        responses=documented(
            *OWN,
            Trouble.UNKNOWN_OPERATOR,
            Trouble.SIGN_IN_BUSY,
            Code.MAILBOX_FULL,
        ),
    )
    async def remove_operator(operator: str, request: Request) -> Response:
        """Forget an operator: their sessions end, and the desk where they work is nobody's."""
        session = owner(context, request)
        name = local.operator_name(operator)
        if name is None or not await checking.run(local.remove_operator, operator):
            raise Denied(Trouble.UNKNOWN_OPERATOR, operator=operator[:40])
        for held in list(context.writer.office.desks.values()):
            if held.operator == operator:
                await submit(context, SignOut(held.number), actor_of(session), None)
        return told(OperatorView(operator=operator, name=name))

    return router


def simple(pin: str) -> bool:
    """Whether a PIN is one digit over and over, or a run such as 123456 or 987654."""
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    return len(steps) == 1 and steps <= {0, 1, 9}
