"""A centre's inbox on loopback, a device that signs what it sends, and a database whose WAL is cut into pieces."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode

import lz4.frame
import uvicorn

from sync.centre.inbox import BUCKET, DeviceKey, Inbox, StaticKeys, inbox_app
from sync.centre.inbox.names import Kind, Lineage, ObjectName
from sync.centre.inbox.signature import SignedRequest, authorization

OFFICE, INCARNATION = "office-17", "0001-a1b2c3d4"
KEY = DeviceKey("key-17", "secret-of-17", OFFICE, INCARNATION)
NEIGHBOUR = DeviceKey("key-18", "secret-of-18", "office-18", "0001-ffff0000")
LINEAGE = Lineage(OFFICE, INCARNATION, "queue")
GENERATION = "00000000000000a1"
AGE_HEADER = b"age-encryption.org/v1\n-> X25519 test\n"


def keys() -> StaticKeys:
    return StaticKeys([KEY, NEIGHBOUR])


@contextlib.contextmanager
def served(inbox: Inbox) -> Iterator[int]:
    """The inbox behind a real server; the port."""
    config = uvicorn.Config(
        inbox_app(inbox), host="127.0.0.1", port=0, log_level="warning", lifespan="off", timeout_keep_alive=120
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not server.started and time.monotonic() < until:
        time.sleep(0.005)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(20)


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def code(self) -> str:
        """The S3 code of a refusal, '' when there is none."""
        text = self.body.decode("utf-8", "replace")
        return text.split("<Code>")[1].split("</Code>")[0] if "<Code>" in text else ""


@dataclass
class Device:
    """Sends signed requests over one connection."""

    port: int
    key: DeviceKey = KEY
    clock_s: float = 0.0
    connection: http.client.HTTPConnection | None = None

    def send(
        self,
        method: str,
        key: str,
        body: bytes = b"",
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        sha256: str | None = None,
    ) -> Answer:
        """`sha256` overrides what is signed of the body."""
        path = f"/{BUCKET}/{quote(key)}" if key else f"/{BUCKET}"
        text = urlencode(query or {}, quote_via=quote)
        date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() + self.clock_s))
        own = {
            "host": f"127.0.0.1:{self.port}",
            "x-amz-date": date,
            "x-amz-content-sha256": hashlib.sha256(body).hexdigest() if sha256 is None else sha256,
        }
        own["authorization"] = authorization(
            SignedRequest(method, path, text, own), self.key.key_id, self.key.secret, date
        )
        own["content-length"] = str(len(body))
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        self.connection.request(method, f"{path}?{text}" if text else path, body, own | (headers or {}))
        response = self.connection.getresponse()
        answer = Answer(response.status, response.read(), {k.lower(): v for k, v in response.getheaders()})
        if answer.headers.get("connection") == "close":
            self.close()
        return answer

    def put(self, name: ObjectName | str, body: bytes) -> Answer:
        return self.send("PUT", str(name), body)

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def packed(raw: bytes) -> bytes:
    """As Litestream packs: one frame, blocks and contents with checksums."""
    return lz4.frame.compress(raw, content_checksum=True, block_checksum=False, store_size=False)


@dataclass
class Source:
    """An office's database whose WAL is cut into pieces as Litestream 0.3 does, but when a test says so."""

    path: Path
    lineage: Lineage = LINEAGE
    generation: str = GENERATION
    index: int = 0
    offset: int = 0
    connection: sqlite3.Connection = field(init=False)
    reader: sqlite3.Connection | None = None

    def __post_init__(self) -> None:
        self.connection = sqlite3.connect(self.path, isolation_level=None)
        for pragma in ("page_size = 1024", "journal_mode = WAL", "synchronous = OFF", "wal_autocheckpoint = 0"):
            self.connection.execute(f"PRAGMA {pragma}")
        self.connection.execute("CREATE TABLE IF NOT EXISTS slip (id INTEGER PRIMARY KEY, body BLOB) STRICT")
        self.connection.execute("CREATE INDEX IF NOT EXISTS slip_body ON slip (body)")
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def write(self, rows: int = 1, size: int = 200) -> None:
        """One transaction."""
        self.connection.execute("BEGIN")
        for _ in range(rows):
            self.connection.execute("INSERT INTO slip (body) VALUES (randomblob(?))", (size,))
            self.connection.execute("UPDATE slip SET body = randomblob(?) WHERE id = 1 + abs(random()) % 7", (size,))
        self.connection.execute("COMMIT")
        self.hold()

    def hold(self) -> None:
        """Keep a read transaction, as Litestream does: else a checkpoint lets the WAL begin again by itself."""
        self.let_go()
        self.reader = sqlite3.connect(self.path, isolation_level=None)
        self.reader.execute("BEGIN")
        self.reader.execute("SELECT count(*) FROM slip").fetchone()

    def let_go(self) -> None:
        if self.reader is not None:
            self.reader.close()
            self.reader = None

    def drop_some(self) -> None:
        """A transaction that frees pages, and a file that shrinks."""
        self.connection.execute("DELETE FROM slip WHERE id % 3 = 0")
        self.connection.execute("VACUUM")
        self.hold()

    def piece(self) -> tuple[ObjectName, bytes] | None:
        """What the WAL has grown by since the last one."""
        wal = self.path.with_name(self.path.name + "-wal")
        raw = wal.read_bytes()[self.offset :] if wal.exists() else b""
        if not raw:
            return None
        name = ObjectName(self.lineage, self.generation, Kind.WAL, self.index, self.offset)
        self.offset += len(raw)
        return name, self._stored(raw)

    def snapshot(self) -> tuple[ObjectName, bytes]:
        """The database file as it lies there."""
        name = ObjectName(self.lineage, self.generation, Kind.SNAPSHOT, self.index)
        return name, self._stored(self.path.read_bytes())

    def _stored(self, raw: bytes) -> bytes:
        """What lies at the centre: personal data as if they were sealed, with their bytes to be found."""
        return AGE_HEADER + raw if self.lineage.database == "personal" else packed(raw)

    def next_index(self) -> None:
        """Checkpoint; the WAL begins again. What wasn't cut before is lost to the pieces."""
        self.let_go()
        assert self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
        self.index, self.offset = self.index + 1, 0

    def new_generation(self, name: str) -> None:
        self.next_index()
        self.generation, self.index, self.offset = name, 0, 0

    def rows(self) -> list[tuple[object, ...]]:
        return rows_of(self.connection)

    def close(self) -> None:
        self.let_go()
        self.connection.close()


def rows_of(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
    return connection.execute("SELECT id, body FROM slip ORDER BY id").fetchall()


def rows_in(path: Path) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        return rows_of(connection)


def store(inbox: Inbox, object: tuple[ObjectName, bytes] | None) -> None:
    """Put an object without HTTP."""
    assert object is not None
    name, bytes_ = object
    body = inbox.body()
    try:
        body.write(bytes_)
        inbox.store(name, body)
    finally:
        body.discard()
