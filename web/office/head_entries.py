"""Journal entries in words: what happened, who did it, when by the office's clock."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from appliance.api.schemas import EntryView
from web.journal_words import ACTORS, KINDS
from web.office.head_books import local_time

DESK = re.compile(r"desk:(\d+)")


@dataclass(frozen=True, slots=True)
class Line:
    """One entry. `desk`: None where no desk acted; `actor`: then who did, as a message; `person`: a name or an id."""

    seq: int
    at: str
    trusted: bool
    kind: str
    code: str
    desk: int | None
    actor: str
    person: str


def line(entry: EntryView, zone: ZoneInfo, people: Mapping[str, str], language: str) -> Line:
    """An entry for reading. `people`: names by the operators' ids, as far as this box still knows them."""
    place, _, operator = entry.actor.partition("/")
    if place.startswith("bell:"):
        place = "bell"
    if place.startswith("centre:"):
        place, _, operator = place.partition(":")
    desk = DESK.fullmatch(place)
    at = local_time(entry.at, zone)
    return Line(
        seq=entry.seq,
        at=f"{at:%d/%m/%Y %H:%M:%S}" if language == "en" else f"{at:%d.%m.%Y %H:%M:%S}",
        trusted=entry.clock_trusted,
        kind=KINDS.get(entry.kind, ""),
        code=entry.kind,
        desk=int(desk[1]) if desk else None,
        actor="" if desk else ACTORS.get(place, place),
        person=people.get(operator, operator),
    )
