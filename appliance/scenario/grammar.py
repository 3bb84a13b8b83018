"""A day as text: the forms of its lines, and what may stand in them.

Words in small letters stand for themselves, words in capitals for a kind of value, `+` for one or more of it, brackets
for what may be left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, partial
from typing import Any

from appliance.domain.codec import KINDS
from appliance.domain.devices import CONDITIONS, NAME, REASON
from appliance.domain.keys import Key
from appliance.domain.office import DeskState, SlipState, TicketState
from appliance.domain.order import Why
from appliance.domain.pausing import REASONS as PAUSES
from appliance.domain.plan import LANGUAGES, NEEDS, PURPOSES, canonical_series
from appliance.domain.plans.document import nearest
from appliance.domain.refusal import Code
from appliance.domain.tickets import LEAVING
from appliance.domain.turning_away import AwayReason

NO_POWER = "no-power"
"""Not a rule's word: nobody answers, because the box is dark."""

GESTURES = ("long", "bounce", "twice", "spike", "stuck")

HEADERS = (
    "date DATE",
    "plan FILE",
    "hardware FILE",
    "clock trusted",
    "clock untrusted [SHIFT]",
    "seed NUMBER",
    "start TIME",
)

DETAILS = "[LANGUAGE] [for PURPOSE] [as CATEGORY] [needs NEED+] [also OTHER+] [anyway]"
"""What may be said with a number."""

ACTS = (
    "desk DESK KEY [GESTURE]",
    "button BUTTON [GESTURE]",
    "bell BELL [GESTURE]",
    "bell close BELL",
    "answer BELL",
    "loop cut BELL",
    "loop mended BELL",
    "arrive SERVICE+ [LANGUAGE]",
    f"take SERVICE {DETAILS}",
    f"give SERVICE {DETAILS}",
    "every DURATION until TIME arrive SERVICE+ [LANGUAGE] [as CATEGORY+ PERCENT]",
    "serve desk DESK every DURATION until TIME [no-shows PERCENT]",
    "paper out [mid-slip]",
    "paper load",
    "cover open",
    "cover close",
    "printer off [mid-slip]",
    "printer on",
    "printer unplug",
    "printer plug",
    "voice unplug",
    "voice plug",
    "disk full",
    "disk freed",
    "clock step SHIFT",
    "clock lost",
    "clock synced",
    "clock confirm",
    "power cut [mid-slip]",
    "power cut for DURATION",
    "restart",
    "adopt SERIES NUMBER SERVICE [TIME]",
    "leave SERIES NUMBER [LEAVING]",
    "return SERIES NUMBER",
    "reprint SERIES NUMBER",
    "send SERIES NUMBER SERVICE [to desk TARGET]",
    "send SERIES NUMBER to desk TARGET",
    "merge SERIES NUMBER into SERIES2 NUMBER2",
    "add SERIES NUMBER SERVICE",
    "category SERIES NUMBER CATEGORY",
    "confirm SERIES NUMBER",
    "refuse SERIES NUMBER",
    "needs SERIES NUMBER NEED+",
    "away REASON [SERVICE]",
    "transfer desk DESK SERVICE [to desk TARGET] [and back]",
    "transfer desk DESK to desk TARGET [and back]",
    "park desk DESK [PARKING] [for DURATION]",
    "break desk DESK [BREAK]",
    "call desk DESK SERIES NUMBER",
    "pick desk DESK SERIES NUMBER",
    "open day",
    "close day",
    "pause PAUSE",
    "resume",
    "sign-in desk DESK OPERATOR",
    "sign-out desk DESK",
)

EXPECTATIONS = (
    "expect waiting NUMBER",
    "expect SERIES NUMBER TICKETSTATE",
    "expect SERIES NUMBER for SERVICE",
    "expect desk DESK DESKSTATE [SERIES NUMBER]",
    "expect why SERIES NUMBER WHY [over SERIES2 NUMBER2]",
    "expect away NUMBER [REASON]",
    "expect paused [PAUSE]",
    "expect not paused",
    "expect spoken TEXT",
    "expect silence",
    "expect paper SERIES NUMBER [copy]",
    "expect no paper SERIES NUMBER",
    "expect torn NUMBER",
    "expect slip SERIES NUMBER SLIPSTATE",
    "expect refused CODE [NUMBER]",
    "expect day DAYSTATE",
    "expect day DATE",
    "expect journal EVENT NUMBER",
    "expect clock TRUST",
    "expect bell BELL BELLSTATE",
    "expect device DEVICE CONDITION [CAUSE]",
)

