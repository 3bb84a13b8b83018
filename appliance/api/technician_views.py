"""What a technician sees of the devices, in the reader's language: the same for the routes and for the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance import words
from appliance.api.technician_schemas import (
    FindingView,
    LessonView,
    OutcomeView,
    RemedyView,
    ReportView,
    WalkKeyView,
    WalkView,
)
from appliance.doctor_words import control_name, finding_lines, point_in_words, say
from appliance.domain.plan import Plan
from hardware.doctor.finding import Finding, Verdict
from hardware.doctor.mending import remedies

if TYPE_CHECKING:
    from appliance.api.context import TechnicianTools
    from appliance.technician.doctoring import Report

DONE = ("printed", "sent")
MAINS = "power/fail"
"""The one contact that nobody presses."""


def report(found: Report, language: str, plan: Plan | None) -> ReportView:
    """An examination with its sentences and with what mends it."""
    return ReportView(
        at=found.at,
        took_s=round(found.took_s, 2),
        faults=found.count(Verdict.FAULT),
        warnings=found.count(Verdict.WARNING),
        well=found.count(Verdict.WELL),
        findings=[_finding(one, language, plan) for one in found.findings],
        remedies=[
            RemedyView(reason=one.reason, file=one.file, lines=list(one.lines)) for one in remedies(found.findings)
        ],
    )


def walk(tools: TechnicianTools, language: str, plan: Plan | None) -> WalkView:
    """The tick list: every key of the walk, or of the next one, in the order of hardware.toml."""
    view = tools.walk.view()
    pressed = dict(zip(view.ticked, view.at, strict=True))
    wired = [key.control for key in tools.config.wired_keys() if key.control != MAINS]
    wanted = {*view.ticked, *view.missing} or set(wired)
    return WalkView(
        active=view.active and bool(view.missing),
        left_s=view.left_s,
        keys=[
            WalkKeyView(
                control=key.control,
                name=control_name(key.control, language, plan),
                point=point_in_words(str(key.point), language),
                at=pressed.get(key.control),
            )
            for key in tools.config.wired_keys()
            if key.control in wanted
        ],
    )


def lesson(tools: TechnicianTools, language: str, plan: Plan | None) -> LessonView:
    """How far the lesson is, and why a press was refused."""
    view = tools.teaching.view()
    facts = {"owner": view.owner, "point": view.point}
    return LessonView.model_validate(
        {
            "active": view.active,
            "desk": view.desk,
            "wanted": view.wanted,
            "learnt": [{"key": key, "point": point_in_words(point, language)} for key, point in view.learnt],
            "refused": view.refused,
            "said": say(view.refused, language, plan, **facts) if view.refused else "",
            "saved": view.saved,
        }
    )


def printed(code: str, trouble: str, language: str, plan: Plan | None) -> OutcomeView:
    """What became of a test slip; where nothing came out, with what the printer says of itself (`trouble`, a code)."""
    said = say(f"doctor-print-{code}", language, plan)
    if code not in DONE and trouble:
        said = f"{said} {words.sentence(trouble, {}, language, plan)}"
    return OutcomeView(done=code in DONE, code=code, said=said)


def outcome(code: str, language: str, plan: Plan | None, *, done: bool = True, **facts: object) -> OutcomeView:
    """What came out of an act."""
    return OutcomeView(done=done, code=code, said=say(code, language, plan, **facts))


def _finding(one: Finding, language: str, plan: Plan | None) -> FindingView:
    title, why, todo = finding_lines(one, language, plan)
    return FindingView(
        check=one.check,
        subject=one.subject,
        verdict=one.verdict.value,
        reason=one.reason,
        hint=one.hint,
        facts=dict(one.facts),
        title=title,
        why=why,
        todo=todo,
    )
