"""The technician's examination: what is wrong first, what it means, what to do, and one action beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from appliance.api import technician_views as views
from appliance.api.context import TechnicianTools
from appliance.api.technician_schemas import FindingView, ReportView
from appliance.doctor_words import verdict_word
from hardware.doctor.finding import Verdict
from web.office import technician_room as room
from web.office.pages import Pages
from web.office.wording import N_

HERE, TITLE = "/technician/doctor", N_("Check of the devices")
CLASSES = {"fault": "fault", "warning": "warning", "well": "ready"}
ICONS = {"fault": "state-alarm", "warning": "state-warning", "well": "state-ready"}


@dataclass(frozen=True, slots=True)
class Act:
    """What a technician can do about a row: a link (`href`), an act of the API (`path`), or the check once more."""

    id: str
    icon: str
    words: str
    path: str = ""
    body: str = ""
    href: str = ""
    wait: str = ""


TEST = Act(
    "test",
    "printer",
    N_("Print a test"),
    "/api/v1/technician/print",
    '{"paper": "self-test"}',
    wait=N_("Printing. Wait for the paper."),
)
CHIME = Act("chime", "volume-2", N_("Play the chime"), "/api/v1/technician/chime", wait=N_("Playing."))
PATTERN = Act("pattern", "monitor", N_("Test picture"), "/api/v1/technician/pattern", wait=N_("Lighting up."))
WALK = Act("walk", "keyboard", N_("Walk through the keys"), href="/technician/keys")
AGAIN = Act("again", "refresh-cw", N_("Check again"))
ACTS = {
    "printer": TEST,
    "voice": CHIME,
    "board": PATTERN,
    "display": PATTERN,
    "spi": PATTERN,
    "buttons": WALK,
    "module": WALK,
    "keypad": WALK,
    "bell": WALK,
}
"""The act of a row by what was checked; each stands on the first such row only."""


def router(pages: Pages) -> APIRouter:
    """GET /technician/doctor and its live panel, for the owner."""
    made = APIRouter(include_in_schema=False)

    def values(tools: TechnicianTools, language: str) -> dict[str, Any]:
        plan = pages.reading.plan
        report = views.report(tools.report(), language, plan)
        return {
            "title": pages.translate(TITLE, language),
            "report": report,
            "checked_at": f"{room.local_time(report.at, plan):%H:%M:%S}",
            "counted": counted(pages, report, language),
            "acts": acts(report.findings),
            "verdicts": {verdict.value: verdict_word(verdict.value, language) for verdict in Verdict},
            "classes": CLASSES,
            "icons": ICONS,
        }

    @made.get(HERE)
    def doctor(request: Request) -> Response:
        return room.room(pages, request, "technician_doctor.html", HERE, TITLE, values)

    @made.get(f"{HERE}/panel")
    def panel(request: Request) -> Response:
        return room.panel(pages, request, "technician_doctor_panel.html", values)

    return made


def acts(findings: list[FindingView]) -> dict[int, Act]:
    """The act of each row, rows counted from 1: one that makes sense there, else for a fault the check once more."""
    found: dict[int, Act] = {}
    for row, one in enumerate(findings, 1):
        act = ACTS.get(one.check)
        if act is not None and act not in found.values():
            found[row] = act
        elif act is None and one.verdict == "fault":
            found[row] = Act(f"again-{row}", AGAIN.icon, AGAIN.words)
    return found


def counted(pages: Pages, report: ReportView, language: str) -> str:
    """The counts in one sentence, for somebody who hears the page."""
    return pages.translate(
        N_("Checked: faults %(faults)s, warnings %(warnings)s, in order %(well)s."),
        language,
        faults=report.faults,
        warnings=report.warnings,
        well=report.well,
    )
