"""A centre that only enrols and takes objects: the real routes, register and TLS under uvicorn, for the tests here."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from sync.centre.authority import Authority, listener_tls
from sync.centre.enrolling import Address, Enrolling, EnrolmentNews, Head, enrol_routes
from sync.centre.inbox import Inbox, inbox_app
from sync.centre.keys import DeviceKeys
from sync.centre.offices import OfficeEntry
from sync.centre.store import Store
from sync.signing import RequestGuard

OFFICE = "office-17"


class Clock:
    """The centre's clock, that a test may move."""

    def __init__(self) -> None:
        self.ahead_ms = 0

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000 + self.ahead_ms


class Serving:
    """One uvicorn listener on a free port of the loopback, in a thread."""

    def __init__(self, app: Any, **tls: Any) -> None:
        config = uvicorn.Config(app, "127.0.0.1", 0, log_config=None, lifespan="off", **tls)
        logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        until = time.monotonic() + 10
        while not self._server.started:
            assert time.monotonic() < until, "uvicorn did not start"
            time.sleep(0.01)
        self.port: int = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(10)


class EnrolCentre:
    """The parts together. `tls` False: plain http on the loopback, as a demonstration runs."""

    def __init__(self, folder: Path, *, tls: bool = True, store_url: str = "") -> None:
        self.clock = Clock()
        self.news: list[EnrolmentNews] = []
        self.clones: list[tuple[str, str]] = []
        self.head: Head | None = None
        self.store = Store(store_url or f"sqlite:///{folder / 'centre.db'}")
        self.authority = Authority(folder / "keys", self.clock.now_ms)
        self.keys = DeviceKeys(
            self.store, self.authority, self.clock.now_ms, lambda d, i: self.clones.append((d.id, i))
        )
        self.inbox = Inbox(folder / "inbox", self.keys)
        self.enrolling = Enrolling(
            self.store,
            self.authority,
            self.keys,
            self.clock.now_ms,
            self.address,
            incarnations=self.incarnations,
            head=lambda _office: self.head,
            on_news=self.news.append,
        )
        self.store.make_tables()
        self.enrolling.offices.put(OfficeEntry(OFFICE, "Seventeen"))
        self.waited = 0.0
        app = FastAPI()
        guard = RequestGuard(self.clock.now_ms)
        app.include_router(
            enrol_routes(self.enrolling, guard, self.clock.now_ms, lambda: time.monotonic() + self.waited)
        )
        files = self.authority.server(["centre.example"])
        self.enrol = Serving(app, **(listener_tls(files, devices=False) if tls else {}))
        self.devices = Serving(inbox_app(self.inbox), **(listener_tls(files, devices=True) if tls else {}))

    def address(self) -> Address:
        return Address((self.devices.url,), self.enrol.url)

    def incarnations(self, office: str) -> list[str]:
        found = {one.incarnation for one in self.inbox.lineages() if (one.office, one.database) == (office, "queue")}
        return sorted(found, reverse=True)

    def codes(self) -> list[str]:
        return [one.code for one in self.news]

    def close(self) -> None:
        self.enrol.close()
        self.devices.close()
        self.store.close()


def await_true(check: Callable[[], bool], what: str, within: float = 15.0) -> None:
    until = time.monotonic() + within
    while not check():
        assert time.monotonic() < until, what
        time.sleep(0.02)
