"""hardware.toml is told in the reader's language: every mistake, every place, and what a right file holds."""

from __future__ import annotations

import re
import string
from importlib import resources
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from appliance.cli import main
from appliance.domain.plans.reader import checked_plan
from appliance.hardware_words import CONTEXT, SUMMARY, mistake, place, summary
from appliance.words import translations
from hardware.config import DigitsBoardConfig, HardwareConfig, load, parse
from hardware.config.mistakes import NEAREST, PLACES, SENTENCES, THINGS, UNNAMED, Place
from hardware.config.wiring import KEYPAD_KEYS
from hardware.modbus.cycle import cycle_s, limit_s
from tests.hardware.broken_hardware import BASE, BROKEN, Broken, furnish

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "hardware" / "examples"
LANGUAGES = ("ru", "uk")
THE_SAME = {PLACES["file"], PLACES["table"]}
"""What is written in the file itself, and so is told in no language."""

MESSAGES = {
    *((None, message) for message in (*SENTENCES.values(), *SUMMARY.values(), NEAREST)),
    *((CONTEXT, message) for message in (*THINGS.values(), *PLACES.values(), *UNNAMED.values())),
}


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated_with_the_same_facts(language: str) -> None:
    catalogue = translations(language)
    for context, message in MESSAGES:
        told = catalogue.gettext(message) if context is None else catalogue.pgettext(context, message)
        assert places(told) == places(message), message
        if message not in THE_SAME:
            assert re.search("[а-яіїєґ]|true", told), message
        assert not re.search("[ыэъё]" if language == "uk" else "[іїєґ]", told), told


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_holds_nothing_else(language: str) -> None:
    text = (ROOT / "appliance" / "locale" / f"{language}.hardware.po").read_bytes().decode()
    found = {(message.context, message.id) for message in read_po(text.splitlines(keepends=True)) if message.id}
    assert found == {(context, message) for context, message in MESSAGES if message not in THE_SAME}


@pytest.mark.parametrize("broken", BROKEN, ids=[broken.name for broken in BROKEN])
def test_a_mistake_is_told_with_all_its_facts(broken: Broken, tmp_path: Path) -> None:
    for found in broken.mistakes(furnish(tmp_path)):
        assert mistake(found, "en") == str(found)
        told = {language: mistake(found, language) for language in LANGUAGES}
        assert len({str(found), *told.values()}) == 3
        for language, sentence in told.items():
            assert not re.search("[{}—]", sentence)
            assert sentence.startswith(place(found.place, language))
            assert found.nearest in sentence


@pytest.mark.parametrize(
    ("where", "russian", "ukrainian"),
    [
        (Place("panel", "3"), "панель окна 3", "панель вікна 3"),
        (Place("panel", "#3"), "панель #3 в файле", "панель #3 у файлі"),
        (Place("button", "kiosk.ticket A"), "кнопка kiosk.ticket A", "кнопка kiosk.ticket A"),
        (Place("bell", "ramp"), "звонок ramp", "дзвінок ramp"),
        (Place("module", "desks 2"), "модуль 2 шины desks", "модуль 2 шини desks"),
        (Place("module", "desks #2"), "модуль #2 шины desks в файле", "модуль #2 шини desks у файлі"),
        (Place("bus", "desks"), "шина desks", "шина desks"),
        (Place("board", "hall"), "табло hall", "табло hall"),
        (Place("table", "printer"), "[printer]", "[printer]"),
        (Place("file"), "hardware.toml", "hardware.toml"),
    ],
)
def test_a_place_has_its_name(where: Place, russian: str, ukrainian: str) -> None:
    assert (place(where, "ru"), place(where, "uk")) == (russian, ukrainian)


def test_the_summary_of_a_large_office() -> None:
    assert summary(load(EXAMPLES / "odintsovo.toml"), "en") == [
        "hardware.toml is right. Mode: real.",
        "Keys: 46, desks: 14, ticket buttons: 2.",
        "Bus desks: Modbus RTU at /dev/serial/by-id/usb-FTDI_USB-RS485_Cable_FT4X7RNB-if00-port0, 19200 baud, "
        "modules: 2, displays: 14; all keys are read in 36 ms, with one number written in 58 ms of at most 60.",
        "Bells: ramp.",
        "Printer: tcp://192.168.1.50:9100, paper of 80 mm, drawn dot by dot; tells the end of a slip by: process-id.",
        "Boards: hall (browser), line (line of dots), digits (desks: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14).",
        "Sound: clips at plughw:CARD=Device.",
    ]


