"""What a technician may ask of the devices of one office, whether it runs or is opened for the examination alone."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal

from appliance.devices import Devices
from appliance.technician.teaching import Teaching
from appliance.technician.walk import KeyWalk
from hardware.config import HardwareConfig, HardwareConfigError, load
from hardware.doctor.box import Box
from hardware.doctor.examination import PinFactory, examine
from hardware.doctor.finding import Finding, Verdict, sorted_by_severity
from hardware.learning import save
from hardware.ports import Press
from hardware.printing.choice import with_letters, with_raster

if TYPE_CHECKING:
    from appliance.workers.health import Device
    from hardware.printing.code_pages import Candidate

log = logging.getLogger(__name__)

PATTERN_S = 20.0
"""How long a test pattern stays on the boards."""
TEST_TIMEOUT_S = 30.0

Paper = Literal["self-test", "code-pages"]


@dataclass(frozen=True, slots=True)
class Report:
    """One examination, the worst first. `at` is UTC by the box's clock."""

    findings: tuple[Finding, ...]
    at: datetime
    took_s: float

    def count(self, verdict: Verdict) -> int:
        """How many ended so."""
        return sum(1 for one in self.findings if one.verdict is verdict)

    @property
    def healthy(self) -> bool:
        """Whether there is no fault; warnings do not make an office ill."""
        return self.count(Verdict.FAULT) == 0

    def as_json(self) -> dict[str, Any]:
        """The report as JSON values: what `--json`, the socket and the API tell."""
        return {
            "at": self.at.isoformat(timespec="seconds"),
            "took_s": round(self.took_s, 2),
            "faults": self.count(Verdict.FAULT),
            "warnings": self.count(Verdict.WARNING),
            "well": self.count(Verdict.WELL),
            "findings": [
                {
                    "check": one.check,
                    "subject": one.subject,
                    "verdict": one.verdict.value,
                    "reason": one.reason,
                    "hint": one.hint,
                    "facts": dict(one.facts),
                }
                for one in self.findings
            ],
        }


def report_of(document: Mapping[str, Any]) -> Report:
    """The inverse of `Report.as_json`."""
    findings = tuple(
        Finding(one["check"], Verdict(one["verdict"]), one["subject"], one["reason"], one["hint"], one["facts"])
        for one in document["findings"]
    )
    return Report(findings, datetime.fromisoformat(document["at"]), document["took_s"])


