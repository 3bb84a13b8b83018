"""The devices of one office, made from its hardware.toml. A missing device is a state; it never stops the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hardware.config import SIMULATED, HardwareConfig, PrinterConfig
from hardware.keys.gpio import GpioButtons
from hardware.lamps import SilentLamp, open_lamp
from hardware.paper.slip import WIDTH_58MM, WIDTH_80MM
from hardware.ports import Lamp, TicketPrinter, Voice
from hardware.printing.encoder import PrinterProfile
from hardware.printing.printer import EscposPrinter
from hardware.simulator.panel import VirtualPanel
from hardware.simulator.printer import VirtualPrinter
from hardware.simulator.voice import VirtualVoice
from hardware.sound.silent import SilentVoice

SPEECH_S = 2.5
"""How long the simulated voice takes for one announcement."""


@dataclass(slots=True)
class Simulation:
    """The simulated siblings, for the page that plays with them. `printer` is None where the real one is used."""

    panel: VirtualPanel | None
    printer: VirtualPrinter | None
    voice: VirtualVoice | None


@dataclass(slots=True)
class Devices:
    """Everything that `hardware.toml` names."""

    config: HardwareConfig
    buttons: GpioButtons
    printer: TicketPrinter | None
    profile: PrinterProfile
    voice: Voice
    lamps: Mapping[int, Lamp]
    simulation: Simulation | None

    def open_lamps(self) -> None:
        """Claim the lamps; possible once the buttons have opened the pins."""
        factory = self.buttons.pin_factory
        self.lamps = {
            desk: SilentLamp() if point is None or factory is None else open_lamp(int(point.line), factory)
            for desk, point in self.config.lamps().items()
        }

    def close(self) -> None:
        """Release pins and ports."""
        self.buttons.close()
        if self.printer is not None:
            self.printer.close()
        if self.simulation is not None and self.simulation.printer is not None:
            self.simulation.printer.close()


def build(config: HardwareConfig, folder: Path) -> Devices:
    """Make the devices without touching a pin; nothing is claimed before the buttons are started.

    `folder` holds the link that a simulated printer answers at.
    """
    simulated = config.mode == SIMULATED
    voice: Voice = VirtualVoice(SPEECH_S) if config.sound.kind == SIMULATED else SilentVoice()
    profile = profile_of(config.printer)
    virtual: VirtualPrinter | None = None
    printer: TicketPrinter | None = None
    if config.printer is not None:
        port = config.printer.port
        if port == SIMULATED:
            virtual = VirtualPrinter(folder / "printer", width=profile.width)
            port = virtual.path
        printer = EscposPrinter(port, profile)
    buttons = GpioButtons(config.wired_keys(), config.pin_factory)
    simulation = None
    if simulated:
        simulation = Simulation(None, virtual, voice if isinstance(voice, VirtualVoice) else None)
    return Devices(config, buttons, printer, profile, voice, {}, simulation)


def profile_of(config: PrinterConfig | None) -> PrinterProfile:
    """The profile that encoder and printer share."""
    defaults = PrinterProfile()
    if config is None:
        return defaults
    return PrinterProfile(
        width=WIDTH_58MM if config.width_mm == 58 else WIDTH_80MM,
        mode=config.mode,
        codepage=config.codepage or defaults.codepage,
        codepage_slot=defaults.codepage_slot if config.slot is None else config.slot,
        confirm=config.confirm,
        baud=config.baud,
        flow=config.flow,
    )
