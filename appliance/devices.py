"""The devices of one office, made from its hardware.toml. A missing device is a state; it never stops the others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.workers.ringing import BellLights
from hardware.boards.opening import open_boards
from hardware.boards.web import WebBoard
from hardware.config import (
    SIMULATED,
    BellConfig,
    HardwareConfig,
    ModbusBusConfig,
    Point,
    PrinterConfig,
    SoundConfig,
)
from hardware.doctor.examination import Part
from hardware.keys.all import Keys
from hardware.keys.watching import Watcher
from hardware.lamps import SilentLamp, open_lamp, open_light
from hardware.modbus.bus import ModbusBus
from hardware.paper.slip import WIDTH_58MM, WIDTH_80MM
from hardware.pins import MOCK, OpenedFactory
from hardware.ports import Board, Lamp, Light, Press, Voice
from hardware.printing.printer import EscposPrinter
from hardware.printing.profiles import PROFILES, PrinterProfile
from hardware.sound.silent import SilentVoice

if TYPE_CHECKING:
    from hardware.simulator.bench import Bench

SPEECH_S = 2.5
"""How long the simulated voice takes for one announcement."""

RELEASE_S = 0.5
"""How long the relay of a bell is driven to let go."""

MM_PER_INCH = 25.4

PAPER_MM_S = 200.0
"""How fast the simulated printer moves its paper."""


class Devices:
    """Everything that `hardware.toml` names. Nothing is claimed before `open`."""

    def __init__(self, config: HardwareConfig, folder: Path) -> None:
        """`folder` holds the links that simulated devices answer at."""
        self.config = config
        self.profile = profile_of(config.printer)
        self.bench = _bench(config, folder, self.profile)
        self.buses = {bus.name: self._bus(bus) for bus in config.buses}
        self.keys = self._keys()
        self.printer: EscposPrinter | None = None
        if config.printer is not None:
            virtual = None if self.bench is None else self.bench.printer
            self.printer = EscposPrinter(config.printer.port if virtual is None else virtual.path, self.profile)
        self.voice = self._voice(config.sound)
        self.boards: Mapping[str, Board] = open_boards(
            config.boards, self.buses, {} if self.bench is None else self.bench.matrices
        )
        self.lamps: Mapping[int, Lamp] = {}
        self.bells: Mapping[str, BellLights] = {}
        self._latches: Mapping[str, Light] = {}
        self._rung_while_opening: set[str] = set()

    @property
    def screens(self) -> dict[str, WebBoard]:
        """The boards that are browsers."""
        return {name: board for name, board in self.boards.items() if isinstance(board, WebBoard)}

    def open(self, on_press: Callable[[Press], object], on_stuck: Callable[[str, bool], None] | None = None) -> None:
        """Begin to listen to the keys, and claim what shines; returns when the first press would count."""
        for bus in self.buses.values():
            bus.start()
        self.keys.start(on_press, on_stuck)
        self.lamps = {desk: self._lamp(desk, point) for desk, point in self.config.lamps().items()}
        self.bells = {bell.name: self._lights(bell) for bell in self.config.bells}
        self._latches = {
            bell.name: open_light(bell.reset, self.keys.pin_factory, self.buses)
            for bell in self.config.bells
            if bell.reset is not None
        }
        for bell in self._rung_while_opening:
            self.release_bell(bell)

    def release_bell(self, name: str) -> None:
        """Let the relay go that has held the press of a bell, also over the time when the box had no power."""
        latch = self._latches.get(name)
        if latch is None:
            self._rung_while_opening.add(name)
            return
        latch.set(True)
        off = threading.Timer(RELEASE_S, latch.set, (False,))
        off.daemon = True
        off.start()

    def watch(self, on_point: Callable[[Point], None]) -> Watcher:
        """Report every key of every bus, those that hardware.toml doesn't know too, until it is closed."""
        watcher = Watcher(self.config, self.keys.pin_factory, self.buses, self.keys)
        watcher.watch(on_point)
        return watcher

    def parts(self) -> list[Part]:
        """Every device with its state, in the order of lists. Quick: what they told last."""
        return list(self._parts())

    def close(self) -> None:
        """Release pins and ports."""
        self.keys.close()
        for board in self.boards.values():
            board.close()
        for bus in self.buses.values():
            bus.close()
        self.voice.close()
        if self.printer is not None:
            self.printer.close()
        if self.bench is not None:
            self.bench.close()

    def _parts(self) -> Iterator[Part]:
        if self.printer is not None:
            yield Part("printer", "printer", self.printer.state())
        for name, bus in self.buses.items():
            displays = {f"{name}/{board.address}" for board in self.config.digits_on(name)}
            for part, state in bus.states().items():
                if part not in displays:  # its board tells the same, and more
                    yield Part(part, "bus" if part == name else "module", state)
        for name, keypad in self.keys.keypads.items():
            yield Part(name, "keypad", keypad.state())
        for control, state in self.keys.state().items():
            kind = control.partition("/")[0]
            yield Part(control, kind if kind in ("bell", "power") else "buttons", state)
        for name, board in self.boards.items():
            yield Part(f"board/{name}", "board", board.state())
        yield Part("voice", "voice", self.voice.state())

    def _bus(self, config: ModbusBusConfig) -> ModbusBus:
        displays = [board.address for board in self.config.digits_on(config.name)]
        return ModbusBus(config if self.bench is None else self.bench.buses[config.name].driven, displays)

    def _keys(self) -> Keys:
        """The keys, on the simulated siblings where there are any."""
        if self.bench is None:
            return Keys(self.config, self.config.pin_factory, self.buses)
        pads = tuple(replace(pad, port=str(self.bench.keypads[pad.name].path)) for pad in self.config.keypads)
        return Keys(replace(self.config, keypads=pads), OpenedFactory(self.bench.header, MOCK), self.buses)

    def _voice(self, sound: SoundConfig) -> Voice:
        if self.bench is not None and self.bench.voice is not None:
            return self.bench.voice
        if sound.kind != "clips":
            return SilentVoice()
        from hardware.sound.aplay import Aplay
        from hardware.sound.clip_voice import ClipVoice
        from hardware.sound.library import ClipLibrary

        return ClipVoice(ClipLibrary(sound.clips), Aplay(sound.device), chime=sound.chime)

    def _lamp(self, desk: int, point: Point | None) -> Lamp:
        if point is None:
            return SilentLamp()
        lamp = open_lamp(point, self.keys.pin_factory, self.buses)
        return lamp if self.bench is None else self.bench.counted(desk, lamp)

    def _lights(self, bell: BellConfig) -> BellLights:
        def light(point: Point | None) -> Light | None:
            return None if point is None else open_light(point, self.keys.pin_factory, self.buses)

        return BellLights(light(bell.heard), light(bell.coming), light(bell.buzzer))


