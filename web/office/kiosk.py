"""The kiosk: home, all services, one service, help, the issued number. Every view is also a fragment of its page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from appliance.api.schemas import KioskView, ServiceView
from web.office.finding import folded, natural, search, title
from web.office.language import moment, text_in
from web.office.pages import Pages, is_fragment
from web.office.wish import Wish, wish_of
from web.office.wording import N_

PANEL_32 = (2.71, 0.6)
"""px/mm and metres of a 32-inch full HD panel, the default."""
POPULAR = {False: 6, True: 4}
BESIDE_GROUPS = 4
"""So many popular services, and as many headings, on the first screen of an office that sorts its services."""

ROWS = {False: 5, True: 3}
DIRECT_TITLE = 60
"""A longer name doesn't fit a key at arm's length: its key opens the service's own view instead of issuing at once."""
LETTERS = {
    "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "uk": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
    "en": "abcdefghijklmnopqrstuvwxyz",
}
QUERY_LENGTH = 40
NOT_YET = N_("Numbers are not given out now. Ask a member of staff.")
CLOSED = {
    "issuing-closed": N_("No more numbers are given out now."),
    "issuing-not-yet": N_("Numbers are not given out yet."),
    "not-today": N_("Nobody receives visitors today."),
    "limit-reached": N_("All numbers of today have been given out."),
    "no-time-left": N_("There may be no time left today."),
}
"""Why the whole office gives no numbers, for a visitor; other reasons are for staff."""

PRINTED = ("queued", "printed", "sent")


