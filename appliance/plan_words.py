"""What the commands about plans and rosters say: differences, imports, copies of weeks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from appliance.document_words import WEEKDAYS as WEEKDAY_NAMES
from appliance.domain.plan import Plan, Shift
from appliance.domain.plans.diff import Change, ChangeKind
from appliance.domain.plans.hours import WEEKDAYS, monday_of, written_span
from appliance.domain.roster import shifts_of_week
from appliance.words import Facts, translations

CONTEXT = "plan"

THINGS: Mapping[str, str] = {
    "plan": "plan",
    "hours": "hours",
    "calendar": "calendar",
    "calendar.day": "day",
    "policy": "order of calling",
    "settings": "settings",
    "organisation": "organisation",
    "service": "service",
    "desk": "desk",
    "category": "category",
    "reason": "reason",
    "operator": "operator",
    "shift": "shift",
    "absence": "absence",
}
"""The parts of a plan."""

FIELDS: Mapping[str, str] = {
    "version": "version",
    "office": "office",
    "name": "name",
    "address": "address",
    "timezone": "time zone",
    "languages": "languages",
    "desk_word": "word for a desk",
    "phone": "phone",
    "reception": "reception",
    "issuing": "giving out numbers",
    "country": "country",
    "short_by_min": "shorter by, min",
    "kind": "kind",
    "hours": "hours",
    "like": "like the weekday",
    "note": "note",
    "ratio": "priority tickets in a row",
    "passes": "newer priority tickets before an overdue one",
    "next_when_called": "NEXT while the called one has not come",
    "start_after_s": "start by itself after, s",
    "missed_after_s": "missed by itself after, s",
    "unheard_after_s": "unheard call counts after, s",
    "undo_s": "time to undo, s",
    "park_min": "time set aside, min",
    "slip_deadline_s": "slip is still worth printing, s",
    "grace_min": "the day closes after closing time by, min",
    "wait_norm_min": "norm of the wait, min",
    "needs_extra_s": "longer to come with an access need, s",
    "booked_early_min": "a booked time may be called earlier by, min",
    "booked_late_min": "a booked time goes first until, min",
    "booked_norm_min": "norm of the wait when booked, min",
    "min_cover": "desks that go on receiving",
    "daily_limit": "tickets a day",
    "advise_wait_min": "reserve desks advised from a wait of, min",
    "head_start_min": "head start, min",
    "confirm_first": "document seen first",
    "kiosk": "offered at the kiosk",
    "minutes": "usual length, min",
    "series": "letter",
    "organisation": "organisation",
    "short": "short name",
    "documents": "documents",
    "icon": "picture",
    "popular": "popular",
    "norm_min": "norm of the service, min",
    "limit": "tickets a day",
    "purposes": "purposes",
    "group": "group",
    "keywords": "words to find it by",
    "desk_class": "class",
    "services": "services",
    "transfer_to": "usual next service",
    "secondary": "secondary services",
    "needs": "access needs",
    "zone": "zone",
    "also": "also serves",
    "may_pick": "may call a particular number",
    "order": "order",
}
"""What a part of a plan says."""

SENTENCES: Mapping[str, str] = {
    "at-once": "At once:",
    "at-opening": "From the next opening of a day:",
    "equal": "The two plans say the same.",
    "added": "{place} is new: “{after}”.",
    "removed": "{place} is removed: “{before}”.",
    "added-bare": "{place} is new.",
    "removed-bare": "{place} is removed.",
    "changed": "{place}: {field} was “{before}”, will be “{after}”.",
    "given": "{place}: {field} will be “{after}”; nothing was said before.",
    "dropped": "{place}: {field} was “{before}”, nothing will be said.",
    "summary": (
        "Plan {version} of {office} is right: organisations {organisations}, services {services}, desks "
        "{desks} (reserve {reserve}), operators {operators}, shifts {shifts}."
    ),
    "csv-no-name": "The first line names no column “name”. Found: {found}.",
    "csv-broken": "line {line}: this can't be read as CSV: {error}.",
    "csv-empty-name": "line {line}: the name is empty; left out.",
    "csv-duplicate": "line {line}: the same service as in line {other}; left out.",
    "csv-known": "line {line}: the service “{found}” is in the plan already and stays as it is.",
    "csv-too-long": "line {line}: the name is longer than {limit} letters; left out.",
    "csv-not-a-number": (
        "line {line}: the norm “{found}” is no number of minutes from 1 to 240; the usual one is taken."
    ),
    "csv-not-a-letter": "line {line}: “{found}” is no letter of a series; “{series}” is taken.",
    "csv-done": "{count} services added, {left} lines left out.",
    "no-such-organisation": "There is no organisation “{found}” in the plan. Its organisations: {known}.",
    "no-such-operator": "There is no operator “{found}” in the plan. Its operators: {known}.",
    "no-such-week": "“{found}” is no ISO week such as 2026-W48.",
    "no-such-date": "“{found}” is no date such as 2026-12-31.",
    "dates-reversed": "The last day {last} is before the first, {first}.",
    "week-taken": "Week {week} has {count} shifts of its own. Add --replace to put others in their place.",
    "same-week": "The two weeks are the same.",
    "week-empty": "There are no shifts in week {week} to copy.",
    "week-copied": "{count} shifts of {source} copied to {target}; the plan is version {version} now.",
    "absence-noted": "{operator} is away from {first} to {last}; the plan is version {version} now.",
    "no-shifts": "No shifts in week {week}.",
    "roster-line": "desk {desk}: {operator} {days} {hours}",
    "roster-breaks": "breaks {breaks}",
    "roster-away": "away {first} - {last}: {operator}",
}
"""What a command answers."""


def said(code: str, language: str, **facts: object) -> str:
    """One answer of a command."""
    return translations(language).gettext(SENTENCES[code]).format_map(Facts(facts))


def label(word: str, language: str) -> str:
    """The reader's word for a part or a field of a plan."""
    known = THINGS.get(word) or FIELDS.get(word)
    return translations(language).pgettext(CONTEXT, known) if known else word


