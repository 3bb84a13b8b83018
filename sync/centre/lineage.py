"""The lives of one office: each incarnation goes on from a point of another one's history.

A restored office begins a new incarnation; the entries that it shares with the old one belong to the old one. The
history of the office is the line of ancestors of its current incarnation. Whatever another incarnation has beyond
that line is kept and not counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Life:
    """One incarnation. `parent` is '' of one that began with an empty database; `branch` is the last entry that it
    shares with its parent. `head` is its newest entry, `accepted` the newest one of those beyond the office's line
    that a person has taken note of. `number` is the incarnation's count, `begun_ms` when the centre first saw it.
    """

    incarnation: str
    number: int
    parent: str = ""
    branch: int = 0
    head: int = 0
    accepted: int = 0
    begun_ms: int = 0


@dataclass(frozen=True, slots=True)
class Segment:
    """The entries from `first` to `last` of an incarnation, both included."""

    incarnation: str
    first: int
    last: int


Lives = Mapping[str, Life]


def line(lives: Lives, incarnation: str, last: int | None = None) -> Sequence[Segment]:
    """The history of an incarnation up to its head or to entry `last`, oldest segment first; no segment is empty."""
    found: list[Segment] = []
    life = lives.get(incarnation)
    end = 0 if life is None else life.head if last is None else min(last, life.head)
    while life is not None:
        if end > life.branch:
            found.append(Segment(life.incarnation, life.branch + 1, end))
        end = min(end, life.branch)
        life = lives.get(life.parent)
    return found[::-1]


def beyond(lives: Lives, current: str) -> Mapping[str, Segment]:
    """What each incarnation has beyond the current one's history: kept and not counted."""
    counted = {segment.incarnation: segment.last for segment in line(lives, current)}
    found = {}
    for name, life in lives.items():
        last = counted.get(name, life.branch)
        if life.head > last:
            found[name] = Segment(name, last + 1, life.head)
    return found


def unaccepted(lives: Lives, current: str) -> Sequence[Segment]:
    """What nobody has taken note of yet of the entries beyond the current one's history, by incarnation."""
    return [
        Segment(name, max(segment.first, lives[name].accepted + 1), segment.last)
        for name, segment in sorted(beyond(lives, current).items())
        if lives[name].accepted < segment.last
    ]


def takes_over(lives: Lives, current: str, newcomer: str) -> bool:
    """Whether an incarnation becomes the office's by itself: it goes on from the office's history and counts higher.

    An empty database under the same office, and a second card restored from the same point, wait for a person.
    """
    life = lives[newcomer]
    if life.head <= life.branch or newcomer == current:
        return False
    if not current:
        return True
    own = {segment.incarnation for segment in line(lives, current)}
    shared = {life.incarnation for life in ancestors(lives, newcomer)} & own
    return bool(shared) and life.number > lives[current].number


def ancestors(lives: Lives, incarnation: str) -> Sequence[Life]:
    """The incarnations that share entries with this one, the nearest first."""
    found: list[Life] = []
    life = lives.get(incarnation)
    while life is not None and life.branch > 0:
        life = lives.get(life.parent)
        if life is not None:
            found.append(life)
    return found


def number_of(incarnation: str) -> int:
    """The count in an incarnation's name (`0003-1f2e3d4c`); 0 of a name without one."""
    digits = incarnation.partition("-")[0]
    return int(digits) if digits.isdigit() else 0
