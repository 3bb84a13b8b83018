"""An alarm: something at an office that a person must answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """`warning`: soon; `alarm`: now."""

    WARNING = "warning"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm, open or closed. Times are UTC ms of the centre's clock.

    `rule` is the code of the rule that raised it, `subject` what it is about within the office (a device, a desk, '').
    `facts` are what its sentence is filled with. `severity` is the gravest it has had, `now` what it is at this moment.
    `acknowledged_by` is the name of the person who took it. `escalated`: 0, or how often nobody took it in time.
    `alarm_ms`: when it became an alarm; None of what has only been a warning.
    """

    id: int
    office: str
    rule: str
    subject: str
    severity: Severity
    now: Severity
    raised_ms: int
    facts: Mapping[str, str] = field(default_factory=dict)
    acknowledged_ms: int | None = None
    acknowledged_by: str = ""
    escalated: int = 0
    closed_ms: int | None = None
    alarm_ms: int | None = None
