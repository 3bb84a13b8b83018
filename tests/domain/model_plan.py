"""The model's own reading of a plan document: plain values from the TOML, and what they say of hours, desks, people."""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tests.domain.model_rules import canonical

Span = tuple[int, int]
Sets = tuple[Span | None, Span | None, Span | None]

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SETTINGS: Mapping[str, int | str] = {
    "next_when_called": "recall",
    "start_after_s": 60,
    "missed_after_s": 0,
    "unheard_after_s": 60,
    "undo_s": 10,
    "park_min": 10,
    "slip_deadline_s": 300,
    "grace_min": 30,
    "wait_norm_min": 15,
    "needs_extra_s": 60,
    "booked_early_min": 0,
    "booked_late_min": 15,
    "min_cover": 0,
    "daily_limit": 0,
}
PARK_REASONS = dict.fromkeys(("form", "documents", "payment", "other"), ("park", 0))
BREAK_REASONS = dict.fromkeys(("lunch", "rest", "errand"), ("break", 0))
OPERATOR_COMES_EARLY_MIN = 60


@dataclass
class Facts:
    """One plan as the model sees it; tables by id, in the order of the document."""

    document: Mapping[str, Any]
    settings: dict[str, Any]
    week: list[Sets]
    calendar: Mapping[str, Mapping[str, Any]]
    policy: Mapping[str, Any]
    categories: dict[str, Mapping[str, Any]]
    reasons: dict[str, tuple[str, int]]
    organisations: dict[str, dict[str, Any]]
    services: dict[str, dict[str, Any]]
    desks: dict[int, dict[str, Any]]
    operators: dict[str, dict[str, Any]]
    shifts: list[Mapping[str, Any]]
    absences: list[Mapping[str, Any]]
    skills: dict[tuple[int, str], bool] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> Facts:
        """The facts of a document that has no mistakes."""
        plan = tomllib.loads(text)
        first = plan["organisation"][0]["id"]
        reasons = {r["id"]: (r["kind"], r.get("minutes", 0)) for r in plan.get("reason", ())}
        for usual in (PARK_REASONS, BREAK_REASONS):
            kinds = {kind for kind, _ in reasons.values()}
            if not kinds & {kind for kind, _ in usual.values()}:
                reasons = {**usual, **reasons}
        return cls(
            document=plan,
            settings={**SETTINGS, **plan.get("settings", {})},
            week=_week_of(plan["hours"]),
            calendar={str(day["date"]): day for day in plan.get("calendar", {}).get("day", ())},
            policy={"kind": "ageing", "ratio": 1, "passes": 1, **plan.get("policy", {})},
            categories={c["id"]: {"head_start_min": 15, "confirm_first": False, **c} for c in plan.get("category", ())},
            reasons=reasons,
            organisations={o["id"]: {"hours": o.get("hours")} for o in plan["organisation"]},
            services={
                s["id"]: {"norm_min": 15, "wait_norm_min": 0, "limit": 0, "purposes": [], "hours": None}
                | {"organisation": first}
                | s
                | {"series": canonical(s["series"])}
                for s in plan["service"]
            },
            desks={
                d["number"]: {"services": [], "secondary": [], "purposes": [], "needs": []}
                | {"organisation": None, "transfer_to": None}
                | d
                for d in plan["desk"]
            },
            operators={
                o["id"]: {"organisation": None, "also": [], "services": [], "secondary": [], "may_pick": False} | o
                for o in plan.get("operator", ())
            },
            shifts=list(plan.get("shift", ())),
            absences=list(plan.get("absence", ())),
        )

    def seconds(self, name: str) -> int:
        """A setting that is a number."""
        value = self.settings[name]
        assert isinstance(value, int)
        return value

    def wait_norm(self, service: str) -> int:
        """Minutes that somebody may wait for the service."""
        return int(self.services[service]["wait_norm_min"] or self.settings["wait_norm_min"])

    def on(self, day: str) -> tuple[Sets, int]:
        """Hours of office, reception and issuing on a date, and the weekday whose hours they are."""
        weekday = date.fromisoformat(day).weekday()
        entry = self.calendar.get(day)
        if entry is None:
            return self.week[weekday], weekday
        if entry["kind"] == "closed":
            return (None, None, None), weekday
        if "like" in entry:
            weekday = WEEK.index(entry["like"])
        elif self.week[weekday][0] is None:
            weekday = 0
        office, reception, issuing = self.week[weekday]
        if "hours" in entry:
            return _moved(self.week[weekday], _span(entry["hours"])), weekday
        cut = entry.get("short_by_min", 0)
        return (_ends_earlier(office, cut), _ends_earlier(reception, cut), _ends_earlier(issuing, cut)), weekday

    def open_on(self, day: str) -> Span | None:
        """From when the day opens by itself on a date to when the office closes."""
        (office, _, issuing), _ = self.on(day)
        if office is None:
            return None
        return (min(office[0], issuing[0]) if issuing else office[0]), office[1]

    def service_on(self, service: str, day: str) -> tuple[Span | None, Span | None]:
        """When desks receive for a service on a date, and when its numbers are given out."""
        (_, reception, issuing), weekday = self.on(day)
        found = self.services[service]
        owner = self.organisations[found["organisation"]]["hours"]
        own = _common(_bound(owner, weekday), _bound(found["hours"], weekday))
        received = _common(reception, own)
        if received is None or issuing is None or own is None:
            return received, None
        given = (issuing[0], min(issuing[1], own[1]))
        return received, given if given[0] < given[1] else None

    def level(self, desk: int, service: str, purpose: str = "", operator: str | None = None) -> int:
        """2: main, 1: secondary, 0: nothing."""
        if desk not in self.desks or service not in self.services:
            return 0
        place, owner = self.desks[desk], self.services[service]["organisation"]
        if place["purposes"] and purpose and purpose not in place["purposes"]:
            return 0
        if (desk, service) in self.skills:
            return 2 if self.skills[desk, service] else 0
        if service in place["secondary"]:
            found = 1
        elif place["services"]:
            found = 2 if service in place["services"] else 0
        else:
            found = 2 if place["organisation"] in (None, owner) else 0
        person = self.operators.get(operator or "")
        if person is None or not found:
            return found
        if person["organisation"] is not None and owner not in [person["organisation"], *person["also"]]:
            return 0
        if service in person["secondary"]:
            return 1
        return 0 if person["services"] and service not in person["services"] else found

    def somebody_serves(self, service: str) -> bool:
        """Whether a desk of the plan takes the service."""
        return any(self.level(desk, service) for desk in self.desks)

    def expected_at(self, desk: int, day: str, minute: int) -> str | None:
        """Whom the roster has at the desk: whose shift runs, else who comes within the hour."""
        _, weekday = self.on(day)
        year, week, _ = date.fromisoformat(day).isocalendar()
        named = [s for s in self.shifts if s.get("week") == f"{year}-W{week:02d}"]
        away = {a["operator"] for a in self.absences if str(a["first"]) <= day <= str(a["last"])}
        here: list[tuple[int, int, str]] = []
        for shift in named or [s for s in self.shifts if not s.get("week")]:
            if shift["desk"] == desk and weekday in _days(shift["days"]) and shift["operator"] not in away:
                here.append((*_span(shift["hours"]), shift["operator"]))
        running = [who for opens, closes, who in sorted(here) if opens <= minute < closes]
        coming = [who for opens, _, who in sorted(here) if minute < opens <= minute + OPERATOR_COMES_EARLY_MIN]
        return next(iter(running + coming), None)


