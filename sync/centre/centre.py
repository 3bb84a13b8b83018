"""The situation centre, put together: what comes in, what is known of it, what is watched, and what goes out.

Decides nothing itself. One process holds everything by default; with PostgreSQL several share the offices.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from appliance.routing import join
from sync.centre.audit import Audit
from sync.centre.authority import Authority
from sync.centre.calendars import Calendars, Source
from sync.centre.config import CentreConfig
from sync.centre.day_facts import DayFacts
from sync.centre.directives import Directives
from sync.centre.doubts import Doubts
from sync.centre.enrolling import Address, Enrolling, EnrolmentNews, Head, enrol_routes
from sync.centre.facts import Facts
from sync.centre.follow import Follower
from sync.centre.history import History
from sync.centre.images import Doubt
from sync.centre.inbox import BUCKET, Conflict, Inbox, inbox_app
from sync.centre.keys import DeviceKeys
from sync.centre.link import KnownDevice, Link, link_routes
from sync.centre.metrics import LagMeter
from sync.centre.network import ASIDE, LiveNetwork
from sync.centre.offices import Offices
from sync.centre.people import People
from sync.centre.pulse_pace import pulse_every_s
from sync.centre.store import Store
from sync.centre.watching import Watching
from sync.signing import RequestGuard

log = logging.getLogger(__name__)

CHORES_S = 60.0
LOOK_S = 1.5
TOLD_MS = 15 * 60_000
"""So long is it told that a card lost its last entries, before it counts as taken note of."""

CORRECT_S = 600.0
"""So often the frozen periods are computed again: late data make corrections."""


def system_ms() -> int:
    """UTC milliseconds of this machine's clock."""
    return time.time_ns() // 1_000_000


@dataclass(slots=True)
class Addresses:
    """Where devices reach this centre; known when its ports are open."""

    urls: tuple[str, ...] = ()
    enrol_url: str = ""


