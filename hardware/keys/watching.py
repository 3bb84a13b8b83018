"""Learn mode's eyes: every press of anything that could be a key, whether hardware.toml knows it or not."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from hardware.config.boards import SPI_PINS
from hardware.config.model import GPIO, HardwareConfig, KeyConfig, MatrixBoardConfig, Point
from hardware.keys.all import Keys
from hardware.keys.debounce import KeyRule
from hardware.keys.gpio import GpioKeys
from hardware.keys.input_event import CODES
from hardware.keys.judging import Judge
from hardware.keys.keypad import Keypad, KeypadKeys
from hardware.keys.modbus import ModbusKeys
from hardware.modbus.bus import ModbusBus
from hardware.pins import SAFE_PINS, Header, PinFactoryError
from hardware.ports import DeviceState, Press

log = logging.getLogger(__name__)

RULE = KeyRule(holds=False, lockout_s=0.3, stuck_s=3600.0)
"""Stable for 20 ms is a press, told while the finger is still on the key."""

OnPoint = Callable[[Point], None]


class Watcher:
    """Watches the safe pins, every input of every module, and every key of every keypad.

    `buses` are polled by their owner. With `keys`, the running keys of the same office, its header and keypads are
    shared; alone, `pin_factory` is as for `Header`, or None for no pins. Pins that drive something are left alone.

    A contact that is closed at rest is told when it closes again.
    """

    def __init__(
        self,
        config: HardwareConfig,
        pin_factory: Any,
        buses: Mapping[str, ModbusBus],
        keys: Keys | None = None,
        pins: Iterable[int] = SAFE_PINS,
    ) -> None:
        self._keys = keys
        shared = None if keys is None else keys.pin_factory
        given = shared if shared is not None else pin_factory
        self._header = None if given is None else Header(given, config.gpio.chip)
        self._pins = [pin for pin in pins if pin not in _driven(config)]
        self._buses = buses
        self._keypads = {one.name: Keypad(one) for one in config.keypads} if keys is None else keys.keypads
        self._judge = Judge([])
        self._closing: list[Callable[[], None]] = []

    def watch(self, on_point: OnPoint) -> None:
        """Begin; `on_point` runs in a thread of the watcher's, one at a time, and what it raises is logged. Once."""
        claimed = frozenset() if self._keys is None else self._keys.gpio.pins
        free = [_key(Point(GPIO, pin)) for pin in self._pins if pin not in claimed]
        watched = [_key(Point(GPIO, pin)) for pin in claimed]
        modules = {name: list(_inputs(bus)) for name, bus in self._buses.items()}
        keycaps = {name: [_key(Point(name, key)) for key in CODES] for name in self._keypads}
        every = [*free, *watched, *(one for keys in (*modules.values(), *keycaps.values()) for one in keys)]
        points = {key.control: key.point for key in every}
        judge = self._judge = Judge(every)
        header = GpioKeys(free, judge, quiet=True)
        if self._header is not None:
            with suppress(PinFactoryError):
                self._header.open()
                header.start(self._header)
        sources: list[ModbusKeys | KeypadKeys] = [
            ModbusKeys(keys, judge, self._buses[name]) for name, keys in modules.items()
        ]
        sources += [KeypadKeys(keys, judge, self._keypads[name]) for name, keys in keycaps.items()]
        self._closing = [judge.close, *(source.close for source in sources), header.close]
        if self._keys is not None:
            stop = self._keys.gpio.listen(lambda pin, at, made: judge.take(at, {str(Point(GPIO, pin)): made}))
            self._closing.append(stop)
        else:
            self._closing += [keypad.close for keypad in self._keypads.values()]
        if self._header is not None:
            self._closing.append(self._header.close)
        for source in sources:
            source.start()
        if self._keys is None:
            for keypad in self._keypads.values():
                keypad.start()

        def pressed(press: Press) -> None:
            on_point(points[press.control])

        judge.start(pressed)

    def states(self) -> Mapping[str, DeviceState]:
        """Per point (`gpio 17`, `desks 1/5`): ready once it is watched."""
        return self._judge.state()

    def close(self) -> None:
        """Stop; free pins are released. May be called twice."""
        closing, self._closing = self._closing, []
        for close in closing:
            close()


def _key(point: Point) -> KeyConfig:
    return KeyConfig(str(point), point, RULE)


def _inputs(bus: ModbusBus) -> Iterator[KeyConfig]:
    for module in bus.config.modules:
        for line in range(module.inputs):
            yield _key(Point(bus.config.name, line, module.address))


def _driven(config: HardwareConfig) -> frozenset[int]:
    """The pins that light or switch something, or are wires of a display: a key must not be looked for there."""
    outputs = [panel.lamp for panel in config.panels]
    for bell in config.bells:
        outputs += [bell.heard, bell.coming, bell.buzzer, bell.reset]
    pins = {int(point.line) for point in outputs if point is not None and point.bus == GPIO}
    for board in config.boards:
        if isinstance(board, MatrixBoardConfig):
            pins.update(SPI_PINS[board.spi_port])
    return frozenset(pins)
