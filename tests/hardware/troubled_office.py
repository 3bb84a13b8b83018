"""One office whose printer has trouble all day: the real writer, printing worker and driver around a virtual printer.

The witness is the paper that came out. What visitors were told is noted by the visitors themselves.
"""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops

from appliance.domain.days import OpenDay
from appliance.domain.identity import AdoptPlan, BeginIncarnation
from appliance.domain.message import Command
from appliance.domain.moment import Now
from appliance.domain.office import Office, Slip, SlipState
from appliance.domain.refusal import Code, Refused
from appliance.domain.slips import Reprint
from appliance.domain.tickets import TakeTicket, TicketIssued
from appliance.store.verify import verify
from appliance.store.writer import Outcome, QueueWriter
from appliance.workers.printing import PrintingWorker
from appliance.workers.slip_text import slip_content
from hardware.paper.slip import SlipContent, render
from hardware.ports import DeviceState, PrintOutcome
from hardware.printing.confirming import Confirm
from hardware.printing.encoder import PrinterProfile, encode
from hardware.printing.printer import EscposPrinter, Patience
from hardware.simulator.paper import Paper
from hardware.simulator.printer import VirtualPrinter
from tests.domain.clock import Clock
from tests.plans import Sketch

SPEED = 30
"""Seconds of the office's day in one of ours: a slip's five minutes are ten seconds."""

JOB_S = 1.5
PATIENCE = Patience(poll_s=0.15, answer_s=0.15, silence_s=0.8, grace_s=0.3, resync_s=1.0, first_state_s=1.0)
ANSWER_S = 30.0
DRAINED_S = 60.0
LONG_S = 12.0


@dataclass(frozen=True, slots=True)
class Kind:
    """How the printer of an office is attached and what it can."""

    transport: str
    confirm: Confirm
    raster: bool = False
    lies: bool = False

    def __str__(self) -> str:
        what = "raster" if self.raster else "text"
        return f"{self.transport} {what} {self.confirm}{' (lies)' if self.lies else ''}"

    @property
    def profile(self) -> PrinterProfile:
        return PrinterProfile(str(self), mode="raster" if self.raster else "text", confirm=self.confirm, baud=921600)


