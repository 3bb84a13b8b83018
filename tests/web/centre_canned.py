"""A centre of 17 offices of the Odintsovo district, told by hand: every state that a page of the centre can show."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import uvicorn
from fastapi import FastAPI

from appliance.domain.chain import to_json
from appliance.domain.indicators.period import INDICATORS, Unit
from appliance.domain.plan import Span
from appliance.domain.plans.document import Mistake
from sync.centre.advising import Advised
from sync.centre.alarm import Alarm, Severity
from sync.centre.alarms import Hush
from sync.centre.audit import Audit
from sync.centre.authority import Certificate
from sync.centre.forecast import Forecast
from sync.centre.history import NETWORK, Change, Missing, Report
from sync.centre.images import Doubt
from sync.centre.key_tables import Device, KeySet
from sync.centre.offices import OfficeEntry
from sync.centre.order import Fate, Order
from sync.centre.people import People, Person
from sync.centre.series import DeskHalf, Series
from sync.centre.stops import Stop, StopFigures
from sync.centre.store import Store
from sync.centre.thresholds import DEFAULTS, Limit, Limits
from sync.centre.tile import Figure, Place, Tile, TileState
from sync.centre.tokens import TokenKind
from sync.pulse import Pulse
from web.centre import mount_centre
from web.centre.reading import (
    Card,
    Choices,
    Decision,
    DeskView,
    DeviceView,
    DoubtView,
    Draft,
    Entry,
    NotDoneError,
    OfficeView,
    PlanRefusedError,
    PlanView,
    ShelfView,
    Standing,
    Waiting,
)

ZONE = "Europe/Moscow"
NOW = int(datetime(2026, 11, 24, 10, 42, 7, tzinfo=ZoneInfo(ZONE)).timestamp() * 1000)
MIN = 60_000

ROWS: Sequence[tuple[str, str, int, float, int, int]] = (
    ("novosportivnaya", "Новоспортивная", 14, 11, 10, 11),
    ("zhukova", "Маршала Жукова", 6, 4, 5, 5),
    ("mozhaiskoe", "Можайское ш.", 9, 7, 6, 6),
    ("golitsyno", "Голицыно", 23, 19, 3, 7),
    ("zvenigorod", "Звенигород", 4, 3, 4, 4),
    ("kubinka", "Кубинка", 7, 13, 4, 5),
    ("lesnoy", "Лесной Городок", 3, 2, 3, 3),
    ("vyazemy", "Большие Вязёмы", 5, 6, 3, 3),
    ("zhavoronki", "Жаворонки", 2, 1, 2, 2),
    ("ivanovskoe", "Новоивановское", 8, 8, 4, 4),
    ("uspenskoe", "Успенское", 0, 0, 2, 2),
    ("ershovo", "Ершово", 4, 5, 2, 2),
    ("barvikha", "Барвиха", 1, 2, 2, 2),
    ("gorki", "Горки-10", 3, 4, 2, 2),
    ("letny", "Летний Отдых", 5, 9, 0, 2),
    ("bus-1", "Мобильный 1", 2, 5, 1, 1),
    ("bus-2", "Мобильный 2", 0, 0, 0, 0),
)
"""Id, name, waiting, longest wait in minutes, desks working, desks planned."""


def at(hour: int, minute: int, second: int = 0) -> int:
    """A moment of the canned day."""
    moment = datetime(2026, 11, 24, hour, minute, second, tzinfo=ZoneInfo(ZONE))
    return int(moment.timestamp() * 1000)


def alarm(number: int, office: str, rule: str, raised: int, severity: Severity = Severity.ALARM, **more: Any) -> Alarm:
    """One alarm."""
    return Alarm(number, office, rule, more.pop("subject", ""), severity, more.pop("now", severity), raised, **more)


ALARMS: tuple[Alarm, ...] = (
    alarm(31, "letny", "nobody-works", at(10, 38), facts={"waiting": "5", "minutes": "4"}, escalated=1),
    alarm(
        28, "golitsyno", "oldest-wait", at(10, 34), facts={"minutes": "19", "waiting": "23", "desks": "3"},
        acknowledged_ms=at(10, 35), acknowledged_by="Орлов",
    ),
    alarm(33, "kubinka", "oldest-wait", at(10, 41), Severity.WARNING,
          facts={"minutes": "13", "waiting": "7", "desks": "4"}),
    alarm(27, "ershovo", "no-data", at(10, 22), Severity.WARNING, facts={"since": str(at(10, 19)), "minutes": "23"}),
)  # fmt: skip

PAST: tuple[Alarm, ...] = (
    alarm(
        26, "golitsyno", "desks-short", at(9, 12), Severity.WARNING, facts={"desks": "4", "planned": "7"},
        closed_ms=at(9, 40), acknowledged_ms=at(9, 14), acknowledged_by="Орлов",
    ),
    alarm(
        25, "novosportivnaya", "paper-near-end", at(9, 2), Severity.WARNING, facts={"device": "printer"},
        closed_ms=at(9, 16),
        acknowledged_ms=at(9, 5), acknowledged_by="Савченко",
    ),
    alarm(24, "zvenigorod", "not-opened", at(8, 5), facts={"opens": "08:00", "minutes": "5"}, closed_ms=at(8, 9)),
)  # fmt: skip


def figures(waiting: int, longest: float, desks: int, planned: int) -> dict[str, Figure]:
    """The figures of a tile."""
    level = "alarm" if longest > 15 else "warning" if longest >= 12 else ""
    return {
        "schedule": Figure(0.98, None, "", (4001, 4032)),
        "equipment": Figure(0.94, 16, "", (4100,)),
        "staff": Figure(desks, planned, "", (4020, 4021)),
        "waiting": Figure(waiting, None, "", tuple(range(5000, 5000 + waiting))),
        "wait_mean": Figure(longest * 0.7 * MIN if waiting else None, None, "", (5000, 5001)),
        "wait_max": Figure(longest * MIN, None, level, (5000,)),
        "wait_day": Figure(6.4 * MIN, None, ""),
        "over_norm": Figure(0.04 if longest < 12 else 0.21, None, ""),
        "service": Figure(7.5 * MIN, None, ""),
        "desks": Figure(desks, planned, "alarm" if planned and not desks else "", (4200, 4201)),
        "finish": Figure(at(20, 4), None, ""),
        "not_started": Figure(None),
    }


def weight(mine: Sequence[Alarm]) -> int:
    """How much alarms count in the order by trouble."""
    ringing = [one for one in mine if one.now is Severity.ALARM]
    taken = sum(one.acknowledged_ms is not None for one in ringing)
    return 300 * (len(ringing) - taken) + 100 * taken + 40 * (len(mine) - len(ringing))


UNKNOWN = {name: Figure(None) for name in figures(0, 0, 0, 0)}


def tiles() -> list[Tile]:
    """The wall of the picture: one without data, one new alarm, one taken, one warning, a bus between two stops."""
    made = []
    for office, name, waiting, longest, desks, planned in ROWS:
        mine = tuple(one for one in ALARMS if one.office == office)
        made.append(
            Tile(
                office, name, office.startswith("bus"), TileState.LIVE, 2000,
                figures(waiting, longest, desks, planned), alarms=mine, opens="08:00", closes="20:00",
                trouble=weight(mine) + waiting, as_of_ms=NOW - 2000,
            )
        )  # fmt: skip
    by_id = {one.office: index for index, one in enumerate(made)}

    def change(office: str, **values: Any) -> None:
        made[by_id[office]] = replace(made[by_id[office]], **values)

    change("ershovo", state=TileState.STALE, age_ms=23 * MIN, as_of_ms=at(10, 19), trouble=1100)
    change("bus-1", place=Place("Часцы", "2026-11-24T09:00", "2026-11-24T12:00"))
    change(
        "bus-2", state=TileState.OFF, figures=UNKNOWN, next_place=Place("Часцы", "2026-11-24T12:00", "2026-11-24T15:00")
    )
    return made


def states() -> list[Tile]:
    """Every state that the wall knows, those of `tiles` left out."""
    made = tiles()
    made[8] = replace(made[8], state=TileState.ASLEEP, opens="08:00")
    made[9] = replace(made[9], state=TileState.DOUBT, doubt=Doubt("fork", at(10, 30)), as_of_ms=at(10, 29))
    made[10] = replace(made[10], state=TileState.NEVER, age_ms=None, figures={}, as_of_ms=None)
    made[12] = replace(made[12], paused=True)
    made[13] = replace(made[13], state=TileState.OFF, figures=UNKNOWN)
    made[0] = replace(made[0], figures={**made[0].figures, "waiting": Figure(None), "wait_max": Figure(None)})
    return made


def many(number: int) -> list[Tile]:
    """So many offices, one in eleven with a warning and one in fifty with an alarm."""
    known = tiles()
    made = []
    for index in range(number):
        tile = known[index % 11]
        office = f"o{index:04d}"
        mine: tuple[Alarm, ...] = ()
        if index % 50 == 7:
            mine = (
                alarm(
                    1000 + index,
                    office,
                    "oldest-wait",
                    at(10, 30),
                    facts={"minutes": "19", "waiting": "23", "desks": "3"},
                ),
            )
        elif index % 11 == 5:
            mine = (alarm(1000 + index, office, "oldest-wait", at(10, 40), Severity.WARNING),)
        made.append(
            replace(
                tile, office=office, name=f"{tile.name} {index + 1}", alarms=mine, trouble=weight(mine) + tile.trouble
            )
        )
    return made


ORDERS: tuple[Order, ...] = (
    Order(
        "novosportivnaya", 9, "d-9", "open-desk", {"desk": 13}, "p-1", "Орлов", "long-wait", at(10, 41, 50),
        at(10, 56), Fate.SENT, sent_ms=at(10, 41, 50),
    ),
    Order(
        "novosportivnaya", 8, "d-8", "end-break", {"desk": 5}, "p-1", "Орлов", "few-desks", at(10, 21), at(10, 36),
        Fate.REFUSED, sent_ms=at(10, 21), delivered_ms=at(10, 21), settled_ms=at(10, 21, 2), settled_seq=4802,
        code="desk-not-on-break", facts={"desk": "5"},
    ),
    Order(
        "novosportivnaya", 7, "d-7", "show-message", {"texts": {"ru": "Ждать дольше обычного."}, "minutes": 30},
        "p-1", "Орлов", "long-wait", at(9, 50), at(10, 5), Fate.EXPIRED, sent_ms=at(9, 50), settled_ms=at(10, 5),
    ),
    Order(
        "novosportivnaya", 6, "d-6", "open-desk", {"desk": 12}, "p-1", "Орлов", "advice", at(9, 14), at(9, 29),
        Fate.APPLIED, sent_ms=at(9, 14), delivered_ms=at(9, 14, 1), settled_ms=at(9, 14, 2), settled_seq=4700,
        overridden_ms=at(9, 48), overridden_seq=4760,
    ),
    Order(
        "novosportivnaya", 5, "d-5", "call-technician", {"note": "paper"}, "p-1", "Орлов", "equipment", at(9, 3),
        at(9, 18), Fate.APPLIED, sent_ms=at(9, 3), delivered_ms=at(9, 3), settled_ms=at(9, 3, 1), settled_seq=4650,
    ),
)  # fmt: skip


def desks() -> list[DeskView]:
    """The desks of the picture of an office."""
    held = (
        ("А\u00a0134", 7), ("К\u00a0056", 4), ("А\u00a0137", 2), ("В\u00a0205", 0), ("", 9), ("А\u00a0135", 17),
        ("А\u00a0138", 6), ("", 2), ("Т\u00a0018", 11), ("В\u00a0204", 3), ("К\u00a0055", 1),
    )  # fmt: skip
    made = []
    for index, (ticket, since) in enumerate(held):
        state = "serving" if ticket else "free"
        if index == 3:
            state = "called"
        if index == 4:
            state = "break"
        made.append(
            DeskView(
                index + 1, False, state, NOW - since * MIN - 40_000, ticket, "consult" if ticket else "",
                15 * MIN if ticket else None, "11:00" if state == "break" else "", 4900 + index,
            )
        )  # fmt: skip
    return made + [DeskView(number, True, "closed") for number in (12, 13, 14)]


def series() -> Series:
    """Waits of the morning, every five minutes."""
    waits = (3, 2, 3, 3, 3, 4, 5, 6, 8, 9, 9, 10, 9, 9, 8, 7, 6, 5, 6, 5, 5, 5, 6, 7, 7, 8, 8, 9, 9, 8, 9, 9)
    moments = tuple(at(8, 0) + index * 5 * MIN for index in range(len(waits)))
    return Series(
        moments, tuple(range(len(waits))), tuple(one * MIN for one in waits),
        tuple((one + 3) * MIN for one in waits), tuple(9 for _ in waits),
    )  # fmt: skip


def halves() -> list[DeskHalf]:
    """Desks that worked against those planned, by half-hours of twelve hours."""
    worked = (8, 8, 11, 10, 9, 10)
    planned = (8, 8, *([11] * 20), 8, 8)
    return [
        DeskHalf(at(8, 0) + index * 30 * MIN, worked[index] if index < len(worked) else 0, plan)
        for index, plan in enumerate(planned)
    ]


DEVICES = (
    DeviceView("printer", "warning", "paper-near-end", {}, at(9, 40), 4640),
    DeviceView("board", "ready", "", {}, at(7, 55)),
    DeviceView("buttons", "ready", "", {}, at(7, 55)),
    DeviceView("kiosk", "ready", "", {}, at(7, 55)),
    DeviceView("voice", "missing", "no-loudspeaker", {}, at(10, 2), 4710),
    DeviceView("power", "ready", "", {}, at(7, 55)),
)

PULSE = Pulse(
    "novosportivnaya", "0003-1f2e3d4c", "s", 812, NOW - 2000, 4977, "00", 8, True, 340,
    {"talon": "0.5.0", "litestream": "0.3.13", "python": "3.11.9"},
    {"condition": "ready", "lag_s": 1.2, "lag_bytes": 0},
    {"disk_free_mb": 18_211, "temp_c": 51.5, "uptime_s": 364_000},
)  # fmt: skip


def office_view(tile: Tile) -> OfficeView:
    """The page of an office; the first one has everything."""
    entry = OfficeEntry(tile.office, tile.name, tile.mobile, "ул. Новоспортивная, 6", ("zhukova", "mozhaiskoe"), ZONE)
    known = tile.state is not TileState.NEVER
    return OfficeView(
        entry=entry,
        tile=tile,
        desks=desks() if known else (),
        devices=DEVICES if known else (),
        series=series() if known else None,
        hours_ms=(at(8, 0), at(20, 0)),
        halves=halves() if known else (),
        forecast=Forecast(312, 297, 121, 96, 15, at(20, 4), 8) if known else None,
        advised=Advised(5, tile.office, at(10, 40), 4970, (12, 13), 960, 420, 0.26, 0.03) if tile.office == ROWS[0][0]
        else None,
        advice_hits=(41, 48),
        orders=[replace(one, office=tile.office) for one in ORDERS],
        alarms=[one for one in (*ALARMS, *PAST) if one.office == tile.office],
        standing=(
            Standing("set-norm", {"service": None, "wait_min": 20}, at(9, 30), None),
            Standing("show-message", {"texts": {"ru": "Ожидание сейчас дольше обычного."}, "minutes": 30}, at(10, 20),
                     Draft("clear-message")),
        ) if known else (),
        choices=Choices(
            {"consult": "Консультация", "payment": "Оплата и начисления", "docs": "Приём документов"},
            {"zhukova": "Маршала Жукова", "mozhaiskoe": "Можайское ш."},
            (Waiting(5001, "А\u00a0139", "consult", NOW - 9 * MIN),
             Waiting(5002, "К\u00a0057", "payment", NOW - 11 * MIN)),
            15, {3: "версия 15 от 24 ноября"},
        ),
        pulse=replace(PULSE, office=tile.office) if known else None,
        pulse_ms=NOW - 2000 if known else None,
        line=tile.state is TileState.LIVE,
        incarnation="0003-1f2e3d4c",
        seq=4977 if known else None,
        row_at_ms=NOW - 2000 if known else None,
        opened_ms=at(7, 58),
        paused="other" if tile.paused else "",
        route=ROUTE if tile.mobile else (),
        doubt=tile.doubt,
        doubts=DOUBTS if tile.state is TileState.DOUBT else (),
    )  # fmt: skip


DOUBTS: tuple[DoubtView, ...] = (
    DoubtView(
        "inbox:0003-1f2e3d4c", "one-place",
        Doubt("two-devices", at(10, 20), {"incarnation": "0003-1f2e3d4c", "why": "piece-changed"}, "person"),
        (Decision.CLEAR,), waits_for="golitsyno-1",
    ),
    DoubtView(
        "aside", "aside", Doubt("fork", at(10, 30), {"entries": "212", "incarnation": "0002-aaaa"}, "person"),
        (Decision.ACCEPT, Decision.CHOOSE), (Card("0002-aaaa", 4766, 4977, at(8, 0)),),
    ),
    DoubtView(
        "regress", "regress", Doubt("regress", at(10, 31), {"seq": "4100", "known": "4977"}, "person"),
        (Decision.FOLLOW,),
    ),
    DoubtView("gap", "gap", Doubt("gap", at(10, 35), {"first": "12", "last": "14"}, "snapshot-asked")),
)  # fmt: skip
"""One doubt of every kind of decision."""

ROUTE = (
    Place("Часцы", "2026-11-24T09:00", "2026-11-24T12:00"),
    Place("Саввинская Слобода", "2026-11-24T13:00", "2026-11-24T15:00"),
    Place("Часцы", "2026-11-26T09:00", "2026-11-26T12:00"),
)


def report(first: date, last: date, status: str = "provisional") -> Report:
    """A period with every indicator; the totals are the sums of the offices where they are counts."""
    offices: dict[str, dict[str, tuple[float | None, int]]] = {}
    for index, row in enumerate(ROWS):
        own: dict[str, tuple[float | None, int]] = {}
        for at_, (name, one) in enumerate(INDICATORS.items()):
            base = (index + 2) * (at_ % 7 + 3)
            value: float | None = {
                Unit.COUNT: float(base), Unit.MS: float(base * 9000), Unit.SHARE: (base % 90) / 100,
                Unit.PER_HOUR: base / 7,
            }[one.unit]  # fmt: skip
            own[name] = (None, 0) if row[0] == "bus-2" else (value, base)
        offices[row[0]] = own
    total: dict[str, tuple[float | None, int]] = {}
    for name, one in INDICATORS.items():
        there = [own[name] for own in offices.values() if own[name][0] is not None]
        added = sum(value or 0 for value, _ in there)
        total[name] = (added if one.unit is Unit.COUNT else added / len(there), sum(n for _, n in there))
    document = to_json({NETWORK: total, "offices": offices}).encode()
    missing = (Missing("ershovo", "no-data", at(10, 19)), Missing("bus-2", "never")) if status == "provisional" else ()
    frozen = {} if status in ("provisional", "complete") else {"frozen_by": "Орлов", "frozen_ms": at(9, 0)}
    version = {"frozen": 0, "corrected": 1}.get(status)
    return Report(first, last, status, document, "5e" * 32, missing, version, **frozen)  # type: ignore[arg-type]


def device(number: int, office: str, revoked_ms: int = 0) -> Device:
    """An enrolled box."""
    keys = KeySet(1, b"k" * 32, f"key{number}", "sealed", Certificate("pem", "1f", NOW + 400 * 86_400_000), NOW, NOW, 0)
    return Device(
        f"{office}-{number}", office, f"000{number}-1f2e3d4c", NOW - 90 * 86_400_000, NOW - 90 * 86_400_000,
        NOW - 2000, revoked_ms, "lost" if revoked_ms else "", "", 0, {"talon": "0.5.0"}, (keys,),
    )  # fmt: skip


class Canned:
    """A reading that stands still; what is asked of it is kept."""

    zone = ZONE
    version = "0.5.0"

    def __init__(self) -> None:
        self.now = NOW
        self.wall = tiles()
        self.ringing: list[Alarm] = list(ALARMS)
        self.status = "provisional"
        self.heard: list[Callable[[], None]] = []
        self.issued: list[tuple[str, Draft, Person, str, int, str]] = []
        self.done: list[tuple[object, ...]] = []
        self.refuse: NotDoneError | None = None
        self.silent: list[Hush] = []
        self.boxes = [device(1, "novosportivnaya", at(9, 0)), device(2, "novosportivnaya"), device(1, "golitsyno")]
        self.limits_set: dict[str, dict[str, Limit]] = {"office:golitsyno": {"oldest-wait": Limit(15, 20)}}

    def change(self) -> None:
        """Tell every listener."""
        for one in self.heard:
            one()

    def now_ms(self) -> int:
        return self.now

    def listen(self, heard: Callable[[], None]) -> None:
        self.heard.append(heard)

    def tiles(self) -> Sequence[Tile]:
        return list(self.wall)

    def offices(self) -> Sequence[OfficeEntry]:
        return [
            OfficeEntry(one.office, one.name, one.mobile, "Одинцовский округ", ("zhukova",) if not one.mobile else ())
            for one in self.wall
        ]

    def office(self, office: str, language: str) -> OfficeView | None:
        tile = next((one for one in self.wall if one.office == office), None)
        if tile is None:
            return None
        hush = next((one for one in self.silent if one.office == office), None)
        return replace(office_view(tile), hush=hush)

    def entries(self, office: str, seqs: Sequence[int]) -> Sequence[Entry]:
        return [
            Entry(
                seq,
                NOW - (5020 - seq) * 30_000,
                seq % 7 != 0,
                "kiosk",
                "TicketIssued",
                {"ticket": f"А\u00a0{seq % 500}"},
            )
            for seq in seqs
        ]

    def alarms(self) -> Sequence[Alarm]:
        return list(self.ringing)

    def past_alarms(self, office: str | None, limit: int, before: int | None = None) -> Sequence[Alarm]:
        there = [one for one in PAST if office in (None, one.office) and (before is None or one.id < before)]
        return there[:limit]

    def acknowledge(self, alarm: int, person: Person) -> None:
        found = next((one for one in self.ringing if one.id == alarm), None)
        if found is None:
            raise NotDoneError("unknown-alarm")
        if found.acknowledged_ms is not None:
            raise NotDoneError("alarm-taken", name=found.acknowledged_by)
        taken = replace(found, acknowledged_ms=self.now, acknowledged_by=person.name)
        self.ringing = [taken if one.id == alarm else one for one in self.ringing]
        self.wall = [
            replace(one, alarms=tuple(taken if mine.id == alarm else mine for mine in one.alarms)) for one in self.wall
        ]
        self.change()

    def issue(self, office: str, draft: Draft, person: Person, reason: str, term_s: int, key: str) -> Order:
        if self.refuse is not None:
            raise self.refuse
        if not any(one[5] == key for one in self.issued):
            self.issued.append((office, draft, person, reason, term_s, key))
        return Order(
            office, 10, key, draft.kind, draft.body, person.id, person.name, reason, self.now,
            self.now + term_s * 1000, Fate.QUEUED,
        )  # fmt: skip

    def order(self, office: str, seq: int) -> Order | None:
        return next((one for one in ORDERS if one.seq == seq), None)

    def report(self, first: date, last: date) -> Report:
        if first > last:
            raise NotDoneError("bad-period")
        return report(first, last, self.status)

    def versions(self, first: date, last: date) -> Sequence[Report]:
        if self.status != "corrected":
            return []
        changes = (Change("ershovo", "issued", 61, 64), Change(NETWORK, "issued", 1620, 1623),
                   Change("ershovo", "wait_mean", 412_000, 405_000))  # fmt: skip
        return [report(first, last, "frozen"), replace(report(first, last, "corrected"), changes=changes)]

    def freeze(self, first: date, last: date, person: Person, *, incomplete: bool) -> None:
        if self.status == "provisional" and not incomplete:
            raise NotDoneError("somebody-missing")
        self.done.append(("freeze", first, last, person.name, incomplete))

    def behind(self, office: str, indicator: str, first: date, last: date) -> Sequence[int]:
        return range(5000, 5012)

    def put_office(self, entry: OfficeEntry) -> None:
        self.done.append(("put-office", entry))

    def devices(self) -> Sequence[Device]:
        return list(self.boxes)

    def new_token(self, office: str, kind: TokenKind, person: Person) -> str:
        self.done.append(("token", office, kind, person.name))
        return "talon1.abcdefgh.ijklmnopqrstuvwxyz"

    def revoke(self, device: str, person: Person) -> None:
        self.done.append(("revoke", device))

    def rotate(self, device: str, person: Person) -> None:
        self.done.append(("rotate", device))

    def limits(self, scope: str) -> Limits:
        return {**DEFAULTS, **self.limits_set.get(scope, {})}

    def own_limits(self) -> Mapping[str, Mapping[str, Limit]]:
        return self.limits_set

    def put_limit(self, scope: str, rule: str, limit: Limit | None, person: Person) -> None:
        if limit is not None and limit.warn is not None and limit.alarm is not None and limit.warn > limit.alarm:
            raise NotDoneError("wrong-order")
        self.done.append(("limit", scope, rule, limit))

    def route(self, office: str) -> Sequence[Stop]:
        return (Stop("Часцы", Span(12 * 60, 15 * 60), weekday=1), Stop("Саввинская Слобода", Span(540, 720), weekday=3))

    def decide(self, office: str, key: str, decision: Decision, incarnation: str, person: Person) -> None:
        known = next((one for one in DOUBTS if one.key == key), None)
        if known is None or decision not in known.decisions:
            raise NotDoneError("doubt-over")
        if known.waits_for:
            raise NotDoneError("key-in-use", device=known.waits_for)
        self.done.append(("decide", office, key, decision, incarnation, person.name))

    def hushes(self) -> Sequence[Hush]:
        return list(self.silent)

    def hush(self, office: str, until_ms: int, why: str, person: Person) -> Hush:
        made = Hush(len(self.silent) + 1, office, self.now, until_ms, person.name, why)
        self.silent.append(made)
        self.change()
        return made

    def lift(self, hush: int) -> str:
        found = next((one for one in self.silent if one.id == hush), None)
        if found is None:
            raise NotDoneError("unknown-hush")
        self.silent.remove(found)
        self.change()
        return found.office

    def shelf(self, office: str) -> Sequence[ShelfView]:
        return (ShelfView(3, 15, "Орлов", at(9, 30)), ShelfView(2, 14, "Орлов", at(8, 0) - 86_400_000, "in-force"))

    def shelf_plan(self, office: str, number: int, language: str) -> PlanView | None:
        return (
            PlanView(15, "schema = 1\n", "План верен.", ("Сразу:", "  норма была 15, станет 20."))
            if number == 3
            else None
        )

    def check_plan(self, office: str, document: str, language: str) -> PlanView:
        if "wrong" in document:
            raise PlanRefusedError(
                [Mistake("plan.hours", "missing"), Mistake("plan", "not-toml-at", {"line": "2", "column": "1"})]
            )
        return PlanView(16, document, "План верен.", ("Сразу:", "  норма была 15, станет 20."))

    def put_plan(self, office: str, document: str, person: Person) -> ShelfView:
        self.check_plan(office, document, "ru")
        self.done.append(("plan", office, document, person.name))
        return ShelfView(4, 16, person.name, self.now)

    def stop_figures(self, office: str, first: date, last: date) -> Sequence[StopFigures]:
        return (
            StopFigures("2026-11-24", "Часцы", 14, 12, 6 * MIN, 9 * MIN, (5000, 5001)),
            StopFigures("2026-11-24", "", 0, 0, None, None),
        )

    def put_route(self, office: str, stops: Sequence[Stop], person: Person) -> None:
        self.done.append(("route", office, tuple(stops)))


def store_of(url: str = "sqlite:///:memory:") -> Store:
    """A store with its tables."""
    made = Store(url)
    made.make_tables()
    return made


def app_of(reading: Canned, people: People, audit: Audit, hosts: Sequence[str] = ()) -> FastAPI:
    """The pages of the centre alone."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    mount_centre(app, reading, people, audit, hosts)
    return app


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The pages on a free port of this machine; gives their address."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="error", access_log=False, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


YESTERDAY = (datetime.fromtimestamp(NOW / 1000, UTC) - timedelta(days=1)).date()
