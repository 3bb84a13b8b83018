"""What is said when a ticket is called: the number in words and the desk, never a name or a service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

PAUSE = ","
"""Not a word: where the sentence takes breath."""

NUMBERS = tuple(str(number) for number in (*range(20), *range(20, 100, 10), *range(100, 1000, 100)))
"""The numbers that are one word; every other number is made of them."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One announcement: `text` as people read it, `words` as they are spoken one after the other.

    The words are named alike in every language: `ticket`, the letter of the series, the parts of a number (see
    `number_words`), `window`, `table` or `workplace`, and `,` for a pause.
    """

    text: str
    words: tuple[str, ...]


def _numerals(plain: str, feminine: str, thousand: str) -> Mapping[str, str]:
    """The words of one language by name; `-` stands for a space inside a word of English."""
    named = dict(zip(NUMBERS, plain.split(), strict=True))
    named |= zip(("1-feminine", "2-feminine"), feminine.split(), strict=True)
    named |= zip(("thousand-one", "thousand-few", "thousand-many"), thousand.split(), strict=True)
    return {name: word.replace("-", " ") for name, word in named.items()}


NUMERALS = {
    "ru": _numerals(
        "ноль один два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать четырнадцать "
        "пятнадцать шестнадцать семнадцать восемнадцать девятнадцать "
        "двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто "
        "сто двести триста четыреста пятьсот шестьсот семьсот восемьсот девятьсот",
        "одна две",
        "тысяча тысячи тысяч",
    ),
    "uk": _numerals(
        "нуль один два три чотири п’ять шість сім вісім дев’ять десять одинадцять дванадцять тринадцять чотирнадцять "
        "п’ятнадцять шістнадцять сімнадцять вісімнадцять дев’ятнадцять "
        "двадцять тридцять сорок п’ятдесят шістдесят сімдесят вісімдесят дев’яносто "
        "сто двісті триста чотириста п’ятсот шістсот сімсот вісімсот дев’ятсот",
        "одна дві",
        "тисяча тисячі тисяч",
    ),
    "en": _numerals(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen "
        "twenty thirty forty fifty sixty seventy eighty ninety "
        "one-hundred two-hundred three-hundred four-hundred five-hundred six-hundred seven-hundred eight-hundred "
        "nine-hundred",
        "one two",
        "thousand thousand thousand",
    ),
}

DESK_WORDS = {
    "ru": {"window": "окно", "table": "стол", "workplace": "рабочее место"},
    "uk": {"window": "вікно", "table": "стіл", "workplace": "робоче місце"},
    "en": {"window": "window", "table": "table", "workplace": "desk"},
}
TICKET_WORDS = {"ru": "Талон", "uk": "Талон", "en": "Ticket"}


def number_words(number: int) -> tuple[str, ...]:
    """The words of a number from 0 to 9999, named: 2105 is `2-feminine thousand-few 100 5`. Raises ValueError."""
    if not 0 <= number <= 9999:
        raise ValueError(f"{number} is not spelled")
    return tuple(_parts(number)) or ("0",)


def _parts(number: int) -> Iterator[str]:
    thousands, rest = divmod(number, 1000)
    if thousands:
        yield f"{thousands}-feminine" if thousands < 3 else f"{thousands}"
        yield "thousand-one" if thousands == 1 else "thousand-few" if thousands < 5 else "thousand-many"
    hundreds, rest = divmod(rest, 100)
    if hundreds:
        yield f"{hundreds * 100}"
    if rest >= 20:
        yield f"{rest // 10 * 10}"
        rest %= 10
    if rest:
        yield f"{rest}"


def spell(number: int, language: str) -> str:
    """A number from 0 to 9999 in words."""
    return " ".join(NUMERALS[language][word] for word in number_words(number))


def announcement(series: str, number: int, desk: int, language: str, desk_word: str) -> Sentence:
    """The sentence of a call: `Талон А сто пять, окно три`."""
    ticket, place = TICKET_WORDS[language], DESK_WORDS[language][desk_word]
    return Sentence(
        f"{ticket} {series} {spell(number, language)}, {place} {spell(desk, language)}",
        ("ticket", series, *number_words(number), PAUSE, desk_word, *number_words(desk)),
    )
