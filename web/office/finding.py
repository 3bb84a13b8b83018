"""Finding a service among hundreds by a few letters, whatever keyboard layout they were typed on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from appliance.api.schemas import ServiceView
from web.office.language import text_in, tied

DIGITS = re.compile(r"(\d+)")
WORD = re.compile(r"[^\W_]+")
PHRASE = re.compile(r"\s*[,;]\s*")
LATIN = "`qwertyuiop[]asdfghjkl;'zxcvbnm,."
RUSSIAN = "ёйцукенгшщзхъфывапролджэячсмитьбю"
UKRAINIAN = "'йцукенгшщзхїфівапролджєячсмитьбю"
LAYOUTS = tuple(
    str.maketrans(there, meant)
    for there, meant in (
        (LATIN, RUSSIAN),
        (LATIN, UKRAINIAN),
        (RUSSIAN, UKRAINIAN),
        (UKRAINIAN, RUSSIAN),
        (RUSSIAN, LATIN),
        (UKRAINIAN, LATIN),
    )
)
"""What each key gives on the layout that was meant; the likeliest mistake first."""

SLIP_LETTERS = 4
"""From so many letters on, one wrong, missing, extra or swapped letter is forgiven."""


@dataclass(frozen=True, slots=True)
class Found:
    """The services, and the folded beginnings of words that they were found by."""

    services: list[ServiceView]
    parts: tuple[str, ...]


def folded(text: str) -> str:
    """Letters as people type them: no case, `ё` as `е`, one apostrophe."""
    return text.casefold().replace("ё", "е").replace("’", "").replace("ʼ", "").replace("'", "")


def find(services: Iterable[ServiceView], query: str, language: str) -> list[ServiceView]:
    """The services of `search`."""
    return search(services, query, language).services


def search(services: Iterable[ServiceView], query: str, language: str) -> Found:
    """Services whose words begin with every word of `query`, in any order of words and in any language they have.

    Names, short names, keywords, headings and organisations count. Without a query: all, by name in `language`. If
    nothing is found, the query is read as typed on another keyboard layout, and at last with one slip in a word. Names
    that begin with the query come first, then those whose name has all its words, then the popular ones.
    """
    by_name = sorted(services, key=lambda service: natural(folded(title(service, language))))
    wanted = _parts(query)
    if not wanted:
        return Found(by_name, ())
    readings = [wanted, *(_parts(query.casefold().translate(layout)) for layout in LAYOUTS)]
    for parts in dict.fromkeys(filter(None, readings)):
        found = [one for one in by_name if all(f" {part}" in _haystack(_texts(one)) for part in parts)]
        if found:
            return Found(_ranked(found, parts, language), parts)
    found = [one for one in by_name if all(_nearly(part, _haystack(_texts(one))) for part in wanted)]
    return Found(_ranked(found, wanted, language), wanted)


def natural(text: str) -> list[tuple[int, str]]:
    """An order in which `form 2` stands before `form 10`."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in DIGITS.split(text)]


def title(service: ServiceView, language: str) -> str:
    """What a visitor reads on a key: the short name, or the official one."""
    return tied(text_in(service.short, language) or text_in(service.name, language))


def marked(text: str, parts: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """The text in pieces, each with whether it is what was searched for."""
    done = 0
    for word in WORD.finditer(text):
        hits = [part for part in parts if folded(word[0]).startswith(part)]
        if hits:
            end = word.start() + max(map(len, hits))
            yield text[done : word.start()], False
            yield text[word.start() : end], True
            done = end
    yield text[done:], False


def keyword(service: ServiceView, parts: Sequence[str], language: str) -> str:
    """The everyday word by which the service was found, where its title doesn't have what was typed; else empty."""
    shown = _haystack((title(service, language),))
    missing = [part for part in parts if f" {part}" not in shown]
    mine = service.keywords.get(language, "")
    for texts in (mine, *(text for text in service.keywords.values() if text != mine)):
        for phrase in PHRASE.split(texts):
            if any(f" {part}" in _haystack((phrase,)) for part in missing):
                return phrase
    return ""


def _parts(query: str) -> tuple[str, ...]:
    return tuple(WORD.findall(folded(query)))


def _texts(service: ServiceView) -> tuple[str, ...]:
    every = (service.short, service.name, service.keywords, service.group, service.organisation)
    return tuple(text for texts in every for text in texts.values())


@lru_cache(maxsize=4096)
def _haystack(texts: tuple[str, ...]) -> str:
    """All words of the texts, each after a space: a beginning of a word is a plain substring."""
    words = dict.fromkeys(WORD.findall(folded(" ".join(texts))))
    return " " + " ".join(words)


def _ranked(found: list[ServiceView], parts: Sequence[str], language: str) -> list[ServiceView]:
    start = " ".join(parts)

    def rank(service: ServiceView) -> tuple[bool, bool, bool]:
        name = title(service, language)
        whole = all(f" {part}" in _haystack((name,)) for part in parts)
        return not folded(name).startswith(start), not whole, not service.popular

    return sorted(found, key=rank)


def _nearly(part: str, haystack: str) -> bool:
    if f" {part}" in haystack:
        return True
    if len(part) < SLIP_LETTERS:
        return False
    lengths = (len(part), len(part) - 1, len(part) + 1)
    return any(_one_slip(part, word[:length]) for word in haystack.split() for length in lengths)


def _one_slip(typed: str, meant: str) -> bool:
    """Whether one letter is wrong, missing, too many, or two neighbours are swapped."""
    if typed[0] != meant[0] or abs(len(typed) - len(meant)) > 1:
        return False
    start = 0
    while start < min(len(typed), len(meant)) and typed[start] == meant[start]:
        start += 1
    rest, other = typed[start:], meant[start:]
    if rest[1:] == other[1:] or rest[1:] == other or rest == other[1:]:
        return True
    return rest[:2] == other[1::-1] and rest[2:] == other[2:]
