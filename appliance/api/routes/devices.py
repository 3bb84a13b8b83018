"""What became of the devices: the history of one, and the availability of all by day."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from appliance.api.asking import owner, told
from appliance.api.context import AppContext
from appliance.api.figures import Figures
from appliance.api.problems import Trouble, documented
from appliance.api.routes.figures import First, Last, bounded
from appliance.api.schemas import AvailabilityView, DeviceHistoryView, DeviceSpanView
from appliance.domain.indicators.devices_log import Span, device_history
from appliance.routing import API

DAY_MS = 86_400_000
MOST_DAYS = 400
SPANS_SHOWN = 2000

DeviceName = Annotated[str, Query(min_length=1, max_length=40, description="Such as `printer` or `module/desks/1`.")]
Days = Annotated[int, Query(ge=1, le=MOST_DAYS, description="How many days back, from now on.")]


def routes(context: AppContext, figures: Figures) -> APIRouter:
    """The routes of the devices' past. For the owner alone; names have slashes, so they are asked for in the query."""
    router = APIRouter(prefix=API + "/devices", tags=["devices"])

    @router.get(
        "/history",
        operation_id="read_device_history",
        response_model=DeviceHistoryView,
        responses=documented(Trouble.NOT_SIGNED_IN, Trouble.OWNER_ONLY, Trouble.BAD_INPUT),
    )
    async def read_device_history(request: Request, device: DeviceName, days: Days = 30) -> Response:
        """The conditions of a device one after another, the newest first; the first one may have begun earlier.

        A device that nobody has noted anything of has none.
        """
        owner(context, request)
        now_ms = context.clock.now().moment.at_ms
        records = await run_in_threadpool(context.reads.device_records, now_ms - days * DAY_MS)
        spans = device_history(records).get(device, [])
        return told(DeviceHistoryView(device=device, spans=[span_view(one) for one in spans[::-1][:SPANS_SHOWN]]))

    @router.get(
        "/availability",
        operation_id="read_availability",
        response_model=AvailabilityView,
        responses=documented(Trouble.NOT_SIGNED_IN, Trouble.OWNER_ONLY, Trouble.BAD_INPUT, Trouble.PERIOD_WRONG),
    )
    async def read_availability(request: Request, first: First, last: Last) -> Response:
        """The share of each day's opening hours in which each device worked, its outages and repairs.

        Dates in the calendar of the office.
        """
        owner(context, request)
        bounded(first, last)
        office, now = context.writer.office, context.clock.now()
        rows = await run_in_threadpool(figures.availability, office, now, first, last)
        return told(AvailabilityView(first=first, last=last, rows=rows))

    return router


def span_view(span: Span) -> DeviceSpanView:
    """A condition of a device as it is told."""
    return DeviceSpanView(
        since=span.since.utc(),
        until=None if span.until is None else span.until.utc(),
        lasted_s=None if span.until is None else span.until.since(span.since) // 1000,
        condition=span.condition,
        reason=span.reason,
        seq=span.seq,
    )
