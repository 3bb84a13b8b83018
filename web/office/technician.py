"""The technician's first page: what has failed and what to do, papers, the day, operators, the journal's tail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from appliance.api.schemas import DeviceView
from appliance.doctor_words import control_name, told_shortly
from appliance.workers.device_watch import NOT_DEVICES
from web.office import technician_room as room
from web.office.pages import Pages
from web.office.technician_device import noted_name
from web.office.wording import CONDITIONS, DEVICES, N_, SEVERITY, SLIPS

HERE, TITLE = "/technician", N_("Technician")
TAIL = 15
NAMED = ("buttons", "bell", "power")
"""Kinds whose names are those of keys."""


def router(pages: Pages) -> APIRouter:
    """GET /technician and its live panel, for the owner."""
    made = APIRouter(include_in_schema=False)

    def panel_values(language: str) -> dict[str, Any]:
        office, tools = pages.reading.office(), pages.reading.technician
        found = sorted(office.devices, key=lambda device: SEVERITY[device.condition])
        return {
            "office": office,
            "devices": [(device, age_s(device)) for device in found],
            "broken": sum(1 for one in found if one.condition in ("fault", "missing")),
            "warned": sum(1 for one in found if one.condition == "warning"),
            "well": sum(1 for one in found if one.condition == "ready"),
            "conditions": CONDITIONS,
            "kinds": DEVICES,
            "slip_states": SLIPS,
            "entries": pages.reading.journal(TAIL),
            "people": pages.reading.operators(),
            "called": caller(pages, language),
            "told": teller(pages, language),
            "past": lambda device: past(device) if device.kind not in NOT_DEVICES else "",
            "factory": tools.pin_factory() if tools is not None else None,
            "due": tools is not None and tools.unapplied,
        }

    @made.get(HERE)
    def technician(request: Request) -> Response:
        if not room.is_owner(pages, request):
            return pages.show(request, "technician_sign_in.html")
        language = pages.language(request)
        shared = room.frame(pages, language, HERE, TITLE)
        return pages.show(request, "technician.html", **shared, **panel_values(language))

    @made.get(f"{HERE}/panel")
    def panel(request: Request) -> Response:
        if not room.is_owner(pages, request):
            return room.GONE
        return pages.show(request, "technician_panel.html", **panel_values(pages.language(request)))

    return made


def caller(pages: Pages, language: str) -> Callable[[DeviceView], str]:
    """What the keys among the devices are called; "" for whatever has no name of a key."""

    def called(device: DeviceView) -> str:
        if device.kind not in NAMED or "/" not in device.name:
            return ""
        return control_name(device.name, language, pages.reading.plan)

    return called


def teller(pages: Pages, language: str) -> Callable[[DeviceView, str], str]:
    """What a device's reason or hint means, with where a key is wired."""
    tools = pages.reading.technician
    points = {key.control: str(key.point) for key in tools.config.wired_keys()} if tools is not None else {}

    def told(device: DeviceView, code: str) -> str:
        facts = {**device.facts, **({"point": points[device.name]} if device.name in points else {})}
        return told_shortly(code, facts, language, pages.reading.plan)

    return told


def past(device: DeviceView) -> str:
    """The address of a device's history."""
    return f"/technician/device?{urlencode({'name': noted_name(device.name)})}"


def age_s(device: DeviceView) -> int:
    """How long the device has been in its condition, by the box's own clock."""
    return max(0, int((datetime.now(UTC) - device.since).total_seconds()))
