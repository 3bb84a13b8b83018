"""The text of a slip: which characters are printed, and where lines end. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable


def clean(text: str) -> str:
    """The text without control and zero-width characters, in composed form; U+202F becomes a common
    no-break space.
    """
    composed = unicodedata.normalize("NFC", text).replace("\u202f", "\u00a0").replace("\t", " ")
    return "".join(c for c in composed if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf"))


def wrap(text: str, fits: Callable[[str], bool]) -> list[str]:
    """Break a text into lines that fit, between words.

    A no-break space doesn't break, and a word of one letter stays with the next one. A word too
    long for a line is broken after a hyphen or slash where there is one, else between letters,
    never before a combining mark. Nothing is dropped but the spaces at breaks. A character that
    doesn't fit alone gets a line of its own.
    """
    lines: list[str] = []
    for paragraph in clean(text).split("\n"):
        line = ""
        for word in _words(paragraph, fits):
            candidate = f"{line} {word}" if line else word
            if fits(candidate):
                line = candidate
                continue
            if line:
                lines.append(line)
            *whole, line = _break_word(word, fits)
            lines.extend(whole)
        if line:
            lines.append(line)
    return lines


def _words(paragraph: str, fits: Callable[[str], bool]) -> list[str]:
    """What may stand at a line's end: words, a lone letter together with the word after it."""
    words: list[str] = []
    for word in re.split(" +", paragraph.strip(" ")):
        if words and len(words[-1]) == 1 and words[-1].isalpha():
            pair = f"{words[-1]}\u00a0{word}"
            if fits(pair):
                words[-1] = pair
                continue
        words.append(word)
    return words


def _break_word(word: str, fits: Callable[[str], bool]) -> list[str]:
    pieces = []
    while not fits(word):
        most = 1
        while most < len(word) - 1 and fits(word[: most + 1]):
            most += 1
        cut = max(word.rfind("-", 0, most), word.rfind("/", 0, most)) + 1
        if cut < most // 2 or cut == 0:
            cut = most
            while cut > 1 and unicodedata.combining(word[cut]):
                cut -= 1
        if cut >= len(word):
            break
        pieces.append(word[:cut])
        word = word[cut:]
    return [*pieces, word]
