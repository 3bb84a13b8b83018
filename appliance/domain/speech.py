"""What is said when a ticket is called: the number in words and the desk, never a name or a service."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Numerals:
    """Nominative cardinals of one language. `thousands` are the words of 1000 to 9000."""

    units: tuple[str, ...]
    tens: tuple[str, ...]
    hundreds: tuple[str, ...]
    thousands: tuple[str, ...]


RU = Numerals(
    units=tuple(
        "ноль один два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать "
        "четырнадцать пятнадцать шестнадцать семнадцать восемнадцать девятнадцать".split()
    ),
    tens=tuple("двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто".split()),
    hundreds=tuple("сто двести триста четыреста пятьсот шестьсот семьсот восемьсот девятьсот".split()),
    thousands=(
        "одна тысяча",
        "две тысячи",
        "три тысячи",
        "четыре тысячи",
        "пять тысяч",
        "шесть тысяч",
        "семь тысяч",
        "восемь тысяч",
        "девять тысяч",
    ),
)
UK = Numerals(
    units=tuple(
        "нуль один два три чотири п’ять шість сім вісім дев’ять десять одинадцять дванадцять тринадцять "
        "чотирнадцять п’ятнадцять шістнадцять сімнадцять вісімнадцять дев’ятнадцять".split()
    ),
    tens=tuple("двадцять тридцять сорок п’ятдесят шістдесят сімдесят вісімдесят дев’яносто".split()),
    hundreds=tuple("сто двісті триста чотириста п’ятсот шістсот сімсот вісімсот дев’ятсот".split()),
    thousands=(
        "одна тисяча",
        "дві тисячі",
        "три тисячі",
        "чотири тисячі",
        "п’ять тисяч",
        "шість тисяч",
        "сім тисяч",
        "вісім тисяч",
        "дев’ять тисяч",
    ),
)
EN = Numerals(
    units=tuple(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
        "sixteen seventeen eighteen nineteen".split()
    ),
    tens=tuple("twenty thirty forty fifty sixty seventy eighty ninety".split()),
    hundreds=tuple(f"{unit} hundred" for unit in "one two three four five six seven eight nine".split()),
    thousands=tuple(f"{unit} thousand" for unit in "one two three four five six seven eight nine".split()),
)
NUMERALS = {"ru": RU, "uk": UK, "en": EN}

DESK_WORDS = {
    "ru": {"window": "окно", "table": "стол", "workplace": "рабочее место"},
    "uk": {"window": "вікно", "table": "стіл", "workplace": "робоче місце"},
    "en": {"window": "window", "table": "table", "workplace": "desk"},
}
TICKET_WORDS = {"ru": "Талон", "uk": "Талон", "en": "Ticket"}


def spell(number: int, language: str) -> str:
    """A number from 0 to 9999 in words."""
    if not 0 <= number <= 9999:
        raise ValueError(f"{number} is not spelled")
    words = NUMERALS[language]
    if number < 20:
        return words.units[number]
    parts = []
    thousands, rest = divmod(number, 1000)
    hundreds, rest = divmod(rest, 100)
    if thousands:
        parts.append(words.thousands[thousands - 1])
    if hundreds:
        parts.append(words.hundreds[hundreds - 1])
    if rest >= 20:
        tens, unit = divmod(rest, 10)
        parts.append(words.tens[tens - 2])
        rest = unit
    if rest:
        parts.append(words.units[rest])
    return " ".join(parts)


def announcement(series: str, number: int, desk: int, language: str, desk_word: str) -> str:
    """The sentence of a call: `Талон А сто пять, окно три`."""
    ticket, place = TICKET_WORDS[language], DESK_WORDS[language][desk_word]
    return f"{ticket} {series} {spell(number, language)}, {place} {spell(desk, language)}"
