"""What a call says, against an independent speller of numbers."""

from __future__ import annotations

import pytest
from num2words import num2words

from appliance.domain.speech import NUMERALS, PAUSE, announcement, number_words, spell

DESKS = {
    "ru": {"window": "окно", "table": "стол", "workplace": "рабочее место"},
    "uk": {"window": "вікно", "table": "стіл", "workplace": "робоче місце"},
}


def spelled(number: int, language: str) -> str:
    """As num2words spells it, with the apostrophe of printed Ukrainian."""
    return str(num2words(number, lang=language)).replace("'", "’")


@pytest.mark.parametrize("language", ["ru", "uk"])
def test_every_number_is_spelled_as_elsewhere(language: str) -> None:
    for number in range(10_000):
        assert spell(number, language) == spelled(number, language)


@pytest.mark.parametrize("language", ["ru", "uk"])
@pytest.mark.parametrize("desk_word", ["window", "table", "workplace"])
def test_every_call_from_1_to_999(language: str, desk_word: str) -> None:
    for number in range(1, 1000):
        desk = number % 99 + 1
        said = announcement("А", number, desk, language, desk_word)
        place = DESKS[language][desk_word]
        assert said.text == f"Талон А {spelled(number, language)}, {place} {spelled(desk, language)}"


@pytest.mark.parametrize("language", ["ru", "uk"])
def test_the_words_say_what_the_text_says(language: str) -> None:
    names = {**NUMERALS[language], **DESKS[language], "ticket": "Талон", "Ґ": "Ґ"}
    for number in (1, 14, 20, 105, 340, 999, 1000, 2105, 9999):
        for desk in (1, 21, 100, 999):
            for desk_word in DESKS[language]:
                said = announcement("Ґ", number, desk, language, desk_word)
                ticket, place = " ".join(said.words).split(f" {PAUSE} ")
                told = [" ".join(names[word] for word in part.split()) for part in (ticket, place)]
                assert ", ".join(told) == said.text


def test_thousands_agree_with_their_noun() -> None:
    assert number_words(1000) == ("1-feminine", "thousand-one")
    assert number_words(2105) == ("2-feminine", "thousand-few", "100", "5")
    assert number_words(4020) == ("4", "thousand-few", "20")
    assert number_words(9001) == ("9", "thousand-many", "1")
    assert number_words(0) == ("0",)


def test_english_is_spelled_without_hyphens_and_and() -> None:
    assert spell(342, "en") == "three hundred forty two"
    assert announcement("В", 1001, 12, "en", "workplace").text == "Ticket В one thousand one, desk twelve"


@pytest.mark.parametrize("number", [-1, 10_000])
def test_what_no_ticket_bears_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="not spelled"):
        spell(number, "ru")
