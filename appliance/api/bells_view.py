"""The calls of the bell as people see them."""

from __future__ import annotations

from appliance.api.schemas import BellView
from appliance.domain.bell import waited_ms
from appliance.domain.moment import Now
from appliance.domain.office import BellCall, Office


def bells(office: Office, now: Now, *, level: int = 0) -> list[BellView]:
    """The calls that are not over, the oldest first; from `level` 1 on only those that nobody answers."""
    calls = sorted(office.bells.values(), key=lambda call: call.id)
    return [_view(call, now) for call in calls if not level or (call.answered is None and call.escalated >= level)]


def _view(call: BellCall, now: Now) -> BellView:
    answered = call.answered
    return BellView(
        bell=call.bell,
        state="rung" if answered is None else "answered",
        rung_s=waited_ms(call.rung.moment, now.moment) // 1000,
        answered_s=None if answered is None else waited_ms(answered.moment, now.moment) // 1000,
        rings=call.rings,
        escalated=call.escalated,
    )
