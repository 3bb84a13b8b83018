"""Changes of the centre that are in force at an office, with the directive that would end each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from appliance.domain.office import Office
from appliance.domain.office import Standing as Change
from appliance.domain.standing import ADD, STOP
from sync.centre.order import Order
from web.centre.reading import Draft, Standing


def standing_of(state: Office, orders: Sequence[Order]) -> Sequence[Standing]:
    """What stands now; `orders` have the words of those that were typed."""
    bodies = {order.seq: order.body for order in orders}
    return [one for change in _changes(state) if (one := _standing(change, bodies)) is not None]


def _changes(state: Office) -> Iterator[Change]:
    standing = state.standing
    yield from sorted(standing.values() if isinstance(standing, Mapping) else standing, key=lambda one: one.id)


def _standing(change: Change, bodies: Mapping[int, Mapping[str, Any]]) -> Standing | None:
    since_ms = change.began.moment.at_ms
    kind, _, rest = change.what.partition(":")
    known = bodies.get(change.directive, {})
    if kind == "skill":
        desk, _, service = rest.partition(":")
        body = {"desk": int(desk), "service": service}
        added = change.value == ADD
        end = Draft("remove-skill" if added else "add-skill", body)
        return Standing("add-skill" if added else "remove-skill", body, since_ms, end)
    if kind == "limit":
        stop = change.value == STOP
        body = {"service": rest} if stop else {"service": rest, "limit": int(change.value)}
        return Standing(
            "stop-service" if stop else "limit-service", body, since_ms, Draft("free-service", {"service": rest})
        )
    if kind in ("wait-norm", "service-norm"):
        minutes = "wait_min" if kind == "wait-norm" else "service_min"
        return Standing("set-norm", {"service": rest or None, minutes: int(change.value)}, since_ms)
    if kind == "policy":
        return Standing("set-policy", json.loads(change.value), since_ms)
    if kind == "message":
        return Standing("show-message", known, since_ms, Draft("clear-message"))
    if kind == "redirect":
        body = {"service": rest or None, "office": change.value}
        return Standing("redirect", {**known, **body}, since_ms, Draft("end-redirect", {"service": rest or None}))
    return None
