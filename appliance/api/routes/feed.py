"""The live feed of every open page."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from appliance.api.feed import Feed
from appliance.api.problems import Denied, Trouble, documented
from appliance.routing import API


def routes(feed: Feed) -> APIRouter:
    """The route of the feed."""
    router = APIRouter(prefix=API, tags=["feed"])

    @router.get(
        "/events",
        operation_id="listen",
        response_class=Response,
        responses={
            200: {
                "description": "Events `changed`, whose data is the newest seq, and a comment every 15 s.",
                "content": {"text/event-stream": {"schema": {"type": "string"}}},
            },
            **documented(Trouble.FEED_FULL, Trouble.ORIGIN_REFUSED),
        },
    )
    async def listen() -> Response:
        """Hear that something has changed; then read what you show. Open to every screen."""
        stream = feed.stream()
        if stream is None:
            raise Denied(Trouble.FEED_FULL)
        return stream

    return router
