"""Decisions on an office's data in doubt, and the silence of its alarms: each by name, each in the audit."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Body, Depends
from fastapi.responses import JSONResponse, Response

from sync.centre.people import Role
from web.centre.asking import RefusalError, needs, person_of, text
from web.centre.pages import Pages
from web.centre.reading import Decision
from web.centre.who import Asking, House

LONGEST_MS = 14 * 86_400_000
"""No silence lasts longer: whoever needs a longer one says so again."""


def router(pages: Pages, house: House) -> APIRouter:
    """POST of a decision on a doubt (heads), of a silence and of its end (dispatchers)."""
    made = APIRouter(include_in_schema=False)
    reading = pages.reading

    @made.post("/api/v1/offices/{office}/doubt")
    def decide(
        office: str,
        asker: Asking = Depends(needs(Role.HEAD)),  # noqa: B008
        body: dict[str, Any] = Body(),  # noqa: B008
    ) -> Response:
        key, incarnation = text(body, "key", 80), text(body, "incarnation", 40, optional=True)
        try:
            decision = Decision(text(body, "decision", 20))
        except ValueError as error:
            raise RefusalError(422, "bad-input", field="decision") from error
        reading.decide(office, key, decision, incarnation, person_of(asker))
        facts = {"decision": decision.value, **({"card": incarnation} if incarnation else {})}
        house.audit.note(asker.person, "decided", office=office, subject=key, facts=facts, client=asker.client)
        return JSONResponse({})

    @made.post("/api/v1/offices/{office}/hush")
    def hush(
        office: str,
        asker: Asking = Depends(needs(Role.DISPATCHER)),  # noqa: B008
        body: dict[str, Any] = Body(),  # noqa: B008
    ) -> Response:
        why, now_ms = text(body, "why", 160), reading.now_ms()
        zone = next((one.zone for one in reading.offices() if one.id == office), "")
        if not zone:
            raise RefusalError(404, "unknown-office")
        try:
            until = datetime.fromisoformat(text(body, "until", 25)).replace(tzinfo=ZoneInfo(zone))
        except ValueError as error:
            raise RefusalError(422, "bad-until") from error
        until_ms = int(until.timestamp() * 1000)
        if not now_ms < until_ms <= now_ms + LONGEST_MS:
            raise RefusalError(422, "bad-until")
        found = reading.hush(office, until_ms, why, person_of(asker))
        facts = {"name": why, "until": until.isoformat(timespec="minutes")}
        house.audit.note(asker.person, "hushed", office=office, subject=str(found.id), facts=facts, client=asker.client)
        return JSONResponse({"id": found.id})

    @made.post("/api/v1/hushes/{hush}/lift")
    def lift(hush: int, asker: Asking = Depends(needs(Role.DISPATCHER))) -> Response:  # noqa: B008
        office = reading.lift(hush)
        house.audit.note(asker.person, "lifted", office=office, subject=str(hush), client=asker.client)
        return JSONResponse({})

    return made
