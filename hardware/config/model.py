"""What a whole `hardware.toml` says: buses, keys, bells, printer, boards and sound, as plain values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from hardware.keys.debounce import KeyRule

GPIO = "gpio"
"""The name of the bus that every Pi has: its own header."""

SIMULATED = "simulated"
KEYS = ("next", "repeat", "finish")
"""The keys of a panel, in the order in which they sit."""


@dataclass(frozen=True, slots=True)
class Point:
    """Where a wire ends.

    On `gpio` the line is a BCM number; on a Modbus bus an input (or a coil, for what shines) of `module`, from 0; on a
    USB keypad the name of a key.
    """

    bus: str
    line: int | str
    module: int | None = None

    def __str__(self) -> str:
        """As reports name it: `gpio 17`, `desks 1/5`, `pad1 KP1`."""
        where = f"{self.module}/{self.line}" if self.module is not None else f"{self.line}"
        return f"{self.bus} {where}"


@dataclass(frozen=True, slots=True)
class KeyConfig:
    """A key as the drivers see it: its control name, its wire and how it is judged.

    `closed`: the contact is closed at rest and a press opens it, so that a cut wire is seen.
    """

    control: str
    point: Point
    rule: KeyRule = field(default_factory=KeyRule)
    closed: bool = False

    @property
    def pin(self) -> int:
        """The BCM number of a key on the header."""
        assert self.point.bus == GPIO
        return int(self.point.line)


@dataclass(frozen=True, slots=True)
class GpioConfig:
    """[gpio] and [gpio.lockout_ms]: how the Pi's own pins are reached, and how every key is judged.

    `pin_factory`: `auto` takes libgpiod and falls back to lgpio. `chip`: the label of the header's chip, or empty to
    find it.
    """

    pin_factory: str = "auto"
    chip: str = ""
    debounce_ms: int = 20
    hold_ms: int = 1000
    stuck_after_s: int = 10
    next_lockout_ms: int = 700
    repeat_lockout_ms: int = 300
    finish_lockout_ms: int = 300
    ticket_lockout_ms: int = 1500
    bell_lockout_ms: int = 3000

    def rule(self, holds: bool, lockout_ms: int) -> KeyRule:
        """The debounce rule of one key."""
        return KeyRule(
            holds=holds,
            lockout_s=lockout_ms / 1000,
            stable_s=self.debounce_ms / 1000,
            hold_s=self.hold_ms / 1000,
            stuck_s=float(self.stuck_after_s),
        )


@dataclass(frozen=True, slots=True)
class ModuleConfig:
    """One input module of a Modbus bus.

    `inputs` are read by function 02. `latch` is the first holding register of the module's input latch (a set bit
    stays until the register is written with 0), or None. `outputs` are coils (function 05), for lamps.
    """

    address: int
    inputs: int
    latch: int | None = None
    outputs: int = 0


@dataclass(frozen=True, slots=True)
class ModbusBusConfig:
    """One [bus.NAME] of kind `modbus-rtu`: 8 data bits, `parity` none, even or odd, 1 stop bit."""

    name: str
    port: str
    baud: int
    parity: Literal["none", "even", "odd"] = "none"
    modules: tuple[ModuleConfig, ...] = ()

    def module(self, address: int) -> ModuleConfig | None:
        """The module at an address."""
        return next((one for one in self.modules if one.address == address), None)


@dataclass(frozen=True, slots=True)
class KeypadConfig:
    """One [bus.NAME] of kind `usb-keypad`: `port` is a path below /dev/input, best one of `by-path`."""

    name: str
    port: str


@dataclass(frozen=True, slots=True)
class ButtonConfig:
    """One [[button]]. `service` belongs to the role `kiosk.ticket`."""

    role: Literal["kiosk.ticket", "power.fail"]
    service: str
    point: Point
    closed: bool = False


@dataclass(frozen=True, slots=True)
class PanelConfig:
    """One [[panel]]: the three keys of a desk, and the lamp in them."""

    desk: int
    next: Point
    repeat: Point
    finish: Point
    lamp: Point | None = None


@dataclass(frozen=True, slots=True)
class BellConfig:
    """One [[bell]]: the loop outside, its two lamps, and what is inside.

    `closed`: the loop is closed at rest, so that open for `cut_after_s` is a cut wire. `reset` drives the relay that
    holds a press while the box has no power, or is None. `heard` and `coming` are lamps outside, `buzzer` is inside,
    `answer` the key inside.
    """

    name: str
    press: Point
    closed: bool = True
    cut_after_s: int = 10
    answer: Point | None = None
    heard: Point | None = None
    coming: Point | None = None
    buzzer: Point | None = None
    reset: Point | None = None


@dataclass(frozen=True, slots=True)
class PrinterConfig:
    """[printer].

    `port` is `simulated`, a serial port, a USB printer (/dev/usb/lp0) or `tcp://host:9100`. `codepage`, `slot` and
    `ticked` are set in text mode: the technician has ticked that line of the code-page test slip. `logo` and `template`
    are files, None where there are none.
    """

    port: str
    baud: int
    flow: Literal["none", "xonxoff", "rtscts"]
    width_mm: int
    mode: Literal["raster", "text"]
    codepage: str
    slot: int | None
    confirm: Literal["process-id", "gs-r", "none"]
    profile: str = ""
    ticked: str = ""
    logo: Path | None = None
    template: Path | None = None


@dataclass(frozen=True, slots=True)
class WebBoardConfig:
    """[board.NAME] of kind `web`: a browser that shows the hall page and tells that it lives."""

    name: str


@dataclass(frozen=True, slots=True)
class DigitsBoardConfig:
    """[board.NAME] of kind `modbus-digits`: the number display of one desk, on a bus of keys.

    `register` is the first holding register, `digits` how many places the display has. `encoding`: `ascii` one
    character a register, `packed` two, `number` the number alone as one register.
    """

    name: str
    bus: str
    address: int
    desk: int
    register: int = 0
    digits: int = 4
    encoding: Literal["ascii", "packed", "number"] = "ascii"


@dataclass(frozen=True, slots=True)
class MatrixBoardConfig:
    """[board.NAME] of kind `max7219`: `modules` of 8 by 8 dots in a row on SPI, one line of Cyrillic.

    `desk`: shows the number called to that desk; None: shows the newest call of the hall and its desk. `orientation` is
    how each module is turned on its board, in degrees; -90 is the usual strip of four. `reversed`: the cable comes in
    at the right end.
    """

    name: str
    spi_port: int = 0
    spi_device: int = 0
    modules: int = 8
    brightness: int = 4
    desk: int | None = None
    orientation: Literal[-90, 0, 90, 180] = -90
    reversed: bool = False


BoardConfig = WebBoardConfig | DigitsBoardConfig | MatrixBoardConfig


@dataclass(frozen=True, slots=True)
class SoundConfig:
    """[sound]. `clips`: a folder of the office's own recordings, None for those that come with Talon."""

    kind: Literal["none", "simulated", "clips"] = "none"
    device: str = "default"
    clips: Path | None = None
    chime: bool = True
    repeat: bool = True


