"""The hall board: an empty shell with its words in the office's languages; `hall.js` fills it from the API."""

from __future__ import annotations

import json

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from appliance.words import translations
from web.office import language as tongue
from web.office.codes import CALM, PAUSES
from web.office.pages import Pages
from web.office.wording import N_, NN_

SAMPLES = {"one": 1, "few": 2, "many": 5, "other": 5}
"""A number for each plural category that the three languages have."""

WAITING = NN_("person is waiting", "people are waiting")


def router(pages: Pages) -> APIRouter:
    """GET /hall. `?lang=` takes one language or several with commas; the office's languages otherwise."""
    made = APIRouter(include_in_schema=False)

    @made.get("/hall")
    def hall(request: Request) -> HTMLResponse:
        wanted = request.query_params.get("lang", "").split(",")
        shown = tuple(dict.fromkeys(code for code in wanted if code in tongue.LANGUAGES))
        shown = (shown or pages.offered)[:3]
        return pages.answer(pages.draw("hall.html", shown[0], shown=shown, words=json.dumps(words(pages, shown))))

    return made


def words(pages: Pages, shown: tuple[str, ...]) -> dict[str, dict[str, object]]:
    """Every sentence of the board in each language, with the plural forms of what is counted."""
    return {code: _words(pages, code) for code in shown}


def _words(pages: Pages, code: str) -> dict[str, object]:
    catalogue = translations(code)
    say = catalogue.gettext
    return {
        "ticket": say(N_("Ticket")),
        "place": say(pages.place.one),
        "nobodyCalled": say(N_("Nobody has been called yet")),
        "watch": say(N_("Your number will appear here")),
        "closed": say(N_("The office is closed now")),
        "nobodyWaits": say(N_("nobody is waiting")),
        "onBreak": say(pages.place.on_break) % {"list": "{list}"},
        "waiting": {form: catalogue.ngettext(*WAITING, number) for form, number in SAMPLES.items()},
        "lost": say(N_("No connection for %(age)s")) % {"age": "{age}"},
        "halted": {reason: pages.halted(reason, code)[0] for reason in PAUSES},
        "calm": say(CALM),
        "listen": say(N_("Listen for your number or ask at a desk")),
        "seconds": say(N_("%(number)s s")) % {"number": "{number}"},
        "minutes": say(N_("%(number)s min")) % {"number": "{number}"},
    }
