"""An office that holds still: canned view models for every state of a page, and an API that answers by rote."""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from appliance.api.schemas import (
    CallView,
    DeskView,
    DeviceView,
    EntryView,
    HallView,
    KeyView,
    KioskView,
    LineView,
    OfficeView,
    ReplicaView,
    ServiceView,
    SessionView,
    SlipView,
    TicketView,
)
from appliance.domain.plan import Plan
from appliance.domain.plan_reader import read_plan
from web.office import mount_pages

DEMO = Path(__file__).resolve().parents[2] / "appliance" / "demo" / "plan.toml"
LONG = (
    "Видача витягу з технічної документації про нормативну грошову оцінку земельної ділянки, розташованої "
    "в межах населених пунктів, а також внесення до Державного земельного кадастру відомостей про земельну "
    "ділянку, обмеження у використанні земель, межі частини земельної ділянки, на яку поширюються права "
    "суборенди, сервітуту та інші речові права"
)
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)


def words(ru: str, uk: str = "", en: str = "") -> dict[str, str]:
    """A text in three languages."""
    return {"ru": ru, "uk": uk or ru, "en": en or ru}


BILLS = words("Счета и начисления", "Рахунки та нарахування", "Bills and charges")
DEBTS = words("Долги и рассрочка", "Борги й розстрочка", "Debts and instalments")
METERS = words("Счётчики воды и тепла", "Лічильники води й тепла", "Water and heat meters")


def service(
    name: dict[str, str],
    icon: str = "file-text",
    waiting: int = 0,
    *,
    id: str = "",
    available: bool = True,
    popular: bool = True,
    long: dict[str, str] | None = None,
) -> ServiceView:
    """A service of the kiosk."""
    return ServiceView(
        id=id or icon,
        series="А",
        name=long or name,
        short=name,
        icon=icon,
        popular=popular,
        waiting=waiting,
        documents=words("паспорт и последняя квитанция", "паспорт і остання квитанція", "passport and the latest bill"),
        organisation=words("Расчётный центр", "Розрахунковий центр", "Billing office"),
        available=available,
        reason=None if available else "nobody-serves",
    )


def many_services() -> list[ServiceView]:
    """Four hundred services with official names."""
    popular = [
        service(
            BILLS,
            "receipt-text",
            6,
            long=words(
                "Разъяснение счетов и начислений за жилищно-коммунальные услуги",
                "Роз’яснення рахунків і нарахувань за житлово-комунальні послуги",
                "Explanation of bills and charges for housing and utilities",
            ),
        ),
        service(words("Прописка и справки", "Прописка й довідки", "Registration and certificates"), "house", 3),
        service(METERS, "droplets", 2),
        service(DEBTS, "credit-card", 1),
        service(words("Забрать готовый документ", "Забрати готовий документ", "Collect a finished document")),
        service(
            words("Участковый инспектор", "Дільничний інспектор", "District inspector"), "shield-user", available=False
        ),
    ]
    longest = service(words(LONG), "scale", id="longest", popular=False)
    rest = [
        service(
            words(
                f"Выдача справки о состоянии лицевого счёта, форма № {number}",
                f"Видача довідки про стан особового рахунку, форма № {number}",
                f"Certificate of the state of a personal account, form No. {number}",
            ),
            "file-text",
            id=f"form-{number}",
            popular=False,
            available=number % 9 != 0,
        )
        for number in range(1, 400)
    ]
    return [*popular, longest, *rest]


def ticket(**changes: Any) -> TicketView:
    """The ticket of the pictures."""
    made = TicketView(
        id=138,
        label="А\u00a0138",
        service="receipt-text",
        service_name=BILLS,
        language="ru",
        state="waiting",
        desk=None,
        ahead=6,
        waited_s=9 * 60,
        called_times=0,
        returned=False,
        issued_at=datetime(2026, 11, 24, 7, 30, tzinfo=UTC),
        paper="printed",
    )
    return made.model_copy(update=changes)


def key(
    name: str, long: bool, does: str | None, on: str | None = None, then: str | None = None, refusal: str | None = None
) -> KeyView:
    """What a key would do."""
    return KeyView.model_validate(
        {"key": name, "long": long, "does": does, "ticket": on, "following": then, "refusal": refusal}
    )