def test_the_summary_of_everything() -> None:
    assert summary(parse(BASE.encode()), "ru") == [
        "Ошибок в hardware.toml нет. Режим: настоящие устройства.",
        "Кнопок: 13, окон: 3, кнопок выдачи талонов: 1.",
        "Есть контакт, который сообщает о пропаже питания.",
        "Шина desks: Modbus RTU на /dev/serial/by-id/usb-desks, 19200 бод, модулей: 2, табло: 1; опрос всех кнопок "
        "35 мс, с записью одного номера 57 мс из 60 допустимых.",
        "Шина pad1: клавиатура USB на /dev/input/by-path/pad1-event-kbd.",
        "Звонки: ramp.",
        "Принтер: /dev/serial/by-id/usb-printer, бумага 80 мм, свои буквы CP1251/46; конец талона подтверждает: gs-r.",
        "Табло: hall (браузер), line (точечная строка), цифры (окна: 2).",
        "Звук: записанная речь на default.",
    ]


def test_the_summary_of_an_office_without_anything() -> None:
    assert summary(HardwareConfig("simulated"), "uk")[1:] == [
        "Кнопок: 0, вікон: 0, кнопок видачі талонів: 0.",
        "Дзвінків немає.",
        "Принтера немає.",
        "Табло немає.",
        "Звуку немає.",
    ]


@pytest.mark.parametrize(
    ("name", "keys", "desks"),
    [("small-office", 11, 3), ("simulated-office", 11, 3), ("odintsovo", 46, 14), ("bus", 8, 2)],
)
def test_the_examples_are_whole_offices(name: str, keys: int, desks: int, capsys: pytest.CaptureFixture[str]) -> None:
    config = load(EXAMPLES / f"{name}.toml")
    assert (len(config.wired_keys()), len(config.panels)) == (keys, desks)
    assert config.printer is not None
    assert config.pin_factory == ("mock" if name == "simulated-office" else "auto")
    assert main(["hardware", "check", str(EXAMPLES / f"{name}.toml"), "--language", "uk"]) == 0
    assert capsys.readouterr().out.startswith("Помилок у hardware.toml немає.")


def test_every_example_is_tested() -> None:
    assert {file.stem for file in EXAMPLES.glob("*.toml")} == {"small-office", "simulated-office", "odintsovo", "bus"}


def test_the_large_office_knows_its_plan_and_keeps_every_press() -> None:
    config = load(EXAMPLES / "odintsovo.toml")
    plan = checked_plan(resources.files("appliance.demo").joinpath("odintsovo.toml").read_text(encoding="utf-8"))
    assert {panel.desk for panel in config.panels} == set(plan.desks)
    assert {button.service for button in config.buttons} <= set(plan.services)
    displays = [board for board in config.boards if isinstance(board, DigitsBoardConfig)]
    assert {display.desk for display in displays} == set(plan.desks)
    (bus,) = config.buses
    assert cycle_s(bus, displays) < limit_s(bus)
    assert all(point is not None for point in config.lamps().values())


def test_the_bus_has_a_battery() -> None:
    assert "power/fail" in {key.control for key in load(EXAMPLES / "bus.toml").wired_keys()}


def test_a_broken_file_is_told_line_by_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "hardware.toml"
    file.write_text(BASE.replace("repeat = 23", "repeat = 22").replace('"logo.png"', '"none.png"'), encoding="utf-8")
    (tmp_path / "clips").mkdir()
    assert main(["hardware", "check", str(file), "--language", "ru"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "панель окна 1: контакт 22 уже занят (панель окна 1, «next»); измените «repeat»",
        f"[printer]: в «logo» стоит «none.png», но такого файла в {tmp_path} нет",
    ]


def test_an_office_that_cannot_start_tells_it_in_the_readers_language(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("office.toml", "plan.toml"):
        text = resources.files("appliance.demo").joinpath(name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "hardware.toml").write_text('schema = 1\nmode = "simulatd"\n[[panels]]\n', encoding="utf-8")
    assert main(["office", str(tmp_path / "office.toml"), "--language", "uk"]) == 2
    assert capsys.readouterr().err.splitlines()[-2:] == [
        "hardware.toml: у «mode» стоїть «simulatd», а може бути лише: real, simulated (можливо, «simulated»?)",
        "hardware.toml: невідомий ключ «panels» (можливо, «panel»?)",
    ]


def test_the_keys_of_a_keypad() -> None:
    assert len(KEYPAD_KEYS) == len(set(KEYPAD_KEYS)) == 10 + 7 + 10 + 26 + 12
