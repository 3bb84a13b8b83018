"""The web server around the API: uvicorn that ends its open streams before it waits for them."""

from __future__ import annotations

import logging
import socket

import uvicorn
from fastapi import FastAPI

GRACE_S = 2


class Server(uvicorn.Server):
    """Without this a stream that waits for news keeps the server up for ever after SIGTERM."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the live feed, then shut down as usual."""
        app = self.config.app
        if isinstance(app, FastAPI) and hasattr(app.state, "feed"):
            app.state.feed.close()
        await super().shutdown(sockets)


def make_server(app: FastAPI, host: str = "127.0.0.1", port: int = 8080) -> Server:
    """A server that is ready to `run()`, in the main thread (then it minds SIGTERM) or in another one
    (then set `should_exit`)."""
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        ws="none",
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=30,
        limit_concurrency=512,
    )
    return Server(config)
