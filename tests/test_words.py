"""Every code has a sentence in three languages, with the same facts in it."""

from __future__ import annotations

import ast
import gettext
import re
import string
from dataclasses import replace
from pathlib import Path

import pytest

from appliance import desk_word, words
from appliance.api.mistakes import KINDS, PATTERNS
from appliance.api.problems import STATUS, Trouble
from appliance.desk_word import DeskWord
from appliance.domain.hours import Reason
from appliance.domain.refusal import Code
from appliance.reason_words import HOURS, hours_code
from appliance.workers.public_calendar import FAILED, MISSING, UNKNOWN
from tests.plans import Sketch

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("ru", "uk")
TELLING = ("DeviceState", "state_of", "_state", "_note", "replace", "Trouble")
"""Calls by which a driver says how it is."""

BOTH = {"Ваш номер", "Перед вами"}
"""What really is the same in Russian and in Ukrainian."""


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_code_of_the_rules_and_of_the_api_has_a_sentence() -> None:
    assert [code.value for code in Code if code.value not in words.SENTENCES] == []
    assert [code.value for code in Trouble if code.value not in words.SENTENCES] == []
    used = set(KINDS.values()) | set(PATTERNS.values())
    assert [code for code in used if code not in words.SENTENCES] == []


def test_every_code_is_told_once() -> None:
    assert set(words.RULES) == {code.value for code in Code}
    assert not (set(words.API) & set(words.RULES))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated_with_the_same_facts(language: str) -> None:
    catalogue = words.translations(language)
    for message in (*words.SENTENCES.values(), *words.TITLES.values(), words.UNKNOWN):
        told = catalogue.gettext(message)
        assert told != message, message
        assert places(told) == places(message), message
        assert re.search(r"[а-яіїєґ]", told), message


def test_ukrainian_is_not_russian_with_other_letters() -> None:
    russian, ukrainian = words.translations("ru"), words.translations("uk")
    for message in words.SENTENCES.values():
        told = ukrainian.gettext(message)
        assert not re.search(r"[ыэъё]", told), told
        assert not re.search(r"[іїєґ]", russian.gettext(message)), message
        assert told != russian.gettext(message), message


def test_every_status_has_a_title() -> None:
    assert set(STATUS.values()) | {409} <= set(words.TITLES)


def test_sentences_ask_for_facts_that_the_rules_really_give() -> None:
    given: dict[str, list[set[str]]] = {}
    for path in (ROOT / "appliance" / "domain").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refused":
                code = node.args[0]
                if isinstance(code, ast.Attribute):
                    facts = {keyword.arg or "" for keyword in node.keywords}
                    given.setdefault(Code[code.attr].value, []).append(facts)
    assert len(given) > 20
    for code, calls in given.items():
        for facts in calls:
            assert places(words.SENTENCES[code]) <= facts | {"desk_word"}, (code, facts)


def test_every_sentence_says_what_to_do_next() -> None:
    for code, message in {**words.RULES, **words.API}.items():
        if not code.startswith("input-") and code != "bad-input":
            assert len(re.findall(r"[.;:,] ?", message)) >= 2, code


def test_codes_of_devices_have_sentences() -> None:
    told = set(words.SENTENCES)
    health = (ROOT / "appliance" / "workers" / "health.py").read_text(encoding="utf-8")
    for match in re.finditer(
        r'Device\(\s*"[a-z]+", "[a-z]+", "(?!ready)[a-z]+", [^)]*?"([a-z-]+)", "([a-z-]+)"', health
    ):
        assert set(match.groups()) <= told, match.groups()
    drivers = codes_of_drivers()
    assert len(drivers) > 30
    assert drivers - told == set()


def codes_of_drivers() -> set[str]:
    """Every reason, hint and warning that a device of `hardware` may tell, as far as the text shows them."""
    found: set[str] = set()
    for path in (ROOT / "hardware").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if "simulator" in path.parts or "config" in path.parts:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                if called in TELLING:
                    given = [
                        *node.args,
                        *(one.value for one in node.keywords if one.arg in ("reason", "hint", "warning")),
                    ]
                    found |= {str(one.value) for one in given if isinstance(one, ast.Constant)}
            elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "HINTS":
                assert isinstance(node.value, ast.Dict)
                pairs = [*node.value.keys, *node.value.values]
                found |= {str(one.value) for one in pairs if isinstance(one, ast.Constant)}
    return {code for code in found if re.fullmatch(r"[a-z]+(-[a-z]+)+", code)}


def test_the_slip_is_translated() -> None:
    source = (ROOT / "appliance" / "workers" / "slip_text.py").read_text(encoding="utf-8")
    messages = [
        ast.literal_eval(text)
        for text in re.findall(r'\b_\(("[^"]+")\)', source) + re.findall(r"\b_\(('[^']+')\)", source)
    ]
    assert len(messages) >= 18
    for language in LANGUAGES:
        for message in messages:
            assert words.translations(language).gettext(message) != message, message
    assert words.translations("uk").gettext("COPY") == "КОПІЯ"


