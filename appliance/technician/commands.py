"""`talon doctor`: examine an office, walk through its keys, print and show tests, and what to write where to mend it.

A running office is asked; the devices of one that doesn't run are opened for as long as the examination takes.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import sys
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.config import read_config
from appliance.doctor_words import finding_lines, say, verdict_word
from appliance.hardware_words import mistake as told
from hardware.config import ConfigMistake, HardwareConfig, HardwareConfigError, load
from hardware.doctor.finding import Finding, Verdict
from hardware.doctor.mending import remedies

if TYPE_CHECKING:
    from appliance.technician.doctoring import Report

ACTIONS = ("report", "buttons", "print", "code-pages", "probe", "board", "chime", "fix")
SETTLE_S = 3.0
"""How long devices that were just opened may take to tell how they are."""
USUAL = Path("/etc/talon/office.toml")
MARKS = {Verdict.FAULT: "!!", Verdict.WARNING: " !", Verdict.WELL: "  "}


@dataclass(frozen=True, slots=True)
class Place:
    """Which office is examined: its hardware.toml, and the data folder where a running one listens (None: a bare
    hardware.toml was named).
    """

    hardware: Path
    data: Path | None


def add_doctor_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `talon doctor` to the command line."""
    doctor = commands.add_parser("doctor", help="what is wrong with the devices, and what to do")
    doctor.add_argument("action", nargs="?", default="report", help=", ".join(ACTIONS))
    doctor.add_argument("file", nargs="?", type=Path, help=f"office.toml or hardware.toml ({USUAL})")
    doctor.add_argument("--json", action="store_true", help="the report as JSON")
    doctor.set_defaults(run=doctor_command)


def doctor_command(options: argparse.Namespace) -> int:
    """0 when nothing is broken, 1 when something is, 2 when it could not be examined."""
    action, file = options.action, options.file
    if not options.verbose:
        logging.getLogger().setLevel(logging.CRITICAL)  # the report says it all, in the reader's language
    if action not in ACTIONS:
        if file is not None:
            print(say("doctor-actions", options.language, actions=", ".join(ACTIONS)), file=sys.stderr)
            return 2
        action, file = "report", Path(action)
    place = place_of(file or USUAL)
    try:
        config = load(place.hardware)
    except HardwareConfigError as error:
        return tell(broken_file(error.mistakes, options.language), options)
    with asked(place, config) as line:
        return _ACTIONS[action](line, options)


def place_of(file: Path) -> Place:
    """The office of an office.toml, or of a hardware.toml alone. Raises ConfigError."""
    try:
        bare = "office" not in tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        bare = not file.name.startswith("office")
    if bare:
        return Place(file, None)
    config = read_config(file)
    return Place(config.hardware, config.data)


