"""A directive as the centre keeps it: who gave it, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Fate(StrEnum):
    """What is known of a directive. `queued`: the office has no line. `sent`: written to its stream. `delivered`: its
    link has said so. The other three are the office's own word, in its journal.
    """

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    APPLIED = "applied"
    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Order:
    """One directive and its fate. Times are UTC ms.

    `author` is the dispatcher's id, `author_name` the name to show. `code` and `facts` say why it was refused.
    `settled_ms` is the office's own time of the outcome, `settled_seq` its journal entry. `overridden_ms`: when local
    staff decided otherwise after it had been applied, `overridden_seq` their entry.
    """

    office: str
    seq: int
    id: str
    kind: str
    body: Mapping[str, Any]
    author: str
    author_name: str
    reason: str
    issued_ms: int
    not_after_ms: int
    fate: Fate
    sent_ms: int | None = None
    delivered_ms: int | None = None
    settled_ms: int | None = None
    settled_seq: int | None = None
    code: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    overridden_ms: int | None = None
    overridden_seq: int | None = None
    condition: Mapping[str, Any] = field(default_factory=dict)
