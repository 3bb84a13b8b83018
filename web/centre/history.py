"""Periods: any days, per office and for the network; provisional, frozen, corrected; as a table and as a file."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import APIRouter, Body, Depends, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from appliance import indicator_words
from appliance.domain.indicators.period import INDICATORS
from sync.centre.history import NETWORK, Report
from sync.centre.people import Role
from web.centre import period
from web.centre.asking import RefusalError, needs, person_of, text
from web.centre.history_table import FIRST, MAIN, as_csv, cell, tables, told
from web.centre.office import entry_words
from web.centre.pages import Pages
from web.centre.reading import NotDoneError
from web.centre.who import Asker, Asking, House
from web.centre.wording import MISSING, N_, PROBLEMS, STATUSES

ENTRIES = 200
MOST_MISSING = 12
"""Offices whose names are told with what is missing of a period; of more the number."""

NETWORK_WORDS = N_("Network")


def router(pages: Pages, house: House) -> APIRouter:
    """GET /history, its file and the entries behind a number; POST to freeze a period."""
    made = APIRouter(include_in_schema=False)

    def names() -> dict[str, str]:
        return {one.id: one.name for one in pages.reading.offices()}

    def today() -> date:
        return pages.local(pages.reading.now_ms()).date()

    @made.get("/history")
    def page(request: Request, asker: Asker) -> Response:
        if asker.person is None:
            return RedirectResponse("/sign-in?then=history", 303)
        code = pages.language(request)
        span, wrong = period.span_of(request.query_params, today())
        known = names()
        if span.office not in known:
            span = period.Span(span.first, span.last, span.name)
        problem = PROBLEMS["bad-period"] if wrong else ""
        try:
            report = pages.reading.report(span.first, span.last)
        except NotDoneError as error:
            span = period.Span(today(), today(), "today")
            problem = PROBLEMS.get(error.code, error.code)
            report = pages.reading.report(span.first, span.last)
        if span.office:
            house.audit.note(asker.person, "viewed", office=span.office, subject="history", client=asker.client)
        values = report.values(span.office or NETWORK)
        versions = pages.reading.versions(span.first, span.last)
        return pages.show(
            request,
            asker,
            "history.html",
            at="history",
            span_=span,
            period=period,
            dates=span.told(code),
            problem=problem,
            report=report,
            status_words=pages.say(STATUSES.get(report.status, report.status), code, {"number": report.version or 0}),
            missing=missing(report, known, code),
            corrections=[one for one in versions if one.version],
            changed=lambda one: changed(one, known, code),
            tables=tables(values, code),
            first=[(indicator_words.name(one, code), cell(one, values, code), one) for one in FIRST],
            heads=[(one, indicator_words.name(one, code)) for one in MAIN],
            rows=[] if span.office else [(one, name, report.values(one)) for one, name in known.items()],
            total=values,
            cell=lambda one, of: cell(one, of, code),
            offices=known,
            freezing=asker.may(Role.HEAD) and report.status in ("provisional", "complete") and span.last < today(),
        )  # fmt: skip

    def missing(report: Report, known: dict[str, str], code: str) -> list[tuple[str, list[tuple[str, int]], int]]:
        """By reason: the offices with since when, and how many more; none are named when it is all of them."""
        found: dict[str, list[tuple[str, int]]] = {}
        for one in report.missing:
            since_ms = 0 if one.reason == "not-over" else one.since_ms
            found.setdefault(one.reason, []).append((known.get(one.office, one.office), since_ms))
        return [
            (pages.word(MISSING, reason, code), [] if whole else offices[:MOST_MISSING],
             0 if whole else max(0, len(offices) - MOST_MISSING))
            for reason, offices in found.items()
            for whole in [reason == "not-over" and len(offices) >= len(known)]
        ]  # fmt: skip

    def changed(one: Any, known: dict[str, str], code: str) -> tuple[str, str, str, str]:
        unit = indicator_words.unit_of(one.indicator)
        name = pages.translate(NETWORK_WORDS, code) if one.office == NETWORK else known.get(one.office, one.office)
        return (
            name,
            indicator_words.name(one.indicator, code),
            told(one.before, unit, code),
            told(one.after, unit, code),
        )

    @made.get("/history/period.csv")
    def as_file(request: Request, asker: Asker) -> Response:
        if asker.person is None:
            return Response(status_code=403)
        code = pages.language(request)
        span, wrong = period.span_of(request.query_params, today())
        if wrong:
            return Response(status_code=422)
        report = pages.reading.report(span.first, span.last)
        known = names()
        office = span.office if span.office in known else ""
        data = as_csv(report, known, code, office, pages.translate(NETWORK_WORDS, code))
        house.audit.note(
            asker.person, "exported", office=office, subject=f"{span.first}/{span.last}", client=asker.client
        )
        file = f"talon_{office or 'network'}_{span.first}_{span.last}.csv"
        return Response(
            data,
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{file}"', "Cache-Control": "no-store"},
        )

    @made.get("/history/entries")
    def entries(request: Request, asker: Asker, indicator: str = "") -> Response:
        if asker.person is None:
            return RedirectResponse("/sign-in?then=history", 303)
        code = pages.language(request)
        span, _ = period.span_of(request.query_params, today())
        view = pages.reading.office(span.office, code)
        if view is None or indicator not in INDICATORS:
            return pages.show(request, asker, "missing.html", 404, at="history")
        house.audit.note(asker.person, "viewed-entries", office=span.office, subject=indicator, client=asker.client)
        seqs = pages.reading.behind(span.office, indicator, span.first, span.last)
        measures = indicator_words.definition(_row_of(indicator), code)
        return pages.show(
            request, asker, "figure.html", at="history", view=view, zone=view.entry.zone, title=measures.name,
            definition=" ".join((measures.how, *measures.counts)), value="",
            entries=pages.reading.entries(span.office, list(seqs)[:ENTRIES]), total=len(seqs),
            **entry_words(pages, code),
        )  # fmt: skip

    @made.post("/api/v1/periods/freeze")
    def freeze(
        asker: Asking = Depends(needs(Role.HEAD)),  # noqa: B008
        body: dict[str, Any] = Body(),  # noqa: B008
    ) -> Response:
        try:
            first, last = date.fromisoformat(text(body, "first", 10)), date.fromisoformat(text(body, "last", 10))
        except ValueError as error:
            raise RefusalError(422, "bad-period") from error
        pages.reading.freeze(first, last, person_of(asker), incomplete=bool(body.get("incomplete")))
        house.audit.note(
            asker.person, "froze", subject=f"{first}/{last}", facts={"incomplete": bool(body.get("incomplete"))},
            client=asker.client,
        )  # fmt: skip
        return JSONResponse({})

    return made


def _row_of(indicator: str) -> str:
    """The row that shows an indicator: one of a spread stands in the row of its measure."""
    for part in indicator_words.SPREAD:
        measure = indicator.removesuffix(part)
        if measure != indicator and indicator_words.is_spread(measure):
            return measure
    return indicator
