"""How an office calls its desks inside a sentence: window, table or workplace, in the case that the sentence needs."""

from __future__ import annotations

from collections.abc import Mapping

USUAL = "window"
WORDS = (USUAL, "table", "workplace")

FORMS: Mapping[str, Mapping[str, tuple[str, str, str]]] = {
    "ru": {
        "name": ("окно", "стол", "рабочее место"),
        "of": ("окна", "стола", "рабочего места"),
        "to": ("к окну", "к столу", "к рабочему месту"),
        "at": ("в окне", "за столом", "на рабочем месте"),
    },
    "uk": {
        "name": ("вікно", "стіл", "робоче місце"),
        "of": ("вікна", "стола", "робочого місця"),
        "to": ("до вікна", "до столу", "до робочого місця"),
        "at": ("у вікні", "за столом", "на робочому місці"),
    },
    "en": {
        "name": ("window", "table", "desk"),
        "of": ("of window", "of table", "of desk"),
        "to": ("to window", "to table", "to desk"),
        "at": ("at window", "at table", "at desk"),
    },
}
"""The forms that sentences ask for, in the order of WORDS. A preposition belongs to its form: «в окне», «за столом»."""


class DeskWord:
    """The office's word for a desk, for `str.format`.

    `{desk_word:at}` is a form of FORMS, `{desk_word:At}` the same at the beginning of a sentence; three texts with bars
    between them, `{desk_word:занято|занят|занято}`, are what else changes with the word.
    """

    def __init__(self, word: str, language: str) -> None:
        self._index = WORDS.index(word) if word in WORDS else 0
        self._forms = FORMS.get(language, FORMS["en"])

    def __format__(self, form: str) -> str:
        if "|" in form:
            return form.split("|")[self._index]
        found = self._forms[form.lower() or "name"][self._index]
        return found[0].upper() + found[1:] if form[:1].isupper() else found

    def __str__(self) -> str:
        return format(self, "name")
