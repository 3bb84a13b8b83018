"""The composition root: wires one office together and decides nothing.

Store and devices come first, with the standard library alone; the office says READY when the first button would be
accepted; only then is the web imported, in a thread of its own.
"""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from appliance.config import OfficeConfig
from appliance.devices import Devices, build
from appliance.domain.identity import AdoptPlan, BeginIncarnation
from appliance.domain.message import Command
from appliance.domain.office import Office, Slip
from appliance.domain.plan import Plan
from appliance.domain.plans.reader import PlanError
from appliance.domain.refusal import Refused
from appliance.folder_lock import FolderLock
from appliance.linking import Linking
from appliance.memory import share_heaps
from appliance.notify import notify
from appliance.plan_file import PlanFile, read_plan_file, unplanned
from appliance.replication import WrongOfficeError, keep_replica
from appliance.store.ballast import Ballast
from appliance.store.journal import newest_trusted_ms
from appliance.store.personal import PersonalStore
from appliance.store.writer import QueueWriter
from appliance.technician.doctoring import Doctoring
from appliance.technician.line import DoctorLine
from appliance.technician.teaching import Teaching
from appliance.technician.walk import KeyWalk
from appliance.workers.announcing import AnnouncingWorker
from appliance.workers.clock import SOURCES, ClockWorker, OfficeClock
from appliance.workers.device_watch import DeviceWatch
from appliance.workers.directed import Directed
from appliance.workers.erasing import ErasingWorker
from appliance.workers.estimating import Estimator
from appliance.workers.health import Device, Health, Parts, ReplicaGlance
from appliance.workers.pressing import Pressing
from appliance.workers.printing import PrintingWorker
from appliance.workers.ringing import Ringing
from appliance.workers.screens import Screens
from appliance.workers.showing import ShowingWorker
from appliance.workers.slip_layout import SlipLayout
from hardware.config import load as load_hardware
from hardware.ports import Press

if TYPE_CHECKING:
    import uvicorn

log = logging.getLogger(__name__)

WATCHDOG_S = 5.0
PORT_RETRY_S = 5.0
RESTART_S = 0.5
DIED = 70
"""Exit code when the writer died: the service manager starts the office again and it reloads from the disk."""


