"""[bus.NAME]: the Modbus lines and USB keypads of an office, and the modules on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil

from hardware.config.model import GPIO, DigitsBoardConfig, KeypadConfig, ModbusBusConfig, ModuleConfig
from hardware.config.ports import Ports
from hardware.config.table import Table, shown
from hardware.modbus import cycle

GPIO_KIND = "gpio"
MODBUS = "modbus-rtu"
KEYPAD = "usb-keypad"
KINDS = (MODBUS, KEYPAD)
PARITIES = ("none", "even", "odd")
USUAL_BAUD = 19200
LAST_ADDRESS = 247
LAST_REGISTER = 65535
MOST_INPUTS = 64


@dataclass(slots=True)
class Buses:
    """The buses that the file names; `gpio` is always there.

    `tables` are all of them, also those with mistakes; `found` those that are of a known kind. `sure`: no bus can be
    missing here because of a mistake.
    """

    tables: Mapping[str, Table] = field(default_factory=dict)
    found: dict[str, ModbusBusConfig | KeypadConfig] = field(default_factory=dict)
    sure: bool = True
    _unsure_modules: set[str] = field(default_factory=set)
    _with_mistakes: set[str] = field(default_factory=set)

    def kind(self, name: str) -> str:
        """`gpio`, `modbus-rtu` or `usb-keypad`; empty for a bus that isn't there or whose kind nobody knows."""
        if name == GPIO:
            return GPIO_KIND
        bus = self.found.get(name)
        if bus is None:
            return ""
        return MODBUS if isinstance(bus, ModbusBusConfig) else KEYPAD

    def names(self, kind: str) -> list[str]:
        """The buses of one kind."""
        return [name for name in self.tables if self.kind(name) == kind]

    def modules(self, name: str) -> Sequence[ModuleConfig]:
        """The modules of a bus."""
        bus = self.found.get(name)
        return bus.modules if isinstance(bus, ModbusBusConfig) else ()

    def sure_of_modules(self, name: str) -> bool:
        """Whether no module of the bus can be missing here because of a mistake."""
        return name not in self._unsure_modules

    @property
    def modbus(self) -> tuple[ModbusBusConfig, ...]:
        """The Modbus lines."""
        return tuple(bus for bus in self.found.values() if isinstance(bus, ModbusBusConfig))

    @property
    def keypads(self) -> tuple[KeypadConfig, ...]:
        """The keypads."""
        return tuple(bus for bus in self.found.values() if isinstance(bus, KeypadConfig))

    def read(self, file: Table, ports: Ports) -> None:
        """Read every [bus.NAME]."""
        self.tables = file.named("bus", "bus")
        self.sure = file.right("bus")
        for name, table in self.tables.items():
            if name == GPIO:
                table.wrong("bus-built-in")
                continue
            before = len(table.mistakes)
            kind = table.choice("kind", KINDS)
            if not table.right("kind"):
                continue
            if kind == MODBUS:
                self.found[name] = self._modbus(name, table, ports)
            else:
                self.found[name] = KeypadConfig(name, ports.input(table))
            table.refuse_unknown()
            if len(table.mistakes) > before:
                self._with_mistakes.add(name)

    def check_cycles(self, displays: Sequence[DigitsBoardConfig]) -> None:
        """Refuse a bus that is read too seldom, with the slowest baud that would do as the nearest word."""
        for bus in self.modbus:
            if bus.name in self._with_mistakes or not bus.modules:
                continue
            own = [display for display in displays if display.bus == bus.name]
            if cycle.cycle_s(bus) > cycle.limit_s(bus):
                self._refuse_cycle("cycle-too-long", bus, ())
            elif cycle.cycle_s(bus, own) > cycle.limit_s(bus):
                self._refuse_cycle("cycle-with-displays", bus, own)

    def _refuse_cycle(self, code: str, bus: ModbusBusConfig, displays: Sequence[DigitsBoardConfig]) -> None:
        limit = cycle.limit_s(bus)
        faster = next((baud for baud in cycle.BAUDS if cycle.cycle_s(replace(bus, baud=baud), displays) <= limit), None)
        self.tables[bus.name].wrong(
            code,
            "baud",
            f"baud = {faster}" if faster else "",
            cycle=ceil(cycle.cycle_s(bus, displays) * 1000),
            limit=f"{limit * 1000:.0f}",
        )

    def _modbus(self, name: str, table: Table, ports: Ports) -> ModbusBusConfig:
        return ModbusBusConfig(
            name=name,
            port=ports.serial(table),
            baud=table.choice("baud", cycle.BAUDS, USUAL_BAUD),
            parity=table.choice("parity", PARITIES, "none"),
            modules=self._modules(name, table),
        )

    def _modules(self, bus: str, table: Table) -> tuple[ModuleConfig, ...]:
        modules: dict[int, ModuleConfig] = {}
        for number, values in enumerate(table.tables("module", f"bus.{bus}.module"), 1):
            given = values.get("address")
            entry = table.entry("module", f"{bus} {shown(given) if type(given) is int else f'#{number}'}", values)
            address = entry.integer("address", 1, LAST_ADDRESS)
            inputs = entry.integer("inputs", 1, MOST_INPUTS)
            outputs = entry.integer("outputs", 0, MOST_INPUTS, 0)
            entry.allow("latch")
            module = ModuleConfig(
                address=address,
                # What isn't known is no reason to refuse a key.
                inputs=inputs if entry.right("inputs") else MOST_INPUTS,
                latch=entry.integer("latch", 0, LAST_REGISTER) if entry.has("latch") else None,
                outputs=outputs if entry.right("outputs") else MOST_INPUTS,
            )
            entry.refuse_unknown()
            if not entry.right("address"):
                self._unsure_modules.add(bus)
            elif address in modules:
                entry.wrong("module-twice", "address", bus=bus, address=address)
            else:
                modules[address] = module
        if not table.right("module"):
            self._unsure_modules.add(bus)
        return tuple(modules.values())
