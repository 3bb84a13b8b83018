"""The seventeen offices of a demonstration: fifteen halls and two buses, as documents that real offices would have."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources

from appliance.demo.people import Habits

PINS = (4, 5, 6, 12, 13, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 7, 8, 9, 10)
DESKS_AT_MOST = len(PINS) // 3


@dataclass(frozen=True, slots=True)
class DemoOffice:
    """One office: `desks` permanent ones and `reserve` reserve ones, at most seven together (the pins of a Pi)."""

    id: str
    name: str
    desks: int
    reserve: int
    habits: Habits
    mobile: bool = False


def _hall(number: int, name: str, desks: int, reserve: int, busy: float, staffed: float = 1.0) -> DemoOffice:
    """`busy`: visitors by what the desks can serve."""
    service_s = 240.0
    habits = Habits(arrivals_h=busy * desks * 3600 / (service_s + 15), service_s=service_s, staffed=staffed)
    return DemoOffice(f"odn-{number:02d}", name, desks, reserve, habits)


OFFICES = (
    _hall(1, "Новоспортивная", 5, 2, 0.97),
    _hall(2, "Маршала Жукова", 5, 1, 0.7),
    _hall(3, "Можайское ш.", 4, 1, 0.8),
    _hall(4, "Голицыно", 4, 2, 1.15, staffed=0.5),
    _hall(5, "Звенигород", 4, 0, 0.6),
    _hall(6, "Кубинка", 3, 1, 1.0),
    _hall(7, "Лесной Городок", 3, 0, 0.5),
    _hall(8, "Большие Вязёмы", 3, 0, 0.75),
    _hall(9, "Жаворонки", 2, 0, 0.5),
    _hall(10, "Новоивановское", 4, 1, 0.85),
    _hall(11, "Успенское", 2, 0, 0.3),
    _hall(12, "Ершово", 2, 0, 0.6),
    _hall(13, "Барвиха", 2, 0, 0.4),
    _hall(14, "Горки-10", 2, 0, 0.5),
    _hall(15, "Летний Отдых", 2, 1, 0.9, staffed=0.5),
    DemoOffice("odn-bus-1", "Мобильный 1", 1, 0, Habits(arrivals_h=8.0), mobile=True),
    DemoOffice("odn-bus-2", "Мобильный 2", 1, 0, Habits(arrivals_h=5.0), mobile=True),
)


def plan_document(office: DemoOffice) -> str:
    """The plan of an office: the demonstration's services, open round the clock so that it can be tried at any hour."""
    text = resources.files("appliance.demo").joinpath("plan.toml").read_text(encoding="utf-8")
    head, _, _ = text.partition("[[desk]]")
    head = head.replace('office = "demo"', f'office = "{office.id}"').replace("Europe/Kyiv", "Europe/Moscow")
    begins, _, rest = head.partition("[name]")
    _, _, after = rest.partition("[hours]")
    words = ", ".join(f'{language} = "{office.name}"' for language in ("ru", "uk", "en"))
    lines = [f"{begins}name = {{ {words} }}".rstrip(), "", f"[hours]{after}".rstrip(), ""]
    for desk in range(1, office.desks + office.reserve + 1):
        lines += ["[[desk]]", f"number = {desk}"]
        lines += ['class = "reserve"', ""] if desk > office.desks else [""]
    for desk in range(1, office.desks + 1):
        lines += ["[[operator]]", f'id = "op-{desk:02d}"', ""]
        for hours in ("00:00-12:00", "12:00-24:00"):
            lines += ["[[shift]]", f'operator = "op-{desk:02d}"', f"desk = {desk}", 'days = "mon-sun"']
            lines += [f'hours = "{hours}"', ""]
    return "\n".join(lines)


def hardware_document(office: DemoOffice) -> str:
    """Three keys for each desk on the Pi's own pins, a printer and a voice, all simulated."""
    lines = ["schema = 1", 'mode = "simulated"', ""]
    pins = iter(PINS)
    for desk in range(1, office.desks + office.reserve + 1):
        lines += ["[[panel]]", f"desk = {desk}"]
        lines += [f"{key} = {next(pins)}" for key in ("next", "repeat", "finish")] + [""]
    return "\n".join([*lines, "[printer]", "width_mm = 80", ""])


def office_document(office: DemoOffice, port: int) -> str:
    """office.toml of an enrolled office."""
    return "\n".join(
        (
            "schema = 1",
            f'office = "{office.id}"',
            'data = "data"',
            'clock = "trusted"',
            "[web]",
            f"port = {port}",
            "[replica]",
            'kind = "centre"',
            "[centre]",
            "announce = false",
            "",
        )
    )