NOW, NEXT = "А\u00a0138", "К\u00a0057"
KEYS: dict[str, list[KeyView]] = {
    "closed": [key("next", False, "open-desk"), key("next", True, "open-desk")],
    "free": [
        key("next", False, "call-next", None, NEXT),
        key("repeat", False, "call-back", "Т\u00a0019", "Т\u00a0019"),
        key("finish", False, "take-break"),
        key("next", True, "undo-last", NOW),
        key("finish", True, "close-desk"),
    ],
    "idle": [
        key("next", False, "call-next", refusal="nobody-waiting"),
        key("repeat", False, "call-back", refusal="nobody-missed"),
        key("finish", False, "take-break"),
        key("next", True, "undo-last", refusal="nothing-to-undo"),
        key("finish", True, "close-desk"),
    ],
    "break": [key("next", False, "open-desk"), key("finish", True, "close-desk")],
    "called": [
        key("next", False, "recall", NOW),
        key("repeat", False, "recall", NOW),
        key("finish", False, "start", NOW),
        key("next", True, "undo-last", NOW),
        key("repeat", True, "miss", NOW),
    ],
    "serving": [
        key("next", False, "finish-and-call", NOW, NEXT),
        key("repeat", False, "park", NOW),
        key("finish", False, "finish", NOW),
        key("next", True, "undo-last", refusal="nothing-to-undo"),
        key("finish", True, "transfer", NOW),
    ],
}


def line(*rows: tuple[str, dict[str, str], int]) -> list[LineView]:
    """Waiting visitors: label, service, minutes."""
    return [
        LineView(
            ticket=200 + number,
            label=label.replace(" ", "\u00a0"),
            service_name=name,
            waited_s=60 * minutes,
            returned=number == 1,
            directed=False,
        )
        for number, (label, name, minutes) in enumerate(rows)
    ]


WAITING = line(
    ("К 057", DEBTS, 11), ("А 139", BILLS, 8), ("А 140", BILLS, 6), ("Т 020", METERS, 3), ("А 141", BILLS, 1)
)


def desk(scene: str) -> DeskView:
    """Desk 7 in one of its states; `idle` is free with nobody waiting, `late` is past the norm."""
    state = {"idle": "free", "late": "serving", "long": "serving"}.get(scene, scene)
    held = None
    if state in ("called", "serving"):
        held = ticket(state=state, desk=7, called_times=2 if state == "called" else 1, ahead=None)
        if scene == "long":
            held = held.model_copy(update={"service_name": words(LONG), "label": "А\u00a01138", "language": "uk"})
    empty = scene == "idle"
    missed = (
        []
        if empty
        else [
            LineView(ticket=301, label="Т\u00a0019", service_name=METERS, waited_s=900, returned=False, directed=False)
        ]
    )
    return DeskView.model_validate(
        {
            "seq": 512,
            "number": 7,
            "state": state,
            "operator": "smirnova",
            "operator_name": "Смирнова Е. А.",
            "ticket": held,
            "documents": words("паспорт, последняя квитанция", "паспорт, остання квитанція", "passport, latest bill"),
            "elapsed_s": {"late": 1010, "called": 24, "break": 300}.get(scene, 372),
            "norm_s": 900,
            "heard": scene != "called",
            "inferred": scene == "late",
            "served_today": 18,
            "keys": KEYS["serving" if state == "serving" else scene],
            "line": [] if empty else WAITING,
            "waiting": 0 if empty else 5,
            "missed": missed,
            "undo_s": 8 if scene in ("free", "called") else 0,
            "open_day": scene != "closed",
            "now": "10:42",
        }
    )


DESK_SCENES = ("closed", "free", "idle", "break", "called", "serving", "late", "long")


def device(
    name: str, kind: str, condition: str = "ready", reason: str = "", hint: str = "", **facts: str
) -> DeviceView:
    """A device as health sees it."""
    return DeviceView.model_validate(
        {
            "name": name,
            "kind": kind,
            "condition": condition,
            "since": datetime.now(UTC) - timedelta(minutes=14),
            "reason": reason,
            "hint": hint,
            "facts": facts,
        }
    )


def hall(*calls: tuple[str, int], **changes: Any) -> HallView:
    """The board: labels and desks, newest first."""
    made = HallView(
        seq=512,
        calls=[
            CallView(
                ticket=number, label=label.replace(" ", "\u00a0"), desk=at, calls=1, state="called", seq=512 - number
            )
            for number, (label, at) in enumerate(calls)
        ],
        waiting=14,
        open=True,
        now="10:42",
        date="2026-11-24",
        on_break=[5],
        languages=["ru"],
    )
    return made.model_copy(update=changes)


