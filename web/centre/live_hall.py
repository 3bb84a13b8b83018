"""Desks, devices and journal entries of an office as its page shows them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from appliance.domain.devices import NOT_CONFIGURED
from appliance.domain.moment import from_iso
from appliance.domain.office import Desk, DeskState, Office
from appliance.domain.plan import DeskClass, Plan
from appliance.domain.roster import shifts_on
from sync.centre.images import Image
from sync.centre.wall import Glance
from web.centre.reading import DeskView, DeviceView, Entry


def desk_view(state: Office, plan: Plan | None, glance: Glance, number: int, now_ms: int) -> DeskView:
    """One desk of the hall."""
    desk = state.desks[number]
    ticket = state.tickets.get(desk.ticket) if desk.ticket is not None else None
    planned = plan.desks.get(number) if plan is not None else None
    service = plan.services.get(ticket.service) if plan is not None and ticket is not None else None
    return DeskView(
        number=number,
        reserve=planned is not None and planned.desk_class is DeskClass.RESERVE,
        state=desk.state.value,
        since_ms=_centre_ms(glance.image, desk.since.moment.at_ms) if desk.since is not None else None,
        ticket=ticket.label if ticket is not None else "",
        service=ticket.service if ticket is not None else "",
        norm_ms=service.norm_min * 60_000 if service is not None else None,
        until=_break_ends(plan, glance, desk, now_ms) if desk.state is DeskState.BREAK else "",
        seq=desk.since.seq if desk.since is not None else None,
    )


def _centre_ms(image: Image | None, at_ms: int) -> int:
    """A moment of the office's clock by the centre's."""
    offset_ms = image.pulse.clock_offset_ms if image is not None and image.pulse is not None else None
    return at_ms - (offset_ms or 0)


def _break_ends(plan: Plan | None, glance: Glance, desk: Desk, now_ms: int) -> str:
    """When the roster has this break end, if it is a planned one."""
    if plan is None:
        return ""
    local = glance.work.local(now_ms)
    minute = local.hour * 60 + local.minute
    for shift in shifts_on(plan, local.date()):
        if shift.desk == desk.number:
            for span in shift.breaks:
                if minute in span:
                    return f"{span.closes // 60:02d}:{span.closes % 60:02d}"
    return ""


def device_views(state: Office) -> Sequence[DeviceView]:
    """The devices that the office has; what hardware.toml no longer names is none."""
    return [
        DeviceView(name, mark.condition, mark.reason, {"name": name}, mark.since.moment.at_ms, mark.since.seq)
        for name, mark in sorted(state.devices.items())
        if mark.reason != NOT_CONFIGURED
    ]


def entry_view(row: tuple[Any, ...]) -> Entry:
    """An entry of the journal from its row."""
    seq, at, trusted, _boot, _uptime, actor, kind, _version, body, _chain = row
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        told = {}  # a chain that is right says nothing of what is in a body
    shown = told.items() if isinstance(told, dict) else ()
    facts = {name: _plain(value) for name, value in shown if value not in (None, "", [], {})}
    return Entry(seq, from_iso(at), bool(trusted), actor, kind, facts)


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
