"""Canned view models: every state that a page can be in, with the names and numbers of a real office."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

from appliance.api.schemas import (
    AdviceView,
    BellView,
    CallView,
    CategoryView,
    DeskRow,
    DeskView,
    DeviceView,
    HallView,
    KeyView,
    KioskView,
    LineView,
    ReasonView,
    ReceptionView,
    ServiceView,
    StopView,
    TicketView,
    WaitView,
)

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


def wait(low_min: int, high_min: int) -> WaitView:
    """What is told of a wait, at 10:42."""

    def face(minutes: int) -> str:
        return f"{10 + (42 + minutes) // 60}:{(42 + minutes) % 60:02d}"

    mean = 30 * (low_min + high_min)
    return WaitView(
        low_s=60 * low_min,
        high_s=60 * high_min,
        mean_s=mean,
        calls_from=face(low_min),
        calls_until=face(high_min),
    )


def service(
    name: dict[str, str],
    icon: str = "file-text",
    waiting: int = 0,
    *,
    id: str = "",
    available: bool = True,
    popular: bool = True,
    long: dict[str, str] | None = None,
    **more: Any,
) -> ServiceView:
    """A service of the kiosk."""
    made = ServiceView(
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
        wait=wait(2 * waiting, 2 * waiting + 5) if available else None,
    )
    return made.model_copy(update=more)


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
        service(
            words("Прописка и справки", "Прописка й довідки", "Registration and certificates"),
            "house",
            3,
            purposes=["consult", "submit", "collect"],
        ),
        service(METERS, "droplets", 2),
        service(DEBTS, "credit-card", 1),
        service(words("Забрать готовый документ", "Забрати готовий документ", "Collect a finished document")),
        service(
            words("Участковый инспектор", "Дільничний інспектор", "District inspector"),
            "shield-user",
            available=False,
            reason="not-today",
            next_opening="2026-11-25T15:00",
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


GROUPS = (
    ("house", words("Регистрация и паспорта", "Реєстрація й паспорти", "Registration and passports")),
    ("landmark", words("Земля и недвижимость", "Земля та нерухомість", "Land and property")),
    ("hand-coins", words("Социальная помощь и субсидии", "Соціальна допомога й субсидії", "Benefits and subsidies")),
    ("briefcase", words("Предпринимателям", "Підприємцям", "For businesses")),
    ("users", words("Семья, рождение, брак", "Родина, народження, шлюб", "Family, birth, marriage")),
    ("car", words("Транспорт и водители", "Транспорт і водії", "Transport and drivers")),
    ("tree-pine", words("Благоустройство", "Благоустрій", "Streets and parks")),
)


def catalogue() -> list[ServiceView]:
    """512 services under seven headings, most of them with official names as long as laws write them."""
    popular = many_services()[:6]
    made = []
    for number in range(512 - len(popular)):
        icon, group = GROUPS[(number * number) % len(GROUPS) if number % 3 else 0]
        name = words(
            f"Предоставление сведений № {number} о зарегистрированных правах: {LONG[: 40 + number * 7 % 304]}",
            f"Надання відомостей № {number} про зареєстровані права: {LONG[: 40 + number * 7 % 304]}",
            f"Information No. {number} about registered rights: {LONG[: 40 + number * 7 % 304]}",
        )
        made.append(
            service(
                words(f"Сведения № {number}", f"Відомості № {number}", f"Information No. {number}"),
                icon,
                number % 4,
                id=f"law-{number}",
                popular=False,
                long=name,
                group=group,
                available=number % 11 != 5,
            )
        )
    grouped = [one.model_copy(update={"group": GROUPS[index % 3][1]}) for index, one in enumerate(popular)]
    grouped[1] = grouped[1].model_copy(
        update={"keywords": words("прописаться, домовая книга", "прописатися, будинкова книга", "residence permit")}
    )
    return [*grouped, *made]


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
        told=wait(8, 15),
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


REASONS = [
    ReasonView(id="form", kind="park", name=words("заполняет бланк", "заповнює бланк", "fills in a form"), minutes=10),
    ReasonView(id="copies", kind="park", name=words("делает копии", "робить копії", "makes copies"), minutes=10),
    ReasonView(id="payment", kind="park", name=words("оплачивает", "сплачує", "pays"), minutes=5),
    ReasonView(id="lunch", kind="break", name=words("обед", "обід", "lunch"), minutes=30),
    ReasonView(id="rest", kind="break", name=words("отдых", "відпочинок", "rest"), minutes=10),
]
DISABILITY = words("Инвалидность, с сопровождающим", "Інвалідність, із супроводжуючим", "Disability, with a companion")
CATEGORIES = [
    CategoryView(id="disability", name=DISABILITY, kiosk=True, confirm_first=False),
    CategoryView(
        id="veteran",
        name=words("Ветераны и семьи погибших", "Ветерани та родини загиблих", "Veterans and families of the fallen"),
        kiosk=True,
        confirm_first=False,
    ),
    CategoryView(
        id="child",
        name=words(
            "С ребёнком до трёх лет, беременные",
            "З дитиною до трьох років, вагітні",
            "With a child under three, pregnant",
        ),
        kiosk=True,
        confirm_first=False,
    ),
    CategoryView(
        id="large-family",
        name=words("Многодетные (по удостоверению)", "Багатодітні (за посвідченням)", "Large families"),
        kiosk=False,
        confirm_first=True,
    ),
]

WAITING = line(
    ("К 057", DEBTS, 11), ("А 139", BILLS, 8), ("А 140", BILLS, 6), ("Т 020", METERS, 3), ("А 141", BILLS, 1)
)


def reasoned(rows: list[LineView]) -> list[LineView]:
    """The line with why each stands where they stand."""
    told: tuple[dict[str, Any], ...] = (
        {"why": "priority", "over": rows[1].label, "category": "disability"},
        {"why": "returned"},
        {"why": "turn", "needs": ["voice"]},
        {"why": "turn"},
        {"why": "turn", "secondary": True},
    )
    return [row.model_copy(update=more) for row, more in zip(rows, told, strict=True)]


def desk(scene: str) -> DeskView:
    """Desk 7 in one of its states.

    `idle` is free with nobody waiting, `late` past the norm, `claim` calls somebody with everything, `halted` paused.
    """
    state = {"idle": "free", "late": "serving", "long": "serving", "claim": "called", "halted": "serving"}.get(
        scene, scene
    )
    held = None
    if state in ("called", "serving"):
        held = ticket(state=state, desk=7, called_times=2 if state == "called" else 1, ahead=None)
        if scene == "long":
            held = held.model_copy(update={"service_name": words(LONG), "label": "А\u00a01138", "language": "uk"})
    if scene == "claim" and held is not None:
        held = held.model_copy(
            update={
                "category": "disability",
                "needs": ["time", "voice"],
                "purpose": "submit",
                "route": [
                    StopView(service="droplets", service_name=METERS, desk=None),
                    StopView(service="credit-card", service_name=DEBTS, desk=3),
                ],
            }
        )
    empty = scene == "idle"
    missed = (
        []
        if empty
        else [
            LineView(ticket=301, label="Т\u00a0019", service_name=METERS, waited_s=900, returned=False, directed=False)
        ]
    )
    parked = [
        LineView(
            ticket=302,
            label="А\u00a0131",
            service_name=BILLS,
            waited_s=1500,
            returned=False,
            directed=True,
            reason="form",
        )
    ]
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
            "keys": KEYS[state if state in ("serving", "called") else scene],
            "line": [] if empty else reasoned(WAITING),
            "parked": parked if scene in ("free", "claim") else [],
            "reasons": REASONS,
            "break_reason": "lunch" if scene == "break" else "",
            "may_pick": True,
            "paused": scene == "halted",
            "waiting": 0 if empty else 5,
            "missed": missed,
            "undo_s": 8 if scene in ("free", "called", "claim") else 0,
            "open_day": scene != "closed",
            "now": "10:42",
        }
    )


DESK_SCENES = ("closed", "free", "idle", "break", "called", "serving", "late", "long", "claim", "halted")


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
    "halted": hall(*CALLS[:2], paused="alarm"),
    "wide": hall(("АБ 1138", 112), *CALLS[1:], on_break=[5, 8, 11, 12]),
}


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
        categories=CATEGORIES,
    )
    return made.model_copy(update=changes)


def _waiting() -> list[TicketView]:
    rows: list[tuple[str, dict[str, str], int, dict[str, Any]]] = [
        ("К 057", DEBTS, 19, {"overdue": True}),
        ("В 204", words("Прописка и справки", "Прописка й довідки", "Registration and certificates"), 16, {}),
        ("А 139", BILLS, 12, {"category": "disability", "confirmed": None}),
        ("А 140", BILLS, 11, {"category": "veteran", "confirmed": True, "needs": ["step-free"]}),
        ("Т 020", METERS, 9, {"returned": True, "for_desk": 3}),
        ("А 141", BILLS, 8, {}),
        ("К 058", DEBTS, 6, {"needs": ["time", "voice"]}),
        ("В 205", words(LONG), 5, {"promised": False}),
        ("А 142", BILLS, 4, {}),
        ("Т 021", METERS, 4, {}),
        ("А 143", BILLS, 2, {}),
        ("А 144", BILLS, 1, {}),
        ("К 059", DEBTS, 0, {}),
    ]
    return [
        ticket(
            id=400 + number,
            label=label.replace(" ", "\u00a0"),
            service_name=name,
            waited_s=60 * minutes,
            ahead=number,
            **changes,
        )
        for number, (label, name, minutes, changes) in enumerate(rows)
    ]


def _desk_rows() -> list[DeskRow]:
    rows = []
    for number in range(1, 15):
        state = {5: "break", 6: "closed", 8: "free", 12: "closed", 13: "closed", 14: "closed"}.get(number, "serving")
        rows.append(
            DeskRow.model_validate(
                {
                    "number": number,
                    "desk_class": "reserve" if number > 11 else "permanent",
                    "state": "called" if number == 2 else state,
                    "label": f"А\u00a0{120 + number}" if state == "serving" else None,
                    "elapsed_s": 60 * number,
                    "operator": None if state == "closed" else ("smirnova", "kovalenko")[number % 2],
                    "reason": "lunch" if state == "break" else "",
                    "planned": number <= 11,
                    "services": [],
                    "organisation": None,
                }
            )
        )
    return rows


def bell(**changes: Any) -> BellView:
    """A call of the bell at the ramp."""
    view = BellView(bell="ramp", state="rung", rung_s=8, answered_s=None, rings=1, escalated=0)
    return view.model_copy(update=changes)


def reception(**changes: Any) -> ReceptionView:
    """The hall of the pictures, as reception sees it: advice, everything that can mark a visitor, 14 desks."""
    made = ReceptionView(
        seq=512,
        open=True,
        paused=None,
        now="10:42",
        waiting=_waiting(),
        at_desks=[ticket(id=121, label="А\u00a0121", state="serving", desk=1)],
        parked=[ticket(id=131, label="А\u00a0131", state="parked", for_desk=7, parked_s=340, reason="form")],
        missed=[ticket(id=119, label="Т\u00a0019", state="missed", service_name=METERS)],
        gone=96,
        desks=_desk_rows(),
        advice=AdviceView(open_desks=[12, 13], share_before=0.31, share_after=0.02, wait_s=780),
    )
    return made.model_copy(update=changes)
