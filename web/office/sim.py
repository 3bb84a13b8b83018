"""The bench of a simulated office: keys to press, paper to take, faults to make. Real devices have no such page."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from web.office.finding import title
from web.office.pages import Pages
from web.office.wording import CONDITIONS, DEVICES, N_, SEVERITY, STATES

KEYS = {"next": N_("Next key"), "repeat": N_("Repeat key"), "finish": N_("Finish key")}
GESTURES = {
    "tap": N_("tap"),
    "hold": N_("hold"),
    "bounce": N_("worn contact"),
    "stick": N_("stick"),
    "release": N_("let go"),
}
FAULTS = (
    ("paper-out", N_("Paper runs out"), "paper-load", N_("Load paper")),
    ("near-end", N_("Roll near its end"), "roll-new", N_("New roll")),
    ("cover-open", N_("Open the cover"), "cover-close", N_("Close the cover")),
    ("power-off", N_("Power off"), "power-on", N_("Power on")),
    ("unplug", N_("Pull the cable"), "plug", N_("Plug the cable in")),
)


def router(pages: Pages) -> APIRouter:
    """GET /sim and its live status. The devices themselves are moved through `/api/v1/sim`."""
    made = APIRouter(include_in_schema=False)

    def status_values() -> dict[str, Any]:
        plan = pages.reading.plan
        desks = [view for number in sorted(plan.desks) if (view := pages.reading.desk(number))] if plan else []
        office = pages.reading.office()
        return {
            "office": office,
            "desks": desks,
            "states": STATES,
            "conditions": CONDITIONS,
            "kinds": DEVICES,
            "devices": sorted(office.devices, key=lambda device: SEVERITY[device.condition]),
        }

    @made.get("/sim")
    def bench(request: Request) -> Response:
        code = pages.language(request)
        say = pages.translate
        plan = pages.reading.plan
        words = {
            "desks": {n: say(pages.place.numbered, code, number=n) for n in (plan.desks if plan else ())},
            "services": {one.id: title(one, code) for one in pages.reading.kiosk().services},
            "keys": {name: say(message, code) for name, message in KEYS.items()},
            "gestures": {name: say(message, code) for name, message in GESTURES.items()},
            "kiosk": say(N_("Kiosk buttons"), code),
            "paper": say(N_("Slip %(number)s"), code, number="{n}"),
            "copy": say(N_("a copy"), code),
            "torn": say(N_("torn off by a power cut"), code),
            "noPaper": say(N_("The tray is empty."), code),
            "silence": say(N_("Nothing has been spoken yet."), code),
        }
        return pages.show(
            request, "sim.html", words=json.dumps(words, ensure_ascii=False), faults=FAULTS, **status_values()
        )

    @made.get("/sim/status")
    def status(request: Request) -> Response:
        return pages.show(request, "sim_status.html", **status_values())

    return made
