"""A real centre with real offices, somebody in the middle of each line, and a witness of every office's data.

The centre runs in this process; an office is `talon office` with simulated hardware, real Litestream and real link. Its
line passes through a `Way`, by which whoever sits in the middle can say directives instead of the centre.
"""

from __future__ import annotations

import http.client
import json
import logging
import queue
import shutil
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from appliance.centre_process import CentreProcess
from appliance.config import OfficeConfig, read_config
from appliance.domain.days import OpenDay
from appliance.domain.identity import AdoptPlan
from appliance.domain.plans.reader import read_plan
from appliance.domain.tickets import TakeTicket
from appliance.enrolling import enrol_office
from appliance.replication import KeptReplica, incarnation_name
from appliance.store.reader import connect_reader
from appliance.store.writer import QueueWriter
from appliance.workers.clock import SOURCES, OfficeClock
from sync.centre.config import read_centre_config
from sync.centre.inbox import DeviceKey
from sync.centre.offices import OfficeEntry
from sync.centre.people import Role
from sync.centre.tokens import TokenKind
from sync.centre_keys import FOLDER, CentreKeys, read_centre_keys
from sync.pulse import Pulse
from sync.signing import PrivateKey, load_key, sign_request
from tests.centre.inbox_helpers import Device
from tests.sync.link_proxy import Proxy
from tests.system.offices import OfficeRun, lay_out
from tests.system.races import plan_text
from web.centre.who import COOKIE

OFFICES = ("demo", "north")
CENTRE = """schema = 1
[pages]
port = 0
[devices]
port = 0
tls = false
[enrolment]
port = 0
tls = false
"""
JOURNAL = (
    "SELECT seq, at, clock_trusted, boot_id, uptime_ms, actor, kind, version, body, chain FROM journal ORDER BY seq"
)
SETTLE_S = 60.0
KEEPALIVE_S = 5.0

Rows = Sequence[tuple[Any, ...]]
Tables = dict[str, Rows]


def now_ms() -> int:
    """UTC milliseconds."""
    return time.time_ns() // 1_000_000


def until(found: Callable[[], Any], seconds: float, what: str) -> Any:
    """What `found` gives as soon as it is something, or fail naming it."""
    end = time.monotonic() + seconds
    while not (value := found()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.05)
    return value


class Way(Proxy):
    """The line of the offices. The stream of directives of the device `seized` says what `say` gives it and no more."""

    def __init__(self, port: int) -> None:
        self.seized = ""
        self.listening = 0
        self._said: queue.Queue[str] = queue.Queue()
        super().__init__(port)

    def say(self, *texts: str) -> None:
        """Send these as directives, one behind the other."""
        for text in texts:
            self._said.put(f"event: directive\ndata: {text}\n\n")

    @contextmanager
    def in_the_middle(self, device: str) -> Iterator[Way]:
        """This device's stream is not the centre's until the end of the block."""
        self.seized = device
        self.cut()
        until(lambda: self.listening, 60, "the office listens to whoever is in the middle")
        try:
            yield self
        finally:
            self.seized = ""
            self.cut()

    def _pass(self, near: socket.socket, far: socket.socket) -> None:
        if not self.seized:
            super()._pass(near, far)
            return
        with suppress(OSError):
            head = near.recv(1 << 16, socket.MSG_PEEK)
            if b"text/event-stream" not in head or f"key={self.seized}".encode() not in head:
                super()._pass(near, far)
                return
            near.recv(1 << 16)
            near.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n: talon\n\n")
            self.listening += 1
            try:
                self._stream(near)
            finally:
                self.listening -= 1
        self._end(near, far)

    def _stream(self, near: socket.socket) -> None:
        near.settimeout(0.05)
        said_at = time.monotonic()
        while self.seized:
            with suppress(queue.Empty):
                near.sendall(self._said.get_nowait().encode())
            if time.monotonic() - said_at > KEEPALIVE_S:
                said_at = time.monotonic()
                near.sendall(b":\n\n")
            try:
                if not near.recv(1):
                    return
            except TimeoutError:
                continue


