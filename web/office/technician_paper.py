"""The technician's papers: test slips, the letters of the printer, how a slip looks, and the sheets for the wall."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from appliance import words
from appliance.api.context import TechnicianTools
from web.office import technician_room as room
from web.office.language import NAMES
from web.office.pages import Pages
from web.office.wording import N_

if TYPE_CHECKING:
    from hardware.sheets.render import Kind

HERE, TITLE = "/technician/paper", N_("Paper and sheets")
PICTURE = "/api/v1/technician/slip"
WIDTHS_MM = (58, 80)
SHEETS: Mapping[Kind, tuple[str, str, str]] = {
    "wiring": ("waypoints", N_("Wiring"), N_("which wire ends where, for whoever connects it")),
    "parts": ("list", N_("Parts list"), N_("what has to be bought for this hardware.toml")),
    "labels": ("tag", N_("Labels"), N_("for keys, cables and modules, to be cut out")),
    "commissioning": (
        "file-check",
        N_("Taking into use"),
        N_("what was tried, ticked and signed on the day of handing over"),
    ),
}
STYLE = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL)


def router(pages: Pages) -> APIRouter:
    """GET /technician/paper and its live panel, and /technician/sheets/{kind}, for the owner."""
    made = APIRouter(include_in_schema=False)

    def values(tools: TechnicianTools, language: str) -> dict[str, Any]:
        printer = tools.config.printer
        offered = pages.offered
        width = printer.width_mm if printer is not None else WIDTHS_MM[-1]
        first = language if language in offered else offered[0]
        return {
            "printer": printer,
            "lines": tools.lines(),
            "sheets": SHEETS,
            "widths": WIDTHS_MM,
            "width": width,
            "spoken": [(code, NAMES[code]) for code in offered],
            "first": first,
            "picture": picture(width, first, copied=False),
            "picture_base": PICTURE,
        }

    @made.get(HERE)
    def paper(request: Request) -> Response:
        return room.room(pages, request, "technician_paper.html", HERE, TITLE, values)

    @made.get(f"{HERE}/panel")
    def panel(request: Request) -> Response:
        return room.panel(pages, request, "technician_paper_panel.html", values)

    @made.get("/technician/sheets/{kind}")
    def sheet(request: Request, kind: str) -> Response:
        if not room.is_owner(pages, request):
            return pages.show(request, "technician_sign_in.html")
        tools, known = pages.reading.technician, next((one for one in SHEETS if one == kind), None)
        if tools is None or known is None:
            return Response(status_code=303, headers={"Location": HERE})
        from hardware.sheets.render import render_sheet

        language = pages.language(request)
        office = room.frame(pages, language, HERE, TITLE)["office_name"]
        say = words.translations(language).gettext
        return sheet_answer(render_sheet(known, tools.config, say, language, office or pages.reading.office().office))

    return made


def picture(width_mm: int, language: str, *, copied: bool) -> str:
    """The address of the picture of a slip."""
    return f"{PICTURE}?{urlencode({'width_mm': width_mm, 'language': language, 'copy': str(copied).lower()})}"


def sheet_answer(html: str) -> HTMLResponse:
    """A printable sheet, which brings its own styles: its policy lets in exactly these, by their hash."""
    allowed = " ".join(f"'sha256-{_digest(style)}'" for style in STYLE.findall(html))
    policy = (
        f"default-src 'none'; style-src {allowed or chr(39) + 'none' + chr(39)}; img-src data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )
    return HTMLResponse(html, headers={"Content-Security-Policy": policy, "Cache-Control": "no-store"})


def _digest(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
