"""The technician's keys: every key pressed once and ticked off, and a panel taught to the box by pressing it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from appliance.api import technician_views as views
from appliance.api.context import TechnicianTools
from appliance.api.technician_schemas import LessonView, WalkKeyView, WalkView
from appliance.doctor_words import key_cap
from hardware.config import KEYS
from web.office import technician_room as room
from web.office.pages import Pages
from web.office.wording import N_

HERE, TITLE = "/technician/keys", N_("Keys")


@dataclass(frozen=True, slots=True)
class Cell:
    """A key in the tick list. `at`: the time of day of its press, "" while it is missing."""

    name: str
    point: str
    at: str


@dataclass(frozen=True, slots=True)
class Cap:
    """A key in a lesson. `state`: learnt, wanted or later."""

    name: str
    state: str
    point: str = ""


def router(pages: Pages) -> APIRouter:
    """GET /technician/keys and its live panel, for the owner."""
    made = APIRouter(include_in_schema=False)

    def values(tools: TechnicianTools, language: str) -> dict[str, Any]:
        plan = pages.reading.plan
        walk = views.walk(tools, language, plan)
        lesson = views.lesson(tools, language, plan)
        known = {panel.desk for panel in tools.config.panels}
        desks = sorted(plan.desks) if plan is not None else sorted(known)
        pressed = sum(1 for key in walk.keys if key.at is not None)
        caps = lesson_caps(lesson, language)
        return {
            "walk": walk,
            "pressed": pressed,
            "panels": by_desk(cells(pages, walk)),
            "others": [cell for control, cell in cells(pages, walk) if not control.startswith("desk/")],
            "heads": [key_cap(key, language) for key in KEYS],
            "lesson": lesson,
            "caps": caps,
            "wanted": key_cap(lesson.wanted, language),
            "desks": [(desk, desk in known) for desk in desks],
            "live": walk.active or (lesson.active and not lesson.saved),
            "announced": announced(pages, walk, lesson, pressed, language),
        }

    @made.get(HERE)
    def keys(request: Request) -> Response:
        return room.room(pages, request, "technician_keys.html", HERE, TITLE, values)

    @made.get(f"{HERE}/panel")
    def panel(request: Request) -> Response:
        return room.panel(pages, request, "technician_keys_panel.html", values)

    return made


def cells(pages: Pages, walk: WalkView) -> list[tuple[str, Cell]]:
    """Every key of the walk with the time of its press."""
    plan = pages.reading.plan

    def face(key: WalkKeyView) -> str:
        return f"{room.local_time(key.at, plan):%H:%M:%S}" if key.at is not None else ""

    return [(key.control, Cell(key.name, key.point, face(key))) for key in walk.keys]


def by_desk(keys: Iterable[tuple[str, Cell]]) -> dict[int, list[Cell | None]]:
    """The panels by desk; a key that isn't asked for is None."""
    found: dict[int, list[Cell | None]] = {}
    for control, cell in keys:
        kind, _, rest = control.partition("/")
        desk, _, key = rest.partition("/")
        if kind == "desk" and desk.isdigit() and key in KEYS:
            found.setdefault(int(desk), [None] * len(KEYS))[KEYS.index(key)] = cell
    return dict(sorted(found.items()))


def lesson_caps(lesson: LessonView, language: str) -> list[Cap]:
    """The three keys of the panel that is being learnt."""
    points: dict[str, str] = {one.key: one.point for one in lesson.learnt}
    return [
        Cap(
            key_cap(key, language),
            "learnt" if key in points else "wanted" if key == lesson.wanted else "later",
            points.get(key, ""),
        )
        for key in KEYS
    ]


def announced(pages: Pages, walk: WalkView, lesson: LessonView, pressed: int, language: str) -> str:
    """What has just changed, for somebody who hears the page."""
    say = pages.translate
    if walk.active or (pressed and pressed == len(walk.keys)):
        return say(N_("%(done)s of %(all)s keys pressed."), language, done=pressed, all=len(walk.keys))
    if lesson.active and lesson.said:
        return lesson.said
    if lesson.active and lesson.wanted:
        return say(N_("Press %(key)s now."), language, key=key_cap(lesson.wanted, language))
    return ""
