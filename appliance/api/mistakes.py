"""What a validation error means in our own codes: the field, and what is allowed in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MOST = 8
"""More mistakes than these help nobody."""

KINDS = {
    "int": "input-integer",
    "float": "input-integer",
    "bool": "input-boolean",
    "string": "input-text",
    "dict": "input-object",
    "model": "input-object",
    "list": "input-list",
}

PATTERNS = {
    r"^[0-9]+$": "input-digits",
    r"^([01][0-9]|2[0-3]):[0-5][0-9]$": "input-time",
    r"^[a-z0-9-]{1,40}$": "input-id",
    r"^[!-~]+$": "input-visible",
}
"""A pattern is for programs; people get a sentence."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake: `field` is the path inside the request (`service`, `Idempotency-Key`), `body` for the whole body."""

    field: str
    code: str
    facts: Mapping[str, str | int]


def mistakes(errors: Sequence[Any]) -> list[Mistake]:
    """Our view of the framework's list, never empty."""
    return [_mistake(error) for error in errors[:MOST]] or [Mistake("body", "input-wrong", {})]


def _mistake(error: Mapping[str, Any]) -> Mistake:
    kind = str(error.get("type", ""))
    context = error.get("ctx") or {}
    place = ".".join(str(part) for part in tuple(error.get("loc", ()))[1:])[:80]
    if kind == "json_invalid":
        return Mistake("body", "input-json", {})
    name = place or "body"
    if kind == "missing":
        return Mistake(name, "input-missing" if place else "input-object", {})
    if kind == "extra_forbidden":
        return Mistake(name, "input-unknown", {})
    if kind in ("literal_error", "enum"):
        return Mistake(name, "input-choice", {"allowed": str(context.get("expected", ""))})
    if kind == "string_too_short":
        return Mistake(name, "input-too-short", {"low": context.get("min_length", 1)})
    if kind == "string_too_long":
        return Mistake(name, "input-too-long", {"high": context.get("max_length", 0)})
    if kind == "string_pattern_mismatch":
        pattern = str(context.get("pattern", ""))
        return Mistake(name, PATTERNS.get(pattern, "input-pattern"), {"allowed": pattern})
    if kind in ("greater_than_equal", "greater_than"):
        return Mistake(name, "input-too-small", {"low": context.get("ge", context.get("gt", 0))})
    if kind in ("less_than_equal", "less_than"):
        return Mistake(name, "input-too-large", {"high": context.get("le", context.get("lt", 0))})
    return Mistake(name, KINDS.get(kind.split("_")[0], "input-wrong"), {})
