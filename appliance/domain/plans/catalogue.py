"""What a hall offers: organisations, services, desks, priority categories and reasons of a plan document."""

from __future__ import annotations

import re
from collections.abc import Mapping

from appliance.domain.plan import (
    NEEDS,
    PURPOSES,
    Category,
    DeskClass,
    DeskPlan,
    Organisation,
    Reason,
    ReasonKind,
    Service,
    Words,
    canonical_series,
)
from appliance.domain.plans.document import Table
from appliance.domain.plans.hours import bounding_hours

NAME_LIMIT = 600
SHORT_LIMIT = 120

USUAL_REASONS = (
    Reason("form", ReasonKind.PARK, Words({"ru": "заполняет бланк", "uk": "заповнює бланк", "en": "fills in a form"})),
    Reason(
        "documents",
        ReasonKind.PARK,
        Words({"ru": "принесёт документы", "uk": "принесе документи", "en": "fetches documents"}),
    ),
    Reason("payment", ReasonKind.PARK, Words({"ru": "оплачивает", "uk": "сплачує", "en": "pays"})),
    Reason("other", ReasonKind.PARK, Words({"ru": "другое", "uk": "інше", "en": "something else"})),
    Reason("lunch", ReasonKind.BREAK, Words({"ru": "обед", "uk": "обід", "en": "lunch"})),
    Reason("rest", ReasonKind.BREAK, Words({"ru": "отдых", "uk": "відпочинок", "en": "rest"})),
    Reason("errand", ReasonKind.BREAK, Words({"ru": "по делу", "uk": "у справі", "en": "an errand"})),
)
"""The reasons of an office whose plan names none of that kind."""


def read_organisations(table: Table) -> dict[str, Organisation]:
    """The organisations; at least one."""
    made: dict[str, Organisation] = {}
    for item in table.tables("organisation", "id"):
        name = item.id("id", made)
        made[name] = Organisation(name, item.words("name", 120), bounding_hours(item))
        item.finish()
    if not made and table.was_read("organisation"):
        table.wrong("missing", "organisation")
    return made


def read_services(table: Table, organisations: Mapping[str, Organisation]) -> dict[str, Service]:
    """The services; at least one. One that names no organisation belongs to the first."""
    made: dict[str, Service] = {}
    for item in table.tables("service", "id"):
        name = item.id("id", made)
        full = item.words("name", NAME_LIMIT)
        short = item.words("short", SHORT_LIMIT, optional=True)
        made[name] = Service(
            id=name,
            series=_series(item),
            organisation=item.reference("organisation", organisations, "organisation", next(iter(organisations), "")),
            name=full,
            short=short if short.texts else full,
            documents=item.words("documents", 400, optional=True),
            icon=item.text("icon", 40, "file-text"),
            popular=item.take("popular", bool, False),
            norm_min=item.number("norm_min", 1, 240, 15),
            wait_norm_min=item.number("wait_norm_min", 0, 240, 0),
            limit=item.number("limit", 0, 9999, 0),
            purposes=item.choices("purposes", PURPOSES),
            hours=bounding_hours(item),
            group=item.words("group", 120, optional=True),
            keywords=item.words("keywords", 400, optional=True),
        )
        item.finish()
    if not made and table.was_read("service"):
        table.wrong("missing", "service")
    return made


def _series(item: Table) -> str:
    text = item.text("series", 3)
    series = canonical_series(text)
    if item.was_read("series") and not re.fullmatch(r"[А-ЯІЇЄҐ]", series):
        item.wrong("not-a-letter", "series", found=text)
    return series


def read_desks(
    table: Table, services: Mapping[str, Service], organisations: Mapping[str, Organisation]
) -> dict[int, DeskPlan]:
    """The desks; at least one."""
    made: dict[int, DeskPlan] = {}
    for item in table.tables("desk", "number"):
        number = item.number("number", 1, 999)
        if number in made:
            item.wrong("duplicate", "number", found=number)
        made[number] = DeskPlan(
            number=number,
            desk_class=DeskClass(item.choice("class", list(DeskClass), DeskClass.PERMANENT)),
            services=item.references("services", services, "service"),
            transfer_to=item.reference("transfer_to", services, "service", "") or None,
            organisation=item.reference("organisation", organisations, "organisation", "") or None,
            secondary=item.references("secondary", services, "service"),
            purposes=item.choices("purposes", PURPOSES),
            needs=item.choices("needs", NEEDS),
            zone=item.words("zone", 80, optional=True),
        )
        item.finish()
    if not made and table.was_read("desk"):
        table.wrong("missing", "desk")
    return made


def read_categories(table: Table) -> dict[str, Category]:
    """The priority categories, in the order in which they are offered."""
    made: dict[str, Category] = {}
    usual = Category("", Words({}))
    for item in table.tables("category", "id"):
        name = item.id("id", made)
        made[name] = Category(
            id=name,
            name=item.words("name", 200),
            head_start_min=item.number("head_start_min", 0, 240, usual.head_start_min),
            confirm_first=item.take("confirm_first", bool, usual.confirm_first),
            kiosk=item.take("kiosk", bool, usual.kiosk),
        )
        item.finish()
    return made


def read_reasons(table: Table) -> dict[str, Reason]:
    """The reasons; the usual ones of a kind that the document names none of."""
    made: dict[str, Reason] = {}
    for item in table.tables("reason", "id"):
        name = item.id("id", made)
        kind = ReasonKind(item.choice("kind", list(ReasonKind)))
        made[name] = Reason(name, kind, item.words("name", 80), item.number("minutes", 0, 480, 0))
        item.finish()
    named = {reason.kind for reason in made.values()}
    for usual in USUAL_REASONS:
        if usual.kind not in named:
            made.setdefault(usual.id, usual)
    return made
