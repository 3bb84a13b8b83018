"""The office that a day is played in: the real writer, clock, voice and printing workers on virtual time.

Whatever has a thread of its own in an office is stepped here from one: a second of the clock, an announcement,
a slip. Only the writer and the printer's line keep their threads, because they are what is being tried.
"""

from __future__ import annotations

import shutil
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import cast

from appliance.devices import profile_of
from appliance.domain.clockwork import Tick, tick
from appliance.domain.identity import AdoptPlan, BeginIncarnation
from appliance.domain.message import Command
from appliance.domain.office import Office, Slip
from appliance.domain.slips import overdue
from appliance.scenario.file import Scenario
from appliance.store.journal import newest_trusted_ms
from appliance.store.writer import Outcome, QueueWriter
from appliance.workers.announcing import AnnouncingWorker
from appliance.workers.clock import ClockWorker, OfficeClock
from appliance.workers.device_watch import DeviceWatch
from appliance.workers.health import Device, device_of
from appliance.workers.pressing import Pressing
from appliance.workers.printing import JOB_TIMEOUT_S, PrintingWorker, queued
from appliance.workers.public_calendar import CalendarSource, load_apart
from appliance.workers.slip_text import slip_content
from hardware.paper.slip import SlipContent
from hardware.ports import Condition, DeviceState, PrintOutcome
from hardware.printing.encoder import encode
from hardware.printing.printer import SILENCE_S, EscposPrinter
from hardware.printing.profiles import PrinterProfile
from hardware.simulator.paper import Paper
from hardware.simulator.printer import VirtualPrinter
from hardware.simulator.voice import VirtualVoice

BOOT_MS = 20_000
"""How long a box needs from power to its first second of work."""

STANDING_JOB_S = 2.0
"""Real seconds until a job that was made to break off is given up; on virtual time it has the office's own limit."""

PATIENCE_S = 60.0

HEARTBEAT_BYTES = 256
"""More than all status questions: once so much has come in, the printer has begun to receive a slip."""

WAKE_S = 5.0

read_once = cache(load_apart)
"""A public calendar costs a process; all days that are played share it."""


class VirtualTime:
    """The true time, moved by the scenario alone, and a box's clocks that may be wrong."""

    def __init__(self, scenario: Scenario) -> None:
        self.now_ms = scenario.start_ms
        self.error_ms = scenario.clock_error_ms
        self.synced = scenario.trusted
        self.battery = scenario.trusted
        self.boots = 1
        self._booted_ms = self.now_ms - BOOT_MS

    def wall_ms(self) -> int:
        """What the box's wall clock shows."""
        return self.now_ms + self.error_ms

    def uptime_ms(self) -> int:
        """Since the box got its power."""
        return self.now_ms - self._booted_ms

    def reboot(self, dark_ms: int) -> None:
        """The power comes back now; without a battery the wall clock goes on where it stopped."""
        self.boots += 1
        self._booted_ms = self.now_ms - BOOT_MS
        if not self.battery:
            self.error_ms -= dark_ms
            self.synced = False


class BoxClock(OfficeClock):
    """The office's clock on virtual time; each boot has its own id."""

    def __init__(self, time: VirtualTime, disk_tight: Callable[[], bool]) -> None:
        super().__init__(lambda: time.synced, disk_tight=disk_tight, wall_ms=time.wall_ms, uptime_ms=time.uptime_ms)
        self._boot = f"{time.boots:032x}"

    def use_plan(self, office: Office) -> None:
        """As ever, with the calendar that all days share."""
        country = self._country
        super().use_plan(office)
        if self._country != country:
            self.calendar = CalendarSource(self._country, read_once)


@dataclass(frozen=True, slots=True)
class Asked:
    """A command that somebody put into the mailbox, and its answer to come."""

    command: Command
    actor: str
    answer: Future[Outcome]
    told: Future[Outcome] | None = None


class WatchedWriter(QueueWriter):
    """The real writer; every question to it is remembered until its answer has been told."""

    def __init__(self, path: Path, clock: OfficeClock) -> None:
        super().__init__(path, clock.now, on_death=lambda _: None)
        self.asked: deque[Asked] = deque()

    def submit(self, command: Command, *, actor: str, key: str | None = None) -> Future[Outcome]:
        """Ask, and remember the question."""
        answer = super().submit(command, actor=actor, key=key)
        self.asked.append(Asked(command, actor, answer))
        return answer


class Hands:
    """The writer as the keys see it: they hear an answer only when the day tells it.

    What they do about a refusal (counting a visitor who went without a number) then has its place in the day, whatever
    the threads do.
    """

    def __init__(self, writer: WatchedWriter) -> None:
        self._writer = writer

    @property
    def office(self) -> Office:
        """The newest committed state."""
        return self._writer.office

    def submit(self, command: Command, *, actor: str, key: str | None = None) -> Future[Outcome]:
        """Ask; the answer comes when it is told."""
        told: Future[Outcome] = Future()
        answer = QueueWriter.submit(self._writer, command, actor=actor, key=key)
        self._writer.asked.append(Asked(command, actor, answer, told))
        return told


