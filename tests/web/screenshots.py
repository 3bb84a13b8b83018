"""`python -m tests.web.screenshots OUT [BASE] [NAME]`: pages as PNG, of the fake office or of a running one at BASE."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from appliance.api.schemas import TicketView
from hardware.config import Point
from tests.web.fake import FakeOffice, reading, served
from tests.web.scenes import (
    DESK_SCENES,
    HALLS,
    METERS,
    bell,
    catalogue,
    kiosk,
    many_services,
    reception,
    ticket,
    wait,
)
from tests.web.technician_tools import HEALTHY, MENDABLE, FakeTools

CHROMIUM = Path("/usr/bin/chromium-headless-shell")
"""Chromium without the windows of a desktop: the whole browser draws its own menus beside every page, unseen."""

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
LANGUAGES = ("ru", "uk", "en")
KIOSK, BOARD, BOARD_HIGH = (1080, 1920), (1920, 1080), (1080, 1920)
DESKTOP, TABLET, REFLOW = (1366, 768), (1280, 800), (320, 900)


@dataclass(frozen=True)
class Shot:
    """A picture: its name, address, size, and the state that the fake office is in."""

    name: str
    path: str
    size: tuple[int, int]
    prepare: Callable[[FakeOffice], None] = lambda office: None
    staff: bool = False
    press: str = ""
    typed: str = ""

    def reach(self, page: Page) -> None:
        """Bring an open page into the state of the picture: type, press, wait for what comes."""
        if self.name.startswith("reception") and self.name != "reception-sign-in":
            page.wait_for_selector("#found [data-query]")
        if self.typed:
            page.locator("#q").fill(self.typed)
            page.wait_for_selector(f'#found [data-query="{self.typed}"]')
        if self.press:
            page.locator(self.press).click()
            page.wait_for_selector("dialog[open] button")


RECEPTION_DIALOGS = {
    "ticket": "#t-402",
    "service": "#m-house",
    "pause": "#pause-open",
    "away": "#away-open",
    "adopt": "#adopt-open",
}
"""The dialogs of reception by the key that opens each."""


def scene(name: str) -> Callable[[FakeOffice], None]:
    """The desk in a state."""
    return lambda office: setattr(office.reading, "scene", name)


def board(name: str) -> Callable[[FakeOffice], None]:
    """The board in a state."""
    return lambda office: setattr(office.reading, "hall_view", HALLS[name])


def nobody(office: FakeOffice) -> None:
    """Nobody is signed in."""
    office.reading.role = "nobody"


def ringing(office: FakeOffice) -> None:
    """Somebody has just rung at the ramp."""
    office.reading.reception_view = reception(bells=[bell()])


def ringing_late(office: FakeOffice) -> None:
    """Nobody has answered for more than a minute."""
    late = bell(rung_s=72, rings=3, escalated=1)
    office.reading.reception_view = reception(bells=[late])
    office.reading.bells = [late]


def coming(office: FakeOffice) -> None:
    """Somebody is on the way."""
    office.reading.reception_view = reception(bells=[bell(state="answered", rung_s=72, answered_s=41)])


def no_paper(office: FakeOffice) -> None:
    """The printer can't print and the ticket knows it."""
    office.reading.kiosk_view = kiosk(paper=False)
    office.reading.issued = ticket(paper="expired")


def small_office(office: FakeOffice) -> None:
    """Four services and nobody waiting."""
    office.reading.kiosk_view = kiosk(many_services()[:4], waiting=0, desks_working=1)


def closed_kiosk(office: FakeOffice) -> None:
    """No numbers are given."""
    off = [one.model_copy(update={"available": False, "reason": "issuing-closed"}) for one in many_services()]
    office.reading.kiosk_view = kiosk(off, open=False, reason="day-not-open")


def sorted_services(office: FakeOffice) -> None:
    """512 services under headings, everywhere."""
    office.reading.kiosk_view = kiosk(catalogue())


def late_in_the_day(office: FakeOffice) -> None:
    """The first service may have no time left."""
    late = many_services()[0].model_copy(update={"available": False, "reason": "no-time-left", "may_wait": True})
    office.reading.kiosk_view = kiosk([late, *many_services()[1:]])


def weekend(office: FakeOffice) -> None:
    """Nobody receives, and it is known when somebody will."""
    closed = {"available": False, "reason": "not-today", "next_opening": "2026-11-30T08:00", "wait": None}
    off = [one.model_copy(update=closed) for one in many_services()]
    office.reading.kiosk_view = kiosk(off, open=False, reason="not-today", waiting=0, desks_working=0)


