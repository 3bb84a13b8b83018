"""The outermost layer of the centre's pages: who may reach them from which page, how large a body may be, and headers.

Plain ASGI. A Host that isn't ours is refused (DNS rebinding), an unsafe method or a stream from a page of another site
as well (CSRF).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.centre.wording import PROBLEMS

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))
STREAM = "/api/v1/events"
BODY_LIMIT = 64 * 1024
PLAN_LIMIT = 512 * 1024
"""A plan's document is the only large body: its letters are counted where it is read."""

PLANS = re.compile(r"/api/v1/offices/[a-z0-9-]{1,40}/plans(/check)?")
POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
NO_STORE = (b"cache-control", b"no-store")


class Guard:
    """Wraps the whole application. `hosts`: names and addresses without a port, besides loopback."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str] = ()) -> None:
        self.app = app
        self.hosts = frozenset(bare(host) for host in (*LOOPBACK, *hosts))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": 1008})
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                present = {name for name, _ in headers}
                message["headers"] = headers + [one for one in (*HEADERS, NO_STORE) if one[0] not in present]
            await send(message)

        status, code = self._look(scope)
        if status:
            return await _refuse(answer, status, code)
        if scope["method"] not in SAFE_METHODS:
            body = await _body(receive, PLAN_LIMIT if PLANS.fullmatch(scope["path"]) else BODY_LIMIT)
            if body is None:
                return await _refuse(answer, 413, "too-large")
            receive = _again(body, receive)
        return await self.app(scope, receive, answer)

    def _look(self, scope: Scope) -> tuple[int, str]:
        headers: dict[bytes, list[str]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name, []).append(value.decode("latin-1"))
        hosts = headers.get(b"host", [])
        if len(hosts) != 1 or bare(hosts[0]) not in self.hosts:
            return 421, "host-refused"
        if scope["method"] in SAFE_METHODS and scope["path"] != STREAM:
            return 0, ""
        site = headers.get(b"sec-fetch-site", ["none"])[0]
        origin = headers.get(b"origin", [""])[0]
        if site not in ("same-origin", "none") or (origin and not _same(origin, hosts[0])):
            return 403, "origin-refused"
        kind = headers.get(b"content-type", [""])[0].split(";", 1)[0].strip().lower()
        if scope["method"] not in SAFE_METHODS and kind != "application/json":
            return 415, "not-json"
        return 0, ""


def bare(host: str) -> str:
    """A host without its port, in lower case."""
    host = host.strip().lower()
    if host.startswith("["):
        inside, _, port = host[1:].partition("]")
        return f"[{inside}]" if not port or (port[0] == ":" and port[1:].isdigit()) else ""
    name, colon, port = host.partition(":")
    return "" if colon and not port.isdigit() else name.rstrip(".")


def _same(origin: str, host: str) -> bool:
    scheme, found, rest = origin.partition("://")
    if not found or scheme not in ("http", "https"):
        return False
    default = ":80" if scheme == "http" else ":443"
    return rest.lower().removesuffix(default) == host.strip().lower().removesuffix(default)


async def _body(receive: Receive, limit: int) -> bytes | None:
    """The whole body; None when it is larger than `limit` bytes or breaks off."""
    found = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        found += bytes(message.get("body", b""))
        if len(found) > limit:
            return None
        if not message.get("more_body"):
            return found


def _again(body: bytes, receive: Receive) -> Receive:
    told = False

    async def again() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _refuse(send: Send, status: int, code: str) -> None:
    body = json.dumps({"code": code, "detail": PROBLEMS[code]}).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
