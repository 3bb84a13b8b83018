"""What differs between two plans, and how it is told."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given, settings

from appliance import plan_words
from appliance.domain.plan import (
    CalendarDay,
    DayKind,
    Plan,
    Span,
    Timetable,
    Words,
)
from appliance.domain.plans.adjusting import adjusted
from appliance.domain.plans.diff import SECTIONS, Change, ChangeKind, diff
from appliance.domain.plans.reader import read_plan
from appliance.words import translations
from tests.plan.broken import BASE
from tests.plan.variants import EXAMPLES, HALL, example, variants

PLAN = replace(
    read_plan(BASE),
    calendar=replace(read_plan(BASE).calendar, days={"2026-12-31": CalendarDay("2026-12-31", DayKind.CLOSED)}),
)


def other(value: Any, name: str) -> Any:
    """A value of the same kind that isn't the same."""
    match value:
        case bool():
            return not value
        case StrEnum():
            return next(each for each in type(value) if each is not value)
        case int():
            return value + 1
        case Words():
            return Words({"ru": "другое", "uk": "інше"})
        case Timetable():
            return Timetable.daily(1, 2)
        case Span():
            return Span(1, 2)
        case tuple():
            return (*value, "other")
        case str():
            return value + "x"
    return {"hours": Timetable.daily(1, 2), "like": 3, "transfer_to": "bills", "organisation": "water"}[name]


def fields_of(item: Any) -> list[str]:
    return [each.name for each in dataclasses.fields(item) if each.name not in ("id", "number", "date")]


FIRST = {section: next(iter(getattr(PLAN, section).values())) for section in SECTIONS}
THINGS = [
    *[(section, thing, name) for section, thing in SECTIONS.items() for name in fields_of(FIRST[section])],
    *[(part, part, name) for part in ("settings", "policy") for name in fields_of(getattr(PLAN, part))],
]


@pytest.mark.parametrize(("section", "thing", "name"), THINGS)
def test_every_field_that_changes_is_told(section: str, thing: str, name: str) -> None:
    part: Any = getattr(PLAN, section)
    if section == thing:
        changed: Any = replace(part, **{name: other(getattr(part, name), name)})
    else:
        key = next(iter(part))
        changed = {**part, key: replace(part[key], **{name: other(getattr(part[key], name), name)})}
    found = diff(PLAN, replace(PLAN, **{section: changed}))
    assert found
    assert {(one.kind, one.thing, one.field.partition(".")[0]) for one in found} == {(ChangeKind.CHANGED, thing, name)}


@pytest.mark.parametrize(
    "name", ["version", "office", "name", "address", "timezone", "languages", "desk_word", "phone"]
)
def test_every_field_of_the_plan_itself_is_told(name: str) -> None:
    changed: dict[str, Any] = {name: other(getattr(PLAN, name), name)}
    assert {one.field.partition(".")[0] for one in diff(PLAN, replace(PLAN, **changed))} == {name}


def test_no_part_of_a_plan_is_forgotten() -> None:
    told = {*SECTIONS, "settings", "policy", "hours", "calendar", "shifts", "absences"}
    told |= {"version", "office", "name", "address", "timezone", "languages", "desk_word", "phone"}
    assert {each.name for each in dataclasses.fields(Plan)} == told | {"document", "skills"}


def test_equal_plans_do_not_differ() -> None:
    for name in EXAMPLES:
        assert diff(example(name), example(name)) == []


def test_a_norm_and_a_name_hold_from_different_times() -> None:
    service = replace(PLAN.services["bills"], norm_min=20, icon="house")
    norm, icon = sorted(
        diff(PLAN, replace(PLAN, services={**PLAN.services, "bills": service})), key=lambda one: not one.at_once
    )
    assert norm == Change(ChangeKind.CHANGED, "service", "bills", "norm_min", "15", "20", True)
    assert icon == Change(ChangeKind.CHANGED, "service", "bills", "icon", "file-text", "house", False)
    assert norm.place == "service bills.norm_min"


def test_hours_are_told_as_a_reader_takes_them_in() -> None:
    later = replace(PLAN.hours, office=Timetable.daily(540, 1200))
    (change,) = diff(PLAN, replace(PLAN, hours=later))
    assert (change.before, change.after) == ("mon-fri 08:00-20:00, sat 09:00-15:00", "mon-sun 09:00-20:00")


def test_removed_added_and_reordered_services() -> None:
    bills, debts, meters = PLAN.services.values()
    new = replace(PLAN, services={"meters": meters, "bills": bills, "new": replace(debts, id="new")})
    found = diff(PLAN, new)
    assert [(one.kind.value, one.place) for one in found] == [
        ("removed", "service debts"),
        ("added", "service new"),
        ("changed", "service.order"),
    ]


def test_roster_lines_are_told_whole() -> None:
    first, second = PLAN.shifts
    (gone, come) = diff(PLAN, replace(PLAN, shifts=(replace(first, desk=2, week="2026-W48"), second)))
    assert gone.before == "op-1, 1, mon-fri 08:00-17:00 (12:00-12:30, 15:00-15:15)"
    assert come.after == "op-1, 2, mon-fri 08:00-17:00 (12:00-12:30, 15:00-15:15) 2026-W48"


@settings(max_examples=40, deadline=None)
@given(variants(), variants())
def test_differences_are_told_in_every_language_and_mirror_each_other(old: Plan, new: Plan) -> None:
    there, back = diff(old, new), diff(new, old)
    assert len(there) == len(back)
    for language in ("ru", "uk", "en"):
        for change in there:
            told = plan_words.change(change, language)
            assert "{" not in told
            assert change.id in told


@settings(max_examples=40, deadline=None)
@given(variants())
def test_what_is_said_to_hold_at_once_is_what_holds_at_once(new: Plan) -> None:
    """Fields that wait for the opening are those that the adjusted plan still has to change."""
    left = diff(adjusted(HALL, new), new)
    waiting = {one.place for one in diff(HALL, new) if not one.at_once}
    assert waiting <= {one.place for one in left}


def test_labels_are_told_in_three_languages() -> None:
    labels = (*plan_words.THINGS, *plan_words.FIELDS)
    for language in ("ru", "uk"):
        catalogue = translations(language)
        for word in labels:
            english = plan_words.label(word, "en")
            assert plan_words.label(word, language) != english, (word, language)
        for code, message in plan_words.SENTENCES.items():
            assert catalogue.gettext(message) != message, code
