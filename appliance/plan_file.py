"""plan.toml on the disk: reading it for this office, and what the hardware names that it doesn't."""

from __future__ import annotations

import os
from pathlib import Path

from appliance.domain.plan import Plan
from appliance.domain.plans.document import Mistake
from appliance.domain.plans.reader import PlanError, checked_plan
from hardware.config import HardwareConfig


def read_plan_file(path: Path, office: str) -> Plan:
    """The plan in this file. Raises PlanError: unreadable, with mistakes or contradictions, or of another office."""
    try:
        plan = checked_plan(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError([Mistake("plan", "not-readable", {"error": str(error)})]) from error
    if plan.office != office:
        raise PlanError([Mistake("plan.office", "other-office", {"found": plan.office, "wanted": office})])
    return plan


class PlanFile:
    """plan.toml as the API replaces it: written beside, flushed, and put in place once the rules have taken it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._staged = path.with_name(f"{path.name}.new")

    def stage(self, document: str) -> None:
        """Write the document beside the plan. Raises OSError."""
        with self._staged.open("w", encoding="utf-8") as file:
            file.write(document)
            file.flush()
            os.fsync(file.fileno())

    def keep(self) -> None:
        """Put the staged document in place; the next start reads it. Raises OSError."""
        self._staged.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def drop(self) -> None:
        """Forget the staged document."""
        self._staged.unlink(missing_ok=True)


def unplanned(hardware: HardwareConfig, plan: Plan | None) -> list[str]:
    """The keys whose desk or service the plan doesn't know: a press of them is refused."""
    if plan is None:
        return []
    desks = [f"desk/{panel.desk}" for panel in hardware.panels if panel.desk not in plan.desks]
    return desks + [f"kiosk/{button.service}" for button in hardware.buttons if button.service not in plan.services]