def adjusted(old: Facts, new: Facts) -> Facts:
    """The plan of a day after a newer one was adopted: norms, limits, hours, skills and people of the newer one."""
    now = copy.deepcopy(old)
    now.settings, now.week, now.calendar, now.policy = new.settings, new.week, new.calendar, new.policy
    now.categories = {**new.categories, **now.categories}
    now.reasons = {**new.reasons, **now.reasons}
    for name in set(old.organisations) & set(new.organisations):
        now.organisations[name]["hours"] = new.organisations[name]["hours"]
    for name in set(old.services) & set(new.services):
        for kept in ("norm_min", "wait_norm_min", "limit", "hours"):
            now.services[name][kept] = new.services[name][kept]
    for number, desk in now.desks.items():
        newer = new.desks.get(number)
        if newer is None or newer["organisation"] != desk["organisation"]:
            continue
        served = [s for s in newer["services"] if s in old.services]
        if served or not newer["services"]:
            secondary = [s for s in newer["secondary"] if s in old.services]
            desk.update(services=served, secondary=secondary, needs=newer["needs"])
    for service in old.services:
        if old.somebody_serves(service) and not now.somebody_serves(service):
            for number in old.desks:
                if old.level(number, service):
                    now.desks[number]["services" if old.level(number, service) == 2 else "secondary"].append(service)
    now.operators = _operators_today(old, new)
    now.shifts = [s for s in new.shifts if s["operator"] in now.operators and s["desk"] in now.desks]
    now.absences = [a for a in new.absences if a["operator"] in now.operators]
    return now


