"""Which language a page of the office speaks: as everywhere."""

from __future__ import annotations

from web.language import (
    COOKIE,
    LANGUAGES,
    NAMES,
    NBSP,
    SHORT,
    asked,
    clock,
    decimal,
    long_date,
    moment,
    of_office,
    of_page,
    text_in,
    tied,
)

__all__ = [
    "COOKIE",
    "LANGUAGES",
    "NAMES",
    "NBSP",
    "SHORT",
    "asked",
    "clock",
    "decimal",
    "long_date",
    "moment",
    "of_office",
    "of_page",
    "text_in",
    "tied",
]
