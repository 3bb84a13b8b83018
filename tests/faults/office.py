"""The office under test: the real writer with visitors, desks and a printer around it, in a process of its own.

`python -m tests.faults.office <fd>` serves at a socket: for each order it forks an office with everything already
imported, tells its pid, and then how it ended.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import random
import socket
import sys
import threading
import time
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from appliance.domain.days import CloseDay, OpenDay
from appliance.domain.identity import AdoptPlan, BeginIncarnation
from appliance.domain.keys import Key, Press
from appliance.domain.message import Command
from appliance.domain.moment import Moment, Now
from appliance.domain.office import DeskState, Slip, SlipState
from appliance.domain.plans.reader import read_plan
from appliance.domain.refusal import Code, Refused
from appliance.domain.slips import RecordSlip, overdue
from appliance.domain.tickets import TakeTicket, TicketIssued
from appliance.store.ballast import Ballast
from appliance.store.writer import Outcome, QueueWriter

DIED = 71
"""Exit status of an office whose writer died."""

ALONE = 72
"""Exit status of an office whose witness has gone."""

SERVICES = ("passport", "pension", "land")
CUTTER = b"\x1dV\x00"

PLAN = (
    """
schema = 1
version = 1
office = "faults"
timezone = "Europe/Kyiv"
name = { ru = "Испытания" }

[hours]
opens = "00:00"
closes = "24:00"

