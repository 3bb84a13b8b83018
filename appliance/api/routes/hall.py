"""The hall as a whole: reception's view, the pause, who was turned away, the waits that are told."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from appliance.api import views
from appliance.api.asking import Key, actor_of, staff, submit, told
from appliance.api.context import AppContext
from appliance.api.problems import Denied, Trouble, documented
from appliance.api.reading import Reading
from appliance.api.routes.tickets import CHANGE
from appliance.api.schemas import (
    DayView,
    PauseBody,
    ReceptionView,
    ScreenBody,
    ScreenView,
    TurnAwayBody,
    WaitView,
)
from appliance.domain import require
from appliance.domain.pausing import PauseHall, ResumeHall
from appliance.domain.refusal import Code, Refused
from appliance.domain.turning_away import TurnAway
from appliance.routing import API

BAD_BODY = (
    Trouble.BAD_INPUT,
    Trouble.BODY_TOO_LARGE,
    Trouble.NOT_JSON,
    Trouble.ORIGIN_REFUSED,
    Trouble.REQUEST_REFUSED,
)

ScreenPath = Annotated[str, Path(max_length=20, pattern=r"^[a-z0-9-]+$")]
"""The name of a board, as hardware.toml gives it."""


def routes(context: AppContext, reading: Reading) -> APIRouter:
    """The routes of the hall."""
    router = APIRouter(prefix=API, tags=["hall"])
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

    @router.get(
        "/hall/screens/{name}",
        operation_id="read_screen",
        response_model=ScreenView,
        responses=documented(Trouble.NOT_FOUND, Trouble.BAD_INPUT),
    )
    async def read_screen(request: Request, name: ScreenPath) -> Response:
        """Whether a screen of the hall lives; open, for the watchman of its browser."""
        try:
            glance = context.screens.glance(name)
        except KeyError:
            raise Denied(Trouble.NOT_FOUND, path=request.url.path) from None
        view = ScreenView.model_validate(
            {
                "name": glance.name,
                "condition": glance.condition,
                "reason": glance.reason,
                "seen": glance.seen,
                "silent_s": int(glance.silent_s),
                "pattern": glance.pattern,
            }
        )
        return told(view)

    @router.post(
        "/hall/screens/{name}",
        operation_id="tell_screen",
        status_code=204,
        responses=documented(Trouble.NOT_FOUND, Trouble.TOO_OFTEN, *BAD_BODY),
    )
    async def tell_screen(request: Request, name: ScreenPath, body: ScreenBody) -> Response:
        """The page of a screen lives, and what it shows. Only screens that hardware.toml names, once in a second."""
        try:
            counted = context.screens.beat(name, body.seq, body.age_ms / 1000)
        except KeyError:
            raise Denied(Trouble.NOT_FOUND, path=request.url.path) from None
        if not counted:
            raise Denied(Trouble.TOO_OFTEN)
        return Response(status_code=204)

    return router
