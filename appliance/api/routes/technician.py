"""The technician's acts: examine the devices, print and show tests, walk through the keys, teach the box a panel."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, TypeVar

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from appliance.api import technician_views as views
from appliance.api.asking import owner, told
from appliance.api.context import AppContext, TechnicianTools
from appliance.api.problems import Denied, Trouble, documented, language_of
from appliance.api.schemas import Language
from appliance.api.technician_schemas import (
    CodePageBody,
    LessonBody,
    LessonView,
    OutcomeView,
    PrintBody,
    ReportView,
    WalkBody,
    WalkView,
)
from appliance.domain.refusal import Code, Refused
from appliance.hardware_words import mistake
from appliance.paper_words import paper_mistakes
from appliance.routing import API
from hardware.config import HardwareConfigError
from hardware.paper.mistakes import PaperError

if TYPE_CHECKING:
    from appliance.domain.plan import Plan
    from hardware.config import PrinterConfig

R = TypeVar("R")
WidthMm = Literal["58", "80"]
MISTAKES_TOLD = 5
WHO = (Trouble.NOT_SIGNED_IN, Trouble.OWNER_ONLY, Trouble.NO_DEVICES)
ACT = (*WHO, Trouble.BAD_INPUT, Trouble.BODY_TOO_LARGE, Trouble.NOT_JSON, Trouble.ORIGIN_REFUSED)
FILE = (Trouble.HARDWARE_WRONG, Trouble.HARDWARE_NOT_SAVED)


def routes(context: AppContext) -> APIRouter:
    """The routes of the technician; all of them are the owner's."""
    router = APIRouter(prefix=API + "/technician", tags=["technician"])

    def tools_for(request: Request) -> TechnicianTools:
        owner(context, request)
        if context.technician is None:
            raise Denied(Trouble.NO_DEVICES)
        return context.technician

    def plan() -> Plan | None:
        return context.writer.office.plan

    def said(request: Request, code: str, *, done: bool = True, **facts: object) -> Response:
        return told(views.outcome(code, language_of(request), plan(), done=done, **facts))

    @router.get("/report", operation_id="read_report", response_model=ReportView, responses=documented(*WHO))
    async def read_report(request: Request) -> Response:
        """Examine the box and its devices now, without paper, light or noise; the worst first."""
        tools = tools_for(request)
        found = await run_in_threadpool(tools.report)
        return told(views.report(found, language_of(request), plan()))

    @router.post(
        "/print",
        operation_id="print_test",
        response_model=OutcomeView,
        responses=documented(*ACT, Trouble.NO_PRINTER),
    )
    async def print_test(request: Request, body: PrintBody) -> Response:
        """Print a test slip and tell what became of it. Answers when the paper is out, after half a minute at most."""
        tools = tools_for(request)
        code = await run_in_threadpool(tools.print_test, body.paper)
        if code == "no-printer":
            raise Denied(Trouble.NO_PRINTER)
        return told(views.printed(code, _trouble_of_printer(context), language_of(request), plan()))

    @router.post(
        "/probe",
        operation_id="probe_printer",
        response_model=OutcomeView,
        responses=documented(*ACT, Trouble.NO_PRINTER),
    )
    async def probe_printer(request: Request) -> Response:
        """Find out whether the printer's confirmation can be trusted. Feeds 10 cm of paper within half a minute."""
        found = await run_in_threadpool(tools_for(request).probe_printer)
        if found["verdict"] == "no-printer":
            raise Denied(Trouble.NO_PRINTER)
        return said(request, found["verdict"], done=found["verdict"] == "confirm-right", **found["facts"])

    @router.post(
        "/code-page",
        operation_id="choose_code_page",
        response_model=OutcomeView,
        responses=documented(*ACT, *FILE, Trouble.NO_PRINTER, Trouble.UNKNOWN_LINE),
    )
    async def choose_code_page(request: Request, body: CodePageBody) -> Response:
        """Set slips in the printer's letters of the line that can be read, or draw them; from the next start on."""
        tools = tools_for(request)
        if not tools.lines():
            raise Denied(Trouble.NO_PRINTER)
        if body.number is None:
            await run_in_threadpool(_written, tools.draw_slips, language_of(request))
            return said(request, "letters-drawn")
        number = body.number
        if all(one.number != number for one in tools.lines()):
            raise Denied(Trouble.UNKNOWN_LINE, number=number)
        line = await run_in_threadpool(_written, lambda: tools.choose_letters(number), language_of(request))
        return said(request, "letters-saved", number=line.number, codepage=line.codepage, slot=line.slot)

    @router.get(
        "/slip",
        operation_id="read_slip_picture",
        response_class=Response,
        responses={
            200: {"content": {"image/png": {}}},
            **documented(*WHO, Trouble.SLIP_WRONG, Code.NO_PLAN, Trouble.BAD_INPUT),
        },
    )
    async def read_slip_picture(
        request: Request, width_mm: WidthMm = "58", language: Language = "ru", copy: bool = False
    ) -> Response:
        """The fullest slip of this office as the printer draws it, for a made-up visitor; one pixel for a dot."""
        printer, known = tools_for(request).config.printer, plan()
        if known is None or not known.services:
            raise Refused(Code.NO_PLAN)
        try:
            png = await run_in_threadpool(_slip, known, language, int(width_mm), copy, printer)
        except PaperError as error:
            mistakes = "; ".join(paper_mistakes(error, language_of(request))[:MISTAKES_TOLD])
            raise Denied(Trouble.SLIP_WRONG, mistakes=mistakes.rstrip(".")) from error
        return Response(png, media_type="image/png")

    @router.post(
        "/pattern",
        operation_id="show_test_picture",
        response_model=OutcomeView,
        responses=documented(*ACT),
    )
    async def show_test_picture(request: Request) -> Response:
        """Light up every dot and digit of every display for some seconds."""
        count = await run_in_threadpool(tools_for(request).show_pattern)
        return said(request, "doctor-boards" if count else "doctor-no-boards", done=bool(count), count=count)

    @router.post(
        "/chime",
        operation_id="play_chime",
        response_model=OutcomeView,
        responses=documented(*ACT),
    )
    async def play_chime(request: Request) -> Response:
        """Play the chime once."""
        heard = await run_in_threadpool(tools_for(request).chime)
        return said(request, "doctor-chime" if heard else "doctor-no-chime", done=heard)

    @router.get("/walk", operation_id="read_walk", response_model=WalkView, responses=documented(*WHO))
    async def read_walk(request: Request) -> Response:
        """Which keys have been pressed in the walk, and which are missing."""
        return told(views.walk(tools_for(request), language_of(request), plan()))

    @router.post(
        "/walk",
        operation_id="walk_keys",
        response_model=OutcomeView,
        responses=documented(*ACT),
    )
    async def walk_keys(request: Request, body: WalkBody) -> Response:
        """Begin a walk, or end it: while it lasts, the first press of each key does nothing in the queue."""
        tools = tools_for(request)
        await run_in_threadpool(tools.begin_walk if body.act == "begin" else tools.walk.end)
        return said(request, "walk-begun" if body.act == "begin" else "walk-ended")

    @router.get("/lesson", operation_id="read_lesson", response_model=LessonView, responses=documented(*WHO))
    async def read_lesson(request: Request) -> Response:
        """Which key of which panel to press now, and what has been learnt."""
        return told(views.lesson(tools_for(request), language_of(request), plan()))

    @router.post(
        "/lesson",
        operation_id="begin_lesson",
        response_model=OutcomeView,
        responses=documented(*ACT, Code.UNKNOWN_DESK),
    )
    async def begin_lesson(request: Request, body: LessonBody) -> Response:
        """Learn the panel of a desk from three presses."""
        tools, known = tools_for(request), plan()
        if known is not None and body.desk not in known.desks:
            raise Refused(Code.UNKNOWN_DESK, desk=body.desk)
        await run_in_threadpool(tools.begin_lesson, body.desk)
        return said(request, "lesson-begun", desk=body.desk)

    @router.post(
        "/lesson/again",
        operation_id="repeat_lesson",
        response_model=OutcomeView,
        responses=documented(*ACT, Trouble.NO_LESSON),
    )
    async def repeat_lesson(request: Request) -> Response:
        """Forget what was pressed and begin the same panel anew."""
        tools = _in_a_lesson(tools_for(request))
        await run_in_threadpool(tools.teaching.again)
        return said(request, "lesson-again")

    @router.post(
        "/lesson/save",
        operation_id="save_lesson",
        response_model=OutcomeView,
        responses=documented(*ACT, *FILE, Trouble.NO_LESSON, Trouble.LESSON_UNFINISHED),
    )
    async def save_lesson(request: Request) -> Response:
        """Write the panel into hardware.toml; it counts from the next start on."""
        tools = _in_a_lesson(tools_for(request))
        if tools.teaching.view().wanted:
            raise Denied(Trouble.LESSON_UNFINISHED)
        await run_in_threadpool(_written, tools.teaching.save, language_of(request))
        return said(request, "lesson-saved")

    @router.post(
        "/lesson/end",
        operation_id="end_lesson",
        response_model=OutcomeView,
        responses=documented(*ACT),
    )
    async def end_lesson(request: Request) -> Response:
        """Put the lesson away; what was saved stays saved."""
        tools = tools_for(request)
        saved = tools.teaching.view().saved
        await run_in_threadpool(tools.teaching.end)
        return said(request, "lesson-saved" if saved else "lesson-ended")

    @router.post(
        "/restart",
        operation_id="restart_office",
        status_code=202,
        response_model=OutcomeView,
        responses=documented(*ACT, Trouble.NO_RESTART),
    )
    async def restart_office(request: Request) -> Response:
        """Close the program in order and begin again with the documents on the disk."""
        if not await run_in_threadpool(tools_for(request).restart):
            raise Denied(Trouble.NO_RESTART)
        return told(views.outcome("restarting", language_of(request), plan()), 202)

    return router


