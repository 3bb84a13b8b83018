"""What the technician's pages share: whose they are, the way from one to the other, and the office's own time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import Request
from fastapi.responses import Response

from appliance.api.context import TechnicianTools
from appliance.domain.plan import Plan
from web.office.language import text_in
from web.office.pages import Pages
from web.office.wording import N_

TABS = (
    ("/technician", N_("Devices")),
    ("/technician/doctor", N_("Check")),
    ("/technician/keys", N_("Keys")),
    ("/technician/paper", N_("Paper and sheets")),
)
GONE = Response(status_code=204, headers={"HX-Refresh": "true"})
"""Whoever is no longer signed in loads the page anew, and finds the sign-in."""

Values = Callable[[TechnicianTools, str], dict[str, Any]]


def is_owner(pages: Pages, request: Request) -> bool:
    """Whether the browser that asks belongs to the owner."""
    return pages.reading.session(request).role == "owner"


def room(pages: Pages, request: Request, template: str, here: str, title: str, values: Values) -> Response:
    """A whole page of the technician; the sign-in for everybody else."""
    if not is_owner(pages, request):
        return pages.show(request, "technician_sign_in.html")
    language = pages.language(request)
    tools = pages.reading.technician
    shared = frame(pages, language, here, title)
    if tools is None:
        return pages.show(request, "technician_nothing.html", **shared)
    return pages.show(request, template, **{**shared, **due(tools), **values(tools, language)})


def panel(pages: Pages, request: Request, template: str, values: Values) -> Response:
    """The live part of such a page."""
    tools = pages.reading.technician
    if tools is None or not is_owner(pages, request):
        return GONE
    return pages.show(request, template, **due(tools), **values(tools, pages.language(request)))


def frame(pages: Pages, language: str, here: str, title: str) -> dict[str, Any]:
    """What the frame around every page of the technician needs."""
    plan = pages.reading.plan
    name = text_in(plan.name.texts, language) if plan is not None else ""
    tab = here if here in dict(TABS) else TABS[0][0]
    words = pages.translate(title, language)
    return {"tabs": TABS, "here": here, "tab": tab, "query": "", "title": words, "office_name": name}


def due(tools: TechnicianTools) -> dict[str, Any]:
    """Whether a restart is due because hardware.toml has been changed."""
    return {"due": tools.unapplied}


def local_time(at: datetime, plan: Plan | None) -> datetime:
    """A moment by the clocks of the office; by the box's own where there is no plan."""
    if plan is None:
        return at.astimezone()
    try:
        return at.astimezone(ZoneInfo(plan.timezone))
    except ZoneInfoNotFoundError:
        return at.astimezone()
