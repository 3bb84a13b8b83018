"""The box's clock: a person compares it with a watch when the box doesn't believe it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from appliance.api.asking import owner
from appliance.api.context import AppContext
from appliance.api.problems import Trouble, documented
from appliance.routing import API


def routes(context: AppContext) -> APIRouter:
    """The route of the clock."""
    router = APIRouter(prefix=API + "/clock", tags=["day"])

    @router.post(
        "/confirm",
        operation_id="confirm_clock",
        status_code=204,
        responses=documented(Trouble.NOT_SIGNED_IN, Trouble.OWNER_ONLY),
    )
    async def confirm_clock(request: Request) -> Response:
        """The time that the box shows is right: it is believed from now on, until it jumps again."""
        owner(context, request)
        context.clock.confirm()
        return Response(status_code=204)

    return router
