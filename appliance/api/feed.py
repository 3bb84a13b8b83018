"""The live feed: every open page hears that something has changed, and nothing more. It then reads the newest state.

A client never holds a queue: whoever is slow gets the newest number only. The writer's thread spends one flag on it.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from appliance.api.context import Writer

KEEP_ALIVE_S = 15.0
RETRY_MS = 2000
MAX_CLIENTS = 128
COMMENT = b": still here\n\n"


class Feed:
    """Tells every open stream the newest seq. Streams live on one event loop; `close` may come from any thread."""

    def __init__(self, writer: Writer, keep_alive_s: float = KEEP_ALIVE_S) -> None:
        """Begin to listen to the writer."""
        self.keep_alive_s = keep_alive_s
        self._writer = writer
        self._clients: set[Stream] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._newest = 0
        self._waking = False
        self.closed = False
        writer.listen(self._committed)

    @property
    def clients(self) -> int:
        """How many streams are open."""
        return len(self._clients)

    def stream(self) -> Stream | None:
        """A new stream, None when there are as many as this box can serve."""
        return Stream(self) if len(self._clients) < MAX_CLIENTS else None

    def close(self) -> None:
        """End all streams, now and from now on: a server that stops would wait for them."""
        self.closed = True
        self._schedule()

    def seq(self) -> int:
        """The newest journal entry."""
        return max(self._newest, self._writer.office.seq)

    def join(self, client: Stream) -> None:
        """Called by a stream on its loop."""
        self._loop = asyncio.get_running_loop()
        self._clients.add(client)

    def leave(self, client: Stream) -> None:
        """Called by a stream on its loop."""
        self._clients.discard(client)

    def _committed(self, seq: int) -> None:
        """On the writer's thread. Commits that come faster than the loop turns share one wake-up."""
        self._newest = seq
        if self._clients and not self._waking:
            self._waking = True
            self._schedule()

    def _schedule(self) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended, and its streams with it
                self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        # Cleared before the number is read: a commit in between schedules one wake-up more, never one less.
        self._waking = False
        for client in self._clients:
            client.nudge()


class Stream(Response):
    """One open connection of `text/event-stream`."""

    media_type = "text/event-stream"

    def __init__(self, feed: Feed) -> None:
        """Nothing is sent before the server calls."""
        super().__init__(
            status_code=200,
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )
        del self.headers["content-length"]
        self._feed = feed
        self._news = asyncio.Event()
        self._gone = False

    def nudge(self) -> None:
        """There is something new, or an end."""
        self._news.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        """Send until the client or the office goes."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        self._feed.join(self)
        watching = asyncio.create_task(self._watch(receive))
        try:
            with suppress(OSError):
                await self._tell(send)
        finally:
            self._feed.leave(self)
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching

    async def _tell(self, send: Send) -> None:
        told = self._feed.seq()
        await send(_chunk(b"retry: %d\n\n" % RETRY_MS + changed(told)))
        while not self._over():
            try:
                async with asyncio.timeout(self._feed.keep_alive_s):
                    await self._news.wait()
            except TimeoutError:
                await send(_chunk(COMMENT))
                continue
            self._news.clear()
            if self._over():
                break
            newest = self._feed.seq()
            if newest != told:
                told = newest
                await send(_chunk(changed(newest)))
        if not self._gone:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _over(self) -> bool:
        return self._gone or self._feed.closed

    async def _watch(self, receive: Receive) -> None:
        """The server says here that the client has gone."""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                self._gone = True
                self._news.set()
                return


def changed(seq: int) -> bytes:
    """The only event there is."""
    return b"event: changed\nid: %d\ndata: %d\n\n" % (seq, seq)


def _chunk(body: bytes) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": True}
