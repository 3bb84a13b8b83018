"""Reading a table of `hardware.toml` strictly: one reading finds every mistake, with its place and the nearest word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from hardware.config.mistakes import ConfigMistake, Place

SHOWN_LETTERS = 60
"""A longer value of the file is cut in a sentence."""

ID = re.compile(r"[a-z0-9-]{1,20}")
"""The name of a bus, a board or a bell."""

_TYPES: Mapping[type, str] = {
    str: "text", int: "integer", float: "float", bool: "boolean", dict: "table", list: "list",
}  # fmt: skip


def shown(value: object) -> str:
    """A value of the file as a sentence shows it: on one line, and short."""
    large = isinstance(value, int) and abs(value) >= 10**18  # a longer number may not be written in decimal at all
    text = hex(value) if large and isinstance(value, int) else str(value)
    return _one_line(text if len(text) <= SHOWN_LETTERS else f"{text[: SHOWN_LETTERS - 3]}...")


def _one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def nearest(word: str, allowed: Iterable[str]) -> str:
    """The allowed word that this one was probably meant to be, or nothing."""
    by_lower = {other.lower(): other for other in allowed}
    close = get_close_matches(word[:SHOWN_LETTERS].lower(), by_lower, n=1)
    return by_lower[close[0]] if close else ""


def nearest_number(number: int, allowed: Iterable[int]) -> str:
    """The allowed number that lies nearest, or nothing."""
    return str(min(allowed, key=lambda other: abs(other - number), default=""))


class Table:
    """One table of the file.

    Mistakes go to a shared list. A wrong value is told once and read as a harmless one of its type; `right` says which
    values may be judged further.
    """

    def __init__(self, place: Place, values: Mapping[str, Any], mistakes: list[ConfigMistake]) -> None:
        self.place = Place(place.kind, shown(place.name))
        self.values = values
        self.mistakes = mistakes
        self._known: list[str] = []
        self._wrong: set[str] = set()

    def wrong(self, code: str, key: str | None = None, near: str = "", **facts: object) -> None:
        """Note a mistake, of `key` if it has one."""
        texts = {
            name: shown(fact) if name == "value" or isinstance(fact, int) else _one_line(str(fact))
            for name, fact in facts.items()
        }
        if key is not None:
            texts["key"] = shown(key)
            self._wrong.add(key)
        self.mistakes.append(ConfigMistake(self.place, code, texts, _one_line(near)))

    def taken(self, code: str, key: str, by: Place, **facts: object) -> None:
        """Note that what `key` names belongs to `by` already."""
        self.wrong(code, key, "", by=by, by_kind=by.kind, by_name=by.name, **facts)

    def has(self, key: str) -> bool:
        """Whether the file gives this key."""
        return key in self.values

    def right(self, *keys: str) -> bool:
        """Whether these keys are there, or have a default, and nothing is wrong with them."""
        return not self._wrong & set(keys)

    def get(self, key: str, wanted: type, default: Any = None) -> Any:
        """The value when it has the wanted type; a key without a default must be there."""
        self._known.append(key)
        if key not in self.values:
            if default is None:
                self.wrong("missing-key", key)
                return wanted()
            return default
        value = self.values[key]
        if type(value) is not wanted:  # isinstance would let true pass for 1
            digits = re.search("[0-9]{1,6}", value) if wanted is int and isinstance(value, str) else None
            found = _TYPES.get(type(value), "date")
            self.wrong("wrong-type", key, digits[0] if digits else "", wanted=_TYPES[wanted], found=found)
            return wanted() if default is None else default
        return value

    def text(self, key: str, limit: int = 200, default: str | None = None) -> str:
        """A text of at most `limit` letters."""
        value: str = self.get(key, str, default)
        if len(value) > limit:
            self.wrong("too-long", key, limit=limit)
            return value[:limit]
        return value

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        return bool(self.get(key, bool, default))

    def integer(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number from `low` to `high`."""
        value: int = self.get(key, int, default)
        if not self.right(key):
            return low if default is None else default
        if not low <= value <= high:
            self.wrong("out-of-range", key, value=value, low=low, high=high)
            return low if default is None else default
        return value

    def choice(self, key: str, allowed: Sequence[Any], default: Any = None, code: str = "unknown-word") -> Any:
        """One of `allowed`, which are all texts or all numbers."""
        value = self.get(key, type(allowed[0]), default)
        if not self.right(key):
            return allowed[0] if default is None else default
        if value not in allowed:
            near = nearest_number(value, allowed) if isinstance(value, int) else nearest(value, allowed)
            self.wrong(code, key, near, value=value, allowed=", ".join(map(str, allowed)))
            return allowed[0] if default is None else default
        return value

    def table(self, key: str, name: str = "") -> Table:
        """The [key] table, empty when absent; `name` is its whole heading."""
        return Table(Place("table", name or key), self.get(key, dict, {}), self.mistakes)

    def tables(self, key: str, name: str = "") -> list[Mapping[str, Any]]:
        """The [[key]] tables; none when there is no such key. `name` is the whole heading."""
        self._known.append(key)
        value = self.values.get(key, [])
        if isinstance(value, list) and all(isinstance(entry, dict) for entry in value):
            return value
        self.wrong("not-a-list", name or key)
        self._wrong.add(key)
        return []

    def named(self, key: str, kind: str) -> dict[str, Table]:
        """The [key.NAME] tables by their names, each at a place of `kind`."""
        values: Mapping[str, Any] = self.get(key, dict, {})
        if any(not isinstance(entry, dict) for entry in values.values()):
            self.wrong("no-name", key)
            return {}
        found = {}
        for name, entry in values.items():
            table = found[name] = Table(Place(kind, name), entry, self.mistakes)
            if not ID.fullmatch(name):
                small = name.lower()
                table.wrong("bad-id", near=small if ID.fullmatch(small) else "", value=name)
        return found

    def entry(self, kind: str, name: str, values: Mapping[str, Any]) -> Table:
        """One of the tables of `tables`."""
        return Table(Place(kind, name), values, self.mistakes)

    def allow(self, *keys: str) -> None:
        """These keys may be there, though they need not be read."""
        self._known.extend(keys)

    def refuse_unknown(self) -> None:
        """To be called last, when every key that may be there has been read."""
        for key in self.values:
            if key not in self._known:
                self.wrong("unknown-key", key, nearest(key, self._known))
