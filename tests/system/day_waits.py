"""Waits and their share over a norm, from the lines of `talon journal --jsonl`. Imports nothing of the project."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Waits:
    """`each`: milliseconds from the number to the first call, pauses left out, by ticket; `outcomes` by ticket."""

    each: dict[int, int]
    outcomes: dict[int, str]
    issued: int

    @property
    def mean_ms(self) -> float:
        """The mean of all waits."""
        return sum(self.each.values()) / len(self.each)

    def over(self, norm_min: int) -> float:
        """The share of those that were longer than the norm."""
        return sum(wait > norm_min * 60_000 for wait in self.each.values()) / len(self.each)


ENDS = {"ServiceFinished": "done", "TicketMissed": "missed", "TicketLeft": "left"}
BEGINS = ("TicketCalled", "TicketReturned", "VisitContinued", "TicketTransferred", "TicketParked", "CategoryRefused")


def waits_of(lines: Iterable[str]) -> Waits:
    """Read one day of one boot."""
    entries = [json.loads(line) for line in lines]
    pauses: list[list[int]] = []
    issued: dict[int, int] = {}
    first_call: dict[int, int] = {}
    outcomes: dict[int, str] = {}
    for entry in without_undone(entries):
        kind, body, at = entry["kind"], entry["body"], entry["uptime_ms"]
        if kind == "HallPaused":
            pauses.append([at, 2**62])
        elif kind == "HallResumed":
            pauses[-1][1] = at
        elif kind == "TicketIssued":
            issued[body["ticket"]] = at
        elif kind == "TicketCalled":
            first_call.setdefault(body["ticket"], at)
        elif kind == "TicketsMerged":
            outcomes[body["ticket"]] = "left"
        if kind in ENDS:
            outcomes[body["ticket"]] = ENDS[kind]
        elif kind in BEGINS:
            outcomes.pop(body["ticket"], None)
    each = {}
    for ticket, called in first_call.items():
        begun = issued[ticket]
        paused = sum(max(0, min(called, ended) - max(begun, began)) for began, ended in pauses)
        each[ticket] = called - begun - paused
    return Waits(each, outcomes, len(issued))


def without_undone(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The entries without those of acts that a desk took back."""
    dropped: set[int] = set()
    for entry in entries:
        if entry["kind"] == "Undone":
            restored = set(entry["body"]["restored"])
            dropped |= {
                one["seq"]
                for one in entries
                if entry["body"]["undone"] <= one["seq"] < entry["seq"] and one["body"].get("ticket") in restored
            }
    return [entry for entry in entries if entry["seq"] not in dropped]