class Centre:
    """All parts of one centre. `start` once, `stop` once."""

    def __init__(
        self,
        config: CentreConfig,
        calendar: Callable[[str], Source],
        *,
        now_ms: Callable[[], int] = system_ms,
    ) -> None:
        """`calendar` makes the public calendar of a country. Makes what is missing below `config.data`."""
        config.data.mkdir(parents=True, exist_ok=True)
        self.config, self.now_ms = config, now_ms
        self.addresses = Addresses()
        self.store = Store(config.database)
        self.store.make_tables()
        self.offices = Offices(self.store)
        self.people = People(self.store, now_ms=now_ms)
        self.audit = Audit(self.store, now_ms=now_ms)
        self.authority = Authority(config.keys, now_ms)
        self.directive_keys = self.authority.directives
        self.keys = DeviceKeys(self.store, self.authority, now_ms, self._cloned)
        self.inbox = Inbox(
            config.inbox,
            self.keys,
            keep_days=config.keep_days,
            personal_hours=config.personal_hours,
            on_conflict=self._conflict,
            now_ms=now_ms,
        )
        self.facts = Facts(self.store)
        self.doubts = Doubts(self.store)
        self.network = LiveNetwork(self.facts, self.doubts)
        self.directives = Directives(
            self.store,
            lambda: self.directive_keys.signer,
            self.network,
            self.offices,
            now_ms,
            self.facts.history,
            self.directive_keys.trusted,
        )
        self.follower = Follower(
            self.inbox,
            config.mirrors,
            self.facts,
            self.network,
            lambda office, _: self.directives.ask_snapshot(office),
            (config.worker, config.workers),
            now_ms=now_ms,
        )
        guard = RequestGuard(now_ms)
        self.link = Link(
            self.keys, self.directives, self.network, now_ms, self._cloned, guard=guard, pulse_s=self._pulse_s
        )
        self.enrolling = Enrolling(
            self.store,
            self.authority,
            self.keys,
            now_ms,
            lambda: Address(self.addresses.urls, self.addresses.enrol_url, BUCKET),
            incarnations=self._incarnations,
            head=self._head,
            on_news=self._enrolment,
        )
        self.plans = self.enrolling.plans
        self.calendars = Calendars(calendar, lambda: datetime.fromtimestamp(now_ms() / 1000, UTC).date())
        self.days = DayFacts(self.store, self.facts.history, self.calendars.of)
        self.history = History(self.store, self.days, self.offices, self.network, self.calendars.of)
        self.watching = Watching(
            self.store, self.network, self.offices, self.days, self.calendars.of, now_ms, mine=self.follower.mine
        )
        self.lag = LagMeter(now_ms)
        self._guard = guard
        self._stopping = threading.Event()
        self._chores = threading.Thread(target=self._run_chores, name="centre-chores", daemon=True)
        self._neighbours = threading.Thread(target=self._run_neighbours, name="centre-neighbours", daemon=True)
        self._correct_at = 0.0

    def start(self) -> None:
        """Read what is there, then follow, watch and keep house."""
        self.network.listen(self.lag.heard)
        self.directives.begin()
        self.follower.start()
        self.watching.start()
        self._chores.start()
        if self.config.workers > 1:
            self._neighbours.start()

    def stop(self) -> None:
        """End everything; the listeners must be closed already."""
        self._stopping.set()
        self.link.close()
        self.watching.stop()
        self.follower.stop()
        for thread in (self._chores, self._neighbours):
            if thread.is_alive():
                thread.join(10.0)
        self.store.close()

    def enrolment_app(self) -> FastAPI:
        """What a device reaches before it has a certificate, and when it changes its keys."""
        app = FastAPI(title="Talon centre: enrolment", openapi_url=None, docs_url=None, redoc_url=None)
        join(app, enrol_routes(self.enrolling, self._guard, self.now_ms))
        return app

    def devices_app(self) -> Starlette:
        """What enrolled devices reach: the inbox and the link."""

        async def health(_: Request) -> Response:
            """Whether this centre takes objects."""
            return JSONResponse({"alive": True})

        inbox = inbox_app(self.inbox)
        own = (*link_routes(self.link), Route("/health", health))
        return Starlette(routes=[Mount(f"/{BUCKET}", inbox), *own, Mount("/", inbox)])

    def _incarnations(self, office: str) -> list[str]:
        """The incarnations of an office that have a replica here, the newest first."""
        found = {one.incarnation for one in self.inbox.lineages() if one.office == office and one.database == "queue"}
        return sorted(found, reverse=True)

    def _head(self, office: str) -> Head | None:
        known = self.facts.head(office)
        return None if known is None else Head(known.incarnation, known.head.seq)

    def _recover(self) -> None:
        """End the doubts whose cause is gone: a key that was revoked or replaced, and few entries that a card lost.

        Those lasted long enough by then to be seen on the wall and to stay among the alarms.
        """
        for image in self.network.images():
            if image.doubt is None:
                continue
            office, doubts = image.office, self.network.doubts(image.office)
            writer = self.keys.device_of(office)
            gone = []
            for key in doubts:
                kind, _, of = key.partition(":")
                if kind == "device":
                    device = self.keys.get(of)
                    over = device is None or bool(device.revoked_ms)
                else:
                    over = kind == "inbox" and writer is not None and writer.incarnation not in ("", of)
                if over:
                    gone.append(key)
            self.network.clear(office, *gone)
            aside = doubts.get(ASIDE)
            if aside is None or self.now_ms() - aside.since_ms < TOLD_MS:
                continue
            known = self.facts.head(office)
            if known is not None and all("~" in one.incarnation for one in known.aside):
                self.facts.accept(office, "centre", self.now_ms())
                self.network.noted(office)

    def _pulse_s(self, office: str) -> float:
        stale = (self.watching.thresholds.of(office, mobile=mobile)["stale"] for mobile in (False, True))
        return pulse_every_s(self.network.size, min(limit.lowest for limit in stale))

    def _cloned(self, device: KnownDevice, why: str) -> None:
        """A key is in two hands."""
        facts = {"device": device.id, "why": why}
        self.network.doubt(device.office, Doubt("two-devices", self.now_ms(), facts, "person"), f"device:{device.id}")

    def _conflict(self, conflict: Conflict) -> None:
        """Two histories came under one prefix."""
        facts = {"incarnation": conflict.incarnation, "why": conflict.reason, "object": conflict.name}
        key = f"inbox:{conflict.incarnation}"
        self.network.doubt(conflict.office, Doubt("two-devices", conflict.at_ms, facts, "person"), key)

    def _enrolment(self, news: EnrolmentNews) -> None:
        facts = " ".join(f"{name}={value}" for name, value in news.facts.items())
        log.warning("enrolment: %s %s %s", news.code, news.office, facts)

    def _run_neighbours(self) -> None:
        """Hear of the directives that another process of this centre has issued."""
        while not self._stopping.wait(LOOK_S):
            try:
                self.directives.look()
            except Exception:
                log.exception("the directives of other processes could not be read")

    def _run_chores(self) -> None:
        while not self._stopping.wait(CHORES_S):
            self.do_chores()

    def do_chores(self) -> None:
        """Everything that is due now and then; what fails is tried again the next time and holds up nothing else."""
        for chore in (self._purge, self._note_complete, self.directives.catch_up, self._correct, self._recover):
            try:
                chore()
            except Exception:
                log.exception("a chore failed")

    def _purge(self) -> None:
        self.inbox.purge(self.now_ms())

    def _note_complete(self) -> None:
        self.facts.note_complete(self.network.complete())

    def _correct(self) -> None:
        if time.monotonic() < self._correct_at:
            return
        self._correct_at = time.monotonic() + CORRECT_S
        for report in self.history.correct(self.now_ms()):
            log.warning("correction %s of %s-%s", report.version, report.first, report.last)