def halted_hall(office: FakeOffice) -> None:
    """An air-raid alert."""
    office.reading.kiosk_view = kiosk(paused="alarm")
    office.reading.reception_view = reception(paused="alarm")


def whole_visit(office: FakeOffice) -> None:
    """A ticket with a claim, needs and two more services, without a guarantee."""
    stop = {"service": "droplets", "service_name": METERS, "desk": None}
    office.reading.issued = TicketView.model_validate(
        {
            **ticket().model_dump(),
            "category": "disability",
            "needs": ["time"],
            "route": [stop, stop],
            "promised": False,
            "told": wait(95, 130),
        }
    )


def empty_hall(office: FakeOffice) -> None:
    """Reception before anybody came."""
    office.reading.reception_view = reception(waiting=[], at_desks=[], parked=[], missed=[], advice=None, open=False)


def all_well(office: FakeOffice) -> None:
    """Nothing is broken and the day is closed."""
    office.reading.broken = False
    office.reading.office_open = False


def tools(**changes: Any) -> Callable[[FakeOffice], None]:
    """The technician's tools with something else to tell."""
    return lambda office: setattr(office.reading, "technician", FakeTools(**changes))


def walking(office: FakeOffice) -> None:
    """Half of the keys are pressed."""
    made = FakeTools()
    made.begin_walk()
    for control in ("desk/1/next", "desk/1/repeat", "desk/1/finish", "desk/3/next", "kiosk/receipt-text"):
        made.press(control)
    office.reading.technician = made


def refused_key(office: FakeOffice) -> None:
    """A lesson whose second press belongs to somebody else."""
    made = FakeTools()
    made.begin_lesson(2)
    made.touch(Point("desks", 12, 1))
    made.touch(Point("desks", 3, 1))
    office.reading.technician = made


def learnt(office: FakeOffice) -> None:
    """A lesson whose keys are all known, in an office whose hardware.toml has changed."""
    made = FakeTools(changed=True)
    made.begin_lesson(9)
    for line in (12, 13, 14):
        made.touch(Point("desks", line, 1))
    office.reading.technician = made


TECHNICIAN: tuple[tuple[str, str, Callable[[FakeOffice], None]], ...] = (
    ("doctor", "doctor?", tools()),
    ("doctor-well", "doctor?", tools(findings=HEALTHY)),
    ("doctor-mendable", "doctor?", tools(findings=MENDABLE, changed=True)),
    ("keys", "keys?", tools()),
    ("keys-walk", "keys?", walking),
    ("keys-refused", "keys?", refused_key),
    ("keys-learnt", "keys?", learnt),
    ("paper", "paper?", tools()),
    ("device", "device?name=printer&", tools()),
    ("device-calm", "device?name=desk/2&", tools()),
)
"""The technician's rooms: the name of the picture, the address, and the state of the devices."""