def change(one: Change, language: str) -> str:
    """One difference between two plans as a sentence."""
    place = f"{label(one.thing, language)} {one.id}".rstrip()
    name, _, text_language = one.field.partition(".")
    field = label(name, language) + (f" ({text_language})" if text_language else "")
    facts = {"place": place, "field": field, "before": one.before, "after": one.after}
    if one.kind is ChangeKind.CHANGED:
        code = "changed" if one.before and one.after else "given" if one.after else "dropped"
    else:
        code = one.kind.value if one.before or one.after else f"{one.kind.value}-bare"
    return said(code, language, **facts)


def changes(found: list[Change], language: str) -> list[str]:
    """All differences, those that hold at once before those that wait for the opening of a day."""
    if not found:
        return [said("equal", language)]
    lines = []
    for code, at_once in (("at-once", True), ("at-opening", False)):
        part = [f"  {change(one, language)}" for one in found if one.at_once is at_once]
        lines += [said(code, language), *part] if part else []
    return lines


def summary(plan: Plan, language: str) -> str:
    """What is in a plan, once it is right."""
    reserve = sum(desk.desk_class == "reserve" for desk in plan.desks.values())
    return said(
        "summary",
        language,
        version=plan.version,
        office=plan.office,
        organisations=len(plan.organisations),
        services=len(plan.services),
        desks=len(plan.desks),
        reserve=reserve,
        operators=len(plan.operators),
        shifts=len(plan.shifts),
    )


def roster(plan: Plan, week: str, language: str) -> list[str]:
    """Who works where in a week, by desk and hour, and who of them is away."""
    monday = monday_of(week)
    shifts = sorted(shifts_of_week(plan, week), key=lambda shift: (shift.desk, shift.weekdays, shift.span))
    lines = [_shift(shift, language) for shift in shifts] or [said("no-shifts", language, week=week)]
    if monday is not None:
        first, last = monday.isoformat(), (monday + timedelta(days=6)).isoformat()
        for absence in plan.absences:
            if absence.first <= last and first <= absence.last:
                facts = {"operator": absence.operator, "first": absence.first, "last": absence.last}
                lines.append(said("roster-away", language, **facts))
    return lines


def _shift(shift: Shift, language: str) -> str:
    days = ", ".join(translations(language).gettext(WEEKDAY_NAMES[WEEKDAYS[day]]) for day in shift.weekdays)
    hours = written_span(shift.span)
    line = said("roster-line", language, desk=shift.desk, operator=shift.operator, days=days, hours=hours)
    if shift.breaks:
        line += ", " + said("roster-breaks", language, breaks=", ".join(map(written_span, shift.breaks)))
    return line
