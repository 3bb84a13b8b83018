"""What one check came to: a code, the facts for its sentence, and what a person should do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hardware.ports import Condition, DeviceState


class Verdict(StrEnum):
    """How a check ended, the worst first."""

    FAULT = "fault"
    WARNING = "warning"
    WELL = "well"


SEVERITY = {verdict: rank for rank, verdict in enumerate(Verdict)}


@dataclass(frozen=True, slots=True)
class Finding:
    """One check. `check` is the code of what was looked at, `subject` which one of several (`desks/1`, `desk 3`).

    `reason` says what is wrong, or the fact worth knowing where all is well; `hint` what to do; both are codes whose
    sentences take `facts`.
    """

    check: str
    verdict: Verdict
    subject: str = ""
    reason: str = ""
    hint: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


def of_state(check: str, subject: str, state: DeviceState) -> Finding:
    """The finding that a device's state amounts to."""
    facts = dict(state.facts)
    if state.condition is not Condition.READY:
        return Finding(check, Verdict.FAULT, subject, state.reason, state.hint, facts)
    if state.warning:
        return Finding(check, Verdict.WARNING, subject, state.warning, state.hint, facts)
    return Finding(check, Verdict.WELL, subject, facts=facts)


def sorted_by_severity(findings: Iterable[Finding]) -> list[Finding]:
    """What is wrong comes first; among equals the order of the checks stays."""
    return sorted(findings, key=lambda one: SEVERITY[one.verdict])
