"""A real office with two lived days, for the head's pages: the hall of the API tests, its writer and its disk."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from random import Random

import httpx
import uvicorn

from appliance.domain.calling import CallNext, Miss
from appliance.domain.days import CloseDay, OpenDay
from appliance.domain.desks import OpenDesk, SignIn, TakeBreak
from appliance.domain.pausing import PauseHall, ResumeHall
from appliance.domain.refusal import Refused
from appliance.domain.serving import Finish, Start
from appliance.domain.tickets import TakeTicket, Told
from appliance.domain.turning_away import TurnAway
from tests.api.halls import ADVICE, Hall
from tests.api.rig import PIN, START, Browser, Rig
from web.office import mount

PEOPLE = {"anna": "Смирнова Е. А.", "vera": "Коваленко О. І."}
VISITS = 46


def lived(folder: Path, *, advised: bool = True) -> Rig:
    """An office on its second day, Tuesday, 24 November 2026, in the middle of it."""
    rig = Rig(folder, Hall(limit=0), open_day=False)
    rig.clock.local = START.replace(day=23)
    rig.waits.advised = ADVICE if advised else None
    for name, called in PEOPLE.items():
        rig.local.put_operator(name, called, PIN)
    live_day(rig, Random(1), VISITS)
    rig.do(CloseDay())
    rig.clock.later((START.replace(hour=8) - rig.clock.local).total_seconds())
    live_day(rig, Random(2), VISITS)
    for _ in range(5):
        rig.do(TakeTicket("consult", paper=False), actor="kiosk")
    rig.clock.later(16 * 60)
    for _ in range(3):
        rig.do(TakeTicket("submit", paper=False), actor="kiosk")
    rig.do(TakeBreak(1, "lunch"), actor="desk:1/anna")
    rig.clock.later(240)
    mount(rig.app, rig.context)
    return rig


def live_day(rig: Rig, dice: Random, visits: int) -> None:
    """Visitors are served at two desks; one in eight doesn't come, and an alarm stops the hall once."""
    rig.do(OpenDay())
    rig.do(SignIn(1, "anna"))
    rig.do(SignIn(2, "vera"))
    rig.do(OpenDesk(1), actor="desk:1/anna")
    rig.do(OpenDesk(2), actor="desk:2/vera")
    rig.do(TurnAway("archive", "not-here"), actor="reception/anna")
    for number in range(visits):
        service = dice.choice(("consult", "consult", "submit"))
        category = "veteran" if number % 9 == 0 else None
        told = Told(60, 600, 300, 400)
        rig.do(TakeTicket(service, category=category, told=told, paper=False), actor="kiosk")
        rig.clock.later(dice.randrange(20, 400))
        if number == visits // 2:
            rig.do(PauseHall("alarm"), actor="reception/anna")
            rig.clock.later(600)
            rig.do(ResumeHall(), actor="reception/anna")
        serve(rig, 1 + number % 2, dice)


def serve(rig: Rig, desk: int, dice: Random) -> None:
    """The next at a desk, if there is one; the way takes half a minute, the service one to nine."""
    who = f"desk:{desk}/{'anna' if desk == 1 else 'vera'}"
    try:
        rig.do(CallNext(desk), actor=who)
    except Refused:
        return
    rig.clock.later(dice.randrange(10, 60))
    if dice.random() < 0.12:
        rig.do(Miss(desk), actor=who)
        return
    rig.do(Start(desk), actor=who)
    rig.clock.later(dice.randrange(60, 540))
    rig.do(Finish(desk), actor=who)


class Asker:
    """A browser that asks from a thread of its own: the browser tests keep an event loop running in the main one."""

    def __init__(self, pool: ThreadPoolExecutor, make: Callable[[], Browser]) -> None:
        self._pool = pool
        self._browser = pool.submit(make).result()

    def get(self, path: str, language: str = "") -> httpx.Response:
        """One GET."""
        headers = {"Accept-Language": language} if language else {}
        return self._pool.submit(self._browser.get, path, headers=headers).result()


class Lived:
    """The office of `lived`, or a box without a plan, and whoever looks at it."""

    def __init__(self, folder: Path, *, advised: bool = True, empty: bool = False) -> None:
        self._pool = ThreadPoolExecutor(1)
        self.rig = Rig(folder) if empty else lived(folder, advised=advised)
        if empty:
            mount(self.rig.app, self.rig.context)

    def owner(self) -> Asker:
        """The owner's browser."""
        return Asker(self._pool, self.rig.owner)

    def operator(self, desk: int, name: str) -> Asker:
        """An operator's browser, signed in at a desk."""
        return Asker(self._pool, lambda: self.rig.operator(desk, name))

    def nobody(self) -> Asker:
        """A browser with nobody signed in."""
        return Asker(self._pool, self.rig.client)

    def close(self) -> None:
        """End it."""
        self._pool.submit(self.rig.close).result()
        self._pool.shutdown()


@contextmanager
def on_a_port(rig: Rig) -> Iterator[str]:
    """The office on a free port of this machine; gives its address."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(rig.app, log_level="error", access_log=False, lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
