"""What local staff do that undoes a directive: theirs is the last word, and it shows at the centre."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from appliance.domain import standing
from appliance.domain.days import DayClosed
from appliance.domain.desks import BreakStarted, DeskClosed, DeskOpened
from appliance.domain.message import Event, Record
from appliance.domain.pausing import HallPaused, HallResumed
from appliance.domain.standing import StandingBegun, StandingEnd, StandingEnded

LOOKED_AT = (
    *("DirectiveSettled", "DeskClosed", "DeskOpened", "BreakStarted", "HallPaused", "HallResumed"),
    *("StandingBegun", "StandingEnded", "DayClosed"),
)
"""Kinds of entries that may change what is known of a directive."""

Subject = tuple[str, str]
"""What a directive holds: `("desk", "5")`, `("hall", "")`, or `("standing", what)`."""


def subject_of(kind: str, body: Mapping[str, Any]) -> Subject | None:
    """What an applied directive holds until somebody decides otherwise; None for what can't be undone."""
    desk, service = str(body.get("desk", "")), str(body.get("service") or "")
    match kind:
        case "open-desk" | "close-desk" | "end-break":
            return ("desk", desk)
        case "pause" | "resume":
            return ("hall", "")
        case "add-skill" | "remove-skill":
            return ("standing", f"skill:{desk}:{service}")
        case "stop-service" | "limit-service":
            return ("standing", standing.limit(service))
        case "set-norm":
            return ("standing", f"{'service' if 'service_min' in body else 'wait'}-norm:{service}")
        case "set-policy":
            return ("standing", standing.POLICY)
        case "show-message":
            return ("standing", standing.MESSAGE)
        case "redirect":
            return ("standing", standing.redirect(service))
    return None


def is_staff(record: Record) -> bool:
    """Whether somebody at the office did it, and not the centre by a directive."""
    return not record.actor.startswith("centre:")


def ends_all(event: Event) -> bool:
    """Whether nothing stands any longer, by nobody's decision."""
    return isinstance(event, DayClosed)


def touched(event: Event) -> Subject | None:
    """What an entry decides anew; whatever directive held it before holds it no longer."""
    match event:
        case DeskClosed(desk=desk) | DeskOpened(desk=desk) | BreakStarted(desk=desk):
            return ("desk", str(desk))
        case HallPaused() | HallResumed():
            return ("hall", "")
        case StandingBegun(what=what) | StandingEnded(what=what):
            return ("standing", what)
    return None


def undoes(kind: str, event: Event) -> bool:
    """Whether this entry of staff is the contrary of what a directive of this kind wanted."""
    match event:
        case DeskClosed(by_system=by_system):
            return kind in ("open-desk", "end-break") and not by_system
        case DeskOpened():
            return kind == "close-desk"
        case BreakStarted():
            return kind in ("end-break", "open-desk")
        case HallResumed(by_system=by_system):
            return kind == "pause" and not by_system
        case HallPaused():
            return kind == "resume"
        case StandingEnded(how=how):
            return how == StandingEnd.STAFF.value
    return False
