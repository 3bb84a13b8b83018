"""`python -m tests.web.screenshots OUT [BASE] [NAME]`: pages as PNG, of the fake office or of a running one at BASE."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.web.fake import FakeOffice, reading, served
from tests.web.scenes import HALLS, kiosk, many_services, ticket

CHROMIUM = Path("/usr/bin/chromium")
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


def scene(name: str) -> Callable[[FakeOffice], None]:
    """The desk in a state."""
    return lambda office: setattr(office.reading, "scene", name)


def board(name: str) -> Callable[[FakeOffice], None]:
    """The board in a state."""
    return lambda office: setattr(office.reading, "hall_view", HALLS[name])


def nobody(office: FakeOffice) -> None:
    """Nobody is signed in."""
    office.reading.role = "nobody"


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


def all_well(office: FakeOffice) -> None:
    """Nothing is broken and the day is closed."""
    office.reading.broken = False
    office.reading.office_open = False


def shots(language: str) -> Iterator[Shot]:
    """Every picture of one language."""
    tongue = f"lang={language}"
    yield Shot("kiosk-home", f"/kiosk?{tongue}", KIOSK)
    yield Shot("kiosk-large", f"/kiosk?{tongue}&large=1", KIOSK)
    yield Shot("kiosk-nopaper", f"/kiosk?{tongue}", KIOSK, no_paper)
    yield Shot("kiosk-small", f"/kiosk?{tongue}", KIOSK, small_office)
    yield Shot("kiosk-closed", f"/kiosk?{tongue}", KIOSK, closed_kiosk)
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
    for name in ("closed", "free", "idle", "break", "called", "serving", "late", "long"):
        yield Shot(f"desk-{name}", f"/desk/7?{tongue}", DESKTOP, scene(name), staff=True)
    yield Shot("desk-tablet", f"/desk/7?{tongue}", TABLET, scene("free"), staff=True)
    yield Shot("desk-narrow", f"/desk/7?{tongue}", REFLOW, scene("serving"), staff=True)
    yield Shot("desk-sign-in", f"/desk/7?{tongue}", DESKTOP, nobody, staff=True)
    yield Shot("desk-missing", f"/desk/99?{tongue}", TABLET, staff=True)
    yield Shot("technician", f"/technician?{tongue}", TABLET, staff=True)
    yield Shot("technician-well", f"/technician?{tongue}", TABLET, all_well, staff=True)
    yield Shot("technician-narrow", f"/technician?{tongue}", REFLOW, staff=True)
    yield Shot("technician-sign-in", f"/technician?{tongue}", TABLET, nobody, staff=True)
    yield Shot("sim", f"/sim?{tongue}", DESKTOP, staff=True)
    yield Shot("sim-narrow", f"/sim?{tongue}", REFLOW, staff=True)
    yield Shot("start", f"/?{tongue}", TABLET, staff=True)
    yield Shot("start-narrow", f"/?{tongue}", REFLOW, staff=True)


def take(browser: Browser, base: str, office: FakeOffice | None, out: Path, only: str) -> int:
    """Save the pictures whose name begins with `only`."""
    done = 0
    for language in LANGUAGES:
        for shot in shots(language):
            if not shot.name.startswith(only):
                continue
            if office is not None:
                fresh = reading()
                office.reading.__dict__.update(fresh.__dict__)
                shot.prepare(office)
            page = browser.new_page(viewport={"width": shot.size[0], "height": shot.size[1]}, reduced_motion="reduce")
            page.goto(base + shot.path, wait_until="load")
            page.wait_for_timeout(250)
            page.screenshot(path=out / f"{shot.name}.{language}.png", full_page=shot.staff)
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
