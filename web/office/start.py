"""The start page: where every page of this office is."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import Response
from starlette.routing import NoMatchFound

from web.office.pages import Pages


def router(pages: Pages) -> APIRouter:
    """GET /."""
    made = APIRouter(include_in_schema=False)

    @made.get("/")
    def start(request: Request) -> Response:
        plan = pages.reading.plan
        return pages.show(
            request,
            "start.html",
            kiosk=pages.reading.kiosk(),
            simulated=pages.reading.simulated,
            desks=sorted(plan.desks) if plan else [],
            head=has_head(request.app),
            version=pages.reading.version,
        )

    return made


def has_head(app: FastAPI) -> bool:
    """Whether the head's page is there: an office of canned views has none."""
    try:
        app.url_path_for("head")
    except NoMatchFound:
        return False
    return True