def test_a_missing_fact_and_an_unknown_code_still_make_a_sentence() -> None:
    assert "—" in words.sentence("desk-closed", {}, "ru")
    assert "no-such-code" in words.sentence("no-such-code", {}, "uk")
    assert "{evil}" in words.sentence("unknown-service", {"service": "{evil}"}, "en")


def test_english_needs_no_catalogue_and_plurals_have_three_forms() -> None:
    assert type(words.translations("en")) is gettext.NullTranslations
    assert type(words.translations("../../etc")) is gettext.NullTranslations
    for language in LANGUAGES:
        plural = words.translations(language).plural  # type: ignore[attr-defined]
        assert [plural(count) for count in (1, 2, 5, 11, 21, 22)] == [0, 1, 2, 2, 0, 1]


def test_words_of_the_pages_are_in_the_same_catalogue() -> None:
    for language in LANGUAGES:
        pages = ROOT / "appliance" / "locale" / f"{language}.pages.po"
        if pages.exists():
            first = re.search(r'^msgid "(.+)"\nmsgstr "(.+)"$', pages.read_text(encoding="utf-8"), re.MULTILINE)
            assert first is not None
            assert words.translations(language).gettext(first[1]) == first[2]


@pytest.mark.parametrize(
    ("header", "language"),
    [("ru-RU,ru;q=0.9,en;q=0.8", "ru"), ("uk", "uk"), ("de,uk;q=0.1", "uk"), ("fr", "en"), ("ru;q=0,uk;q=0.1", "uk"),
     ("ru;q=nan", "en"), ("ru;q=inf,uk", "uk"), (",;,=", "en")],
)  # fmt: skip
def test_the_readers_language(header: str, language: str) -> None:
    assert words.preferred(header) == language


def test_every_reason_of_the_rules_has_its_words() -> None:
    assert {hours_code(reason, note) for reason in Reason for note in ("", "x")} == set(HOURS)
    assert {UNKNOWN, MISSING, FAILED} <= set(words.DEVICES)


def test_a_reason_for_the_hours_tells_its_note() -> None:
    code = hours_code(Reason.HOLIDAY, "День єдності")
    assert words.sentence(code, {"note": "День єдності"}, "uk") == "Зачинено, святковий день: День єдності."
    assert words.sentence(hours_code(Reason.HOLIDAY), {}, "ru") == "Закрыто: праздничный день."
    assert hours_code(Reason.WEEKLY, "anything") == "hours-weekly"


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_sentence_can_be_told_with_every_word_for_a_desk(language: str) -> None:
    for word in desk_word.WORDS:
        plan = replace(Sketch().plan, desk_word=word)
        for code, message in words.SENTENCES.items():
            told = words.sentence(code, dict.fromkeys(places(message) - {"desk_word"}, "7"), language, plan)
            assert "{" not in told, told
            others = {name for name in desk_word.FORMS[language]["name"] if name != str(DeskWord(word, language))}
            if "desk_word" in places(message):
                assert not any(re.search(rf"\b{other}\b", told.lower()) for other in others), told


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("window", ("Окно 3 занято: талон А 001", "В окне 3 перерыв", "К окну 3 никто не ждёт")),
        ("table", ("Стол 3 занят: талон А 001", "За столом 3 перерыв", "К столу 3 никто не ждёт")),
        ("workplace", ("Рабочее место 3 занято: талон А 001", "На рабочем месте 3 перерыв", "К рабочему месту 3")),
    ],
)
def test_a_refusal_says_the_offices_word_for_a_desk(word: str, told: tuple[str, ...]) -> None:
    plan = replace(Sketch().plan, desk_word=word)
    facts = {"desk": 3, "number": "А 001"}
    for code, begins in zip(("desk-busy", "desk-on-break", "nobody-waiting"), told, strict=True):
        assert words.sentence(code, facts, "ru", plan).startswith(begins)


def test_without_a_plan_a_desk_is_a_window() -> None:
    assert words.sentence("desk-closed", {"desk": 3}, "uk").startswith("Вікно 3 зачинено")
    assert words.sentence("desk-closed", {"desk": 3}, "en").startswith("Window 3 is closed")


def test_a_sentence_names_the_service_and_not_its_id() -> None:
    plan = Sketch().plan
    assert "«Услуга submit»" in words.sentence("not-today", {"service": "submit"}, "ru", plan)
    assert "«submit»" in words.sentence("not-today", {"service": "submit"}, "ru")
    assert "«gone»" in words.sentence("unknown-service", {"service": "gone"}, "ru", plan)
