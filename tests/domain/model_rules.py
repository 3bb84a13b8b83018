"""The tables and small rules of the model: keys, turns in the line, numbers, and empty rows."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]

HELD = ("called", "serving")
IN_LINE = ("waiting", "called", "parked")
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


def turn(ticket: Row, desk: int) -> tuple[int, int, int]:
    """Those sent to this desk, then the returned, then first come."""
    group = 0 if ticket["for_desk"] == desk else 1 if ticket["returned"] else 2
    return group, ticket["place"], ticket["place_sub"]


def adoptable(number: int, block: int, following: int) -> bool:
    """Whether a paper may bear this number: printed in advance, or by a card before this one, and not by this one."""
    of = number // 1000
    if of == EMERGENCY:
        return True
    return number < following if of == block else of < block


def fresh_block(incarnation: int) -> int:
    """The numbers of a restored office: 1001 on for the second incarnation, never 1-999 and never 9001-9999 again."""
    return 1 + (incarnation - 2) % (EMERGENCY - 1)


def new_desk(number: int) -> Row:
    """A desk that nobody has opened."""
    return {"number": number, "state": "closed", "ticket": None, "operator": None, "since": None}


def new_ticket(number_in_file: int, day: int, series: str, number: int, service: str, language: str, seq: int) -> Row:
    """A ticket that waits."""
    return {
        "id": number_in_file,
        "day": day,
        "series": series,
        "number": number,
        "service": service,
        "language": language if language in ("ru", "uk", "en") else "ru",
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
        "_moved": seq,
    }
