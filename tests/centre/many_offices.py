"""A whole centre and many offices: `python -m tests.centre.many_offices --offices 200 --seconds 120`.

The centre is the real one, in a process of its own. The offices are synthetic writers: real rules, real journals, real
databases, real pieces of their WALs put by signed requests a second after a commit, as Litestream does, a pulse every
five seconds and an open stream each; they share one process on the same machine. Told: entries and objects a second,
how long an entry takes from its commit to the centre's image and to an open wall, CPU and memory of the centre, and
what one office costs. Exits with 1 when an office's data don't arrive whole, or when p99 to the image is over 3 s.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import logging
import os
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import lz4.frame

from appliance.demo.district import DemoOffice, plan_document
from appliance.demo.network import free_port
from appliance.demo.people import Habits
from appliance.domain.days import OpenDay
from appliance.domain.desks import OpenDesk
from appliance.domain.identity import AdoptPlan, BeginIncarnation
from appliance.domain.keys import Key, Press
from appliance.domain.message import Command, Record
from appliance.domain.moment import Moment, Now
from appliance.domain.office import DeskState, Office, TicketState
from appliance.domain.plan import Plan
from appliance.domain.plans.reader import read_plan
from appliance.domain.refusal import Refused
from appliance.domain.rules import decide, evolve
from appliance.domain.tickets import TakeTicket
from appliance.store import changes, database, journal
from appliance.workers.public_calendar import CalendarSource
from sync.centre.centre import Centre
from sync.centre.config import read_centre_config
from sync.centre.inbox.names import Kind, Lineage, ObjectName
from sync.centre.inbox.signature import SignedRequest, authorization
from sync.centre.offices import OfficeEntry
from sync.device_keys import DeviceKeyFiles
from sync.pulse import Pulse
from sync.signing import PrivateKey, make_key, sign_request
from tests.centre.wall_client import WallClient

SYNC_S = 1.0
PULSE_S = 5.0
P99_S = 3.0
LATE_S = 61.0
PAGE = 1024
RUNNER = [sys.executable, "-m", "appliance"]
HALL = DemoOffice("x", "Синтетическая", 4, 1, Habits())


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass
class Writer:
    """One office: the rules, a database in WAL mode, and how much of the WAL has been put."""

    office: str
    path: Path
    plan: Plan
    state: Office = field(default_factory=Office)
    chain: bytes = b"\0" * 32
    sent: int = 0
    dirty_since: float | None = None

    def __post_init__(self) -> None:
        self.db = database.connect(self.path)
        # The measured disk is the centre's: a synthetic office needn't survive a power cut.
        self.db.execute("PRAGMA synchronous = OFF")
        self.db.execute("PRAGMA wal_autocheckpoint = 0")
        self.plans: dict[str, Plan] = {self.plan.digest: self.plan}
        self.life = hashlib.sha256(self.office.encode()).hexdigest()[:8]
        self.do(BeginIncarnation(self.office, self.life))
        self.do(AdoptPlan(self.plan))
        self.do(OpenDay())
        for desk in range(1, HALL.desks + 1):
            self.do(OpenDesk(desk))
        self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.dirty_since = None

    @property
    def incarnation(self) -> str:
        return f"0001-{self.life}"

    def now(self) -> Now:
        at = now_ms()
        return Now(Moment(at, True, "boot", at), datetime.now(ZoneInfo(self.plan.timezone)).replace(tzinfo=None))

    def do(self, command: Command, actor: str = "test") -> bool:
        """One command as the office's writer does it; False when the rules say no or nothing follows."""
        now = self.now()
        try:
            events = decide(self.state, command, now)
        except Refused:
            return False
        if not events:
            return False
        self.db.execute("BEGIN IMMEDIATE")
        dirty: changes.Changes = {}
        for event in events:
            record = Record(self.state.seq + 1, now.moment, actor, event)
            row = journal.row_of(record, self.chain)
            self.db.execute(journal.INSERT, row)
            before, self.state, self.chain = self.state, evolve(self.state, record, self.plans.__getitem__), row[-1]
            changes.note(dirty, before, self.state, record)
            digest = getattr(event, "digest", None)
            if digest is not None:
                self.db.execute(
                    "INSERT INTO plan (digest, version, document) VALUES (?, ?, ?)",
                    (digest, self.plan.version, self.plan.document),
                )
        changes.write(self.db, dirty)
        self.db.execute("COMMIT")
        if self.dirty_since is None:
            self.dirty_since = time.monotonic()
        return True

    def live(self, chance: random.Random) -> bool:
        """What happens next in the hall: a visitor, or a key at some desk."""
        waiting = sum(t.state is TicketState.WAITING for t in self.state.tickets.values())
        if waiting < 3 or chance.random() < 0.2:
            return self.do(TakeTicket(chance.choice(list(self.plan.services)), paper=False), "kiosk")
        desk = chance.choice([d for d in self.state.desks.values() if d.number <= HALL.desks])
        key = Key.FINISH if desk.state in (DeskState.CALLED, DeskState.SERVING) else Key.NEXT
        return self.do(Press(desk.number, key), f"desk:{desk.number}")

    def snapshot(self) -> bytes:
        """The database file, before anything of the WAL was put."""
        return lz4.frame.compress(self.path.read_bytes())

    def piece(self) -> tuple[int, bytes] | None:
        """What of the WAL has not been put: its offset and its bytes."""
        with self.path.with_name(self.path.name + "-wal").open("rb") as wal:
            wal.seek(self.sent)
            fresh = wal.read()
        if not fresh:
            return None
        offset, self.sent, self.dirty_since = self.sent, self.sent + len(fresh), None
        return offset, lz4.frame.compress(fresh)


