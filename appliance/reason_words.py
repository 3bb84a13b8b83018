"""Why a date has its hours, in words. The codes (`hours-…`) are told by `words.sentence` like all others."""

from __future__ import annotations

from collections.abc import Mapping

from appliance.domain.hours import Reason

HOURS: Mapping[str, str] = {
    "hours-ordinary": "Ordinary hours.",
    "hours-weekly": "Closed: a weekly day off.",
    "hours-holiday": "Closed: a public holiday.",
    "hours-holiday-named": "Closed, a public holiday: {note}.",
    "hours-closed": "Closed by the office's own calendar.",
    "hours-closed-named": "Closed: {note}.",
    "hours-short": "A short day.",
    "hours-short-named": "A short day: {note}.",
    "hours-pre-holiday": "A short day: tomorrow is a public holiday.",
    "hours-working-weekend": "A weekend day that is worked.",
    "hours-special": "Special hours.",
    "hours-special-named": "Special hours: {note}.",
}
"""Why a date has its hours; `-named` where somebody said more."""


def hours_code(reason: Reason, note: str = "") -> str:
    """The code of a date's reason; its sentence takes the fact `note` where there is a note to tell."""
    named = f"hours-{reason.value}-named"
    return named if note and named in HOURS else f"hours-{reason.value}"
