"""The page of the reception administrator: find a service, give a number, look after everybody in the line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from appliance.api.schemas import DeskRow, ReceptionView, ServiceView, TicketView
from appliance.api.views import categories
from appliance.domain.plan import LOOKALIKES, Plan, Span
from appliance.domain.skills import desk_level
from web.office.codes import INSIST
from web.office.finding import keyword, marked, search, title
from web.office.pages import Pages
from web.office.wording import STATES

FOUND = 20
PICKED = 8
NUMBER = re.compile(r"([^\W\d_]{0,3})\s*0*(\d{1,4})")
LISTS = ("waiting", "at_desks", "parked", "missed")
IN_HAND = ("waiting", "called", "serving", "parked")
GONE = Response(status_code=204, headers={"HX-Refresh": "true"})


@dataclass(frozen=True, slots=True)
class Offer:
    """A service as reception offers it. `desks`: all that serve it; `open`: how many of them receive now."""

    service: ServiceView
    desks: tuple[int, ...]
    open: int
    hours: Span | None
    keyword: str

    @property
    def insist(self) -> bool:
        """Whether a number may be given although the rules refuse it."""
        return self.service.reason in INSIST


def router(pages: Pages) -> APIRouter:
    """GET /reception, its live panel, its search, and the dialogs of one service and one ticket."""
    made = APIRouter(include_in_schema=False)

    def outside(request: Request) -> bool:
        return pages.reading.session(request).role == "nobody"

    def panel_values(request: Request) -> dict[str, Any]:
        view = pages.reading.reception()
        wanted = request.query_params.get("show", LISTS[0])
        shown = wanted if wanted in LISTS else LISTS[0]
        people = {person.id: person.name for person in pages.reading.operators()}
        return {
            "view": view,
            "bells": view.bells,
            "lists": {name: getattr(view, name) for name in LISTS},
            "show": shown,
            "desks": [(desk, people.get(desk.operator or "", desk.operator)) for desk in view.desks],
            "states": STATES,
        }

    @made.get("/reception")
    def reception(request: Request) -> Response:
        if outside(request):
            return pages.show(request, "reception_sign_in.html", people=pages.reading.operators())
        session = pages.reading.session(request)
        return pages.show(request, "reception.html", session=session, **panel_values(request))

    @made.get("/reception/panel")
    def panel(request: Request) -> Response:
        if outside(request):
            return GONE
        return pages.show(request, "reception_panel.html", **panel_values(request))

    @made.get("/reception/bells")
    def bells(request: Request) -> Response:
        if outside(request):
            return GONE
        return pages.show(request, "reception_bells.html", bells=pages.reading.reception().bells)

    @made.get("/reception/found")
    def found(request: Request) -> Response:
        if outside(request):
            return GONE
        code = pages.language(request)
        query = request.query_params.get("q", "")[:40].strip()
        services, view = pages.reading.kiosk().services, pages.reading.reception()
        hit = search(services, query, code)
        shown = hit.services if query else [one for one in services if one.popular] or hit.services
        offers = [_offer(pages, view, one, hit.parts, code) for one in shown[:FOUND]]
        return pages.show(
            request,
            "reception_found.html",
            query=query,
            tickets=numbered(view, query),
            offers=offers,
            count=len(shown),
            whole=len(services),
            most=FOUND,
            marked=lambda text: marked(text, hit.parts),
            title=title,
            spoken=pages.offered[0],
        )

    @made.get("/reception/services")
    def services(request: Request) -> Response:
        if outside(request):
            return GONE
        return picking(pages, request)

    @made.get("/reception/service/{service_id}")
    def service(request: Request, service_id: str) -> Response:
        kiosk = pages.reading.kiosk()
        chosen = next((one for one in kiosk.services if one.id == service_id), None)
        if outside(request) or chosen is None:
            return GONE
        offer = _offer(pages, pages.reading.reception(), chosen, (), pages.language(request))
        return pages.show(
            request, "reception_service.html", offer=offer, categories=kiosk.categories, spoken=pages.offered
        )

    @made.get("/reception/ticket/{ticket_id}")
    def ticket(request: Request, ticket_id: int) -> Response:
        found = pages.reading.ticket(ticket_id)
        if outside(request) or found is None:
            return GONE
        view, plan = pages.reading.reception(), pages.reading.plan
        others = [one for one in (*view.waiting, *view.at_desks, *view.parked) if one.id != ticket_id]
        return pages.show(
            request,
            "reception_ticket.html",
            ticket=found,
            others=others,
            desks=view.desks,
            states=STATES,
            categories=categories(plan) if plan is not None else [],
            in_hand=found.state in IN_HAND,
        )

    @made.get("/reception/given/{ticket_id}")
    def given(request: Request, ticket_id: int) -> Response:
        found = pages.reading.ticket(ticket_id)
        if outside(request) or found is None:
            return Response("")
        return pages.show(request, "reception_given.html", ticket=found)

    return made


def picking(pages: Pages, request: Request) -> Response:
    """The services to choose from in a dialog, by what was typed."""
    code = pages.language(request)
    found = search(pages.reading.kiosk().services, request.query_params.get("q", "")[:40], code).services
    return pages.show(request, "pick_services.html", found=found[:PICKED], count=len(found), most=PICKED, title=title)


def numbered(view: ReceptionView, query: str) -> list[TicketView]:
    """The tickets in hand whose number was typed, with the letter or without it."""
    wanted = NUMBER.fullmatch(query.strip())
    if wanted is None:
        return []
    series, number = wanted[1].upper().translate(LOOKALIKES), int(wanted[2])
    found = []
    for one in (*view.waiting, *view.at_desks, *view.parked, *view.missed):
        label = NUMBER.fullmatch(one.label.replace("\u00a0", " "))
        if label is not None and int(label[2]) == number and series in ("", label[1]):
            found.append(one)
    return found


def _offer(pages: Pages, view: ReceptionView, service: ServiceView, parts: Sequence[str], code: str) -> Offer:
    plan = pages.reading.plan
    serving = [row for row in view.desks if plan is not None and _serves(plan, row, service.id)]
    return Offer(
        service=service,
        desks=tuple(row.number for row in serving),
        open=sum(row.state != "closed" for row in serving),
        hours=pages.reading.received(service.id),
        keyword=keyword(service, parts, code) if parts else "",
    )


def _serves(plan: Plan, row: DeskRow, service: str) -> bool:
    """By whoever is signed in there, or by the desk's own plan while it is closed."""
    return bool(desk_level(plan, row.number, service, operator=row.operator))
