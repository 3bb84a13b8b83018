"""[printer]: ports, profiles, the letters that a technician has ticked, and files beside hardware.toml."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from hardware.config import load, parse
from hardware.printing.profiles import PROFILES, PrinterProfile
from tests.hardware.config_toml import changed, mistakes, mistakes_of

TEXT_MODE = 'width_mm = 58\nmode = "text"'


def test_text_mode_needs_a_code_page_its_slot_and_the_technicians_tick() -> None:
    found = mistakes(changed("width_mm = 58", TEXT_MODE))
    assert [(m.code, m.facts["key"]) for m in found] == [
        ("missing-key", "codepage"),
        ("missing-key", "slot"),
        ("not-ticked", "ticked"),
    ]


@pytest.mark.parametrize(
    ("tick", "code"),
    [
        ("2026-11-28 CP866/17", None),
        ("2026-11-28 CP866/7", "other-tick"),
        ("2026-11-28 CP1251/17", "other-tick"),
        ("2026-11-31 CP866/17", "bad-tick"),
        ("28.11.2026 CP866/17", "bad-tick"),
        ("2026-11-28  CP866/17", "bad-tick"),
        ("2026-11-28 CP866/١٧", "bad-tick"),
    ],
)
def test_the_tick_is_of_the_very_line_that_is_set(tick: str, code: str | None) -> None:
    text = changed("width_mm = 58", f'{TEXT_MODE}\ncodepage = "CP866"\nslot = 17\nticked = "{tick}"')
    if code is None:
        printer = parse(text.encode()).printer
        assert printer is not None
        assert (printer.codepage, printer.slot, printer.ticked) == ("CP866", 17, tick)
    else:
        assert [mistake.code for mistake in mistakes(text)] == [code]


def test_a_tick_that_is_missing_is_told_with_the_line_that_is_set() -> None:
    (found,) = mistakes(changed("width_mm = 58", f'{TEXT_MODE}\ncodepage = "CP866"\nslot = 17'))
    assert found.facts["example"].endswith(" CP866/17")


@pytest.mark.parametrize(
    "port",
    ["/dev/usb/lp0", "/dev/ttyUSB0", "tcp://192.168.1.50:9100", "tcp://[fe80::1]:9100", "tcp://printer.local:9100"],
)
def test_a_printer_may_hang_on_a_serial_port_usb_or_the_network(port: str) -> None:
    printer = parse(changed("/dev/serial/by-id/usb-printer", port).encode()).printer
    assert printer is not None
    assert printer.port == port


@pytest.mark.parametrize(
    "port",
    [
        "tcp://192.168.1.50",
        "tcp://:9100",
        "tcp://a:0",
        "tcp://a:65536",
        "tcp://a b:9100",
        "dev/usb/lp0",
        "",
        "http://a",
    ],
)
def test_anything_else_is_no_port_of_a_printer(port: str) -> None:
    assert [m.code for m in mistakes(changed("/dev/serial/by-id/usb-printer", port))] == ["wrong-port"]


@pytest.fixture()
def _profiles(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {
        "narrow": PrinterProfile(name="narrow", width=384, confirm="none", baud=9600, flow="rtscts"),
        "wide": PrinterProfile(name="wide"),
    }
    monkeypatch.setitem(sys.modules, "hardware.printing.profiles", SimpleNamespace(PROFILES=known))


@pytest.mark.usefixtures("_profiles")
def test_a_profile_gives_defaults_that_the_file_may_override() -> None:
    text = changed("width_mm = 58", 'profile = "narrow"')
    printer = parse(text.encode()).printer
    assert printer is not None
    assert (printer.profile, printer.width_mm, printer.confirm, printer.baud, printer.flow) == (
        "narrow", 58, "none", 9600, "rtscts",
    )  # fmt: skip
    printer = parse(
        text.replace('"narrow"', '"narrow"\nwidth_mm = 80\nbaud = 19200\nconfirm = "gs-r"').encode()
    ).printer
    assert printer is not None
    assert (printer.width_mm, printer.confirm, printer.baud, printer.flow) == (80, "gs-r", 19200, "rtscts")


@pytest.mark.parametrize("name", PROFILES)
def test_every_known_model_says_the_width_of_its_paper(name: str) -> None:
    printer = parse(changed("width_mm = 58", f'profile = "{name}"').encode()).printer
    assert printer is not None
    assert printer.width_mm == (58 if "58" in name else 80)
    assert printer.confirm == PROFILES[name].confirm


@pytest.mark.usefixtures("_profiles")
def test_a_profile_that_nobody_knows_is_one_mistake() -> None:
    (found,) = mistakes(changed("width_mm = 58", 'profile = "narow"'))
    assert (found.code, found.nearest) == ("unknown-word", "narrow")


def test_where_no_profile_is_installed_the_width_is_wanted_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hardware.config.paper._PROFILES", "hardware.printing.none_such")
    assert [m.facts["key"] for m in mistakes(changed("width_mm = 58", 'profile = "narrow"'))] == ["width_mm"]
    assert parse(changed("width_mm = 58", 'width_mm = 58\nprofile = "narrow"').encode()).printer is not None


def test_files_lie_in_the_folder_of_hardware_toml(tmp_path: Path) -> None:
    text = changed("width_mm = 58", 'width_mm = 58\nlogo = "logo.png"\ntemplate = "more/slip.toml"')
    text = text.replace('kind = "none"', 'kind = "clips"\nclips = "voice"')
    assert [m.code for m in mistakes_of(text, tmp_path)] == ["file-missing", "file-missing", "folder-missing"]
    (tmp_path / "more").mkdir()
    (tmp_path / "voice").mkdir()
    (tmp_path / "logo.png").touch()
    (tmp_path / "more" / "slip.toml").touch()
    config = parse(text.encode(), tmp_path)
    assert config.printer is not None
    assert (config.printer.logo, config.printer.template) == (tmp_path / "logo.png", tmp_path / "more" / "slip.toml")
    assert config.sound.clips == tmp_path / "voice"
    (tmp_path / "hardware.toml").write_text(text, encoding="utf-8")
    assert load(tmp_path / "hardware.toml") == config


def test_a_folder_is_no_logo_and_a_file_no_voice(tmp_path: Path) -> None:
    (tmp_path / "logo.png").mkdir()
    (tmp_path / "voice").touch()
    text = changed("width_mm = 58", 'width_mm = 58\nlogo = "logo.png"').replace('"none"', '"clips"\nclips = "voice"')
    assert [m.code for m in mistakes_of(text, tmp_path)] == ["file-missing", "folder-missing"]


@pytest.mark.parametrize("name", ["../logo.png", "/etc/passwd", "a/../../b", "", ".", "a\\u0000b"])
def test_no_file_lies_outside_the_folder(name: str, tmp_path: Path) -> None:
    found = mistakes_of(changed("width_mm = 58", f'width_mm = 58\nlogo = "{name}"'), tmp_path)
    assert [mistake.code for mistake in found] == ["file-outside"]


def test_without_a_folder_files_are_not_looked_for() -> None:
    printer = parse(changed("width_mm = 58", 'width_mm = 58\nlogo = "logo.png"').encode()).printer
    assert printer is not None
    assert printer.logo == Path("logo.png")
