"""What can be wrong in `hardware.toml`, as codes and facts, with the English sentence of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

SENTENCES: Mapping[str, str] = {
    # the file
    "unreadable": "the file {path} cannot be read: {detail}",
    "not-utf8": "the file is not UTF-8 text (byte {byte}); save it as UTF-8",
    "file-too-long": "the file is longer than {limit} KiB; shorten it",
    "syntax": "line {line}: not TOML: {detail}",
    "too-complex": "not readable: a number is too long, or lists lie too deep in one another",
    "schema-unsupported": "schema {found} is not supported, this version reads schema {wanted}",
    # one value
    "unknown-key": "unknown key '{key}'",
    "missing-key": "'{key}' is missing",
    "wrong-type": "'{key}' must be of type {wanted}, not {found}",
    "not-a-list": "[{key}] must be written [[{key}]], once for each",
    "no-name": "[{key}] needs a name: [{key}.NAME]",
    "out-of-range": "'{key}' is {value}, it must be from {low} to {high}",
    "unknown-word": "'{key}' is '{value}', it must be one of {allowed}",
    "unknown-role": "unknown role '{value}', it must be one of {allowed}",
    "bad-name": "'{key}' is '{value}': up to {limit} letters, digits, '-' or '_'",
    "bad-id": "'{value}' cannot be a name: up to 20 small Latin letters, digits or '-'",
    "too-long": "'{key}' is longer than {limit} letters",
    "simulated-in-real": '\'{key}\' is "simulated", but mode is "real"',
    "not-for-role": "'{key}' means nothing for the role {role}; remove it",
    # the header
    "pin-not-bcm": "'{key}' is pin {pin}, the Pi has BCM pins 2 to {last}",
    "pin-eeprom": "'{key}' is pin {pin}, which belongs to the HAT's EEPROM",
    "pin-taken": "pin {pin} is already used by '{by_key}' of {by}; change '{key}'",
    "pin-pulled-up": (
        "'{key}' is pin {pin}, which the board itself holds high: only a key whose contact is open at rest can be "
        "there; change '{key}'"
    ),
    "pin-uart": "'{key}' is pin {pin}, a wire of the serial port {port} that {by} uses; change one of them",
    "pin-spi": "'{key}' is pin {pin}, a wire of the SPI that {by} uses; change '{key}'",
    # buses
    "bus-built-in": "the bus gpio is there without a table of its own; what is set of it stands in [gpio]",
    "unknown-bus": "there is no bus '{value}'; the buses are {allowed}",
    "unknown-module": "bus {bus} has no module {value}; its modules are {allowed}",
    "module-twice": "bus {bus} already has a module {address}; give one of them another address",
    "wrong-bus-kind": "'{key}' is the bus '{value}' of kind {found}, a bus of kind {wanted} is needed here",
    "not-on-this-bus": "'{key}' means nothing on bus {bus}; a wire of kind {kind} is told by {allowed}",
    "input-beyond": "'{key}' is input {value}, but module {module} of bus {bus} has inputs 0 to {last}",
    "input-taken": (
        "input {value} of module {module} on bus {bus} is already used by '{by_key}' of {by}; change '{key}'"
    ),
    "coil-beyond": "'{key}' is output {value}, but module {module} of bus {bus} has outputs 0 to {last}",
    "coil-taken": (
        "output {value} of module {module} on bus {bus} is already used by '{by_key}' of {by}; change '{key}'"
    ),
    "module-no-outputs": "'{key}' needs an output, but module {module} of bus {bus} has none; set its 'outputs'",
    "keypad-no-outputs": "'{key}' needs an output, but the keypad {bus} has none; remove '{key}'",
    "keypad-closed": 'a key of the keypad {bus} is open at rest; contact = "closed" needs a wire of its own',
    "unknown-keycap": "'{key}' is '{value}', which no keypad has; examples are KP1, KPENTER, A, F1",
    "keycap-taken": "the key {value} of bus {bus} is already used by '{by_key}' of {by}; change '{key}'",
    "cycle-too-long": (
        "reading all keys takes {cycle} ms, at most {limit} ms lose no press; take a higher 'baud', fewer and larger "
        "modules, or modules with a 'latch'"
    ),
    "cycle-with-displays": (
        "reading all keys and writing one number takes {cycle} ms, at most {limit} ms lose no press; take a higher "
        "'baud', or a bus of their own for the displays"
    ),
    # keys
    "desk-twice": "desk {desk} already has a panel; remove one of them",
    "service-twice": "service {service} already has a button; remove one of them",
    "role-twice": "the role {role} already has a button; remove one of them",
    "bell-twice": "there already is a bell {name}; give one of them another name",
    # ports
    "wrong-port": "'{key}' is '{value}', it must be {wanted}",
    "port-taken": "'{key}' is {value}, which {by} uses already; give each a port of its own",
    # paper, boards, sound
    "not-ticked": (
        "text mode without 'ticked': print the test slip of the code pages, and write down the line that can be read, "
        'such as ticked = "{example}"'
    ),
    "bad-tick": "'{key}' is '{value}', it must look like {example}",
    "other-tick": "'{key}' is of the line {found}, but 'codepage' and 'slot' say {wanted}; print the test slip again",
    "file-outside": "'{key}' is '{value}', it must lie in the folder of hardware.toml",
    "file-missing": "'{key}' is '{value}', but there is no such file in {folder}",
    "folder-missing": "'{key}' is '{value}', but there is no such folder in {folder}",
    "address-taken": "address {address} of bus {bus} is already used by {by}; change '{key}'",
    "spi-taken": "device {device} of SPI {port} is already used by {by}; change 'spi_device'",
}
"""Every mistake. The facts `by`, `by_kind`, `by_name` are a place; `wanted` and `found` may be words of `THINGS`."""

THINGS: Mapping[str, str] = {
    "text": "text",
    "integer": "integer",
    "float": "float",
    "boolean": "boolean",
    "table": "table",
    "list": "list",
    "date": "date",
    "serial-port": "a serial port such as /dev/serial/by-id/usb-...",
    "input-device": "an input device such as /dev/input/by-path/...-event-kbd",
    "printer-port": "a serial port, a USB printer such as /dev/usb/lp0, or tcp://192.168.1.50:9100",
}
"""What a value of the file is or should be."""

PLACES: Mapping[str, str] = {
    "file": "hardware.toml",
    "table": "[{name}]",
    "button": "button {name}",
    "panel": "panel for desk {name}",
    "bell": "bell {name}",
    "bus": "bus {name}",
    "module": "module {name} of bus {bus}",
    "board": "board {name}",
}
"""A place of the file by its kind; a module's name is `<bus> <address>`."""

