"""docs/plan.md is a right plan, and forgets no key."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from appliance.domain import plan as model
from appliance.domain.plans.reader import checked_plan

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "plan.md").read_text(encoding="utf-8")
BLOCKS = "\n".join(re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL))
ANSWERED = {"desk_class": "class", "weekdays": "days", "span": "hours"}


def test_the_blocks_of_the_page_are_a_right_plan() -> None:
    assert len(checked_plan(BLOCKS).services) == 2


def test_the_settings_of_the_page_are_the_defaults() -> None:
    assert checked_plan(BLOCKS).settings == model.Settings()


def test_every_key_of_a_plan_is_on_the_page() -> None:
    classes: tuple[type, ...] = (
        model.Calendar,
        model.CalendarDay,
        model.Policy,
        model.Category,
        model.Reason,
        model.Organisation,
    )
    classes += (model.Service, model.DeskPlan, model.Operator, model.Shift, model.Absence, model.Settings)
    names = {ANSWERED.get(each.name, each.name) for kind in classes for each in dataclasses.fields(kind)}
    missing = {name for name in names - {"days", "like"} if not re.search(rf"^{name} *=", BLOCKS, re.MULTILINE)}
    assert missing == set()