DAY_STATES = ("open", "closed", "undated")
TRUSTS = ("trusted", "untrusted", "doubtful")
BELL_STATES = ("none", "rung", "answered", "escalated")


@dataclass(frozen=True, slots=True)
class Kind:
    """What a word in capitals stands for. `read` gives None for a word that is none of it."""

    told: str
    read: Callable[[str], object]
    known: tuple[str, ...] = ()


def _word_of(known: Sequence[str]) -> Callable[[str], object]:
    return lambda word: word if word in known else None


def vocabulary(told: str, known: Sequence[str]) -> Kind:
    """A kind that is one of some words; a short list of them is told."""
    words = tuple(map(str, known))
    listed = f" ({', '.join(words)})" if len(words) <= 8 else ""
    return Kind(f"{told}{listed}", _word_of(words), words)


def read_time(word: str) -> int | None:
    """`8:05`, `08:05:30` or `24:00` as seconds of the day."""
    match = re.fullmatch(r"(\d{1,2}):(\d\d)(?::(\d\d))?", word)
    if match is None:
        return None
    hours, minutes, seconds = int(match[1]), int(match[2]), int(match[3] or 0)
    total = hours * 3600 + minutes * 60 + seconds
    return total if minutes < 60 and seconds < 60 and total <= 86_400 else None