@dataclass
class Card:
    """One card of an office: its folder, its keys, and its running process if it runs."""

    office: str
    config_file: Path
    run: OfficeRun | LightRun | None = None

    @property
    def config(self) -> OfficeConfig:
        """What its office.toml says."""
        return read_config(self.config_file)

    @property
    def keys(self) -> CentreKeys:
        """What it holds of the centre's."""
        found = read_centre_keys(self.config.data)
        assert found is not None
        return found

    @property
    def key(self) -> PrivateKey:
        """The key that signs its requests."""
        return load_key(self.keys.signing_key)

    @property
    def s3(self) -> DeviceKey:
        """Its S3 key, secret and all: what a thief of the card has."""
        keys = self.keys
        return DeviceKey(keys.s3_key_id, keys.s3_secret.read_text("ascii").strip(), keys.office, keys.incarnation)

    @property
    def own(self) -> str:
        """The prefix of its replica."""
        return f"{self.office}/{self.keys.incarnation}"

    def start(self) -> Card:
        """Power on."""
        self.run = office = OfficeRun(self.config_file)
        office.wait_ready()
        return self

    def stop(self) -> None:
        """Power off, politely."""
        if self.run is not None:
            self.run.stop()
            self.run = None

    def ticket(self) -> None:
        """A visitor takes a number."""
        if isinstance(self.run, LightRun):
            self.run.ticket()
            return
        assert self.run is not None
        status, told = self.run.ask("POST", "/api/v1/tickets", {"service": "s0", "paper": False})
        assert status == 201, told

    def journal(self) -> Rows:
        """Its own journal."""
        with closing(connect_reader(self.config.queue_db)) as db:
            return [tuple(row) for row in db.execute(JOURNAL)]

    def tables(self) -> Tables:
        """Everything in its queue.db."""
        with closing(connect_reader(self.config.queue_db)) as db:
            return tables_of(db)


class LightRun:
    """A card's writer and its Litestream without the rest of the office."""

    def __init__(self, config: OfficeConfig) -> None:
        clock = OfficeClock(SOURCES["trusted"])
        self._writer = QueueWriter(config.queue_db, clock.now, on_death=lambda _: None)
        self._writer.start()
        clock.use_plan(self._writer.office)
        self._replica = KeptReplica(config, incarnation_name(self._writer.office))
        self._replica.start()

    def ticket(self) -> None:
        """A visitor takes a number."""
        self._writer.submit(TakeTicket("s0"), actor="test").result(20)

    def stop(self) -> None:
        """Power off."""
        self._replica.stop()
        self._writer.stop()


def tables_of(db: sqlite3.Connection) -> Tables:
    """Every table of the queue at one moment, without Litestream's own."""
    db.execute("BEGIN")
    names = [
        str(name)
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
        if not str(name).startswith(("_litestream", "sqlite_"))
    ]
    found = {name: [tuple(row) for row in db.execute(f"SELECT * FROM {name} ORDER BY 1, 2")] for name in names}
    db.execute("ROLLBACK")
    return found


