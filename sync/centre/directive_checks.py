"""What the centre can say of an order before it goes out: whether the office will understand it at all.

The rules are the office's own, on the centre's image of it. What may have changed at the office meanwhile is left to
the office: a refusal of its own is visible, an order that was never sent is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from appliance.domain.chain import to_json
from appliance.domain.directive_conditions import unmet
from appliance.domain.directive_kinds import CODE, CODE_LENGTH, EFFECTS, Bad
from appliance.domain.directives import BODY_LIMIT
from appliance.domain.moment import Moment, Now
from appliance.domain.office import Office
from appliance.domain.refusal import Code, Refused
from sync.directive import KINDS

SHORTEST_TTL_S = 5
LONGEST_TTL_S = 31 * 24 * 3600
LONGEST_PLAN = 160_000
"""Letters of a plan's document as JSON: a directive travels as one line."""

CERTAIN = frozenset(
    {
        *(Code.UNKNOWN_DESK, Code.UNKNOWN_SERVICE, Code.UNKNOWN_DEVICE, Code.UNKNOWN_REASON, Code.UNKNOWN_PURPOSE),
        Code.NOBODY_SERVES,
    }
)
"""Refusals that no waiting cures; any other depends on the moment at the office."""


class OrderRefusedError(Exception):
    """This order isn't given. `code` is one of the rules' own, or `unknown-office`, `bad-directive` (`facts['what']`
    names the field); `facts` fill its sentence.
    """

    def __init__(self, code: str, **facts: str | int) -> None:
        told = ", ".join(f"{name}={value}" for name, value in facts.items())
        super().__init__(f"{code} ({told})" if told else code)
        self.code, self.facts = code, facts


def check_order(
    state: Office | None,
    kind: str,
    body: Mapping[str, Any],
    condition: Mapping[str, Any],
    reason: str,
    ttl_s: int,
    now_ms: int,
) -> None:
    """Pass what the office can understand. `state`: the office as the centre believes it, None while it can't be
    believed. Raises OrderRefusedError.
    """
    if kind not in KINDS or kind not in EFFECTS:
        raise OrderRefusedError(Code.BAD_DIRECTIVE.value, what="kind")
    if reason and (len(reason) > CODE_LENGTH or CODE.fullmatch(reason) is None):
        raise OrderRefusedError(Code.BAD_DIRECTIVE.value, what="reason")
    if not SHORTEST_TTL_S <= ttl_s <= LONGEST_TTL_S:
        raise OrderRefusedError(Code.BAD_DIRECTIVE.value, what="ttl")
    try:
        length = len(to_json(dict(body)))
        if (
            length > (LONGEST_PLAN if kind == "adopt-plan" else BODY_LIMIT)
            or len(to_json(dict(condition))) > BODY_LIMIT
        ):
            raise Bad("length")
        office = state or Office()
        unmet(office, condition)
        EFFECTS[kind](office, office.last_directive + 1, body, _now(now_ms))
    except Bad as bad:
        raise OrderRefusedError(Code.BAD_DIRECTIVE.value, what=str(bad)) from bad
    except (TypeError, ValueError, RecursionError) as error:
        raise OrderRefusedError(Code.BAD_DIRECTIVE.value, what="body") from error
    except Refused as refusal:
        if state is not None and state.seq and refusal.code in CERTAIN:
            raise OrderRefusedError(refusal.code.value, **refusal.facts) from refusal


def _now(now_ms: int) -> Now:
    # Without a local time: what the roster would do at the office is the office's affair.
    return Now(Moment(now_ms, True, "centre", 0), None)
