"""Nobody is invisible: whoever got no number is counted, by reason and service (rule 16)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from appliance.domain import require
from appliance.domain.message import Command, Event, Record
from appliance.domain.moment import Now
from appliance.domain.office import Office
from appliance.domain.refusal import Code, Refused


class AwayReason(StrEnum):
    """Why somebody got no number. The first ones are refusals of the rules, the last ones what staff saw."""

    CLOSED = "closed"
    LIMIT = "limit"
    NO_TIME = "no-time"
    PAUSED = "paused"
    STOPPED = "stopped"
    REDIRECTED = "redirected"
    NO_NUMBERS = "no-numbers"
    LEFT_BEFORE = "left-before"
    NOT_HERE = "not-here"


OF_REFUSAL = {
    Code.DAY_NOT_OPEN: AwayReason.CLOSED,
    Code.ISSUING_CLOSED: AwayReason.CLOSED,
    Code.ISSUING_NOT_YET: AwayReason.CLOSED,
    Code.NOT_TODAY: AwayReason.CLOSED,
    Code.LIMIT_REACHED: AwayReason.LIMIT,
    Code.NO_TIME_LEFT: AwayReason.NO_TIME,
    Code.HALL_PAUSED: AwayReason.PAUSED,
    Code.SERVICE_STOPPED: AwayReason.STOPPED,
    Code.SERVICE_REDIRECTED: AwayReason.REDIRECTED,
    Code.NUMBERS_EXHAUSTED: AwayReason.NO_NUMBERS,
    Code.DISK_FULL: AwayReason.NO_NUMBERS,
}
"""Which refusals of a number turn a visitor away."""


@dataclass(frozen=True)
class TurnAway(Command):
    """Somebody who wanted this service (None: nobody knows which) goes without a number."""

    service: str | None
    reason: str


@dataclass(frozen=True)
class VisitorTurnedAway(Event):
    """One visitor without a number."""

    service: str | None
    reason: str


def turn_away(office: Office, command: TurnAway, now: Now) -> Sequence[Event]:
    """Count them, whether the day is open or not."""
    if office.plan is None:
        raise Refused(Code.NO_PLAN)
    if command.service is not None:
        require.service(office.plan, command.service)
    if command.reason not in set(AwayReason):
        raise Refused(Code.UNKNOWN_REASON, reason=command.reason[:40])
    return [VisitorTurnedAway(command.service, command.reason)]


def turned_away(office: Office, record: Record, event: VisitorTurnedAway) -> Office:
    """Only the history changes."""
    return office
