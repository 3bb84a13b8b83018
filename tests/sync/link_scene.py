"""A centre's end of the link on a loopback port, and an office's data folder that is enrolled at it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import uvicorn
from starlette.applications import Starlette

from appliance.domain.identity import AdoptPlan, BeginIncarnation
from appliance.domain.message import Record
from appliance.process import open_listener
from appliance.store.journal import record_of
from appliance.store.reader import connect_reader
from appliance.store.writer import QueueWriter
from appliance.workers.clock import SOURCES, OfficeClock
from sync.centre.directives import Directives
from sync.centre.images import Image
from sync.centre.link import Link, link_routes
from sync.centre.offices import OfficeEntry, Offices
from sync.centre.store import Store
from sync.centre_keys import CentreKeys, write_centre_keys
from sync.directive import Directive, SignedDirective
from sync.pulse import Pulse
from sync.signing import PrivateKey, make_key, save_key, sign_directive
from tests.plans import Sketch

OFFICE = "office-17"
DEVICE = "d-17"
SOON_S = 20.0


def now_ms() -> int:
    """UTC milliseconds."""
    return time.time_ns() // 1_000_000


def until(found: Callable[[], Any], seconds: float = SOON_S) -> Any:
    """What `found` gives as soon as it is something."""
    end = time.monotonic() + seconds
    while True:
        value = found()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError("it did not come")
        time.sleep(0.02)


@dataclass
class FakeDevice:
    """A device of the register."""

    id: str = DEVICE
    office: str = OFFICE
    incarnation: str = ""
    revoked_ms: int = 0
    public: bytes = b""


@dataclass
class FakeDevices:
    """The register, in memory."""

    known: dict[str, FakeDevice] = field(default_factory=dict)

    def get(self, device: str) -> FakeDevice | None:
        return self.known.get(device)

    def public_key(self, name: str) -> bytes | None:
        found = self.known.get(name.partition(":")[0])
        return None if found is None or found.revoked_ms else found.public

    def seen(self, device: str) -> None:
        return


@dataclass
class FakeNetwork:
    """Images that a test puts there; hears pulses."""

    found: dict[str, Image] = field(default_factory=dict)
    pulses: list[Pulse] = field(default_factory=list)
    listeners: list[Callable[[str, Sequence[Record]], None]] = field(default_factory=list)

    def images(self) -> Sequence[Image]:
        return list(self.found.values())

    def image(self, office: str) -> Image | None:
        return self.found.get(office)

    def listen(self, heard: Callable[[str, Sequence[Record]], None]) -> None:
        self.listeners.append(heard)

    def pulse(self, office: str, pulse: Pulse, at_ms: int) -> None:
        self.pulses.append(pulse)

    def tell(self, office: str, records: Sequence[Record]) -> None:
        """New facts."""
        for heard in self.listeners:
            heard(office, records)


class Centre:
    """Store, directives and link of a centre without its inbox."""

    def __init__(self, folder: Path, *, keepalive_s: float = 1.0, url: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.store = Store(url or f"sqlite:///{folder / 'centre.db'}")
        self.store.make_tables()
        self.offices = Offices(self.store)
        self.offices.put(OfficeEntry(OFFICE, "Отделение 17"))
        self.offices.put(OfficeEntry("office-18", "Отделение 18"))
        self.key = make_key()
        self.network = FakeNetwork()
        self.devices = FakeDevices()
        self.clones: list[tuple[str, str]] = []
        self.directives = Directives(self.store, lambda: self.key, self.network, self.offices, now_ms)
        self.directives.begin()
        self.link = Link(
            self.devices,
            self.directives,
            self.network,
            now_ms,
            lambda device, why: self.clones.append((device.id, why)),
            keepalive_s=keepalive_s,
        )
        self.app = Starlette(routes=link_routes(self.link))
        self.port = 0
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self, port: int = 0) -> None:
        """Serve on a loopback port."""
        listener = open_listener("127.0.0.1", port)
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(self.app, log_config=None, lifespan="off", timeout_graceful_shutdown=3)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([listener],), daemon=True)
        self._thread.start()
        until(lambda: self._server is not None and self._server.started)

    def stop(self) -> None:
        """End it; the store stays."""
        self.link.close()
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(10.0)

    def order(self, kind: str = "open-desk", body: dict[str, Any] | None = None, ttl_s: int = 600, **more: Any) -> Any:
        """Issue an order."""
        given = {"author": "u1", "author_name": "Анна", "reason": "queue-long", **more}
        return self.directives.issue(OFFICE, kind, {"desk": 1} if body is None else body, ttl_s=ttl_s, **given)


@contextmanager
def centre(folder: Path, **more: Any) -> Iterator[Centre]:
    """A serving centre."""
    found = Centre(folder, **more)
    found.start()
    try:
        yield found
    finally:
        found.stop()
        found.store.close()


def enrol(centre: Centre, data: Path, *, url: str = "", key: PrivateKey | None = None) -> PrivateKey:
    """Keys for the office in `data`, known to the centre."""
    key = key or make_key()
    keys = CentreKeys(
        data.absolute(),
        OFFICE,
        DEVICE,
        (url or f"http://127.0.0.1:{centre.port}",),
        url or f"http://127.0.0.1:{centre.port}",
        "s3-key",
        directive_keys={centre.key.id: centre.key.public.hex()},
    )
    save_key(key, keys.signing_key)
    write_centre_keys(keys)
    centre.devices.known[DEVICE] = FakeDevice(public=key.public)
    return key


class RealOffice:
    """A writer with a queue of its own; what `CentreLine` needs of an office's process."""

    def __init__(self, data: Path) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self.data = data
        self.clock = OfficeClock(SOURCES["trusted"])
        self.deaths: list[BaseException] = []
        self.writer = QueueWriter(data / "queue.db", self.clock.now, on_death=self.deaths.append)
        self.clock.begin(self.writer.office, 0)
        self.writer.start()
        if not self.writer.office.incarnation:
            self.ask(BeginIncarnation(OFFICE, "aaaa"))
            self.ask(AdoptPlan(Sketch(opens=0, closes=24 * 60).plan))
            self.clock.use_plan(self.writer.office)

    def ask(self, command: Any, actor: str = "office") -> Any:
        return self.writer.submit(command, actor=actor).result(20)

    @property
    def config(self) -> Any:
        """As much of an OfficeConfig as is asked for."""
        centre = SimpleNamespace(announce=False)
        return SimpleNamespace(data=self.data, queue_db=self.data / "queue.db", centre=centre)

    def records(self) -> list[Record]:
        """The whole journal."""
        db = connect_reader(self.data / "queue.db")
        try:
            rows = db.execute(
                "SELECT seq, at, clock_trusted, boot_id, uptime_ms, actor, kind, version, body, chain FROM journal "
                "ORDER BY seq"
            ).fetchall()
        finally:
            db.close()
        return [record_of(tuple(row)) for row in rows]

    def settled(self) -> list[tuple[int, str, str]]:
        """Number, kind and outcome of every directive in the journal."""
        events = [record.event for record in self.records()]
        return [(e.directive, e.kind, e.outcome) for e in events if type(e).__name__ == "DirectiveSettled"]  # type: ignore[attr-defined]

    def close(self) -> None:
        self.writer.stop()


def signed(
    key: PrivateKey,
    seq: int,
    kind: str = "call-technician",
    body: dict[str, Any] | None = None,
    *,
    office: str = OFFICE,
    ttl_ms: int = 600_000,
) -> SignedDirective:
    """A directive that changes nothing but the journal, signed."""
    at = now_ms()
    body = {"note": "look"} if body is None else body
    return sign_directive(key, Directive(office, seq, f"id-{seq}", kind, body, "u1", "test", at, at + ttl_ms))
