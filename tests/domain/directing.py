"""Giving directives in tests: the next number, valid for an hour."""

from __future__ import annotations

import json
from typing import Any

from appliance.domain.directives import ApplyDirective, DirectiveSettled
from appliance.domain.message import Event
from appliance.domain.office import Office
from tests.domain.bench import Bench
from tests.domain.clock import HOUR


def order(office: Office, now_ms: int, kind: str, body: dict[str, Any] | None = None, **more: Any) -> ApplyDirective:
    """The next directive of this office; `more` are fields of the command, `condition` a dict."""
    seq = more.pop("seq", office.last_directive + 1)
    condition = more.pop("condition", {})
    fields: dict[str, Any] = {
        "seq": seq,
        "id": f"id-{seq}",
        "kind": kind,
        "body": json.dumps(body or {}),
        "author": "disp-1",
        "reason": "queue",
        "issued_ms": now_ms,
        "not_after_ms": now_ms + HOUR,
        "condition": json.dumps(condition),
        "centre_ms": now_ms,
        **more,
    }
    return ApplyDirective(**fields)


def give(bench: Bench, kind: str, body: dict[str, Any] | None = None, **more: Any) -> list[Event]:
    """Give a directive; the events that it led to."""
    return bench.do(order(bench.office, bench.clock.now().moment.at_ms, kind, body, **more))


def outcome(events: list[Event]) -> str:
    """`applied`, `expired`, or `refused CODE`."""
    settled = events[-1]
    assert isinstance(settled, DirectiveSettled)
    return f"{settled.outcome} {settled.code}".strip()


def told(bench: Bench, kind: str, body: dict[str, Any] | None = None, **more: Any) -> str:
    """Give a directive; its outcome."""
    return outcome(give(bench, kind, body, **more))
