"""What screens read: the board, the kiosk, the office at a glance, its papers and its journal."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import TypeAdapter
from starlette.responses import Response

from appliance.api.asking import owner, staff, told
from appliance.api.context import AppContext, JournalRow
from appliance.api.problems import Trouble, documented
from appliance.api.reading import Reading
from appliance.api.schemas import EntryView, HallView, KioskView, OfficeView, SlipView
from appliance.routing import API

SLIPS = TypeAdapter(list[SlipView])
ENTRIES = TypeAdapter(list[EntryView])
JOURNAL_ROWS = 500


def routes(context: AppContext, reading: Reading) -> APIRouter:
    """The routes of reading."""
    router = APIRouter(prefix=API, tags=["office"])

    @router.get("/hall", operation_id="read_hall", response_model=HallView, responses=documented())
    async def read_hall() -> Response:
        """The board of the hall: numbers and desks only, open to every screen."""
        return told(reading.hall())

    @router.get("/kiosk", operation_id="read_kiosk", response_model=KioskView, responses=documented())
    async def read_kiosk() -> Response:
        """What a visitor may choose, and why not where they may not."""
        return told(reading.kiosk())

    @router.get(
        "/office",
        operation_id="read_office",
        response_model=OfficeView,
        responses=documented(Trouble.NOT_SIGNED_IN),
    )
    async def read_office(request: Request) -> Response:
        """The office at a glance. Operators see the devices' condition; facts and the replica are the owner's."""
        session = staff(context, request)
        view = reading.office()
        if session.role != "owner":
            bare = [device.model_copy(update={"facts": {}}) for device in view.devices]
            view = view.model_copy(update={"devices": bare, "replica": None})
        return told(view)

    @router.get(
        "/slips",
        operation_id="read_slips",
        response_model=list[SlipView],
        responses=documented(Trouble.NOT_SIGNED_IN),
    )
    async def read_slips(request: Request) -> Response:
        """The papers that need somebody's eye, newest first."""
        staff(context, request)
        return Response(SLIPS.dump_json(reading.slips()), media_type="application/json")

    @router.get(
        "/journal",
        operation_id="read_journal",
        response_model=list[EntryView],
        responses=documented(Trouble.NOT_SIGNED_IN, Trouble.OWNER_ONLY, Trouble.BAD_INPUT),
    )
    async def read_journal(
        request: Request,
        after: Annotated[int, Query(ge=0, le=2**53)] = 0,
        limit: Annotated[int, Query(ge=1, le=JOURNAL_ROWS)] = 100,
    ) -> Response:
        """Journal entries with a seq above `after`, oldest first."""
        owner(context, request)
        rows = await asyncio.to_thread(context.reads.journal, after, limit)
        entries = [entry(row) for row in rows]
        return Response(ENTRIES.dump_json(entries), media_type="application/json")

    return router


def entry(row: JournalRow) -> EntryView:
    """A stored row as people read it."""
    return EntryView(
        seq=row.seq,
        at=row.at,
        clock_trusted=bool(row.clock_trusted),
        boot_id=row.boot_id,
        uptime_ms=row.uptime_ms,
        actor=row.actor,
        kind=row.kind,
        version=row.version,
        body=json.loads(row.body),
        chain=row.chain.hex(),
    )
