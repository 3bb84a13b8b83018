"""How long each fault of a simulated office takes to be named on the technician's page, and to go from it.

    python -m tests.system.fault_times [--language ru] [--only printer]

Prints a line for each fault: seconds until its reason is there, seconds until it is gone after mending, and what the
doctor says of it. Exits with 1 when a fault was never named or never went.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from tests.system.offices import OfficeRun, lay_out

PATIENCE_S = 30.0
LOOK_S = 0.05

MORE = """
[bus.pad]
kind = "usb-keypad"

[[panel]]
desk = 4
bus = "pad"
next = "KP1"
repeat = "KP2"
finish = "KP3"

[[button]]
role = "power.fail"
pin = 20
"""
"""What the demonstration office doesn't have."""


@dataclass(frozen=True)
class Case:
    """A fault of a device, which device tells of it, and by which reason."""

    device: str
    fault: str
    told_by: str
    reason: str


CASES = (
    Case("printer", "paper-out", "printer", "paper-out"),
    Case("printer", "near-end", "printer", "paper-near-end"),
    Case("printer", "cover-open", "printer", "cover-open"),
    Case("printer", "paused", "printer", "offline"),
    Case("printer", "jam", "printer", "printer-error"),
    Case("printer", "no-power", "printer", "silent"),
    Case("printer", "unplugged", "printer", "port-missing"),
    Case("printer", "silent", "printer", "silent"),
    Case("desks", "unplugged", "desks", "port-missing"),
    Case("desks/1", "no-power", "desks/1", "module-silent"),
    Case("desks/22", "no-power", "board/desk2", "display-silent"),
    Case("board/line", "unplugged", "board/line", "spi-missing"),
    Case("pad", "unplugged", "pad", "keypad-missing"),
    Case("bell/ramp", "loop-cut", "bell/ramp", "loop-cut"),
    Case("power/fail", "no-mains", "power/fail", "on-battery"),
    Case("voice", "unplugged", "voice", "no-loudspeaker"),
    Case("desk/1/next", "stick", "desk/1/next", "key-stuck"),
    Case("desk/3/finish", "stick", "desk/3/finish", "key-stuck"),
)


@dataclass(frozen=True)
class Timing:
    """What became of a case; None: it never happened."""

    case: Case
    named_s: float | None
    cleared_s: float | None
    doctor: str


def hardware() -> str:
    """The demonstration office's hardware.toml, and a keypad and a mains contact more."""
    demo = resources.files("appliance.demo").joinpath("hardware.toml").read_text(encoding="utf-8")
    return demo + MORE


def spoil(office: OfficeRun, case: Case, on: bool) -> None:
    """Make or mend the fault."""
    if case.fault == "stick":
        office.press(case.device, "stick" if on else "release")
        return
    status, body = office.ask("POST", "/api/v1/sim/fault", {"device": case.device, "fault": case.fault, "on": on})
    assert status == 204, body


def reasons(office: OfficeRun) -> dict[str, str]:
    """The reason of every device that is not ready, as the technician's page has it."""
    status, view = office.ask("GET", "/api/v1/office")
    assert status == 200, f"{view} {(office.folder / 'log.txt').read_text()[-3000:]}"
    return {one["name"]: one["reason"] for one in view["devices"] if one["condition"] != "ready"}


def until(office: OfficeRun, case: Case, named: bool) -> float | None:
    """Seconds until the page names the reason, or doesn't any more."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE_S:
        if (reasons(office).get(case.told_by) == case.reason) is named:
            return time.monotonic() - began
        time.sleep(LOOK_S)
    return None


def doctor(config: Path, language: str, reason: str) -> str:
    """What `talon doctor` says first: the fault is at the top."""
    done = subprocess.run(
        [sys.executable, "-m", "appliance", "doctor", str(config), "--language", language],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    told = " ".join(line.strip(" !") for line in lines[1:4])
    return f"rc {done.returncode}: {told}" if lines else f"rc {done.returncode}: {reason}: {done.stderr[-200:]}"


def measure(folder: Path, language: str = "en", only: str = "", ask_doctor: bool = True) -> Iterator[Timing]:
    """Every case in turn, on one running office."""
    config = lay_out(folder, hardware=hardware())
    with OfficeRun(config) as office:
        office.wait_ready()
        status, body = office.ask("POST", "/api/v1/session/owner", {"code": office.owner_code()})
        assert status == 200, body
        for case in CASES:
            if only and not case.device.startswith(only):
                continue
            spoil(office, case, True)
            named = until(office, case, True)
            told = doctor(config, language, case.reason) if ask_doctor else ""
            spoil(office, case, False)
            cleared = until(office, case, False)
            yield Timing(case, named, cleared, told)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--language", default="en", choices=("ru", "uk", "en"))
    parser.add_argument("--only", default="", help="devices that begin so")
    options = parser.parse_args()
    print(f"{'device':<14} {'fault':<12} {'reason':<16} {'named':>7} {'cleared':>8}")
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        for one in measure(Path(folder), options.language, options.only):
            named = "never" if one.named_s is None else f"{one.named_s:.2f} s"
            cleared = "never" if one.cleared_s is None else f"{one.cleared_s:.2f} s"
            bad += one.named_s is None or one.cleared_s is None
            case = one.case
            print(
                f"{case.device:<14} {case.fault:<12} {case.reason:<16} {named:>7} {cleared:>8}   {one.doctor}",
                flush=True,
            )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
