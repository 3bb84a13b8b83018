"""The clips there are: one for each word of an announcement, named alike in every language.

A number word is named after its number (`200.wav` is `двести` and `двісті`), a letter after its Unicode name.
`3-end.wav` is `3.wav` with the falling voice that ends a sentence. Which words an announcement has is said by the
caller.
"""

from __future__ import annotations

from types import MappingProxyType

PAUSE = ","
"""Not a word: a short silence between two parts of a sentence."""

END = "-end"
CHIME = "chime"
LETTER = "letter-"

LETTERS = MappingProxyType(
    {
        "А": "a",
        "Б": "be",
        "В": "ve",
        "Г": "ghe",
        "Ґ": "ghe-with-upturn",
        "Д": "de",
        "Е": "ie",
        "Є": "ukrainian-ie",
        "Ж": "zhe",
        "З": "ze",
        "И": "i",
        "І": "byelorussian-ukrainian-i",
        "Ї": "yi",
        "Й": "short-i",
        "К": "ka",
        "Л": "el",
        "М": "em",
        "Н": "en",
        "О": "o",
        "П": "pe",
        "Р": "er",
        "С": "es",
        "Т": "te",
        "У": "u",
        "Ф": "ef",
        "Х": "ha",
        "Ц": "tse",
        "Ч": "che",
        "Ш": "sha",
        "Щ": "shcha",
        "Ъ": "hard-sign",
        "Ы": "yeru",
        "Ь": "soft-sign",
        "Э": "e",
        "Ю": "yu",
        "Я": "ya",
    }
)
"""Every letter that may be a series, with the name that Unicode gives it."""

TICKET = "ticket"
DESKS = ("window", "table", "workplace")
UNITS = tuple(str(number) for number in range(20))
TENS = tuple(str(number) for number in range(20, 100, 10))
HUNDREDS = tuple(str(number) for number in range(100, 1000, 100))
FEMININE = ("1-feminine", "2-feminine")
THOUSANDS = ("thousand-one", "thousand-few", "thousand-many")
ENDS = tuple(number + END for number in UNITS[1:])
"""The words that desk numbers end with, but for the rare round ones; any other word ends a sentence as it is."""

CLIPS = (
    TICKET,
    *DESKS,
    *(LETTER + name for name in LETTERS.values()),
    *UNITS,
    *TENS,
    *HUNDREDS,
    *FEMININE,
    *THOUSANDS,
    *ENDS,
)
"""Every clip of a language."""


def clip_of(word: str) -> str:
    """The clip of a word: a letter by its name, anything else by the word itself."""
    return LETTER + LETTERS[word] if word in LETTERS else word
