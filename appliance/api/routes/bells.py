"""The bell at the ramp: somebody is coming, somebody has been there."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from appliance.api.asking import Key, actor_of, staff, submit, told
from appliance.api.bells_view import bells
from appliance.api.context import AppContext
from appliance.api.problems import Trouble, documented
from appliance.api.schemas import BellsView
from appliance.domain.bell import AnswerBell, CloseBell
from appliance.domain.message import Command
from appliance.domain.refusal import Code
from appliance.routing import API

BellPath = Annotated[str, Path(min_length=1, max_length=20, pattern=r"^[a-z0-9-]+$")]

CHANGING = (
    Trouble.NOT_SIGNED_IN,
    Trouble.BAD_INPUT,
    Trouble.ORIGIN_REFUSED,
    Trouble.BODY_TOO_LARGE,
    Trouble.NOT_JSON,
    Code.BELL_SILENT,
    Code.KEY_REUSED,
    Code.MAILBOX_FULL,
    Code.STORE_FAILED,
)


def routes(context: AppContext) -> APIRouter:
    """The routes of the bells. Any signed-in operator may use them, whether the day is open or not."""
    router = APIRouter(prefix=API + "/bells/{bell}", tags=["bells"])

    async def change(request: Request, command: Command, key: str | None) -> Response:
        session = staff(context, request)
        outcome = await submit(context, command, actor_of(session), key)
        office = context.writer.office
        view = BellsView(seq=office.seq, bells=bells(office, context.clock.now()))
        return told(view, replayed=outcome.replayed)

    @router.post("/answer", operation_id="answer_bell", response_model=BellsView, responses=documented(*CHANGING))
    async def answer_bell(bell: BellPath, request: Request, key: Key = None) -> Response:
        """Somebody is coming: the lamp at the ramp says so. A second answer changes nothing."""
        return await change(request, AnswerBell(bell), key)

    @router.post(
        "/close",
        operation_id="close_bell",
        response_model=BellsView,
        responses=documented(*CHANGING, Code.BELL_NOT_ANSWERED),
    )
    async def close_bell(bell: BellPath, request: Request, key: Key = None) -> Response:
        """Somebody has been at the ramp: the call is over."""
        return await change(request, CloseBell(bell), key)

    return router
