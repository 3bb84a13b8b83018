"""The situation centre as the office sees it: its directives, what stands of them, and staff who decide otherwise."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from appliance.api import standing_view
from appliance.api.asking import Key, actor_of, at_desk, owner, staff, submit, told
from appliance.api.context import AppContext
from appliance.api.problems import Trouble, documented
from appliance.api.routes.tickets import CHANGE
from appliance.api.schemas import DirectivesView
from appliance.domain.refusal import Code
from appliance.domain.standing import DropStanding
from appliance.routing import API
from appliance.store.local import Session

WhatPath = Annotated[str, Path(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9:./_-]+$")]
"""A change as the views name it: `limit:consult`, `skill:5:consult`, `message`, `policy`."""


def routes(context: AppContext) -> APIRouter:
    """The routes of directives."""
    router = APIRouter(prefix=API, tags=["centre"])

    def may_end(request: Request, what: str) -> Session:
        """Reception ends what any operator may; an operator at a desk the skills of theirs; the owner everything."""
        session = staff(context, request)
        if standing_view.kind_of(what) not in standing_view.ANY_STAFF:
            return owner(context, request)
        desk = standing_view.desk_of(what)
        return session if desk is None or session.desk is None else at_desk(context, request, desk)

    @router.get(
        "/directives",
        operation_id="read_directives",
        response_model=DirectivesView,
        responses=documented(Trouble.NOT_SIGNED_IN),
    )
    async def read_directives(request: Request) -> Response:
        """The newest directives of the situation centre with their outcomes, and what still stands of them."""
        staff(context, request)
        return told(standing_view.directives(context.writer.office, context.writer.texts))

    @router.post(
        "/standing/{what}/end",
        operation_id="end_standing",
        response_model=DirectivesView,
        responses=documented(
            *CHANGE, Trouble.NOT_SIGNED_IN, Trouble.OTHER_DESK, Trouble.OWNER_ONLY, Code.NOTHING_STANDING
        ),
    )
    async def end_standing(what: WhatPath, request: Request, key: Key = None) -> Response:
        """Local staff end a change of the situation centre at once; the centre sees it."""
        session = may_end(request, what)
        outcome = await submit(context, DropStanding(what), actor_of(session), key)
        view = standing_view.directives(context.writer.office, context.writer.texts)
        return told(view, replayed=outcome.replayed)

    return router
