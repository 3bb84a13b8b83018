"""An office that holds still: it reads canned view models, and its API answers by rote."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from appliance.api.schemas import (
    BellView,
    DeskView,
    EntryView,
    HallView,
    KioskView,
    OfficeView,
    ReceptionView,
    ReplicaView,
    SessionView,
    SlipView,
    TicketView,
)
from appliance.domain.plan import DeskClass, DeskPlan, Plan, Span
from appliance.domain.plans.reader import read_plan
from appliance.routing import join
from appliance.workers.slip_preview import preview_png
from tests.web.scenes import (
    HALLS,
    NOW,
    PIXEL,
    catalogue,
    desk,
    device,
    kiosk,
    many_services,
    reception,
    ticket,
    words,
)
from tests.web.technician_tools import FakePast, FakeTools
from web.office import mount_pages, technician_device

DEMO = Path(__file__).resolve().parents[2] / "appliance" / "demo" / "plan.toml"


@dataclass
class FakeReading:
    """What the pages read. Tests change its fields."""

    kiosk_view: KioskView
    hall_view: HallView = field(default_factory=lambda: HALLS["calls"])
    scene: str = "serving"
    issued: TicketView = field(default_factory=ticket)
    reception_view: ReceptionView = field(default_factory=reception)
    bells: list[BellView] = field(default_factory=list)
    role: str = "owner"
    people: tuple[tuple[str, str], ...] = (("smirnova", "Смирнова Е. А."), ("kovalenko", "Коваленко О. І."))
    simulated: bool = True
    version: str = "0.1.0"
    office_open: bool = True
    broken: bool = True
    plan: Plan | None = None
    technician: FakeTools | None = field(default_factory=FakeTools)

    def kiosk(self) -> KioskView:
        """The canned kiosk."""
        return self.kiosk_view

    def hall(self) -> HallView:
        """The canned board."""
        return self.hall_view

    def reception(self) -> ReceptionView:
        """The canned hall."""
        return self.reception_view

    def received(self, service: str) -> Span | None:
        """All the same hours."""
        return Span(8 * 60, 17 * 60)

    def desk(self, number: int) -> DeskView | None:
        """Desks 1, 2, 3 and 7."""
        view = desk(self.scene) if number == 7 else desk(("serving", "free", "called")[number % 3])
        return view.model_copy(update={"number": number, "bells": self.bells}) if number in (1, 2, 3, 7) else None

    def ticket(self, number: int) -> TicketView | None:
        """The canned ticket, or one of the canned hall."""
        view = self.reception_view
        every = (self.issued, *view.waiting, *view.at_desks, *view.parked, *view.missed)
        return next((one for one in every if one.id == number), None)

    def journal(self, limit: int) -> list[EntryView]:
        """Some rows."""
        kinds = ("TicketCalled", "ServiceFinished", "TicketIssued", "SlipPrinted", "DeskOpened")
        return [
            EntryView(
                seq=512 - n,
                at=f"2026-11-24T07:42:{50 - n:02d}.120Z",
                clock_trusted=n % 7 != 6,
                boot_id="b",
                uptime_ms=1,
                actor="desk:7/smirnova" if n % 2 else "kiosk",
                kind=kinds[n % 5],
                version=1,
                body={},
                chain="ab",
            )
            for n in range(limit)
        ]

    def operators(self) -> list[Any]:
        """The canned people."""
        return [Person(*pair) for pair in self.people]

    def session(self, request: Request) -> SessionView:
        """The canned session."""
        return SessionView.model_validate(
            {"role": self.role, "operator": None, "desk": 7 if self.role == "operator" else None}
        )

    def office(self) -> OfficeView:
        """The office with one fault, one warning and the rest in order, or all in order."""
        devices = [
            device("printer", "printer", *(("fault", "paper-out", "load-paper") if self.broken else ())),
            device("desk/3/next", "buttons", *(("warning", "key-stuck", "free-the-key") if self.broken else ())),
            device("desks", "bus"),
            device("desks/1", "module"),
            device("board/window-7", "board"),
            device("board/hall", "board"),
            device("bell/ramp", "bell"),
            device("power/fail", "power"),
            device("voice", "voice"),
            device("replica", "replica"),
            device("disk", "disk", free="21600"),
            device("clock", "clock", time="24.11.2026 10:42"),
            device("store", "store"),
        ]
        slips = [
            SlipView(slip=9, ticket=138, label=NOW, copy_marked=False, state="unknown", queued_s=214),
            SlipView(slip=11, ticket=140, label="А\u00a0140", copy_marked=True, state="expired", queued_s=420),
        ]
        return OfficeView(
            seq=512,
            office="kubinka-14",
            name=words("Офис 14 «Кубинка»", "Офіс 14 «Кубинка»", "Office 14, Kubinka"),
            incarnation=2,
            day=118,
            date="2026-11-24",
            open=self.office_open,
            plan_version=7,
            next_plan_version=8,
            waiting=14,
            served=96,
            missed=3,
            left=2,
            issued=115,
            longest_wait_s=660,
            desks=None,
            devices=devices,
            replica=ReplicaView(
                condition="running",
                target="s3://replica/kubinka-14",
                lag_s=1.4,
                lag_bytes=9000,
                last_replicated_at=None,
                restarts=1,
                hint="",
            ),
            slips=slips if self.broken else [],
            clock_trusted=True,
            uptime_s=93000,
            version="0.1.0",
        )


@dataclass(frozen=True)
class Person:
    """An operator."""

    id: str
    name: str


def reading(**changes: Any) -> FakeReading:
    """A fresh office."""
    return FakeReading(kiosk_view=kiosk(), plan=PLAN, **changes)


def _plan() -> Plan:
    """The demonstration plan with the services of the pictures and fourteen desks."""
    demo = read_plan(DEMO.read_text())
    model = demo.services["bills"]
    services = {one.id: replace(model, id=one.id) for one in (*many_services(), *catalogue())}
    first = {1: ("receipt-text", "credit-card"), 2: ("house", "file-text"), 3: ("droplets",)}
    desks = {
        number: DeskPlan(number, DeskClass.RESERVE if number > 11 else DeskClass.PERMANENT, first[number % 3 + 1])
        for number in range(1, 15)
    }
    return replace(demo, languages=("ru", "uk", "en"), services=services, desks=desks)


PLAN = _plan()
SLIP_PLAN = read_plan(DEMO.read_text())
"""The plan whose slips are drawn: the services of the pictures have no lines of their own."""


@dataclass
class FakeOffice:
    """The application, what it was asked, and how it answers."""

    reading: FakeReading
    asked: list[tuple[str, str, Any, str]] = field(default_factory=list)
    refusal: tuple[int, str] | None = None
    code: str = "x"
    silent: bool = False
    answers: dict[str, Any] = field(default_factory=dict)
    past: FakePast = field(default_factory=FakePast)

    def app(self) -> FastAPI:
        """Pages and an API without rules."""
        app = FastAPI(openapi_url=None)

        @app.middleware("http")
        async def line(request: Request, go_on: Any) -> Response:
            if self.silent and not request.url.path.startswith("/static"):
                return Response(status_code=503)
            answered: Response = await go_on(request)
            return answered

        @app.get("/api/v1/hall")
        def read_hall() -> HallView:
            return self.reading.hall_view

        @app.get("/api/v1/events")
        async def events() -> StreamingResponse:
            async def once() -> Any:
                yield "retry: 600000\n\n"

            return StreamingResponse(once(), media_type="text/event-stream")

        @app.get("/api/v1/sim/state")
        def sim_state() -> dict[str, Any]:
            controls = [f"desk/{n}/{name}" for n in (1, 2, 3) for name in ("next", "repeat", "finish")]
            lamps = [*(f"desk/{n}" for n in (1, 2, 3)), "bell/ramp/heard", "bell/ramp/coming", "bell/ramp/buzzer"]
            faults = {
                "printer": ("printer", ["paper-out", "cover-open", "no-power"]),
                "desks": ("bus", ["unplugged", "noise"]),
                "desks/1": ("module", ["no-power"]),
                "bell/ramp": ("bell", ["loop-cut"]),
            }
            return {
                "controls": [*controls, "kiosk/receipt-text", "kiosk/house", "bell/ramp", "answer/ramp"],
                "devices": [
                    {"name": name, "kind": kind, "faults": known, "active": known[-1:] if kind == "bell" else []}
                    for name, (kind, known) in faults.items()
                ],
                "lamps": [
                    {"name": name, "on": name == "bell/ramp/heard", "blinks": 2, "refusals": 0} for name in lamps
                ],
                "boards": [
                    {"name": "desk1", "desk": 1, "text": " 138", "picture": False},
                    {"name": "line", "desk": None, "text": "", "picture": True},
                ],
                "printer": True,
                "papers": [{"n": 0, "text": ["А 138"], "copy_marked": True, "torn": False}],
                "spoken": [
                    {
                        "n": 0,
                        "text": "Талон А сто тридцать восемь, окно семь",
                        "language": "ru",
                        "at": "2026-11-24T07:42:00Z",
                    }
                ],
            }

        @app.get("/api/v1/technician/slip")
        def slip(width_mm: int = 58, language: str = "ru", copy: bool = False) -> Response:
            png = preview_png(SLIP_PLAN, language, width_mm=width_mm, copy=copy)
            return Response(png, media_type="image/png")

        @app.get("/api/v1/sim/paper/{number}.png")
        @app.get("/api/v1/sim/board/{name}.png")
        def paper(number: int) -> Response:
            return Response(PIXEL, media_type="image/png")

        @app.api_route("/api/v1/{path:path}", methods=["POST", "PUT", "DELETE"])
        async def change(path: str, request: Request) -> Response:
            body = await request.body()
            told = json.loads(body) if body else None
            self.asked.append((request.method, path, told, request.headers.get("idempotency-key", "")))
            if self.refusal is not None:
                status, detail = self.refusal
                return JSONResponse({"title": "Conflict", "detail": detail, "code": self.code}, status)
            if path in ("tickets", "tickets/adopt"):
                return Response(self.reading.issued.model_dump_json(), 201, media_type="application/json")
            return JSONResponse(self.answers.get(path, {}))

        pages = mount_pages(app, self.reading)
        join(app, technician_device.router(pages, self.past))
        return app


class Client:
    """Asks an application without a network."""

    def __init__(self, office: FakeOffice) -> None:
        self._app = office.app()

    def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        """One GET."""
        # Its own thread: the browser tests keep an event loop running in the main one.
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(lambda: asyncio.run(self._get(path, headers))).result()

    async def _get(self, path: str, headers: dict[str, str] | None) -> httpx.Response:
        transport = httpx.ASGITransport(self._app)
        async with httpx.AsyncClient(transport=transport, base_url="http://office", headers=headers) as client:
            return await client.get(path)


@contextmanager
def served(office: FakeOffice) -> Iterator[str]:
    """The office on a free port of this machine; gives its address."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(office.app(), log_level="error", access_log=False, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
