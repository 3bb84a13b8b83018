"""The plan: which one is in force, a new one, and the roster of a date."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from appliance.api.asking import Key, actor_of, owner, staff, submit, told
from appliance.api.context import AppContext
from appliance.api.problems import Denied, Trouble, documented, language_of
from appliance.api.routes.tickets import CHANGE
from appliance.api.schemas import PlanBody, PlanView, ShiftView
from appliance.document_words import document
from appliance.domain.hours import PublicCalendar, day_hours
from appliance.domain.identity import AdoptPlan
from appliance.domain.office import Office
from appliance.domain.plan import Plan, Shift
from appliance.domain.plans.reader import PlanError, checked_plan
from appliance.domain.refusal import Code, Refused
from appliance.domain.roster import shifts_on
from appliance.domain.tickets import clock_face
from appliance.routing import API

log = logging.getLogger(__name__)

MISTAKES_TOLD = 20
SHIFTS = TypeAdapter(list[ShiftView])


def _shifts(plan: Plan, on: date, public: PublicCalendar) -> Sequence[Shift]:
    return shifts_on(plan, on, weekday=day_hours(plan, on, public).weekday)


def _sentences(error: PlanError, language: str) -> str:
    told = [document(one.place, one.code, one.facts, one.nearest, language) for one in error.mistakes[:MISTAKES_TOLD]]
    return " ".join(told)


def routes(context: AppContext) -> APIRouter:
    """The routes of the plan."""
    router = APIRouter(prefix=API, tags=["plan"])

    def view(office: Office) -> PlanView:
        plan, coming = office.plan, office.next_plan
        return PlanView(
            version=plan.version if plan is not None else None,
            digest=plan.digest if plan is not None else None,
            next_version=coming.version if coming is not None else None,
            next_digest=coming.digest if coming is not None else None,
        )

    @router.get("/plan", operation_id="read_plan", response_model=PlanView, responses=documented(Trouble.NOT_SIGNED_IN))
    async def read_plan(request: Request) -> Response:
        """Which plan is in force, and which one waits for the next opening of a day."""
        staff(context, request)
        return told(view(context.writer.office))

    @router.put(
        "/plan",
        operation_id="put_plan",
        response_model=PlanView,
        responses=documented(
            *CHANGE,
            Trouble.NOT_SIGNED_IN,
            Trouble.OWNER_ONLY,
            Trouble.PLAN_WRONG,
            Trouble.OTHER_OFFICE,
            Trouble.PLAN_NOT_SAVED,
            Code.PLAN_IN_USE,
        ),
    )
    async def put_plan(request: Request, body: PlanBody, key: Key = None) -> Response:
        """A new plan: its norms, limits, hours and skills apply at once, the rest at the next opening of a day."""
        session = owner(context, request)
        try:
            plan = await run_in_threadpool(checked_plan, body.document)
        except PlanError as error:
            raise Denied(Trouble.PLAN_WRONG, mistakes=_sentences(error, language_of(request))) from None
        if plan.office != context.writer.office.id:
            raise Denied(Trouble.OTHER_OFFICE, found=plan.office, wanted=context.writer.office.id)
        try:
            await run_in_threadpool(context.plan_file.stage, body.document)
        except OSError as error:
            raise Denied(Trouble.PLAN_NOT_SAVED, error=str(error)) from error
        try:
            outcome = await submit(context, AdoptPlan(plan), actor_of(session), key)
        except Refused:
            context.plan_file.drop()
            raise
        try:
            await run_in_threadpool(context.plan_file.keep)
        except OSError:
            log.exception("the plan is in force, but plan.toml on the disk is the old one")
        return told(view(context.writer.office), replayed=outcome.replayed)

    @router.get(
        "/roster",
        operation_id="read_roster",
        response_model=list[ShiftView],
        responses=documented(Trouble.NOT_SIGNED_IN, Trouble.BAD_INPUT),
    )
    async def read_roster(request: Request, on: Annotated[date, Query()]) -> Response:
        """Who is at which desk by the roster on a date; the absent are left out."""
        staff(context, request)
        plan = context.writer.office.plan
        shifts = _shifts(plan, on, context.clock.now().public) if plan is not None else ()
        rows = [
            ShiftView(
                operator=shift.operator,
                desk=shift.desk,
                begins=clock_face(shift.span.opens),
                ends=clock_face(shift.span.closes),
                breaks=[f"{clock_face(one.opens)}-{clock_face(one.closes)}" for one in shift.breaks],
            )
            for shift in shifts
        ]
        return Response(SHIFTS.dump_json(rows), media_type="application/json")

    return router
