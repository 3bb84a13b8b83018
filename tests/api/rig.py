"""An office behind its API for tests: the real writer and local.db on a temporary disk, a clock that a test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import httpx
from argon2 import PasswordHasher
from fastapi import FastAPI

from appliance.api.app import ApiSettings, AppContext, create_app
from appliance.api.schemas import ReplicaView
from appliance.domain.days import OpenDay
from appliance.domain.identity import AdoptPlan, BeginIncarnation
from appliance.domain.message import Command
from appliance.domain.moment import Moment, Now
from appliance.domain.office import Office
from appliance.domain.plan import Plan
from appliance.store.local import LocalStore
from appliance.store.reads import Reads
from appliance.store.writer import Outcome, QueueWriter
from tests.api.halls import Waits

PIN = "482913"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
START = datetime(2026, 11, 24, 9, 0)


@dataclass
class HandClock:
    """Stands still until a test moves it."""

    local: datetime = START
    uptime_ms: int = 100_000
    trusted: bool = True
    disk_tight: bool = False

    confirmed: int = 0

    def confirm(self) -> None:
        self.confirmed += 1

    def now(self) -> Now:
        at = int((self.local.replace(tzinfo=UTC) - timedelta(hours=3)).timestamp() * 1000)
        moment = Moment(at, self.trusted, "b0", self.uptime_ms)
        return Now(moment, self.local if self.trusted else None, self.disk_tight)

    def later(self, seconds: float) -> None:
        self.local += timedelta(seconds=seconds)
        self.uptime_ms += int(seconds * 1000)


@dataclass(frozen=True)
class Part:
    """A device as `health` tells it."""

    name: str = "printer"
    kind: str = "printer"
    condition: str = "fault"
    since: datetime = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
    reason: str = "paper-out"
    hint: str = "load-paper"
    facts: dict[str, str] = field(default_factory=lambda: {"port": "/dev/usb/lp0"})


@dataclass
class Parts:
    """Health with devices that a test names."""

    listed: list[Part] = field(default_factory=lambda: [Part()])

    def devices(self) -> Sequence[Part]:
        return self.listed


def replica() -> ReplicaView:
    return ReplicaView(
        condition="running",
        target="s3://office",
        lag_s=1.0,
        lag_bytes=0,
        last_replicated_at=None,
        restarts=0,
        hint="",
    )


class Browser:
    """A page of the box in one browser: it keeps cookies, and asks the application without a network."""

    def __init__(self, app: FastAPI, language: str | None) -> None:
        headers = {"Accept-Language": language} if language else {}
        transport = httpx.ASGITransport(app, client=("192.0.2.7", 50000))
        self._runner = asyncio.Runner()
        self._client = httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers)

    @property
    def cookies(self) -> httpx.Cookies:
        return self._client.cookies

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self._runner.run(self._client.request(method, path, **more))

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.request("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.request("POST", path, **more)

    def put(self, path: str, **more: Any) -> httpx.Response:
        return self.request("PUT", path, **more)

    def delete(self, path: str, **more: Any) -> httpx.Response:
        return self.request("DELETE", path, **more)

    def close(self) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()


class Planned(Protocol):
    """Whatever makes a plan."""

    @property
    def plan(self) -> Plan: ...


class Rig:
    """One office. `client()` is a new browser that belongs to the box's own pages."""

    def __init__(self, folder: Path, sketch: Planned | None = None, *, open_day: bool = True) -> None:
        self.clock = HandClock()
        self._browsers: list[Browser] = []
        self.deaths: list[BaseException] = []
        queue = folder / "queue.db"
        self.writer = QueueWriter(queue, self.clock.now, on_death=self.deaths.append)
        self.writer.start()
        self.wall_s = 1_800_000_000.0
        self.local = LocalStore(folder / "local.db", now=lambda: self.wall_s, hasher=CHEAP)
        self.reads = Reads(queue)
        self.health = Parts()
        self.waits = Waits()
        self.context = AppContext(
            self.writer,
            self.reads,
            self.local,
            self.clock,
            self.health,
            replica,
            estimates=self.waits,
            settings=ApiSettings(hosts=("talon.local",)),
        )
        self.app: FastAPI = create_app(self.context)
        self.do(BeginIncarnation("office-17"))
        if sketch is not None:
            self.do(AdoptPlan(sketch.plan))
            if open_day:
                self.do(OpenDay())

    @property
    def office(self) -> Office:
        return self.writer.office

    def do(self, command: Command, actor: str = "test", key: str | None = None) -> Outcome:
        return self.writer.submit(command, actor=actor, key=key).result(60)

    def client(self, language: str | None = None) -> Browser:
        made = Browser(self.app, language)
        self._browsers.append(made)
        return made

    def operator(self, desk: int | None = 1, name: str = "anna") -> Browser:
        """A browser with an operator signed in, at a desk or at reception."""
        if self.local.operator_name(name) is None:
            self.local.put_operator(name, name.title(), PIN)
        client = self.client()
        path = f"/api/v1/desks/{desk}/sign-in" if desk is not None else "/api/v1/session/reception"
        answer = client.post(path, json={"operator": name, "pin": PIN})
        assert answer.status_code == 200, answer.text
        return client

    def owner(self) -> Browser:
        """A browser with the owner signed in."""
        client = self.client()
        code = self.local.renew_owner()
        assert client.post("/api/v1/session/owner", json={"code": code}).status_code == 200
        return client

    def close(self) -> None:
        for browser in self._browsers:
            browser.close()
        self.app.state.feed.close()
        self.writer.stop()
        self.local.close()
        self.reads.close()


def take(client: Browser, service: str = "consult", key: str | None = None) -> dict[str, Any]:
    """Take a ticket and return its view."""
    headers = {"Idempotency-Key": key} if key else {}
    answer = client.post("/api/v1/tickets", json={"service": service}, headers=headers)
    assert answer.status_code == 201, answer.text
    view: dict[str, Any] = answer.json()
    return view


def press(client: Browser, desk: int, key: str, **more: Any) -> Any:
    """Press a key and return the response."""
    return client.post(f"/api/v1/desks/{desk}/press", json={"key": key, **more})
