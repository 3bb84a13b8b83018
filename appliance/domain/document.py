"""Reading a TOML table strictly: one reading finds every mistake, with its place and the nearest right word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from appliance.domain.plan import LANGUAGES, Words


@dataclass(frozen=True, slots=True)
class Mistake:
    """One fault of a document: where, what (a code), the facts, and the nearest right word or nothing."""

    place: str
    code: str
    facts: Mapping[str, str] = field(default_factory=dict)
    nearest: str = ""

    def __str__(self) -> str:
        told = ", ".join(f"{name} {value}" for name, value in self.facts.items())
        hint = f"; did you mean {self.nearest!r}?" if self.nearest else ""
        return f"{self.place}: {self.code}{f' ({told})' if told else ''}{hint}"


class Table:
    """One TOML table being read: each `take` uses a key up; what is left at the end is unknown."""

    def __init__(self, raw: Mapping[str, Any], place: str, mistakes: list[Mistake]) -> None:
        self._raw = dict(raw)
        self._known: list[str] = []
        self.place = place
        self.mistakes = mistakes

    def wrong(self, code: str, key: str = "", *, nearest: str = "", **facts: object) -> None:
        """Note a mistake at `key`."""
        place = f"{self.place}.{key}" if key else self.place
        self.mistakes.append(Mistake(place, code, {k: str(v) for k, v in facts.items()}, nearest))

    def take(self, key: str, kind: type, default: Any = None) -> Any:
        """The value of `key`; without a default it must be there. A wrong type is noted and read as an empty one."""
        self._known.append(key)
        if key not in self._raw:
            if default is None:
                self.wrong("missing", key)
                return kind()
            return default
        value = self._raw.pop(key)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.wrong("wrong-type", key, wanted=kind.__name__, found=type(value).__name__)
            return kind() if default is None else default
        return value

    def number(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """An integer from `low` to `high`."""
        value: int = self.take(key, int, default)
        if not low <= value <= high and key not in self._missing():
            self.wrong("out-of-range", key, found=value, low=low, high=high)
        return value

    def choice(self, key: str, allowed: Sequence[str], default: str) -> str:
        """One of some words."""
        value: str = self.take(key, str, default)
        if value not in allowed:
            self.wrong(
                "not-allowed",
                key,
                found=value[:40],
                allowed=", ".join(allowed),
                nearest=nearest(value, allowed),
            )
            return default
        return value

    def text(self, key: str, limit: int = 200, default: str | None = None) -> str:
        """A text of at most `limit` letters."""
        value: str = self.take(key, str, default)
        if len(value) > limit:
            self.wrong("too-long", key, limit=limit)
        return value

    def words(self, key: str, limit: int, *, optional: bool = False) -> Words:
        """A text in some of the languages."""
        raw = self.take(key, dict, {} if optional else None)
        texts = {}
        for language, text in raw.items():
            if language not in LANGUAGES:
                self.wrong("unknown-key", f"{key}.{language}", nearest=nearest(language, LANGUAGES))
            elif not isinstance(text, str) or not text.strip():
                self.wrong("wrong-type", f"{key}.{language}", wanted="text", found=repr(text)[:40])
            elif len(text) > limit:
                self.wrong("too-long", f"{key}.{language}", limit=limit)
            else:
                texts[language] = text.strip()
        if not texts and not optional and key not in self._missing():
            self.wrong("missing", f"{key}.{LANGUAGES[0]}")
        return Words(texts)

    def tables(self, key: str, name: str) -> list[Table]:
        """The tables of an array; `name` is the key that a person knows one by."""
        raw = self.take(key, list, [])
        made = []
        for index, item in enumerate(raw, start=1):
            if not isinstance(item, dict):
                self.wrong("wrong-type", key, wanted="table", found=type(item).__name__)
                continue
            label = item.get(name, index)
            made.append(Table(item, f"{key} {label}", self.mistakes))
        return made

    def finish(self) -> None:
        """Note every key that nobody has asked for."""
        for key in self._raw:
            self.wrong("unknown-key", key, nearest=nearest(key, self._known))

    def _missing(self) -> set[str]:
        return {m.place.removeprefix(f"{self.place}.") for m in self.mistakes if m.code == "missing"}


def nearest(word: str, known: Sequence[str]) -> str:
    """The known word closest to a mistyped one, or nothing."""
    return next(iter(get_close_matches(word, known, n=1, cutoff=0.6)), "")
