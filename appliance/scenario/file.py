"""A day as text: reading the file. What the lines mean is told in docs/scenarios.md; playing them is `scenario`'s.

All mistakes of a file are found in one reading.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from appliance.domain.plan import Plan, ReasonKind
from appliance.domain.plans.reader import PlanError, read_plan
from appliance.scenario.grammar import (
    ACTS,
    EXPECTATIONS,
    HEADERS,
    KINDS_OF_VALUES,
    Kind,
    parse_words,
    read_time,
    split_words,
    vocabulary,
)
from hardware.config import (
    GPIO,
    BellConfig,
    ButtonConfig,
    HardwareConfig,
    HardwareConfigError,
    PanelConfig,
    Point,
    parse,
)

FIRST_DATE = date(2026, 11, 24)
NOWHERE = Point(GPIO, 0)
"""Keys of a played day have no wires: fingers move the debounce itself."""
"""The day of a file that names none."""


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
    """One act or expectation. `at_ms` is its true time (UTC milliseconds); `form` is the form it was read by,
    `text` its words without the time."""

    number: int
    at_ms: int
    date: date
    form: str
    text: str
    values: Mapping[str, Any]

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


class _Reader:
    """One reading of one file."""

    def __init__(self, path: Path, text: str, plan: Path | None) -> None:
        self._path, self._plan_file = path, plan
        self._flaws: list[Flaw] = []
        self._lines: list[tuple[int, list[str]]] = []
        for number, line in enumerate(text.splitlines(), start=1):
            words = split_words(line)
            if words is None:
                self._wrong(number, "a quoted text has no end")
            elif words:
                self._lines.append((number, words))
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
        for number, words in self._lines:
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
        panels = tuple(PanelConfig(desk, NOWHERE, NOWHERE, NOWHERE) for desk in plan.desks)
        buttons = tuple(ButtonConfig("kiosk.ticket", service, NOWHERE) for service in plan.services)
        bells = demo.bells or (BellConfig("ramp", NOWHERE, answer=NOWHERE),)
        return replace(demo, panels=panels, buttons=buttons, bells=bells)

    def _kinds(self, plan: Plan | None, hardware: HardwareConfig | None) -> Mapping[str, Kind]:
        anything = Kind("a word", lambda word: word)
        desks = tuple(str(panel.desk) for panel in hardware.panels) if hardware else ()
        buttons = tuple(button.service for button in hardware.buttons) if hardware else ()
        desk = replace(vocabulary("a desk", desks), read=lambda word: int(word) if word in desks else None)
        service = vocabulary("a service", tuple(plan.services)) if plan else anything

        def reason(told: str, kind: ReasonKind) -> Kind:
            known = plan.reasons.values() if plan else ()
            return vocabulary(told, tuple(one.id for one in known if one.kind is kind)) if plan else anything

        return {
            **KINDS_OF_VALUES,
            "SERVICE": service,
            "OTHER": service,
            "CATEGORY": vocabulary("a category", tuple(plan.categories)) if plan else anything,
            "PARKING": reason("a reason to park", ReasonKind.PARK),
            "BREAK": reason("a reason of a break", ReasonKind.BREAK),
            "BELL": vocabulary("a bell", tuple(bell.name for bell in hardware.bells)) if hardware else anything,
            "BUTTON": vocabulary("a ticket button", buttons) if hardware else anything,
            "DESK": desk if hardware else KINDS_OF_VALUES["NUMBER"],
            "TARGET": desk if hardware else KINDS_OF_VALUES["NUMBER"],
        }

    def _read_lines(self, kinds: Mapping[str, Kind]) -> list[Line]:
        made: list[Line] = []
        second: int | None = None
        last = 0
        for number, words in self._lines:
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
            made.append(Line(number, at, self._date, form, " ".join(act), values))
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