@dataclass
class Device:
    """The keys of one synthetic office's box, and its connections."""

    id: str
    key_id: str
    secret: str
    key: PrivateKey
    writer: Writer
    port: int
    objects: int = 0
    count: int = 0
    puts: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    pulses: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def put(self, kind: Kind, offset: int, body: bytes) -> None:
        """Put one object and wait for the answer."""
        lineage = Lineage(self.writer.office, self.writer.incarnation, "queue")
        name = ObjectName(lineage, "00000000000000a1", kind, 0, offset)
        path = f"/offices/{name}"
        date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        headers = {
            "host": f"127.0.0.1:{self.port}",
            "x-amz-date": date,
            "x-amz-content-sha256": hashlib.sha256(body).hexdigest(),
        }
        headers["authorization"] = authorization(
            SignedRequest("PUT", path, "", headers), self.key_id, self.secret, date
        )
        headers["content-length"] = str(len(body))
        head = f"PUT {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items()) + "\r\n"
        if self.puts is None:
            self.puts = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.puts
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in answer.split(b"\r\n", 1)[0]:
            raise RuntimeError(answer.decode())
        self.objects += 1

    async def pulse(self) -> None:
        """One signed pulse."""
        self.count += 1
        writer = self.writer
        found = Pulse(
            writer.office,
            writer.incarnation,
            "s",
            self.count,
            now_ms(),
            writer.state.seq,
            writer.chain.hex(),
            clock_offset_ms=0,
            versions={"talon": "0.1.0", "litestream": "0.3.13"},
            replica={"condition": "running", "lag_s": 0.4, "lag_bytes": 0},
            health={"disk_free_mb": 20000},
        )
        body = found.to_json().encode()
        target = "/link/v1/pulse"
        header = sign_request(self.key, self.id, "POST", target, body, now_ms())
        told = f"Host: 127.0.0.1\r\nContent-Length: {len(body)}\r\nAuthorization: {header}"
        head = f"POST {target} HTTP/1.1\r\n{told}\r\n\r\n"
        if self.pulses is None:
            self.pulses = await asyncio.open_connection("127.0.0.1", self.port)
        reader, out = self.pulses
        out.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        if b" 200 " not in answer.partition(b"\r\n")[0]:
            raise RuntimeError(answer.decode())

    async def stream(self) -> None:
        """The open stream of directives."""
        reader, out = await asyncio.open_connection("127.0.0.1", self.port)
        target = "/link/v1/directives?after=0&session=s"
        header = sign_request(self.key, self.id, "GET", target, b"", now_ms())
        out.write(
            f"GET {target} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nAuthorization: {header}\r\n\r\n".encode()
        )
        while await reader.readline():
            pass


def prepare(folder: Path, offices: int) -> tuple[Path, list[Device], str]:
    """The centre's folder with every office enrolled, the offices' databases, the administrator's code."""
    home = folder / "centre"
    home.mkdir()
    config = home / "centre.toml"
    config.write_text(
        "schema = 1\n"
        f"[pages]\nport = {free_port()}\n[devices]\nport = {free_port()}\ntls = false\n"
        f"[enrolment]\nport = {free_port()}\ntls = false\n"
    )
    read = read_centre_config(config)
    centre = Centre(read, CalendarSource)
    box = DeviceKeyFiles(folder / "box")
    box.ensure()
    csr, devices = box.request("synthetic"), []
    text = plan_document(HALL)
    for number in range(offices):
        name = f"syn-{number:04d}"
        centre.offices.put(OfficeEntry(name, f"Офис {number + 1}"))
        (folder / name).mkdir()
        writer = Writer(name, folder / name / "queue.db", read_plan(text.replace('office = "x"', f'office = "{name}"')))
        key, secret = make_key(), hashlib.sha256(name.encode()).hexdigest()
        with centre.store.write() as session:
            device = centre.keys.add(session, name, key.public, csr, secret, "{}")
        centre.keys.forget()
        centre.keys.confirm(device, 1)
        centre.keys.bind(device, writer.incarnation)
        known = centre.keys.get(device)
        assert known is not None
        devices.append(Device(device, known.sets[0].s3_key_id, secret, key, writer, read.devices.port))
        if number % 100 == 99:
            print(f"... {number + 1} offices enrolled", file=sys.stderr, flush=True)
    code = centre.people.ensure_admin() or ""
    centre.store.close()
    return config, devices, code