def shots(language: str) -> Iterator[Shot]:
    """Every picture of one language."""
    tongue = f"lang={language}"
    yield Shot("kiosk-home", f"/kiosk?{tongue}", KIOSK)
    yield Shot("kiosk-large", f"/kiosk?{tongue}&large=1", KIOSK)
    yield Shot("kiosk-nopaper", f"/kiosk?{tongue}", KIOSK, no_paper)
    yield Shot("kiosk-small", f"/kiosk?{tongue}", KIOSK, small_office)
    yield Shot("kiosk-closed", f"/kiosk?{tongue}", KIOSK, closed_kiosk)
    yield Shot("kiosk-weekend", f"/kiosk?{tongue}", KIOSK, weekend)
    yield Shot("kiosk-paused", f"/kiosk?{tongue}", KIOSK, halted_hall)
    yield Shot("kiosk-paused-wide", f"/kiosk?{tongue}&large=1", TABLET, halted_hall)
    yield Shot("kiosk-headings", f"/kiosk?{tongue}", KIOSK, sorted_services)
    yield Shot("kiosk-headings-21", f"/kiosk?{tongue}&mm=4.03&at=0.5", KIOSK, sorted_services)
    yield Shot("kiosk-headings-all", f"/kiosk/services?{tongue}", KIOSK, sorted_services)
    yield Shot("kiosk-heading", f"/kiosk/services?{tongue}&group=Земля и недвижимость", KIOSK, sorted_services)
    yield Shot("kiosk-wish", f"/kiosk?{tongue}&with=receipt-text&claim=disability&needs=time,voice", KIOSK)
    yield Shot("kiosk-wish-large", f"/kiosk?{tongue}&large=1&with=receipt-text&claim=child", KIOSK)
    yield Shot("kiosk-purposes", f"/kiosk/service/house?{tongue}", KIOSK)
    yield Shot("kiosk-purposes-21", f"/kiosk/service/house?{tongue}&mm=4.03&at=0.5&large=1", KIOSK)
    yield Shot("kiosk-purposes-wide", f"/kiosk/service/house?{tongue}", TABLET)
    yield Shot("kiosk-wish-service", f"/kiosk/service/droplets?{tongue}&with=receipt-text&claim=veteran", KIOSK)
    yield Shot("kiosk-late", f"/kiosk/service/receipt-text?{tongue}", KIOSK, late_in_the_day)
    yield Shot("kiosk-not-today", f"/kiosk/service/shield-user?{tongue}", KIOSK)
    yield Shot("kiosk-help", f"/kiosk/help?{tongue}&claim=disability&needs=time&for=house", KIOSK)
    yield Shot("kiosk-help-21", f"/kiosk/help?{tongue}&mm=4.03&at=0.5&large=1", KIOSK)
    yield Shot("kiosk-help-wide", f"/kiosk/help?{tongue}", TABLET)
    yield Shot("kiosk-issued-whole", f"/kiosk/ticket/138?{tongue}", KIOSK, whole_visit)
    yield Shot("kiosk-issued-whole-21", f"/kiosk/ticket/138?{tongue}&mm=4.03&at=0.5&large=1", KIOSK, whole_visit)
    yield Shot("kiosk-21", f"/kiosk?{tongue}&mm=4.03&at=0.5", KIOSK)
    yield Shot("kiosk-services", f"/kiosk/services?{tongue}", KIOSK)
    yield Shot("kiosk-services-large", f"/kiosk/services?{tongue}&large=1", KIOSK)
    yield Shot("kiosk-services-21", f"/kiosk/services?{tongue}&mm=4.03&at=0.5", KIOSK)
    yield Shot("kiosk-found", f"/kiosk/services?{tongue}&q=вида", KIOSK)
    yield Shot("kiosk-none", f"/kiosk/services?{tongue}&q=щщщ", KIOSK)
    yield Shot("kiosk-service", f"/kiosk/service/receipt-text?{tongue}", KIOSK)
    yield Shot("kiosk-longest", f"/kiosk/service/longest?{tongue}", KIOSK)
    yield Shot("kiosk-longest-21", f"/kiosk/service/longest?{tongue}&mm=4.03&at=0.5&large=1", KIOSK)
    yield Shot("kiosk-issued", f"/kiosk/ticket/138?{tongue}", KIOSK)
    yield Shot("kiosk-issued-large", f"/kiosk/ticket/138?{tongue}&large=1", KIOSK)
    yield Shot("kiosk-issued-nopaper", f"/kiosk/ticket/138?{tongue}", KIOSK, no_paper)
    yield Shot("kiosk-issued-nopaper-21", f"/kiosk/ticket/138?{tongue}&mm=4.03&at=0.5&large=1", KIOSK, no_paper)
    yield Shot("kiosk-wide", f"/kiosk?{tongue}", TABLET)
    for name in HALLS:
        yield Shot(f"hall-{name}", f"/hall?{tongue}", BOARD, board(name))
        yield Shot(f"hall-{name}-high", f"/hall?{tongue}", BOARD_HIGH, board(name))
    yield Shot("hall-three", "/hall", BOARD)
    yield Shot("hall-three-high", "/hall", BOARD_HIGH)
    yield Shot("hall-three-empty", "/hall", BOARD, board("empty"))
    yield Shot("hall-three-halted", "/hall", BOARD, board("halted"))
    yield Shot("hall-three-halted-high", "/hall", BOARD_HIGH, board("halted"))
    for name in DESK_SCENES:
        yield Shot(f"desk-{name}", f"/desk/7?{tongue}", DESKTOP, scene(name), staff=True)
    yield Shot("desk-tablet", f"/desk/7?{tongue}", TABLET, scene("free"), staff=True)
    yield Shot("desk-narrow", f"/desk/7?{tongue}", REFLOW, scene("serving"), staff=True)
    for name in ("serving", "free", "break"):
        yield Shot(f"desk-more-{name}", f"/desk/7?{tongue}", DESKTOP, scene(name), staff=True, press="#more-open")
    yield Shot("desk-more-narrow", f"/desk/7?{tongue}", REFLOW, scene("serving"), staff=True, press="#more-open")
    yield Shot("desk-sign-in", f"/desk/7?{tongue}", DESKTOP, nobody, staff=True)
    yield Shot("desk-missing", f"/desk/99?{tongue}", TABLET, staff=True)
    yield Shot("reception", f"/reception?{tongue}", TABLET, staff=True)
    yield Shot("reception-found", f"/reception?{tongue}", TABLET, sorted_services, staff=True, typed="проп")
    yield Shot("reception-many", f"/reception?{tongue}", TABLET, sorted_services, staff=True, typed="свед")
    yield Shot("reception-number", f"/reception?{tongue}", TABLET, staff=True, typed="139")
    yield Shot("reception-halted", f"/reception?{tongue}&show=at_desks", TABLET, halted_hall, staff=True)
    yield Shot("reception-empty", f"/reception?{tongue}", TABLET, empty_hall, staff=True)
    yield Shot("reception-narrow", f"/reception?{tongue}&show=parked", REFLOW, staff=True)
    yield Shot("reception-bell", f"/reception?{tongue}", TABLET, ringing, staff=True)
    yield Shot("reception-bell-late", f"/reception?{tongue}", TABLET, ringing_late, staff=True)
    yield Shot("reception-bell-coming", f"/reception?{tongue}", TABLET, coming, staff=True)
    yield Shot("reception-bell-narrow", f"/reception?{tongue}", REFLOW, ringing_late, staff=True)
    yield Shot("desk-bell", f"/desk/7?{tongue}", DESKTOP, ringing_late, staff=True)
    yield Shot("desk-bell-narrow", f"/desk/7?{tongue}", REFLOW, ringing_late, staff=True)
    yield Shot("reception-sign-in", f"/reception?{tongue}", TABLET, nobody, staff=True)
    for name, press in RECEPTION_DIALOGS.items():
        yield Shot(f"reception-{name}", f"/reception?{tongue}", TABLET, staff=True, press=press)
    yield Shot("technician", f"/technician?{tongue}", TABLET, staff=True)
    yield Shot("technician-well", f"/technician?{tongue}", TABLET, all_well, staff=True)
    yield Shot("technician-narrow", f"/technician?{tongue}", REFLOW, staff=True)
    yield Shot("technician-sign-in", f"/technician?{tongue}", TABLET, nobody, staff=True)
    for name, path, prepare in TECHNICIAN:
        yield Shot(f"technician-{name}", f"/technician/{path}{tongue}", TABLET, prepare, staff=True)
        yield Shot(f"technician-{name}-narrow", f"/technician/{path}{tongue}", REFLOW, prepare, staff=True)
    yield Shot("sim", f"/sim?{tongue}", DESKTOP, staff=True)
    yield Shot("sim-narrow", f"/sim?{tongue}", REFLOW, staff=True)
    yield Shot("start", f"/?{tongue}", TABLET, staff=True)
    yield Shot("start-narrow", f"/?{tongue}", REFLOW, staff=True)


