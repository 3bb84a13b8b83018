"""The hall stands still (an air raid, a fire, no power) and goes on in the same order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from appliance.domain import require
from appliance.domain.message import Command, Event, Record
from appliance.domain.moment import Now
from appliance.domain.office import Office, Pause
from appliance.domain.refusal import Code, Refused


@dataclass(frozen=True)
class PauseHall(Command):
    """Nobody is called and no number is given until the hall resumes. `reason` is a code: alarm, fire, power, other."""

    reason: str = "alarm"


@dataclass(frozen=True)
class ResumeHall(Command):
    """The hall goes on."""


@dataclass(frozen=True)
class HallPaused(Event):
    """A pause began: waiting, no-show and norm clocks stand still."""

    pause: int
    reason: str


@dataclass(frozen=True)
class HallResumed(Event):
    """A pause ended; `by_system` when the day closed over it."""

    pause: int
    by_system: bool = False


REASONS = ("alarm", "fire", "power", "other")


def pause(office: Office, command: PauseHall, now: Now) -> Sequence[Event]:
    """Stop the hall; pausing twice changes nothing."""
    require.open_day(office)
    if command.reason not in REASONS:
        raise Refused(Code.UNKNOWN_REASON, reason=command.reason[:40])
    return [] if office.pause is not None else [HallPaused(office.last_pause + 1, command.reason)]


def resume(office: Office, command: ResumeHall, now: Now) -> Sequence[Event]:
    """Let the hall go on."""
    require.open_day(office)
    if office.pause is None:
        raise Refused(Code.NOT_PAUSED)
    return [HallResumed(office.pause.id)]


def paused(office: Office, record: Record, event: HallPaused) -> Office:
    """The clocks stand."""
    begun = Pause(event.pause, event.reason, record.stamp)
    return replace(office, pauses=(*office.pauses, begun), last_pause=event.pause)


def resumed(office: Office, record: Record, event: HallResumed) -> Office:
    """The clocks run again."""
    *before, last = office.pauses
    return replace(office, pauses=(*before, replace(last, ended=record.stamp)))
