"""A day as text: reading the file. What the lines mean is told in docs/scenarios.md; playing them is `scenario`'s.

The language is a table of forms: words in small letters stand for themselves, words in capitals for a kind of value,
`+` for one or more of it. All mistakes of a file are found in one reading.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from appliance.domain.codec import KINDS
from appliance.domain.document import nearest
from appliance.domain.keys import Key
from appliance.domain.office import DeskState, SlipState, TicketState
from appliance.domain.plan import LANGUAGES, Plan, canonical_series
from appliance.domain.plan_reader import PlanError, read_plan
from appliance.domain.refusal import Code
from hardware.config import ButtonConfig, HardwareConfig, HardwareConfigError, PanelConfig, parse

GESTURES = ("long", "bounce", "twice", "spike", "stuck")

HEADERS = (
    "date DATE",
    "plan FILE",
    "hardware FILE",
    "clock trusted",
    "clock untrusted",
    "clock untrusted SHIFT",
    "seed NUMBER",
    "start TIME",
)

ACTS = (
    "desk DESK KEY",
    "desk DESK KEY GESTURE",
    "button BUTTON",
    "button BUTTON GESTURE",
    "arrive SERVICE+",
    "arrive SERVICE+ LANGUAGE",
    "every DURATION until TIME arrive SERVICE+",
    "every DURATION until TIME arrive SERVICE+ LANGUAGE",
    "serve desk DESK every DURATION until TIME",
    "serve desk DESK every DURATION until TIME no-shows PERCENT",
    "paper out",
    "paper out mid-slip",
    "paper load",
    "cover open",
    "cover close",
    "printer off",
    "printer off mid-slip",
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
    "power cut",
    "power cut mid-slip",
    "power cut for DURATION",
    "restart",
    "adopt SERIES NUMBER SERVICE",
    "adopt SERIES NUMBER SERVICE TIME",
    "leave SERIES NUMBER",
    "return SERIES NUMBER",
    "reprint SERIES NUMBER",
    "transfer desk DESK SERVICE",
    "call desk DESK SERIES NUMBER",
    "open day",
    "close day",
    "sign-in desk DESK OPERATOR",
    "sign-out desk DESK",
)

EXPECTATIONS = (
    "expect waiting NUMBER",
    "expect SERIES NUMBER TICKETSTATE",
    "expect desk DESK DESKSTATE",
    "expect desk DESK DESKSTATE SERIES NUMBER",
    "expect spoken TEXT",
    "expect silence",
    "expect paper SERIES NUMBER",
    "expect paper SERIES NUMBER copy",
    "expect no paper SERIES NUMBER",
    "expect torn NUMBER",
    "expect slip SERIES NUMBER SLIPSTATE",
    "expect refused CODE",
    "expect refused CODE NUMBER",
    "expect day DAYSTATE",
    "expect day DATE",
    "expect journal EVENT NUMBER",
    "expect clock TRUST",
)

FIRST_DATE = date(2026, 11, 24)
"""The day of a file that names none."""

DAY_STATES = ("open", "closed", "undated")
TRUSTS = ("trusted", "untrusted", "doubtful")


@dataclass(frozen=True, slots=True)
class Flaw:
    """One mistake of a file: where, what, and the nearest right word or nothing."""

    file: str
    line: int
    what: str
    nearest: str = ""

    def __str__(self) -> str:
        hint = f"; did you mean {self.nearest!r}?" if self.nearest else ""
        return f"{self.file}:{self.line}: {self.what}{hint}"


class ScenarioError(Exception):
    """A file that can't be played, with every mistake in it."""

    def __init__(self, flaws: Sequence[Flaw]) -> None:
        super().__init__("\n".join(map(str, flaws)))
        self.flaws = tuple(flaws)


@dataclass(frozen=True, slots=True)
class Line:
    """One act or expectation. `at_ms` is its true time (UTC milliseconds); `form` is the form it was read by."""

    number: int
    at_ms: int
    date: date
    form: str
    text: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, kind: str) -> Any:
        return self.values[kind]

    def get(self, kind: str, default: Any = None) -> Any:
        """The value of this kind, if the line's form has one."""
        return self.values.get(kind, default)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole file without a mistake. `clock_error_ms`: how far the box's wall clock is ahead of the true time."""

    path: Path
    plan: Plan
    hardware: HardwareConfig
    zone: ZoneInfo
    start_ms: int
    trusted: bool
    clock_error_ms: int
    seed: int
    lines: tuple[Line, ...]