def take(browser: Browser, base: str, office: FakeOffice | None, out: Path, only: str) -> int:
    """Save the pictures whose name begins with `only`; `only` may end in `.uk` for one language."""
    done = 0
    only, _, spoken = only.partition(".")
    for language in (spoken,) if spoken else LANGUAGES:
        for shot in shots(language):
            if not shot.name.startswith(only):
                continue
            if office is not None:
                fresh = reading()
                office.reading.__dict__.update(fresh.__dict__)
                shot.prepare(office)
            page = browser.new_page(viewport={"width": shot.size[0], "height": shot.size[1]}, reduced_motion="reduce")
            page.goto(base + shot.path, wait_until="load")
            shot.reach(page)
            page.wait_for_timeout(250)
            page.screenshot(path=out / f"{shot.name}.{language}.png", full_page=shot.staff and not shot.press)
            page.close()
            done += 1
    return done


def main() -> None:
    """Write the pictures."""
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    base = sys.argv[2] if len(sys.argv) > 2 and sys.argv[2].startswith("http") else ""
    only = sys.argv[-1] if len(sys.argv) > 2 and not sys.argv[-1].startswith("http") else ""
    office = None if base else FakeOffice(reading())
    with ExitStack() as stack:
        if office is not None:
            base = stack.enter_context(served(office))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        print(take(browser, base, office, out, only), "pictures in", out)
        browser.close()


if __name__ == "__main__":
    main()