@dataclass(frozen=True, slots=True)
class HardwareConfig:
    """A whole file without a mistake. `printer` is None when the office has none."""

    mode: str
    gpio: GpioConfig = field(default_factory=GpioConfig)
    buses: tuple[ModbusBusConfig, ...] = ()
    keypads: tuple[KeypadConfig, ...] = ()
    buttons: tuple[ButtonConfig, ...] = ()
    panels: tuple[PanelConfig, ...] = ()
    bells: tuple[BellConfig, ...] = ()
    printer: PrinterConfig | None = None
    boards: tuple[BoardConfig, ...] = ()
    sound: SoundConfig = field(default_factory=SoundConfig)

    @property
    def pin_factory(self) -> str:
        """The name for `hardware.pins.open_pin_factory`."""
        return "mock" if self.mode == SIMULATED else self.gpio.pin_factory

    def wired_keys(self) -> tuple[KeyConfig, ...]:
        """Every key of every bus.

        `desk/<number>/next|repeat|finish`, then `kiosk/<service>`, `power/fail`, `bell/<name>` and
        `answer/<name>`.
        """
        return (*self._panel_keys(), *self._button_keys(), *self._bell_keys())

    def lamps(self) -> dict[int, Point | None]:
        """The lamp of each desk."""
        return {panel.desk: panel.lamp for panel in self.panels}

    def digits_on(self, bus: str) -> tuple[DigitsBoardConfig, ...]:
        """The digit displays that hang on a bus."""
        return tuple(one for one in self.boards if isinstance(one, DigitsBoardConfig) and one.bus == bus)

    def _panel_keys(self) -> Iterator[KeyConfig]:
        gpio = self.gpio
        lockouts = (gpio.next_lockout_ms, gpio.repeat_lockout_ms, gpio.finish_lockout_ms)
        for panel in self.panels:
            for name, lockout in zip(KEYS, lockouts, strict=True):
                yield KeyConfig(f"desk/{panel.desk}/{name}", getattr(panel, name), gpio.rule(True, lockout))

    def _button_keys(self) -> Iterator[KeyConfig]:
        for button in self.buttons:
            if button.role == "power.fail":
                # Down for as long as the power is away, which is no fault of the contact.
                rule = KeyRule(holds=False, stable_s=0.2, lockout_s=0.0, stuck_s=1.0, baseline_counts=True)
                yield KeyConfig("power/fail", button.point, rule, button.closed)
                continue
            rule = self.gpio.rule(False, self.gpio.ticket_lockout_ms)
            yield KeyConfig(f"kiosk/{button.service}", button.point, rule, button.closed)

    def _bell_keys(self) -> Iterator[KeyConfig]:
        gpio = self.gpio
        for bell in self.bells:
            rule = KeyRule(
                holds=False,
                lockout_s=gpio.bell_lockout_ms / 1000,
                stable_s=gpio.debounce_ms / 1000,
                stuck_s=float(bell.cut_after_s),
                baseline_counts=True,
            )
            yield KeyConfig(f"bell/{bell.name}", bell.press, rule, bell.closed)
            if bell.answer is not None:
                yield KeyConfig(f"answer/{bell.name}", bell.answer, gpio.rule(False, 300))
