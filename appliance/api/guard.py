"""The outermost layer: who may reach this box from which page, how large a body may be, what a browser may do with it.

Plain ASGI and one pass over the headers: every request of the hall goes through here. It also is the last resort for
an exception that nobody expected: a plain problem goes out, the traceback goes to the log.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from ipaddress import IPv6Address

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from appliance import words
from appliance.api.problems import API, BODY_LIMIT, Trouble, problem
from appliance.domain.refusal import Code

log = logging.getLogger("talon.api")

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))
STREAMS = frozenset(("/api/v1/events",))
"""Reads that a foreign page may not open either: a stream holds a connection of this box."""

POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'self'"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
NO_STORE = (b"cache-control", b"no-store")


PLAN_PATH = "/api/v1/plan"
PLAN_LIMIT = 2 * 1024 * 1024
SCREENS_PATH = "/api/v1/hall/screens/"
SCREENS_LIMIT = 1024


class Guard:
    """Wraps the whole application, pages included."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str] = ()) -> None:
        """`hosts`: names and addresses without a port by which this box may be called, besides loopback."""
        self.app = app
        self.hosts = frozenset(_bare(host) for host in (*LOOPBACK, *hosts))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                return await send({"type": "websocket.close", "code": 1008})
            return await self.app(scope, receive, send)
        started = False
        in_api = scope["path"].startswith(API)

        async def answer(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = list(message.get("headers", ()))
                present = {name for name, _ in headers}
                headers += [header for header in HEADERS if header[0] not in present]
                if in_api and NO_STORE[0] not in present:
                    headers.append(NO_STORE)
                message["headers"] = headers
            await send(message)

        length, language, trouble, facts = self._look(scope, in_api)
        if trouble is not None:
            refusal = problem(trouble.value, facts, language)
            return await refusal(scope, receive, answer)
        if length is None and scope["method"] not in SAFE_METHODS:
            receive = _limited(receive, body_limit(scope["path"]))
        try:
            await self.app(scope, receive, answer)
        except ClientDisconnect:
            return None
        except Exception:
            log.exception("request failed: %s %s", scope["method"], scope["path"])
            if started:
                raise
            refusal = problem(Code.INTERNAL_ERROR.value, {}, language)
            await refusal(scope, receive, answer)

    def _look(self, scope: Scope, in_api: bool) -> tuple[int | None, str, Trouble | None, dict[str, str | int]]:
        """The body's length (None: not said), the reader's language, and what is wrong with the request."""
        host = origin = site = kind = accepts = None
        length: int | None = None
        hosts = 0
        chunked = False
        for name, value in scope["headers"]:
            if name == b"host":
                host, hosts = value, hosts + 1
            elif name == b"origin":
                origin = value
            elif name == b"sec-fetch-site":
                site = value
            elif name == b"content-type":
                kind = value
            elif name == b"content-length":
                length = int(value) if value.isdigit() and len(value) < 12 else BODY_LIMIT + 1
            elif name == b"transfer-encoding":
                chunked = True
            elif name == b"accept-language":
                accepts = value
        language = words.preferred(accepts.decode("latin-1")) if accepts is not None else "en"
        called = host.decode("latin-1") if host is not None else ""
        if hosts != 1 or _bare(called) not in self.hosts:
            return length, language, Trouble.HOST_REFUSED, {"host": _shown(called)}
        unsafe = scope["method"] not in SAFE_METHODS
        if unsafe or scope["path"] in STREAMS:
            foreign = site is not None and site not in (b"same-origin", b"none")
            if foreign or (origin is not None and not _same(origin.decode("latin-1"), called)):
                return length, language, Trouble.ORIGIN_REFUSED, {}
        if unsafe:
            limit = body_limit(scope["path"])
            if length is not None and length > limit:
                return length, language, Trouble.BODY_TOO_LARGE, {"limit_kib": limit // 1024}
            if in_api and not _json(kind) and (kind is not None or length or chunked):
                return length, language, Trouble.NOT_JSON, {}
        return (None if chunked else length), language, None, {}


def body_limit(path: str) -> int:
    """Bytes that a body may have at this address.

    A plan is a document of some hundred services; a screen's word, which needs no session, is short.
    """
    if path.startswith(SCREENS_PATH):
        return SCREENS_LIMIT
    return PLAN_LIMIT if path == PLAN_PATH else BODY_LIMIT


def _limited(receive: Receive, limit: int) -> Receive:
    """A body whose length nobody announced is counted as it comes."""
    total = 0

    async def counted() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > limit:
            raise HTTPException(413)
        return message

    return counted


def _bare(host: str) -> str:
    """A host without its port, in lower case; an IPv6 address in its brackets and its shortest form."""
    host = host.strip().lower().rstrip(".")
    if host.startswith("["):
        inside, _, port = host[1:].partition("]")
        if port and not (port[0] == ":" and port[1:].isdigit()):
            return ""
        try:
            return f"[{IPv6Address(inside)}]"
        except ValueError:
            return ""
    if host.count(":") > 1:
        try:
            return f"[{IPv6Address(host)}]"
        except ValueError:
            return ""
    name, colon, port = host.partition(":")
    return "" if colon and not port.isdigit() else name.rstrip(".")


def _same(origin: str, host: str) -> bool:
    """Whether an Origin header names the very host and port that the request was sent to."""
    scheme, found, rest = origin.partition("://")
    if not found or scheme not in ("http", "https"):
        return False
    default = ":80" if scheme == "http" else ":443"
    return rest.lower().removesuffix(default) == host.strip().lower().removesuffix(default)


def _json(kind: bytes | None) -> bool:
    return kind is not None and kind.split(b";", 1)[0].strip().lower() == b"application/json"


def _shown(host: str) -> str:
    """A foreign host as a problem may repeat it."""
    return "".join(char for char in host[:60] if char.isprintable())