def directed(facts: Facts, lasting: list[dict[str, Any]]) -> Facts:
    """The plan of a day with what the centre has changed in it, oldest change first."""
    now = copy.deepcopy(facts)
    columns = {"limit": "limit", "wait-norm": "wait_norm_min", "service-norm": "norm_min"}
    for one in sorted(lasting, key=lambda row: int(row["id"])):
        kind, *of = one["what"].split(":")
        value = one["value"]
        if kind == "policy":
            now.policy = json.loads(value)
        elif one["what"] == "wait-norm:":
            now.settings = {**now.settings, "wait_norm_min": int(value)}
        elif kind in columns and value != "stop":
            now.services[of[0]][columns[kind]] = int(value)
        elif kind == "skill":
            desk, service = int(of[0]), of[1]
            others = any(now.level(other, service) for other in now.desks if other != desk)
            if value == "add" or others:
                now.skills[desk, service] = value == "add"
    return now


def _operators_today(old: Facts, new: Facts) -> dict[str, dict[str, Any]]:
    made = dict(old.operators)
    for name, person in new.operators.items():
        belongs = old.operators.get(name, person)["organisation"]
        skills = {key: [s for s in person[key] if s in old.services] for key in ("services", "secondary")}
        if belongs not in (None, *old.organisations) or (person["services"] and not skills["services"]):
            continue
        also = [organisation for organisation in person["also"] if organisation in old.organisations]
        made[name] = {**person, **skills, "organisation": belongs, "also": also}
    return made


def _week_of(hours: Mapping[str, Any]) -> list[Sets]:
    reception, issuing = hours.get("reception", {}), hours.get("issuing", {})
    week: list[Sets] = []
    for day in range(7):
        office = _of_day(hours, day)
        received = _narrowed(reception, day, office)
        until = (office[0], received[1]) if office and received else None
        week.append((office, received, _narrowed(issuing, day, until)))
    return week


def _of_day(table: Mapping[str, Any], day: int) -> Span | None:
    if WEEK[day] in table:
        return None if table[WEEK[day]] == "closed" else _span(table[WEEK[day]])
    if "opens" not in table or ("days" in table and day not in _days(table["days"])):
        return None
    return _minute(table["opens"]), _minute(table["closes"])


def _narrowed(table: Mapping[str, Any], day: int, bounds: Span | None) -> Span | None:
    if WEEK[day] in table:
        return _of_day(table, day)
    if bounds is None or ("days" in table and day not in _days(table["days"])):
        return None
    opens, closes = table.get("opens"), table.get("closes")
    return _common(bounds, (_minute(opens) if opens else bounds[0], _minute(closes) if closes else bounds[1]))


def _moved(sets: Sets, hours: Span) -> Sets:
    """Reception and issuing keep their distance from both ends of the office's hours."""
    office = sets[0]
    if office is None:
        return hours, hours, hours
    shifted = [
        span and _common((hours[0] + span[0] - office[0], hours[1] - (office[1] - span[1])), hours) for span in sets
    ]
    return hours, shifted[1], shifted[2]


def _ends_earlier(span: Span | None, by_min: int) -> Span | None:
    return (span[0], span[1] - by_min) if span and span[0] < span[1] - by_min else None


def _bound(hours: Any, weekday: int) -> Span | None:
    if hours is None:
        return 0, 1440
    return _span(hours) if isinstance(hours, str) else _of_day(hours, weekday)


def _common(one: Span | None, other: Span | None) -> Span | None:
    if one is None or other is None:
        return None
    both = max(one[0], other[0]), min(one[1], other[1])
    return both if both[0] < both[1] else None


def _span(text: str) -> Span:
    opens, closes = text.split("-")
    return _minute(opens), _minute(closes)


def _minute(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def _days(text: str) -> set[int]:
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        begin, end = WEEK.index(first), WEEK.index(last or first)
        found |= {(begin + step) % 7 for step in range((end - begin) % 7 + 1)}
    return found