CALLS = (("А 138", 7), ("К 056", 2), ("А 137", 3), ("К 055", 11), ("В 204", 10), ("А 136", 9), ("Т 019", 14))
HALLS = {
    "calls": hall(*CALLS),
    "one": hall(CALLS[0], waiting=1, on_break=[]),
    "empty": hall(waiting=0, on_break=[]),
    "closed": hall(waiting=0, on_break=[], open=False),
    "no-clock": hall(*CALLS[:3], now=None, date=None),
    "wide": hall(("АБ 1138", 112), *CALLS[1:], on_break=[5, 8, 11, 12]),
}


@dataclass
class FakeReading:
    """What the pages read. Tests change its fields."""

    kiosk_view: KioskView
    hall_view: HallView = field(default_factory=lambda: HALLS["calls"])
    scene: str = "serving"
    issued: TicketView = field(default_factory=ticket)
    role: str = "owner"
    people: tuple[tuple[str, str], ...] = (("smirnova", "Смирнова Е. А."), ("kovalenko", "Коваленко О. І."))
    simulated: bool = True
    version: str = "0.1.0"
    office_open: bool = True
    broken: bool = True
    plan: Plan | None = None

    def kiosk(self) -> KioskView:
        """The canned kiosk."""
        return self.kiosk_view

    def hall(self) -> HallView:
        """The canned board."""
        return self.hall_view

    def desk(self, number: int) -> DeskView | None:
        """Desks 1, 2, 3 and 7."""
        view = desk(self.scene) if number == 7 else desk(("serving", "free", "called")[number % 3])
        return view.model_copy(update={"number": number}) if number in (1, 2, 3, 7) else None

    def ticket(self, number: int) -> TicketView | None:
        """The canned ticket."""
        return self.issued if number == self.issued.id else None

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
            device("desk/2/next", "buttons", *(("warning", "key-stuck", "check-key") if self.broken else ())),
            device("voice", "voice"),
            device("replica", "replica"),
            device("disk", "disk", free="21600"),
            device("clock", "clock"),
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


def kiosk(services: list[ServiceView] | None = None, **changes: Any) -> KioskView:
    """The kiosk of the pictures."""
    made = KioskView(
        seq=512,
        office=words("Расчётный центр", "Розрахунковий центр", "Billing office"),
        address=words("ул. Новоспортивная, 6", "вул. Новоспортивна, 6", "6 Novosportyvna St"),
        languages=["ru", "uk", "en"],
        now="10:42",
        open=True,
        reason=None,
        paper=True,
        waiting=14,
        desks_working=10,
        services=many_services() if services is None else services,
    )
    return made.model_copy(update=changes)


def reading(**changes: Any) -> FakeReading:
    """A fresh office."""
    plan = replace(read_plan(DEMO.read_text()), languages=("ru", "uk", "en"))
    return FakeReading(kiosk_view=kiosk(), plan=plan, **changes)


@dataclass
class FakeOffice:
    """The application, what it was asked, and how it answers."""

    reading: FakeReading
    asked: list[tuple[str, str, Any, str]] = field(default_factory=list)
    refusal: tuple[int, str] | None = None
    silent: bool = False

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
            return {
                "controls": [*controls, "kiosk/receipt-text", "kiosk/house"],
                "printer": True,
                "papers": [{"n": 0, "text": ["А 138"], "copy_marked": True, "torn": False}],
                "spoken": [
                    {"text": "Талон А сто тридцать восемь, окно семь", "language": "ru", "at": "2026-11-24T07:42:00Z"}
                ],
            }

        @app.get("/api/v1/sim/paper/{number}.png")
        def paper(number: int) -> Response:
            return Response(PIXEL, media_type="image/png")

        @app.api_route("/api/v1/{path:path}", methods=["POST", "PUT", "DELETE"])
        async def change(path: str, request: Request) -> Response:
            body = await request.body()
            told = json.loads(body) if body else None
            self.asked.append((request.method, path, told, request.headers.get("idempotency-key", "")))
            if self.refusal is not None:
                status, detail = self.refusal
                return JSONResponse({"title": "Conflict", "detail": detail, "code": "x"}, status)
            if path == "tickets":
                return Response(self.reading.issued.model_dump_json(), 201, media_type="application/json")
            return JSONResponse({})

        mount_pages(app, self.reading)
        return app


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
