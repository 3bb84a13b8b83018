"""The tables and small rules of the model: keys, turns in the line, numbers, and empty rows."""

from __future__ import annotations

import json
from typing import Any

Row = dict[str, Any]
Stop = tuple[str, int | None]

HELD = ("called", "serving")
IN_LINE = ("waiting", "called", "parked")
IN_HAND = ("waiting", "called", "serving", "parked")
MOST_STOPS = 8
PARKED_AT_MOST_MIN = 240
NEEDS = ("time", "step-free", "voice")
LEAVING = ("", "left", "cancelled", "mistake")
PAUSES = ("alarm", "fire", "power", "other")
AWAY = ("closed", "limit", "no-time", "paused", "stopped", "redirected", "no-numbers", "left-before", "not-here")
SAME_DAY_MS = 12 * 3_600_000
EMERGENCY = 9

KEYS = {
    ("closed", "next", False): "open_desk",
    ("closed", "next", True): "open_desk",
    ("break", "next", False): "open_desk",
    ("break", "next", True): "open_desk",
    ("break", "finish", True): "close_desk",
    ("free", "next", False): "call_next",
    ("free", "repeat", False): "call_back",
    ("free", "finish", False): "take_break",
    ("free", "next", True): "undo_last",
    ("free", "finish", True): "close_desk",
    ("called", "next", False): "setting",
    ("called", "repeat", False): "recall",
    ("called", "finish", False): "start",
    ("called", "next", True): "undo_last",
    ("called", "repeat", True): "miss",
    ("serving", "next", False): "finish_and_call",
    ("serving", "repeat", False): "park",
    ("serving", "finish", False): "finish",
    ("serving", "next", True): "undo_last",
    ("serving", "finish", True): "transfer",
}
"""The table of keys: (desk state, key, long) to what is done. What is missing has no effect."""

LATIN_TO_CYRILLIC = dict(zip("ABEKMHOPCTYXI", "АВЕКМНОРСТУХІ", strict=True))


def canonical(series: str) -> str:
    """A letter as the office stores it: Cyrillic where a Latin one looks the same."""
    return "".join(LATIN_TO_CYRILLIC.get(letter, letter) for letter in series.strip().upper())


def place(ticket: Row) -> tuple[int, int]:
    """Where the ticket stands."""
    return ticket["place"], ticket["place_sub"]


def adoptable(number: int, block: int, following: int) -> bool:
    """Whether a paper may bear this number: printed in advance, or by a card before this one, and not by this one."""
    of = number // 1000
    if of == EMERGENCY:
        return True
    return number < following if of == block else of < block


def fresh_block(incarnation: int) -> int:
    """The numbers of a restored office: 1001 on for the second incarnation, never 1-999 and never 9001-9999 again."""
    return 0 if incarnation == 1 else 1 + (incarnation - 2) % (EMERGENCY - 1)


def new_desk(number: int) -> Row:
    """A desk that nobody has opened."""
    return {"number": number, "state": "closed", "ticket": None, "operator": None, "since": None, "reason": ""}


def new_ticket(number_in_file: int, day: int, series: str, number: int, service: str, language: str, seq: int) -> Row:
    """A ticket that waits."""
    return {
        "id": number_in_file,
        "day": day,
        "series": series,
        "number": number,
        "service": service,
        "language": language,
        "state": "waiting",
        "place": number_in_file,
        "place_sub": 0,
        "adopted": 0,
        "desk": None,
        "for_desk": None,
        "returned": 0,
        "calls": 0,
        "issued": seq,
        "called": None,
        "heard": None,
        "started": None,
        "ended": None,
        "inferred": 0,
        "by_system": 0,
        "asked": service,
        "purpose": "",
        "category": None,
        "confirmed": None,
        "needs": "",
        "route": "",
        "slot": None,
        "resumed": 0,
        "promised": 1,
        "told_low": None,
        "told_high": None,
        "reason": "",
        "park_min": None,
        "first_called": None,
        "last_called": None,
        "raised": None,
        "_moved": seq,
    }


def route_of(ticket: Row) -> list[Stop]:
    """The stops still before the visitor: service, and the desk to come back to or None."""
    return [(stop[0], stop[1]) for stop in json.loads(ticket["route"])] if ticket["route"] else []


def written(route: list[Stop]) -> str:
    """A route as its row keeps it."""
    return json.dumps(route, ensure_ascii=False, separators=(",", ":")) if route else ""
