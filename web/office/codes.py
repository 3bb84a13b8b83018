"""The words of the queue's codes: ticket states, purposes, access needs, claims, reasons."""

from __future__ import annotations

from web.office.wording import N_

TICKETS = {
    "waiting": N_("waiting"),
    "called": N_("called"),
    "serving": N_("being served"),
    "parked": N_("set aside"),
    "missed": N_("did not come"),
    "left": N_("left"),
    "done": N_("served"),
}

PURPOSES = {
    "consult": N_("Ask for advice"),
    "submit": N_("Hand in documents"),
    "collect": N_("Collect what is ready"),
}

NEEDS = {
    "time": N_("needs more time"),
    "step-free": N_("needs a step-free way"),
    "voice": N_("needs to be told by voice"),
}
"""As staff read it."""

MY_NEEDS = {
    "time": N_("I need more time"),
    "step-free": N_("I need a way without steps"),
    "voice": N_("I see badly: call me by voice"),
}
"""As a visitor says it."""

NEED_ICONS = {"time": "clock", "step-free": "accessibility", "voice": "volume-2"}

WHYS = {
    "raised": N_("put first by the situation centre"),
    "directed": N_("sent to you"),
    "booked": N_("by appointment"),
    "overdue": N_("has waited past the norm"),
    "priority": N_("has priority"),
    "ratio": N_("everybody else's turn after priority"),
    "returned": N_("came back"),
    "turn": N_("first come"),
    "picked": N_("called by number"),
}
"""Why a visitor stands where they stand in a desk's line."""

PAUSES = {
    "alarm": N_("Air-raid alert"),
    "fire": N_("Fire alarm"),
    "power": N_("Power failure"),
    "other": N_("The hall stands still for a while"),
}
"""Why the hall stands still: its heading on every screen."""

CALM = N_("Nobody is being called now. The queue keeps its order, and your number stays yours.")

AWAY = {
    "left-before": N_("Didn't want to wait"),
    "not-here": N_("Isn't served in this office"),
    "closed": N_("Came outside the hours"),
    "limit": N_("All numbers of the day are gone"),
    "no-time": N_("There is no time left today"),
}
"""Why somebody went without a number, as reception sees it."""

NOT_NOW = {
    "day-not-open": N_("not open yet"),
    "issuing-closed": N_("no more numbers now"),
    "issuing-not-yet": N_("numbers are given out later"),
    "not-today": N_("not today"),
    "limit-reached": N_("all numbers of today are gone"),
    "no-time-left": N_("there may be no time left today"),
    "hall-paused": N_("the hall stands still"),
    "numbers-exhausted": N_("no numbers are left"),
    "disk-full": N_("no new numbers: call the technician"),
    "nobody-serves": N_("no desk serves this now"),
    "service-stopped": N_("no more numbers are given out today"),
    "service-redirected": N_("another office receives today"),
}
"""Why a service gives no number now, in few words."""

UNKNOWN_REASON = N_("not available now")

INSIST = (
    *("issuing-closed", "issuing-not-yet", "not-today", "limit-reached", "no-time-left"),
    *("service-stopped", "service-redirected"),
)
"""Refusals that reception may set aside for one visitor."""


def not_now(reason: str | None) -> str:
    """Why a service isn't available, in few words."""
    return NOT_NOW.get(reason or "", UNKNOWN_REASON)