class Scene:
    """The centre, and the cards by office. `close` ends all."""

    def __init__(self, folder: Path, offices: Sequence[str] = OFFICES, *, interval_ms: int = 200) -> None:
        self.folder, self._interval_ms = folder, interval_ms
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "centre.toml"
        config.write_text(CENTRE, encoding="utf-8")
        self.process = CentreProcess(read_centre_config(config))
        self.centre = self.process.centre
        for office in offices:
            self.centre.offices.put(OfficeEntry(office, office))
        self.process.start()
        addresses = self.centre.addresses
        self.devices_port = int(addresses.urls[0].rpartition(":")[2])
        self.enrol_url = addresses.enrol_url
        self._cookie = ""
        # Whatever an office learns later of the centre's address, it is this one.
        self.way = Way(self.devices_port)
        addresses.urls = (f"http://127.0.0.1:{self.way.port}",)
        self.cards: dict[str, Card] = {}
        self.extra: list[Card] = []
        for office in offices:
            self.cards[office] = self.enrolled(office, folder / office, TokenKind.NEW)

    def lay_out(self, office: str, folder: Path) -> Card:
        """A flashed card that knows nothing yet."""
        plan = plan_text().replace('office = "demo"', f'office = "{office}"')
        config = lay_out(folder, plan=plan)
        text = config.read_text(encoding="utf-8").replace('kind = "folder"', 'kind = "centre"')
        text = text.replace('office = "demo"', f'office = "{office}"')
        config.write_text(text.replace("interval_ms = 200", f"interval_ms = {self._interval_ms}"), encoding="utf-8")
        return Card(office, config)

    def enrolled(self, office: str, folder: Path, kind: TokenKind) -> Card:
        """A card with keys of its own and an open day. Raises what `enrol_office` raises."""
        card = self.lay_out(office, folder)
        self.enrol(card, self.centre.enrolling.issue_token(office, kind, "test"))
        if kind is TokenKind.NEW:
            _open_day(card.config, office)
        return card

    def enrol(self, card: Card, token: str) -> None:
        """What `talon enrol` does."""
        clock = OfficeClock(SOURCES["trusted"])
        enrol_office(card.config, self.enrol_url, token, clock, lambda code, facts: logging.info("%s %s", code, facts))

    def start(self, *offices: str) -> None:
        """Power on, and wait until the centre has their data and they listen."""
        for office in offices:
            self.cards[office].start()
        for office in offices:
            until(lambda office=office: office in self.centre.link.connected(), 60, f"{office} listens")
            self.settled(office)

    def start_light(self, *offices: str) -> None:
        """The same without the office's own process: a writer, Litestream, and one pulse."""
        for office in offices:
            card = self.cards[office]
            card.run = LightRun(card.config)
            self.settled(office)
            seq, *_, chain = card.journal()[-1]
            ours = Pulse(office, card.keys.incarnation, "own", 1, now_ms(), seq, chain.hex())
            body = ours.to_json().encode()
            status, told = self.signed(card.key, card.keys.device, "POST", "/link/v1/pulse", body)()
            assert status == 200, told

    def close(self) -> None:
        """End everything."""
        for card in (*self.cards.values(), *self.extra):
            card.stop()
        self.way.close()
        self.process.close()

    # What an attacker does.

    def s3(self, key: DeviceKey) -> Device:
        """Somebody with this S3 key."""
        return Device(self.devices_port, key)

    def signed(
        self, key: PrivateKey, device: str, method: str, target: str, body: bytes = b"", at_ms: int | None = None
    ) -> Callable[[], tuple[int, dict[str, Any]]]:
        """A signed request to the link, ready to be sent, more than once if somebody likes."""
        header = sign_request(key, device, method, target, body, now_ms() if at_ms is None else at_ms)
        return lambda: self.asked(self.devices_port, method, target, body, header)

    def asked(
        self, port: int, method: str, target: str, body: bytes = b"", authorization: str = ""
    ) -> tuple[int, dict[str, Any]]:
        """Status and JSON of one request."""
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            connection.request(method, target, body or None, {"Authorization": authorization} if authorization else {})
            answer = connection.getresponse()
            raw = answer.read()
        try:
            found = json.loads(raw)
        except ValueError:
            found = {}
        return answer.status, found if isinstance(found, dict) else {}

    # What is known.

    def facts(self, office: str) -> Rows:
        """The office's facts at the centre."""
        history = self.centre.facts.history(office)
        return [tuple(row) for row in history.between(1, 2**62, 1_000_000)]

    def mirror(self, office: str) -> Tables:
        """Its mirror, as anyone may open it."""
        image = self.centre.network.image(office)
        path = self.process.config.mirrors / office / (image.incarnation if image is not None else "-") / "queue.db"
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            return tables_of(db)

    def settled(self, office: str, seconds: float = SETTLE_S) -> float:
        """Wait until mirror and facts equal the office's own database, row by row; the seconds it took."""
        began = time.monotonic()

        def equal() -> bool:
            with suppress(sqlite3.Error):
                own = self.cards[office].tables()
                return self.mirror(office) == own and list(self.facts(office)) == own_journal(own)
            return False

        until(equal, seconds, f"the mirror and the facts of {office} equal its database")
        return time.monotonic() - began

    def doubts(self, office: str) -> dict[str, str]:
        """The doubts of an office: key to reason."""
        return {key: one.reason for key, one in self.centre.network.doubts(office).items()}

    def no_doubts(self, office: str) -> None:
        """Take doubts away that a person would, so that the next attack's show."""
        self.centre.network.clear(office, *self.doubts(office))

    def pulse(self, office: str) -> Any:
        """The newest pulse that was believed."""
        image = self.centre.network.image(office)
        return None if image is None else image.pulse

    def forged(self, office: str) -> tuple[int, str]:
        """How many forgeries the office has told of, and the last one's code."""
        pulse = self.pulse(office)
        health = {} if pulse is None else pulse.health
        return int(health.get("forged", 0)), str(health.get("forgery", ""))

    def page(self, path: str) -> int:
        """The status of a page, as an administrator sees it."""
        if not self._cookie:
            _, code = self.centre.people.add("hostile", Role.ADMIN)
            self._cookie = f"{COOKIE}={self.centre.people.sign_in('hostile', code, '127.0.0.1').token}"
        port = int(self.process.pages_url.rpartition(":")[2])
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            connection.request("GET", path, headers={"Cookie": self._cookie})
            return connection.getresponse().status

    def copy_of(self, card: Card, folder: Path, *, database: bool) -> Card:
        """A second card with the same keys: a copy of everything, or (`database` False) flashed anew with them."""
        copied = self.lay_out(card.office, folder)
        data = copied.config.data
        shutil.copytree(card.config.data / FOLDER, data / FOLDER)
        if database:
            with (
                closing(connect_reader(card.config.queue_db)) as db,
                closing(sqlite3.connect(data / "queue.db")) as new,
            ):
                db.backup(new)
        return copied


def own_journal(tables: Tables) -> list[tuple[Any, ...]]:
    """The journal of these tables, as facts have it."""
    return [tuple(row) for row in tables["journal"]]


def _open_day(config: OfficeConfig, office: str) -> None:
    clock = OfficeClock(SOURCES["trusted"])
    writer = QueueWriter(config.queue_db, clock.now, on_death=lambda _: None)
    writer.start()
    plan = read_plan(plan_text().replace('office = "demo"', f'office = "{office}"'))
    writer.submit(AdoptPlan(plan), actor="test").result(20)
    clock.use_plan(writer.office)
    writer.submit(OpenDay(), actor="test").result(20)
    writer.stop()


def another(key: DeviceKey, **changed: Any) -> DeviceKey:
    """The same key with something else in it."""
    return replace(key, **changed)
