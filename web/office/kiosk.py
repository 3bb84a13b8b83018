"""The kiosk: home, all services, one service, the issued number. Every view is a page and a fragment of itself."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from appliance.api.schemas import KioskView, ServiceView
from web.office.finding import find, title
from web.office.pages import Pages, is_fragment
from web.office.wording import N_

PANEL_32 = (2.71, 0.6)
"""px/mm and metres of a 32-inch full HD panel, the default."""
POPULAR = {False: 6, True: 4}
ROWS = {False: 5, True: 3}
DIRECT_TITLE = 60
"""A longer name doesn't fit a key at arm's length: its key opens the service's own view instead of issuing at once."""
LETTERS = {
    "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "uk": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
    "en": "abcdefghijklmnopqrstuvwxyz",
}
QUERY_LENGTH = 40
FOR_STAFF = ("day-not-open", "no-plan")
"""Reasons whose sentence tells staff what to do; a visitor needs another one."""

NOT_YET = N_("Numbers are not given out now. Ask a member of staff.")
PRINTED = ("queued", "printed", "sent")


class Screen:
    """What of a kiosk's address travels from view to view: language, large mode, the panel's size."""

    def __init__(self, request: Request, offered: tuple[str, ...]) -> None:
        asked = request.query_params.get("lang")
        self.first = offered[0]
        self.language = asked if asked in offered else self.first
        self.large = request.query_params.get("large") == "1"
        self.mm = _between(request.query_params.get("mm"), 1.0, 12.0, PANEL_32[0])
        self.at = _between(request.query_params.get("at"), 0.3, 1.5, PANEL_32[1])

    @property
    def small(self) -> bool:
        """Whether text of the same angle takes more of this panel than of a 32-inch one."""
        return self.mm * self.at > 1.1 * PANEL_32[0] * PANEL_32[1]

    def address(self, path: str = "", **extra: object) -> str:
        """An address that keeps this screen; `language` and `large` may be changed by `extra`."""
        given: dict[str, object] = {"lang": self.language, "large": int(self.large), **extra}
        if (self.mm, self.at) != PANEL_32:
            given |= {"mm": self.mm, "at": self.at}
        if given["lang"] == self.first:
            del given["lang"]
        shown = {name: value for name, value in given.items() if value not in (0, "", None)}
        return f"/kiosk{path}" + (f"?{urlencode(shown)}" if shown else "")

    def home(self) -> str:
        """Where the screen goes when nobody has touched it: the first language, ordinary size."""
        return self.address(lang=self.first, large=0)

    def panel(self) -> str:
        """The style sheet with this panel's millimetre."""
        return f"/kiosk/panel.css?{urlencode({'mm': self.mm, 'at': self.at})}"


def _between(text: str | None, low: float, high: float, default: float) -> float:
    try:
        value = float(text or "")
    except ValueError:
        return default
    return round(value, 3) if low <= value <= high else default


def router(pages: Pages) -> APIRouter:
    """GET /kiosk and its views. `?mm=` px per millimetre, `?at=` reading distance in metres, `?large=1`, `?lang=`."""
    made = APIRouter(include_in_schema=False)

    def show(request: Request, screen: Screen, view: str, status: int = 200, **values: Any) -> Response:
        template = "kiosk_view.html" if is_fragment(request) else "kiosk.html"
        values = {"issued_ticket": None, "live": False, **values}
        html = pages.draw(
            template, screen.language, screen=screen, view=view, offered=pages.offered, title=title, **values
        )
        return pages.answer(html, status)

    @made.get("/kiosk")
    def home(request: Request) -> Response:
        screen = Screen(request, pages.offered)
        kiosk = pages.reading.kiosk()
        popular, more = offer(kiosk, POPULAR[screen.large])
        return show(
            request,
            screen,
            "home",
            kiosk=kiosk,
            popular=popular,
            more=more,
            direct=_direct(screen),
            why=_why(pages, kiosk, screen.language),
            live=True,
        )

    @made.get("/kiosk/services")
    def services(request: Request) -> Response:
        screen = Screen(request, pages.offered)
        query = request.query_params.get("q", "")[:QUERY_LENGTH]
        found = find(pages.reading.kiosk().services, query, screen.language)
        rows = ROWS[screen.large] - screen.small
        last = max(0, (len(found) - 1) // rows)
        page = int(_between(request.query_params.get("page"), 0, 9999, 0))
        page = min(page, last)
        return show(
            request,
            screen,
            "services",
            query=query,
            found=found[page * rows : (page + 1) * rows],
            count=len(found),
            page=page,
            last=last,
            rows=rows,
            letters=LETTERS[screen.language],
        )

    @made.get("/kiosk/service/{service_id}")
    def service(request: Request, service_id: str) -> Response:
        screen = Screen(request, pages.offered)
        kiosk = pages.reading.kiosk()
        chosen = next((one for one in kiosk.services if one.id == service_id), None)
        if chosen is None:
            return show(request, screen, "gone", 404)
        return show(request, screen, "service", service=chosen, why=_why(pages, kiosk, screen.language), kiosk=kiosk)

    @made.get("/kiosk/ticket/{ticket_id}")
    def issued(request: Request, ticket_id: int) -> Response:
        screen = Screen(request, pages.offered)
        ticket = pages.reading.ticket(ticket_id)
        if ticket is None:
            return show(request, screen, "gone", 404)
        kiosk = pages.reading.kiosk()
        documents = next((one.documents for one in kiosk.services if one.id == ticket.service), {})
        paper = ticket.paper in PRINTED and (kiosk.paper or ticket.paper != "queued")
        return show(
            request, screen, "issued", issued_ticket=ticket, documents=documents, paper=paper, kiosk=kiosk, live=True
        )

    @made.get("/kiosk/panel.css")
    def panel(request: Request) -> Response:
        screen = Screen(request, pages.offered)
        return Response(
            f":root {{ --mm: {screen.mm}px; --at: {screen.at}; }}\n",
            media_type="text/css",
            headers={"Cache-Control": "max-age=86400"},
        )

    return made


def offer(kiosk: KioskView, most: int) -> tuple[list[ServiceView], bool]:
    """The services on the first screen, and whether there are others behind it.

    A small office shows all it has; where the plan marks none as popular, the first ones are shown.
    """
    if len(kiosk.services) <= most:
        return list(kiosk.services), False
    popular = [service for service in kiosk.services if service.popular] or list(kiosk.services)
    return popular[:most], True


def _direct(screen: Screen) -> Any:
    return lambda service: len(title(service, screen.language)) <= DIRECT_TITLE


def _why(pages: Pages, kiosk: KioskView, code: str) -> str | None:
    """Why no number can be taken at all now, as a sentence; None when one can."""
    if kiosk.open or kiosk.reason is None:
        return None
    if kiosk.reason in FOR_STAFF:
        return pages.translate(NOT_YET, code)
    return pages.sentence(kiosk.reason, code)
