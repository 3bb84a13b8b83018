"""Keys, lamps and boards on Modbus lines, keypads and SPI, and the ports they hang on."""

from __future__ import annotations

import pytest

from hardware.config import KeypadConfig, ModuleConfig, Point, parse
from tests.hardware.config_toml import GOOD, changed, mistakes

BUSES = """
[bus.desks]
kind = "modbus-rtu"
port = "/dev/ttyUSB0"
baud = 38400
[[bus.desks.module]]
address = 4
inputs = 16
latch = 96
outputs = 8
[bus.pad-1]
kind = "usb-keypad"
port = "/dev/input/event3"
[[panel]]
desk = 1
bus = "desks"
module = 4
next = 13
repeat = 14
finish = 15
lamp = 7
[[panel]]
desk = 2
bus = "pad-1"
next = "KP1"
repeat = "KPENTER"
finish = "F12"
[[button]]
role = "kiosk.ticket"
service = "B"
bus = "desks"
module = 4
input = 0
contact = "closed"
[[button]]
role = "kiosk.ticket"
service = "C"
bus = "pad-1"
key = "A"
[[bell]]
name = "ramp"
bus = "desks"
module = 4
input = 1
answer = 2
heard = 0
coming = 1
buzzer = 2
reset = 3
[[bell]]
name = "door"
pin = 27
"""


def test_wires_end_on_buses() -> None:
    config = parse((GOOD + BUSES).encode())
    points = {key.control: (str(key.point), key.closed) for key in config.wired_keys()}
    assert points == {
        "desk/3/next": ("gpio 22", False),
        "desk/3/repeat": ("gpio 23", False),
        "desk/3/finish": ("gpio 24", False),
        "desk/1/next": ("desks 4/13", False),
        "desk/1/repeat": ("desks 4/14", False),
        "desk/1/finish": ("desks 4/15", False),
        "desk/2/next": ("pad-1 KP1", False),
        "desk/2/repeat": ("pad-1 KPENTER", False),
        "desk/2/finish": ("pad-1 F12", False),
        "kiosk/A": ("gpio 17", False),
        "kiosk/B": ("desks 4/0", True),
        "kiosk/C": ("pad-1 A", False),
        "bell/ramp": ("desks 4/1", True),
        "answer/ramp": ("desks 4/2", False),
        "bell/door": ("gpio 27", True),
    }
    assert config.lamps() == {3: None, 1: Point("desks", 7, 4), 2: None}
    ramp, door = config.bells
    assert [str(point) for point in (ramp.heard, ramp.coming, ramp.buzzer, ramp.reset)] == [
        "desks 4/0", "desks 4/1", "desks 4/2", "desks 4/3",
    ]  # fmt: skip
    assert (door.answer, door.heard, door.cut_after_s) == (None, None, 10)
    (bus,) = config.buses
    assert (bus.baud, bus.parity) == (38400, "none")
    assert bus.module(4) == ModuleConfig(4, 16, 96, 8)
    assert config.keypads == (KeypadConfig("pad-1", "/dev/input/event3"),)


def test_a_button_that_tells_two_wires_is_asked_which() -> None:
    (found,) = mistakes(changed("pin = 17", "pin = 17\nmodule = 4\ninput = 0"))
    assert (found.code, found.facts["key"], found.nearest) == ("not-on-this-bus", "module", "")
    assert [m.nearest for m in mistakes(changed("pin = 17", "pin = 17\ninput = 0") + BUSES)] == ['bus = "desks"']


def test_a_mistake_of_a_bus_hides_none_of_its_keys_and_makes_none_up() -> None:
    broken = BUSES.replace("address = 4\n", "").replace("baud = 38400", "baud = 5").replace('"KP1"', '"KP-1"')
    assert [mistake.code for mistake in mistakes(GOOD + broken)] == ["unknown-word", "missing-key", "unknown-keycap"]
    of_unknown_kind = BUSES.replace('"modbus-rtu"', '"modbus"').replace('"KP1"', '"KP-1"')
    assert [mistake.code for mistake in mistakes(GOOD + of_unknown_kind)] == ["unknown-word", "unknown-keycap"]


@pytest.mark.parametrize("wrong", ["inputs = 16", "outputs = 8"])
def test_a_module_that_does_not_say_how_much_it_has_refuses_no_key(wrong: str) -> None:
    broken = BUSES.replace(wrong, wrong.replace("= ", "= -"))
    assert [mistake.code for mistake in mistakes(GOOD + broken)] == ["out-of-range"]


def line(modules: int, inputs: int, *more: str) -> str:
    """A bus of this many modules at 19200 baud."""
    tables = (f"[[bus.line.module]]\naddress = {address}\ninputs = {inputs}" for address in range(1, modules + 1))
    return "\n".join(('[bus.line]\nkind = "modbus-rtu"\nport = "/dev/ttyUSB1"', *more, *tables, ""))


def test_a_cycle_a_quarter_of_a_millisecond_too_long_is_too_long() -> None:
    (found,) = mistakes(GOOD + line(3, 64))
    assert (found.code, found.facts["cycle"], found.facts["limit"], found.nearest) == (
        "cycle-too-long", "61", "60", "baud = 38400",
    )  # fmt: skip
    assert parse((GOOD + line(3, 48)).encode()).buses


def test_the_cycle_of_a_bus_with_other_mistakes_is_not_judged() -> None:
    assert [mistake.code for mistake in mistakes(GOOD + line(3, 64, 'parity = "both"'))] == ["unknown-word"]


