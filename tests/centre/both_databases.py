"""The same story, told to a centre on any database.

`Told.tell` brings five offices, their days, pulses, doubts, orders, alarms, advice, thresholds, timetables, people,
devices and frozen periods into a centre whose clock stands still between two steps; `both_answers` asks everything.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from argon2 import PasswordHasher

import sync.centre.people as people_module
from appliance.domain.chain import GENESIS
from appliance.domain.desks import CloseDesk
from appliance.domain.devices import NoteDevice
from appliance.domain.directives import ApplyDirective, actor_of
from appliance.domain.hours import NO_CALENDAR, PublicCalendar
from appliance.domain.message import Record
from appliance.domain.plan import Span
from appliance.store.journal import Row, row_of
from sync.centre.centre import Centre
from sync.centre.config import CentreConfig, Listener
from sync.centre.images import Doubt
from sync.centre.network import ASIDE
from sync.centre.offices import OfficeEntry
from sync.centre.people import People, Role
from sync.centre.stops import Stop
from sync.centre.thresholds import FIXED, MOBILE, NETWORK, Limit, scope_of
from sync.centre.tokens import TokenKind
from sync.device_keys import DeviceKeyFiles
from sync.pulse import Pulse
from tests.centre.history_helpers import DAY, hall, played
from tests.centre.journals import SKETCH, office
from tests.domain.clock import MINUTE, MORNING
from web.centre.live import LiveReading
from web.centre.reading import Decision, Draft, NotDoneError

ZONE = "Europe/Moscow"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
SIMULATED = "simulated"
"""The office of the simulated hall's plan; its day is told in steps."""

LIFE = "0001-0000life"
OFFICES = (
    OfficeEntry("office-17", "Ёлкино", address="ул. Ленина, 1", neighbours=("Barvikha", "bus_1"), organisation="МФЦ"),
    OfficeEntry("Barvikha", "Барвиха", neighbours=("office-17",)),
    OfficeEntry("bus_1", "автобус «Ґедзь»", mobile=True, zone="Europe/Kyiv"),
    OfficeEntry(SIMULATED, "Ясногорка", neighbours=("office-17", "Barvikha")),
    OfficeEntry("Never-came", "abc"),
)
SECOND_PLAN = SKETCH.document.replace("version = 1", "version = 2", 1)
LANGUAGES = ("en", "ru", "uk")
DAYS = [DAY + timedelta(days=one) for one in range(4)]
WHOLE = (DAYS[0], DAYS[3])
PERIODS = [(DAYS[0], DAYS[0]), (DAYS[0], DAYS[1]), (DAYS[0], DAYS[3]), (DAYS[2], DAYS[1])]


class NoSource:
    """Nobody is asked for a public calendar."""

    def current(self, today: date) -> PublicCalendar:
        return NO_CALENDAR

    def wait(self, timeout_s: float) -> bool:
        return True


@dataclass
class Clock:
    """The centre's clock."""

    ms: int = MORNING

    def now_ms(self) -> int:
        return self.ms


@dataclass
class Hardware:
    """What is random and must be the same in both: the authority's folder and a device's keys."""

    authority: Path
    devices: list[tuple[bytes, str]] = field(default_factory=list)

    @classmethod
    def made(cls, folder: Path) -> Hardware:
        """Keys for three devices."""
        found = cls(folder / "keys")
        for number in range(3):
            files = DeviceKeyFiles(folder / f"device-{number}")
            key = files.ensure()
            found.devices.append((key.public, files.request("device")))
        return found


