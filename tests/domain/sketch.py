"""Rich plans for the machine: every kind of rule in one hall, and variations of it to adopt at noon."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from appliance.domain.plan import Plan
from appliance.domain.plans.reader import checked_plan

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Written:
    """A plan document, and the plan as the reader makes it."""

    document: str

    @cached_property
    def digest(self) -> str:
        """sha256 of the document."""
        return hashlib.sha256(self.document.encode()).hexdigest()

    @cached_property
    def plan(self) -> Plan:
        """The plan as the reader makes it."""
        return checked_plan(self.document)

    @property
    def desks(self) -> Sequence[int]:
        """The numbers of its desks."""
        return tuple(self.plan.desks)


def toml(values: Values, path: str = "") -> list[str]:
    """The lines of a TOML document: plain values first, then tables, then lists of tables."""
    lines: list[str] = []
    tables = {key: value for key, value in values.items() if isinstance(value, Mapping) and key != "name"}
    lists = {key: value for key, value in values.items() if _is_list_of_tables(value)}
    for key, value in values.items():
        if key not in tables and key not in lists:
            lines.append(f"{key} = {_value(value)}")
    for key, table in tables.items():
        lines += [f"[{path}{key}]", *toml(table, f"{path}{key}.")]
    for key, items in lists.items():
        for item in items:
            lines += [f"[[{path}{key}]]", *toml(item, f"{path}{key}.")]
    return lines


def written(values: Values) -> Written:
    """The document of nested values."""
    return Written("\n".join(toml(values)) + "\n")


def _is_list_of_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)


def _value(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case list() | tuple():
            return "[" + ", ".join(map(_value, value)) + "]"
        case Mapping():
            return "{ " + ", ".join(f"{key} = {_value(item)}" for key, item in value.items()) + " }"
        case int():
            return str(value)
        case _:
            return f'"{value}"'


def named(identity: str, **values: Any) -> dict[str, Any]:
    """Something with an id and a name."""
    return {"id": identity, "name": {"en": identity}, **values}


CATEGORIES = [
    named("veteran", head_start_min=2),
    named("disabled", head_start_min=1, confirm_first=True),
    named("parent", head_start_min=0),
]
ORGANISATIONS = [named("city"), named("water", hours="09:00-19:00")]
SERVICES = [
    named("consult", series="А", organisation="city", purposes=["consult", "submit"], wait_norm_min=2),
    named("submit", series="Б", organisation="city", norm_min=30),
    named("pay", series="В", organisation="water", hours="08:00-18:00", limit=9),
    named("collect", series="В", organisation="water", purposes=["collect"], norm_min=60),
]
DESKS: list[dict[str, Any]] = [
    {"number": 3, "services": ["submit"], "secondary": ["consult"], "needs": ["time"]},
    {"number": 1, "transfer_to": "submit"},
    {"number": 2, "organisation": "water", "secondary": ["pay"], "needs": ["step-free", "time"]},
    {"number": 4, "organisation": "city", "purposes": ["consult"], "transfer_to": "pay", "class": "reserve"},
]
OPERATORS = [
    named("ann", may_pick=True),
    named("bob", organisation="city", also=["water"], services=["consult", "pay"], secondary=["submit"]),
    named("eve", organisation="water", may_pick=True),
]
for person in OPERATORS:
    del person["name"]
SHIFTS = [
    {"operator": "ann", "desk": 1, "days": "mon-fri", "hours": "08:00-14:00", "breaks": ["12:00-12:30"]},
    {"operator": "bob", "desk": 1, "days": "mon-fri", "hours": "14:30-20:00"},
    {"operator": "eve", "desk": 2, "days": "mon,wed,fri", "hours": "10:00-18:00"},
    {"operator": "bob", "desk": 3, "days": "tue", "hours": "09:00-13:00", "week": "2026-W48"},
]
REASONS = [
    named("form", kind="park", minutes=1),
    named("bank", kind="park"),
    named("lunch", kind="break", minutes=30),
]
HOURS = {
    "opens": "08:00",
    "closes": "20:00",
    "days": "mon-sat",
    "sat": "09:00-15:00",
    "reception": {"opens": "08:30", "closes": "19:30"},
    "issuing": {"opens": "08:10", "closes": "19:00", "sat": "09:00-14:00"},
}
CALENDAR = {
    "day": [
        {"date": "2026-11-25", "kind": "short", "short_by_min": 60},
        {"date": "2026-11-26", "kind": "closed"},
        {"date": "2026-11-29", "kind": "working", "like": "mon"},
        {"date": "2026-11-30", "kind": "short", "hours": "10:00-16:00"},
        {"date": "2026-12-06", "kind": "working"},
    ]
}
NO_PURPOSES: Values = {"purposes": []}
QUICK: Values = {
    "wait_norm_min": 3,
    "park_min": 2,
    "start_after_s": 20,
    "missed_after_s": 90,
    "unheard_after_s": 5,
    "needs_extra_s": 30,
}


def rich(version: int, **changes: Any) -> Written:
    """The rich hall with other values under some of its keys."""
    plan: dict[str, Any] = {
        "schema": 1,
        "version": version,
        "office": "office-17",
        "timezone": "Europe/Moscow",
        "name": {"en": "Office 17"},
        "hours": HOURS,
        "calendar": CALENDAR,
        "settings": QUICK,
        "category": CATEGORIES,
        "reason": REASONS,
        "organisation": ORGANISATIONS,
        "service": SERVICES,
        "desk": DESKS,
        "operator": OPERATORS,
        "shift": SHIFTS,
    }
    return written(plan | changes)


def other(items: Sequence[Values], key: str, changes: Mapping[str, Values]) -> list[Values]:
    """The items with some fields of some of them changed; `changes` go by the value of `key`."""
    return [{**item, **changes.get(str(item[key]), {})} for item in items]


RICH = (
    rich(11),
    rich(
        12,
        policy={"kind": "absolute", "passes": 2},
        settings={**QUICK, "min_cover": 1, "daily_limit": 25, "next_when_called": "finish-and-call"},
        service=other(SERVICES, "id", {"consult": {"limit": 7, "hours": "10:00-16:00"}, "pay": {"limit": 0}}),
        desk=[*DESKS[:2], {"number": 2, "organisation": "water", "services": ["pay"], "secondary": ["collect"]}],
        absence=[{"operator": "ann", "first": "2026-11-23", "last": "2026-11-24"}],
    ),
    rich(
        13,
        policy={"kind": "ratio", "ratio": 2, "passes": 1},
        settings={
            **QUICK,
            "missed_after_s": 0,
            "booked_early_min": 5,
            "booked_late_min": 1,
            "park_min": 0,
            "grace_min": 45,
        },
        organisation=[ORGANISATIONS[0], named("water", hours={"mon": "10:00-16:00", "tue": "12:00-20:00"})],
        category=CATEGORIES[:2],
        hours={"opens": "09:00", "closes": "24:00", "issuing": {"closes": "23:30"}},
        operator=[{"id": "ann"}, {"id": "eve", "organisation": "city", "services": ["consult"], "may_pick": True}],
        shift=[{"operator": "eve", "desk": 4, "days": "mon-sun", "hours": "09:00-21:00"}],
        desk=other(
            DESKS,
            "number",
            {"1": {"services": ["consult", "pay"], "secondary": ["submit", "collect"]}, "4": NO_PURPOSES},
        ),
    ),
    rich(
        14,
        policy={"kind": "ageing", "passes": 0},
        service=[*SERVICES, named("visa", series="Г", organisation="police")],
        organisation=[*ORGANISATIONS, named("police")],
        desk=[*DESKS, {"number": 5, "organisation": "police", "needs": ["voice"]}],
        settings={**QUICK, "wait_norm_min": 1, "grace_min": 0, "undo_s": 4},
        calendar={"day": [{"date": "2026-11-25", "kind": "closed"}]},
        category=[*CATEGORIES, named("chief", head_start_min=30)],
    ),
)