DISPLAY = '[board.desk3]\nkind = "modbus-digits"\nbus = "line"\naddress = 21\ndesk = 3\ndigits = 8\n'


def test_only_displays_of_the_same_bus_lengthen_its_cycle() -> None:
    assert [mistake.code for mistake in mistakes(GOOD + line(2, 32) + DISPLAY)] == ["cycle-with-displays"]
    numbers = '[bus.numbers]\nkind = "modbus-rtu"\nport = "/dev/ttyUSB2"\n'
    assert parse((GOOD + line(2, 32) + numbers + DISPLAY.replace('"line"', '"numbers"')).encode()).boards


def test_an_input_and_an_output_of_one_number_are_two_wires() -> None:
    text = GOOD + BUSES.replace("lamp = 7", "lamp = 4").replace("next = 13", "next = 4")
    assert parse(text.encode()).panels[1].lamp == Point("desks", 4, 4)


def test_a_closed_contact_may_not_be_where_the_board_holds_the_pin_high_but_an_open_one_may() -> None:
    assert parse(changed("next = 22", "next = 2").replace("repeat = 23", "repeat = 3").encode()).panels
    found = mistakes(changed("[printer]", '[[bell]]\nname = "ramp"\npin = 3\n[printer]'))
    assert [mistake.code for mistake in found] == ["pin-pulled-up"]


BOARDS = """
[board.hall]
kind = "web"
[board.line]
kind = "max7219"
spi_device = 1
modules = 12
brightness = 15
desk = 3
orientation = 90
reversed = true
[board.desk3]
kind = "modbus-digits"
bus = "desks"
address = 21
desk = 3
register = 6
encoding = "number"
"""


def test_boards_have_their_settings() -> None:
    hall, line, digits = parse((GOOD + BUSES + BOARDS).encode()).boards
    assert type(hall).__name__ == "WebBoardConfig"
    assert (line.spi_port, line.spi_device, line.modules, line.brightness, line.desk) == (0, 1, 12, 15, 3)
    assert (line.orientation, line.reversed) == (90, True)
    assert (digits.address, digits.register, digits.digits, digits.encoding) == (21, 6, 4, "number")


@pytest.mark.parametrize("pin", [7, 8, 9, 10, 11])
def test_no_key_is_on_a_pin_of_a_line_of_dots(pin: int) -> None:
    text = changed("next = 22", f"next = {pin}")
    assert parse(text.encode()).panels
    assert [mistake.code for mistake in mistakes(text + '[board.a]\nkind = "max7219"\n')] == ["pin-spi"]


@pytest.mark.parametrize("port", ["/dev/ttyAMA0", "/dev/serial0", "/dev/ttyS0"])
@pytest.mark.parametrize("pin", [14, 15])
def test_no_key_is_on_a_pin_of_the_serial_port_in_use(pin: int, port: str) -> None:
    text = changed("next = 22", f"next = {pin}")
    assert parse(text.encode()).panels
    (found,) = mistakes(text.replace("/dev/serial/by-id/usb-printer", port))
    assert (found.code, found.facts["by"], found.facts["port"]) == ("pin-uart", "[printer]", port)
    (found,) = mistakes(text + BUSES.replace("/dev/ttyUSB0", port))
    assert (found.code, found.facts["by"]) == ("pin-uart", "bus desks")


def test_two_lines_of_dots_on_one_spi_refuse_a_pin_once() -> None:
    two = '[board.a]\nkind = "max7219"\n[board.b]\nkind = "max7219"\nspi_device = 1\n'
    (found,) = mistakes(changed("next = 22", "next = 8") + two)
    assert (found.code, found.facts["by_name"]) == ("pin-spi", "a")
    text = changed("pin = 17", "pin = 5") + '[board.a]\nkind = "max7219"\nspi_port = 1\nspi_device = 1\n'
    assert parse(text.replace("next = 22", "next = 8").encode()).boards
    assert [mistake.code for mistake in mistakes(text.replace("next = 22", "next = 19"))] == ["pin-spi"]


@pytest.mark.parametrize("name", ["/dev/ttyAMA0", "/dev/serial0", "/dev/ttyS0"])
def test_the_names_of_the_headers_serial_port_are_one_port(name: str) -> None:
    text = changed("/dev/serial/by-id/usb-printer", name) + BUSES.replace("/dev/ttyUSB0", "/dev/serial0")
    assert [mistake.code for mistake in mistakes(text)] == ["port-taken"]


def test_a_port_is_the_same_however_it_is_written() -> None:
    text = changed("/dev/serial/by-id/usb-printer", "/dev/serial/../ttyUSB0") + BUSES
    assert [mistake.code for mistake in mistakes(text)] == ["port-taken"]


def test_a_simulated_office_needs_no_ports() -> None:
    text = GOOD + BUSES
    for port in ('port = "/dev/serial/by-id/usb-printer"\n', 'port = "/dev/ttyUSB0"\n', 'port = "/dev/input/event3"\n'):
        assert port in text
        text = text.replace(port, "")
    config = parse(text.replace('"real"', '"simulated"').encode())
    assert config.printer is not None
    assert {config.printer.port, config.buses[0].port, config.keypads[0].port} == {"simulated"}
    assert [m.facts["key"] for m in mistakes(text)] == ["port", "port", "port"]