def build(config: HardwareConfig, folder: Path) -> Devices:
    """Make the devices without touching a pin; nothing is claimed before they are opened."""
    return Devices(config, folder)


def _bench(config: HardwareConfig, folder: Path, profile: PrinterProfile) -> Bench | None:
    """The simulated siblings; a real office has none, but may be tried with a simulated printer."""
    if config.mode != SIMULATED:
        return None
    # A real office never loads what only simulated devices need.
    from hardware.simulator.bench import Bench
    from hardware.simulator.paper import CODE_PAGES
    from hardware.simulator.printer import VirtualPrinter

    virtual = None
    if config.printer is not None and config.printer.port == SIMULATED:
        virtual = VirtualPrinter(
            folder / "printer",
            width=profile.width,
            dpi=round(profile.dots_per_mm * MM_PER_INCH),
            cutter=profile.cutter,
            slots=profile.code_pages or CODE_PAGES,
            paper_mm_s=PAPER_MM_S,
        )
    return Bench(config, folder, virtual, SPEECH_S)


def profile_of(config: PrinterConfig | None) -> PrinterProfile:
    """The profile that encoder and printer share: what is known of the model, and what the file says over it."""
    if config is None:
        return PrinterProfile()
    model = PROFILES.get(config.profile, PrinterProfile())
    usual = WIDTH_58MM if config.width_mm == 58 else WIDTH_80MM
    return replace(
        model,
        width=model.width if config.profile else usual,
        mode=config.mode,
        codepage=config.codepage or model.codepage,
        codepage_slot=model.codepage_slot if config.slot is None else config.slot,
        confirm=config.confirm,
        baud=config.baud,
        flow=config.flow,
    )
