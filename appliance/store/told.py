"""Texts that people have typed into directives: in an erasable table, never in the journal.

A text is written with the change that it belongs to. Its term is set when the day closes, a day later it may go: a
quiet minute erases it (`secure_delete` is on, so the page holds nothing of it afterwards).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from appliance.domain.message import Command

KEPT_MS = 24 * 3_600_000
"""So long after the closing of its day a text is still kept."""


@dataclass(frozen=True, slots=True)
class Told:
    """A text by language. `erase_after`: UTC ms, None before its day has closed."""

    texts: Mapping[str, str]
    erase_after: int | None = None


Texts = Mapping[int, Told]
"""By the number of the directive that brought it."""

NO_TEXTS: Texts = {}


@dataclass(frozen=True)
class EraseTold(Command):
    """Erase the texts whose term was over at this moment (UTC ms). No rule decides it and no event tells it."""

    at_ms: int


def load_texts(db: sqlite3.Connection) -> Texts:
    """All that are kept: those of about two days."""
    found = db.execute("SELECT ref, body, erase_after FROM told ORDER BY ref")
    return {ref: Told(json.loads(body), erase_after) for ref, body, erase_after in found}


def keep(db: sqlite3.Connection, ref: int, body: str) -> None:
    """Write one down."""
    db.execute("INSERT INTO told (ref, body) VALUES (?, ?)", (ref, body))


def set_terms(db: sqlite3.Connection, at_ms: int) -> None:
    """Their day is closed: from here on their term runs."""
    db.execute("UPDATE told SET erase_after = ? WHERE erase_after IS NULL", (at_ms + KEPT_MS,))


def erase(db: sqlite3.Connection, at_ms: int) -> None:
    """Erase what is past its term."""
    db.execute("DELETE FROM told WHERE erase_after <= ?", (at_ms,))


def due(texts: Texts, at_ms: int, *, day_open: bool) -> bool:
    """Whether there is something for `EraseTold` to do: a term that is over, or one that was never set."""
    return any(one.erase_after <= at_ms if one.erase_after is not None else not day_open for one in texts.values())
