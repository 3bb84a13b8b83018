"""[[button]], [[panel]] and [[bell]]: every key of an office."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hardware.config.model import KEYS, BellConfig, ButtonConfig, PanelConfig
from hardware.config.table import ID, Table, shown
from hardware.config.wiring import Wiring

TICKET = "kiosk.ticket"
POWER = "power.fail"
ROLES = (TICKET, POWER)
CONTACTS = ("open", "closed")
LAST_DESK = 999
SERVICE_LETTERS = 40
"""As long as a plan's ids may be."""

OUTPUTS = ("heard", "coming", "buzzer", "reset")
"""What a bell may switch."""


def read_buttons(file: Table, wiring: Wiring) -> tuple[ButtonConfig, ...]:
    """The [[button]] tables."""
    buttons: list[ButtonConfig] = []
    seen: set[str] = set()
    for number, values in enumerate(file.tables("button"), 1):
        table = file.entry("button", _button_name(values, number), values)
        role = table.choice("role", ROLES, code="unknown-role")
        service = _service(table, role, seen)
        closed = _closed(table, "open")
        point = wiring.end(table, of_one_key=True).only_key(closed=closed)
        table.refuse_unknown()
        buttons.append(ButtonConfig(role, service, point, closed))
    return tuple(buttons)


def read_panels(file: Table, wiring: Wiring) -> tuple[PanelConfig, ...]:
    """The [[panel]] tables."""
    panels: list[PanelConfig] = []
    seen: set[int] = set()
    for number, values in enumerate(file.tables("panel"), 1):
        given = values.get("desk")
        table = file.entry("panel", shown(given) if type(given) is int else f"#{number}", values)
        desk = table.integer("desk", 1, LAST_DESK)
        if table.right("desk"):
            if desk in seen:
                table.wrong("desk-twice", "desk", desk=desk)
            seen.add(desk)
        end = wiring.end(table, of_one_key=False)
        points = {key: end.key(key) for key in KEYS}
        lamp = end.output("lamp")
        table.refuse_unknown()
        panels.append(PanelConfig(desk=desk, lamp=lamp, **points))
    return tuple(panels)


def read_bells(file: Table, wiring: Wiring) -> tuple[BellConfig, ...]:
    """The [[bell]] tables."""
    bells: list[BellConfig] = []
    seen: set[str] = set()
    for number, values in enumerate(file.tables("bell"), 1):
        given = values.get("name")
        table = file.entry("bell", given if isinstance(given, str) and given else f"#{number}", values)
        name = table.text("name")
        if table.right("name"):
            if not ID.fullmatch(name):
                table.wrong("bad-id", "name", value=name)
            elif name in seen:
                table.wrong("bell-twice", "name", name=name)
            seen.add(name)
        closed = _closed(table, "closed")
        cut_after_s = table.integer("cut_after_s", 3, 600, 10)
        end = wiring.end(table, of_one_key=True)
        press = end.only_key(closed=closed)
        table.allow("answer")
        answer = end.key("answer") if table.has("answer") else None
        outputs = {key: end.output(key) for key in OUTPUTS}
        table.refuse_unknown()
        bells.append(BellConfig(name, press, closed, cut_after_s, answer, **outputs))
    return tuple(bells)


def _button_name(values: Mapping[str, Any], number: int) -> str:
    role, service = values.get("role"), values.get("service")
    if role == POWER:
        return POWER
    return f"{role} {service}" if isinstance(role, str) and isinstance(service, str) else f"#{number}"


def _service(table: Table, role: str, seen: set[str]) -> str:
    """The service of a button; no two have the same, and a role that is no ticket has none."""
    if not table.right("role"):
        table.allow("service")
        return ""
    if role != TICKET:
        if table.has("service"):
            table.allow("service")
            table.wrong("not-for-role", "service", role=role)
        if role in seen:
            table.wrong("role-twice", "role", role=role)
        seen.add(role)
        return ""
    service: str = table.get("service", str)
    if not table.right("service"):
        return ""
    if not re.fullmatch(rf"[\w-]{{1,{SERVICE_LETTERS}}}", service):
        table.wrong("bad-name", "service", value=service, limit=SERVICE_LETTERS)
    elif service in seen:
        table.wrong("service-twice", "service", service=service)
    seen.add(service)
    return service


def _closed(table: Table, default: str) -> bool:
    return bool(table.choice("contact", CONTACTS, default) == "closed")