def instant(day: date, seconds: int, zone: ZoneInfo) -> int:
    """UTC milliseconds of a second of a local day."""
    midnight = datetime(day.year, day.month, day.day)
    local = midnight + timedelta(seconds=seconds)
    return round(local.replace(tzinfo=zone).timestamp() * 1000)


def read_file(path: Path, plan: Path | None = None) -> Scenario:
    """Read a file; `plan` stands in for the one it names. Raises ScenarioError with all mistakes, or OSError."""
    text = path.read_bytes().decode("utf-8-sig", "replace")
    return _Reader(path, text, plan).read()


@dataclass(frozen=True, slots=True)
class Kind:
    """What a word in capitals stands for. `read` gives None for a word that is none of it."""

    told: str
    read: Callable[[str], object]
    known: tuple[str, ...] = ()


def _word_of(known: Sequence[str]) -> Callable[[str], object]:
    return lambda word: word if word in known else None


def _vocabulary(told: str, known: Sequence[str]) -> Kind:
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
    "KEY": _vocabulary("a key", list(Key)),
    "GESTURE": _vocabulary("a gesture", GESTURES),
    "LANGUAGE": _vocabulary("a language", LANGUAGES),
    "TICKETSTATE": _vocabulary("a ticket's state", list(TicketState)),
    "DESKSTATE": _vocabulary("a desk's state", list(DeskState)),
    "SLIPSTATE": _vocabulary("a slip's state", list(SlipState)),
    "DAYSTATE": _vocabulary("a day's state", DAY_STATES),
    "TRUST": _vocabulary("a trust", TRUSTS),
    "CODE": _vocabulary("a refusal", list(Code)),
    "EVENT": _vocabulary("an event", list(KINDS)),
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


def parse_words(
    words: Sequence[str], forms: Sequence[str], kinds: Mapping[str, Kind]
) -> tuple[str, Mapping[str, Any]] | tuple[None, tuple[str, str]]:
    """The form that the words have, with its values; or None with what is wrong and the nearest right word."""
    branches = [_Branch(form, tuple(form.split())) for form in forms]
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


