"""An office is offline for 90 days: its disk, and the way back through a thin line.

    python -m tests.centre.ninety_days

The real rules and the real writer play 90 days of 300 visitors into a real queue.db; Litestream runs, its target is out
of reach. Then the line comes back and carries 64 kbit/s for everything together, requests of a pulse's size among it,
until the centre's mirror equals the office. At last the office works on through a line that resets 30 % of all
connections.

Scaled: a simulated day takes some seconds, so Litestream looks ten times a second and the watchdog's times are seconds
instead of minutes; bytes are what they are. The way back runs `--faster` times as fast as 64 kbit/s; its hours at 64
kbit/s are computed from the bytes and compared with the run's.
"""

from __future__ import annotations

import argparse
import logging
import socket
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from appliance.domain.identity import AdoptPlan, BeginIncarnation
from appliance.domain.message import Command, Event
from appliance.domain.moment import Now
from appliance.simulation.book import Book
from appliance.simulation.day import Day
from appliance.simulation.scene import Scene, plain_hall, popularity, true_means_s
from appliance.store.writer import QueueWriter
from sync.centre.inbox import Inbox
from sync.centre.mirror import Mirror
from sync.lag import LiveWal
from sync.litestream import Pace
from sync.replica import Patience, Replica
from sync.target import ReplicaPlace, S3Target
from sync.watchdog import Limits
from tests.centre.inbox_helpers import INCARNATION, KEY, OFFICE, keys, served
from tests.centre.thin_line import ThinLine
from tests.sync import helpers

LINE_BPS = 64_000
PULSE_BYTES, ANSWER_BYTES, PULSE_S = 700, 250, 5.0
DISK_PROMISE = 2 << 30
FIRST_DAY = date(2026, 9, 1)
SEED = 90
LIMITS = Limits(retry_s=0.5, retry_cap_s=2.0, outage_s=5.0)
PATIENCE = Patience(poll_s=0.2, retry_s=0.5, retry_cap_s=2.0, backoff_cap_s=1.0, weigh_s=2.0, slow_bps=500.0)


class WrittenBook(Book):
    """The office of a simulated day, kept by the real writer in a real queue.db."""

    writer: QueueWriter
    present: list[Now]

    def __init__(self, scene: Scene, second: float, writer: QueueWriter, present: list[Now]) -> None:
        self.writer, self.present = writer, present
        super().__init__(scene, second)

    def do(self, command: Command, actor: str) -> Sequence[Event]:
        """Ask the writer; a new day goes on in the same incarnation."""
        here = self.writer.office
        begun = (here.incarnation > 0, here.plan is not None or here.next_plan is not None)
        if (begun[0] and isinstance(command, BeginIncarnation)) or (begun[1] and isinstance(command, AdoptPlan)):
            self.office = here
            return ()
        self.present[:] = [self.now()]
        outcome = self.writer.submit(command, actor=actor).result(30)
        self.office = self.writer.office
        return [record.event for record in outcome.records]


@dataclass(slots=True)
class Office:
    """A queue.db and its writer on a virtual clock."""

    db: Path
    present: list[Now] = field(default_factory=list)

    def begin(self) -> QueueWriter:
        """Open it."""
        writer = QueueWriter(self.db, lambda: self.present[0], on_death=lambda problem: None)
        writer.start()
        return writer

    def play(self, writer: QueueWriter, number: int, visits: int) -> None:
        """One day of visitors, from the opening to the close."""
        plan = plain_hall(11, 3)
        scene = Scene(
            plan=plan,
            seed=SEED + number,
            means_s=true_means_s(plan, 900.0),
            weights=popularity(plan),
            visits=visits,
            date=FIRST_DAY + timedelta(days=number),
        )
        day = Day(scene)
        day.book = WrittenBook(scene, day.book.second, writer, self.present)
        day.play()

    def counts(self) -> tuple[int, int]:
        """Tickets issued since the first day offline, and rows of the journal."""
        # The writer is in this process: a connection of its own is safe, a file that is opened is not.
        with closing(sqlite3.connect(self.db)) as db:
            kinds = "SELECT count(*) FROM journal WHERE kind = 'TicketIssued'"
            return int(db.execute(kinds).fetchone()[0]), int(db.execute("SELECT count(*) FROM journal").fetchone()[0])