class Told:
    """A centre that has been told the story."""

    def __init__(self, url: str, folder: Path, hardware: Hardware) -> None:
        self.clock, self._hardware = Clock(), hardware
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "keys").symlink_to(hardware.authority)
        nowhere = Listener("127.0.0.1", 0, (), False)
        config = CentreConfig(folder, url, nowhere, nowhere, nowhere, ZONE, 0, 1, 30, 20)
        hardware.authority.mkdir(exist_ok=True)
        self.centre = Centre(config, lambda _: NoSource(), now_ms=self.clock.now_ms)
        self.centre.people = People(self.centre.store, now_ms=self.clock.now_ms, hasher=CHEAP)
        dice = iter(range(10**9))
        self.centre.watching.advising._chance = lambda: (next(dice) * 0.6180339887) % 1.0
        self.centre.addresses.urls, self.centre.addresses.enrol_url = ("https://centre",), "https://enrol"
        self.reading = LiveReading(self.centre, ZONE)
        self.refused: list[tuple[str, str, dict[str, Any]]] = []
        self._numbers = iter(range(1, 10**6))
        self._pulses: Counter[str] = Counter()
        self._sent = 0
        self._chain = GENESIS

    def close(self) -> None:
        """End it; it has no threads."""
        self.centre.store.close()

    # What is told.

    def tell(self) -> Told:
        """The whole story."""
        with patch.object(people_module, "_new_id", lambda: f"p{next(self._numbers):04d}"):
            self._people()
        centre = self.centre
        centre.network.start(lambda _office, _incarnation: None)
        centre.network.listen(centre.lag.heard)
        centre.directives.begin()
        for entry in OFFICES:
            self.reading.put_office(entry)
        self.reading.put_office(replace(OFFICES[1], address="Барвиха, 2"))
        self.reading.put_plan("office-17", SKETCH.document, self.anna)
        self.reading.put_plan("office-17", SECOND_PLAN, self.boris)
        self._tried("plan", lambda: self.reading.put_plan("nowhere", SKETCH.document, self.anna))
        self._devices()
        self._limits()
        self._simulated_day()
        self._live_days()
        self._orders()
        self._frozen()
        return self

    def _tried(self, what: str, act: Callable[[], object]) -> None:
        """Do what the centre refuses; its words are an answer too."""
        try:
            act()
        except NotDoneError as error:
            self.refused.append((what, error.code, dict(error.facts)))
        else:
            raise AssertionError(f"{what} was not refused")

    def _people(self) -> None:
        people = self.centre.people
        self.anna, _ = people.add("Анна", Role.DISPATCHER, "correct horse battery")
        self.boris, _ = people.add("boris", Role.HEAD, "correct horse battery")
        self.admin, _ = people.add("Ґалина", Role.ADMIN, "correct horse battery")
        people.add("ёж", Role.VIEWER, "correct horse battery")
        people.add_screen("Екран 1")
        people.set_role(self.boris.id, Role.HEAD)
        people.sign_in("boris", "wrong", "10.0.0.2")

    def _devices(self) -> None:
        centre, devices = self.centre, self._hardware.devices
        for (public, csr), name in zip(devices, ("office-17", "office-17", "Barvikha"), strict=True):
            with centre.store.write() as session:
                device = centre.keys.add(session, name, public, csr, "s" * 40, json.dumps({"talon": "0.1"}))
            centre.keys.forget()
            centre.keys.confirm(device, 1)
            centre.keys.bind(device, f"000{next(self._numbers) % 10}-feed")
            self.clock.ms += 1000
        newest = centre.keys.devices("Barvikha")[0].id
        self.reading.rotate(newest, self.admin)
        self._tried("revoke", lambda: self.reading.revoke("d0", self.admin))
        self._tried("rotate", lambda: self.reading.rotate("d0", self.admin))
        token = self.reading.new_token("bus_1", TokenKind.NEW, self.admin)
        assert token
        self._tried("token", lambda: self.reading.new_token("nowhere", TokenKind.NEW, self.admin))
        self._tried("token", lambda: self.reading.new_token("office-17", TokenKind.NEW, self.admin))

    def _limits(self) -> None:
        reading = self.reading
        reading.put_limit(NETWORK, "oldest-wait", Limit(10, 14.5, clear_s=60, margin=2), self.boris)
        reading.put_limit(FIXED, "nobody-works", Limit(None, 5, clear_s=30), self.boris)
        reading.put_limit(MOBILE, "oldest-wait", Limit(20, 30, clear_s=60), self.boris)
        reading.put_limit(scope_of("Barvikha"), "oldest-wait", Limit(5, 6, clear_s=60), self.boris)
        reading.put_limit(scope_of("bus_1"), "nobody-works", Limit(None, 50, clear_s=30), self.boris)
        reading.put_limit(scope_of("bus_1"), "nobody-works", None, self.boris)
        self._tried("limit", lambda: reading.put_limit(NETWORK, "no-such-rule", Limit(1, 2), self.boris))
        stops = [Stop("Верхнє", Span(9 * 60, 12 * 60), weekday=weekday) for weekday in range(5)] + [
            Stop("Ґанок", Span(13 * 60, 17 * 60), date="2026-11-27"),
            Stop("", Span(0, 0), date="2026-12-01"),
        ]
        reading.put_route("bus_1", stops, self.boris)
        self._tried("route", lambda: reading.put_route("bus_1", [Stop("x", Span(1, 2))], self.boris))
        self._tried("route", lambda: reading.put_route("nowhere", [], self.boris))

    def comes(self, name: str, incarnation: str, rows: Sequence[Row], plans: Mapping[str, str], newest: int) -> None:
        """Rows of an office arrive now."""
        news = self.centre.facts.extend(name, incarnation, rows, plans, self.clock.ms, newest)
        self.centre.network.extended(news, self.clock.ms)

    def pulse(self, name: str, incarnation: str, seq: int, chain: bytes, **more: Any) -> None:
        """A pulse arrives now."""
        self._pulses[name] += 1
        self.centre.network.pulse(
            name,
            Pulse(name, incarnation, "s", self._pulses[name], self.clock.ms, seq, chain.hex(), **more),
            self.clock.ms,
        )

    def _simulated_day(self) -> None:
        """A hall that is short of desks: its rows come now and then, it is looked at and ahead."""
        records = played(5, 260).records
        for at_ms in range(records[0].moment.at_ms + MINUTE, records[-1].moment.at_ms, 60 * MINUTE):
            self.clock.ms = at_ms
            self._of_simulated(records, at_ms)
            self._look(1, ahead=True)
        self.clock.ms = records[-1].moment.at_ms + MINUTE
        self._of_simulated(records, self.clock.ms)
        self._look(3)

    def _of_simulated(self, records: Sequence[Record], until_ms: int) -> None:
        rows: list[Row] = []
        for record in records[self._sent :]:
            if record.moment.at_ms > until_ms:
                break
            rows.append(row_of(record, self._chain))
            self._chain = rows[-1][-1]
        self._sent += len(rows)
        plan = hall()
        if rows:
            self.comes(SIMULATED, LIFE, rows, {plan.digest: plan.document}, self._sent)
        health = {"disk_free_mb": 9000, "temp_c": 51.5}
        self.pulse(SIMULATED, LIFE, self._sent, self._chain, health=health, clock_offset_ms=-40)

    def _look(self, times: int, *, ahead: bool = False) -> None:
        watching = self.centre.watching
        for _ in range(times):
            self.clock.ms += 20_000
            if ahead:
                self._of_simulated((), self.clock.ms)
                glance = watching.wall.glance(SIMULATED, self.clock.ms)
                if glance is not None:
                    watching.look_ahead(glance, self.clock.ms)
            watching.look(self.clock.ms)

    def _live_days(self) -> None:
        """Offices with days behind them and one that is open; clocks that were wrong, and a card that was restored."""
        self.live = office(days=3, name="office-17", seed=1)
        barvikha = office(days=2, name="Barvikha", seed=2)
        bus = office(days=1, name="bus_1", seed=3, visits=12)
        self.clock.ms = self.live.clock.at_ms + MINUTE
        self.late_rows = self.live.rows
        for card, upto in (
            (self.live, len(self.live.rows) - 20),
            (barvikha, len(barvikha.rows)),
            (bus, len(bus.rows) // 2),
        ):
            self.comes(card.name, card.incarnation, card.rows[:upto], card.documents, upto)
            self.pulse(card.name, card.incarnation, upto, card.rows[upto - 1][-1], clock_offset_ms=1500)
        self.bus = bus
        restored = barvikha.branch(len(barvikha.rows) - 8, "bbbb").work(9, 4)
        self.comes("Barvikha", restored.incarnation, restored.rows, restored.documents, len(restored.rows))
        centre = self.centre
        centre.network.doubt("bus_1", Doubt("gap", self.clock.ms, {"seq": "7", "деталь": "ї"}))
        for condition in ("fault", "missing"):
            self.live.do(NoteDevice("printer", condition))
        self._look(4)
        opened = self.reading.alarms()
        assert opened
        self.reading.acknowledge(opened[0].id, self.anna)
        self._tried("alarm", lambda: self.reading.acknowledge(opened[0].id, self.boris))
        self._tried("alarm", lambda: self.reading.acknowledge(10**6, self.boris))
        self.reading.hush("Barvikha", self.clock.ms + 36_000_000, "ремонт", self.boris)
        self.reading.lift(self.reading.hush("bus_1", self.clock.ms + 36_000_000, "їде", self.boris).id)
        self._tried("hush", lambda: self.reading.hush("nowhere", self.clock.ms + 1, "", self.boris))
        self._tried("lift", lambda: self.reading.lift(10**6))
        key = next(one for one in centre.network.doubts("Barvikha") if one == ASIDE)
        self.reading.decide("Barvikha", key, Decision.ACCEPT, "", self.boris)
        self._tried("decide", lambda: self.reading.decide("Barvikha", "gap", Decision.CLEAR, "", self.boris))
        self._tried("decide", lambda: self.reading.decide("nowhere", "gap", Decision.CLEAR, "", self.boris))

    def _orders(self) -> None:
        """Orders of every fate."""
        reading, live = self.reading, self.live

        def give(draft: Draft, name: str = "office-17", term_s: int = 600, key: str = "") -> int:
            key = key or f"key-{next(self._numbers)}"
            return reading.issue(name, draft, self.anna, "queue-long", term_s, key).seq

        message = {"texts": {"uk": "Зачекайте, будь ласка", "en": "Please wait"}, "minutes": 30}
        give(Draft("stop-service", {"service": "submit"}))
        give(Draft("open-desk", {"desk": 2}), key="twice")
        give(Draft("open-desk", {"desk": 2}), key="twice")
        give(Draft("show-message", message))
        give(Draft("set-norm", {"service": None, "wait_min": 20}))
        give(Draft("add-skill", {"desk": 3, "service": "consult"}))
        give(Draft("redirect", {"service": None, "office": "Barvikha"}))
        give(Draft("call-technician", {"note": "printer"}), "Barvikha", 5)
        self.clock.ms += 1000
        give(Draft("adopt-plan", {"shelf": 2}))
        self._tried("order", lambda: give(Draft("open-desk", {"desk": 99})))
        self._tried("order", lambda: give(Draft("no-such-kind", {})))
        self._tried("order", lambda: give(Draft("adopt-plan", {"shelf": 7})))
        self._tried("order", lambda: give(Draft("open-desk", {"desk": 1}), "nowhere"))
        live.clock.at_ms = max(live.clock.at_ms, self.clock.ms)
        for signed in self.centre.directives.after("office-17", 0):
            one = signed.directive
            body = json.dumps(dict(one.body), ensure_ascii=False)
            times = (one.issued_ms, one.not_after_ms)
            live.clock.advance(2000)
            if one.seq < 7:
                live.do(ApplyDirective(one.seq, one.id, one.kind, body, one.author, one.reason, *times))
                assert actor_of(one.author)
        self.clock.ms = live.clock.at_ms + 5000
        self.comes(live.name, live.incarnation, live.rows, live.documents, len(live.rows))
        self.centre.directives.mark_sent("office-17", 1, 7)
        self.pulse(live.name, live.incarnation, len(live.rows), live.rows[-1][-1], directive=6)
        live.do(CloseDesk(2))
        self.comes(live.name, live.incarnation, live.rows, live.documents, len(live.rows))
        self._look(3)
        self.clock.ms += 15 * MINUTE
        self._look(3)

    def _frozen(self) -> None:
        """Periods, frozen and corrected by what came late."""
        reading = self.reading
        self._tried("freeze", lambda: reading.freeze(DAYS[0], DAYS[3], self.boris, incomplete=False))
        self._tried("freeze", lambda: reading.freeze(DAYS[2], DAYS[1], self.boris, incomplete=False))
        reading.freeze(DAYS[0], DAYS[0], self.boris, incomplete=True)
        reading.freeze(DAYS[0], DAYS[1], self.boris, incomplete=True)
        self._tried("freeze", lambda: reading.freeze(DAYS[0], DAYS[0], self.boris, incomplete=True))
        self.clock.ms += MINUTE
        bus = self.bus
        self.comes(bus.name, bus.incarnation, bus.rows, bus.documents, len(bus.rows))
        self.centre.network.clear("bus_1", "gap")
        self.corrected = len(self.centre.history.correct(self.clock.ms))
        audit = self.centre.audit
        for number in range(5):
            audit.note(
                self.anna if number % 2 else None, ("acknowledged", "froze")[number % 2], office=OFFICES[number].id,
                subject=f"№ {number}", facts={"a": number, "ї": None}, client="10.0.0.1", name="хтось",
            )  # fmt: skip
        self.centre.facts.note_complete(self.centre.network.complete())
        self._look(2)
        self.token = self.centre.people.sign_in("Ґалина", "correct horse battery", "10.0.0.1").token
