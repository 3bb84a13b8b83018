"""Where the wires of `hardware.toml` end: pins of the header, inputs and outputs of modules, keys of keypads.

Every wire has one owner; who comes second is told who was first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from hardware.config.buses import GPIO_KIND, KEYPAD, MODBUS, Buses
from hardware.config.mistakes import Place
from hardware.config.model import GPIO, ModuleConfig, Point
from hardware.config.table import Table, nearest, nearest_number

EEPROM_PINS = (0, 1)  # read by the firmware from a HAT at start
PULLED_UP_PINS = (2, 3)  # 1.8 kilohms to 3.3 V on the board itself
LAST_BCM_PIN = 27

KEYPAD_KEYS = (
    *(f"KP{digit}" for digit in range(10)),
    *("KPENTER", "KPPLUS", "KPMINUS", "KPASTERISK", "KPSLASH", "KPDOT", "ENTER"),
    *map(str, range(10)),
    *"ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    *(f"F{number}" for number in range(1, 13)),
)
"""The keys of a keypad by their names: those of Linux without `KEY_`."""

_WIRE = {GPIO_KIND: ("pin",), MODBUS: ("module", "input"), KEYPAD: ("key",)}
"""How a table of one key tells its wire, by the kind of its bus."""

_NOWHERE = Point("", -1)


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose wire it is: a table of the file, and the key there that names the wire."""

    table: Table
    key: str


@dataclass(slots=True)
class Wiring:
    """The buses of a file, and who has which wire so far.

    A wire is (bus, `pin` | `input` | `output` | `key`, module, line).
    """

    buses: Buses
    owners: dict[tuple[str, str, int | None, int | str], Owner] = field(default_factory=dict)

    def end(self, table: Table, *, of_one_key: bool) -> WireEnd:
        """Read at which bus, and which module, the wires of a table end.

        `of_one_key`: the table is of one key, whose wire is told by `pin`, by `module` and `input`, or by `key`; else
        its keys are named one by one.
        """
        bus = table.text("bus", default=GPIO)
        kind = self._kind(table, bus)
        own = _WIRE.get(kind, ())
        told = [key for keys in _WIRE.values() for key in keys] if of_one_key else ["module"]
        others = [key for key in told if key not in own]
        table.allow(*told)
        if not kind:
            return WireEnd(self, table, bus, "")
        for key in others:
            if table.has(key):
                self._refuse_other_bus(table, key, bus, kind, own if of_one_key else ("next", "repeat", "finish"))
                return WireEnd(self, table, bus, "")
        return WireEnd(self, table, bus, kind, self._module(table, bus) if kind == MODBUS else None)

    def refuse_pins(self, pins: Iterable[int], code: str, by: Place, **facts: object) -> None:
        """Note a mistake for each key on one of these pins, which `by` needs for itself."""
        for pin in pins:
            owner = self.owners.get((GPIO, "pin", None, pin))
            if owner is not None:
                owner.table.taken(code, owner.key, by, pin=pin, **facts)

    def _kind(self, table: Table, bus: str) -> str:
        """The kind of a bus; empty, and told, where there is none."""
        kind = self.buses.kind(bus) if table.right("bus") else ""
        if table.right("bus") and not kind and self.buses.sure and bus not in self.buses.tables:
            known = list(dict.fromkeys((GPIO, *self.buses.tables)))
            table.wrong("unknown-bus", "bus", nearest(bus, known), value=bus, allowed=", ".join(known))
        return kind

    def _refuse_other_bus(self, table: Table, key: str, bus: str, kind: str, own: Iterable[str]) -> None:
        """`key` tells a wire of another kind: the bus is wrong or forgotten, most often the only one of that kind."""
        wanted = next(other for other, keys in _WIRE.items() if key in keys)
        names = [GPIO] if wanted == GPIO_KIND else self.buses.names(wanted)
        near = f'bus = "{names[0]}"' if len(names) == 1 else ""
        table.wrong("not-on-this-bus", key, near, bus=bus, kind=kind, allowed=", ".join(own))

    def _module(self, table: Table, bus: str) -> ModuleConfig | None:
        address: int = table.get("module", int)
        if not table.right("module"):
            return None
        known = {module.address: module for module in self.buses.modules(bus)}
        if address not in known and self.buses.sure_of_modules(bus):
            allowed = ", ".join(map(str, sorted(known))) or "-"
            near = nearest_number(address, sorted(known))
            table.wrong("unknown-module", "module", near, bus=bus, value=address, allowed=allowed)
        return known.get(address)


