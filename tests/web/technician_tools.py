"""The devices of an office for its technician, without a device: canned reports, a real walk, a real lesson."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from appliance.api.schemas import AvailabilityRow, DeviceSpanView
from appliance.technician.doctoring import Paper, Report
from appliance.technician.teaching import Teaching
from appliance.technician.walk import KeyWalk
from hardware.config import HardwareConfig, Point, parse
from hardware.doctor.examination import PinFactory
from hardware.doctor.finding import Finding, Verdict, sorted_by_severity
from hardware.ports import Gesture, Press
from hardware.printing.code_pages import Candidate

HARDWARE = """
schema = 1
mode = "real"

[bus.desks]
kind = "modbus-rtu"
port = "/dev/serial/by-id/usb-FTDI_USB-RS485_Cable_FT4X7RNB-if00-port0"
baud = 19200

[[bus.desks.module]]
address = 1
inputs = 32

[[button]]
role = "kiosk.ticket"
service = "receipt-text"
pin = 25

[[panel]]
desk = 1
next = 4
repeat = 5
finish = 6

[[panel]]
desk = 3
next = 17
repeat = 27
finish = 22

[[panel]]
desk = 5
bus = "desks"
module = 1
next = 0
repeat = 1
finish = 2

[[panel]]
desk = 7
bus = "desks"
module = 1
next = 3
repeat = 4
finish = 5

