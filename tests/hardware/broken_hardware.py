"""Broken hardware.toml files and what each is told; `python -m tests.hardware.broken_hardware [ru|uk|en]` prints it."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hardware.config import ConfigMistake, HardwareConfigError, load

BASE = """\
schema = 1
mode = "real"

[gpio]
pin_factory = "auto"
chip = "pinctrl-rp1"
debounce_ms = 20

[gpio.lockout_ms]
next = 700
bell = 3000

[bus.desks]
kind = "modbus-rtu"
port = "/dev/serial/by-id/usb-desks"
baud = 19200
parity = "none"

[[bus.desks.module]]
address = 1
inputs = 32
outputs = 8

[[bus.desks.module]]
address = 2
inputs = 16

[bus.pad1]
kind = "usb-keypad"
port = "/dev/input/by-path/pad1-event-kbd"

[[button]]
role = "kiosk.ticket"
service = "bills"
pin = 17

[[button]]
role = "power.fail"
pin = 5
contact = "closed"

[[panel]]
desk = 1
next = 22
repeat = 23
finish = 24
lamp = 25

[[panel]]
desk = 2
bus = "desks"
module = 1
next = 0
repeat = 1
finish = 2
lamp = 0

[[panel]]
desk = 3
bus = "pad1"
next = "KP1"
repeat = "KP2"
finish = "KP3"

[[bell]]
name = "ramp"
pin = 27
contact = "closed"
cut_after_s = 10
heard = 12
coming = 13
answer = 16

[printer]
port = "/dev/serial/by-id/usb-printer"
baud = 115200
width_mm = 80
mode = "text"
codepage = "CP1251"
slot = 46
ticked = "2026-11-28 CP1251/46"
logo = "logo.png"

[board.hall]
kind = "web"

[board.desk2]
kind = "modbus-digits"
bus = "desks"
address = 21
desk = 2

[board.line]
kind = "max7219"
brightness = 4

