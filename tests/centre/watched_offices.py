"""Offices in memory for tests of the watch: real rules, simulated time, and the images that the centre would have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from appliance.domain.hours import NO_CALENDAR, PublicCalendar
from appliance.domain.identity import AdoptPlan, BeginIncarnation
from appliance.domain.indicators.day_log import DayLog, day_logs
from appliance.domain.message import Command, Event, Record
from appliance.domain.moment import Moment, Now
from appliance.domain.office import Office
from appliance.domain.plan import Plan
from appliance.domain.plans.reader import read_plan
from appliance.domain.rules import decide, evolve
from sync.centre.images import Doubt, Image
from sync.centre.offices import OfficeEntry, Offices
from sync.centre.store import Store
from sync.centre.watching import Watching
from sync.pulse import Pulse

SECOND, MINUTE, HOUR = 1000, 60_000, 3_600_000
ZONE = ZoneInfo("Europe/Moscow")
TUESDAY = date(2026, 11, 24)

PLAN = """\
schema = 1
version = 1
office = "{office}"
timezone = "Europe/Moscow"
[name]
en = "An office"
[calendar]
country = "RU"
short_by_min = 60
[hours]
opens = "09:00"
closes = "18:30"
days = "mon-fri"
[hours.reception]
closes = "18:00"
[hours.issuing]
closes = "17:30"
[settings]
missed_after_s = 180
[[organisation]]
id = "office"
name = {{ en = "The office" }}
[[service]]
id = "visit"
series = "А"
organisation = "office"
norm_min = 15
name = {{ en = "A visit" }}
"""


def plan_of(office: str = "o-1", desks: int = 4, reserve: int = 2, shifts: bool = False) -> Plan:
    """A hall in which every desk serves everybody; with `shifts` all desks are rostered, number 1 with a break."""
    text = PLAN.format(office=office)
    for number in range(1, desks + reserve + 1):
        text += f'[[desk]]\nnumber = {number}\nclass = "{"permanent" if number <= desks else "reserve"}"\n'
    for number in range(1, desks + 1) if shifts else ():
        text += f'[[operator]]\nid = "op-{number}"\n'
    for number in range(1, desks + 1) if shifts else ():
        text += f'[[shift]]\noperator = "op-{number}"\ndesk = {number}\n'
        text += 'days = "mon-fri"\nhours = "09:00-18:00"\n'
        text += 'breaks = ["13:00-13:30"]\n' if number == 1 else ""
    return read_plan(text)


def at(hour: int, minute: int = 0, second: int = 0, day: date = TUESDAY) -> int:
    """UTC milliseconds of a local time in Moscow."""
    return round(datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=ZONE).timestamp() * 1000)


@dataclass
class Box:
    """One office: its state, its journal, and what the centre would know of it. `offset_ms`: its clock's error."""

    id: str = "o-1"
    plan: Plan = field(default_factory=plan_of)
    mobile: bool = False
    offset_ms: int = 0
    public: PublicCalendar = NO_CALENDAR
    state: Office = field(default_factory=Office)
    records: list[Record] = field(default_factory=list)
    boots: int = 1
    health: dict[str, object] = field(default_factory=dict)
    replica: dict[str, object] = field(default_factory=lambda: {"condition": "running", "lag_s": 1.0})
    image: Image | None = None

    def begin(self, at_ms: int) -> Box:
        """Its first entries: an incarnation and a plan."""
        self.do(BeginIncarnation(self.id, "life"), at_ms)
        self.do(AdoptPlan(self.plan), at_ms)
        return self

    def now(self, at_ms: int) -> Now:
        """Its present at a moment of the centre's clock."""
        mine_ms = at_ms + self.offset_ms
        local = datetime.fromtimestamp(mine_ms / 1000, ZONE).replace(tzinfo=None)
        moment = Moment(mine_ms, True, f"boot-{self.boots}", at_ms % (1 << 40))
        return Now(moment, local, public=self.public)

    def do(self, command: Command, at_ms: int) -> Sequence[Event]:
        """Decide and note; raises Refused as the rules do."""
        now = self.now(at_ms)
        events = decide(self.state, command, now)
        for event in events:
            record = Record(self.state.seq + 1, now.moment, "test", event)
            self.state = evolve(self.state, record, lambda _: self.plan)
            self.records.append(record)
        return events

    def heard(self, at_ms: int) -> Image:
        """Everything it has is at the centre, and its pulse has just come."""
        pulse = Pulse(
            office=self.id,
            incarnation="0001-life",
            session="s",
            count=1,
            sent_ms=at_ms + self.offset_ms,
            seq=self.state.seq,
            chain="",
            clock_offset_ms=self.offset_ms,
            replica=self.replica,
            health=self.health,
        )
        row_ms = self.records[-1].moment.at_ms if self.records else 0
        known = self.image
        arrived_ms = at_ms if known is None or known.state.seq != self.state.seq else known.arrived_ms
        self.image = Image(self.id, "0001-life", self.state, b"", row_ms, arrived_ms, at_ms, None, pulse, at_ms)
        return self.image

    def doubt(self, reason: str, at_ms: int) -> None:
        """Its data are in doubt from now on."""
        assert self.image is not None
        self.image = replace(self.image, doubt=Doubt(reason, at_ms))

    def log(self) -> DayLog:
        """Its newest day."""
        last = self.records[-1].moment
        *_, newest = day_logs(self.records, lambda _: self.plan, now=last)
        return newest


class Net:
    """The images of some offices, as `sync.centre.images.Network` has them; the days of each as DayFacts has them."""

    def __init__(self, *boxes: Box) -> None:
        self.boxes = {box.id: box for box in boxes}

    def images(self) -> Sequence[Image]:
        return [box.image for box in self.boxes.values() if box.image is not None]

    def image(self, office: str) -> Image | None:
        return self.boxes[office].image if office in self.boxes else None

    def listen(self, heard: Callable[[str, Sequence[Record]], None]) -> None:
        """Nobody is told: tests look by themselves."""

    def logs(self, office: str, first: date, last: date) -> Iterable[DayLog]:
        box = self.boxes[office]
        for log in day_logs(box.records, lambda _: box.plan, now=box.records[-1].moment):
            if log.date is not None and first <= log.date <= last:
                yield log


def watch(store: Store, *boxes: Box, public: PublicCalendar = NO_CALENDAR) -> Watching:
    """The watch over these offices, without threads."""
    offices = Offices(store)
    for box in boxes:
        offices.put(OfficeEntry(box.id, f"Office {box.id}", box.mobile))
    net = Net(*boxes)
    return Watching(store, net, offices, net, lambda _: public, lambda: 0, chance=lambda: 0.5)


def minutes(first_ms: int, last_ms: int, step_ms: int = MINUTE) -> range:
    """Moments from one to another, both included."""
    return range(first_ms, last_ms + 1, step_ms)


def days(first: date, count: int) -> Iterable[date]:
    """So many dates."""
    return (first + timedelta(days=ahead) for ahead in range(count))