@dataclass(slots=True)
class Tally:
    """What came of the slips of one or more offices."""

    issued: int = 0
    lost: int = 0
    doubled: int = 0
    unproven: int = 0  # the printer confirmed, and there is no whole paper
    papers: int = 0
    torn: int = 0
    copies: int = 0
    restarts: int = 0
    unclean: int = 0
    states: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        for name in ("issued", "lost", "doubled", "unproven", "papers", "torn", "copies", "restarts", "unclean"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.states += other.states
        self.faults += other.faults
        self.notes += other.notes


class SwiftClock:
    """A clock that runs SPEED times as fast, from nine in the morning."""

    def __init__(self) -> None:
        self._clock, self._began = Clock(), time.monotonic()

    def now(self) -> Now:
        elapsed = round((time.monotonic() - self._began) * 1000 * SPEED)
        moved = replace(self._clock, at_ms=self._clock.at_ms + elapsed, uptime_ms=self._clock.uptime_ms + elapsed)
        return moved.now()


class Life:
    """The writer as one life of the process sees it; when the life is over, nothing of it reaches the book."""

    def __init__(self, writer: QueueWriter) -> None:
        self._writer, self.over = writer, False

    @property
    def office(self) -> Office:
        return self._writer.office

    def listen(self, listener: Callable[[int], None]) -> None:
        self._writer.listen(listener)

    def submit(self, command: Command, *, actor: str, key: str | None = None) -> Future[Outcome]:
        if self.over:
            lost: Future[Outcome] = Future()
            lost.set_exception(Refused(Code.STORE_FAILED))
            return lost
        return self._writer.submit(command, actor=actor, key=key)


class Hurried:
    """The real driver, with less time for a slip than an office gives."""

    def __init__(self, driver: EscposPrinter) -> None:
        self._driver = driver

    def print(self, job: bytes, job_id: int, timeout_s: float) -> PrintOutcome:
        return self._driver.print(job, job_id, min(timeout_s, JOB_S))

    def state(self) -> DeviceState:
        return self._driver.state()

    def close(self) -> None:
        self._driver.close()


class Careless(Hurried):
    """The control: what may or may not have come out is printed once more, without a mark."""

    def print(self, job: bytes, job_id: int, timeout_s: float) -> PrintOutcome:
        for _ in range(6):
            outcome = super().print(job, job_id, timeout_s)
            if outcome is not PrintOutcome.UNKNOWN:
                break
        return outcome


class Reader:
    """Reads the numbers on papers: from letters, or from the dots of the number in a drawn slip."""

    def __init__(self, profile: PrinterProfile) -> None:
        self._profile = profile
        self._row = (profile.width + 7) // 8
        self._by_height: dict[int, dict[bytes, str]] = {}
        self._labels: set[str] = set()

    def compose(self, content: SlipContent) -> bytes:
        """The bytes of a slip, remembering what its number looks like."""
        label = content.number.replace("\u00a0", " ")
        self._labels.add(label)
        if self._profile.mode == "raster":
            dots = self._number_alone(content.number)
            self._by_height.setdefault(len(dots) // self._row, {})[dots] = label
        return encode(content, self._profile)

    def numbers(self, paper: Paper) -> list[tuple[str, bool]]:
        """Every number that a paper carries, and whether as a copy: the bar above marks the first."""
        if self._profile.mode == "text":
            found = [line.strip() for line in paper.text if line.strip() in self._labels]
        else:
            found = self._drawn_numbers(paper.image)
        return [(label, paper.marked and place == 0) for place, label in enumerate(found)]

    def _drawn_numbers(self, image: Image.Image) -> list[str]:
        data, row = image.tobytes(), self._row
        seen = []
        for y in range(image.height):
            for height, known in self._by_height.items():
                label = known.get(data[y * row : (y + height) * row])
                if label is not None:
                    seen.append(label)
        return seen

    def _number_alone(self, number: str) -> bytes:
        """The rows of dots that a number covers on a slip."""
        image = render(SlipContent("", "", "", number, ""), self._profile.width)
        box = ImageChops.invert(image.convert("L")).getbbox()
        assert box is not None
        return image.tobytes()[box[1] * self._row : box[3] * self._row]


class TroubledOffice:
    """An office, its visitors, and whoever spoils and mends its printer."""

    def __init__(self, folder: Path, kind: Kind, seed: int, slips: int, *, careless: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.tally = Tally()
        self._folder, self._kind, self._slips = folder, kind, slips
        self._driver_kind = Careless if careless else Hurried
        self._chance, self._staff = random.Random(seed), random.Random(seed + 1)
        self._clock = SwiftClock()
        self._path = folder / "queue.db"
        self._reader = Reader(kind.profile)
        self._told: dict[str, int] = {}
        self._door = threading.RLock()
        self._over = threading.Event()
        tcp = kind.transport == "tcp"
        link = None if tcp else folder / ("usb" if kind.transport == "usb" else "serial") / "lp0"
        if link is not None:
            link.parent.mkdir(exist_ok=True)
        self.paper = VirtualPrinter(
            link, tcp=tcp, process_ids=kind.confirm == "process-id", eager=kind.lies, paper_mm_s=800
        )
        self._writer = self._begin_writer()
        for command in (BeginIncarnation("office-17", "life"), AdoptPlan(Sketch().plan), OpenDay()):
            self._ask(command)
        self._life, self._driver, self._worker = self._begin_life()

    def run(self) -> Tally:
        """Until every visitor has a number, the printer is mended and nothing waits for it; then the audit."""
        director = threading.Thread(target=self._trouble, name="trouble", daemon=True)
        director.start()
        try:
            self._visitors()
        finally:
            self._over.set()
            director.join(60)
            self._mend_all()
            drained = self._drain()
            self._end_life()
            self._writer.stop()
            self.paper.close()
        if not drained:
            self.tally.notes.append(f"{self._kind}: slips were still waiting")
        self._audit()
        return self.tally

    def _begin_writer(self) -> QueueWriter:
        writer = QueueWriter(self._path, self._clock.now, on_death=self._died)
        writer.start()
        return writer

    def _died(self, death: BaseException) -> None:
        self.tally.notes.append(f"{self._kind}: the writer died: {death}")
        self.tally.unclean += 1

    def _begin_life(self) -> tuple[Life, Hurried, PrintingWorker]:
        life = Life(self._writer)
        driver = self._driver_kind(EscposPrinter(self.paper.path, self._kind.profile, None, PATIENCE))
        worker = PrintingWorker(life, driver, self._compose, self._clock.now)  # type: ignore[arg-type]
        worker.settle()
        worker.start()
        return life, driver, worker

    def _end_life(self) -> None:
        self._driver.close()
        self._worker.stop()

    def _restart(self) -> None:
        """The process dies in the middle of whatever it does, and begins again from its file."""
        with self._door:
            self._life.over = True
            self._end_life()
            self._writer.stop()
            self._writer = self._begin_writer()
            self._life, self._driver, self._worker = self._begin_life()
        self.tally.restarts += 1

    def _compose(self, office: Office, slip: Slip) -> bytes:
        return self._reader.compose(slip_content(office, slip))

    def _ask(self, command: Command) -> Outcome:
        return self._writer.submit(command, actor="visitor").result(ANSWER_S)

    def _visitors(self) -> None:
        for _ in range(self._slips):
            with self._door:
                records = self._ask(TakeTicket("consult")).records
                issued = next(record.event for record in records if isinstance(record.event, TicketIssued))
                self._told[self._writer.office.tickets[issued.ticket].label.replace("\u00a0", " ")] = issued.ticket
                if self._staff.random() < 0.03:
                    with suppress(Refused):
                        self._ask(Reprint(issued.ticket))
            self._wait_for_room(3, 1.5)

    def _wait_for_room(self, most: int, limit_s: float) -> bool:
        deadline = time.monotonic() + limit_s
        while time.monotonic() < deadline:
            slips = self._writer.office.slips.values()
            if sum(slip.state is SlipState.QUEUED for slip in slips) < most:
                return True
            time.sleep(0.01)
        return False

    def _drain(self) -> bool:
        drained = self._wait_for_room(1, DRAINED_S)
        # What the printer still has in hand is paper, too.
        time.sleep(1.0)
        return drained

    def _trouble(self) -> None:
        while not self._over.wait(self._chance.uniform(0.05, 0.8)):
            name = self._chance.choice(tuple(self._acts))
            self.tally.faults[name] += 1
            self._acts[name](self)
            if name != "restart":
                self._over.wait(LONG_S if self._chance.random() < 0.03 else self._chance.uniform(0.02, 1.6))
            self._mend_all()

    def _mend_all(self) -> None:
        paper = self.paper
        paper.load_paper()
        paper.close_cover()
        paper.resume()
        paper.clear_jam()
        paper.power_on()
        paper.plug()
        paper.silent = paper.hung = False
        paper.answers.late_s, paper.answers.garble = 0.0, None

    def _spoil_late(self) -> None:
        self.paper.answers.late_s = self._chance.uniform(0.05, 1.5)

    def _spoil_answers(self) -> None:
        kept = self._chance.randrange(0, 6)
        self.paper.answers.garble = self._chance.choice(
            (
                lambda data: data[:kept],
                lambda data: b"\x37\x22 !!~\x00" if data[:1] == b"\x37" else data,
                lambda data: b"" if len(data) != 1 else data,
            )
        )

    def _set(self, name: str) -> None:
        setattr(self.paper, name, True)

    _acts: dict[str, Callable[[TroubledOffice], Any]] = {  # noqa: RUF012 - never changed
        "paper out": lambda self: self.paper.paper_out(after_dots=self._chance.randrange(1200)),
        "cover": lambda self: self.paper.open_cover(),
        "pause": lambda self: self.paper.pause(),
        "jam": lambda self: self.paper.jam(),
        "power": lambda self: self.paper.power_off(after_bytes=self._chance.randrange(0, 3000)),
        "unplug": lambda self: self.paper.unplug(after_bytes=self._chance.randrange(0, 3000)),
        "silent": lambda self: self._set("silent"),
        "hung": lambda self: self._set("hung"),
        "late answers": _spoil_late,
        "torn answers": _spoil_answers,
        "restart": _restart,
    }

    def _audit(self) -> None:
        """What visitors were told and what paper they hold, against the file."""
        tally = self.tally
        report = verify(self._path)
        tally.unclean += not report.clean
        tally.notes += [f"{self._kind}: {code} {detail}" for code, detail in report.faults]
        slips, numbers = book_of(self._path)
        tally.issued += len(self._told)
        lost = [label for label, ticket in self._told.items() if numbers.get(ticket) != label]
        tally.lost += len(lost)
        tally.states += Counter(state for _, _, state in slips)
        tally.copies += sum(copy for _, copy, _ in slips)
        tally.papers += len(self.paper.paper)
        tally.torn += sum(paper.torn for paper in self.paper.paper)
        unmarked: Counter[str] = Counter()
        whole: Counter[tuple[str, bool]] = Counter()
        for paper in self.paper.paper:
            for label, marked in self._reader.numbers(paper):
                unmarked[label] += not marked
                whole[label, marked] += not paper.torn
        doubled = [label for label, count in unmarked.items() if count > 1]
        tally.doubled += len(doubled)
        confirmed = Counter((numbers[ticket], copy) for ticket, copy, state in slips if state == "printed")
        unproven = [what for what, count in confirmed.items() if whole[what] < count]
        tally.unproven += len(unproven)
        tally.notes += [f"{self._kind}: {label} was lost" for label in lost]
        tally.notes += [f"{self._kind}: {label} is on {unmarked[label]} unmarked papers" for label in doubled]
        tally.notes += [f"{self._kind}: {label} was confirmed without a whole paper" for label, _ in unproven]


def book_of(path: Path) -> tuple[list[tuple[int, bool, str]], dict[int, str]]:
    """The slips (ticket, copy, state) and the numbers by ticket that a file holds."""
    with closing(sqlite3.connect(path)) as db:
        numbers = {
            ticket: f"{series} {number:03d}"
            for ticket, series, number in db.execute("SELECT id, series, number FROM ticket")
        }
        slips = [
            (ticket, bool(copy), state) for ticket, copy, state in db.execute("SELECT ticket, copy, state FROM slip")
        ]
    return slips, numbers
