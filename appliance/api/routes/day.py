"""The working day: opened and closed by staff."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from appliance.api import views
from appliance.api.asking import Key, actor_of, staff, submit, told
from appliance.api.context import AppContext
from appliance.api.problems import Trouble, documented
from appliance.api.routes.tickets import CHANGE
from appliance.api.schemas import DayView
from appliance.domain.days import CloseDay, OpenDay
from appliance.domain.message import Command
from appliance.domain.refusal import Code
from appliance.routing import API


def routes(context: AppContext) -> APIRouter:
    """The routes of the day."""
    router = APIRouter(prefix=API + "/day", tags=["day"])

    async def change(request: Request, command: Command, key: str | None) -> Response:
        session = staff(context, request)
        outcome = await submit(context, command, actor_of(session), key)
        return told(views.day(context.writer.office, context.clock.now()), replayed=outcome.replayed)

    @router.get("", operation_id="read_day", response_model=DayView, responses=documented())
    async def read_day() -> Response:
        """The day that is open, or the last one."""
        return told(views.day(context.writer.office, context.clock.now()))

    @router.post(
        "/open",
        operation_id="open_day",
        response_model=DayView,
        responses=documented(*CHANGE, Trouble.NOT_SIGNED_IN, Code.DAY_ALREADY_OPEN),
    )
    async def open_day(request: Request, key: Key = None) -> Response:
        """Open the day under the newest plan; what is still open from an earlier one is closed."""
        return await change(request, OpenDay(), key)

    @router.post(
        "/close",
        operation_id="close_day",
        response_model=DayView,
        responses=documented(*CHANGE, Trouble.NOT_SIGNED_IN),
    )
    async def close_day(request: Request, key: Key = None) -> Response:
        """Close the day: who still waits has left, a service that goes on is done, both by the system."""
        return await change(request, CloseDay(), key)

    return router
