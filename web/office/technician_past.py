"""What became of the devices, as the technician's pages read it: the conditions of one, and how each day went."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Protocol

from appliance.api.context import AppContext
from appliance.api.figures import Figures
from appliance.api.routes.devices import DAY_MS, SPANS_SHOWN, span_view
from appliance.api.schemas import AvailabilityRow, DeviceSpanView
from appliance.domain.indicators.devices_log import device_history


class Past(Protocol):
    """The devices' history. Both read the disk and may take long."""

    def spans(self, device: str, days: int) -> list[DeviceSpanView]:
        """The conditions of a device in the last days, the newest first; the oldest may have begun before."""

    def by_day(self, device: str, days: int) -> list[AvailabilityRow]:
        """How the device did on each of the last days that the office was open on, the oldest first."""


class OfficePast:
    """The real office."""

    def __init__(self, context: AppContext, figures: Figures) -> None:
        """`figures` are the API's own, so that a day is computed once for both."""
        self._context, self._figures = context, figures

    def spans(self, device: str, days: int) -> list[DeviceSpanView]:
        """The conditions of a device in the last days, the newest first."""
        now_ms = self._context.clock.now().moment.at_ms
        found = device_history(self._context.reads.device_records(now_ms - days * DAY_MS)).get(device, [])
        return [span_view(one) for one in found[::-1][:SPANS_SHOWN]]

    def by_day(self, device: str, days: int) -> list[AvailabilityRow]:
        """How the device did on each of the last days; nothing while nobody knows the date."""
        office, now = self._context.writer.office, self._context.clock.now()
        today = self._today()
        if today is None:
            return []
        rows = self._figures.availability(office, now, today - timedelta(days=days - 1), today)
        return [row for row in rows if row.device == device]

    def _today(self) -> date | None:
        now, day = self._context.clock.now(), self._context.writer.office.day
        if now.local is not None:
            return now.local.date()
        return date.fromisoformat(day.date) if day is not None and day.date else None