class OfficeProcess:
    """One running office."""

    def __init__(
        self,
        config: OfficeConfig,
        *,
        on_death: Callable[[BaseException], None] | None = None,
        demo: bool = False,
    ) -> None:
        self.demo = demo
        config.data.mkdir(parents=True, exist_ok=True)
        self.config = config
        self._lock = FolderLock(config.data)
        hardware = load_hardware(config.hardware)
        self.ballast = Ballast(config.data / "ballast")
        self.ballast.ensure()
        self.clock = OfficeClock(SOURCES[config.clock], disk_tight=lambda: not self.ballast.held)
        self.writer = QueueWriter(
            config.queue_db,
            self.clock.now,
            on_death=on_death or _die,
            on_disk_full=self._disk_full,
        )
        known = self.writer.office
        if known.incarnation and known.id != config.office:
            raise WrongOfficeError(config.queue_db, known.id, config.office)
        plan, self._plan_trouble = self._read_plan(known)
        self.clock.begin(known, newest_trusted_ms(config.queue_db))
        self.devices: Devices = build(hardware, config.data)
        self.writer.start()
        if not known.incarnation:
            self._ask(BeginIncarnation(config.office, secrets.token_hex(4)))
        if plan is not None:
            self._adopt_plan(plan)
        self.clock.use_plan(self.writer.office)
        self.replica = keep_replica(config, self.writer.office)
        self._clock_worker = ClockWorker(self.writer, self.clock)
        self._announcing = AnnouncingWorker(self.writer, self.devices.voice, repeats=hardware.sound.repeat)
        self._showing = ShowingWorker(self.writer, self.devices.boards, self.clock.now)
        self._ringing = Ringing(self.writer, self.clock.now, lambda: self.devices.bells)
        self.screens = Screens(self.writer, self.devices.screens)
        paper = hardware.printer
        self._layout = SlipLayout(paper.template, paper.logo) if paper is not None else SlipLayout(None, None)
        self._printing: PrintingWorker | None = None
        if self.devices.printer is not None:
            self._printing = PrintingWorker(
                self.writer, self.devices.printer, self._compose, self.clock.now, load_drawing
            )
        self.health = Health(
            Parts(
                self.writer,
                self.clock,
                self.ballast,
                self.devices.parts,
                self.glance,
                self._notes,
            )
        )
        self.estimating = Estimator(lambda: self.writer.office, self.clock.now, self._service_times)
        self.writer.listen(lambda _: self.estimating.nudge())
        self.pressing = Pressing(
            self.writer,
            lambda: self.devices.lamps,
            secrets.token_hex(6),
            self.estimating.told,
            self.devices.release_bell,
        )
        absent = ("voice",) if hardware.sound.kind == "none" else ()
        self._device_watch = DeviceWatch(self.writer, self.health.devices, absent=absent)
        self.linking = Linking(config, self.writer, self.clock, self.health.devices, self.glance)
        self.linking.line.lan["announce"] = config.centre.announce
        self._technician: tuple[datetime, str, str] | None = None
        self._directed = Directed(
            self.writer,
            config.data / "directed",
            snapshot=self._fresh_snapshot,
            restart=self._restart_device,
            call=self._call_technician,
            keep_plan=self._keep_plan,
        )
        self.personal = PersonalStore(config.personal_db)
        self.erasing = ErasingWorker(
            self.writer, self.personal, lambda: self.clock.now().moment, self._renew_personal_copy
        )
        self.doctoring = Doctoring(
            self.devices,
            KeyWalk(),
            Teaching(hardware, config.hardware, self.devices.watch),
            self.health.box,
            begin_again=self._begin_again,
        )
        self._doctor_line = DoctorLine(config.data, self.doctoring)
        self.again = False
        """Whether the program was asked to begin again after it has closed."""
        self._web: uvicorn.Server | None = None
        self._web_thread: threading.Thread | None = None
        self._stopped = threading.Event()
        self.web_ready = threading.Event()
        self.port = 0

    def start(self) -> None:
        """Accept buttons, print, speak and replicate. Returns when the first press would count."""
        if self._printing is not None:
            self._printing.settle()
        self.devices.open(self._pressed, self.pressing.on_stuck)
        self._clock_worker.start()
        self._announcing.start()
        self._showing.start()
        self._ringing.start()
        if self._printing is not None:
            self._printing.start()
        self.health.start()
        self._device_watch.start()
        self._doctor_line.start()
        if self.replica is not None:
            self.replica.start()
        self.linking.start()
        self._directed.start()
        self.erasing.start()
        notify("READY=1")
        day = self.writer.office.open_day
        log.info("ready: office=%s day=%s", self.config.office, day.number if day is not None else "closed")

    def open_web(self, ports: int, told: Callable[[str], None]) -> None:
        """Serve the pages as soon as their port can be had. `ports`: how many to try, from the configured one on.

        A taken port, or an address that isn't up yet, stops neither buttons nor printer.
        """
        threading.Thread(target=self._await_port, args=(ports, told), name="web-port", daemon=True).start()

    def _await_port(self, ports: int, told: Callable[[str], None]) -> None:
        web, complained = self.config.web, False
        while not self._stopped.is_set():
            try:
                listener = open_listener(web.host, web.port, ports)
            except OSError as error:
                if not complained:
                    log.error("no pages yet: %s port %s: %s; trying again", web.host, web.port, error)
                complained = True
                self._stopped.wait(PORT_RETRY_S)
                continue
            self.start_web(listener, told)
            return

    def start_web(self, listener: socket.socket, told: Callable[[str], None]) -> None:
        """Import and serve the pages in a thread. `told` hears what only a first start says."""
        self.port = listener.getsockname()[1]
        if self.config.web.host not in ("127.0.0.1", "::1", "localhost"):
            self.linking.line.lan["pages"] = self.port
        self._web_thread = threading.Thread(target=self._serve_web, args=(listener, told), name="web", daemon=True)
        self._web_thread.start()

    def wait(self) -> None:
        """Stay until `stop`, telling the service manager that the writer lives."""
        while not self._stopped.wait(WATCHDOG_S):
            if self.writer.alive:
                notify("WATCHDOG=1")

    def stop(self, *_: object) -> None:
        """Ask `wait` to return; safe in a signal handler."""
        self._stopped.set()

    def close(self) -> None:
        """End everything in the order of who depends on whom."""
        notify("STOPPING=1")
        if self._web is not None:
            self._web.should_exit = True
        if self._web_thread is not None:
            self._web_thread.join(5.0)
        self._doctor_line.close()
        self.linking.stop()
        self._directed.stop()
        self.erasing.stop()
        self.doctoring.close()
        self.devices.keys.close()
        self._clock_worker.stop()
        self.estimating.stop()
        self._device_watch.stop()
        self._ringing.stop()
        self._showing.stop()
        self._announcing.stop()
        if self._printing is not None:
            self._printing.stop()
        self.health.stop()
        self.writer.stop()
        if self.replica is not None:
            self.replica.stop()
        self.personal.close()
        self.devices.close()
        self._lock.release()

    def _pressed(self, press: Press) -> None:
        """A key was pressed; in a walk through the keys or a lesson it is the technician's, not the queue's."""
        if not self.doctoring.takes(press):
            self.pressing.on_press(press)
            return
        kind, _, name = press.control.partition("/")
        lamp = self.devices.lamps.get(int(name.partition("/")[0])) if kind == "desk" else None
        if lamp is not None:
            lamp.blink()

    def _begin_again(self) -> None:
        """Close in order and begin again; the answer to whoever asked goes out first."""
        self.again = True
        threading.Timer(RESTART_S, self.stop).start()

    def _fresh_snapshot(self) -> None:
        """The centre has lost its base: the copy begins a new generation."""
        if self.replica is not None:
            self.replica.fresh_snapshot()

    def _renew_personal_copy(self, between: Callable[[], object]) -> threading.Event:
        """Begin the sealed copy anew, so that nothing of it remembers what was erased."""
        if self.replica is not None:
            return self.replica.fresh_snapshot("personal", between)
        between()
        done = threading.Event()
        done.set()
        return done

    def _restart_device(self, device: str) -> None:
        """The copy begins anew by itself; every other device is opened anew with the whole program."""
        if device == "replica":
            self._fresh_snapshot()
        else:
            self._begin_again()

    def _call_technician(self, device: str, note: str) -> None:
        """Stands among the devices until the program begins anew."""
        self._technician = (datetime.now(UTC), device, note)

    def _keep_plan(self, document: str) -> None:
        """The next start reads the plan that the centre has sent."""
        keeper = PlanFile(self.config.plan)
        keeper.stage(document)
        keeper.keep()

    def glance(self) -> ReplicaGlance | None:
        """The replica as the technician sees it."""
        return None if self.replica is None else self.replica.glance()

    def _serve_web(self, listener: socket.socket, told: Callable[[str], None]) -> None:
        try:
            from appliance.serving import Parts as WebParts
            from appliance.serving import serve

            parts = WebParts(
                self.config,
                self.port,
                self.writer,
                self.clock,
                self.health,
                self.devices,
                self.doctoring,
                self.screens,
                self.glance,
                self.estimating,
            )
            self._web = serve(parts, told, demo=self.demo)
            self.web_ready.set()
            self.estimating.start()
            self._web.run(sockets=[listener])
        except Exception:
            log.exception("the web failed; buttons, printer and queue go on")

    def _compose(self, office: Office, slip: Slip) -> bytes:
        from appliance.workers.slip_text import slip_content
        from hardware.printing.encoder import encode

        return encode(slip_content(office, slip), self.devices.profile, *self._layout.get())

    def _service_times(self, day: int) -> Iterable[tuple[str, float]]:
        """What services took on the days before this one; read on the estimate's own thread."""
        from appliance.store.reads import Reads

        reads = Reads(self.config.queue_db)
        try:
            return reads.service_times(day)
        finally:
            reads.close()

    def _read_plan(self, known: Office) -> tuple[Plan | None, str]:
        """The plan of the file, or None and the code of what is wrong while the database has one to go on with."""
        newest = known.next_plan or known.plan
        try:
            plan = read_plan_file(self.config.plan, self.config.office)
        except PlanError as error:
            if newest is None:
                raise
            log.error("the plan in force stays: %s", error)
            return None, "plan-wrong"
        if newest is not None and plan.version < newest.version:
            log.error("the plan in force stays: version %s, the file has %s", newest.version, plan.version)
            return None, "plan-older"
        return plan, ""

    def _adopt_plan(self, plan: Plan) -> None:
        try:
            self._ask(AdoptPlan(plan))
        except Refused as refusal:
            log.error("the plan in force stays: %s", refusal)
            self._plan_trouble = "plan-refused"

    def _notes(self) -> list[Device]:
        """What is wrong with the documents the office was started with."""
        office = self.writer.office
        notes = [
            Device(name, "buttons", "warning", self.clock.since, "not-in-plan", "check-plan", {"name": name})
            for name in unplanned(self.devices.config, office.plan)
        ]
        if self._layout.trouble:
            facts = {"detail": self._layout.trouble}
            notes.append(
                Device("slip", "printer", "warning", self.clock.since, "template-wrong", "check-template", facts)
            )
        if self._technician is not None:
            since, device, note = self._technician
            facts = {"device": device or "—", "note": note or "—"}
            notes.append(Device("centre", "plan", "warning", since, "technician-called", "call-centre", facts))
        link = self.linking.glance().device()
        if link is not None:
            notes.append(link)
        unproven = self.erasing.erased.unproven_since
        if unproven is not None:
            since = datetime.fromtimestamp(unproven / 1000, UTC)
            notes.append(Device("personal", "store", "warning", since, "not-erased", "send-journal"))
        calendar = self.clock.calendar.trouble
        if calendar:
            notes.append(Device("calendar", "clock", "warning", self.clock.since, calendar, "check-plan"))
        if self._plan_trouble:
            notes.append(Device("plan", "plan", "warning", self.clock.since, self._plan_trouble, "check-plan"))
        return notes

    def _ask(self, command: Command) -> None:
        self.writer.submit(command, actor="office").result(30.0)

    def _disk_full(self) -> None:
        self.ballast.release()


