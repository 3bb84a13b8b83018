"""The papers that come out of hardware.toml: every wire once, right contacts and counts, three languages, one file."""

from __future__ import annotations

import base64
import hashlib
import re
import string
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from gpiozero.pins.data import SPI_HARDWARE_PINS
from gpiozero.pins.mock import MockFactory
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.cli import main
from appliance.words import PARTS, translations
from hardware.config import (
    GPIO,
    BellConfig,
    ButtonConfig,
    DigitsBoardConfig,
    HardwareConfig,
    KeypadConfig,
    MatrixBoardConfig,
    ModbusBusConfig,
    ModuleConfig,
    PanelConfig,
    Point,
    PrinterConfig,
    SoundConfig,
    load,
    parse,
)
from hardware.config.boards import SPI_PINS
from hardware.header import CONTACTS, GROUNDS
from hardware.modbus.cycle import cycle_s
from hardware.sheets.commissioning import commissioning
from hardware.sheets.labels import labels
from hardware.sheets.parts import parts
from hardware.sheets.render import KINDS, STYLE, render_sheet
from hardware.sheets.sentences import SENTENCES
from hardware.sheets.wiring import SPI_SIGNALS, wiring
from tests.hardware.broken_hardware import BASE

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "hardware" / "examples"
LOCALE = ROOT / "appliance" / "locale"
LANGUAGES = ("ru", "uk")
SAME = {SENTENCES[code] for code in ("col-bcm", "group-bus", "point-header")}
"""What is the same in every language."""


def points(found: Any) -> Iterator[Point]:
    """Every `Point` anywhere in a configuration, by looking into each field of it."""
    if isinstance(found, Point):
        yield found
    elif is_dataclass(found):
        for one in fields(found):
            yield from points(getattr(found, one.name))
    elif isinstance(found, tuple):
        for one in found:
            yield from points(one)


@st.composite
def configs(draw: st.DrawFn) -> HardwareConfig:
    """Offices with panels, buttons and bells on pins, modules and keypads; no two wires end at one place."""
    pins = iter(Point(GPIO, pin) for pin in draw(st.permutations(range(2, 28))))
    modules = tuple(
        ModuleConfig(address, 32, outputs=16) for address in draw(st.lists(st.integers(1, 20), unique=True, max_size=3))
    )
    bus = ModbusBusConfig("desks", "/dev/x", 19200, "none", modules)
    lines = {one.address: iter(range(32)) for one in modules}
    coils = {one.address: iter(range(16)) for one in modules}
    caps = iter(Point("pad", f"KP{digit}") for digit in range(10))
    panels: list[PanelConfig] = []
    for desk in draw(st.lists(st.integers(1, 999), unique=True, max_size=7)):
        where = draw(st.sampled_from([GPIO, "pad", *(one.address for one in modules)]))
        lit = draw(st.booleans())
        if isinstance(where, int):
            keys = [Point("desks", next(lines[where]), where) for _ in range(3)]
            lamp = Point("desks", next(coils[where]), where) if lit else None
        elif where == "pad" and len(panels) < 3:
            keys, lamp = [next(caps) for _ in range(3)], None
        else:
            keys = [pin for pin in (next(pins, None) for _ in range(3)) if pin is not None]
            lamp = next(pins, None) if lit else None
        if len(keys) == 3:
            panels.append(PanelConfig(desk, *keys, lamp))
    bells = []
    for name in draw(st.lists(st.sampled_from(["ramp", "door", "yard"]), unique=True)):
        press = next(pins, None)
        if press is not None:
            ends = {
                end: next(pins, None) for end in ("answer", "heard", "coming", "buzzer", "reset") if draw(st.booleans())
            }
            bells.append(BellConfig(name, press, draw(st.booleans()), **ends))  # type: ignore[arg-type]
    buttons = tuple(
        ButtonConfig("kiosk.ticket", service, pin, draw(st.booleans()))
        for service, pin in zip(draw(st.lists(st.sampled_from("ABC"), unique=True)), pins, strict=False)
    )
    displays = tuple(
        DigitsBoardConfig(f"d{desk}", "desks", 100 + desk, desk)
        for desk in range(draw(st.integers(0, 3)) if modules else 0)
    )
    return HardwareConfig(
        "real",
        buses=(bus,) if modules else (),
        keypads=(KeypadConfig("pad", "/dev/input/by-path/x"),),
        buttons=buttons,
        panels=tuple(panels),
        bells=tuple(bells),
        boards=displays,
    )


