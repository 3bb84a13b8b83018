"""Puts the API together: the guard in front, the routes, and a problem for every no."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from appliance.api import problems
from appliance.api.checking import Checking
from appliance.api.context import ApiSettings, AppContext
from appliance.api.description import describe
from appliance.api.feed import Feed
from appliance.api.figures import Figures
from appliance.api.guard import Guard
from appliance.api.reading import Reading
from appliance.api.routes import (
    bells,
    centre,
    clock,
    day,
    desks,
    devices,
    feed,
    figures,
    hall,
    health,
    metrics,
    office,
    plan,
    session,
    technician,
    tickets,
    visits,
)
from appliance.domain.refusal import Refused
from appliance.routing import API, join

__all__ = ["ApiSettings", "AppContext", "create_app"]


def create_app(context: AppContext) -> FastAPI:
    """The API of one office. `app.state.feed` is its live feed, `app.state.reading` what the pages read."""
    app = FastAPI(
        title=context.settings.title,
        version=context.settings.version,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers={
            Refused: problems.refused,
            problems.Denied: problems.denied,
            RequestValidationError: problems.bad_input,
            HTTPException: problems.http_error,
        },
        telemetry={
            "tracing": False,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
        },
    )
    app.add_middleware(Guard, hosts=context.settings.hosts)
    reading = Reading(context)
    live = Feed(context.writer)
    computed = Figures(context.reads)
    app.state.feed = live
    app.state.reading = reading
    app.state.figures = computed
    app.state.plan = lambda: context.writer.office.plan
    for router in (
        tickets.routes(context),
        visits.routes(context),
        hall.routes(context, reading),
        plan.routes(context),
        figures.routes(context, computed),
        desks.routes(context),
        bells.routes(context),
        centre.routes(context),
        devices.routes(context, computed),
        feed.routes(live),
        office.routes(context, reading),
        day.routes(context),
        clock.routes(context),
        session.routes(context, reading, Checking()),
        health.routes(context),
        technician.routes(context),
    ):
        join(app, router)
    join(app, metrics.routes(context))
    describe(app)
    return app
