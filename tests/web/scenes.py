"""Canned view models: every state that a page can be in, with the names and numbers of a real office."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

from appliance.api.schemas import (
    CallView,
    DeskView,
    DeviceView,
    HallView,
    KeyView,
    KioskView,
    LineView,
    ServiceView,
    TicketView,
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
