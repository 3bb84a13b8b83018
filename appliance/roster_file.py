"""Changes of the roster in a plan document: a week copied to another, an operator's absence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from appliance.domain.plan import Plan, Shift
from appliance.domain.plans.hours import monday_of, written_days, written_span
from appliance.domain.roster import shifts_of_week
from appliance.plan_editing import appended, rewritten


class RosterError(Exception):
    """A change that can't be made; `code` is one of `plan_words.SENTENCES`."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


def copied_week(plan: Plan, source: str, target: str, *, replace: bool) -> tuple[str, int]:
    """The document of `plan` where `target` has the shifts in force in `source`, and how many they are.

    Raises RosterError: no such week, the same week, nothing to copy, or `target` has shifts of its own already and
    `replace` is false.
    """
    for week in (source, target):
        if monday_of(week) is None:
            raise RosterError("no-such-week", found=week)
    if source == target:
        raise RosterError("same-week")
    shifts = shifts_of_week(plan, source)
    if not shifts:
        raise RosterError("week-empty", week=source)
    taken = sum(shift.week == target for shift in plan.shifts)
    if taken and not replace:
        raise RosterError("week-taken", week=target, count=taken)
    items = [_item(shift, target) for shift in shifts]
    return rewritten(plan.document, "shift", items, lambda item: item.get("week") == target), len(shifts)


def _item(shift: Shift, week: str) -> Mapping[str, Any]:
    item: dict[str, Any] = {
        "operator": shift.operator,
        "desk": shift.desk,
        "days": written_days(shift.weekdays),
        "hours": written_span(shift.span),
    }
    if shift.breaks:
        item["breaks"] = [written_span(pause) for pause in shift.breaks]
    return {**item, "week": week}


def with_absence(plan: Plan, operator: str, first: str, last: str, reason: str = "") -> str:
    """The document of `plan` with one more absence.

    Raises RosterError: no such operator, no such date, or the last day before the first.
    """
    if operator not in plan.operators:
        raise RosterError("no-such-operator", found=operator, known=", ".join(plan.operators))
    for text in (first, last):
        try:
            date.fromisoformat(text)
        except ValueError as error:
            raise RosterError("no-such-date", found=text) from error
    if last < first:
        raise RosterError("dates-reversed", first=first, last=last)
    item = {"operator": operator, "first": first, "last": last}
    return appended(plan.document, "absence", [{**item, "reason": reason} if reason else item])
