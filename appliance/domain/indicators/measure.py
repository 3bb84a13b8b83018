"""Measures: what is counted and timed of a day, each with its written definition beside the code that takes it.

A measure yields samples; a sample has a value, the journal entries that stand behind it, and a key that says whose it
is. Indicators (`indicators.py`) are counts, means, percentiles and shares of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from appliance.domain.indicators.reading import Key, Reading


class Sample(NamedTuple):
    """One value of a measure, and the journal entries that it follows from."""

    key: Key
    value: int
    seqs: tuple[int, ...]


Take = Callable[[Reading], Iterable[Sample]]


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that is counted (each sample 1), timed (ms) or judged (1: yes, 0: no).

    `spread`: the single values are kept, for percentiles and the longest.
    """

    id: str
    text: str
    take: Take
    spread: bool


MEASURES: dict[str, Measure] = {}


def measure(name: str, text: str, *, spread: bool = False) -> Callable[[Take], Take]:
    """Declare the function below as the measure `name`; `text` says what counts and what doesn't."""

    def declare(take: Take) -> Take:
        MEASURES[name] = Measure(name, text, take, spread)
        return take

    return declare