def everything() -> HardwareConfig:
    """An office with everything in it once, and some things twice."""
    config = parse(BASE.encode())
    (bell,) = config.bells
    bell = replace(bell, buzzer=Point(GPIO, 18), reset=Point(GPIO, 19))
    plain = BellConfig("door", Point(GPIO, 20), closed=False, answer=Point(GPIO, 2))
    (desks,) = config.buses
    latched = ModuleConfig(9, 8, latch=100)
    others = tuple(ModbusBusConfig(parity, "/dev/y", 9600, parity) for parity in ("even", "odd"))  # type: ignore[arg-type]
    return replace(
        config,
        mode="simulated",
        bells=(bell, plain),
        buses=(replace(desks, modules=(*desks.modules, latched)), *others),
    )


def english(kind: str, config: HardwareConfig, title: str = "Office") -> str:
    return render_sheet(kind, config, str, "en", title)  # type: ignore[arg-type]


def counts(config: HardwareConfig) -> dict[str, int | None]:
    found: dict[str, int | None] = {}
    for _, rows in parts(config):
        for part in rows:
            found[part.code] = None if part.count is None else (found.get(part.code) or 0) + part.count
    return found


class Rows(HTMLParser):
    """The rows of a page as texts of their cells; fails where an element isn't closed in its order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows: list[list[str]] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag == "meta":
            return
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag == "td":
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "td" in self.open:
            self.rows[-1][-1] += data.strip()


@settings(deadline=None)
@given(config=configs())
def test_every_wire_is_on_the_sheet_exactly_once(config: HardwareConfig) -> None:
    wires = wiring(config).wires
    assert Counter(wire.point for wire in wires) == Counter(points(config))
    assert [wire.number for wire in wires] == list(range(1, len(wires) + 1))
    read = {(key.point, key.closed) for key in config.wired_keys()}
    assert {(wire.point, wire.closed) for wire in wires if not wire.output} == read


@settings(deadline=None, max_examples=30)
@given(config=configs())
def test_the_page_of_the_wiring_has_a_row_for_every_wire(config: HardwareConfig) -> None:
    sheet = wiring(config)
    rows = [row for row in Rows(english("wiring", config)).rows if row]
    assert len(rows) == len(list(points(config))) + sum(len(chain.stations) for chain in sheet.chains)
    by_number = {row[0]: row for row in rows[: len(sheet.wires)]}
    for wire in sheet.wires:
        row = by_number[str(wire.number)]
        assert wire.owner in row[1]
        if wire.point.bus == GPIO:
            assert row[2:4] == [str(wire.point.line), str(CONTACTS[int(wire.point.line)])]
        elif wire.point.module is not None:
            assert row[2] == f"{'output' if wire.output else 'input'} {wire.point.line}"
        else:
            assert row[2] == wire.point.line


@settings(deadline=None)
@given(config=configs())
def test_the_parts_are_as_many_as_the_file_says(config: HardwareConfig) -> None:
    found = counts(config)
    wired = [panel for panel in config.panels if panel.next.bus != "pad"]
    assert found.get("key", 0) == 3 * len(wired)
    assert found.get("lamp", 0) == sum(panel.lamp is not None for panel in config.panels)
    assert found.get("ticket-key", 0) == len(config.buttons)
    assert (found.get("bell-key-closed", 0) or 0) + (found.get("bell-key-open", 0) or 0) == len(config.bells)
    assert found.get("opto", 0) == len(config.bells)
    assert found.get("bell-lamp", 0) == sum(
        (bell.heard is not None) + (bell.coming is not None) for bell in config.bells
    )
    assert found.get("module", 0) == sum(len(bus.modules) for bus in config.buses)
    assert found.get("digits", 0) == len(config.boards)
    assert (found.get("rs485", 0), found.get("terminator", 0)) == (len(config.buses), 2 * len(config.buses))


@settings(deadline=None)
@given(config=configs())
def test_labels_and_record_have_every_panel_key_and_light(config: HardwareConfig) -> None:
    sheet, record = labels(config), commissioning(config)
    assert [panel.desk for panel in sheet.panels] == [panel.desk for panel in config.panels]
    assert Counter(wire.point for wire in sheet.wires) == Counter(p for p in points(config) if p.bus != "pad")
    assert Counter(check.wire.point for check in record.keys) == Counter(key.point for key in config.wired_keys())
    assert len(record.keys) + len(record.lights) == len(list(points(config)))
    for check in record.keys:
        if check.wire.point.bus == "pad":
            assert check.rest is None
        else:
            assert check.rest == (check.wire.closed != (check.wire.point.bus == GPIO))


def test_contacts_are_those_of_another_table() -> None:
    for revision in ("a020d3", "c03115", "d04170"):  # Pi 3B+, 4B, 5
        pins = MockFactory(revision=revision).board_info.headers["J8"].pins
        there = {pin.name: number for number, pin in pins.items()}
        assert {bcm: there[f"GPIO{bcm}"] for bcm in CONTACTS} == dict(CONTACTS)
        assert tuple(number for number, pin in pins.items() if pin.name == "GND") == GROUNDS
        assert [pins[number].name for number in (1, 17)] == ["3V3", "3V3"]


def test_signals_of_spi_are_those_of_another_table() -> None:
    other = SPI_HARDWARE_PINS[0]
    signals = SPI_SIGNALS[0]
    assert (signals["clk"], signals["din"]) == (int(other["clock"][4:]), int(other["mosi"][4:]))
    assert (signals["cs0"], signals["cs1"]) == tuple(int(pin[4:]) for pin in other["select"])
    for port, taken in SPI_PINS.items():
        assert set(SPI_SIGNALS[port].values()) <= set(taken)


def test_the_large_office_in_numbers() -> None:
    config = load(EXAMPLES / "odintsovo.toml")
    assert counts(config) == {
        "pi": 1, "supply": 1, "card": 1, "clock": 1, "key": 42, "lamp": 14, "ticket-key": 2, "bell-key-closed": 1,
        "bell-lamp": 2, "buzzer": 1, "answer-key": 1, "latch": 1, "rs485": 1, "module": 2, "terminator": 2,
        "printer": 1, "network-cable": 1, "roll": None, "screen": 1, "digits": 14, "dots": 12, "level-shifter": 1,
        "dots-supply": 1, "loudspeaker": 1, "opto": 1, "driver": 4, "pull-up": None, "field-supply": 1,
        "key-cable": None, "bell-cable": None, "bus-cable": None, "speaker-cable": None,
    }  # fmt: skip
    (chain,) = wiring(config).chains
    assert [(one.kind, one.address) for one in chain.stations[:4]] == [
        ("adapter", None), ("module", 1), ("module", 2), ("display", 21),
    ]  # fmt: skip
    assert [place for place, one in enumerate(chain.stations) if one.terminated] == [0, 16]
    assert chain.stations[1].desks == (1, 2, 3, 4, 5, 6, 7)


def test_notes_of_wires() -> None:
    found = {(wire.device, wire.owner): wire.notes for wire in wiring(everything()).wires}
    assert found["bell-press", "ramp"] == ("closed", "opto")
    assert found["bell-press", "door"] == ("opto",)
    assert found["bell-answer", "door"] == ("board-pull-up",)
    assert found["bell-reset", "ramp"] == ("driver",)
    assert found["lamp", "1"] == ("resistor",)
    assert found["lamp", "2"] == ()
    assert found["power", ""] == ("closed",)


def test_the_record_tells_the_computed_cycle() -> None:
    config = load(EXAMPLES / "odintsovo.toml")
    (bus,) = config.buses
    displays = [board for board in config.boards if isinstance(board, DigitsBoardConfig)]
    steps = {step.code: step for _, rows in commissioning(config).parts for step in rows}
    assert steps["try-cycle"].facts["computed"] == str(round(1000 * cycle_s(bus, displays)))
    assert {"try-slip", "try-chime", "try-cut", "try-dots", "try-latch"} <= set(steps)
    assert "computed 58, at most 60" in english("commissioning", config)


def test_a_line_that_was_ticked_is_in_the_record() -> None:
    assert "line CP1251/46 is readable" in english("commissioning", everything())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_a_sheet_is_one_well_formed_page_that_needs_nothing_else(kind: str, language: str) -> None:
    for config in (everything(), HardwareConfig("real"), *map(load, sorted(EXAMPLES.glob("*.toml")))):
        html = render_sheet(kind, config, translations(language).gettext, language, "Office")  # type: ignore[arg-type]
        page = Rows(html)
        assert html.startswith("<!DOCTYPE html>")
        assert ("html", "lang", language) in page.attributes
        assert {name for _, name, _ in page.attributes} <= {"lang", "charset", "name", "content", "class", "scope"}
        assert not re.search(r"https?:|src|<script|<link|url\(|@import", html)
        assert "{" not in html.replace(STYLE, "")
        assert html.count("<h1>") == 1
        assert [len({len(row) for row in rows}) for rows in _tables(html)] == [1] * html.count("<table")


def _tables(html: str) -> list[list[list[str]]]:
    """Rows of each table, of which heads are as wide as bodies."""
    bodies = re.findall(r"<table.*?</table>", html, re.DOTALL)
    return [[re.findall(r"<t[dh][ >]", row) for row in re.findall(r"<tr>.*?</tr>", body, re.DOTALL)] for body in bodies]


@pytest.mark.parametrize("kind", KINDS)
def test_the_styles_of_a_page_are_those_that_are_told(kind: str) -> None:
    (found,) = re.findall(r"<style>(.*?)</style>", english(kind, everything()), re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()) for text in (found, STYLE)]
    assert digests[0] == digests[1]
    assert 'style="' not in english(kind, everything())


@pytest.mark.parametrize("kind", KINDS)
def test_what_an_office_writes_stays_text(kind: str) -> None:
    evil = "<script>alert(1)</script>{evil}"
    config = HardwareConfig(
        "real",
        buttons=(ButtonConfig("kiosk.ticket", evil, Point(GPIO, 4)),),
        buses=(ModbusBusConfig("b", evil, 9600),),
        printer=PrinterConfig(evil, 9600, "none", 58, "raster", "", None, "none", profile=evil),
        sound=SoundConfig("clips"),
    )
    html = english(kind, config, evil)
    assert "<script" not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;{evil}") >= 2


def test_a_simulated_office_says_so() -> None:
    assert "mode = &#34;simulated&#34;" in english("wiring", everything())
    assert "simulated" not in english("wiring", replace(everything(), mode="real"))


def test_a_line_of_dots_on_the_second_device() -> None:
    (strip,) = wiring(HardwareConfig("real", boards=(MatrixBoardConfig("line", spi_device=1),))).strips
    assert strip.signals == (("DIN", 10), ("CLK", 11), ("CS", 7))


def test_runs_of_desks() -> None:
    html = english("wiring", load(EXAMPLES / "odintsovo.toml"))
    assert "Desks 1–7" in html
    assert "Desks 8–14" in html


# Words


def used() -> set[str]:
    """Every sentence that the sheets of quite different offices ask for."""
    asked: set[str] = set()

    def note(text: str) -> str:
        asked.add(text)
        return text

    for config in (everything(), HardwareConfig("real"), *map(load, sorted(EXAMPLES.glob("*.toml")))):
        for kind in KINDS:
            render_sheet(kind, config, note, "en", "Office")
    return asked


def test_no_sentence_is_left_over() -> None:
    assert set(SENTENCES.values()) - used() == set()


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated_with_the_same_facts(language: str) -> None:
    catalogue = translations(language)
    for message in set(SENTENCES.values()) - SAME:
        told = catalogue.gettext(message)
        assert places(told) == places(message), message
        assert told != message, message
        assert not re.search("[ыэъё]" if language == "uk" else "[іїєґ]", told.lower()), told


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_holds_what_the_others_lack_and_nothing_else(language: str) -> None:
    def messages(part: str) -> set[str]:
        text = (LOCALE / f"{language}.{part}.po").read_bytes().decode()
        found = (one for one in read_po(text.splitlines(keepends=True)) if one.id and not one.context)
        return {one.id if isinstance(one.id, str) else one.id[0] for one in found}

    others = set().union(
        *(messages(part) for part in PARTS if part != "sheets" and (LOCALE / f"{language}.{part}.po").exists())
    )
    assert messages("sheets") == set(SENTENCES.values()) - SAME - others


# The command


def test_the_command_prints_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    file = str(EXAMPLES / "small-office.toml")
    assert main(["hardware", "sheet", "wiring", file, "--language", "uk", "--title", "ЦНАП"]) == 0
    html = capsys.readouterr().out
    assert "<title>Підключення: ЦНАП</title>" in html
    assert "Вікно 1, кнопка НАСТУПНИЙ" in html
    assert html == render_sheet("wiring", load(Path(file)), translations("uk").gettext, "uk", "ЦНАП")


def test_the_command_tells_mistakes_apart_from_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "hardware.toml"
    file.write_text('schema = 1\nmode = "simulatd"\n', encoding="utf-8")
    assert main(["hardware", "sheet", "parts", str(file), "--language", "ru"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "simulatd" in err