class Line:
    """Whoever answers: a running office, or devices opened for this examination."""

    def __init__(self, place: Place, config: HardwareConfig) -> None:
        self._place, self._config = place, config
        self._closing = contextlib.ExitStack()
        self.ours = False
        """Whether the devices were opened here: what they show ends with this command."""

    def ask(self, request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """The answers, of the running office where there is one."""
        from appliance.technician.line import NotRunningError, answers, ask

        if self._place.data is not None:
            with contextlib.suppress(NotRunningError):
                yield from ask(self._place.data, request)
                return
        yield from answers(self._opened(), request)

    def _opened(self) -> Any:
        from appliance.technician.opened import opened

        self.ours = True
        return self._closing.enter_context(opened(self._config, self._place.hardware, SETTLE_S))

    def close(self) -> None:
        """Release the devices, if they were opened here."""
        self._closing.close()


@contextlib.contextmanager
def asked(place: Place, config: HardwareConfig) -> Iterator[Line]:
    """A line to the office, closed at the end."""
    line = Line(place, config)
    try:
        yield line
    finally:
        line.close()


def broken_file(mistakes: Sequence[ConfigMistake], language: str) -> Report:
    """The report of an office whose hardware.toml can't be used: a finding for each mistake."""
    from appliance.technician.doctoring import Report

    findings = tuple(
        Finding(
            "config",
            Verdict.FAULT,
            str(number),
            "hardware-toml",
            "correct-hardware-toml",
            {"mistake": told(one, language)},
        )
        for number, one in enumerate(mistakes, 1)
    )
    return Report(findings, datetime.now(UTC), 0.0)


def tell(report: Report, options: argparse.Namespace) -> int:
    """Print a report; the exit code says whether something is broken."""
    if options.json:
        print(json.dumps(report.as_json(), ensure_ascii=False, indent=2))
        return 0 if report.healthy else 1
    language: str = options.language
    counts = {verdict: report.count(verdict) for verdict in Verdict}
    print(
        say(
            "doctor-summary",
            language,
            faults=counts[Verdict.FAULT],
            warnings=counts[Verdict.WARNING],
            well=counts[Verdict.WELL],
            seconds=f"{report.took_s:.1f}",
        )
    )
    for finding in report.findings:
        title, why, todo = finding_lines(finding, language)
        print(f"{MARKS[finding.verdict]} {verdict_word(finding.verdict, language):<12} {title}")
        for text in (why, todo):
            if text:
                print(f"{'':16}{text}")
    return 0 if report.healthy else 1


def _report(line: Line, options: argparse.Namespace) -> int:
    from appliance.technician.doctoring import report_of

    return tell(report_of(next(line.ask({"ask": "report"}))), options)


def _fix(line: Line, options: argparse.Namespace) -> int:
    from appliance.technician.doctoring import report_of

    report = report_of(next(line.ask({"ask": "report"})))
    found = list(remedies(report.findings))
    if not found:
        print(say("doctor-no-remedy", options.language))
    for remedy in found:
        print(f"# {remedy.file or say('doctor-in-a-shell', options.language)}")
        print("\n".join(remedy.lines))
    return 0 if report.healthy else 1


def _print(line: Line, options: argparse.Namespace) -> int:
    paper = "code-pages" if options.action == "code-pages" else "self-test"
    outcome = next(line.ask({"ask": "print", "paper": paper}))["outcome"]
    print(say(f"doctor-print-{outcome}", options.language))
    return 0 if outcome in ("printed", "sent") else 1


def _probe(line: Line, options: argparse.Namespace) -> int:
    answer = next(line.ask({"ask": "probe"}))
    verdict: str = answer["verdict"]
    code = "doctor-print-no-printer" if verdict == "no-printer" else verdict
    print(say(code, options.language, **answer["facts"]))
    if answer["facts"].get("questions"):
        print(
            f"DLE EOT {answer['facts']['questions']}; GS ( H: {answer['facts']['process_ids']}; "
            f"GS r: {answer['facts']['inline_status']}; {answer['facts']['feed_s']} s"
        )
    return 0 if verdict == "confirm-right" else 1


def _board(line: Line, options: argparse.Namespace) -> int:
    answer = next(line.ask({"ask": "board"}))
    boards: int = answer["boards"]
    print(say("doctor-boards" if boards else "doctor-no-boards", options.language, count=boards), flush=True)
    if boards and line.ours:
        time.sleep(answer["seconds"])
    return 0 if boards else 1


def _chime(line: Line, options: argparse.Namespace) -> int:
    heard = next(line.ask({"ask": "chime"}))["heard"]
    print(say("doctor-chime" if heard else "doctor-no-chime", options.language))
    return 0 if heard else 1


def _buttons(line: Line, options: argparse.Namespace) -> int:
    """Press each key; every one that came is ticked off. Ctrl-C ends it; 0 when none is missing."""
    from appliance.doctor_words import control_name

    language: str = options.language
    shown = 0
    missing: list[str] = []
    try:
        for answer in line.ask({"ask": "buttons"}):
            ticked, missing = answer["ticked"], answer["missing"]
            if not shown and not ticked and missing:
                print(say("doctor-press-each", language, count=len(missing)))
            for control in ticked[shown:]:
                print(f"[x] {control_name(control, language)}", flush=True)
            shown = max(shown, len(ticked))
    except KeyboardInterrupt:
        print()
    for control in missing:
        print(f"[ ] {control_name(control, language)}")
    return 1 if missing else 0


_ACTIONS = {
    "report": _report,
    "fix": _fix,
    "print": _print,
    "code-pages": _print,
    "probe": _probe,
    "board": _board,
    "chime": _chime,
    "buttons": _buttons,
}
