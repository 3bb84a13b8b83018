"""The start page: where every page of this office is."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

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
            version=pages.reading.version,
        )

    return made
