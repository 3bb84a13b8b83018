"""What is read aloud for each clip, by a synthesiser or by a person: `python -m hardware.sound.reading_list ru`.

`+` stands before the vowel of a word that a synthesiser would take for a conjunction or a preposition without stress.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from hardware.sound.vocabulary import (
    DESKS,
    END,
    ENDS,
    FEMININE,
    HUNDREDS,
    LETTER,
    LETTERS,
    TENS,
    THOUSANDS,
    TICKET,
    UNITS,
)

_RU = """
талон
окно / стол / рабочее место
+а / бэ / вэ / гэ / гэ украинское / дэ / +е / +е украинское / жэ / зэ / +и / +и с точкой / +и с двумя точками
+и краткое / ка / эль / эм / эн / +о / пэ / эр / эс / тэ / +у / эф / ха / цэ / че / ша / ща
твёрдый знак / +ы / мягкий знак / +э / +ю / +я
ноль / один / два / три / четыре / пять / шесть / семь / восемь / девять
десять / одиннадцать / двенадцать / тринадцать / четырнадцать / пятнадцать / шестнадцать / семнадцать
восемнадцать / девятнадцать
двадцать / тридцать / сорок / пятьдесят / шестьдесят / семьдесят / восемьдесят / девяносто
сто / двести / триста / четыреста / пятьсот / шестьсот / семьсот / восемьсот / девятьсот
одна / две
тысяча / тысячи / тысяч
"""
_UK = """
талон
вікно / стіл / робоче місце
+а / бе / ве / ге / ґе / де / +е / +є / же / зе / +и / +і / +ї
йот / ка / ел / ем / ен / +о / пе / ер / ес / те / +у / еф / ха / це / че / ша / ща
твердий знак / +и російське / м'який знак / +е російське / +ю / +я
нуль / один / два / три / чотири / п'ять / шість / сім / вісім / дев'ять
десять / одинадцять / дванадцять / тринадцять / чотирнадцять / п'ятнадцять / шістнадцять / сімнадцять
вісімнадцять / дев'ятнадцять
двадцять / тридцять / сорок / п'ятдесят / шістдесят / сімдесят / вісімдесят / дев'яносто
сто / двісті / триста / чотириста / п'ятсот / шістсот / сімсот / вісімсот / дев'ятсот
одна / дві
тисяча / тисячі / тисяч
"""


def _read(text: str) -> Mapping[str, str]:
    """The clip names in the order of the text; a word that may end a sentence is read for its end too."""
    words = [word.strip() for line in text.strip().splitlines() for word in line.split("/")]
    letters = (LETTER + name for name in LETTERS.values())
    names = (TICKET, *DESKS, *letters, *UNITS, *TENS, *HUNDREDS, *FEMININE, *THOUSANDS)
    read = dict(zip(names, words, strict=True))
    return read | {name: read[name.removesuffix(END)] for name in ENDS}


READING_LIST: Mapping[str, Mapping[str, str]] = {"ru": _read(_RU), "uk": _read(_UK)}
"""By language and clip."""


def main(languages: Sequence[str]) -> int:
    """Print what is to be recorded: one line for each file."""
    for language in languages or sorted(READING_LIST):
        for clip, word in READING_LIST[language].items():
            said = f"{word.removeprefix('+')}{'.' if clip.endswith(END) else ''}"
            print(f"{language}/{clip}.wav\t{said}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
