"""The way in: people by name and password or code, wall screens by a code that is used once."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Body, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from sync.centre.people import SCREEN_MS, SESSION_MS, Verdict
from web.centre.asking import RefusalError, text
from web.centre.pages import Pages
from web.centre.who import COOKIE, Asker, House, welcome

AFTER = {"wall": "/wall", "wall-mode": "/wall?mode=wall", "alarms": "/alarms", "history": "/history"}


def router(pages: Pages, house: House) -> APIRouter:
    """GET /sign-in and the three acts of a session."""
    made = APIRouter(include_in_schema=False)

    @made.get("/sign-in")
    def page(request: Request, asker: Asker, then: str = "wall") -> Response:
        after = AFTER.get(then, "/wall")
        if asker.person is not None:
            return RedirectResponse(after, 303)
        return pages.show(request, asker, "sign_in.html", then=after)

    def settle(request: Request, verdict: Verdict, who: str, client: str, wrong: str, term_ms: int) -> Response:
        if verdict.busy:
            raise RefusalError(503, "busy")
        if verdict.wait_s:
            raise RefusalError(429, "wait", seconds=verdict.wait_s)
        if verdict.person is None:
            house.audit.note(None, "refused", name=who, client=client)
            raise RefusalError(403, wrong)
        house.audit.note(verdict.person, "signed-in", client=client)
        response = JSONResponse({"name": verdict.person.name, "role": int(verdict.person.role)})
        welcome(request, response, verdict, term_ms // 1000)
        return response

    @made.post("/api/v1/session")
    def sign_in(request: Request, asker: Asker, body: dict[str, Any] = Body()) -> Response:  # noqa: B008
        name, secret = text(body, "name"), text(body, "password", 200)
        verdict = house.people.sign_in(name, secret, asker.client)
        return settle(request, verdict, name, asker.client, "wrong-sign-in", SESSION_MS)

    @made.post("/api/v1/session/screen")
    def enrol(request: Request, asker: Asker, body: dict[str, Any] = Body()) -> Response:  # noqa: B008
        verdict = house.people.enrol_screen(text(body, "code", 40), asker.client)
        return settle(request, verdict, "", asker.client, "wrong-code", SCREEN_MS)

    @made.post("/api/v1/session/sign-out")
    def sign_out(asker: Asker) -> Response:
        if asker.person is not None:
            house.people.sign_out(asker.token)
            house.audit.note(asker.person, "signed-out", client=asker.client)
        response = JSONResponse({})
        response.delete_cookie(COOKIE)
        return response

    return made