@dataclass(slots=True)
class Doctoring:
    """The devices of one office and what can be done with them for a test.

    `others`: what else of the box is watched (clock, disk, live copy), for the report of a running office.
    `begin_again` closes the program in order and starts it anew; None where nobody can.
    """

    devices: Devices
    walk: KeyWalk
    teaching: Teaching
    others: Callable[[], Sequence[Device]] = tuple
    box: Box = field(default_factory=Box)
    begin_again: Callable[[], None] | None = None
    _pattern: threading.Timer | None = None

    def report(self) -> Report:
        """Examine everything that needs neither paper, light nor noise. Blocks for some tenths of a second."""
        began = monotonic()
        devices = self.devices
        measured = {name: bus.cycle_ms for name, bus in devices.buses.items() if bus.cycle_ms is not None}
        found = examine(devices.config, devices.parts(), self.pin_factory(), measured, self.box)
        found += [finding_of(one) for one in self.others()]
        return Report(tuple(sorted_by_severity(found)), datetime.now(UTC), monotonic() - began)

    def print_test(self, paper: Paper) -> str:
        """Print a test slip; the outcome as a code: printed, sent, unknown, failed, or `no-printer`."""
        printer = self.devices.printer
        if printer is None:
            return "no-printer"
        from hardware.printing.code_pages import job as code_pages
        from hardware.printing.self_test import job as self_test

        make = {"self-test": self_test, "code-pages": code_pages}[paper]
        outcome = printer.print(make(self.devices.profile), _test_id(), TEST_TIMEOUT_S)
        return outcome.value

    def probe_printer(self) -> dict[str, Any]:
        """Find out what a confirmation of the printer is worth; feeds 10 cm of paper.

        `verdict` is a code with `facts`: probe-failed, confirm-right, confirm-false, confirm-better, or `no-printer`.
        """
        printer = self.devices.printer
        if printer is None:
            return {"verdict": "no-printer", "facts": {}}
        from hardware.printing.probing import probe

        found = probe(printer)
        return {"verdict": found.verdict, "facts": found.facts()}

    def show_pattern(self, seconds: float = PATTERN_S) -> int:
        """Show a test pattern on every board for a while; how many boards there are."""
        self._end_pattern()
        boards = list(self.devices.boards.values())
        for board in boards:
            board.test_pattern(True)
        self._pattern = threading.Timer(seconds, self._end_pattern)
        self._pattern.daemon = True
        self._pattern.start()
        return len(boards)

    def chime(self) -> bool:
        """Play the chime; False when nobody can have heard it."""
        return self.devices.voice.play_chime()

    @property
    def config(self) -> HardwareConfig:
        """The hardware.toml in force."""
        return self.devices.config

    @property
    def unapplied(self) -> bool:
        """Whether hardware.toml says something else than what is in force, or can't be read: a restart is due."""
        try:
            return load(self.teaching.file) != self.config
        except HardwareConfigError:
            return True

    def pin_factory(self) -> PinFactory:
        """Which pin factory is in force, and why not the first choice."""
        return PinFactory(self.devices.keys.factory_in_force, self.devices.keys.factory_trouble)

    def lines(self) -> Sequence[Candidate]:
        """The lines of the code-page test slip, in their order; none without a printer."""
        if self.devices.printer is None:
            return ()
        from hardware.printing.code_pages import candidates

        return candidates(self.devices.profile)

    def choose_letters(self, number: int) -> Candidate:
        """The technician can read this line of the test slip: write it into hardware.toml, from the next start on.

        Raises LookupError when the slip has no such line or the file no printer, HardwareConfigError when the file
        would not be good, OSError.
        """
        line = next((one for one in self.lines() if one.number == number), None)
        if line is None:
            raise LookupError(number)
        file = self.teaching.file
        today = datetime.now().astimezone().date()
        text = with_letters(file.read_text(encoding="utf-8"), line.codepage, line.slot, today, file.parent)
        save(file, text)
        return line

    def draw_slips(self) -> None:
        """No line can be read: slips are drawn again from the next start on. Raises as `choose_letters`."""
        file = self.teaching.file
        save(file, with_raster(file.read_text(encoding="utf-8"), file.parent))

    def restart(self) -> bool:
        """Begin again with the hardware.toml on the disk; False where this must be done from outside."""
        if self.begin_again is None:
            return False
        self.begin_again()
        return True

    def takes(self, press: Press) -> bool:
        """Whether a press belongs to the walk or to the lesson in hand and must not reach the queue."""
        return self.walk.takes(press) or self.teaching.takes(press)

    def begin_lesson(self, desk: int) -> None:
        """Learn the panel of this desk; a walk ends, for both want the same presses."""
        self.walk.end()
        self.teaching.begin(desk)

    def begin_walk(self) -> None:
        """Walk through every key that hardware.toml names, but for the mains contact; a lesson in hand is dropped."""
        self.teaching.end()
        self.walk.begin(key.control for key in self.devices.config.wired_keys() if key.control != "power/fail")

    def close(self) -> None:
        """End what is still going on."""
        self._end_pattern()
        self.walk.end()
        self.teaching.end()

    def _end_pattern(self) -> None:
        timer, self._pattern = self._pattern, None
        if timer is None:
            return
        timer.cancel()
        for board in self.devices.boards.values():
            board.test_pattern(False)


def finding_of(device: Device) -> Finding:
    """What a watched part of the box amounts to as a finding."""
    verdict = {"ready": Verdict.WELL, "warning": Verdict.WARNING}.get(device.condition, Verdict.FAULT)
    subject = "" if device.name == device.kind else device.name
    return Finding(device.kind, verdict, subject, device.reason, device.hint, dict(device.facts))


def _test_id() -> int:
    """A job number that no slip of the queue has: they count up from 1, tests down from the largest."""
    return 2**26 - int(monotonic() * 10) % 2**20
