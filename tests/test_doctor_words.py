"""The doctor's words: every code of its checks has a sentence, and facts become a person's words."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest

from appliance import words
from appliance.doctor_sentences import CAPS, CONTROLS, POINTS, SENTENCES, TITLES, VERDICTS
from appliance.doctor_words import (
    control_name,
    decimal,
    finding_lines,
    key_cap,
    messages,
    point_in_words,
    say,
    title_of,
    told_shortly,
    verdict_word,
)
from hardware.config import Point
from hardware.doctor.finding import Finding, Verdict
from hardware.header import CONTACTS, GROUNDS
from tests.plans import Sketch

ROOT = Path(__file__).resolve().parent.parent
KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")
KINDS = ("printer", "buttons", "bus", "module", "keypad", "display", "board", "voice", "bell", "power")
BOX = ("power", "heat", "clock-chip", "port", "serial-console", "spi", "pins", "cycle")
REST = ("clock", "disk", "replica", "store", "plan", "config")
STUCK = Finding("buttons", Verdict.FAULT, "desk/5/next", "key-stuck", "free-the-key", {"point": "gpio 17"})


def codes_of_findings() -> set[str]:
    """Every reason and hint that a check of hardware/doctor can give."""
    found: set[str] = set()
    for path in (ROOT / "hardware" / "doctor").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding":
                given = [*node.args[3:], *(one.value for one in node.keywords if one.arg in ("reason", "hint"))]
                found |= {one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    return found


def test_every_code_of_a_finding_has_a_sentence() -> None:
    found = codes_of_findings()
    assert len(found) >= 25
    assert found - set(words.SENTENCES) == set()


@pytest.mark.parametrize("check", [*KINDS, *BOX, *REST])
def test_every_check_has_a_name_in_every_language(check: str) -> None:
    for language in words.LANGUAGES:
        title, why, todo = finding_lines(Finding(check, Verdict.WELL), language)
        assert title
        assert "{" not in title + why + todo
        assert todo == ""


@pytest.mark.parametrize("language", ["ru", "uk"])
def test_every_name_is_translated(language: str) -> None:
    translated = words.translations(language).gettext
    named = {
        *SENTENCES.values(),
        *TITLES.values(),
        *CONTROLS.values(),
        *CAPS.values(),
        *POINTS.values(),
        *VERDICTS.values(),
    }
    assert named == set(messages())
    assert {one for one in named if translated(one) == one} == {TITLES["config"]}


def test_a_finding_says_what_where_why_and_what_to_swap() -> None:
    assert finding_lines(STUCK, "ru") == (
        "Окно 5, кнопка СЛЕДУЮЩИЙ",
        "Кнопка долго нажата и не учитывается.",
        "Освободите кнопку. Если не помогло, отсоедините её провод (GPIO\u00a017, контакт J8:11): исчезнет ошибка, "
        "меняйте кнопку или кабель, иначе плату ввода.",
    )


def test_a_pin_without_a_point_is_told_all_the_same() -> None:
    old = replace(STUCK, facts={"pin": "17"})
    assert finding_lines(old, "uk") == finding_lines(STUCK, "uk")


def test_a_wire_that_nobody_knows_is_not_told() -> None:
    assert "отсоедините её провод: исчезнет" in told_shortly("free-the-key", {}, "ru")


def test_a_finding_says_the_offices_word_for_a_desk() -> None:
    plan = replace(Sketch().plan, desk_word="table")
    assert finding_lines(STUCK, "ru", plan)[0] == "Стол 5, кнопка СЛЕДУЮЩИЙ"


def test_what_is_well_goes_on_after_its_name_and_advises_nothing() -> None:
    free = Finding("disk", Verdict.WELL, facts={"free": "21640"})
    assert finding_lines(free, "ru") == ("Карта памяти", "свободно 21,6\u00a0ГБ", "")
    assert finding_lines(free, "en")[1] == "21.6\u00a0GB are free"
    assert finding_lines(Finding("plan", Verdict.WELL), "en") == ("Plan", "", "")


def test_a_reason_that_nobody_knows_still_says_its_code() -> None:
    _, why, todo = finding_lines(Finding("board", Verdict.FAULT, "hall", "on-fire", "run-away"), "uk")
    assert "on-fire" in why
    assert "run-away" in todo


@pytest.mark.parametrize(
    ("finding", "title"),
    [
        (Finding("port", Verdict.WELL, "printer"), "Port of the printer"),
        (Finding("port", Verdict.WELL, "desks"), "Port of the bus desks"),
        (Finding("module", Verdict.WELL, "desks/2"), "Module 2 of the bus desks"),
        (Finding("power", Verdict.WELL), "Power supply"),
        (Finding("power", Verdict.WELL, "power/fail"), "Contact of the mains"),
        (Finding("power", Verdict.WELL, "mains"), "Contact of the mains"),
        (Finding("bell", Verdict.WELL, "ramp"), "Call bell ramp"),
        (Finding("bell", Verdict.WELL, "bell/ramp"), "Call bell ramp"),
        (Finding("board", Verdict.WELL, "board/hall"), "Display hall"),
        (Finding("keypad", Verdict.WELL, "pad1"), "USB keypad pad1"),
        (Finding("buttons", Verdict.WELL), "Keys"),
        (Finding("fan", Verdict.WELL, "2"), "fan 2"),
    ],
)
def test_what_was_looked_at_has_a_name(finding: Finding, title: str) -> None:
    assert title_of(finding, "en") == title


def test_controls_have_names() -> None:
    plan = Sketch().plan
    assert control_name("desk/12/finish", "uk") == "Вікно 12, кнопка КІНЕЦЬ"
    assert control_name("kiosk/submit", "ru", plan) == "Киоск, кнопка «Услуга submit»"
    assert control_name("kiosk/gone", "ru", plan) == "Киоск, кнопка «gone»"
    assert control_name("answer/ramp", "en") == "Answer to the bell ramp"
    assert control_name("power/fail", "en") == "Contact of the mains"
    assert control_name("something", "en") == "something"
    assert control_name("strange/thing", "en") == "strange/thing"
    assert key_cap("shift", "en") == "shift"


@pytest.mark.parametrize(
    ("point", "told"),
    [
        (Point("gpio", 17), "GPIO\u00a017, контакт J8:11"),
        (Point("gpio", 99), "GPIO\u00a099, контакт J8:—"),
        (Point("desks", 7, 1), "шина desks, модуль\u00a01, вход\u00a07"),
        (Point("pad1", "KP1"), "клавиатура pad1, клавиша KP1"),
    ],
)
def test_where_a_wire_ends_is_told_as_the_box_is_labelled(point: Point, told: str) -> None:
    assert point_in_words(str(point), "ru") == told


def test_a_point_that_is_none_stays_as_it_is() -> None:
    assert point_in_words("", "ru") == ""
    assert point_in_words("somewhere", "ru") == "somewhere"


def test_the_header_has_each_contact_once() -> None:
    assert sorted(CONTACTS) == list(range(28))
    used = [*CONTACTS.values(), *GROUNDS, 1, 17, 2, 4]
    assert sorted(used) == list(range(1, 41))


def test_facts_of_a_sentence_become_words() -> None:
    said = say("key-taken", "ru", owner="desk/7/next", point="desks 1/3")
    assert "«Окно 7, кнопка СЛЕДУЮЩИЙ» (шина desks, модуль\u00a01, вход\u00a03)" in said
    assert "3,1" in say("doctor-summary", "uk", faults=1, warnings=2, well=3, seconds="3.1")
    assert "3.1" in say("doctor-summary", "en", faults=1, warnings=2, well=3, seconds="3.1")


def test_a_row_that_shows_both_has_no_advice_in_its_reason() -> None:
    assert told_shortly("paper-out", {}, "ru") == "Закончилась бумага: номера только на экране."
    assert told_shortly("load-paper", {}, "ru") == words.sentence("load-paper", {}, "ru")


def test_verdicts_and_numbers_are_written_as_people_write_them() -> None:
    assert [verdict_word(one.value, "ru") for one in Verdict] == ["Неисправно", "Внимание", "В\u00a0порядке"]
    assert (decimal(1.25, "uk", 2), decimal(1.25, "en", 2)) == ("1,25", "1.25")