class Screen:
    """What of a kiosk's address travels from view to view: language, large mode, the panel's size, the wish."""

    def __init__(self, request: Request, offered: tuple[str, ...], wish: Wish) -> None:
        asked = request.query_params.get("lang")
        self.first = offered[0]
        self.wish = wish
        self.language = asked if asked in offered else self.first
        self.large = request.query_params.get("large") == "1"
        self.mm = _between(request.query_params.get("mm"), 1.0, 12.0, PANEL_32[0])
        self.at = _between(request.query_params.get("at"), 0.3, 1.5, PANEL_32[1])

    @property
    def small(self) -> bool:
        """Whether text of the same angle takes more of this panel than of a 32-inch one."""
        return self.mm * self.at > 1.1 * PANEL_32[0] * PANEL_32[1]

    def address(self, path: str = "", /, **extra: object) -> str:
        """An address that keeps this screen; `extra` may change any part of it."""
        given: dict[str, object] = {"lang": self.language, "large": int(self.large), **self.wish.query(), **extra}
        if (self.mm, self.at) != PANEL_32:
            given |= {"mm": self.mm, "at": self.at}
        if given["lang"] == self.first:
            del given["lang"]
        shown = {name: value for name, value in given.items() if value not in (0, "", None)}
        return f"/kiosk{path}" + (f"?{urlencode(shown)}" if shown else "")

    def home(self) -> str:
        """Where the screen goes when nobody has touched it: the first language, ordinary size, no wish."""
        return self.address("", lang=self.first, large=0, **Wish().query())

    def fresh(self) -> str:
        """The first view without what was chosen."""
        return self.address("", **Wish().query())

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
            template,
            screen.language,
            screen=screen,
            wish=screen.wish,
            view=view,
            offered=pages.offered,
            title=title,
            **values,
        )
        return pages.answer(html, status)

    def entered(request: Request) -> tuple[Screen, KioskView, Response | None]:
        """The screen, what is offered, and the view that stands before all others while the hall stands still."""
        kiosk = pages.reading.kiosk()
        screen = Screen(request, pages.offered, wish_of(request, kiosk))
        if not kiosk.paused:
            return screen, kiosk, None
        spoken = dict.fromkeys((screen.language, *pages.offered))
        halted = [(code, *pages.halted(kiosk.paused, code)) for code in spoken]
        return screen, kiosk, show(request, screen, "paused", kiosk=kiosk, halted=halted, live=True)

    def chosen(screen: Screen, kiosk: KioskView) -> list[str]:
        by_id = {one.id: one for one in kiosk.services}
        return [title(by_id[one], screen.language) for one in screen.wish.basket]

    @made.get("/kiosk")
    def home(request: Request) -> Response:
        screen, kiosk, still = entered(request)
        if still is not None:
            return still
        popular, headings, more = offer(kiosk, large=screen.large, small=screen.small)
        return show(
            request,
            screen,
            "home",
            kiosk=kiosk,
            popular=popular,
            headings=headings,
            more=more,
            direct=_direct(screen),
            chosen=chosen(screen, kiosk),
            why=_why(pages, kiosk, screen.language),
            live=True,
        )

    @made.get("/kiosk/services")
    def services(request: Request) -> Response:
        screen, kiosk, still = entered(request)
        if still is not None:
            return still
        query = request.query_params.get("q", "")[:QUERY_LENGTH]
        group = request.query_params.get("group", "")[:200]
        inside = [one for one in kiosk.services if not group or group_of(one) == group]
        found = search(inside, query, screen.language).services
        if not query:
            found.sort(key=lambda one: not one.popular)
        headings = groups(kiosk) if not query and not group else []
        rows = ROWS[screen.large] - screen.small
        count = len(headings) or len(found)
        last = max(0, (count - 1) // rows)
        page = min(int(_between(request.query_params.get("page"), 0, 9999, 0)), last)
        here = slice(page * rows, (page + 1) * rows)
        return show(
            request,
            screen,
            "services",
            query=query,
            group=group,
            heading=next((text_in(one.group, screen.language) for one in inside), "") if group else "",
            headings=headings[here],
            found=[] if headings else found[here],
            count=len(found),
            page=page,
            last=last,
            rows=rows,
            letters=LETTERS[screen.language],
        )

    @made.get("/kiosk/service/{service_id}")
    def service(request: Request, service_id: str) -> Response:
        screen, kiosk, still = entered(request)
        if still is not None:
            return still
        found = next((one for one in kiosk.services if one.id == service_id), None)
        if found is None:
            return show(request, screen, "gone", 404)
        return show(
            request,
            screen,
            "service",
            service=found,
            why=None if found.may_wait else _why(pages, kiosk, screen.language),
            chosen=chosen(screen, kiosk),
            kiosk=kiosk,
        )

    @made.get("/kiosk/help")
    def help_(request: Request) -> Response:
        screen, kiosk, still = entered(request)
        if still is not None:
            return still
        known = {one.id for one in kiosk.services}
        wanted = request.query_params.get("for", "")
        back = f"/service/{wanted}" if wanted in known else ""
        claims = [one for one in kiosk.categories if one.kiosk]
        return show(request, screen, "help", claims=claims, back=back, wanted=wanted if back else "")

    @made.get("/kiosk/ticket/{ticket_id}")
    def issued(request: Request, ticket_id: int) -> Response:
        kiosk = pages.reading.kiosk()
        screen = Screen(request, pages.offered, Wish())
        ticket = pages.reading.ticket(ticket_id)
        if ticket is None:
            return show(request, screen, "gone", 404)
        documents = next((one.documents for one in kiosk.services if one.id == ticket.service), {})
        paper = ticket.paper in PRINTED and (kiosk.paper or ticket.paper != "queued")
        return show(
            request,
            screen,
            "issued",
            issued_ticket=ticket,
            documents=documents,
            seen_first=any(one.id == ticket.category and one.confirm_first for one in kiosk.categories),
            after=[text_in(stop.service_name, screen.language) for stop in ticket.route],
            paper=paper,
            kiosk=kiosk,
            live=True,
        )

    @made.get("/kiosk/panel.css")
    def panel(request: Request) -> Response:
        screen = Screen(request, pages.offered, Wish())
        return Response(
            f":root {{ --mm: {screen.mm}px; --at: {screen.at}; }}\n",
            media_type="text/css",
            headers={"Cache-Control": "max-age=86400"},
        )

    return made


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of services: its key in an address, its words, a picture, and how many stand under it."""

    key: str
    words: dict[str, str]
    icon: str
    count: int


def group_of(service: ServiceView) -> str:
    """The key of the heading that a service stands under; empty without one."""
    return next((text for text in service.group.values() if text), "")


def groups(kiosk: KioskView) -> list[Heading]:
    """The headings, those with most services first; none where there are fewer than two."""
    under: dict[str, list[ServiceView]] = {}
    for one in kiosk.services:
        if key := group_of(one):
            under.setdefault(key, []).append(one)
    made = [Heading(key, ones[0].group, ones[0].icon, len(ones)) for key, ones in under.items()]
    made.sort(key=lambda heading: (-heading.count, natural(folded(heading.key))))
    return made if len(made) > 1 else []


def offer(kiosk: KioskView, *, large: bool, small: bool = False) -> tuple[list[ServiceView], list[Heading], bool]:
    """The services and headings of the first screen, and whether there are other services behind it.

    A small office shows all it has; where the plan marks none as popular, the first ones are shown.
    """
    most = POPULAR[large]
    if len(kiosk.services) <= most:
        return list(kiosk.services), [], False
    popular = [service for service in kiosk.services if service.popular] or list(kiosk.services)
    headings = [] if large else groups(kiosk)[: BESIDE_GROUPS // 2 if small else BESIDE_GROUPS]
    return popular[: BESIDE_GROUPS if headings else most], headings, True


def _direct(screen: Screen) -> Any:
    """Whether a touch on the key takes the number at once: the name fits the key and nothing is left to ask."""

    def at_once(service: ServiceView) -> bool:
        short = len(title(service, screen.language)) <= DIRECT_TITLE
        return service.available and short and (not service.purposes or bool(screen.wish.basket))

    return at_once


def _why(pages: Pages, kiosk: KioskView, code: str) -> str | None:
    """Why no number can be taken at all now, as a sentence; None when one can."""
    if kiosk.open or kiosk.reason is None:
        return None
    sentence = pages.translate(CLOSED.get(kiosk.reason, NOT_YET), code)
    coming = min((one.next_opening for one in kiosk.services if one.next_opening), default=None)
    if coming is None:
        return sentence
    return f"{sentence} {pages.translate(AGAIN, code, when=moment(coming, code))}"


AGAIN = N_("Numbers are given out again on %(when)s.")