def read_duration(word: str) -> int | None:
    """`90s`, `12m`, `1h30m`, `2d` as seconds; never 0."""
    match = re.fullmatch(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", word)
    if match is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return (days * 86_400 + hours * 3600 + minutes * 60 + seconds) or None


def _read_shift(word: str) -> int | None:
    size = read_duration(word[1:]) if word[:1] in ("+", "-", "−") else None
    return None if size is None else size if word[0] == "+" else -size


def _read_date(word: str) -> date | None:
    try:
        return date.fromisoformat(word)
    except ValueError:
        return None


def _read_series(word: str) -> str | None:
    return canonical_series(word) if re.fullmatch(r"[^\W\d_]", word) else None


def _read_number(most: int, word: str) -> int | None:
    return int(word) if re.fullmatch(r"\d{1,6}", word) and int(word) <= most else None


KINDS_OF_VALUES: Mapping[str, Kind] = {
    "DATE": Kind("a date (2026-11-24)", _read_date),
    "TIME": Kind("a time (08:05)", read_time),
    "DURATION": Kind("a duration (90s, 12m, 1h30m, 2d)", read_duration),
    "SHIFT": Kind("a shift (+3h, -730d)", _read_shift),
    "NUMBER": Kind("a number", partial(_read_number, 999_999)),
    "PERCENT": Kind("a percentage (5%)", lambda word: _read_number(100, word[:-1]) if word[-1:] == "%" else None),
    "SERIES": Kind("a letter of a series", _read_series),
    "FILE": Kind("a file", lambda word: word),
    "TEXT": Kind('a "text"', lambda word: word),
    "OPERATOR": Kind("an operator", lambda word: word if re.fullmatch(r"[\w-]{1,40}", word) else None),
    "KEY": vocabulary("a key", list(Key)),
    "GESTURE": vocabulary("a gesture", GESTURES),
    "LANGUAGE": vocabulary("a language", LANGUAGES),
    "SERIES2": Kind("a letter of a series", _read_series),
    "NUMBER2": Kind("a number", partial(_read_number, 999_999)),
    "PURPOSE": vocabulary("a purpose", PURPOSES),
    "NEED": vocabulary("an access need", NEEDS),
    "LEAVING": vocabulary("a reason of leaving", [reason for reason in LEAVING if reason]),
    "REASON": vocabulary("a reason without a number", list(AwayReason)),
    "PAUSE": vocabulary("a reason of a pause", PAUSES),
    "WHY": vocabulary("a reason of the calling order", list(Why)),
    "TICKETSTATE": vocabulary("a ticket's state", list(TicketState)),
    "DESKSTATE": vocabulary("a desk's state", list(DeskState)),
    "SLIPSTATE": vocabulary("a slip's state", list(SlipState)),
    "DAYSTATE": vocabulary("a day's state", DAY_STATES),
    "TRUST": vocabulary("a trust", TRUSTS),
    "BELLSTATE": vocabulary("a bell's state", BELL_STATES),
    "DEVICE": Kind("a device", lambda word: word if NAME.fullmatch(word) else None),
    "CONDITION": vocabulary("a condition", CONDITIONS),
    "CAUSE": Kind("a reason", lambda word: word if REASON.fullmatch(word) else None),
    "CODE": vocabulary("a refusal", [*Code, NO_POWER]),
    "EVENT": vocabulary("an event", list(KINDS)),
}


@dataclass(frozen=True, slots=True)
class _Branch:
    """A form that fits the words so far; `done` of its elements have been used up."""

    form: str
    elements: tuple[str, ...]
    done: int = 0
    values: Mapping[str, Any] = field(default_factory=dict)

    def expected(self) -> list[str]:
        """What the next word may be."""
        again = [self.elements[self.done - 1]] if self.done and self.elements[self.done - 1][-1] == "+" else []
        return [*self.elements[self.done : self.done + 1], *again]

    def after(self, word: str, kinds: Mapping[str, Kind]) -> list[_Branch]:
        """Where this word leads."""
        branches = []
        for element in self.expected():
            name, repeated = element.rstrip("+"), element[-1] == "+"
            used = self.done + (element is not self.elements[self.done - 1] or self.done == 0)
            if name not in kinds:
                if name == word:
                    branches.append(replace(self, done=used))
                continue
            value = kinds[name].read(word)
            if value is not None:
                bound = (*self.values.get(name, ()), value) if repeated else value
                branches.append(replace(self, done=used, values={**self.values, name: bound}))
        return branches


@cache
def spelled_out(form: str) -> tuple[str, ...]:
    """The forms without brackets that one with brackets stands for, the shortest first."""
    before, bracket, rest = form.partition(" [")
    if not bracket:
        return (form,)
    inside, _, after = rest.partition("]")
    return (*spelled_out(f"{before}{after}"), *spelled_out(f"{before} {inside}{after}"))


def parse_words(
    words: Sequence[str], forms: Sequence[str], kinds: Mapping[str, Kind]
) -> tuple[str, Mapping[str, Any]] | tuple[None, tuple[str, str]]:
    """The form that the words have, with its values; or None with what is wrong and the nearest right word."""
    branches = [_Branch(form, tuple(form.split())) for written in forms for form in spelled_out(written)]
    for word in words:
        following = [after for branch in branches for after in branch.after(word, kinds)]
        if not following:
            expected = list(dict.fromkeys(element for branch in branches for element in branch.expected()))
            if not expected:
                return None, (f"{word!r} is too much: the line was complete before it", "")
            return None, (f"{word!r} is not {_told(expected, kinds)}", _nearest(word, expected, kinds))
        branches = following
    for branch in branches:
        if branch.done == len(branch.elements):
            return branch.form, branch.values
    expected = list(dict.fromkeys(element for branch in branches for element in branch.expected()))
    return None, (f"the line ends where {_told(expected, kinds)} should come", "")


def _told(expected: Sequence[str], kinds: Mapping[str, Kind]) -> str:
    names = [element.rstrip("+") for element in expected]
    told = [kinds[name].told for name in names if name in kinds]
    literal = [repr(name) for name in names if name not in kinds]
    return " or ".join([*told, *literal] if len(literal) <= 8 else [*told, "a word that may stand here"])


def _nearest(word: str, expected: Sequence[str], kinds: Mapping[str, Kind]) -> str:
    known: list[str] = []
    for element in expected:
        name = element.rstrip("+")
        known += kinds[name].known if name in kinds else (name,)
    return nearest(word.lower(), known)


def split_words(text: str) -> list[str] | None:
    """The words of a line without its comment; a quoted text is one word. None when a quote isn't closed."""
    words = []
    rest = text.strip()
    while rest and not rest.startswith("#"):
        if rest.startswith('"'):
            quoted, closed, rest = rest[1:].partition('"')
            if not closed:
                return None
            words.append(quoted)
        else:
            match = re.match(r"[^\s#\"]+", rest)
            assert match is not None
            rest = rest[match.end() :]
            ticket = re.fullmatch(r"([^\W\d_])(\d+)", match[0]) if match[0][0].isupper() else None
            words += ticket.groups() if ticket else (match[0],)
        rest = rest.lstrip()
    return words
