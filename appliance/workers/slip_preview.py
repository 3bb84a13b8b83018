"""How a slip of an office will look: a made-up visitor, and the words and the drawing of every real slip."""

from __future__ import annotations

import io
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from appliance.domain.moment import Moment, Stamp
from appliance.domain.office import Office, Slip, SlipState, Stop, Ticket, TicketState
from appliance.domain.plan import Plan, Service
from appliance.workers.slip_text import slip_content
from hardware.paper.slip import WIDTH_58MM, WIDTH_80MM, SlipContent, render

if TYPE_CHECKING:
    from PIL import Image

    from hardware.paper.logo import Logo
    from hardware.paper.template import Template

WIDTHS = {58: WIDTH_58MM, 80: WIDTH_80MM}
"""Dots by the paper's millimetres."""

ISSUED = datetime(2026, 11, 24, 10, 42)
NUMBER = 138
AHEAD = 6
TOLD_S = (480, 1020)
ROUTE = 2
"""How many more services the visitor has, where the plan has so many."""


def sample_content(plan: Plan, language: str, *, copy: bool = False) -> SlipContent:
    """What the fullest slip of an office says.

    The service with the longest name, documents and a purpose where the plan has them, a priority that is not yet
    confirmed, more services under the same number. `language` is the visitor's. Raises ValueError for a plan without
    services.
    """
    if not plan.services:
        raise ValueError("a plan without services gives no slips")
    service, *others = sorted(plan.services.values(), key=lambda one: _fullness(one, language), reverse=True)
    moment = Moment(int(ISSUED.replace(tzinfo=ZoneInfo(plan.timezone)).timestamp() * 1000), True, "preview", 0)
    stamp = Stamp(1, moment)
    claims = sorted(plan.categories.values(), key=lambda claim: claim.confirm_first, reverse=True)
    before = [
        Ticket(number, service.series, number, service.id, language, TicketState.WAITING, (number, 0), stamp)
        for number in range(NUMBER - AHEAD, NUMBER)
    ]
    visitor = Ticket(
        NUMBER,
        service.series,
        NUMBER,
        service.id,
        language,
        TicketState.WAITING,
        (NUMBER, 0),
        stamp,
        asked=service.id,
        purpose=service.purposes[0] if service.purposes else "",
        category=claims[0].id if claims else None,
        route=tuple(Stop(one.id) for one in others[:ROUTE]),
        told=TOLD_S,
    )
    office = Office(plan=plan, tickets={ticket.id: ticket for ticket in (*before, visitor)})
    return slip_content(office, Slip(1, visitor.id, copy, SlipState.QUEUED, stamp))


def preview(
    plan: Plan,
    language: str,
    *,
    width_mm: int = 58,
    template: Template | None = None,
    logo: Logo | None = None,
    copy: bool = False,
) -> Image.Image:
    """The sample slip as `hardware.paper.slip.render` draws it. `width_mm` is 58 or 80."""
    return render(sample_content(plan, language, copy=copy), WIDTHS[width_mm], template, logo)


def preview_png(
    plan: Plan,
    language: str,
    *,
    width_mm: int = 58,
    template: Template | None = None,
    logo: Logo | None = None,
    copy: bool = False,
) -> bytes:
    """The sample slip as a PNG, one pixel for a dot. `template`: None is Talon's own."""
    picture = preview(plan, language, width_mm=width_mm, template=template, logo=logo, copy=copy)
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()


def _fullness(service: Service, language: str) -> tuple[bool, int]:
    """How much a slip for a service says."""
    return bool(service.documents.get(language)), len(service.short.get(language))
