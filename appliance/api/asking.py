"""What every route does: find out who asks, put a command into the mailbox, wait for its outcome."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from typing import Annotated, Any, TypeVar

from fastapi import Header, Path, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, StringConstraints, TypeAdapter, ValidationError
from starlette.responses import Response

from appliance.api.context import AppContext
from appliance.api.problems import Denied, Trouble
from appliance.domain.message import Command
from appliance.domain.refusal import Code, Refused
from appliance.store.local import Session
from appliance.store.writer import Outcome

PATIENCE_S = 5.0
"""How long a request waits for the writer before it says: ask again with the same key."""

COOKIE = "talon_session"

KEY_HEADER = "Idempotency-Key"
KEY_TOLD = "The same key is answered once: a repeat gets the first answer, until the day closes."
KeyText = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[!-~]+$")]
KEY = TypeAdapter(KeyText)
Key = Annotated[KeyText | None, Header(alias=KEY_HEADER, description=KEY_TOLD)]
DeskPath = Annotated[int, Path(ge=1, le=999)]
Body = TypeVar("Body", bound=BaseModel)
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


async def read(request: Request, model: type[Body]) -> Body:
    """The body of a hot route, read without the framework's general machinery: it costs a third of the time."""
    try:
        return model.model_validate_json(await request.body())
    except ValidationError as error:
        mistakes = error.errors(include_url=False)
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in mistakes]) from None


def key_of(request: Request) -> str | None:
    """The Idempotency-Key of a hot route."""
    key: str | None = request.headers.get(KEY_HEADER)
    if key is None:
        return None
    try:
        return KEY.validate_python(key)
    except ValidationError as error:
        mistakes = error.errors(include_url=False)
        raise RequestValidationError([{**one, "loc": ("header", KEY_HEADER)} for one in mistakes]) from None


def read_by_hand(model: type[BaseModel]) -> dict[str, Any]:
    """What the description must say of a route that reads its body and key itself."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "parameters": [
            {
                "name": KEY_HEADER,
                "in": "header",
                "required": False,
                "schema": {"anyOf": [KEY.json_schema(), {"type": "null"}], "description": KEY_TOLD},
                "description": KEY_TOLD,
            }
        ],
    }


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
