"""Finding a service among hundreds by a few letters."""

from __future__ import annotations

import re
from collections.abc import Iterable

from appliance.api.schemas import ServiceView
from web.office.language import text_in, tied

DIGITS = re.compile(r"(\d+)")
WORD = re.compile(r"[^\W_]+")


def folded(text: str) -> str:
    """Letters as people type them: no case, `ё` as `е`, one apostrophe."""
    return text.casefold().replace("ё", "е").replace("’", "").replace("ʼ", "").replace("'", "")


def find(services: Iterable[ServiceView], query: str, language: str) -> list[ServiceView]:
    """Services whose words begin with every word of `query`, in any order of words and in any language they have.

    Without a query: all, by name in `language`. Names that begin with the query come first.
    """
    by_name = sorted(services, key=lambda service: natural(folded(title(service, language))))
    wanted = WORD.findall(folded(query))
    if not wanted:
        return by_name
    found = [service for service in by_name if _matches(service, wanted)]
    start = folded(query).strip()
    return sorted(found, key=lambda one: not folded(title(one, language)).startswith(start))


def natural(text: str) -> list[tuple[int, str]]:
    """An order in which `form 2` stands before `form 10`."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in DIGITS.split(text)]


def title(service: ServiceView, language: str) -> str:
    """What a visitor reads on a key: the short name, or the official one."""
    return tied(text_in(service.short, language) or text_in(service.name, language))


def _matches(service: ServiceView, wanted: list[str]) -> bool:
    texts = (*service.name.values(), *service.short.values(), *service.organisation.values())
    words = {word for text in texts for word in WORD.findall(folded(text))}
    return all(any(word.startswith(part) for word in words) for part in wanted)
