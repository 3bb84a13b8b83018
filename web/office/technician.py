"""The technician's page: what has failed and what to do, papers, the day, operators, the journal's tail."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from appliance.api.schemas import DeviceView
from web.office.pages import Pages
from web.office.wording import CONDITIONS, DEVICES, SEVERITY, SLIPS

TAIL = 15


def router(pages: Pages) -> APIRouter:
    """GET /technician and its live panel, for the owner."""
    made = APIRouter(include_in_schema=False)

    def panel_values() -> dict[str, Any]:
        office = pages.reading.office()
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
        }

    @made.get("/technician")
    def technician(request: Request) -> Response:
        if pages.reading.session(request).role != "owner":
            return pages.show(request, "technician_sign_in.html")
        return pages.show(request, "technician.html", **panel_values())

    @made.get("/technician/panel")
    def panel(request: Request) -> Response:
        if pages.reading.session(request).role != "owner":
            return Response(status_code=204, headers={"HX-Refresh": "true"})
        return pages.show(request, "technician_panel.html", **panel_values())

    return made


def age_s(device: DeviceView) -> int:
    """How long the device has been in its condition, by the box's own clock."""
    return max(0, int((datetime.now(UTC) - device.since).total_seconds()))