def sizes(db: Path) -> tuple[int, int, int]:
    """Bytes of the database, its WAL, and what Litestream keeps."""

    def size(path: Path) -> int:
        with suppress(OSError):
            return path.stat().st_size
        return 0

    kept = sum(size(file) for file in (db.parent / f".{db.name}-litestream").rglob("*"))
    return size(db), size(db.with_name(db.name + "-wal")), kept


def tables(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, but Litestream's own."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
        names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        found = {}
        for name in names:
            if not name.startswith(("_litestream", "sqlite_")):
                found[name] = sorted(db.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr)
        return found


class Gauge:
    """Looks all the time at how much WAL is written, and at the most that is ever on the disk."""

    def __init__(self, db: Path) -> None:
        self._db, self.peak, self.written = db, 0, 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        wal, count = LiveWal(self._db.with_name(self._db.name + "-wal")), 0
        wal.advance()
        while not self._ended.wait(0.01):
            self.written += wal.advance()
            count += 1
            if count % 50 == 0:
                self.peak = max(self.peak, sum(sizes(self._db)))

    def end(self) -> None:
        """Look no more."""
        self._ended.set()
        self._thread.join()


class Pulses:
    """Requests of a pulse's size beside the catch-up; how long each took."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._behind = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._behind.getsockname()[1])
        self.through = 0
        self.took_s: list[float] = []
        self.lost = 0
        self._ended = threading.Event()
        threading.Thread(target=self._answer, daemon=True).start()

    def begin(self, through: int) -> None:
        """Pulse through the line's port."""
        self.through = through
        threading.Thread(target=self._pulse, daemon=True).start()

    def _answer(self) -> None:
        while True:
            try:
                there, _ = self._behind.accept()
            except OSError:
                return
            threading.Thread(target=self._answer_one, args=(there,), daemon=True).start()

    @staticmethod
    def _answer_one(there: socket.socket) -> None:
        with there, suppress(OSError):
            got = 0
            while got < PULSE_BYTES:
                data = there.recv(4096)
                if not data:
                    return
                got += len(data)
            there.sendall(b"x" * ANSWER_BYTES)

    def _pulse(self) -> None:
        while not self._ended.wait(self._every_s):
            began = time.monotonic()
            try:
                with socket.create_connection(("127.0.0.1", self.through), timeout=60) as line:
                    line.sendall(b"p" * PULSE_BYTES)
                    got = 0
                    while got < ANSWER_BYTES:
                        data = line.recv(4096)
                        if not data:
                            raise ConnectionResetError
                        got += len(data)
                self.took_s.append(time.monotonic() - began)
            except OSError:
                self.lost += 1

    def end(self) -> None:
        """No more."""
        self._ended.set()
        self._behind.close()


def wait_equal(mirror: Mirror, db: Path, replica: Replica, within: float) -> str:
    """'' when the mirror has become equal; else what is wrong."""
    try:
        helpers.wait_complete(replica, within)
    except AssertionError as stuck:
        return str(stuck)[:400]
    state = mirror.bring_forward()
    if state.path is None or state.trouble:
        return f"mirror: {state.trouble} {state.detail}"
    ours, theirs = tables(db), tables(state.path)
    unlike = [name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)]
    return f"unlike: {', '.join(unlike)}" if unlike else mirror.quick_check()


def megabytes(size: float) -> str:
    """`12.3 MB`."""
    return f"{size / 1e6:.1f} MB"


