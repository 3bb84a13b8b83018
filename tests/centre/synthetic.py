"""Synthetic offices: the real rules, real journals, real pieces of a real WAL and signed requests, cheap to drive."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import lz4.frame

from appliance.demo.district import DemoOffice
from appliance.demo.people import Habits
from appliance.domain.days import OpenDay
from appliance.domain.desks import OpenDesk
from appliance.domain.identity import AdoptPlan, BeginIncarnation
from appliance.domain.keys import Key, Press
from appliance.domain.message import Command, Record
from appliance.domain.moment import Moment, Now
from appliance.domain.office import DeskState, Office, TicketState
from appliance.domain.plan import Plan
from appliance.domain.refusal import Refused
from appliance.domain.rules import decide, evolve
from appliance.domain.tickets import TakeTicket
from appliance.store import changes, database, journal
from sync.centre.inbox.names import Kind, Lineage, ObjectName
from sync.centre.inbox.signature import SignedRequest, authorization
from sync.pulse import Pulse
from sync.signing import PrivateKey, sign_request

SYNC_S = 1.0
"""A piece leaves that much after its first commit at the latest, as Litestream's do."""

PULSE_S = 5.0
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

    def __post_init__(self) -> None:
        self.zone = ZoneInfo(self.plan.timezone)
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
        # A snapshot counts once its first piece has come: there is one from the beginning.
        self.do(TakeTicket(next(iter(self.plan.services)), paper=False), "kiosk")

    @property
    def incarnation(self) -> str:
        return f"0001-{self.life}"

    def now(self) -> Now:
        at = now_ms()
        return Now(Moment(at, True, "boot", at), datetime.now(self.zone).replace(tzinfo=None))

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
        offset, self.sent = self.sent, self.sent + len(fresh)
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
    every_s: float = PULSE_S
    count: int = 0
    late_s: float = 0.0
    due: bool = False
    puts: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    pulses: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    sending: asyncio.Lock = field(default_factory=asyncio.Lock)

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
        try:
            answer = await self._ask_to_put(head.encode() + body)
        except (ConnectionError, asyncio.IncompleteReadError):
            # The centre hangs up on who is silent for a minute, perhaps at this very moment.
            self.puts = None
            answer = await self._ask_to_put(head.encode() + body)
        if b" 200 " not in answer.split(b"\r\n", 1)[0]:
            raise RuntimeError(answer.decode())

    async def _ask_to_put(self, request: bytes) -> bytes:
        if self.puts is None or self.puts[0].at_eof():
            self.puts = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.puts
        writer.write(request)
        return await reader.readuntil(b"\r\n\r\n")

    async def begin(self) -> None:
        """The snapshot, and the first piece after it."""
        await self.put(Kind.SNAPSHOT, 0, self.writer.snapshot())
        await self.send()

    async def send(self) -> None:
        """What has been committed since the last piece."""
        found = self.writer.piece()
        if found is not None:
            await self.put(Kind.WAL, *found)

    async def send_later(self, wait_s: float) -> None:
        """The next piece: some time within Litestream's interval, with everything that was committed by then."""
        await asyncio.sleep(wait_s)
        self.due = False
        async with self.sending:
            await self.send()

    async def beat(self, first_s: float) -> None:
        """Pulses for ever, as often as the centre says."""
        await asyncio.sleep(first_s)
        while True:
            began = time.monotonic()
            answer = await self.pulse()
            self.late_s = max(self.late_s, time.monotonic() - began)
            wanted = answer.get("pulse_s")
            self.every_s = float(wanted) if isinstance(wanted, int | float) else PULSE_S
            await asyncio.sleep(max(0.0, self.every_s - (time.monotonic() - began)))

    async def pulse(self) -> dict[str, object]:
        """One signed pulse; what the centre answers."""
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
        fields = f"Host: 127.0.0.1\r\nContent-Length: {len(body)}\r\nAuthorization: {header}"
        head = f"POST {target} HTTP/1.1\r\n{fields}\r\n\r\n"
        if self.pulses is None or self.pulses[0].at_eof():
            self.pulses = await asyncio.open_connection("127.0.0.1", self.port)
        reader, out = self.pulses
        out.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        told: dict[str, object] = json.loads(await reader.readexactly(length))
        if b" 200 " not in answer.partition(b"\r\n")[0]:
            raise RuntimeError(answer.decode())
        return told

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
