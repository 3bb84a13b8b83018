"""An office's page: its figures, hall, devices and lines; directives with one press, and what became of them."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Body, Depends, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from appliance import words
from sync.centre.audit import ISSUED, VIEWED
from sync.centre.order import Order
from sync.centre.people import Role
from web.centre import forms
from web.centre.asking import RefusalError, needs, person_of
from web.centre.face import doubt_words, pause_words, place_words
from web.centre.figures import DECLARED, FIVE, MORE, definition_of, name_of, shown, value_of
from web.centre.offers import offers, said
from web.centre.pages import GONE, Pages
from web.centre.reading import Draft, NotDoneError, OfficeView
from web.centre.todo import line_of
from web.centre.who import Asker, Asking, House
from web.centre.wording import FATES, N_
from web.language import LANGUAGES

MINUTE_MS = 60_000
ENTRIES = 200
"""Journal entries that a page shows behind a figure."""

SERIES_WORDS = {
    "mean": N_("mean wait"),
    "max": N_("the longest wait"),
    "norm": N_("norm"),
    "time": N_("time"),
}


def router(pages: Pages, house: House) -> APIRouter:
    """GET /office/{id} with its live parts, GET of a figure behind it; POST of directives."""
    made = APIRouter(include_in_schema=False)

    def view_of(office: str, code: str) -> OfficeView:
        view = pages.reading.office(office, code)
        if view is None:
            raise RefusalError(404, "unknown-office")
        return view

    def values(view: OfficeView, code: str, asker: Asking) -> dict[str, Any]:
        zone = view.entry.zone
        services = view.choices.services
        return {
            "view": view,
            "tile": view.tile,
            "zone": zone,
            "now_ms": pages.reading.now_ms(),
            "five": shown(view.tile, FIVE, pages, code, zone),
            "further": [
                one for one in shown(view.tile, MORE, pages, code, zone) if one.id != "not_started" or one.value != "—"
            ],
            "service": lambda one: services.get(one, one),
            "said": lambda kind, body: said(kind, body, view, pages, code),
            "fate": lambda order: fate_of(order, pages, code),
            "lines": [line_of(one, view.entry.name, pages, code) for one in view.alarms if one.closed_ms is None],
            "past": [one for one in view.alarms if one.closed_ms is not None],
            "alarm_text": lambda one: line_of(one, "", pages, code).text,
            "offers": offers(view, pages, code) if asker.may(Role.DISPATCHER) else [],
            "device_word": lambda one: words.sentence(one.reason, dict(one.facts), code) if one.reason else "",
            "doubt": doubt_words(view.doubt.reason, pages, code) if view.doubt else "",
            "paused": pause_words(view.paused, pages, code) if view.paused else "",
            "place": place_words(view.tile.place, pages, code) if view.tile.place else "",
            "series": series_of(view, pages, code),
            "half_of": lambda half: f"{half.worked:.1f}".removesuffix(".0"),
            "giving": asker.may(Role.DISPATCHER),
        }

    @made.get("/office/{office}")
    def office_page(request: Request, asker: Asker, office: str) -> Response:
        if asker.person is None:
            return RedirectResponse("/sign-in?then=wall", 303)
        code = pages.language(request)
        view = pages.reading.office(office, code)
        if view is None:
            return pages.show(request, asker, "missing.html", 404, at="")
        house.audit.note(asker.person, VIEWED, office=office, client=asker.client)
        return pages.show(
            request, asker, "office.html", at="", forms=forms, languages=LANGUAGES, **values(view, code, asker)
        )

    @made.get("/office/{office}/now")
    def now(request: Request, asker: Asker, office: str) -> Response:
        code = pages.language(request)
        view = pages.reading.office(office, code) if asker.person is not None else None
        if view is None:
            return Response(status_code=204, headers=GONE)
        return pages.show(request, asker, "office_now.html", **values(view, code, asker))

    @made.get("/office/{office}/side")
    def side(request: Request, asker: Asker, office: str) -> Response:
        code = pages.language(request)
        view = pages.reading.office(office, code) if asker.person is not None else None
        if view is None:
            return Response(status_code=204, headers=GONE)
        return pages.show(request, asker, "office_side.html", **values(view, code, asker))

    @made.get("/office/{office}/figure/{name}")
    def figure(request: Request, asker: Asker, office: str, name: str) -> Response:
        if asker.person is None:
            return RedirectResponse("/sign-in?then=wall", 303)
        code = pages.language(request)
        view = pages.reading.office(office, code)
        if view is None or name not in DECLARED:
            return pages.show(request, asker, "missing.html", 404, at="")
        house.audit.note(asker.person, "viewed-entries", office=office, subject=name, client=asker.client)
        found = view.tile.figures.get(name)
        seqs = found.seqs if found is not None else ()
        return pages.show(
            request,
            asker,
            "figure.html",
            at="",
            view=view,
            zone=view.entry.zone,
            title=name_of(name, pages, code),
            definition=definition_of(name, pages, code),
            value=value_of(name, found, pages, code, view.entry.zone) if found is not None else "—",
            source=DECLARED[name].source,
            entries=pages.reading.entries(office, seqs[:ENTRIES]),
            total=len(seqs),
        )

    @made.get("/office/{office}/entry/{seq}")
    def entry(request: Request, asker: Asker, office: str, seq: int) -> Response:
        if asker.person is None:
            return RedirectResponse("/sign-in?then=wall", 303)
        view = pages.reading.office(office, pages.language(request))
        if view is None:
            return pages.show(request, asker, "missing.html", 404, at="")
        house.audit.note(asker.person, "viewed-entries", office=office, subject=str(seq), client=asker.client)
        return pages.show(
            request, asker, "figure.html", at="", view=view, zone=view.entry.zone, title="", definition="", value="",
            source="", entries=pages.reading.entries(office, (seq,)), total=1,
        )  # fmt: skip

    @made.post("/api/v1/offices/{office}/directives")
    def issue(
        request: Request,
        office: str,
        asker: Asking = Depends(needs(Role.DISPATCHER)),  # noqa: B008
        body: dict[str, Any] = Body(),  # noqa: B008
    ) -> Response:
        asked = forms.asked_of(body, pages)
        return give(request, office, asked, asker)

    def give(request: Request, office: str, asked: forms.Asked, asker: Asking, suffix: str = "") -> Response:
        key = request.headers.get("idempotency-key", "")[:48]
        if not key.isalnum():
            raise RefusalError(422, "bad-input", field="Idempotency-Key")
        facts = {
            "kind": asked.draft.kind,
            "body": json.dumps(asked.draft.body, ensure_ascii=False),
            "reason": asked.reason,
        }
        try:
            order = pages.reading.issue(office, asked.draft, person_of(asker), asked.reason, asked.term_s, key + suffix)
        except NotDoneError as error:
            house.audit.note(
                asker.person, ISSUED, office=office, facts={**facts, "refused": error.code}, client=asker.client
            )
            code = pages.language(request)
            if error.code in words.SENTENCES:
                detail = words.sentence(error.code, dict(error.facts), code)
                return JSONResponse({"code": error.code, "detail": detail}, 409, media_type="application/problem+json")
            raise
        house.audit.note(asker.person, ISSUED, office=office, subject=order.id, facts=facts, client=asker.client)
        return JSONResponse({"id": order.id, "seq": order.seq, "fate": order.fate.value})

    @made.post("/api/v1/offices/{office}/advice")
    def follow(
        request: Request,
        office: str,
        asker: Asking = Depends(needs(Role.DISPATCHER)),  # noqa: B008
        body: dict[str, Any] = Body(),  # noqa: B008
    ) -> Response:
        view = view_of(office, pages.language(request))
        if view.advised is None or view.advised.id != body.get("advice"):
            raise RefusalError(409, "advice-over")
        response: Response = JSONResponse({})
        for desk in view.advised.desks:
            asked = forms.Asked(Draft("open-desk", {"desk": desk}), "advice", 900)
            response = give(request, office, asked, asker, str(desk))
            if response.status_code != 200:
                break
        return response

    return made


def fate_of(order: Order, pages: Pages, code: str) -> tuple[str, str, str]:
    """What became of a directive: a code, its word, and why it was refused."""
    name = "overridden" if order.overridden_ms is not None else order.fate.value
    why = words.sentence(order.code, dict(order.facts), code) if order.code and name == "refused" else ""
    return name, pages.word(FATES, name, code), why


def series_of(view: OfficeView, pages: Pages, code: str) -> str:
    """The data of the chart, as JSON for a data attribute: seconds and minutes."""
    if view.series is None or not view.series.at_ms:
        return ""
    series = view.series

    def in_minutes(values: Any) -> list[float | None]:
        return [None if one is None else round(one / MINUTE_MS, 1) for one in values]

    opens, closes = view.hours_ms or (series.at_ms[0], series.at_ms[-1])
    return json.dumps(
        {
            "at": [one // 1000 for one in series.at_ms],
            "mean": in_minutes(series.wait_mean),
            "max": in_minutes(series.wait_max),
            "norm": view.norm_ms / MINUTE_MS,
            "opens": opens // 1000,
            "closes": closes // 1000,
            "zone": view.entry.zone,
            "words": {name: pages.translate(message, code) for name, message in SERIES_WORDS.items()},
        },
        separators=(",", ":"),
    )