class PowerCut(Exception):  # noqa: N818 - it is what happens, not an error
    """The box lost its power while a slip was being printed."""


class BoxPrinter:
    """The real driver, for as long as the box has power: what it answers afterwards reaches nobody."""

    def __init__(self, driver: EscposPrinter) -> None:
        self._driver = driver
        self.dead = False
        self.dies_in_next_job = False
        self.breaks_in_next_job = False

    def print(self, job: bytes, job_id: int, timeout_s: float) -> PrintOutcome:
        """Print as the driver does; raises PowerCut instead of an answer that comes too late."""
        limit_s = STANDING_JOB_S if self.breaks_in_next_job else timeout_s
        outcome = self._driver.print(job, job_id, limit_s)
        if outcome is not PrintOutcome.FAILED:
            self.breaks_in_next_job = False
        if self.dead or (self.dies_in_next_job and outcome is not PrintOutcome.FAILED):
            raise PowerCut
        return outcome

    def state(self) -> DeviceState:
        """The driver's."""
        return self._driver.state()

    def close(self) -> None:
        """Release the port."""
        self._driver.close()


class SteppedPrinting(PrintingWorker):
    """The printing worker without its loop."""

    def _run(self) -> None:
        """Nothing: the scenario calls `print_one`."""


_UNKNOWN = DeviceState(Condition.MISSING, datetime.now(UTC), "not-started")
"""Of a printer that nobody has looked at yet."""


class PaperPath:
    """Slips to paper, one step at a time.

    A job runs in a thread of its own, so that a printer that holds it (paper out in the middle) doesn't hold the day;
    `step` waits for it until it has ended or stands still.
    """

    def __init__(self, virtual: VirtualPrinter, profile: PrinterProfile, time: VirtualTime) -> None:
        self.virtual = virtual
        self._profile = profile
        self.contents: dict[int, SlipContent] = {}
        self._time = time
        self._changed = threading.Condition()
        self._condition = ""
        self._reason = "not-started"
        self.known = _UNKNOWN
        self._job: Future[bool] | None = None
        self._sent_from = 0
        self._stands_until = 0
        self._blocked = False

    def attach(self, writer: QueueWriter, clock: OfficeClock) -> None:
        """A new life of the box opens the port."""
        self._condition, self._job, self._blocked = "", None, False
        self._reason, self.known = "not-started", _UNKNOWN
        self._writer, self._clock = writer, clock
        self.printer = BoxPrinter(EscposPrinter(self.virtual.path, self._profile, self._note))
        self._worker = SteppedPrinting(writer, self.printer, self._compose, clock.now)
        self._hand = ThreadPoolExecutor(1, "slip")
        self._worker.settle()
        self._worker.start()
        self._learn()

    def detach(self) -> None:
        """The box lost its power, or its process ends."""
        self.printer.dead = True
        self.printer.close()
        self._hand.shutdown(wait=True)

    @property
    def mode(self) -> str:
        """How slips are made: `raster` or `text`."""
        return self._profile.mode

    @property
    def busy(self) -> bool:
        """Whether time alone may change something."""
        return self._job is not None or bool(queued(self._writer.office))

    def step(self) -> bool:
        """Go on printing; whether a slip was settled. Raises PowerCut when the box was to die in this job."""
        if self._job is None and not self._begin():
            return False
        job = self._job
        assert job is not None
        with self._changed:
            self._changed.wait_for(lambda: job.done() or self._stands(), PATIENCE_S)
        if not job.done() and self._time.now_ms < self._stands_limit():
            return False
        self._job, self._stands_until = None, 0
        settled = job.result(PATIENCE_S)
        self._blocked = not settled
        self._learn()
        return settled

    def acted(self) -> None:
        """Somebody did something to the printer: wait until the driver knows, and try again."""
        self._blocked = False
        with self._changed:
            self._changed.wait_for(lambda: (self._condition == Condition.READY) == self._well(), WAKE_S)
        self._learn()

    def _learn(self) -> None:
        """What the driver has found out by itself, once it agrees with what there is: so a day has no race in it."""
        with self._changed:
            self._changed.wait_for(lambda: self._reason == self._trouble(), WAKE_S)
        self.known = self.printer.state()

    def _trouble(self) -> str:
        return self.virtual.trouble if Path(self.virtual.path).exists() else "port-missing"

    def _begin(self) -> bool:
        office = self._writer.office
        slip = next(iter(queued(office)), None)
        if slip is None or (self._blocked and not overdue(office, slip, self._clock.now())):
            return False
        self._sent_from = self.virtual.received
        self._job = self._hand.submit(self._worker.print_one)
        self._job.add_done_callback(lambda _: self._wake())
        return True

    def _well(self) -> bool:
        return self.virtual.works and Path(self.virtual.path).exists()

    def _stands(self) -> bool:
        begun = self.virtual.received > self._sent_from + HEARTBEAT_BYTES
        return begun and not self.virtual.works and self._condition == Condition.FAULT

    def _stands_limit(self) -> int:
        """Until when the office would wait for a standing job, on virtual time."""
        if not self._stands_until:
            known = self.printer.state().reason in ("paper-out", "cover-open")
            self._stands_until = self._time.now_ms + round((JOB_TIMEOUT_S if known else SILENCE_S) * 1000)
        return self._stands_until

    def _note(self, state: DeviceState) -> None:
        with self._changed:
            self._condition, self._reason = state.condition, state.reason
            self._changed.notify_all()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _compose(self, office: Office, slip: Slip) -> bytes:
        content = slip_content(office, slip)
        self.contents[slip.id] = content
        return encode(content, self._profile)


