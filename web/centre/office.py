"""An office's page: its figures, hall, devices and lines; directives with one press, and what became of them."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from typing import Any

from babel.dates import format_date
from fastapi import APIRouter, Body, Depends, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from appliance import words
from sync.centre.audit import ISSUED, VIEWED
from sync.centre.order import Order
from sync.centre.people import Role
from sync.centre.tile import Place
from web.centre import forms
from web.centre.asking import RefusalError, needs, person_of
from web.centre.face import clock_of, doubt_words, pause_words, place_words
from web.centre.figures import DECLARED, FIVE, MORE, definition_of, name_of, shown, told
from web.centre.offers import offers, said, version_of
from web.centre.pages import GONE, Pages
from web.centre.reading import DoubtView, Draft, NotDoneError, OfficeView
from web.centre.todo import line_of
from web.centre.who import Asker, Asking, House
from web.centre.wording import DOUBTS_TOLD, FATES, N_
from web.journal_words import ACTORS, KINDS
from web.language import LANGUAGES, NBSP, decimal

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
LONG_DAY_MS = 14 * HOUR_MS
HOLE = re.compile(r"%\((\w+)\)s")
AT_DESK = N_("desk %(desk)s")
HUSH_HOURS = 4
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

    def hush_until(view: OfficeView) -> str:
        """What is offered as the end of a silence, as a local date and time."""
        now = pages.local(pages.reading.now_ms(), view.entry.zone) + timedelta(hours=HUSH_HOURS)
        return now.strftime("%Y-%m-%dT%H:00")

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
            "doubts": view.doubts,
            "doubt_reason": lambda one: doubt_words(one.doubt.reason, pages, code),
            "doubt_told": lambda one: doubt_told(one, pages, code),
            "deciding": asker.may(Role.HEAD),
            "stop_time": lambda one: stop_time(one, pages, code, zone),
            "paused": pause_words(view.paused, pages, code) if view.paused else "",
            "place": place_words(view.tile.place, pages, code) if view.tile.place else "",
            "series": series_of(view, pages, code),
            "half_of": lambda half: decimal(half.worked, code, 0 if round(half.worked, 1) % 1 == 0 else 1),
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
            request,
            asker,
            "office.html",
            at="",
            forms=forms,
            languages=LANGUAGES,
            hush_until=hush_until(view),
            **values(view, code, asker),
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
            value=told(name, view.tile, pages, code, view.entry.zone),
            entries=pages.reading.entries(office, seqs[:ENTRIES]),
            total=len(seqs),
            **entry_words(pages, code),
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
            entries=pages.reading.entries(office, (seq,)), total=1,
            **entry_words(pages, pages.language(request)),
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
        if version := version_of(order.body):
            facts["body"] = json.dumps({**asked.draft.body, "version": version})
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


def entry_words(pages: Pages, code: str) -> dict[str, Any]:
    """How entries of a journal are told: what happened and who acted."""

    def actor(name: str) -> str:
        place, _, rest = name.partition(":")
        place = place.partition("/")[0]
        if place == "desk":
            return pages.say(AT_DESK, code, {"desk": rest.partition("/")[0]})
        return pages.word(ACTORS, place, code)

    return {"kind_word": lambda kind: pages.translate(KINDS[kind], code) if kind in KINDS else "", "actor_word": actor}


def doubt_told(one: DoubtView, pages: Pages, code: str) -> str:
    """What a doubt is about, in a sentence; nothing where its facts are not those that the sentence needs."""
    message = DOUBTS_TOLD.get(one.kind, "")
    holes = set(HOLE.findall(message))
    return pages.say(message, code, one.doubt.facts) if message and holes <= one.doubt.facts.keys() else ""


def stop_time(place: Place, pages: Pages, code: str, zone: str) -> str:
    """When a bus stands at a stop: the hours, with the day unless it is today."""
    hours = f"{clock_of(place.begins)}–{clock_of(place.ends)}"
    day = date.fromisoformat(place.begins[:10])
    if day == pages.local(pages.reading.now_ms(), zone).date():
        return hours
    return f"{format_date(day, 'EEE, d MMM', locale=code).replace(' ', NBSP)}, {hours}"


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
    if closes - opens > LONG_DAY_MS:
        # A line of minutes would be a hair on a day of 24 hours.
        opens = max(opens, series.at_ms[0] - HOUR_MS // 2)
        closes = min(closes, max(series.at_ms[-1] + HOUR_MS, opens + 4 * HOUR_MS))
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
