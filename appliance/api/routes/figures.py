"""The indicators: of this moment, of any period, of one's own day, and the journal entries behind each."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from appliance.api.asking import DeskPath, at_desk, owner, staff, told
from appliance.api.context import AppContext
from appliance.api.figures import Figures, group_of, present
from appliance.api.problems import Denied, Trouble, documented
from appliance.api.schemas import BehindView, FiguresView, NowView, OwnDayView
from appliance.domain.indicators.facts import EVERYTHING
from appliance.domain.indicators.period import INDICATORS
from appliance.routing import API

Dimension = Literal["service", "organisation", "purpose", "category", "desk", "operator", "hour", "reason"]
PERSONAL = ("operator", "desk")
"""What single people did is for the head alone."""

PERIOD_DAYS = 400
First = Annotated[date, Query(description="The first date, ISO.")]
Last = Annotated[date, Query(description="The last date, included.")]


def routes(context: AppContext, figures: Figures) -> APIRouter:
    """The routes of the indicators."""
    router = APIRouter(prefix=API + "/indicators", tags=["indicators"])

    @router.get("/now", operation_id="read_now", response_model=NowView, responses=documented(Trouble.NOT_SIGNED_IN))
    async def read_now(request: Request) -> Response:
        """The hall at this moment."""
        staff(context, request)
        office, now = context.writer.office, context.clock.now()
        return told(present(office, now, context.estimates.advice()))

    @router.get(
        "",
        operation_id="read_indicators",
        response_model=FiguresView,
        responses=documented(Trouble.NOT_SIGNED_IN, Trouble.OWNER_ONLY, Trouble.BAD_INPUT, Trouble.PERIOD_WRONG),
    )
    async def read_indicators(
        request: Request, first: First, last: Last, by: Annotated[Dimension | None, Query()] = None
    ) -> Response:
        """All indicators of a period, broken down by one dimension if asked for; by desk and operator for the owner."""
        _allowed(request, by)
        bounded(first, last)
        office, now = context.writer.office, context.clock.now()
        return told(await run_in_threadpool(figures.period, office, now, first, last, by))

    @router.get(
        "/{indicator}/events",
        operation_id="read_behind",
        response_model=BehindView,
        responses=documented(
            Trouble.NOT_SIGNED_IN, Trouble.OWNER_ONLY, Trouble.BAD_INPUT, Trouble.PERIOD_WRONG, Trouble.NOT_FOUND
        ),
    )
    async def read_behind(
        request: Request,
        indicator: Annotated[str, Path(max_length=60)],
        first: First,
        last: Last,
        by: Annotated[Dimension | None, Query()] = None,
        key: Annotated[str | None, Query(max_length=80)] = None,
    ) -> Response:
        """The journal entries behind an indicator of a period, or of one part of it."""
        _allowed(request, by)
        bounded(first, last)
        if indicator not in INDICATORS or by == "reason":
            raise Denied(Trouble.NOT_FOUND, path=request.url.path[:120])
        only = EVERYTHING
        if by is not None and key is not None:
            try:
                only = group_of(by, key)
            except ValueError:
                raise Denied(Trouble.NOT_FOUND, path=request.url.path[:120]) from None
        office, now = context.writer.office, context.clock.now()
        found = await run_in_threadpool(figures.behind, office, now, indicator, first, last, only)
        return told(BehindView(id=indicator, events=found))

    @router.get(
        "/desks/{desk}",
        operation_id="read_own_day",
        response_model=OwnDayView,
        responses=documented(Trouble.NOT_SIGNED_IN, Trouble.OTHER_DESK, Trouble.BAD_INPUT),
    )
    async def read_own_day(desk: DeskPath, request: Request) -> Response:
        """The day so far of whoever is signed in at this desk, or of the desk itself for the owner."""
        session = at_desk(context, request, desk)
        office, now = context.writer.office, context.clock.now()
        values = await run_in_threadpool(figures.own_day, office, now, desk, session.operator)
        return told(OwnDayView(desk=desk, operator=session.operator, values=values))

    def _allowed(request: Request, by: str | None) -> None:
        if by in PERSONAL:
            owner(context, request)
        else:
            staff(context, request)

    return router


def bounded(first: date, last: date) -> None:
    """Refuse a period that ends before it begins, or is too long."""
    if not first <= last or (last - first).days > PERIOD_DAYS:
        raise Denied(Trouble.PERIOD_WRONG, days=PERIOD_DAYS)