def load_drawing() -> None:
    """Import what slips are drawn with, so that the first visitor doesn't wait for it."""
    try:
        from appliance.workers import slip_text
        from hardware.printing import encoder
    except ImportError:
        log.exception("slips can't be drawn; numbers are given on the screens")
        return
    log.debug("drawing is loaded: %s, %s", slip_text.__name__, encoder.__name__)


def say(line: str) -> None:
    """Tell the console at once, whoever reads it."""
    print(line, flush=True)


def open_listener(host: str, port: int, tries: int = 1) -> socket.socket:
    """A listening socket on `port`, or on one of the next `tries - 1` ports when it is taken."""
    for offset in range(tries):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port + offset if port else 0))
        except OSError:
            listener.close()
            if offset + 1 == tries:
                raise
            continue
        listener.listen(128)
        return listener
    raise AssertionError("no try was made")


def run_office(
    config: OfficeConfig,
    told: Callable[[str], None] = say,
    *,
    ports: int = 1,
    demo: bool = False,
    company: Callable[[OfficeProcess], AbstractContextManager[object]] = nullcontext,
) -> None:
    """Run an office until SIGTERM or SIGINT. `ports`: how many ports to try, from the configured one on.

    `company`: who else is in the hall while it runs (the people of a demonstration).
    """
    share_heaps()
    office = OfficeProcess(config, demo=demo)
    signal.signal(signal.SIGTERM, office.stop)
    signal.signal(signal.SIGINT, office.stop)
    try:
        office.start()
        office.open_web(ports, told)
        with company(office):
            office.wait()
    finally:
        office.close()
    if office.again and "NOTIFY_SOCKET" not in os.environ:
        # A service manager starts the office again by itself; on a laptop nobody does.
        os.execv(sys.executable, [sys.executable, "-m", "appliance", *sys.argv[1:]])


def _die(death: BaseException) -> None:
    """End at once: whatever is in memory may be ahead of the disk, and the disk is the truth."""
    log.critical("the office ends because its writer died: %r", death)
    logging.shutdown()
    os._exit(DIED)