class Box:
    """The office's box, life after life, with the devices that outlive it."""

    def __init__(self, scenario: Scenario, folder: Path) -> None:
        self.scenario, self.database = scenario, folder / "queue.db"
        self.time = VirtualTime(scenario)
        self.voice = VirtualVoice()
        self.disk_full = False
        self.lives = 0
        self.alive = False
        self.paper: PaperPath | None = None
        if scenario.hardware.printer is not None:
            profile = profile_of(scenario.hardware.printer)
            virtual = VirtualPrinter(folder / "printer", width=profile.width)
            self.paper = PaperPath(virtual, profile, self.time)

    def start(self) -> None:
        """Begin a life as `talon office` does."""
        self.lives += 1
        self.clock = BoxClock(self.time, lambda: self.disk_full)
        self.writer = WatchedWriter(self.database, self.clock)
        self.clock.begin(self.writer.office, newest_trusted_ms(self.database))
        self.writer.start()
        if not self.writer.office.incarnation:
            self.writer.submit(BeginIncarnation("scenario", "0" * 8), actor="office").result(WAKE_S)
        self.writer.submit(AdoptPlan(self.scenario.plan), actor="office").result(WAKE_S)
        self.clock.use_plan(self.writer.office)
        self.clock.await_calendar(PATIENCE_S)
        self._clock_worker = ClockWorker(self.writer, self.clock)
        self._announcing = AnnouncingWorker(self.writer, self.voice)
        self._device_watch = DeviceWatch(self.writer, self.devices, lambda: self.time.now_ms / 1000)
        if self.paper is not None:
            self.paper.attach(self.writer, self.clock)
        self.pressing = Pressing(cast(QueueWriter, Hands(self.writer)), dict, f"life-{self.lives}")
        self.alive = True

    def stop(self) -> None:
        """An orderly end."""
        self.alive = False
        if self.paper is not None:
            self.paper.detach()
        self.writer.stop()

    def kill(self) -> None:
        """The power goes: the next life finds database and WAL as they are now, and nobody closed them."""
        self.alive = False
        if self.paper is not None:
            self.paper.detach()
        files = [self.database.with_name(self.database.name + end) for end in ("", "-wal")]
        for file in files:
            if file.exists():
                shutil.copyfile(file, file.with_name(f"{file.name}.left"))
        self.writer.stop()
        self.database.with_name(self.database.name + "-shm").unlink(missing_ok=True)
        for file in files:
            file.unlink(missing_ok=True)
            left = file.with_name(f"{file.name}.left")
            if left.exists():
                left.rename(file)

    def close(self) -> None:
        """End for good."""
        if self.alive:
            self.stop()
        if self.paper is not None:
            self.paper.virtual.close()

    @property
    def office(self) -> Office:
        """The newest committed state; of the last life while the box is dark."""
        return self.writer.office

    def look(self) -> None:
        """The clock worker's second, and a look at the devices."""
        self._clock_worker.look()
        self._device_watch.look()

    def devices(self) -> list[Device]:
        """The devices of a played day: the printer, as far as its driver has found out, and the voice."""
        found = [device_of("voice", "voice", self.voice.state())]
        return found if self.paper is None else [device_of("printer", "printer", self.paper.known), *found]

    def due_by(self, later_ms: int) -> bool:
        """Whether time alone, without anybody's doing, leads to something by then."""
        if (self.paper is not None and self.paper.busy) or self._device_watch.behind():
            return True
        now_ms, self.time.now_ms = self.time.now_ms, later_ms
        try:
            now = self.clock.now()
            return bool(tick(self.writer.office, Tick(now.settled), now))
        finally:
            self.time.now_ms = now_ms

    def announce(self) -> bool:
        """Speak one call, if one waits to be heard."""
        return self._announcing.announce_one()

    def print(self) -> bool:
        """Settle one slip, if the printer takes it."""
        return self.paper is not None and self.paper.step()

    def content(self, slip: int) -> SlipContent | None:
        """What a slip says, once it has been composed."""
        return self.paper.contents.get(slip) if self.paper is not None else None

    def take_papers(self) -> list[Paper]:
        """The papers that came out since the last time, in their order."""
        found: list[Paper] = []
        while self.paper is not None and (paper := self.paper.virtual.take()) is not None:
            found.append(paper)
        return found[::-1]
