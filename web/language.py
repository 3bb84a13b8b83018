"""Which language a page speaks, and the words that depend on it: counts, times, dates, the office's word for a desk."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

from babel.dates import format_date
from fastapi import Request

LANGUAGES = ("ru", "uk", "en")
NAMES = {"ru": "Русский", "uk": "Українська", "en": "English"}
COOKIE = "talon_lang"
NBSP = "\u00a0"
SHORT = re.compile(r"(?<!\w)([а-яёіїєА-ЯЁІЇЄ]{1,2}|№) ")


def asked(request: Request) -> str | None:
    """The language that the address asks for, if it is one of ours."""
    value = request.query_params.get("lang")
    return value if value in LANGUAGES else None


def of_page(request: Request, offered: Sequence[str]) -> str:
    """The address, then the cookie, then what the browser prefers, then the office's first language."""
    if (named := asked(request)) is not None:
        return named
    if (kept := request.cookies.get(COOKIE)) in LANGUAGES:
        return str(kept)
    for wanted in _preferred(request.headers.get("accept-language", "")):
        if wanted in LANGUAGES:
            return wanted
    return of_office(offered)


def of_office(offered: Sequence[str]) -> str:
    """The office's first language."""
    return next((language for language in offered if language in LANGUAGES), "ru")


def _preferred(header: str) -> list[str]:
    """Primary language tags of an Accept-Language header, best first; nonsense is left out."""
    weighed: list[tuple[float, str]] = []
    for part in header[:200].split(","):
        tag, _, rest = part.partition(";")
        quality = 1.0
        name, _, value = rest.strip().partition("=")
        if name.strip() == "q":
            try:
                quality = float(value)
            except ValueError:
                continue
        if quality > 0:
            weighed.append((quality, tag.strip().lower().split("-")[0]))
    return [tag for _, tag in sorted(weighed, key=lambda pair: -pair[0])]


def text_in(texts: Mapping[str, str], language: str) -> str:
    """A text of the plan in `language`, or in the first language that it has."""
    return texts.get(language) or next((text for text in texts.values() if text), "")


def tied(text: str) -> str:
    """The text with its one- and two-letter words tied to what follows: no line ends in `и`."""
    return SHORT.sub("\\1" + NBSP, text)


def clock(seconds: int) -> str:
    """A running time: `06:12`, from an hour on `1:02:40`."""
    minutes, second = divmod(max(0, seconds), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02d}:{second:02d}" if hour else f"{minute:02d}:{second:02d}"


def long_date(iso: str | None, language: str) -> str:
    """`вт, 24 ноября`; empty when the date is unknown."""
    if iso is None:
        return ""
    try:
        day = date.fromisoformat(iso)
    except ValueError:
        return ""
    pattern = "EEE, d MMMM"
    return format_date(day, pattern, locale=language).replace(" ", NBSP).replace("," + NBSP, ", ")


def moment(iso: str | None, language: str) -> str:
    """When something is, from `2026-11-30T08:00`: `пн, 30 ноября, 08:00`; empty when it is unknown."""
    day, _, time = (iso or "").partition("T")
    shown = long_date(day or None, language)
    shown = shown.replace(", ", f",{NBSP}")
    return f"{shown}, {time[:5]}" if shown and time else shown


def decimal(value: float, language: str, digits: int = 1) -> str:
    """A number with the language's decimal mark and no-break groups."""
    text = f"{value:,.{digits}f}"
    if language == "en":
        return text
    return text.replace(",", NBSP).replace(".", ",")
