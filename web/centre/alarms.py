"""The alarms: those that are open, what became of the others, and taking one by name."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from sync.centre.people import Role
from web.centre.asking import needs, person_of
from web.centre.pages import GONE, Pages
from web.centre.todo import sentence_of, todo
from web.centre.who import Asker, Asking, House
from web.centre.wording import RULES

PAGE = 60


def router(pages: Pages, house: House) -> APIRouter:
    """GET /alarms with its live part; POST of an acknowledgement."""
    made = APIRouter(include_in_schema=False)

    def names() -> dict[str, str]:
        return {one.id: one.name for one in pages.reading.offices()}

    def open_values(asker: Asking, code: str) -> dict[str, Any]:
        tiles = {one.office: one for one in pages.reading.tiles()}
        return {
            "lines": todo(pages.reading.alarms(), tiles, pages, code),
            "taking": asker.may(Role.DISPATCHER),
            "hushes": pages.reading.hushes(),
            "office_names": {office: tile.name for office, tile in tiles.items()},
            "now_ms": pages.reading.now_ms(),
        }

    @made.get("/alarms")
    def page(request: Request, asker: Asker, office: str = "", before: str = "") -> Response:
        if asker.person is None:
            return RedirectResponse("/sign-in?then=alarms", 303)
        code = pages.language(request)
        older = int(before) if before.isascii() and before.isdigit() and len(before) < 15 else None
        known = names()
        past = pages.reading.past_alarms(office if office in known else None, PAGE + 1, older)
        return pages.show(
            request,
            asker,
            "alarms.html",
            at="alarms",
            past=past[:PAGE],
            older=past[PAGE - 1].id if len(past) > PAGE else None,
            offices=known,
            office=office,
            text=lambda one: sentence_of(one, pages, code),
            rule=lambda one: pages.translate(RULES[one.rule].name, code) if one.rule in RULES else one.rule,
            **open_values(asker, code),
        )

    @made.get("/alarms/open")
    def open_part(request: Request, asker: Asker) -> Response:
        if asker.person is None:
            return Response(status_code=204, headers=GONE)
        return pages.show(request, asker, "alarms_open.html", **open_values(asker, pages.language(request)))

    @made.post("/api/v1/alarms/{alarm}/acknowledge")
    def acknowledge(alarm: int, asker: Asking = Depends(needs(Role.DISPATCHER))) -> Response:  # noqa: B008
        found = next((one for one in pages.reading.alarms() if one.id == alarm), None)
        pages.reading.acknowledge(alarm, person_of(asker))
        house.audit.note(
            asker.person, "acknowledged", office=found.office if found else "", subject=str(alarm),
            facts={"rule": found.rule} if found else {}, client=asker.client,
        )  # fmt: skip
        return JSONResponse({})

    return made
