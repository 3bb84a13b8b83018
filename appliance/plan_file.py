"""plan.toml on the disk: reading it for this office, and what the hardware names that it doesn't."""

from __future__ import annotations

from pathlib import Path

from appliance.domain.document import Mistake
from appliance.domain.plan import Plan
from appliance.domain.plan_reader import PlanError, read_plan
from hardware.config import HardwareConfig


def read_plan_file(path: Path, office: str) -> Plan:
    """The plan in this file. Raises PlanError: unreadable, full of mistakes, or of another office."""
    try:
        plan = read_plan(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError([Mistake("plan", "not-readable", {"error": str(error)})]) from error
    if plan.office != office:
        raise PlanError([Mistake("plan.office", "other-office", {"found": plan.office, "wanted": office})])
    return plan


def unplanned(hardware: HardwareConfig, plan: Plan | None) -> list[str]:
    """The keys whose desk or service the plan doesn't know: a press of them is refused."""
    if plan is None:
        return []
    desks = [f"desk/{panel.desk}" for panel in hardware.panels if panel.desk not in plan.desks]
    return desks + [f"kiosk/{button.service}" for button in hardware.buttons if button.service not in plan.services]
