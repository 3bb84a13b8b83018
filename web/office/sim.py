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
GESTURES = (
    ("tap", N_("tap")),
    ("hold", N_("hold")),
    ("bounce", N_("worn contact")),
    ("noise", N_("noise on the cable")),
    ("stick", N_("stick")),
)
FAULTS = {
    "paper-out": N_("no paper"),
    "near-end": N_("roll near its end"),
    "cover-open": N_("cover open"),
    "paused": N_("paused"),
    "jam": N_("cutter jammed"),
    "no-power": N_("no power"),
    "unplugged": N_("cable pulled"),
    "silent": N_("answers nothing"),
    "hung": N_("takes no bytes"),
    "noise": N_("noise on the line"),
    "loop-cut": N_("wire cut"),
    "no-mains": N_("no mains"),
}
"""A fault as a person would say it; pressed, the device has it."""

LAMPS = {"heard": N_("lamp “heard”"), "coming": N_("lamp “coming”"), "buzzer": N_("buzzer inside")}


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
            "kinds": {kind: say(message, code) for kind, message in DEVICES.items()},
            "faults": {fault: say(message, code) for fault, message in FAULTS.items()},
            "lamps": {lamp: say(message, code) for lamp, message in LAMPS.items()},
            "kiosk": say(N_("Kiosk buttons"), code),
            "bell": say(N_("Bell at the ramp"), code),
            "ring": say(N_("Ring"), code),
            "answer": say(N_("Key inside: I am coming"), code),
            "paper": say(N_("Slip %(number)s"), code, number="{n}"),
            "copy": say(N_("a copy"), code),
            "torn": say(N_("torn off by a power cut"), code),
            "noPaper": say(N_("The tray is empty."), code),
            "silence": say(N_("Nothing has been spoken yet."), code),
            "listen": say(N_("Listen"), code),
            "dark": say(N_("dark"), code),
        }
        return pages.show(
            request, "sim.html", words=json.dumps(words, ensure_ascii=False), gestures=GESTURES, **status_values()
        )

    @made.get("/sim/status")
    def status(request: Request) -> Response:
        return pages.show(request, "sim_status.html", **status_values())

    return made
