"""The simulated devices: pressing keys, making faults, taking slips. Real hardware has no such routes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from fastapi import APIRouter, Response

from appliance.api.problems import Denied, Trouble
from appliance.api.schemas import Asked, Told
from appliance.routing import API

if TYPE_CHECKING:
    from hardware.simulator.bench import Bench
    from hardware.simulator.paper import Paper

PAPERS_SHOWN = 12
SPOKEN_SHOWN = 8

Kind = Literal["tap", "hold", "bounce", "spike", "noise", "stick", "release"]


class SimPressBody(Asked):
    """A key as `hardware.toml` names it, and what a finger (or the cable) does to it."""

    control: str
    kind: Kind = "tap"


class SimFaultBody(Asked):
    """A device as its state is named, one of its faults, and whether it is made or mended."""

    device: str
    fault: str
    on: bool = True


class SimPaper(Told):
    """One slip in the tray. The picture is at `/api/v1/sim/paper/{n}.png`."""

    n: int
    text: list[str]
    copy_marked: bool
    torn: bool


class SimSpoken(Told):
    """One announcement that was spoken. It can be heard at `/api/v1/sim/spoken/{n}.wav`."""

    n: int
    text: str
    language: str
    at: datetime


class SimDevice(Told):
    """One device: which faults it can have, and which it has."""

    name: str
    kind: str
    faults: list[str]
    active: list[str]


class SimLamp(Told):
    """A lamp: whether it shines, and how often it has answered a press (`blinks`) or refused one (`refusals`)."""

    name: str
    on: bool
    blinks: int
    refusals: int


class SimBoard(Told):
    """A display: `text` of a digit display, or a picture at `/api/v1/sim/board/{name}.png`."""

    name: str
    desk: int | None
    text: str
    picture: bool


class SimState(Told):
    """Everything that can be seen of the simulated devices, the newest last."""

    controls: list[str]
    printer: bool
    papers: list[SimPaper]
    spoken: list[SimSpoken]
    devices: list[SimDevice]
    lamps: list[SimLamp]
    boards: list[SimBoard]


def router(bench: Bench) -> APIRouter:
    """The routes for the devices of this bench."""
    routes = APIRouter(prefix=API + "/sim", tags=["sim"])

    @routes.get("/state", operation_id="readSimulation")
    def state() -> SimState:
        """The keys there are, the slips in the tray, what was said, what shines, what is broken."""
        papers = papers_of(bench)
        first = max(0, len(papers) - PAPERS_SHOWN)
        spoken = bench.spoken()
        return SimState(
            controls=list(bench.controls),
            printer=bench.printer is not None,
            papers=[
                SimPaper(n=n, text=list(p.text), copy_marked=p.marked, torn=p.torn)
                for n, p in enumerate(papers[first:], start=first)
            ],
            spoken=[
                SimSpoken(n=n, text=s.text, language=s.language, at=s.at)
                for n, s in list(enumerate(spoken))[-SPOKEN_SHOWN:]
            ],
            devices=[
                SimDevice(name=d.name, kind=d.kind, faults=list(d.faults), active=list(d.active))
                for d in bench.devices()
            ],
            lamps=[SimLamp(name=x.name, on=x.on, blinks=x.blinks, refusals=x.refusals) for x in bench.lamps()],
            boards=[SimBoard(name=b.name, desk=b.desk, text=b.text, picture=b.picture) for b in bench.displays()],
        )

    @routes.post("/press", operation_id="pressSimulatedKey", status_code=204)
    def press(body: SimPressBody) -> None:
        """Move the contact as a finger would; the debounce judges it like any other."""
        panel = bench.panel
        if panel is None or body.control not in panel.controls:
            raise Denied(Trouble.NOT_FOUND)
        actions: dict[Kind, Callable[[str], object]] = {
            "tap": panel.press,
            "hold": panel.hold,
            "bounce": panel.bounce,
            "spike": panel.spike,
            "noise": panel.noise,
            "stick": panel.stick,
            "release": panel.release,
        }
        actions[body.kind](body.control)

    @routes.post("/fault", operation_id="spoilSimulatedDevice", status_code=204)
    def spoil(body: SimFaultBody) -> None:
        """Make or mend a fault of a device; `readSimulation` lists which there are."""
        try:
            (bench.make if body.on else bench.mend)(body.device, body.fault)
        except KeyError:
            raise Denied(Trouble.NOT_FOUND) from None

    @routes.get(
        "/paper/{number}.png",
        operation_id="readSimulatedPaper",
        response_class=Response,
        responses={200: {"content": {"image/png": {}}}},
    )
    def picture(number: int) -> Response:
        """The slip as it would lie in the tray."""
        papers = papers_of(bench)
        if not 0 <= number < len(papers):
            raise Denied(Trouble.NOT_FOUND)
        return Response(papers[number].png(), media_type="image/png")

    @routes.post("/paper/take", operation_id="takeSimulatedPaper", status_code=204)
    def take() -> None:
        """Take the newest slip out of the tray."""
        if bench.printer is not None:
            bench.printer.take()

    @routes.get(
        "/board/{name}.png",
        operation_id="readSimulatedBoard",
        response_class=Response,
        responses={200: {"content": {"image/png": {}}}},
    )
    def board(name: str) -> Response:
        """What a matrix of dots shows now."""
        shown = bench.board_png(name)
        if shown is None:
            raise Denied(Trouble.NOT_FOUND)
        return Response(shown, media_type="image/png")

    @routes.get(
        "/spoken/{number}.wav",
        operation_id="hearSimulatedVoice",
        response_class=Response,
        responses={200: {"content": {"audio/wav": {}}}},
    )
    def spoken_wav(number: int) -> Response:
        """An announcement as the loudspeaker of an office would play it."""
        heard = bench.spoken_wav(number)
        if heard is None:
            raise Denied(Trouble.NOT_FOUND)
        return Response(heard, media_type="audio/wav")

    return routes


def papers_of(bench: Bench) -> list[Paper]:
    """The slips in the tray, the oldest first."""
    return [] if bench.printer is None else list(bench.printer.paper)
