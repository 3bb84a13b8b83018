"""The chain of an office at the centre: new journal rows follow from what is known, or they are not believed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from appliance.domain.chain import GENESIS, link
from appliance.store.journal import Row

_SEQ: Final = 0
_CHAIN: Final = -1
_TYPES = (int, str, int, str, int, str, str, int, str, bytes)
MOST = 2**62
"""No number of a journal comes near it, and both databases hold it."""


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a known history: the newest seq and its link; (0, GENESIS) of an empty one."""

    seq: int = 0
    chain: bytes = GENESIS


@dataclass(frozen=True, slots=True)
class Fault:
    """Why rows were not believed: `gap`, `broken-chain`, `fork`, `regress` or `later-release`, and what was seen."""

    reason: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Growth:
    """What rows add to a history. `rows` follow one from another and from the head before; `head` is the new one."""

    rows: Sequence[Row]
    head: Head
    fault: Fault | None = None


def grow(head: Head, rows: Sequence[Row], known: Mapping[int, bytes], newest: int | None = None) -> Growth:
    """The rows that extend a history whose end is `head`, up to the first one that can't be believed.

    `rows` may come in any order, repeat what is known and overlap. `known`: links of entries up to the head, by seq; a
    row up to the head that isn't among them is passed over. `newest`: the newest entry that the source has, where it
    is known: a source that ends before the head has gone back.
    """
    taken: list[Row] = []
    end = head
    for row in sorted(rows, key=lambda one: one[_SEQ]):
        seq, chain = row[_SEQ], row[_CHAIN]
        if seq <= end.seq:
            expected = taken[seq - head.seq - 1][_CHAIN] if seq > head.seq else known.get(seq)
            if expected is not None and expected != chain:
                return Growth(taken, end, Fault("fork", {"seq": str(seq)}))
            continue
        if seq > end.seq + 1:
            return Growth(taken, end, Fault("gap", {"first": str(end.seq + 1), "last": str(seq - 1)}))
        if not follows(end.chain, row):
            return Growth(taken, end, Fault("broken-chain", {"seq": str(seq)}))
        taken.append(row)
        end = Head(seq, chain)
    if newest is not None and newest < head.seq:
        return Growth(taken, end, Fault("regress", {"seq": str(newest), "known": str(head.seq)}))
    return Growth(taken, end)


def follows(previous: bytes, row: Row) -> bool:
    """Whether the row's link is the hash of the link before it and of the row itself."""
    seq, at, trusted, boot, uptime, actor, kind, version, body, chain = row
    return link(previous, seq, at, bool(trusted), boot, uptime, actor, kind, version, body) == chain


def well_formed(row: Row) -> bool:
    """Whether a row has the types and the bounds that the journal's own table demands of it."""
    if len(row) != len(_TYPES) or not all(type(value) is wanted for value, wanted in zip(row, _TYPES, strict=True)):
        return False
    seq, at, trusted, boot, uptime, actor, kind, version, body, chain = row
    numbers = 0 < seq < MOST and trusted in (0, 1) and 0 <= uptime < MOST and 0 < version < 2**31
    texts = len(at) == 24 and len(boot) <= 40 and len(actor) <= 80 and len(kind) <= 40 and len(body) <= 4096
    return numbers and texts and len(chain) == 32
