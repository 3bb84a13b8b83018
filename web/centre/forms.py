"""The forms of directives: which fields each kind has, and from what was filled in to the body that is signed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from appliance.domain.plan import PolicyKind
from web.centre.asking import RefusalError, number, text
from web.centre.pages import Pages
from web.centre.reading import Draft
from web.centre.wording import MESSAGES, NOTES, PAUSES, REASONS, SURE, TERMS
from web.language import LANGUAGES, NBSP

FIELDS: Mapping[str, tuple[str, ...]] = {
    "open-desk": ("desk",),
    "close-desk": ("desk",),
    "end-break": ("desk",),
    "add-skill": ("desk", "service"),
    "remove-skill": ("desk", "service"),
    "stop-service": ("service",),
    "limit-service": ("service", "limit"),
    "free-service": ("service",),
    "set-norm": ("any_service", "wait_min"),
    "set-policy": ("policy",),
    "raise-ticket": ("label",),
    "show-message": ("texts", "minutes"),
    "clear-message": (),
    "pause": ("pause",),
    "resume": (),
    "redirect": ("any_service", "neighbour"),
    "end-redirect": ("any_service",),
    "call-technician": ("note", "any_device"),
    "adopt-plan": ("shelf",),
    "fresh-snapshot": (),
    "restart-device": ("device",),
}
"""The fields of every kind, in the order in which they are asked for."""

GROUPS: Sequence[tuple[str, tuple[str, ...]]] = (
    ("desks", ("open-desk", "close-desk", "end-break", "add-skill", "remove-skill")),
    ("services", ("stop-service", "limit-service", "free-service", "set-norm", "set-policy", "raise-ticket")),
    ("hall", ("show-message", "clear-message", "pause", "resume", "redirect", "end-redirect")),
    ("box", ("call-technician", "restart-device", "adopt-plan", "fresh-snapshot")),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A directive that somebody asks for, with why and for how long it may travel (seconds)."""

    draft: Draft
    reason: str
    term_s: int


def asked_of(form: dict[str, Any], pages: Pages) -> Asked:
    """The directive of a form, flat as browsers send it. Raises RefusalError naming the field."""
    kind = text(form, "kind", 40)
    reason, term = text(form, "reason", 40), text(form, "term", 10)
    if kind not in FIELDS:
        raise RefusalError(422, "bad-directive", what="kind")
    if reason not in REASONS:
        raise RefusalError(422, "bad-input", field="reason")
    if term not in TERMS:
        raise RefusalError(422, "bad-input", field="term")
    if kind in SURE and not form.get("sure"):
        raise RefusalError(422, "bad-input", field="sure")
    body: dict[str, Any] = {}
    for name in FIELDS[kind]:
        body |= _part(name, form, pages)
    return Asked(Draft(kind, body), reason, TERMS[term][0])


def _part(name: str, form: dict[str, Any], pages: Pages) -> dict[str, Any]:
    """What one field brings to the body."""
    if name == "desk":
        return {"desk": int(number(form, "desk", 1, 9999))}
    if name == "limit":
        return {"limit": int(number(form, "limit", 1, 9999))}
    if name == "wait_min":
        return {"wait_min": int(number(form, "wait_min", 1, 240))}
    if name == "minutes":
        return {"minutes": int(number(form, "minutes", 1, 720))}
    if name == "shelf":
        return {"shelf": int(number(form, "shelf", 1, 10**9))}
    if name == "any_service":
        return {"service": text(form, "service", 40, optional=True) or None}
    if name == "any_device":
        device = text(form, "device", 40, optional=True)
        return {"device": device} if device else {}
    if name == "policy":
        return {"kind": _one_of(form, "policy", set(PolicyKind))}
    if name == "pause":
        return {"reason": _one_of(form, "pause", set(PAUSES))}
    if name == "note":
        return {"note": _one_of(form, "note", set(NOTES))}
    if name == "neighbour":
        return {"office": text(form, "neighbour", 40)}
    if name == "texts":
        return {"texts": _texts(form, pages)}
    return {name: text(form, name, 40)}


def _one_of(form: dict[str, Any], name: str, allowed: set[Any]) -> str:
    found = text(form, name, 40)
    if found not in allowed:
        raise RefusalError(422, "bad-input", field=name)
    return found


def _texts(form: dict[str, Any], pages: Pages) -> dict[str, str]:
    """A ready text in every language, or what was typed, at least in one."""
    ready = text(form, "ready", 40, optional=True)
    if ready:
        if ready not in MESSAGES:
            raise RefusalError(422, "bad-input", field="ready")
        return {code: pages.translate(MESSAGES[ready], code).replace(NBSP, " ") for code in LANGUAGES}
    typed = {code: text(form, f"text_{code}", 160, optional=True) for code in LANGUAGES}
    found = {code: words for code, words in typed.items() if words}
    if not found:
        raise RefusalError(422, "bad-input", field="text")
    return found
