"""TOML text to a plan, or all its mistakes at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import fields
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from appliance.domain.plan import LANGUAGES, Hours, NextWhenCalled, Plan, Policy, PolicyKind, Settings
from appliance.domain.plans.catalogue import (
    read_categories,
    read_desks,
    read_organisations,
    read_reasons,
    read_services,
)
from appliance.domain.plans.checks import contradictions
from appliance.domain.plans.document import Mistake, Table
from appliance.domain.plans.hours import NEVER, read_calendar, read_hours
from appliance.domain.plans.people import read_absences, read_operators, read_shifts

SCHEMA = 1
DESK_WORDS = ("window", "table", "workplace")
DOCUMENT_LIMIT = 2_000_000
DAY_S = 86_400
SETTING_LIMITS = {
    "booked_early_min": 240,
    "booked_late_min": 240,
    "booked_norm_min": 240,
    "min_cover": 999,
    "daily_limit": 100_000,
    "advise_wait_min": 240,
}
"""The largest value of a setting; of the others a day of seconds."""


class PlanError(Exception):
    """A plan that can't be used, with every mistake in it."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = tuple(mistakes)


def checked_plan(document: str) -> Plan:
    """The plan of a document that an office is to adopt now: without mistakes and without contradictions."""
    plan = read_plan(document)
    found = contradictions(plan)
    if found:
        raise PlanError(found)
    return plan


def read_plan(document: str) -> Plan:
    """The plan of a TOML document, or PlanError with all its mistakes.

    What was adopted once must stay readable for as long as its journal: rules about what fits together belong to
    `contradictions`, which only a document that is still to be adopted has to pass.
    """
    if len(document) > DOCUMENT_LIMIT:
        raise PlanError([Mistake("plan", "document-too-long", {"limit": str(DOCUMENT_LIMIT)})])
    try:
        raw = tomllib.loads(document)
    except tomllib.TOMLDecodeError as error:
        raise PlanError([_not_toml(str(error))]) from error
    mistakes: list[Mistake] = []
    plan = _plan(Table(raw, "plan", mistakes), document)
    if mistakes:
        raise PlanError(_without_consequences(mistakes))
    return plan


def _not_toml(error: str) -> Mistake:
    match = re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", error)
    if match is None:
        return Mistake("plan", "not-toml", {"error": error})
    return Mistake("plan", "not-toml-at", {"line": match[2], "column": match[3], "error": match[1]})


def _without_consequences(mistakes: Sequence[Mistake]) -> list[Mistake]:
    """The mistakes without those that say only that a thing isn't there whose id is wrong."""
    misnamed = {mistake.place.split()[0] for mistake in mistakes if mistake.place.endswith((".id", ".number"))}
    missing = {mistake.place.removeprefix("plan.") for mistake in mistakes if mistake.code == "missing"}
    lost = {f"unknown-{thing}" for thing in misnamed | missing}
    return [mistake for mistake in mistakes if mistake.code not in lost]


def _plan(table: Table, document: str) -> Plan:
    schema: int = table.take("schema", int)
    if table.was_read("schema") and schema != SCHEMA:
        table.wrong("other-schema", "schema", found=schema, wanted=SCHEMA)
    organisations = read_organisations(table)
    services = read_services(table, organisations)
    desks = read_desks(table, services, organisations)
    operators = read_operators(table, services, organisations)
    plan = Plan(
        version=table.number("version", 1, 10**9),
        office=table.id("office"),
        name=table.words("name", 120),
        address=table.words("address", 160, optional=True),
        timezone=_timezone(table),
        languages=_languages(table),
        desk_word=table.choice("desk_word", DESK_WORDS, "window"),
        phone=table.text("phone", 40, ""),
        hours=_hours(table),
        organisations=organisations,
        services=services,
        desks=desks,
        calendar=read_calendar(table.table("calendar")),
        policy=_policy(table.table("policy")),
        categories=read_categories(table),
        reasons=read_reasons(table),
        operators=operators,
        shifts=read_shifts(table, operators, desks),
        absences=read_absences(table, operators),
        settings=_settings(table.table("settings")),
        document=document,
    )
    table.finish()
    return plan


def _hours(table: Table) -> Hours:
    hours = table.table("hours", optional=False)
    return read_hours(hours) if table.was_read("hours") else Hours(NEVER, NEVER, NEVER)


def _languages(table: Table) -> tuple[str, ...]:
    return table.choices("languages", LANGUAGES) or LANGUAGES


def _timezone(table: Table) -> str:
    timezone = table.text("timezone", 60)
    if table.was_read("timezone") and not _known_zone(timezone):
        table.wrong("unknown-timezone", "timezone", found=timezone)
    return timezone


def _known_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _policy(table: Table) -> Policy:
    usual = Policy()
    policy = Policy(
        kind=PolicyKind(table.choice("kind", list(PolicyKind), usual.kind)),
        ratio=table.number("ratio", 1, 99, usual.ratio),
        passes=table.number("passes", 0, 99, usual.passes),
    )
    table.finish()
    return policy


def _settings(table: Table) -> Settings:
    usual = Settings()
    next_when_called = table.choice("next_when_called", list(NextWhenCalled), usual.next_when_called)
    numbers = {
        setting.name: table.number(
            setting.name, 0, SETTING_LIMITS.get(setting.name, DAY_S), getattr(usual, setting.name)
        )
        for setting in fields(Settings)
        if setting.name != "next_when_called"
    }
    table.finish()
    return Settings(next_when_called=NextWhenCalled(next_when_called), **numbers)
