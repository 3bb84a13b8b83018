"""The shelf of an office's plans: what lies there, what a document would change, putting one there."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Body, Depends, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from appliance import document_words
from sync.centre.people import Role
from web.centre.asking import RefusalError, needs, person_of
from web.centre.pages import Pages
from web.centre.reading import PlanRefusedError, PlanView
from web.centre.who import Asker, Asking, House
from web.centre.wording import N_, PROBLEMS, SURE

STATES = {"in-force": N_("in force"), "next": N_("from the next opening of a day")}


def router(pages: Pages, house: House) -> APIRouter:
    """GET of the shelf, of a plan on it and of its document; POST of a document, to check it or to put it there."""
    made = APIRouter(include_in_schema=False)
    reading = pages.reading

    def entry_of(office: str) -> Any:
        return next((one for one in reading.offices() if one.id == office), None)

    @made.get("/office/{office}/plans")
    def shelf(request: Request, asker: Asker, office: str, plan: str = "") -> Response:
        if not asker.may(Role.DISPATCHER):
            return RedirectResponse("/sign-in" if asker.person is None else "/wall", 303)
        entry, code = entry_of(office), pages.language(request)
        if entry is None:
            return pages.show(request, asker, "missing.html", 404, at="")
        number = int(plan) if plan.isascii() and plan.isdigit() and len(plan) < 9 else 0
        opened = reading.shelf_plan(office, number, code) if number else None
        house.audit.note(asker.person, "viewed", office=office, subject="plans", client=asker.client)
        return pages.show(
            request, asker, "plans.html", at="", entry=entry, zone=entry.zone, shelf=reading.shelf(office),
            number=number, opened=opened, states=STATES, sure=pages.translate(SURE["adopt-plan"], code),
        )  # fmt: skip

    @made.get("/office/{office}/plans/{number}.toml")
    def document(asker: Asker, office: str, number: int, request: Request) -> Response:
        if not asker.may(Role.DISPATCHER):
            return Response(status_code=403)
        found = reading.shelf_plan(office, number, pages.language(request)) if number < 10**9 else None
        if found is None or entry_of(office) is None:
            return Response(status_code=404)
        name = f"plan_{office}_{number}.toml"
        return Response(
            found.document, media_type="application/toml; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
        )  # fmt: skip

    def told(found: PlanView) -> dict[str, object]:
        return {"summary": found.summary, "changes": list(found.changes) if found.changes is not None else None}

    def refused(request: Request, error: PlanRefusedError) -> Response:
        code = pages.language(request)
        mistakes = [
            document_words.document(one.place, one.code, one.facts, one.nearest, code) for one in error.mistakes
        ]
        body = {"code": "bad-plan", "detail": pages.translate(PROBLEMS["bad-plan"], code), "mistakes": mistakes}
        return JSONResponse(body, 422, media_type="application/problem+json")

    @made.post("/api/v1/offices/{office}/plans/check")
    def check(
        request: Request,
        office: str,
        asker: Asking = Depends(needs(Role.HEAD)),  # noqa: ARG001, B008
        body: dict[str, Any] = Body(),  # noqa: B008
    ) -> Response:
        try:
            return JSONResponse(told(reading.check_plan(office, _document(body), pages.language(request))))
        except PlanRefusedError as error:
            return refused(request, error)

    @made.post("/api/v1/offices/{office}/plans")
    def put(
        request: Request,
        office: str,
        asker: Asking = Depends(needs(Role.HEAD)),  # noqa: B008
        body: dict[str, Any] = Body(),  # noqa: B008
    ) -> Response:
        try:
            found = reading.put_plan(office, _document(body), person_of(asker))
        except PlanRefusedError as error:
            return refused(request, error)
        house.audit.note(
            asker.person, "put-plan", office=office, subject=str(found.number), facts={"version": found.version},
            client=asker.client,
        )  # fmt: skip
        return JSONResponse({"number": found.number})

    return made


def _document(body: dict[str, Any]) -> str:
    """The text of a form; line ends as a file has them."""
    found = body.get("document")
    if not isinstance(found, str) or not found.strip():
        raise RefusalError(422, "bad-input", field="document")
    return found.replace("\r\n", "\n")
