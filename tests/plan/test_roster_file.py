"""A week copied to another and an absence noted, in a document that otherwise stays what it was."""

from __future__ import annotations

import pytest

from appliance.domain.plan import Absence, Plan
from appliance.domain.plans.diff import diff
from appliance.domain.plans.reader import checked_plan, read_plan
from appliance.domain.roster import shifts_of_week
from appliance.roster_file import RosterError, copied_week, with_absence
from tests.plan.broken import BASE
from tests.plan.variants import EXAMPLES, example

PLAN = read_plan("# The roster is kept by the head.\n" + BASE)


def refused(plan: Plan, source: str, target: str) -> str:
    with pytest.raises(RosterError) as caught:
        copied_week(plan, source, target, replace=False)
    return caught.value.code


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_copied_week_has_the_shifts_of_the_other_and_no_week_else_changes(name: str) -> None:
    plan = example(name)
    document, count = copied_week(plan, "2026-W48", "2026-W49", replace=False)
    copied = checked_plan(document)
    named = shifts_of_week(copied, "2026-W49")
    assert len(named) == count == len(plan.shifts)
    for old, new in zip(plan.shifts, named, strict=True):
        assert (old.operator, old.desk, old.weekdays, old.span, old.breaks) == (
            new.operator,
            new.desk,
            new.weekdays,
            new.span,
            new.breaks,
        )
    for week in ("2026-W48", "2026-W50"):
        assert shifts_of_week(copied, week) == plan.shifts
    assert copied.version == plan.version + 1
    assert {one.thing for one in diff(plan, copied)} == {"plan", "shift"}


def test_what_nobody_touched_stays_as_it_was_written() -> None:
    document, _ = copied_week(PLAN, "2026-W48", "2026-W49", replace=False)
    assert document.startswith(PLAN.document[: PLAN.document.index("version")])
    head, tail = PLAN.document.index("[name]"), PLAN.document.index("[[absence]]")
    assert PLAN.document[head:tail].rstrip() in document
    assert PLAN.document[tail:].rstrip() in document


def test_a_week_with_shifts_of_its_own_is_only_replaced_when_asked() -> None:
    once = checked_plan(copied_week(PLAN, "2026-W48", "2026-W49", replace=False)[0])
    assert refused(once, "2026-W48", "2026-W49") == "week-taken"
    again = checked_plan(copied_week(once, "2026-W48", "2026-W49", replace=True)[0])
    assert shifts_of_week(again, "2026-W49") == shifts_of_week(once, "2026-W49")
    assert len(again.shifts) == len(once.shifts) == 4


def test_weeks_that_make_no_sense_are_refused() -> None:
    assert refused(PLAN, "2026-W54", "2026-W49") == "no-such-week"
    assert refused(PLAN, "2026-W48", "2026-48") == "no-such-week"
    assert refused(PLAN, "2026-W48", "2026-W48") == "same-week"
    empty = read_plan(BASE[: BASE.index("[[shift]]")])
    assert refused(empty, "2026-W48", "2026-W49") == "week-empty"


def test_an_absence_is_one_table_more() -> None:
    plan = checked_plan(with_absence(PLAN, "op-2", "2026-12-07", "2026-12-09", "illness"))
    assert plan.absences == (*PLAN.absences, Absence("op-2", "2026-12-07", "2026-12-09", "illness"))
    assert plan.version == PLAN.version + 1


def test_the_first_absence_of_a_plan_makes_its_own_place() -> None:
    plan = read_plan(BASE[: BASE.index("[[absence]]")])
    assert len(checked_plan(with_absence(plan, "op-1", "2026-12-07", "2026-12-07")).absences) == 1


def test_a_roster_written_on_one_line_takes_another_shift_too() -> None:
    head = BASE[: BASE.index("[[shift]]")].replace(
        "schema = 1\n", 'schema = 1\nshift = [{ operator = "op-1", desk = 1, days = "mon", hours = "09:00-10:00" }]\n'
    )
    plan = checked_plan(copied_week(read_plan(head), "2026-W48", "2026-W49", replace=False)[0])
    assert [shift.week for shift in plan.shifts] == ["", "2026-W49"]


@pytest.mark.parametrize(
    ("operator", "first", "last", "code"),
    [
        ("op-9", "2026-12-01", "2026-12-02", "no-such-operator"),
        ("op-1", "2026-12-32", "2026-12-02", "no-such-date"),
        ("op-1", "2026-12-02", "tomorrow", "no-such-date"),
        ("op-1", "2026-12-02", "2026-12-01", "dates-reversed"),
    ],
)
def test_absences_that_make_no_sense_are_refused(operator: str, first: str, last: str, code: str) -> None:
    with pytest.raises(RosterError) as caught:
        with_absence(PLAN, operator, first, last)
    assert caught.value.code == code