def _slip(plan: Plan, language: str, width_mm: int, copy: bool, printer: PrinterConfig | None) -> bytes:
    from appliance.workers.slip_preview import preview_png
    from hardware.paper.logo import load_logo
    from hardware.paper.template import load_template

    template = load_template(printer.template) if printer is not None and printer.template is not None else None
    logo = load_logo(printer.logo) if printer is not None and printer.logo is not None else None
    return preview_png(plan, language, width_mm=width_mm, template=template, logo=logo, copy=copy)


def _in_a_lesson(tools: TechnicianTools) -> TechnicianTools:
    if not tools.teaching.view().active:
        raise Denied(Trouble.NO_LESSON)
    return tools


def _written(work: Callable[[], R], language: str) -> R:
    """Do what writes hardware.toml: a file that would be wrong, or a disk that refuses, is an answer."""
    try:
        return work()
    except HardwareConfigError as error:
        mistakes = "; ".join(mistake(one, language) for one in error.mistakes[:MISTAKES_TOLD])
        raise Denied(Trouble.HARDWARE_WRONG, mistakes=f"{mistakes}.") from error
    except OSError as error:
        raise Denied(Trouble.HARDWARE_NOT_SAVED, error=error.strerror or str(error)) from error


def _trouble_of_printer(context: AppContext) -> str:
    """The code of what is wrong with the printer, "" when it is well."""
    printers = (device for device in context.health.devices() if device.kind == "printer")
    return next((one.reason for one in printers if str(one.condition) not in ("ready", "warning")), "")