[sound]
kind = "clips"
clips = "clips"
"""
"""A right file with everything in it once."""


@dataclass(frozen=True)
class Broken:
    """The right file with some places written otherwise, or another `content`; None is no file at all.

    `wanted`: each mistake as (place, code, nearest word), in their order.
    """

    name: str
    wanted: tuple[tuple[str, str, str], ...]
    changes: tuple[tuple[str, str], ...] = ()
    content: bytes | None = b""

    @property
    def bytes(self) -> bytes | None:
        text = BASE
        for old, new in self.changes:
            assert old in text, old
            text = text.replace(old, new, 1)
        return text.encode() if self.changes else self.content

    def mistakes(self, home: Path) -> tuple[ConfigMistake, ...]:
        """What is told of the file in this folder; an empty answer means that it passed."""
        file = home / "hardware.toml"
        file.unlink(missing_ok=True)
        if self.bytes is not None:
            file.write_bytes(self.bytes)
        try:
            load(file)
        except HardwareConfigError as error:
            return error.mistakes
        return ()


def furnish(home: Path) -> Path:
    """Put the files that the right file names into its folder."""
    (home / "logo.png").touch()
    (home / "clips").mkdir()
    return home


def _one(name: str, old: str, new: str, place: str, code: str, nearest: str = "") -> Broken:
    return Broken(name, ((place, code, nearest),), ((old, new),))


def _file(name: str, content: bytes | None, code: str) -> Broken:
    return Broken(name, (("hardware.toml", code, ""),), content=content)


_MODULES_OF_THREE = "".join(f"[[bus.desks.module]]\naddress = {number}\ninputs = 3\n\n" for number in range(3, 15))

BROKEN = (
    # the file
    _file("no file", None, "unreadable"),
    _file("windows-1251", "# окно\nschema = 1".encode("cp1251"), "not-utf8"),
    _file("a file without end", b"#" * 70_000, "file-too-long"),
    _file("no end of a text", b'schema = 1\nmode = """real', "syntax"),
    _file("nested without end", b"schema = " + b"[" * 5000, "too-complex"),
    _file("a number without end", b"schema = " + b"1" * 5000, "too-complex"),
    _one("a value forgotten", "desk = 1\n", "desk = \n", "hardware.toml", "syntax"),
    _one("a later schema", "schema = 1", "schema = 2", "hardware.toml", "schema-unsupported"),
    _one("no schema", "schema = 1\n", "", "hardware.toml", "missing-key"),
    _one("a mode that nobody knows", '"real"', '"simulate"', "hardware.toml", "unknown-word", "simulated"),
    _one("a misspelt table", "[sound]", "[sounds]", "hardware.toml", "unknown-key", "sound"),
    _one("one bell instead of a list", "[[bell]]", "[bell]", "hardware.toml", "not-a-list"),
    # [gpio]
    _one("a factory that drops edges", '"auto"', '"rpigpio"', "[gpio]", "unknown-word", "lgpio"),
    _one("a slow debounce", "debounce_ms = 20", "debounce_ms = 500", "[gpio]", "out-of-range"),
    _one("a misspelt lock-out", "next = 700", "nxt = 700", "[gpio.lockout_ms]", "unknown-key", "next"),
    _one("a label without end", '"pinctrl-rp1"', f'"{"x" * 61}"', "[gpio]", "too-long"),
    # buses
    _one("a bus of the header's name", "[bus.pad1]", "[bus.gpio]\n\n[bus.pad1]", "bus gpio", "bus-built-in"),
    _one(
        "a bus in capitals",
        "[bus.pad1]",
        "[bus.Pad]\nkind='usb-keypad'\nport='/dev/input/a'\n\n[bus.pad1]",
        "bus Pad",
        "bad-id",
        "pad",
    ),
    _one("a bus of an unknown kind", '"modbus-rtu"', '"modbus-tcp"', "bus desks", "unknown-word", "modbus-rtu"),
    _one("a bus without a port", 'port = "/dev/serial/by-id/usb-desks"\n', "", "bus desks", "missing-key"),
    _one(
        "a simulated bus in a real office",
        '"/dev/serial/by-id/usb-desks"',
        '"simulated"',
        "bus desks",
        "simulated-in-real",
    ),
    _one(
        "a keypad on a serial port", '"/dev/input/by-path/pad1-event-kbd"', '"/dev/ttyUSB0"', "bus pad1", "wrong-port"
    ),
    _one(
        "two buses on one port",
        '"/dev/input/by-path/pad1-event-kbd"',
        '"/dev/input/a"\n[bus.more]\nkind = "modbus-rtu"\nport = "/dev/serial/by-id/usb-desks"',
        "bus more",
        "port-taken",
    ),
    _one("an odd baud", "baud = 19200", "baud = 19000", "bus desks", "unknown-word", "19200"),
    _one("a module twice", "address = 2", "address = 1", "module 1 of bus desks", "module-twice"),
    _one("a module without an address", "address = 2\n", "", "module #2 of bus desks in the file", "missing-key"),
    _one("an address beyond the last", "address = 2", "address = 248", "module 248 of bus desks", "out-of-range"),
    _one(
        "one module instead of a list",
        "[[bus.desks.module]]\naddress = 1\ninputs = 32\noutputs = 8\n\n"
        "[[bus.desks.module]]\naddress = 2\ninputs = 16\n",
        "[bus.desks.module]\naddress = 1\n",
        "bus desks",
        "not-a-list",
    ),
    _one("two modules at 9600", "baud = 19200", "baud = 9600", "bus desks", "cycle-with-displays", "baud = 19200"),
    _one("fourteen small modules", "[bus.pad1]", f"{_MODULES_OF_THREE}[bus.pad1]", "bus desks", "cycle-too-long"),
    _one(
        "a third module",
        "[bus.pad1]",
        "[[bus.desks.module]]\naddress = 3\ninputs = 64\n\n[bus.pad1]",
        "bus desks",
        "cycle-with-displays",
        "baud = 38400",
    ),
    _one("a bus without a name", "[bus.desks]", "[bus]", "hardware.toml", "no-name"),
    # keys on the header
    _one("a pin shared", "repeat = 23", "repeat = 17", "panel for desk 1", "pin-taken"),
    _one("a pin shared with a bell's lamp", "heard = 12", "heard = 25", "bell ramp", "pin-taken"),
    _one("a pin beyond the header", "pin = 17", "pin = 40", "button kiosk.ticket bills", "pin-not-bcm"),
    _one("a pin of the EEPROM", "repeat = 23", "repeat = 1", "panel for desk 1", "pin-eeprom"),
    _one("a pin as text", "pin = 17", 'pin = "GPIO17"', "button kiosk.ticket bills", "wrong-type", "17"),
    _one("a closed contact on a pin that is held high", "pin = 5", "pin = 3", "button power.fail", "pin-pulled-up"),
    _one("a lamp on a pin that is held high", "lamp = 25", "lamp = 2", "panel for desk 1", "pin-pulled-up"),
    _one("a pin of the line of dots", "heard = 12", "heard = 10", "bell ramp", "pin-spi"),
    # keys on buses
    _one(
        "a misspelt bus",
        'desk = 2\nbus = "desks"',
        'desk = 2\nbus = "desk"',
        "panel for desk 2",
        "unknown-bus",
        "desks",
    ),
    _one(
        "a forgotten bus", 'desk = 2\nbus = "desks"', "desk = 2", "panel for desk 2", "not-on-this-bus", 'bus = "desks"'
    ),
    _one(
        "a pin on a bus",
        "pin = 17",
        'bus = "desks"\npin = 17',
        "button kiosk.ticket bills",
        "not-on-this-bus",
        'bus = "gpio"',
    ),
    _one("a module that isn't there", "module = 1", "module = 3", "panel for desk 2", "unknown-module", "2"),
    _one("a forgotten module", "module = 1\n", "", "panel for desk 2", "missing-key"),
    _one("an input beyond the module's", "finish = 2\n", "finish = 32\n", "panel for desk 2", "input-beyond"),
    _one("an input shared", "finish = 2\n", "finish = 0\n", "panel for desk 2", "input-taken"),
    _one("a lamp beyond the module's outputs", "lamp = 0", "lamp = 8", "panel for desk 2", "coil-beyond"),
    _one("a lamp on a module without outputs", "module = 1", "module = 2", "panel for desk 2", "module-no-outputs"),
    _one(
        "a lamp shared",
        "[[bell]]",
        '[[panel]]\ndesk = 4\nbus = "desks"\nmodule = 1\nnext = 3\nrepeat = 4\nfinish = 5\nlamp = 0\n\n[[bell]]',
        "panel for desk 4",
        "coil-taken",
    ),
    _one("a key that no keypad has", '"KP2"', '"KP-2"', "panel for desk 3", "unknown-keycap", "KP2"),
    _one("a keypad's key as a number", '"KP2"', "2", "panel for desk 3", "wrong-type", "KP2"),
    _one("a keypad's key shared", '"KP2"', '"KP1"', "panel for desk 3", "keycap-taken"),
    _one("a lamp on a keypad", '"KP3"', '"KP3"\nlamp = 1', "panel for desk 3", "keypad-no-outputs"),
    _one(
        "a closed contact on a keypad",
        "pin = 5",
        'bus = "pad1"\nkey = "KP9"',
        "button power.fail",
        "keypad-closed",
        'contact = "open"',
    ),
    # panels, buttons, bells
    _one("a panel without a key", "repeat = 23\n", "", "panel for desk 1", "missing-key"),
    _one("a panel without a desk", "desk = 3\n", "", "panel #3 in the file", "missing-key"),
    _one("a desk twice", "desk = 3", "desk = 2", "panel for desk 2", "desk-twice"),
    _one(
        "a misspelt role", '"kiosk.ticket"', '"kiosk.tiket"', "button kiosk.tiket bills", "unknown-role", "kiosk.ticket"
    ),
    _one(
        "a service twice",
        '"power.fail"',
        '"kiosk.ticket"\nservice = "bills"',
        "button kiosk.ticket bills",
        "service-twice",
    ),
    _one(
        "a role twice",
        'role = "kiosk.ticket"\nservice = "bills"',
        'role = "power.fail"',
        "button power.fail",
        "role-twice",
    ),
    _one("a service with a slash", '"bills"', '"bills/1"', "button kiosk.ticket bills/1", "bad-name"),
    _one(
        "a service of the power", '"power.fail"', '"power.fail"\nservice = "bills"', "button power.fail", "not-for-role"
    ),
    _one(
        "a misspelt contact",
        'pin = 5\ncontact = "closed"',
        'pin = 5\ncontact = "close"',
        "button power.fail",
        "unknown-word",
        "closed",
    ),
    _one("a bell without a press", "pin = 27\n", "", "bell ramp", "missing-key"),
    _one("a bell twice", "[printer]", '[[bell]]\nname = "ramp"\npin = 19\n\n[printer]', "bell ramp", "bell-twice"),
    _one("a bell with a strange name", '"ramp"', '"ramp 1"', "bell ramp 1", "bad-id"),
    _one("a wire that is cut at once", "cut_after_s = 10", "cut_after_s = 1", "bell ramp", "out-of-range"),
    # the printer
    _one("a printer on a Windows port", '"/dev/serial/by-id/usb-printer"', '"COM3"', "[printer]", "wrong-port"),
    _one(
        "a network printer without its number",
        '"/dev/serial/by-id/usb-printer"',
        '"tcp://192.168.1.50"',
        "[printer]",
        "wrong-port",
        "tcp://192.168.1.50:9100",
    ),
    _one(
        "a printer on the port of a bus",
        '"/dev/serial/by-id/usb-printer"',
        '"/dev/serial/by-id/usb-desks"',
        "[printer]",
        "port-taken",
    ),
    _one(
        "a simulated printer in a real office",
        '"/dev/serial/by-id/usb-printer"',
        '"simulated"',
        "[printer]",
        "simulated-in-real",
    ),
    _one("a misspelt setting", "baud = 115200", "boud = 115200", "[printer]", "unknown-key", "baud"),
    _one("a width of paper that isn't sold", "width_mm = 80", "width_mm = 57", "[printer]", "unknown-word", "58"),
    _one(
        "a model that nobody knows",
        "width_mm = 80",
        'profile = "epson-tm-t20ii"',
        "[printer]",
        "unknown-word",
        "epson-tm-t20iii",
    ),
    _one("letters that nobody has tried", 'ticked = "2026-11-28 CP1251/46"\n', "", "[printer]", "not-ticked"),
    _one("a tick without a date", '"2026-11-28 CP1251/46"', '"CP1251/46"', "[printer]", "bad-tick"),
    _one("a tick of another line", "slot = 46", "slot = 47", "[printer]", "other-tick"),
    _one("a logo that isn't there", '"logo.png"', '"lgo.png"', "[printer]", "file-missing", "logo.png"),
    _one("a logo elsewhere", '"logo.png"', '"/etc/passwd"', "[printer]", "file-outside"),
    _one("a printer as a list", "[printer]", "[[printer]]", "hardware.toml", "wrong-type"),
    # boards and sound
    _one("a board of an unknown kind", '"max7219"', '"max7129"', "board line", "unknown-word", "max7219"),
    _one("too bright", "brightness = 4", "brightness = 16", "board line", "out-of-range"),
    _one("a display at a module's address", "address = 21", "address = 2", "board desk2", "address-taken"),
    _one(
        "two displays at one address",
        "[board.line]",
        '[board.more]\nkind = "modbus-digits"\nbus = "desks"\naddress = 21\ndesk = 4\n\n[board.line]',
        "board more",
        "address-taken",
    ),
    _one(
        "a display on a keypad",
        'bus = "desks"\naddress',
        'bus = "pad1"\naddress',
        "board desk2",
        "wrong-bus-kind",
        "desks",
    ),
    _one(
        "a display on a misspelt bus",
        'bus = "desks"\naddress',
        'bus = "deks"\naddress',
        "board desk2",
        "unknown-bus",
        "desks",
    ),
    _one(
        "two lines of dots on one device",
        "[sound]",
        '[board.more]\nkind = "max7219"\n\n[sound]',
        "board more",
        "spi-taken",
    ),
    _one("a voice without its folder", 'clips = "clips"', 'clips = "clip"', "[sound]", "folder-missing", "clips"),
    _one("a voice that nobody knows", 'kind = "clips"', 'kind = "clip"', "[sound]", "unknown-word", "clips"),
    _one("a chime by word", 'clips = "clips"', 'chime = "yes"', "[sound]", "wrong-type"),
    # several at once
    Broken(
        "pins of the header's serial port",
        (("panel for desk 1", "pin-uart", ""), ("panel for desk 1", "pin-uart", "")),
        (("/dev/serial/by-id/usb-printer", "/dev/serial0"), ("next = 22", "next = 14"), ("finish = 24", "finish = 15")),
    ),
    Broken(
        "mistakes in three places",
        (
            ("panel for desk 1", "pin-taken", ""),
            ("panel for desk 1", "unknown-key", "lamp"),
            ("[sound]", "wrong-type", ""),
        ),
        (("repeat = 23", "repeat = 22"), ("lamp = 25", "lampe = 25"), ('kind = "clips"', "kind = 1")),
    ),
)


if __name__ == "__main__":
    from appliance.hardware_words import mistake

    with tempfile.TemporaryDirectory() as folder:
        for broken in BROKEN:
            print(broken.name)
            for found in broken.mistakes(furnish(Path(folder)) if broken is BROKEN[0] else Path(folder)):
                print(f"    {mistake(found, sys.argv[1] if len(sys.argv) > 1 else 'en')}")
