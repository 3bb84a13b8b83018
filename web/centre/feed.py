"""The feed of changes: browsers hear that something has changed, and read it themselves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter
from fastapi.responses import Response, StreamingResponse

from web.centre.pages import Pages
from web.centre.who import Asker

MOST_STREAMS = 400
BEAT_S = 15.0
AT_MOST_EVERY_S = 0.5


class Feed:
    """Wakes every open stream when the centre says that something changed; from any thread."""

    def __init__(self) -> None:
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    def changed(self) -> None:
        """Something has changed."""
        for loop, event in tuple(self._waiting):
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)

    @property
    def full(self) -> bool:
        """Whether no further stream is taken."""
        return len(self._waiting) >= MOST_STREAMS

    async def stream(self) -> AsyncIterator[bytes]:
        """One browser's stream: `changed` at most twice a second, and a beat."""
        event = asyncio.Event()
        mine = (asyncio.get_running_loop(), event)
        self._waiting.add(mine)
        try:
            yield b"retry: 3000\n: hello\n\n"
            while True:
                try:
                    await asyncio.wait_for(event.wait(), BEAT_S)
                except TimeoutError:
                    yield b": beat\n\n"
                    continue
                event.clear()
                yield b"event: changed\ndata: {}\n\n"
                await asyncio.sleep(AT_MOST_EVERY_S)
        finally:
            self._waiting.discard(mine)


def router(pages: Pages) -> APIRouter:
    """GET /api/v1/events."""
    made = APIRouter(include_in_schema=False)
    feed = Feed()
    pages.reading.listen(feed.changed)

    @made.get("/api/v1/events")
    async def events(asker: Asker) -> Response:
        if asker.person is None:
            return Response(status_code=403)
        if feed.full:
            return Response(status_code=503, headers={"Retry-After": "10"})
        return StreamingResponse(feed.stream(), media_type="text/event-stream")

    return made
