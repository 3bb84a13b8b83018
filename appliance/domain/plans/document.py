"""Reading a TOML table strictly: one reading finds every mistake, with its place and the nearest right word."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Container, Hashable, Iterable, Mapping, Sequence
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
        self._unread: set[str] = set()
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
                self._unread.add(key)
                self.wrong("missing", key)
                return kind()
            return default
        value = self._raw.pop(key)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self._unread.add(key)
            self.wrong("wrong-type", key, wanted=kind.__name__, found=type(value).__name__)
            return kind() if default is None else default
        return value

    def has(self, key: str) -> bool:
        """Whether the document gives `key` and nobody has taken it yet."""
        self._known.append(key)
        return key in self._raw

    def holds(self, key: str, kind: type) -> bool:
        """Whether the value that `key` still has is of this kind."""
        return isinstance(self._raw.get(key), kind)

    def peek(self, key: str) -> object:
        """The value of `key`, which stays to be taken."""
        return self._raw.get(key)

    def was_read(self, key: str) -> bool:
        """Whether `key` was there and right when it was taken: else its mistake is told already."""
        return key not in self._unread

    def table(self, key: str, *, optional: bool = True) -> Table:
        """The table under `key`; an empty one where there is none."""
        place = key if self.place == "plan" else f"{self.place}.{key}"
        return Table(self.take(key, dict, {} if optional else None), place, self.mistakes)

    def number(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """An integer from `low` to `high`."""
        value: int = self.take(key, int, default)
        if not low <= value <= high and key not in self._unread:
            self.wrong("out-of-range", key, found=value, low=low, high=high)
        return value

    def choice(self, key: str, allowed: Sequence[str], default: str | None = None) -> str:
        """One of some words; a wrong one is noted and read as the default, or as the first of them."""
        value: str = self.take(key, str, default)
        if key in self._unread:
            return default or allowed[0]
        if value not in allowed:
            self._unread.add(key)
            self.wrong(
                "not-allowed",
                key,
                found=value[:40],
                allowed=", ".join(allowed),
                nearest=nearest(value[:40], allowed),
            )
            return default or allowed[0]
        return value

    def text(self, key: str, limit: int = 200, default: str | None = None) -> str:
        """A text of at most `limit` letters."""
        value: str = self.take(key, str, default)
        if len(value) > limit:
            self.wrong("too-long", key, limit=limit)
        return value

    def id(self, key: str, taken: Container[object] = ()) -> str:
        """An id that nobody among `taken` has yet."""
        name = self.text(key, 40)
        if key not in self._unread and not re.fullmatch(r"[a-z0-9-]+", name):
            self.wrong("not-an-id", key, found=name)
        if name in taken:
            self.wrong("duplicate", key, found=name)
        return name

    def reference(self, key: str, known: Collection[str], kind: str, default: str | None = None) -> str:
        """The id of something the document has; `kind` is what it should be: `service`, `organisation`."""
        name = self.text(key, 40, default)
        if name and name != default:
            self._refer(key, name, known, kind)
        return name

    def references(self, key: str, known: Collection[str], kind: str) -> tuple[str, ...]:
        """A list of such ids; none where the key is missing."""
        names = self.take(key, list, [])
        return tuple(name for name in names if self._refer(key, name, known, kind))

    def _refer(self, key: str, name: object, known: Collection[str], kind: str) -> bool:
        if isinstance(name, str) and name in known:
            return True
        self.wrong(f"unknown-{kind}", key, found=str(name)[:40], nearest=nearest(str(name)[:40], list(known)))
        return False

    def choices(self, key: str, allowed: Sequence[str]) -> tuple[str, ...]:
        """Some of these words; one given twice counts once."""
        found = self.take(key, list, [])
        for word in found:
            if word not in allowed:
                near = nearest(str(word)[:40], allowed)
                self.wrong("not-allowed", key, found=str(word)[:40], allowed=", ".join(allowed), nearest=near)
        return tuple(dict.fromkeys(word for word in found if word in allowed))

    def words(self, key: str, limit: int, *, optional: bool = False) -> Words:
        """A text in some of the languages."""
        raw = self.take(key, dict, {} if optional else None)
        texts = {}
        for language, text in raw.items():
            if language not in LANGUAGES:
                self.wrong("unknown-key", f"{key}.{language}", nearest=nearest(language, LANGUAGES))
            elif not isinstance(text, str):
                self.wrong("wrong-type", f"{key}.{language}", wanted="str", found=type(text).__name__)
            elif not text.strip():
                self.wrong("empty", f"{key}.{language}")
            elif len(text) > limit:
                self.wrong("too-long", f"{key}.{language}", limit=limit)
            else:
                texts[language] = text.strip()
        if not raw and not optional and key not in self._unread:
            self.wrong("missing", f"{key}.{LANGUAGES[0]}")
        return Words(texts)

    def tables(self, key: str, name: str) -> list[Table]:
        """The tables of an array; `name` is the key that a person knows one by."""
        raw = self.take(key, list, [])
        made = []
        above = "" if self.place == "plan" else f"{self.place}."
        for index, item in enumerate(raw, start=1):
            if not isinstance(item, dict):
                self.wrong("wrong-type", key, wanted="dict", found=type(item).__name__)
                continue
            label = item.get(name, index)
            made.append(Table(item, f"{above}{key} {label}", self.mistakes))
        return made

    def finish(self) -> None:
        """Note every key that nobody has asked for."""
        for key in self._raw:
            self.wrong("unknown-key", key, nearest=nearest(key, self._known))


def repeated(values: Iterable[object]) -> list[object]:
    """What stands there more than once, each named once."""
    return [value for value, times in Counter(map(_hashable, values)).items() if times > 1]


def _hashable(value: object) -> object:
    return value if isinstance(value, Hashable) else str(value)


def nearest(word: str, known: Sequence[str]) -> str:
    """The known word closest to a mistyped one, or nothing."""
    return str(next(iter(get_close_matches(word, known, n=1, cutoff=0.6)), ""))
