"""Which objects make the newest state of a database: pure, on names alone.

A generation is a snapshot and the pieces of WAL after it without a break. The snapshot of index N is the database file
while WAL number N was written, so the pieces of N are needed from offset 0 on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GenerationSeen:
    """A generation with objects. `began_ns`: when its first object came. `end`: index and offset of its last piece."""

    name: str
    began_ns: int
    end: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Run:
    """A snapshot and the pieces to play on it, in order, as (index, offset).

    `gap`: more pieces are there after the last one, but not the next.
    """

    snapshot: int
    pieces: tuple[tuple[int, int], ...]
    gap: bool


def newest_first(generations: Iterable[GenerationSeen]) -> list[GenerationSeen]:
    """By when they began: a Litestream that has begun a new generation never goes back to an older one."""
    return sorted(generations, key=lambda one: (one.began_ns, one.name), reverse=True)


def runs(snapshots: Sequence[int], pieces: Sequence[tuple[int, int]]) -> list[Run]:
    """Every way to a state, the best first: the furthest, and of these the one with the least to play.

    Whether the pieces of one index join without a break only their sizes say: whoever plays them looks.
    """
    ordered = sorted(set(pieces))
    found = []
    for snapshot in sorted(set(snapshots), reverse=True):
        later = [piece for piece in ordered if piece[0] >= snapshot]
        run: list[tuple[int, int]] = []
        for piece in later:
            if not _follows(run[-1] if run else None, piece, snapshot):
                break
            run.append(piece)
        if run:
            found.append(Run(snapshot, tuple(run), len(run) < len(later)))
    found.sort(key=lambda run: (run.pieces[-1], run.snapshot), reverse=True)
    return found


def _follows(before: tuple[int, int] | None, piece: tuple[int, int], snapshot: int) -> bool:
    index, offset = piece
    if before is None:
        return index == snapshot and offset == 0
    return index == before[0] or (index == before[0] + 1 and offset == 0)
