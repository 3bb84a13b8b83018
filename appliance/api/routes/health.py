"""Whether the queue is alive."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from appliance.api.asking import told
from appliance.api.context import AppContext
from appliance.api.problems import documented
from appliance.api.schemas import HealthView
from appliance.routing import API


def routes(context: AppContext) -> APIRouter:
    """The route of health."""
    router = APIRouter(prefix=API, tags=["health"])

    @router.get(
        "/health",
        operation_id="read_health",
        response_model=HealthView,
        responses={
            503: {
                "description": "The queue takes no commands.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/HealthView"}}},
            },
            **documented(),
        },
    )
    async def read_health() -> Response:
        """Whether the writer takes commands, and the newest journal entry. No secrets: open to all."""
        alive = context.writer.alive
        view = HealthView(alive=alive, seq=context.writer.office.seq, version=context.settings.version)
        return told(view, 200 if alive else 503)

    return router