[[organisation]]
id = "hall"
name = { ru = "Зал" }
"""
    + "".join(
        f'\n[[service]]\nid = "{name}"\nseries = "{series}"\nname = {{ ru = "{name}" }}\n'
        for name, series in zip(SERVICES, "АБВ", strict=True)
    )
    + "".join(f"\n[[desk]]\nnumber = {number}\n" for number in (1, 2, 3))
)


Request = tuple[str, str, bool]
"""Key, service, and whether a paper is wanted: what a visitor may ask once more."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What one life of the office is to do.

    `tickets`: how many to issue before an orderly end, 0 for going on until the power does not. `prompt`: an answer
    leaves on the writer's own thread and waits until the witness has it. `again`: (key, service, paper) of what an
    earlier life owed an answer or gave one: asked once more. `reopen`: close the day and open it once more on the same
    date. `ballast`: bytes of disk held in reserve, 0 for none.
    """

    folder: str
    date: str
    life: int
    seed: int
    clients: int = 3
    desks: int = 2
    tickets: int = 0
    prompt: bool = False
    pause_ms: float = 20.0
    reopen: bool = False
    ballast: int = 0
    pragmas: tuple[str, ...] = ()
    again: tuple[Request, ...] = ()


class Witness:
    """The way out: answers to the visitors at `counter`, paper at `printer`. Neither is on the disk that fails."""

    def __init__(self, counter: socket.socket, printer: socket.socket, *, prompt: bool) -> None:
        self._counter, self._printer, self._prompt = counter, printer, prompt
        self._guard = threading.Lock()

    def tell(self, **facts: Any) -> None:
        """One message to whoever watches."""
        self._send(self._counter, json.dumps(facts, ensure_ascii=False).encode())

    def paper(self, text: str) -> None:
        """The bytes of one slip."""
        self._send(self._printer, text.encode() + CUTTER)

    def _send(self, way: socket.socket, data: bytes) -> None:
        try:
            with self._guard:
                way.send(data)
                if self._prompt:
                    way.recv(1)
        except OSError:
            os._exit(ALONE)


class Office:
    """Writer, visitors, desks and printer of one life."""

    def __init__(self, orders: Orders, witness: Witness) -> None:
        self._orders, self._witness = orders, witness
        self._day = datetime.fromisoformat(orders.date).replace(hour=8, tzinfo=UTC)
        self._started = time.monotonic()
        self._over, self._dead = threading.Event(), threading.Event()
        self._queued = threading.Event()
        self._left = orders.tickets
        self._guard = threading.Lock()
        folder = Path(orders.folder)
        self._ballast = Ballast(folder / "ballast", orders.ballast) if orders.ballast else None
        if self._ballast is not None:
            self._ballast.ensure()
        self.writer = QueueWriter(
            folder / "queue.db",
            self._now,
            on_death=lambda death: self._dead.set(),
            on_disk_full=self._release,
        )
        for pragma in orders.pragmas:
            self.writer._db.execute(f"PRAGMA {pragma}")

    def run(self) -> int:
        """Live; the exit status."""
        self.writer.listen(lambda seq: self._queued.set())
        self.writer.start()
        workers = [threading.Thread(target=self._printing, daemon=True)]
        try:
            self._open()
        except Refused:
            return self._end(workers)
        orders = self._orders
        visitors = [
            threading.Thread(target=self._visitors, args=(number,), daemon=True) for number in range(orders.clients)
        ]
        workers += [
            threading.Thread(target=self._desk, args=(number,), daemon=True) for number in range(1, orders.desks + 1)
        ]
        for thread in (*visitors, *workers):
            thread.start()
        for thread in visitors:
            while thread.is_alive() and not self._dead.is_set():
                thread.join(0.02)
        return self._end([*visitors, *workers])

    def _end(self, threads: list[threading.Thread]) -> int:
        self._over.set()
        self._queued.set()
        for thread in threads:
            if thread.ident is not None:
                thread.join(5.0)
        if self._dead.is_set():
            return DIED
        self.writer.stop()
        return DIED if self._dead.is_set() else 0

    def _release(self) -> None:
        if self._ballast is not None:
            self._ballast.release()

    def _now(self) -> Now:
        elapsed = round((time.monotonic() - self._started) * 1000)
        # Lives of a day follow one another by ten seconds.
        at_ms = round(self._day.timestamp() * 1000) + self._orders.life * 10_000 + elapsed
        moment = Moment(at_ms, True, f"boot-{self._orders.life}", elapsed)
        local = datetime.fromtimestamp(at_ms / 1000, UTC).replace(tzinfo=None)
        return Now(moment, local, self._ballast is not None and not self._ballast.held)

    def _ask(self, command: Command, actor: str, key: str | None = None, **about: Any) -> Outcome:
        """Submit, wait, and tell the witness what came of it. Raises Refused like the writer."""
        reply = self.writer.submit(command, actor=actor, key=key)
        told = {"key": key, **about}
        if self._orders.prompt:
            reply.add_done_callback(lambda done: self._answer(done, told))
            return reply.result(30.0)
        with contextlib.suppress(Refused):
            reply.result(30.0)
        self._answer(reply, told)
        return reply.result()

    def _answer(self, reply: Future[Outcome], about: dict[str, Any]) -> None:
        error = reply.exception()
        if isinstance(error, Refused):
            self._witness.tell(refused=error.code.value, **about)
            return
        outcome = reply.result()
        if not outcome.records:
            return
        last = outcome.records[-1]
        told: dict[str, Any] = {"seq": last.seq, "kind": type(last.event).__name__}
        for record in outcome.records:
            event = record.event
            if isinstance(event, TicketIssued):
                told |= {"ticket": event.ticket, "series": event.series, "number": event.number}
                told["date"] = self._date()
        self._witness.tell(**told, **about)

    def _date(self) -> str:
        day = self.writer.office.day
        return "" if day is None or day.date is None else day.date

    def _open(self) -> None:
        """Make the office what the orders want: known, planned, and open on their date."""
        office = self.writer.office
        if not office.id:
            self._ask(BeginIncarnation("faults"), "installer")
        if office.plan is None:
            self._ask(AdoptPlan(read_plan(PLAN)), "installer")
        day = self.writer.office.open_day
        if day is None or day.date != self._orders.date:
            self._ask(OpenDay(), "clock")
        elif self._orders.reopen:
            self._ask(CloseDay(), "reception")
            self._ask(OpenDay(), "reception")

    def _visitors(self, client: int) -> None:
        rng = random.Random(self._orders.seed * 1000 + client)
        owed = list(self._orders.again[client :: self._orders.clients])
        count = 0
        while not self._over.wait(rng.random() * self._orders.pause_ms / 1000):
            if owed:
                key, service, paper = owed.pop()
            else:
                if not self._one_more():
                    return
                count += 1
                key = f"{self._orders.date}/{self._orders.life}/{client}/{count}"
                service, paper = rng.choice(SERVICES), rng.random() < 0.9
            self._witness.tell(asked=key, service=service, paper=paper)
            try:
                self._ask(TakeTicket(service, paper=paper), f"kiosk:{client}", key)
            except Refused as refusal:
                if refusal.code is Code.STORE_FAILED:
                    return

    def _one_more(self) -> bool:
        if not self._orders.tickets:
            return True
        with self._guard:
            self._left -= 1
            return self._left >= 0

    def _desk(self, number: int) -> None:
        """Keys as they come; most of them mean something in the state the desk is in."""
        rng = random.Random(self._orders.seed * 1000 + 500 + number)
        keys = [(Key.NEXT, False)] * 8 + [(Key.FINISH, False)] * 4
        keys += [(Key.REPEAT, False), (Key.REPEAT, True), (Key.NEXT, True)]
        while not self._over.wait(rng.random() * self._orders.pause_ms / 1000):
            desk = self.writer.office.desks.get(number)
            waiting = desk is None or desk.state in (DeskState.CLOSED, DeskState.BREAK)
            key, long = (Key.NEXT, False) if waiting else rng.choice(keys)
            with contextlib.suppress(Refused):
                self._ask(Press(number, key, long), f"desk:{number}")
            if not self.writer.alive:
                return

    def _printing(self) -> None:
        """The printing worker by the book: commit, print, record. Left-overs of an earlier life may have come out."""
        rng = random.Random(self._orders.seed * 1000 + 999)
        with contextlib.suppress(Refused):
            for slip in self._waiting():
                if slip.queued.moment.boot != f"boot-{self._orders.life}":
                    self._ask(RecordSlip(slip.id, SlipState.UNKNOWN), "printer")
            while not self._over.is_set() or (self._orders.tickets and self._waiting()):
                self._queued.wait(0.2)
                self._queued.clear()
                for slip in self._waiting():
                    self._ask(RecordSlip(slip.id, self._print(slip, rng)), "printer")

    def _waiting(self) -> list[Slip]:
        slips = self.writer.office.slips
        return [slip for slip in slips.values() if slip.state is SlipState.QUEUED]

    def _print(self, slip: Slip, rng: random.Random) -> SlipState:
        """One job; now and then the printer falls silent in the middle of it."""
        office = self.writer.office
        if overdue(office, slip, self._now()):
            return SlipState.EXPIRED
        silent = rng.random() < 0.05
        if not silent or rng.random() < 0.5:
            ticket = office.tickets[slip.ticket]
            mark = "КОПИЯ" if slip.copy else ""
            self._witness.paper(f"{self._date()}|{ticket.series}|{ticket.number}|{slip.id}|{ticket.id}|{mark}")
        if silent:
            return SlipState.UNKNOWN
        return SlipState.PRINTED if rng.random() < 0.8 else SlipState.SENT


def live(orders: Orders, counter: socket.socket, printer: socket.socket) -> int:
    """One life; the exit status."""
    witness = Witness(counter, printer, prompt=orders.prompt)
    try:
        office = Office(orders, witness)
    except Exception as error:
        witness.tell(start_failed=f"{type(error).__name__}: {error}")
        return DIED
    witness.tell(started=office.writer.office.seq)
    return office.run()


def serve(fd: int) -> None:
    """Fork an office for each order that comes in, and report its pid and its end."""
    control = socket.socket(fileno=fd)
    while True:
        message, fds, _, _ = socket.recv_fds(control, 65536, 2)
        if not message:
            return
        pid = os.fork()
        if pid == 0:
            status = ALONE
            try:
                control.close()
                counter, printer = (socket.socket(fileno=end) for end in fds)
                raw = json.loads(message)
                for name in ("pragmas", "again"):
                    raw[name] = tuple(tuple(v) if isinstance(v, list) else v for v in raw[name])
                status = live(Orders(**raw), counter, printer)
            finally:
                os._exit(status)
        for end in fds:
            os.close(end)
        control.send(json.dumps({"pid": pid}).encode())
        _, ended = os.waitpid(pid, 0)
        control.send(json.dumps({"status": os.waitstatus_to_exitcode(ended)}).encode())


def packed(orders: Orders) -> bytes:
    """Orders as they travel to `serve`."""
    return json.dumps(asdict(orders)).encode()


if __name__ == "__main__":
    # The writer's death is what is wanted here; what else it logs is not.
    logging.getLogger("appliance.store.writer").addFilter(lambda said: said.levelno < logging.CRITICAL)
    serve(int(sys.argv[1]))
