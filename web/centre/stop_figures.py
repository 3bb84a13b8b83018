"""What a mobile office did at each of its stops: by the times at which it happened, however late the data came."""

from __future__ import annotations

from datetime import date

from babel.dates import format_date
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from web.centre import period
from web.centre.face import minutes
from web.centre.pages import Pages
from web.centre.who import Asker, House
from web.centre.wording import N_
from web.language import NBSP

BETWEEN = N_("outside the timetable")
MOST_DAYS = 92
"""A longer period is read from its end: every day's entries are gone through."""


def router(pages: Pages, house: House) -> APIRouter:
    """GET /office/{id}/stops."""
    made = APIRouter(include_in_schema=False)

    @made.get("/office/{office}/stops")
    def page(request: Request, asker: Asker, office: str) -> Response:
        if asker.person is None:
            return RedirectResponse("/sign-in?then=wall", 303)
        code = pages.language(request)
        entry = next((one for one in pages.reading.offices() if one.id == office), None)
        if entry is None or not entry.mobile:
            return pages.show(request, asker, "missing.html", 404, at="")
        today = pages.local(pages.reading.now_ms(), entry.zone).date()
        query = dict(request.query_params)
        if not {"period", "first"} & query.keys():
            query["period"] = "week"
        span, wrong = period.span_of(query, today)
        first = max(span.first, date.fromordinal(span.last.toordinal() - MOST_DAYS + 1))
        house.audit.note(asker.person, "viewed", office=office, subject="stops", client=asker.client)
        found = [] if wrong else pages.reading.stop_figures(office, first, span.last)

        def told(on: str) -> str:
            return format_date(date.fromisoformat(on), "EEE, d MMM", locale=code).replace(" ", NBSP)

        return pages.show(
            request, asker, "stops.html", at="", entry=entry, span_=span, period=period,
            dates=period.Span(first, span.last).told(code), rows=sorted(found, key=lambda one: one.date, reverse=True),
            told=told, wait=lambda ms: minutes(ms, code), between=pages.translate(BETWEEN, code),
        )  # fmt: skip

    return made
