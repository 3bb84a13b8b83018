"""Offices in memory with a simulated day each, for the tests of periods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from appliance.domain.hours import NO_CALENDAR
from appliance.domain.message import Record
from appliance.domain.plan import Plan
from appliance.simulation.book import Book
from appliance.simulation.day import Day
from appliance.simulation.scene import A_TUESDAY, Scene, plain_hall, popularity, true_means_s
from sync.centre.day_facts import DayFacts, DaySpan
from sync.centre.history import History
from sync.centre.images import Image
from sync.centre.offices import OfficeEntry, Offices
from sync.centre.store import Store

DAY = A_TUESDAY
TOMORROW = DAY + timedelta(days=1)


@lru_cache
def hall() -> Plan:
    return plain_hall(4, 1, policy="ageing")


@lru_cache
def played(seed: int, visits: int = 40) -> Book:
    plan = hall()
    scene = Scene(
        plan=plan,
        seed=seed,
        means_s=true_means_s(plan, 600.0),
        weights=popularity(plan),
        visits=visits,
        cv=0.6,
        priority=0.1,
        no_show=0.05,
        booked=0.0,
        date=DAY,
        estimates=False,
        advice=False,
        past_days=0,
    )
    return Day(scene, None, None).play()


class MemoryJournal:
    """One day of one office; `upto` hides what has not come yet."""

    def __init__(self, book: Book, upto: int | None = None) -> None:
        self._book, self.upto, self.asked = book, upto, 0

    @property
    def records(self) -> Sequence[Record]:
        return self._book.records[: self.upto]

    def spans(self, first: str, last: str) -> Sequence[DaySpan]:
        whole = self.upto is None
        on = DAY.isoformat()
        return [DaySpan(1, on, whole, f"{len(self.records)}")] if first <= on <= last else []

    def day_records(self, day: int) -> Sequence[Record]:
        self.asked += 1
        return self.records

    def document(self, digest: str) -> str | None:
        return hall().document


class MemoryNetwork:
    def __init__(self) -> None:
        self.found: dict[str, Image] = {}

    def images(self) -> Sequence[Image]:
        return list(self.found.values())

    def image(self, office: str) -> Image | None:
        return self.found.get(office)

    def listen(self, heard: object) -> None:
        raise NotImplementedError


class Scene3:
    """A network of offices `a`, `b`... with a history over them."""

    def __init__(self, url: str, seeds: Sequence[int] = (1, 2, 3)) -> None:
        self.store = Store(url)
        self.store.make_tables()
        self.journals = {chr(97 + n): MemoryJournal(played(seed)) for n, seed in enumerate(seeds)}
        self.network = MemoryNetwork()
        offices = Offices(self.store)
        for name in self.journals:
            offices.put(OfficeEntry(name, name.upper()))
            self.complete(name)
        self.facts = DayFacts(self.store, self.journals.__getitem__, lambda _: NO_CALENDAR)
        self.history = History(self.store, self.facts, offices, self.network, lambda _: NO_CALENDAR)

    def complete(self, office: str, *, upto: int | None = None) -> None:
        """Everything of the day is here, or the first `upto` records and nothing since."""
        journal = self.journals[office]
        journal.upto = upto
        book = played(ord(office) - 96)
        newest = journal.records[-1].moment.at_ms
        late = newest if upto is not None else newest + 86_400_000
        image = Image(office, "0001-x", book.office, b"", newest, newest, late)
        if upto is not None:
            image = replace(image, state=replace(book.office, day=None))
        self.network.found[office] = image


def sqlite_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'centre.db'}"


def after(day: date, days: int = 2) -> int:
    """UTC ms some days after a date."""
    return (day.toordinal() - date(1970, 1, 1).toordinal() + days) * 86_400_000
