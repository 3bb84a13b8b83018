"""The hall as a whole: reception's view, the pause, who was turned away, the waits that are told."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from appliance.api import views
from appliance.api.asking import Key, actor_of, staff, submit, told
from appliance.api.context import AppContext
from appliance.api.problems import Trouble, documented
from appliance.api.reading import Reading
from appliance.api.routes.tickets import CHANGE
from appliance.api.schemas import DayView, PauseBody, ReceptionView, TurnAwayBody, WaitView
from appliance.domain import require
from appliance.domain.pausing import PauseHall, ResumeHall
from appliance.domain.refusal import Code, Refused
from appliance.domain.turning_away import TurnAway


def routes(context: AppContext, reading: Reading) -> APIRouter:
    """The routes of the hall."""
    router = APIRouter(tags=["hall"])
    staffed = (*CHANGE, Trouble.NOT_SIGNED_IN)

    @router.get(
        "/reception",
        operation_id="read_reception",
        response_model=ReceptionView,
        responses=documented(Trouble.NOT_SIGNED_IN),
    )
    async def read_reception(request: Request) -> Response:
        """Everybody in hand, the desks, and what is advised."""
        staff(context, request)
        return told(reading.reception())

    @router.post(
        "/pause",
        operation_id="pause_hall",
        response_model=DayView,
        responses=documented(*staffed),
    )
    async def pause_hall(request: Request, body: PauseBody, key: Key = None) -> Response:
        """The hall stands still: nobody is called, no clock of a visitor runs. Pausing twice changes nothing."""
        session = staff(context, request)
        outcome = await submit(context, PauseHall(body.reason), actor_of(session), key)
        return told(views.day(context.writer.office, context.clock.now()), replayed=outcome.replayed)

    @router.post(
        "/resume",
        operation_id="resume_hall",
        response_model=DayView,
        responses=documented(*staffed, Code.NOT_PAUSED),
    )
    async def resume_hall(request: Request, key: Key = None) -> Response:
        """The hall goes on in the same order."""
        session = staff(context, request)
        outcome = await submit(context, ResumeHall(), actor_of(session), key)
        return told(views.day(context.writer.office, context.clock.now()), replayed=outcome.replayed)

    @router.post(
        "/turned-away",
        operation_id="turn_away",
        status_code=204,
        responses=documented(*staffed, Code.UNKNOWN_SERVICE),
    )
    async def turn_away(request: Request, body: TurnAwayBody, key: Key = None) -> Response:
        """Count a visitor who went without a number."""
        session = staff(context, request)
        await submit(context, TurnAway(body.service, body.reason), actor_of(session), key)
        return Response(status_code=204)

    @router.get(
        "/services/{service}/wait",
        operation_id="read_wait",
        response_model=WaitView,
        responses=documented(Code.NO_PLAN, Code.UNKNOWN_SERVICE, Code.NO_ESTIMATE, Trouble.BAD_INPUT),
    )
    async def read_wait(service: Annotated[str, Path(max_length=80)]) -> Response:
        """How long a newcomer for this service would wait: 8 times in 10 between low and high."""
        office = context.writer.office
        if office.plan is None:
            raise Refused(Code.NO_PLAN)
        require.service(office.plan, service)
        estimate = context.estimates.told(service)
        if estimate is None:
            raise Refused(Code.NO_ESTIMATE)
        return told(views.wait(estimate.low_s, estimate.high_s, estimate.mean_s, context.clock.now().local))

    return router
