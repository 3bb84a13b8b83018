"""A hall with everything that a plan can say, for the tests of the API."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from appliance.domain.forecasts.advice import Advice
from appliance.domain.plan import Plan
from appliance.domain.plans.reader import checked_plan
from appliance.domain.tickets import Told

DOCUMENT = """
schema = 1
version = {version}
office = "{office}"
timezone = "Europe/Moscow"
desk_word = "table"
[name]
ru = "Отделение 17"
[hours]
opens = "08:00"
closes = "20:00"
[hours.issuing]
closes = "{closes}"
[settings]
min_cover = 1
[[category]]
id = "veteran"
name = {{ ru = "Ветераны" }}
[[category]]
id = "large-family"
confirm_first = true
kiosk = false
name = {{ ru = "Многодетные" }}
[[reason]]
id = "form"
kind = "park"
minutes = 5
name = {{ ru = "заполняет бланк" }}
[[reason]]
id = "lunch"
kind = "break"
minutes = 30
name = {{ ru = "обед" }}
[[organisation]]
id = "city"
name = {{ ru = "Город" }}
[[service]]
id = "consult"
series = "А"
purposes = ["consult", "collect"]
name = {{ ru = "Консультация" }}
[[service]]
id = "submit"
series = "Б"
limit = {limit}
name = {{ ru = "Подача" }}
[[service]]
id = "archive"
series = "В"
hours = {{ mon = "09:00-12:00" }}
name = {{ ru = "Архив" }}
[[desk]]
number = 1
transfer_to = "submit"
needs = ["step-free"]
[[desk]]
number = 2
[[desk]]
number = 3
services = ["submit"]
[[operator]]
id = "anna"
may_pick = true
[[operator]]
id = "vera"
[[shift]]
operator = "vera"
desk = 2
days = "mon-sun"
hours = "08:00-20:00"
breaks = ["12:00-12:30"]
"""


@dataclass(frozen=True)
class Hall:
    """What differs from one test to the next."""

    version: int = 1
    office: str = "office-17"
    closes: str = "19:30"
    limit: int = 2

    @property
    def document(self) -> str:
        """The plan as a technician would write it."""
        return DOCUMENT.format(version=self.version, office=self.office, closes=self.closes, limit=self.limit)

    @cached_property
    def plan(self) -> Plan:
        """The plan as the reader makes it."""
        return checked_plan(self.document)


ADVICE = Advice(open_desks=(3,), share_before=0.31, share_after=0.02, wait_now_s=700, wait_after_s=120)


@dataclass
class Waits:
    """Estimates that a test sets, by service."""

    known: dict[str, Told] = field(default_factory=dict)
    advised: Advice | None = None

    def told(self, service: str, category: str | None = None) -> Told | None:
        return self.known.get(service)

    def advice(self) -> Advice | None:
        return self.advised
