"""What every route does: find out who asks, put a command into the mailbox, wait for its outcome."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from typing import Annotated

from fastapi import Header, Path, Request
from pydantic import BaseModel
from starlette.responses import Response

from appliance.api.context import AppContext, Outcome
from appliance.api.problems import Denied, Trouble
from appliance.domain.message import Command
from appliance.domain.refusal import Code, Refused
from appliance.store.local import Session

PATIENCE_S = 5.0
"""How long a request waits for the writer before it says: ask again with the same key."""

COOKIE = "talon_session"

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=80,
        pattern=r"^[!-~]+$",
        description="The same key is answered once: a repeat gets the first answer, until the day closes.",
    ),
]
DeskPath = Annotated[int, Path(ge=1, le=999)]
TicketPath = Annotated[int, Path(ge=1, le=2**53)]


def session_of(context: AppContext, request: Request) -> Session | None:
    """Who is signed in on this browser."""
    if "cookie" not in request.headers:
        return None
    token = request.cookies.get(COOKIE)
    return context.local.session(token) if token else None


def staff(context: AppContext, request: Request) -> Session:
    """Any signed-in operator, or the owner."""
    session = session_of(context, request)
    if session is None:
        raise Denied(Trouble.NOT_SIGNED_IN)
    return session


def owner(context: AppContext, request: Request) -> Session:
    """The owner alone."""
    session = staff(context, request)
    if session.role != "owner":
        raise Denied(Trouble.OWNER_ONLY)
    return session


def at_desk(context: AppContext, request: Request, desk: int) -> Session:
    """The operator signed in at this desk, or the owner."""
    session = staff(context, request)
    if session.role != "owner" and session.desk != desk:
        raise Denied(Trouble.OTHER_DESK, desk=desk)
    return session


def actor_of(session: Session) -> str:
    """How the journal names somebody who is signed in."""
    if session.role == "owner":
        return "owner"
    place = "reception" if session.desk is None else f"desk:{session.desk}"
    return f"{place}/{session.operator}"


def client_of(request: Request) -> str:
    """The address that asks, for the back-off of wrong tries."""
    return request.client.host if request.client is not None else ""


async def submit(context: AppContext, command: Command, actor: str, key: str | None) -> Outcome:
    """Put a command into the mailbox and wait for what it led to. Raises Refused.

    Keys of the network have their own prefix, so that no page can take the key of a desk's next real press.
    """
    future = context.writer.submit(command, actor=actor, key=f"http/{key}" if key else None)
    return await outcome_of(future)


async def outcome_of(future: Future[Outcome]) -> Outcome:
    """Wait for the writer without ever cancelling its future: a client that hangs up changes nothing."""
    loop = asyncio.get_running_loop()
    waiter: asyncio.Future[None] = loop.create_future()

    def settled(_: Future[Outcome]) -> None:
        try:
            loop.call_soon_threadsafe(wake)
        except RuntimeError:
            return  # the server has stopped; the command stands all the same

    def wake() -> None:
        if not waiter.done():
            waiter.set_result(None)

    def give_up() -> None:
        if not waiter.done():
            waiter.set_exception(Refused(Code.STORE_FAILED))

    future.add_done_callback(settled)
    timer = loop.call_later(PATIENCE_S, give_up)
    try:
        await waiter
    finally:
        timer.cancel()
    return future.result()


def told(view: BaseModel, status: int = 200, *, replayed: bool = False) -> Response:
    """A view as JSON. The models are ours, so they are not validated once more on the way out."""
    headers = {"Idempotency-Replayed": "true"} if replayed else None
    return Response(view.model_dump_json(), status, headers, "application/json")