async def day(devices: list[Device], seconds: float, rate: float) -> int:
    """Let the halls live for so long; how many acts there were."""
    chance = random.Random(1)
    acts = 0

    async def replicate(device: Device) -> None:
        await device.put(Kind.SNAPSHOT, 0, device.writer.snapshot())
        while True:
            since = device.writer.dirty_since
            await asyncio.sleep(
                0.05 if since is None else max(0.0, since + SYNC_S * chance.random() - time.monotonic())
            )
            if device.writer.dirty_since is not None:
                found = device.writer.piece()
                if found is not None:
                    await device.put(Kind.WAL, *found)
            await asyncio.sleep(0.2)

    async def beat(device: Device) -> None:
        await asyncio.sleep(PULSE_S * chance.random())
        while True:
            began = time.monotonic()
            await device.pulse()
            await asyncio.sleep(max(0.0, PULSE_S - (time.monotonic() - began)))

    tasks = []
    for device in devices:
        tasks += [asyncio.create_task(one(device)) for one in (replicate, beat)]
        tasks.append(asyncio.create_task(device.stream()))
        await asyncio.sleep(0.01)
    print("... every office has its snapshot at the centre", file=sys.stderr, flush=True)
    until, next_act = time.monotonic() + seconds, time.monotonic()
    while time.monotonic() < until:
        next_act += chance.expovariate(rate * len(devices))
        await asyncio.sleep(max(0.0, next_act - time.monotonic()))
        acts += chance.choice(devices).writer.live(chance)
    await asyncio.sleep(SYNC_S + 4)
    for task in tasks:
        if task.done() and task.exception() is not None:
            raise task.exception()  # type: ignore[misc]
        task.cancel()
    return acts


def metrics(port: int) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if line and line[0] != "#"}


def resident_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


def whole(home: Path, devices: list[Device]) -> list[str]:
    """The offices whose facts at the centre don't end where their journal does."""
    with sqlite3.connect(f"file:{home / 'data' / 'centre.db'}?mode=ro", uri=True) as db:
        heads = {office: (seq, chain) for office, seq, chain in db.execute("SELECT office, seq, chain FROM fact_head")}
    wanted = {d.writer.office: (d.writer.state.seq, d.writer.chain) for d in devices}
    return [
        f"{name} {heads.get(name, (0,))[0]} of {seq}"
        for name, (seq, _) in wanted.items()
        if heads.get(name) != wanted[name]
    ]


def run(offices: int, seconds: float, rate: float) -> bool:
    with tempfile.TemporaryDirectory(prefix="talon-many-") as name:
        folder = Path(name)
        config, devices, code = prepare(folder, offices)
        # What the snapshots bring is older than a minute then, and no longer counts as fresh entries.
        time.sleep(LATE_S)
        read = read_centre_config(config)
        out = (folder / "centre.log").open("ab")
        centre = subprocess.Popen(
            [*RUNNER, "centre", "run", str(config)], stdout=out, stderr=out
        )
        wall = WallClient(f"http://127.0.0.1:{read.pages.port}", code)
        try:
            for _ in range(600):
                try:
                    before = metrics(read.pages.port)
                    break
                except OSError:
                    time.sleep(0.1)
            wall.start({device.writer.office: device.writer.path for device in devices})
            began = time.monotonic()
            acts = asyncio.run(day(devices, seconds, rate))
            took = time.monotonic() - began
            after = metrics(read.pages.port)
            size_mb = resident_mb(centre.pid)
            lost = whole(config.parent, devices)
        finally:
            wall.stop()
            centre.terminate()
            centre.wait(30)
        cpu = (after["process_cpu_seconds_total"] - before["process_cpu_seconds_total"]) / took
        p50, p95, p99 = (after[f'talon_centre_lag_seconds{{quantile="{q}"}}'] for q in ("0.5", "0.95", "0.99"))
        entries = after["talon_centre_entries_total"]
        puts = after["talon_inbox_puts_total"]
        print(
            f"{offices} offices, {took:.0f} s: {acts / took:.1f} acts/s, {entries / took:.1f} entries/s, "
            f"{puts / took:.1f} objects/s, {after['talon_link_pulses_total'] / took:.0f} pulses/s"
        )
        print(f"  commit to image: p50 {p50:.2f} s, p95 {p95:.2f} s, p99 {p99:.2f} s (pieces leave up to 1 s later)")
        print(f"  commit to wall:  {wall.told()}")
        print(
            f"  centre: {100 * cpu:.0f} % of a core, {size_mb:.0f} MB; an office: {1000 * cpu / offices:.2f} ms of CPU "
            f"a second; one look at all offices {1000 * after['talon_watch_cpu_seconds']:.0f} ms"
        )
        print(f"  offices whose journal isn't whole at the centre: {len(lost)} {lost[:5]}", flush=True)
        return not lost and p99 <= P99_S


def main() -> int:
    """Run and print; 0 when all is well."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--offices", type=lambda text: [int(one) for one in text.split(",")], default=[200])
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--rate", type=float, default=0.05, help="acts a second and office; a usual day has 0.04")
    options = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(65536, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
    os.nice(1)
    return 0 if min(run(offices, options.seconds, options.rate) for offices in options.offices) else 1


if __name__ == "__main__":
    raise SystemExit(main())
