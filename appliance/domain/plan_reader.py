"""TOML text to a plan, or all its mistakes at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from appliance.domain.document import Mistake, Table, nearest
from appliance.domain.plan import (
    LANGUAGES,
    DeskClass,
    DeskPlan,
    NextWhenCalled,
    Organisation,
    Plan,
    Service,
    Settings,
    canonical_series,
)

DESK_WORDS = ("window", "table", "workplace")
DOCUMENT_LIMIT = 2_000_000


class PlanError(Exception):
    """A plan that can't be used, with every mistake in it."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = tuple(mistakes)


def read_plan(document: str) -> Plan:
    """The plan of a TOML document, or PlanError with all its mistakes."""
    if len(document) > DOCUMENT_LIMIT:
        raise PlanError([Mistake("plan", "too-long", {"limit": str(DOCUMENT_LIMIT)})])
    try:
        raw = tomllib.loads(document)
    except tomllib.TOMLDecodeError as error:
        raise PlanError([Mistake("plan", "not-toml", {"error": str(error)})]) from error
    mistakes: list[Mistake] = []
    plan = _plan(Table(raw, "plan", mistakes), document)
    if mistakes:
        raise PlanError(mistakes)
    return plan


def _plan(table: Table, document: str) -> Plan:
    table.number("schema", 1, 1)
    version = table.number("version", 1, 10**9)
    office = table.text("office", 40)
    if office and not re.fullmatch(r"[a-z0-9-]+", office):
        table.wrong("not-an-id", "office", found=office)
    languages = _languages(table)
    timezone = table.text("timezone", 60)
    if timezone and not _known_zone(timezone):
        table.wrong("unknown-timezone", "timezone", found=timezone)
    hours = Table(table.take("hours", dict), "hours", table.mistakes)
    opens, closes = _minutes(hours, "opens"), _minutes(hours, "closes")
    hours.finish()
    if opens >= closes and not any(mistake.place.split(".")[0] == "hours" for mistake in table.mistakes):
        hours.wrong("closes-before-opens")
    organisations = _organisations(table)
    services = _services(table, organisations)
    desks = _desks(table, services)
    plan = Plan(
        version=version,
        office=office,
        name=table.words("name", 120),
        address=table.words("address", 160, optional=True),
        timezone=timezone,
        languages=languages,
        desk_word=table.choice("desk_word", DESK_WORDS, "window"),
        phone=table.text("phone", 40, ""),
        opens=opens,
        closes=closes,
        organisations=organisations,
        services=services,
        desks=desks,
        settings=_settings(Table(table.take("settings", dict, {}), "settings", table.mistakes)),
        document=document,
    )
    table.finish()
    return plan


def _languages(table: Table) -> tuple[str, ...]:
    asked = table.take("languages", list, list(LANGUAGES))
    for language in asked:
        if language not in LANGUAGES:
            table.wrong("not-allowed", "languages", found=language, allowed=", ".join(LANGUAGES))
    return tuple(language for language in asked if language in LANGUAGES) or LANGUAGES


def _known_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _minutes(table: Table, key: str) -> int:
    text = table.text(key, 5)
    match = re.fullmatch(r"(\d\d):(\d\d)", text)
    if match is None or int(match[2]) > 59 or int(match[1]) * 60 + int(match[2]) > 1440:
        if text:
            table.wrong("not-a-time", key, found=text)
        return 0
    return int(match[1]) * 60 + int(match[2])


def _organisations(table: Table) -> dict[str, Organisation]:
    made: dict[str, Organisation] = {}
    for item in table.tables("organisation", "id"):
        name = _id(item, "id", made)
        made[name] = Organisation(name, item.words("name", 120))
        item.finish()
    return made


def _services(table: Table, organisations: Mapping[str, Organisation]) -> dict[str, Service]:
    made: dict[str, Service] = {}
    for item in table.tables("service", "id"):
        name = _id(item, "id", made)
        series = canonical_series(item.text("series", 3))
        if not re.fullmatch(r"[А-ЯІЇЄҐ]", series) and series:
            item.wrong("not-a-letter", "series", found=series)
        organisation = item.text("organisation", 40, next(iter(organisations), ""))
        if organisation not in organisations:
            item.wrong(
                "unknown-organisation",
                "organisation",
                found=organisation,
                nearest=nearest(organisation, list(organisations)),
            )
        full = item.words("name", 600)
        short = item.words("short", 120, optional=True)
        made[name] = Service(
            id=name,
            series=series,
            organisation=organisation,
            name=full,
            short=short if short.texts else full,
            documents=item.words("documents", 400, optional=True),
            icon=item.text("icon", 40, "file-text"),
            popular=item.take("popular", bool, False),
            norm_min=item.number("norm_min", 1, 240, 15),
        )
        item.finish()
    if not made:
        table.wrong("missing", "service")
    return made


def _desks(table: Table, services: Mapping[str, Service]) -> dict[int, DeskPlan]:
    made: dict[int, DeskPlan] = {}
    for item in table.tables("desk", "number"):
        number = item.number("number", 1, 999)
        if number in made:
            item.wrong("duplicate", "number", found=number)
        served = item.take("services", list, [])
        target = item.text("transfer_to", 40, "")
        for name in [*served, *([target] if target else [])]:
            if not isinstance(name, str) or name not in services:
                item.wrong(
                    "unknown-service",
                    "services" if name in served else "transfer_to",
                    found=name,
                    nearest=nearest(str(name), list(services)),
                )
        desk_class = item.choice("class", list(DeskClass), DeskClass.PERMANENT)
        made[number] = DeskPlan(number, DeskClass(desk_class), tuple(served), target or None)
        item.finish()
    if not made:
        table.wrong("missing", "desk")
    return made


def _settings(table: Table) -> Settings:
    defaults = Settings()
    policy = table.choice("next_when_called", list(NextWhenCalled), defaults.next_when_called)
    numbers = {
        setting.name: table.number(setting.name, 0, 86_400, getattr(defaults, setting.name))
        for setting in fields(Settings)
        if setting.name != "next_when_called"
    }
    table.finish()
    return Settings(next_when_called=NextWhenCalled(policy), **numbers)


def _id(item: Table, key: str, taken: Mapping[str, object]) -> str:
    name = item.text(key, 40)
    if name and not re.fullmatch(r"[a-z0-9-]+", name):
        item.wrong("not-an-id", key, found=name)
    if name in taken:
        item.wrong("duplicate", key, found=name)
    return name
