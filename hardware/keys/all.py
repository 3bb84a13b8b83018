"""All the keys of an office, on whatever bus: their sources, and the one judge over them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hardware.config.model import GPIO, HardwareConfig, KeyConfig
from hardware.keys.gpio import GpioKeys
from hardware.keys.judging import Judge, OnPress, OnStuck
from hardware.keys.keypad import Keypad, KeypadKeys
from hardware.keys.modbus import ModbusKeys
from hardware.modbus.bus import ModbusBus
from hardware.pins import Header
from hardware.ports import Buttons, DeviceState


class Keys(Buttons):
    """The keys of a hardware.toml.

    `pin_factory` is as for `Header`: a name (`config.pin_factory`), or an open factory that stays its owner's. `buses`
    are started and closed by their owner, in whatever order; keypads are the keys' own. One `start` per object.
    """

    def __init__(self, config: HardwareConfig, pin_factory: Any, buses: Mapping[str, ModbusBus]) -> None:
        keys = config.wired_keys()
        self._header = Header(pin_factory, config.gpio.chip)
        self._judge = Judge(keys)
        self.gpio = GpioKeys(_on(keys, GPIO), self._judge)
        """The source on the header, for whoever watches its pins as well."""
        self.keypads = {one.name: Keypad(one) for one in config.keypads}
        """The keypads by their names; each has a state of its own."""
        self._sources: list[ModbusKeys | KeypadKeys] = [
            *(ModbusKeys(_on(keys, name), self._judge, bus) for name, bus in buses.items()),
            *(KeypadKeys(_on(keys, name), self._judge, keypad) for name, keypad in self.keypads.items()),
        ]

    @property
    def pin_factory(self) -> Any:
        """The open factory, for lamps and the virtual panel; None before `start` or when it is missing."""
        return self._header.factory

    @property
    def factory_in_force(self) -> str:
        """The pin factory's name: gpiod, lgpio or mock; empty when there is none."""
        return self._header.name

    @property
    def factory_trouble(self) -> str:
        """Why gpiod was not taken, or why there is no factory at all; empty when all is well."""
        return self._header.trouble

    def start(self, on_press: OnPress, on_stuck: OnStuck | None = None) -> None:
        """Claim pins, open keypads, listen to the buses; returns when the first press of a pin would count.

        `on_stuck` hears which key is stuck and which is free again: a bell whose loop is cut, mains that are away.
        """
        self.gpio.start(self._header)
        for source in self._sources:
            source.start()
        for keypad in self.keypads.values():
            keypad.start()
        self._judge.start(on_press, on_stuck)

    def close(self) -> None:
        """Stop listening and release pins and keypads; may be called twice, and from `on_press`."""
        self._judge.close()
        for source in self._sources:
            source.close()
        for keypad in self.keypads.values():
            keypad.close()
        self.gpio.close()
        self._header.close()

    def state(self) -> Mapping[str, DeviceState]:
        """Per control: ready, with the warning `on-battery` for the contact of the mains.

        Missing with the reason of its bus, module or keypad, or `gpio-missing`; fault with `pin-unavailable`,
        `pin-unreadable`, `module-refuses`, `key-stuck`, or `loop-cut` for a bell.
        """
        return self._judge.state()


def _on(keys: tuple[KeyConfig, ...], bus: str) -> list[KeyConfig]:
    return [key for key in keys if key.point.bus == bus]
