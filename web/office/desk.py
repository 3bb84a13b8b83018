"""A desk's page: sign in by PIN, then the whole work of an operator with three keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from appliance.api.schemas import DeskView, KeyView
from web.office.pages import Pages
from web.office.reception import picking
from web.office.wording import STATES, Deed, deed

KEYS = ("next", "repeat", "finish")
ANEW = Response(status_code=204, headers={"HX-Refresh": "true"})
SCALE = 4 / 3
"""The bar of the time runs to a third past the norm, so that its end is not mistaken for the norm."""

NEAR = 0.8
"""From this share of the norm on the bar is coloured."""


def router(pages: Pages) -> APIRouter:
    """GET /desk/{number}, its live panel, what else can be done there, and the services to choose from."""
    made = APIRouter(include_in_schema=False)

    def outside(request: Request, number: int) -> bool:
        session = pages.reading.session(request)
        return session.role == "nobody" or (session.role == "operator" and session.desk != number)

    @made.get("/desk/{number}")
    def desk(request: Request, number: int) -> Response:
        view = pages.reading.desk(number)
        if view is None:
            return pages.show(request, "missing.html", 404, what="desk", number=number)
        if outside(request, number):
            people = pages.reading.operators()
            return pages.show(request, "desk_sign_in.html", number=number, people=people)
        return pages.show(request, "desk.html", **shown(view))

    @made.get("/desk/{number}/panel")
    def panel(request: Request, number: int) -> Response:
        view = pages.reading.desk(number)
        if view is None or outside(request, number):
            return ANEW
        return pages.show(request, "desk_panel.html", **shown(view))

    @made.get("/desk/{number}/more")
    def more(request: Request, number: int) -> Response:
        view = pages.reading.desk(number)
        if view is None or outside(request, number):
            return ANEW
        desks = [row for row in pages.reading.reception().desks if row.number != number]
        return pages.show(request, "desk_more.html", desks=desks, states=STATES, **shown(view))

    @made.get("/desk/{number}/services")
    def services(request: Request, number: int) -> Response:
        if outside(request, number):
            return ANEW
        return picking(pages, request)

    return made


@dataclass(frozen=True, slots=True)
class Slot:
    """One physical key: what a press would do, and what a long press would do; None means nothing."""

    name: str
    tap: KeyView | None
    tap_words: Deed | None
    hold: KeyView | None
    hold_words: Deed | None


def slots(view: DeskView) -> list[Slot]:
    """The keys in their physical order. A long press that the rules would refuse is not offered; a press says why."""
    found: dict[tuple[str, bool], KeyView] = {(key.key, key.long): key for key in view.keys}
    made = []
    for name in KEYS:
        tap, hold = found.get((name, False)), found.get((name, True))
        tap_words = deed(tap, view.state) if tap else None
        hold_words = deed(hold, view.state) if hold and hold.refusal is None else None
        if hold_words is not None and hold_words == tap_words:
            hold_words = None
        made.append(Slot(name, tap, tap_words, hold, hold_words))
    return made


def shown(view: DeskView) -> dict[str, Any]:
    """What the panel shows: the keys, and the time against the norm in per cent."""
    timed = view.state == "serving" and view.norm_s > 0
    full = max(1.0, view.norm_s * SCALE)
    late = timed and view.elapsed_s > view.norm_s
    call_back = next((key for key in view.keys if key.does == "call-back" and not key.long), None)
    return {
        "desk": view,
        "number": view.number,
        "state": STATES[view.state],
        "slots": slots(view),
        "per_cent": min(100.0, round(100 * view.elapsed_s / full, 1)),
        "late": late,
        "near": timed and not late and view.elapsed_s > NEAR * view.norm_s,
        "main": "finish" if view.state == "called" else "next",
        "can_call_back": call_back is not None and call_back.refusal is None,
        "park_reasons": [one for one in view.reasons if one.kind == "park"],
        "break_reasons": [one for one in view.reasons if one.kind == "break"],
    }