UNNAMED: Mapping[str, str] = {
    "button": "button {name} in the file",
    "panel": "panel {name} in the file",
    "bell": "bell {name} in the file",
    "module": "module {name} of bus {bus} in the file",
}
"""The same where the name is a position such as `#2`."""

NEAREST = "(did you mean '{nearest}'?)"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the file: `kind` is one of PLACES, `name` e.g. `printer`, `kiosk.ticket A`, `3`, `desks 2`.

    What has no usable name is named by its position in the file: `#2`.
    """

    kind: str
    name: str = ""

    @property
    def sentence(self) -> str:
        """The pattern of the place's name, of PLACES or UNNAMED."""
        unnamed = self.kind in UNNAMED and self.facts["name"].startswith("#")
        return (UNNAMED if unnamed else PLACES)[self.kind]

    @property
    def facts(self) -> Mapping[str, str]:
        """What fills the pattern."""
        if self.kind == "module":
            bus, _, name = self.name.rpartition(" ")
            return {"name": name, "bus": bus}
        return {"name": self.name}

    def __str__(self) -> str:
        return self.sentence.format_map(self.facts)


@dataclass(frozen=True, slots=True)
class ConfigMistake:
    """One mistake: a code of `SENTENCES`, the facts for its sentence, and the nearest right word
    if there is one.
    """

    place: Place
    code: str
    facts: Mapping[str, str] = field(default_factory=dict)
    nearest: str = ""

    def __str__(self) -> str:
        told = {
            name: THINGS.get(fact, fact) if name in ("wanted", "found") else fact for name, fact in self.facts.items()
        }
        hint = " " + NEAREST.format(nearest=self.nearest) if self.nearest else ""
        return f"{self.place}: {SENTENCES[self.code].format_map(told)}{hint}"


class HardwareConfigError(ValueError):
    """The file is refused; `mistakes` holds all that was found, `str` one English line for each."""

    def __init__(self, mistakes: Sequence[ConfigMistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(map(str, self.mistakes)))