def run(home: Path, days: int, visits: int, faster: float) -> bool:
    """Everything; prints the figures as they come."""
    office = Office(home / "office" / "queue.db")
    office.db.parent.mkdir()
    (home / "secret").write_text(KEY.secret)
    inbox = Inbox(home / "centre", keys())
    mirror = Mirror(home / "mirrors", inbox, OFFICE, INCARNATION)
    pulses = Pulses(PULSE_S / faster)
    good = True
    with served(inbox) as port:
        line = ThinLine([port, pulses.port], 0)
        target = S3Target(f"http://127.0.0.1:{line.ports[0]}", "offices", KEY.key_id, home / "secret")
        place = ReplicaPlace(target, OFFICE, INCARNATION)
        pace = Pace(sync_s=0.1)
        replica = Replica(office.db, place, home / "work", pace=pace, patience=PATIENCE, limits=LIMITS)
        writer = office.begin()
        try:
            line.up()
            replica.start()
            office.play(writer, 0, visits)
            wrong = wait_equal(mirror, office.db, replica, 60)
            print(f"day 0 online: {wrong or 'mirror equal'}", flush=True)
            good &= not wrong

            line.down()
            gauge, began = Gauge(office.db), time.monotonic()
            for number in range(1, days + 1):
                office.play(writer, number, visits)
            gauge.end()
            state, peak = replica.state(), gauge.peak
            db, wal, kept = sizes(office.db)
            tickets, rows = office.counts()
            print(f"{days} days offline in {time.monotonic() - began:.0f} s: {tickets} visitors, {rows} journal rows")
            print(f"  {megabytes(gauge.written)} of WAL was written: {megabytes(gauge.written / days)} a day")
            print(f"  queue.db {megabytes(db)}, WAL {megabytes(wal)}, kept by Litestream {megabytes(kept)}")
            print(f"  most of the disk ever used: {megabytes(peak)} (promise: {megabytes(DISK_PROMISE)})")
            print(f"  the watchdog: {state.renewed} new generations, last: {state.last_step} ({state.last_reason})")
            good &= peak < DISK_PROMISE

            carried, began = line.there.carried, time.monotonic()
            line.pace(LINE_BPS * faster)
            line.up()
            pulses.begin(line.ports[1])
            wrong = wait_equal(mirror, office.db, replica, 1200)
            took = time.monotonic() - began
            pulses.end()
            sent = line.there.carried - carried
            computed_h, run_h = sent * 8 / LINE_BPS / 3600, took * faster / 3600
            print(f"catch-up at 64 kbit/s: {megabytes(sent)} sent, {computed_h * 60:.1f} min by bytes", flush=True)
            really = f"{took:.1f} s, which is {run_h * 60:.1f} min"
            print(f"  the run, {faster:g} times as fast: {really}: {wrong or 'mirror equal'}")
            latencies = sorted(pulses.took_s) or [float("nan")]
            middle, worst = latencies[len(latencies) // 2] * faster, latencies[-1] * faster
            took_s = f"p50 {middle:.1f} s, longest {worst:.1f} s"
            print(f"  {len(pulses.took_s)} pulses beside it: {took_s}, {pulses.lost} lost")
            good &= not wrong and bool(pulses.took_s) and run_h < 2 * computed_h + 0.05

            line.resets = 0.3
            line.pace(LINE_BPS * faster * 4)
            broken = line.broken
            replica.fresh_snapshot()
            for number in range(days + 1, days + 3):
                office.play(writer, number, visits)
            wrong = wait_equal(mirror, office.db, replica, 300)
            counted = f"{line.broken - broken} of {line.connections} connections reset"
            print(f"30 % of connections reset, a fresh snapshot and two days: {counted}; {wrong or 'mirror equal'}")
            good &= not wrong and line.broken > broken
        finally:
            replica.stop()
            writer.stop()
            line.close()
    return good


def main() -> int:
    """Run it and print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--visits", type=int, default=300)
    parser.add_argument("--faster", type=float, default=32.0)
    wanted = parser.parse_args()
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="talon-ninety-") as folder:
        good = run(Path(folder), wanted.days, wanted.visits, wanted.faster)
    print("as promised" if good else "NOT AS PROMISED")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
