"""Every sentence of the pages has its Russian and its Ukrainian."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from appliance import doctor_words, indicator_words, words
from sync.centre.alarm_words import RULE_WORDS
from sync.centre.tile_figures import TILE_FIGURES
from web.office import language as tongue

ROOT = Path(__file__).resolve().parents[2]
LOCALE = ROOT / "appliance" / "locale"
HOLE = re.compile(r"%\(\w+\)s|\{\w+\}")
Message = str | tuple[str, ...]


def used() -> set[Message]:
    """Every message id of the templates and the page modules."""
    found = extract_from_dir(
        ROOT / "web",
        [("**.html", "jinja2"), ("*.py", "python"), ("**/office/*.py", "python"), ("**/centre/*.py", "python")],
        options_map={"**.html": {"newstyle_gettext": "true"}},
        keywords={"_": None, "gettext": None, "ngettext": (1, 2), "N_": None, "NN_": (1, 2)},
    )
    return {message for _, _, message, _, _ in found}


def of_the_centre() -> set[Message]:
    """What the pages of the centre say of alarms and figures that are declared elsewhere."""
    rules = {text for one in RULE_WORDS.values() for text in (one.tells, one.todo)}
    return rules | {text for one in TILE_FIGURES for text in (one.name, one.text)}


def catalogue(language: str, part: str = "pages") -> Catalog:
    """A catalogue as it lies in the tree."""
    return read_po((LOCALE / f"{language}.{part}.po").open("rb"), locale=language)


def messages_of(language: str, parts: tuple[str, ...]) -> set[Message]:
    """The message ids of some catalogues."""
    return {
        tuple(m.id) if isinstance(m.id, list | tuple) else m.id
        for part in parts
        for m in catalogue(language, part)
        if m.id
    }


@pytest.mark.parametrize("language", ["ru", "uk"])
def test_every_message_is_translated_and_none_is_left_over(language: str) -> None:
    own = ("pages", "figures", "doctor", "bench", "centre")
    there = messages_of(language, own)
    wanted = used() | set(indicator_words.messages()) | set(doctor_words.messages()) | of_the_centre()
    elsewhere = messages_of(language, tuple(part for part in words.PARTS if part not in own))
    assert wanted - there - elsewhere == set()
    assert there - wanted == set()


@pytest.mark.parametrize("part", ["pages", "doctor", "centre"])
@pytest.mark.parametrize("language", ["ru", "uk"])
def test_translations_are_whole_and_keep_their_placeholders(language: str, part: str) -> None:
    for message in catalogue(language, part):
        if not message.id:
            continue
        assert not message.fuzzy, message.id
        plural = isinstance(message.id, list | tuple)
        source = str(message.id[-1] if plural else message.id)
        texts = tuple(map(str, message.string)) if plural and message.string else (str(message.string),)
        assert len(texts) == (3 if plural else 1), message.id
        for text in texts:
            assert text.strip(), message.id
            assert set(HOLE.findall(text)) == set(HOLE.findall(source)), message.id
            assert "\u202f" not in text


@pytest.mark.parametrize("language", ["ru", "uk"])
def test_messages_that_several_catalogues_have_say_the_same(language: str) -> None:
    told: dict[str, object] = {}
    for part in ("rules", "documents", "figures", "doctor", "pages", "centre"):
        for m in catalogue(language, part):
            if m.id and m.context is None:
                assert told.setdefault(str(m.id), m.string) == m.string, (part, m.id)


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("ru", {1: "человек ждёт", 2: "человека ждут", 5: "человек ждут", 21: "человек ждёт", 12: "человек ждут"}),
        ("uk", {1: "людина чекає", 2: "людини чекають", 5: "людей чекають", 21: "людина чекає", 12: "людей чекають"}),
        ("en", {1: "person is waiting", 2: "people are waiting"}),
    ],
)
def test_the_waiting_are_counted_as_people_speak(language: str, forms: dict[int, str]) -> None:
    told = words.translations(language)
    assert {n: told.ngettext("person is waiting", "people are waiting", n) for n in forms} == forms


def test_short_words_stay_with_what_follows() -> None:
    assert tongue.tied("Счета и начисления") == "Счета и\u00a0начисления"
    assert tongue.tied("форма № 10") == "форма №\u00a010"
    assert tongue.tied("три окна") == "три окна"


def test_numbers_and_times_are_written_as_people_write_them() -> None:
    assert tongue.decimal(1234.5, "ru") == "1\u00a0234,5"
    assert tongue.decimal(1234.5, "en") == "1,234.5"
    assert tongue.clock(372) == "06:12"
    assert tongue.clock(3760) == "1:02:40"
    assert tongue.long_date("2026-11-24", "ru") == "вт, 24\u00a0ноября"
    assert tongue.long_date("never", "ru") == ""
