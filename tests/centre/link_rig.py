"""One real centre and one real office on this machine: real keys, real Litestream, real link; nothing is simulated.

The centre runs in this process, so that its image and its orders can be watched without polling it.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from appliance.centre_process import CentreProcess
from appliance.config import read_config
from appliance.domain.days import OpenDay
from appliance.domain.directives import DirectiveSettled
from appliance.domain.message import Record
from appliance.domain.plans.reader import read_plan
from appliance.enrolling import enrol_office
from appliance.store.journal import record_of
from appliance.store.reader import connect_reader
from appliance.store.writer import QueueWriter
from appliance.workers.clock import SOURCES, OfficeClock
from sync.centre.config import read_centre_config
from sync.centre.offices import OfficeEntry
from sync.centre.order import Order
from sync.centre.tokens import TokenKind
from tests.sync.link_proxy import Proxy
from tests.system.offices import OfficeRun, lay_out
from tests.system.races import plan_text

OFFICE = "demo"
CENTRE = """schema = 1
[pages]
port = 0
[devices]
port = {port}
tls = {tls}
names = ["127.0.0.1"]
[enrolment]
port = {enrolment}
tls = {tls}
names = ["127.0.0.1"]
"""


@dataclass
class Arrived:
    """When the centre heard of what: monotonic seconds and the record."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    settled: dict[str, tuple[float, Record]] = field(default_factory=dict)
    fresh: threading.Condition = field(default_factory=threading.Condition)

    def heard(self, office: str, records: Sequence[Record]) -> None:
        """New facts of the office."""
        at = time.monotonic()
        with self.fresh:
            for record in records:
                if isinstance(record.event, DirectiveSettled):
                    self.settled[record.event.id] = (at, record)
            self.fresh.notify_all()

    def wait(self, id: str, seconds: float) -> tuple[float, Record] | None:
        """When the outcome of this order was on the image."""
        with self.fresh:
            self.fresh.wait_for(lambda: id in self.settled, seconds)
            return self.settled.get(id)


class Rig:
    """The centre, and the office's folder, enrolled and not yet running."""

    def __init__(self, folder: Path, *, tls: bool = False, interval_ms: int = 1000) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "centre.toml"
        config.write_text(CENTRE.format(port=0, enrolment=0, tls=str(tls).lower()), encoding="utf-8")
        self.process = CentreProcess(read_centre_config(config))
        self.centre = self.process.centre
        self.centre.offices.put(OfficeEntry(OFFICE, "Зал"))
        self.arrived = Arrived()
        self.process.start()
        addresses = self.centre.addresses
        # Everything of the office goes through these two, also what it learns of addresses later.
        self.ways = [Proxy(int(url.rpartition(":")[2])) for url in (addresses.urls[0], addresses.enrol_url)]
        scheme = "https" if tls else "http"
        devices, enrolment = (f"{scheme}://127.0.0.1:{way.port}" for way in self.ways)
        addresses.urls, addresses.enrol_url = (devices,), enrolment
        self.centre.network.listen(self.arrived.heard)
        self.config = lay_out(folder / "office", plan=plan_text())
        text = self.config.read_text(encoding="utf-8").replace('kind = "folder"', 'kind = "centre"')
        text = text.replace("interval_ms = 200", f"interval_ms = {interval_ms}")
        self.config.write_text(text, encoding="utf-8")
        token = self.centre.enrolling.issue_token(OFFICE, TokenKind.NEW, "test")
        enrol_office(
            read_config(self.config),
            self.centre.addresses.enrol_url,
            token,
            OfficeClock(SOURCES["trusted"]),
            lambda code, facts: logging.info("enrolment: %s %s", code, facts),
        )
        self._open_day()

    def _open_day(self) -> None:
        """The doors are open before the office's process begins."""
        config = read_config(self.config)
        clock = OfficeClock(SOURCES["trusted"])
        writer = QueueWriter(config.queue_db, clock.now, on_death=lambda _: None)
        writer.start()
        from appliance.domain.identity import AdoptPlan

        writer.submit(AdoptPlan(read_plan(plan_text())), actor="test").result(20)
        clock.use_plan(writer.office)
        writer.submit(OpenDay(), actor="test").result(20)
        writer.stop()

    @property
    def queue_db(self) -> Path:
        """The office's database."""
        return self.folder / "office" / "data" / "queue.db"

    def office(self) -> OfficeRun:
        """A life of the office's process."""
        return OfficeRun(self.config)

    def issue(self, kind: str, body: dict[str, Any], ttl_s: int = 600) -> Order:
        """Give an order."""
        return self.centre.directives.issue(
            OFFICE, kind, body, author="u1", author_name="Анна", reason="queue-long", ttl_s=ttl_s
        )

    def settled(self) -> list[Record]:
        """Every outcome in the office's own journal."""
        db = connect_reader(self.queue_db)
        try:
            rows = db.execute(
                "SELECT seq, at, clock_trusted, boot_id, uptime_ms, actor, kind, version, body, chain FROM journal "
                "WHERE kind = 'DirectiveSettled' ORDER BY seq"
            ).fetchall()
        except sqlite3.OperationalError:
            return []
        finally:
            db.close()
        return [record_of(tuple(row)) for row in rows]

    def outcomes(self) -> list[tuple[int, str, str]]:
        """Number, kind and outcome of what people ordered, as the office's journal has it.

        Raises AssertionError when the numbers of all, also of what the centre ordered by itself, aren't 1, 2, 3...
        """
        events = [record.event for record in self.settled() if isinstance(record.event, DirectiveSettled)]
        assert [one.directive for one in events] == list(range(1, len(events) + 1))
        return [(one.directive, one.kind, one.outcome) for one in events if one.author == "u1"]

    def cut_line(self) -> None:
        """From now on nothing passes between the office and the centre."""
        for way in self.ways:
            way.open = False
            way.cut()

    def mend_line(self) -> None:
        """The line is back."""
        for way in self.ways:
            way.open = True

    def close(self) -> None:
        """End the centre."""
        for way in self.ways:
            way.close()
        self.process.close()


@contextmanager
def rig(folder: Path, *, tls: bool = False, interval_ms: int = 1000) -> Iterator[Rig]:
    """A rig until the end of the block."""
    found = Rig(folder, tls=tls, interval_ms=interval_ms)
    try:
        yield found
    finally:
        found.close()


def wait_until(condition: Callable[[], Any], seconds: float, what: str) -> None:
    """Wait, or fail naming it."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.05)


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which that share lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
