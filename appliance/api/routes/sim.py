"""The simulated devices: pressing keys, spoiling paper, taking slips. Real hardware has no such routes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from fastapi import APIRouter, Response

from appliance.api.problems import Denied, Trouble
from appliance.api.schemas import Asked, Told

if TYPE_CHECKING:
    from hardware.simulator.panel import VirtualPanel
    from hardware.simulator.paper import Paper
    from hardware.simulator.printer import VirtualPrinter
    from hardware.simulator.voice import VirtualVoice

PAPERS_SHOWN = 12

Kind = Literal["tap", "hold", "bounce", "spike", "stick", "release"]
Fault = Literal[
    "paper-out",
    "paper-load",
    "near-end",
    "roll-new",
    "cover-open",
    "cover-close",
    "power-off",
    "power-on",
    "unplug",
    "plug",
]


class SimPressBody(Asked):
    """A key as `hardware.toml` names it, and what a finger does to it."""

    control: str
    kind: Kind = "tap"


class SimPrinterBody(Asked):
    """What happens to the printer."""

    fault: Fault


class SimPaper(Told):
    """One slip in the tray. The picture is at `/api/v1/sim/paper/{n}.png`."""

    n: int
    text: list[str]
    copy_marked: bool
    torn: bool


class SimSpoken(Told):
    """One announcement that was spoken."""

    text: str
    language: str
    at: datetime


class SimState(Told):
    """Everything that can be seen of the simulated devices, the newest last."""

    controls: list[str]
    printer: bool
    papers: list[SimPaper]
    spoken: list[SimSpoken]


def router(panel: VirtualPanel | None, printer: VirtualPrinter | None, voice: VirtualVoice | None) -> APIRouter:
    """The routes for these devices."""
    routes = APIRouter(prefix="/sim", tags=["sim"])

    @routes.get("/state", operation_id="readSimulation")
    def state() -> SimState:
        """The keys there are, the slips in the tray, what was said."""
        papers = papers_of(printer)
        first = max(0, len(papers) - PAPERS_SHOWN)
        return SimState(
            controls=list(panel.controls) if panel else [],
            printer=printer is not None,
            papers=[
                SimPaper(n=n, text=list(p.text), copy_marked=p.marked, torn=p.torn)
                for n, p in enumerate(papers[first:], start=first)
            ],
            spoken=[
                SimSpoken(text=s.text, language=s.language, at=s.at) for s in (voice.heard() if voice else [])[-8:]
            ],
        )

    @routes.post("/press", operation_id="pressSimulatedKey", status_code=204)
    def press(body: SimPressBody) -> None:
        """Move the pin as a finger would; the debounce judges it like any other."""
        if panel is None or body.control not in panel.controls:
            raise Denied(Trouble.NOT_FOUND)
        actions: dict[Kind, Callable[[str], None]] = {
            "tap": panel.press,
            "hold": panel.hold,
            "bounce": panel.bounce,
            "spike": panel.spike,
            "stick": panel.stick,
            "release": panel.release,
        }
        actions[body.kind](body.control)

    @routes.post("/printer", operation_id="spoilSimulatedPrinter", status_code=204)
    def spoil(body: SimPrinterBody) -> None:
        """Make or mend a fault of the printer."""
        if printer is None:
            raise Denied(Trouble.NOT_FOUND)
        actions: dict[Fault, Callable[[], None]] = {
            "paper-out": printer.paper_out,
            "paper-load": printer.load_paper,
            "near-end": lambda: printer.near_end(True),
            "roll-new": lambda: printer.near_end(False),
            "cover-open": printer.open_cover,
            "cover-close": printer.close_cover,
            "power-off": printer.power_off,
            "power-on": printer.power_on,
            "unplug": printer.unplug,
            "plug": printer.plug,
        }
        actions[body.fault]()

    @routes.get(
        "/paper/{number}.png",
        operation_id="readSimulatedPaper",
        response_class=Response,
        responses={200: {"content": {"image/png": {}}}},
    )
    def picture(number: int) -> Response:
        """The slip as it would lie in the tray."""
        papers = papers_of(printer)
        if not 0 <= number < len(papers):
            raise Denied(Trouble.NOT_FOUND)
        return Response(papers[number].png(), media_type="image/png")

    @routes.post("/paper/take", operation_id="takeSimulatedPaper", status_code=204)
    def take() -> None:
        """Take the newest slip out of the tray."""
        if printer is not None:
            printer.take()

    return routes


def papers_of(printer: VirtualPrinter | None) -> list[Paper]:
    """The slips in the tray, the oldest first."""
    return [] if printer is None else list(printer.paper)
