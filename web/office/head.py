"""The head's page: the hall now, the indicators of any period with their entries; and the own day at a desk."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from appliance import indicator_words
from appliance.api.routes.figures import PERIOD_DAYS
from appliance.api.schemas import FiguresView, FigureView
from appliance.domain.indicators.local_time import MINUTE_MS
from appliance.domain.indicators.period import INDICATORS
from appliance.domain.indicators.present import NOW_INDICATORS
from web.office import head_period
from web.office.head_books import Books, page_of
from web.office.head_chart import chart
from web.office.head_entries import line
from web.office.head_file import as_file
from web.office.head_period import Choice, chosen
from web.office.head_table import main_rows, parts, shown, tables
from web.office.language import text_in
from web.office.pages import Pages
from web.office.wording import N_

GONE = Response(status_code=204, headers={"HX-Refresh": "true"})
BACK = Response(status_code=303, headers={"Location": "/head"})
PAGE = 100
"""Entries on a page."""

ISSUED, WAITED = N_("Numbers given by the hour"), N_("Mean wait by the hour; the mark is the longest one")


def router(pages: Pages, books: Books) -> APIRouter:
    """GET /head with its live panel, entries and file, for the owner; and GET /desk/{number}/day."""
    made = APIRouter(include_in_schema=False)

    def is_owner(request: Request) -> bool:
        return pages.reading.session(request).role == "owner"

    def now_values() -> dict[str, Any]:
        present = books.present()
        return {
            "present": present,
            "orders": pages.reading.reception().standing,
            "now": {one.id: one for one in present.view.values},
            "shown": shown,
            "units": {one.id: one.unit for one in NOW_INDICATORS},
        }

    def names(by: str, language: str) -> dict[str, str]:
        plan = pages.reading.plan
        if by == "operator":
            return {person.id: person.name for person in pages.reading.operators()}
        if plan is None:
            return {}
        if by == "desk":
            return {str(desk): pages.translate(pages.place.numbered, language, number=desk) for desk in plan.desks}
        if by == "hour":
            return {str(hour): f"{hour}:00–{hour + 1}:00" for hour in range(24)}
        if by == "service":
            return {key: one.short.get(language) for key, one in plan.services.items()}
        if by == "organisation":
            return {key: one.name.get(language) for key, one in plan.organisations.items()}
        return {key: one.name.get(language) for key, one in plan.categories.items()}

    def charts(view: FiguresView, language: str) -> list[Any]:
        plan = pages.reading.plan
        norm = plan.settings.wait_norm_min * MINUTE_MS if plan is not None else None
        return [
            chart("issued", pages.translate(ISSUED, language), view.groups, language),
            chart(
                "wait_mean",
                pages.translate(WAITED, language),
                view.groups,
                language,
                longest="wait_max",
                norm=norm,
            ),
        ]

    def period_values(choice: Choice, language: str) -> dict[str, Any]:
        view = books.period(choice.first, choice.last, choice.by)
        figures = part_of(view, choice)
        made = tables(figures, language)
        by = choice.by
        named = names(by, language) if by is not None else {}
        compared = parts(by, view.groups, named, language) if by is not None and choice.key is None else None
        return {
            "choice": choice,
            "view": view,
            "tables": made,
            "main": main_rows(made),
            "compared": compared,
            "part_name": named.get(choice.key, choice.key) if choice.key is not None else None,
            "charts": charts(view, language) if by == "hour" and choice.key is None and view.groups else [],
        }

    @made.get("/head")
    def head(request: Request) -> Response:
        if not is_owner(request):
            return pages.show(request, "head_sign_in.html")
        language = pages.language(request)
        choice, wrong = chosen(request.query_params, books.today())
        plan = pages.reading.plan
        values: dict[str, Any] = period_values(choice, language) if choice is not None else {"choice": None}
        return pages.show(
            request,
            "head.html",
            office=text_in(plan.name.texts, language) if plan is not None else "",
            wrong=wrong,
            most_days=PERIOD_DAYS,
            period=head_period,
            meanings=indicator_words.now_definitions(language),
            full_date=lambda day: head_period.full_date(day, language),
            **values,
            **now_values(),
        )

    @made.get("/head/now")
    def now(request: Request) -> Response:
        if not is_owner(request):
            return GONE
        return pages.show(request, "head_now.html", **now_values())

    @made.get("/head/events")
    def events(request: Request) -> Response:
        if not is_owner(request):
            return pages.show(request, "head_sign_in.html")
        language = pages.language(request)
        choice, _ = chosen(request.query_params, books.today())
        indicator = request.query_params.get("indicator", "")
        if choice is None or indicator not in INDICATORS:
            return BACK
        try:
            seqs = books.behind(indicator, choice.first, choice.last, choice.by, choice.key)
        except LookupError:
            return BACK
        last = max(1, -(-len(seqs) // PAGE))
        number = min(last, max(1, whole(request.query_params.get("page", "1"))))
        people = {person.id: person.name for person in pages.reading.operators()}
        zone = books.zone()
        entries = books.entries(page_of(seqs, number, PAGE))
        key_name = names(choice.by, language).get(choice.key, choice.key) if choice.by and choice.key else None
        return pages.show(
            request,
            "head_events.html",
            choice=choice,
            full_date=lambda day: head_period.full_date(day, language),
            indicator=indicator,
            definition=indicator_words.definition(row_of(indicator), language),
            lines=[line(one, zone, people, language) for one in entries],
            total=len(seqs),
            page=number,
            last_page=last,
            part_name=key_name,
        )

    @made.get("/head/period.csv")
    def period_csv(request: Request) -> Response:
        if not is_owner(request):
            return Response(status_code=403)
        choice, wrong = chosen(request.query_params, books.today())
        if choice is None or wrong:
            return Response(status_code=422)
        language = pages.language(request)
        view = books.period(choice.first, choice.last, choice.by)
        named = names(choice.by, language) if choice.by is not None else {}
        data = as_file(view, named, language, lambda message: pages.translate(message, language))
        file = f"talon_{choice.first.isoformat()}_{choice.last.isoformat()}{'_' + choice.by if choice.by else ''}.csv"
        return Response(
            data,
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{file}"', "Cache-Control": "no-store"},
        )

    @made.get("/desk/{number}/day")
    def own_day(request: Request, number: int) -> Response:
        session = pages.reading.session(request)
        if session.role == "nobody" or (session.role == "operator" and session.desk != number):
            return GONE
        language = pages.language(request)
        figures = books.own_day(number, session.operator)
        rows = [row for table in tables(figures, language) for row in table.rows]
        return pages.show(request, "desk_day.html", number=number, rows=rows, own=session.operator is not None)

    return made


def part_of(view: FiguresView, choice: Choice) -> list[FigureView]:
    """The figures of the period, or of the part of it that is chosen; none of a part that it doesn't have."""
    if choice.key is None:
        return view.values
    return next((group.values for group in view.groups if group.key == choice.key), [])


def row_of(indicator: str) -> str:
    """The row of the page that shows an indicator: one of a spread stands in the row of its measure."""
    for part in indicator_words.SPREAD:
        measure = indicator.removesuffix(part)
        if measure != indicator and indicator_words.is_spread(measure):
            return measure
    return indicator


def whole(text: str) -> int:
    """A number of an address, 1 where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 1
