"""Every simulated device of one office, and what can go wrong with each: for the page, the API and played days.

A device is named as its state is (`printer`, `desks`, `desks/1`, `bell/ramp`); a fault is made and mended by its code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hardware.config import (
    GPIO,
    DigitsBoardConfig,
    HardwareConfig,
    MatrixBoardConfig,
    Point,
)
from hardware.ports import Lamp
from hardware.simulator.boards import VirtualMatrix
from hardware.simulator.header import VirtualHeader
from hardware.simulator.keypad import VirtualKeypad
from hardware.simulator.panel import VirtualPanel
from hardware.simulator.printer import VirtualPrinter
from hardware.simulator.rtu import VirtualBus
from hardware.simulator.voice import Spoken, VirtualVoice

Act = Callable[[], None]


@dataclass(frozen=True, slots=True)
class BenchDevice:
    """One simulated device: which faults it can have, and which it has."""

    name: str
    kind: str
    faults: tuple[str, ...]
    active: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BenchLamp:
    """One light: whether it shines now, and how often it has answered a press or refused one."""

    name: str
    on: bool
    blinks: int = 0
    refusals: int = 0


@dataclass(frozen=True, slots=True)
class BenchDisplay:
    """One display: the text of a digit display, or a `picture` of dots."""

    name: str
    desk: int | None
    text: str = ""
    picture: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """How a fault is made, and how it is mended."""

    make: Act
    mend: Act


@dataclass(slots=True)
class _Known:
    kind: str
    faults: dict[str, Fault]
    active: set[str] = field(default_factory=set)


class CountedLamp(Lamp):
    """A lamp that remembers how often it answered: a blink is too short for a page to see."""

    def __init__(self, lamp: Lamp) -> None:
        self._lamp = lamp
        self.blinks = self.refusals = 0

    def blink(self) -> None:
        """Blink, and count it."""
        self.blinks += 1
        self._lamp.blink()

    def refuse(self) -> None:
        """Refuse, and count it."""
        self.refusals += 1
        self._lamp.refuse()


class Bench:
    """The simulated siblings of the devices in a hardware.toml; their links lie in `folder`.

    All methods may be called from any thread.
    """

    def __init__(self, config: HardwareConfig, folder: Path, printer: VirtualPrinter | None, speech_s: float) -> None:
        self.config = config
        self.printer = printer
        self.voice = VirtualVoice(speech_s) if config.sound.kind == "simulated" else None
        self.buses = {
            bus.name: VirtualBus(folder / f"bus-{bus.name}", bus, config.digits_on(bus.name)) for bus in config.buses
        }
        self.matrices = {
            board.name: VirtualMatrix(board) for board in config.boards if isinstance(board, MatrixBoardConfig)
        }
        self.keypads = {pad.name: VirtualKeypad(folder / f"keypad-{pad.name}") for pad in config.keypads}
        self.header = VirtualHeader()
        """The pins; the panel's contacts are at rest before anybody reads them."""
        self.panel = VirtualPanel(config.wired_keys(), self.header, self.buses, self.keypads)
        self._lamps: dict[int, CountedLamp] = {}
        self._known = dict(self._devices())

    def counted(self, desk: int, lamp: Lamp) -> Lamp:
        """The lamp of a desk, counted from now on."""
        self._lamps[desk] = CountedLamp(lamp)
        return self._lamps[desk]

    @property
    def controls(self) -> tuple[str, ...]:
        """Every key, as hardware.toml names it."""
        return tuple(control for control in self.panel.controls if control != "power/fail")

    def devices(self) -> tuple[BenchDevice, ...]:
        """Every device in the order of lists."""
        return tuple(
            BenchDevice(name, one.kind, tuple(one.faults), tuple(code for code in one.faults if code in one.active))
            for name, one in self._known.items()
        )

    def make(self, device: str, fault: str) -> None:
        """Make a fault. Raises KeyError for a device or a fault that there isn't."""
        known = self._known[device]
        known.faults[fault].make()
        known.active.add(fault)

    def mend(self, device: str, fault: str) -> None:
        """Mend a fault; mending what is whole changes nothing. Raises KeyError."""
        known = self._known[device]
        if fault in known.active or fault not in known.faults:
            known.faults[fault].mend()
            known.active.discard(fault)

    def lamps(self) -> list[BenchLamp]:
        """The lamps of the desks (`desk/3`), and those of the bells (`bell/ramp/heard`)."""
        found = [
            BenchLamp(f"desk/{desk}", self._shines(point), lamp.blinks, lamp.refusals)
            for desk, point in self.config.lamps().items()
            if point is not None and (lamp := self._lamps.get(desk)) is not None
        ]
        for bell in self.config.bells:
            lights = {"heard": bell.heard, "coming": bell.coming, "buzzer": bell.buzzer}
            found += [
                BenchLamp(f"bell/{bell.name}/{name}", self._shines(point))
                for name, point in lights.items()
                if point is not None
            ]
        return found

    def displays(self) -> list[BenchDisplay]:
        """What the displays show; screens with a browser are pages of their own."""
        found: list[BenchDisplay] = []
        for board in self.config.boards:
            if isinstance(board, DigitsBoardConfig):
                found.append(BenchDisplay(board.name, board.desk, self.buses[board.bus].text(board.address)))
            elif isinstance(board, MatrixBoardConfig):
                found.append(BenchDisplay(board.name, board.desk, picture=True))
        return found

    def board_png(self, name: str) -> bytes | None:
        """The dots of a matrix as a PNG file; None for a board that isn't one."""
        matrix = self.matrices.get(name)
        return None if matrix is None else matrix.png()

    def spoken(self) -> list[Spoken]:
        """The last announcements, the oldest first."""
        return [] if self.voice is None else self.voice.heard()

    def spoken_wav(self, number: int) -> bytes | None:
        """One of them as a loudspeaker plays it; None when there is no such one."""
        spoken = self.spoken()
        return VirtualVoice.wav_of(spoken[number]) if 0 <= number < len(spoken) else None

    def close(self) -> None:
        """Take the ports away."""
        if self.printer is not None:
            self.printer.close()
        for bus in self.buses.values():
            bus.close()
        for pad in self.keypads.values():
            pad.close()
        self.header.reset()

    def _shines(self, point: Point) -> bool:
        if point.bus != GPIO:
            return self.buses[point.bus].coil(point.module or 0, int(point.line))
        pin = self.header.pin(int(point.line))
        return bool(pin.function == "output" and pin.state)

    def _devices(self) -> Iterator[tuple[str, _Known]]:
        if self.printer is not None:
            yield "printer", _Known("printer", printer_faults(self.printer))
        for name, bus in self.buses.items():
            noise = Fault(_on(bus.noise, True), _on(bus.noise, False))
            yield name, _Known("bus", {"unplugged": Fault(bus.unplug, bus.plug), "noise": noise})
            for address in bus.addresses:
                kind = "display" if bus.is_display(address) else "module"
                power = Fault(_on(bus.power_off, address), _on(bus.power_on, address))
                yield f"{name}/{address}", _Known(kind, {"no-power": power})
        for name, matrix in self.matrices.items():
            faults = {
                "no-power": Fault(matrix.power_off, matrix.power_on),
                "unplugged": Fault(matrix.unplug, matrix.plug),
            }
            yield f"board/{name}", _Known("board", faults)
        for name, pad in self.keypads.items():
            yield name, _Known("keypad", {"unplugged": Fault(pad.unplug, pad.plug)})
        for bell in self.config.bells:
            if bell.closed:
                control = f"bell/{bell.name}"
                loop = Fault(_on(self.panel.cut, control), _on(self.panel.mend, control))
                yield control, _Known("bell", {"loop-cut": loop})
        if "power/fail" in self.panel.controls:
            away = Fault(_on(self.panel.stick, "power/fail"), _on(self.panel.release, "power/fail"))
            yield "power/fail", _Known("power", {"no-mains": away})
        if self.voice is not None:
            yield "voice", _Known("voice", {"unplugged": Fault(self.voice.unplug, self.voice.plug)})


def printer_faults(printer: VirtualPrinter) -> dict[str, Fault]:
    """What can go wrong with a receipt printer."""

    def silent(on: bool) -> None:
        printer.silent = on

    def hung(on: bool) -> None:
        printer.hung = on

    return {
        "paper-out": Fault(printer.paper_out, printer.load_paper),
        "near-end": Fault(_on(printer.near_end, True), _on(printer.near_end, False)),
        "cover-open": Fault(printer.open_cover, printer.close_cover),
        "paused": Fault(printer.pause, printer.resume),
        "jam": Fault(printer.jam, printer.clear_jam),
        "no-power": Fault(printer.power_off, printer.power_on),
        "unplugged": Fault(printer.unplug, printer.plug),
        "silent": Fault(_on(silent, True), _on(silent, False)),
        "hung": Fault(_on(hung, True), _on(hung, False)),
    }


def _on(act: Callable[[Any], None], thing: object) -> Act:
    return lambda: act(thing)