[printer]
port = "/dev/serial/by-id/usb-STMicroelectronics_POS58_USB_UART-if00"
width_mm = 58
confirm = "gs-r"
"""

LINES = tuple(
    Candidate(number, codepage, slot)
    for number, (codepage, slot) in enumerate(
        [("CP866", 17), ("CP866", 7), ("CP866", 59), ("CP1251", 46), ("CP1251", 73), ("CP1251", 6), ("CP1125", 44)], 1
    )
)
CHECKED = datetime(2026, 11, 24, 7, 42, 7, tzinfo=UTC)

STUCK = Finding("buttons", Verdict.FAULT, "desk/5/next", "key-stuck", "free-the-key", {"point": "desks 1/0"})
LOW_PAPER = Finding("printer", Verdict.WARNING, "", "paper-near-end", "load-paper")
NO_GROUP = Finding(
    "port",
    Verdict.FAULT,
    "printer",
    "port-denied",
    "join-group",
    {"port": "/dev/serial/by-id/usb-STMicroelectronics_POS58_USB_UART-if00", "group": "dialout"},
)
NO_CLOCK = Finding("clock-chip", Verdict.WARNING, "", "no-clock-chip", "fit-clock-chip")
WELL = (
    Finding("power", Verdict.WELL),
    Finding("heat", Verdict.WELL, reason="temperature", facts={"degrees": "47"}),
    Finding("port", Verdict.WELL, "desks", facts={"port": "/dev/serial/by-id/usb-FTDI_FT4X7RNB-if00-port0"}),
    Finding("pins", Verdict.WELL, reason="pins-by", facts={"factory": "gpiod"}),
    Finding(
        "cycle",
        Verdict.WELL,
        "desks",
        "cycle-measured",
        facts={"measured": "19", "computed": "18", "allowed": "60", "bus": "desks"},
    ),
    Finding("buttons", Verdict.WELL, reason="keys-well", facts={"count": "12"}),
    Finding("module", Verdict.WELL, "desks/1"),
    Finding("voice", Verdict.WELL),
    Finding("board", Verdict.WELL, "board/hall"),
    Finding("clock", Verdict.WELL, facts={"time": "24.11.2026 10:42"}),
    Finding("disk", Verdict.WELL, facts={"free": "21600"}),
    Finding("replica", Verdict.WELL, facts={"target": "s3://replica/kubinka-14", "lag": "2"}),
    Finding("store", Verdict.WELL),
)
ILL = (STUCK, LOW_PAPER, *WELL)
"""One fault and one warning."""
MENDABLE = (NO_GROUP, NO_CLOCK, *WELL)
"""Faults that lines of text mend."""
HEALTHY = (*WELL, Finding("printer", Verdict.WELL), Finding("clock-chip", Verdict.WELL))


class NoWatcher:
    """Nobody watches the wires: tests press points themselves."""

    def close(self) -> None:
        """Nothing to stop."""


@dataclass
class FakeTools:
    """What a technician may ask; `asked` is what was asked, `press` and `touch` are the fingers."""

    findings: tuple[Finding, ...] = ILL
    outcome: str = "printed"
    trust: str = "confirm-right"
    boards: int = 2
    heard: bool = True
    trouble: str = ""
    restarts: bool = True
    changed: bool = False
    asked: list[object] = field(default_factory=list)
    walk: KeyWalk = field(default_factory=KeyWalk)
    folder: Path | None = None
    error: Exception | None = None

    def __post_init__(self) -> None:
        self.file = (self.folder or Path("nowhere")) / "hardware.toml"
        if self.folder is not None:
            self.file.write_text(HARDWARE, encoding="utf-8")
        self.config: HardwareConfig = parse(HARDWARE.encode())
        self.on_point: Callable[[Point], None] = lambda point: None
        self.teaching = Teaching(self.config, self.file, self._watch)

    def _watch(self, pressed: Callable[[Point], None]) -> NoWatcher:
        self.on_point = pressed
        return NoWatcher()

    def touch(self, point: Point) -> None:
        """Somebody presses a key during a lesson."""
        self.on_point(point)

    def press(self, control: str) -> bool:
        """Somebody presses a key that hardware.toml knows; whether the walk took it."""
        return self.walk.takes(Press(control, Gesture.TAP, 1, 0.0, 0.0))

    @property
    def unapplied(self) -> bool:
        return self.changed or self.teaching.view().saved

    def pin_factory(self) -> PinFactory:
        return PinFactory("gpiod", self.trouble)

    def report(self) -> Report:
        self.asked.append("report")
        return Report(tuple(sorted_by_severity(self.findings)), CHECKED, 3.1)

    def print_test(self, paper: Paper) -> str:
        self.asked.append(("print", paper))
        return self.outcome

    def probe_printer(self) -> dict[str, object]:
        self.asked.append("probe")
        return {"verdict": self.trust, "facts": {"configured": "gs-r", "confirm": "none"}}

    def show_pattern(self) -> int:
        self.asked.append("pattern")
        return self.boards

    def chime(self) -> bool:
        self.asked.append("chime")
        return self.heard

    def begin_walk(self) -> None:
        self.teaching.end()
        self.walk.begin(key.control for key in self.config.wired_keys())

    def begin_lesson(self, desk: int) -> None:
        self.walk.end()
        self.teaching.begin(desk)

    def lines(self) -> Sequence[Candidate]:
        return LINES

    def choose_letters(self, number: int) -> Candidate:
        self._fail()
        self.asked.append(("letters", number))
        return next(line for line in LINES if line.number == number)

    def draw_slips(self) -> None:
        self._fail()
        self.asked.append("draw")

    def restart(self) -> bool:
        self.asked.append("restart")
        return self.restarts

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error


class FakePast:
    """The last weeks of a device: an office that is open on working days, with two bad days and one outage now."""

    def spans(self, device: str, days: int) -> list[DeviceSpanView]:
        """Conditions, the newest first; nothing of a device that never changed."""
        if device != "printer":
            return []
        told = [
            (24, "07:28:10", None, "fault", "paper-out"),
            (24, "06:55:00", 1990, "warning", "paper-near-end"),
            (18, "09:14:31", 510_029, "ready", ""),
            (18, "06:40:02", 9269, "missing", "port-missing"),
            (11, "12:02:40", 585_442, "ready", ""),
            (11, "11:58:00", 280, "fault", "cover-open"),
        ]
        made = []
        for seq, (day, time, lasted, condition, reason) in enumerate(told):
            since = datetime.fromisoformat(f"2026-11-{day}T{time}+00:00")
            until = since + timedelta(seconds=lasted) if lasted is not None else None
            made.append(
                DeviceSpanView(
                    since=since, until=until, lasted_s=lasted, condition=condition, reason=reason, seq=500 - seq
                )
            )
        return made

    def by_day(self, device: str, days: int) -> list[AvailabilityRow]:
        """Twenty-one working days."""
        if device != "printer":
            return []
        every = (date(2026, 10, 26) + timedelta(days=n) for n in range(30))
        opened = [one for one in every if one.weekday() < 5]
        return [
            AvailabilityRow(
                device=device,
                day=98 + number,
                date=one,
                watched_s=9 * 3600 - 137 * number,
                share={11: 0.991, 18: 0.714, 4: 0.0}.get(one.day, 1.0),
                outages=1 if one.day in (4, 11, 18) else 0,
                repair_s={11: 280, 18: 9269}.get(one.day),
            )
            for number, one in enumerate(opened)
        ]
