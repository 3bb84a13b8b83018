"""Events to JSON bodies and back. Every version of an event ever shipped stays readable here."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from appliance.domain.chain import to_json
from appliance.domain.clockwork import ClockCorrected
from appliance.domain.identity import PlanAdopted
from appliance.domain.message import Event
from appliance.domain.rules import EVOLVERS
from appliance.domain.standing import StandingBegun, StandingEnded

BODY_LIMIT = 4096
"""Bytes that one body may have: journal rows are bounded."""

WITH_PLANS: tuple[type[Event], ...] = (PlanAdopted, StandingBegun, StandingEnded)
"""What can't be made into a state without the plans."""

KINDS: Mapping[str, type[Event]] = {kind.__name__: kind for kind in (*EVOLVERS, *WITH_PLANS, ClockCorrected)}

Upcast = Callable[[dict[str, Any]], dict[str, Any]]


def unchanged(values: dict[str, Any]) -> dict[str, Any]:
    """The next version only has new fields, and their defaults say what the old one meant."""
    return values


UPCASTS: Mapping[tuple[str, int], Upcast] = {
    ("TicketIssued", 1): unchanged,
    ("TicketLeft", 1): unchanged,
    ("TicketCalled", 1): unchanged,
    ("TicketParked", 1): unchanged,
    ("TicketTransferred", 1): unchanged,
    ("BreakStarted", 1): unchanged,
}
"""(kind, version) to a function that makes the body of the next version."""


class UnknownEventError(Exception):
    """A journal row of a kind or version that this release doesn't know."""


def encode(event: Event) -> str:
    """The body of an event: compact JSON of its fields, in their order."""
    body = to_json(vars(event))
    if len(body.encode()) > BODY_LIMIT:
        raise ValueError(f"{type(event).__name__}: body of {len(body.encode())} bytes")
    return body


def decode(kind: str, version: int, body: str) -> Event:
    """The event of a journal row, brought up to today's version."""
    known = KINDS.get(kind)
    if known is None:
        raise UnknownEventError(kind)
    values: dict[str, Any] = json.loads(body)
    while version < known.version:
        upcast = UPCASTS.get((kind, version))
        if upcast is None:
            raise UnknownEventError(f"{kind} version {version}")
        values = upcast(values)
        version += 1
    if version > known.version:
        raise UnknownEventError(f"{kind} version {version}")
    return known(**{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()})
