"""The bell at the ramp: rung outside, answered inside, and over when somebody has come. It rings day and night.

One call at a time for each bell. It is *rung* by a press outside, *answered* by whoever is coming, and over when they
have *arrived*: the press at the ramp after the answer, or a word of staff. Pauses of the hall, its hours and its plan
don't matter to it. A call that nobody answers is shown at all desks, then at the centre.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from appliance.domain.message import Command, Event, Record
from appliance.domain.moment import Moment, Now
from appliance.domain.office import BellCall, Office
from appliance.domain.refusal import Code, Refused

NAME = re.compile(r"[a-z0-9-]{1,20}")

ESCALATED_AFTER_S = (60, 120)
"""Unanswered for so long: level 1, every desk shows the call; level 2, the centre too."""

UNANSWERED_MIN = 60
"""After so long without an answer nobody waits at the ramp any more: the call ends by itself."""

UNARRIVED_MIN = 15
"""So long after the answer somebody has been there, whether they told or not: the call ends by itself."""

UNDERWAY_MS = 3000
"""A press so soon after the answer was made before anybody outside could see it: nobody has arrived by it."""

MOST_RINGS = 20
"""Further presses of one call leave no trace: whoever leans on the bell doesn't fill the journal."""


class BellEnd(StrEnum):
    """How a call ended. `ramp` and `page`: somebody arrived, told by a press outside or by staff."""

    RAMP = "ramp"
    PAGE = "page"
    SYSTEM = "system"
    LOOP_CUT = "loop-cut"


@dataclass(frozen=True)
class PressBell(Command):
    """The button at the ramp was pressed: a call, or, after the answer, somebody has arrived there."""

    bell: str


@dataclass(frozen=True)
class AnswerBell(Command):
    """Somebody inside says that they are coming."""

    bell: str


@dataclass(frozen=True)
class CloseBell(Command):
    """Staff say that somebody has been at the ramp."""

    bell: str


@dataclass(frozen=True)
class BellLoopCut(Command):
    """The loop of the bell has been open for too long to be a press: what its opening had rung was no call."""

    bell: str


@dataclass(frozen=True)
class BellRung(Event):
    """Somebody at the ramp wants help."""

    call: int
    bell: str


@dataclass(frozen=True)
class BellRungAgain(Event):
    """The same call, pressed once more."""

    call: int
    bell: str


@dataclass(frozen=True)
class BellEscalated(Event):
    """Nobody has answered for too long; `level` as in `ESCALATED_AFTER_S`."""

    call: int
    bell: str
    level: int


@dataclass(frozen=True)
class BellAnswered(Event):
    """Somebody is on the way."""

    call: int
    bell: str


@dataclass(frozen=True)
class BellArrived(Event):
    """Somebody is at the ramp, or has been; `how` is `ramp` or `page`."""

    call: int
    bell: str
    how: str


@dataclass(frozen=True)
class BellLapsed(Event):
    """The call ended by itself: nobody answered, or nobody told that they had arrived."""

    call: int
    bell: str


@dataclass(frozen=True)
class BellWithdrawn(Event):
    """It was no call; `reason` says what it was."""

    call: int
    bell: str
    reason: str


BellEvent = BellRung | BellRungAgain | BellEscalated | BellAnswered | BellArrived | BellLapsed | BellWithdrawn


def press(office: Office, command: PressBell, now: Now) -> Sequence[Event]:
    """Ring, ring once more, or record the arrival: whichever the call has come to."""
    name = known_name(command.bell)
    call = office.bells.get(name)
    if call is None:
        return [BellRung(office.last_bell + 1, name)]
    if call.answered is not None and waited_ms(call.answered.moment, now.moment) >= UNDERWAY_MS:
        return [BellArrived(call.id, name, BellEnd.RAMP.value)]
    return [BellRungAgain(call.id, name)] if call.rings < MOST_RINGS else []


def answer(office: Office, command: AnswerBell, now: Now) -> Sequence[Event]:
    """Somebody is coming; a second answer changes nothing."""
    call = open_call(office, command.bell)
    return [] if call.answered is not None else [BellAnswered(call.id, call.bell)]


def close(office: Office, command: CloseBell, now: Now) -> Sequence[Event]:
    """Somebody has been at the ramp; an answer comes first."""
    call = open_call(office, command.bell)
    if call.answered is None:
        raise Refused(Code.BELL_NOT_ANSWERED, bell=call.bell)
    return [BellArrived(call.id, call.bell, BellEnd.PAGE.value)]


def loop_cut(office: Office, command: BellLoopCut, now: Now) -> Sequence[Event]:
    """Withdraw what the opening of the loop had rung; a call that somebody pressed before stays."""
    call = office.bells.get(known_name(command.bell))
    if call is None or call.answered is not None or call.rings > 1:
        return []
    return [BellWithdrawn(call.id, call.bell, BellEnd.LOOP_CUT.value)]


def due(office: Office, now: Now) -> Iterator[Event]:
    """What time does to the calls that are open."""
    for call in office.bells.values():
        if call.answered is not None:
            if waited_ms(call.answered.moment, now.moment) >= UNARRIVED_MIN * 60_000:
                yield BellLapsed(call.id, call.bell)
            continue
        waited = waited_ms(call.rung.moment, now.moment)
        level = sum(waited >= seconds * 1000 for seconds in ESCALATED_AFTER_S)
        if waited >= UNANSWERED_MIN * 60_000:
            yield BellLapsed(call.id, call.bell)
        elif level > call.escalated:
            yield BellEscalated(call.id, call.bell, level)


def waited_ms(since: Moment, until: Moment) -> int:
    """Milliseconds that have surely passed.

    After a restart at least the uptime, and by the wall clock only if it was believed both times: a box that learns
    the time late must not end a call that somebody waits on.
    """
    if since.boot == until.boot:
        return until.since(since)
    by_wall = until.since(since) if since.trusted and until.trusted else 0
    return max(by_wall, until.uptime_ms)


def known_name(name: str) -> str:
    """A bell's name, if it can be one."""
    if NAME.fullmatch(name) is None:
        raise Refused(Code.UNKNOWN_BELL, bell=name[:20])
    return name


def open_call(office: Office, name: str) -> BellCall:
    """The call of this bell that is not over."""
    found = office.bells.get(known_name(name))
    if found is None:
        raise Refused(Code.BELL_SILENT, bell=name)
    return found


def call_after(office: Office, record: Record, event: BellEvent) -> BellCall:
    """The event's call as it leaves it, open or over; `office` is the state before it."""
    stamp = record.stamp
    if isinstance(event, BellRung):
        return BellCall(event.call, event.bell, stamp)
    call = office.bells[event.bell]
    if isinstance(event, BellRungAgain):
        return replace(call, rings=call.rings + 1)
    if isinstance(event, BellEscalated):
        return replace(call, escalated=event.level)
    if isinstance(event, BellAnswered):
        return replace(call, answered=stamp)
    if isinstance(event, BellArrived):
        return replace(call, arrived=stamp, closed=stamp, how=event.how)
    how = event.reason if isinstance(event, BellWithdrawn) else BellEnd.SYSTEM.value
    return replace(call, closed=stamp, how=how)


def moved(office: Office, record: Record, event: BellEvent) -> Office:
    """The office with the call as it is now; one that is over is history."""
    call = call_after(office, record, event)
    others = {name: one for name, one in office.bells.items() if name != call.bell}
    bells = others if call.closed is not None else {**others, call.bell: call}
    return replace(office, bells=bells, last_bell=max(office.last_bell, call.id))
