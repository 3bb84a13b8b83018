"""One device: what it was like in the last 30 days, and for how much of each day it worked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from appliance.api.context import TechnicianTools
from appliance.api.schemas import AvailabilityRow, DeviceSpanView
from appliance.doctor_words import control_name, told_shortly
from appliance.domain.plan import Plan
from appliance.workers.device_watch import CONTROL
from web.office import technician_room as room
from web.office.language import decimal, long_date
from web.office.pages import Pages
from web.office.technician_past import Past
from web.office.wording import CONDITIONS, DEVICES, N_

HERE, TITLE = "/technician/device", N_("History of a device")
DAYS = 30
ICONS = {"fault": "state-alarm", "missing": "state-missing", "warning": "state-warning", "ready": "state-ready"}
WIDTH, HEIGHT = 1000, 240
TOP, FOOT = 28, 34
"""Above the bars there is room for a number, below them for the day."""

WIDEST, FEWEST = 60, 20
"""Dots that a bar may be wide, and days that the picture has room for however few there are."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One day. `kind`: whole, part or none, by how much of it the device worked."""

    day: str
    text: str
    kind: str
    x: float
    y: float
    width: float
    height: float
    middle: float


@dataclass(frozen=True, slots=True)
class Row:
    """One condition of a device as the table tells it."""

    icon: str
    condition: str
    word: str
    why: str
    since: str
    until: str
    lasted_s: int | None


def router(pages: Pages, past: Past) -> APIRouter:
    """GET /technician/device?name=..., for the owner. It doesn't follow what happens: the past doesn't change."""
    made = APIRouter(include_in_schema=False)

    @made.get(HERE)
    def device(request: Request, name: str = "printer") -> Response:
        def values(_: TechnicianTools, language: str) -> dict[str, Any]:
            plan = pages.reading.plan
            days = past.by_day(name, DAYS)
            spans = past.spans(name, DAYS)
            called = device_name(pages, name, language)
            return {
                "called": called,
                "title": called,
                "query": urlencode({"name": name}),
                "rows": [span_row(pages, span, language, plan) for span in spans],
                "days": [(day, day_words(day, language), percent(day.share, language)) for day in reversed(days)],
                "bars": bars(days, language),
                "width": WIDTH,
                "height": HEIGHT,
                "base": HEIGHT - FOOT,
                "told": "; ".join(f"{day_words(day, language)} {percent(day.share, language)}" for day in days),
                "mean": percent(mean(days), language) if days else "",
                "outages": sum(day.outages for day in days),
                "most_days": DAYS,
            }

        return room.room(pages, request, "technician_device.html", HERE, TITLE, values)

    return made


def noted_name(name: str) -> str:
    """The name under which the journal knows a device of the list: the keys of a panel are one device."""
    found = CONTROL.fullmatch(name)
    return found[1] if found is not None else name


def device_name(pages: Pages, name: str, language: str) -> str:
    """What a device of the journal is called."""
    called = control_name(name, language, pages.reading.plan)
    if called != name:
        return called
    kind = next((one.kind for one in pages.reading.office().devices if one.name == name), name.partition("/")[0])
    words = pages.translate(DEVICES[kind], language) if kind in DEVICES else ""
    return words if name == kind and words else f"{words} {name}".strip()


def span_row(pages: Pages, span: DeviceSpanView, language: str, plan: Plan | None) -> Row:
    """A condition with its words; `since` and `until` by the clocks of the office."""

    def face(at: datetime) -> str:
        local = room.local_time(at, plan)
        return f"{long_date(local.date().isoformat(), language)}, {local:%H:%M:%S}"

    return Row(
        icon=ICONS.get(span.condition, "state-missing"),
        condition=span.condition,
        word=pages.translate(CONDITIONS[span.condition], language) if span.condition in CONDITIONS else span.condition,
        why=told_shortly(span.reason, {}, language, plan) if span.reason else "",
        since=face(span.since),
        until=face(span.until) if span.until is not None else "",
        lasted_s=span.lasted_s,
    )


def mean(days: Sequence[AvailabilityRow]) -> float | None:
    """The share of all the days together, each by the time that it was watched for."""
    known = [(day.share, day.watched_s) for day in days if day.share is not None and day.watched_s]
    watched = sum(seconds for _, seconds in known)
    return sum(share * seconds for share, seconds in known) / watched if watched else None


def percent(share: float | None, language: str) -> str:
    """A share as people read it; what isn't whole never becomes 100 by rounding, nor what is there 0."""
    if share is None:
        return "—"
    value = share * 100
    shown = f"{value:.0f}" if value in (0, 100) else decimal(min(max(value, 0.1), 99.9), language)
    return f"{shown}\u00a0%"


def day_words(day: AvailabilityRow, language: str) -> str:
    """The date of a day, or its number where nobody knew the date."""
    return long_date(day.date.isoformat(), language) if day.date is not None else f"№\u00a0{day.day}"


def bars(days: Sequence[AvailabilityRow], language: str) -> list[Bar]:
    """A bar for each day, as high as the share of the opening hours in which the device worked."""
    step = WIDTH / max(len(days), FEWEST)
    width = min(WIDEST, step * 0.7)
    base = HEIGHT - FOOT
    made = []
    for index, day in enumerate(days):
        share = day.share or 0.0
        height = round((base - TOP) * share, 1)
        middle = round(step * (index + 0.5), 1)
        made.append(
            Bar(
                day=f"{day.date.day}" if day.date is not None else f"{day.day}",
                text="—" if day.share is None else percent(share, language).removesuffix("\u00a0%"),
                kind="whole" if share >= 1 else "part" if share > 0 else "none",
                x=round(middle - width / 2, 1),
                y=round(base - height, 1),
                width=round(width, 1),
                height=height,
                middle=middle,
            )
        )
    return made