class _Reader:
    """One reading of one file."""

    def __init__(self, path: Path, text: str, plan: Path | None) -> None:
        self._path, self._plan_file = path, plan
        self._flaws: list[Flaw] = []
        self._lines: list[tuple[int, str, list[str]]] = []
        for number, line in enumerate(text.splitlines(), start=1):
            words = split_words(line)
            if words is None:
                self._wrong(number, "a quoted text has no end")
            elif words:
                self._lines.append((number, line.split("#")[0].strip(), words))
        self._trusted, self._error_s, self._seed = True, 0, 1
        self._start: tuple[date, int] | None = None
        self._date: date | None = None
        self._zone = ZoneInfo("UTC")

    def read(self) -> Scenario:
        plan = self._read_plan()
        if plan is not None:
            self._zone = ZoneInfo(plan.timezone)
        hardware = self._read_hardware(plan)
        lines = self._read_lines(self._kinds(plan, hardware))
        if not lines and not self._flaws:
            self._wrong(1, "nothing happens on this day")
        if self._flaws or plan is None or hardware is None:
            raise ScenarioError(sorted(self._flaws, key=lambda flaw: flaw.line))
        first = lines[0].at_ms - 60_000
        start = first if self._start is None else instant(*self._start, self._zone)
        return Scenario(
            path=self._path,
            plan=plan,
            hardware=hardware,
            zone=self._zone,
            start_ms=start,
            trusted=self._trusted,
            clock_error_ms=self._error_s * 1000,
            seed=self._seed,
            lines=tuple(lines),
        )

    def _wrong(self, line: int, what: str, near: str = "") -> None:
        self._flaws.append(Flaw(str(self._path), line, what, near))

    def _named_file(self, header: str) -> tuple[int, Path] | None:
        for number, _, words in self._lines:
            if words[0] == header and len(words) == 2:
                return number, self._path.parent / words[1]
        return None

    def _read_plan(self) -> Plan | None:
        named = self._named_file("plan")
        line, file = named or (1, None)
        file = self._plan_file or file
        try:
            if file is None:
                document = resources.files("appliance.demo").joinpath("plan.toml").read_text(encoding="utf-8")
            else:
                document = file.read_text(encoding="utf-8")
            return read_plan(document)
        except (OSError, UnicodeDecodeError) as error:
            self._wrong(line, f"plan {file}: {error}")
        except PlanError as error:
            for mistake in error.mistakes:
                self._wrong(line, f"plan {file}: {mistake}")
        return None

    def _read_hardware(self, plan: Plan | None) -> HardwareConfig | None:
        """The named file's keys; without one, three keys for every desk and a button for every service of the plan."""
        named = self._named_file("hardware")
        try:
            if named is not None:
                return parse(named[1].read_bytes())
            demo = parse(resources.files("appliance.demo").joinpath("hardware.toml").read_bytes())
        except (OSError, HardwareConfigError) as error:
            self._wrong(named[0] if named else 1, f"hardware: {error}")
            return None
        if plan is None:
            return demo
        panels = tuple(PanelConfig(desk, 0, 0, 0) for desk in plan.desks)
        buttons = tuple(ButtonConfig("kiosk.ticket", service, 0) for service in plan.services)
        return replace(demo, panels=panels, buttons=buttons)

    def _kinds(self, plan: Plan | None, hardware: HardwareConfig | None) -> Mapping[str, Kind]:
        anything = Kind("a word", lambda word: word)
        desks = tuple(str(panel.desk) for panel in hardware.panels) if hardware else ()
        buttons = tuple(button.service for button in hardware.buttons) if hardware else ()
        desk = _vocabulary("a desk", desks)
        return {
            **KINDS_OF_VALUES,
            "SERVICE": _vocabulary("a service", tuple(plan.services)) if plan else anything,
            "BUTTON": _vocabulary("a ticket button", buttons) if hardware else anything,
            "DESK": replace(desk, read=lambda word: int(word) if word in desks else None)
            if hardware
            else KINDS_OF_VALUES["NUMBER"],
        }

    def _read_lines(self, kinds: Mapping[str, Kind]) -> list[Line]:
        made: list[Line] = []
        second: int | None = None
        last = 0
        for number, text, words in self._lines:
            time = read_time(words[0])
            if time is None and words[0][:1].isdigit() and ":" in words[0]:
                self._wrong(number, f"{words[0]!r} is not a time (08:05)")
                continue
            if time is None and (words[0] == "date" or second is None):
                self._header(number, words, kinds, begun=bool(made))
                second = None
                continue
            second = time if time is not None else second
            act = words[1:] if time is not None else words
            form, values = parse_words(act, (*ACTS, *EXPECTATIONS), kinds)
            if form is None:
                self._wrong(number, *values)
                continue
            if self._date is None:
                self._date = FIRST_DATE
            assert second is not None
            at = instant(self._date, second, self._zone)
            if at < last:
                self._wrong(number, f"{words[0]} lies before the line above it (a `date` line begins the next day)")
            last = max(last, at)
            assert isinstance(values, Mapping)
            made.append(Line(number, at, self._date, form, text, values))
        return made

    def _header(self, number: int, words: Sequence[str], kinds: Mapping[str, Kind], *, begun: bool) -> None:
        """Take in a line without a time."""
        form, values = parse_words(words, HEADERS, kinds)
        if form is None:
            if parse_words(words, (*ACTS, *EXPECTATIONS), kinds)[0] is not None:
                values = ("the first act of a day needs a time", "")
            self._wrong(number, *values)
            return
        assert isinstance(values, Mapping)
        if begun and words[0] != "date":
            self._wrong(number, f"{words[0]!r} belongs above the first act")
            return
        match words[0]:
            case "date":
                if self._date is not None and values["DATE"] < self._date:
                    self._wrong(number, f"{words[1]} lies before {self._date}")
                self._date = values["DATE"]
            case "clock":
                self._trusted, self._error_s = words[1] == "trusted", values.get("SHIFT", 0)
            case "seed":
                self._seed = values["NUMBER"]
            case "start":
                self._start = (self._date or FIRST_DATE, values["TIME"])