@dataclass(frozen=True, slots=True)
class WireEnd:
    """The bus, and the module, at which the wires of one table end.

    `kind` is empty, or `module` None on a Modbus bus, where a mistake is told already: no wire is judged then.
    """

    wiring: Wiring
    table: Table
    bus: str
    kind: str
    module: ModuleConfig | None = None

    def only_key(self, *, closed: bool) -> Point:
        """The wire of a table that has one key. `closed`: its contact is closed at rest."""
        if not self.kind:
            return _NOWHERE
        if closed and self.kind == KEYPAD:
            self.table.wrong("keypad-closed", "contact", 'contact = "open"', bus=self.bus)
        return self.key(_WIRE[self.kind][-1], closed=closed)

    def key(self, key: str, *, closed: bool = False) -> Point:
        """The wire of a key, named by `key` of the table."""
        if self.kind == GPIO_KIND:
            return self._pin(key, bears_high=not closed)
        if self.kind == MODBUS:
            return self._input(key)
        if self.kind == KEYPAD:
            return self._keycap(key)
        self.table.allow(key)
        return _NOWHERE

    def output(self, key: str) -> Point | None:
        """The wire of a lamp, a buzzer or a relay, where the table names one."""
        self.table.allow(key)
        if not self.table.has(key) or not self.kind:
            return None
        if self.kind == GPIO_KIND:
            return self._pin(key, bears_high=False)
        if self.kind == MODBUS:
            return self._coil(key)
        self.table.wrong("keypad-no-outputs", key, bus=self.bus)
        return None

    def _pin(self, key: str, *, bears_high: bool) -> Point:
        """A BCM pin. `bears_high`: what hangs on it may see a high pin before Talon has started."""
        pin: int = self.table.get(key, int)
        if not self.table.right(key):
            return _NOWHERE
        if pin in EEPROM_PINS:
            self.table.wrong("pin-eeprom", key, pin=pin)
        elif not 0 <= pin <= LAST_BCM_PIN:
            self.table.wrong("pin-not-bcm", key, pin=pin, last=LAST_BCM_PIN)
        elif pin in PULLED_UP_PINS and not bears_high:
            self.table.wrong("pin-pulled-up", key, pin=pin)
        else:
            self._own("pin", key, pin, "pin-taken", pin=pin)
        return Point(GPIO, pin)

    def _input(self, key: str) -> Point:
        line: int = self.table.get(key, int)
        module = self.module
        if module is None or not self.table.right(key):
            return _NOWHERE
        if not 0 <= line < module.inputs:
            self._wrong_line("input-beyond", key, line, last=module.inputs - 1)
        else:
            self._own("input", key, line, "input-taken", bus=self.bus, module=module.address, value=line)
        return Point(self.bus, line, module.address)

    def _coil(self, key: str) -> Point:
        line: int = self.table.get(key, int)
        module = self.module
        if module is None or not self.table.right(key):
            return _NOWHERE
        if module.outputs == 0:
            self._wrong_line("module-no-outputs", key, line)
        elif not 0 <= line < module.outputs:
            self._wrong_line("coil-beyond", key, line, last=module.outputs - 1)
        else:
            self._own("output", key, line, "coil-taken", bus=self.bus, module=module.address, value=line)
        return Point(self.bus, line, module.address)

    def _wrong_line(self, code: str, key: str, line: int, **facts: object) -> None:
        assert self.module is not None
        self.table.wrong(code, key, "", bus=self.bus, module=self.module.address, value=line, **facts)

    def _keycap(self, key: str) -> Point:
        value = self.table.values.get(key)
        if type(value) is int and 0 <= value <= 9:
            self.table.allow(key)
            self.table.wrong("wrong-type", key, f"KP{value}", wanted="text", found="integer")
            return _NOWHERE
        name: str = self.table.get(key, str)
        if not self.table.right(key):
            return _NOWHERE
        if name not in KEYPAD_KEYS:
            self.table.wrong("unknown-keycap", key, nearest(name, KEYPAD_KEYS), value=name)
        else:
            self._own("key", key, name, "keycap-taken", bus=self.bus, value=name)
        return Point(self.bus, name)

    def _own(self, what: str, key: str, line: int | str, code: str, **facts: object) -> None:
        module = self.module.address if self.module else None
        me = Owner(self.table, key)
        owner = self.wiring.owners.setdefault((self.bus, what, module, line), me)
        if owner is not me:
            self.table.taken(code, key, owner.table.place, by_key=owner.key, **facts)
