"""The wall: the tiles of all offices, brought up to date cheaply, and everything of an office that one moment needs."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from threading import Lock
from zlib import crc32
from zoneinfo import ZoneInfo

from appliance.domain.hours import NO_CALENDAR, PublicCalendar
from appliance.domain.office import Office
from appliance.domain.plan import Plan
from sync.centre.advice import Ahead
from sync.centre.advising import Advising
from sync.centre.alarm import Alarm
from sync.centre.alarms import Alarms
from sync.centre.images import Doubt, Image, Network
from sync.centre.offices import OfficeEntry, Offices
from sync.centre.schedule import Workday, plan_of, workday
from sync.centre.stops import Stop, Stops, places
from sync.centre.thresholds import Limits, Thresholds
from sync.centre.tile import Figure, Place, Tile, TileState
from sync.centre.tiles import data_ms, figures_at, state_of, tile_of, with_alarms, zone_of
from sync.centre.today import Today, TodayBook

FIGURES_KEPT_MS = 5000
"""Figures of an office in which nothing has happened are told for so long: only its waits have grown.

So is a whole glance while nothing that it is made of has changed and nothing has turned grey.
"""

KEPT_MS_PER_OFFICE = 15
"""In a large network for so long by office at most, and at least half of it: each office has its own share.

Waits are told in minutes; if those of 1,000 offices were worked out at the same look, every such look took seconds.
"""

REGISTER_KEPT_MS = 5000

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Glance:
    """One office at one moment: what its tile, its page and its alarms are made of."""

    entry: OfficeEntry
    image: Image | None
    limits: Limits
    work: Workday
    public: PublicCalendar
    tile: Tile
    ahead: Ahead | None = None


@dataclass(frozen=True, slots=True)
class _Kept:
    """Figures, and what they were made of."""

    state: Office
    tile_state: TileState
    limits: Limits
    work: Workday
    today: Today | None
    ahead: Ahead | None
    made_ms: int
    figures: Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class _Told:
    """A glance, what it was made of, when, how long it may be told, and up to when the office's data were complete."""

    glance: Glance
    made_of: tuple[object, ...]
    alarms: tuple[Alarm, ...]
    made_ms: int
    until_ms: int
    known_ms: int


class Wall:
    """Makes the tiles. Thread-safe; 1,000 offices take a fraction of a second."""

    def __init__(
        self,
        network: Network,
        offices: Offices,
        thresholds: Thresholds,
        stops: Stops,
        alarms: Alarms,
        advising: Advising,
        today: TodayBook,
        public: Callable[[Plan], PublicCalendar],
    ) -> None:
        """`public`: the public calendar that a plan asks for."""
        self._network, self._offices, self._thresholds, self._stops = network, offices, thresholds, stops
        self._alarms, self._advising, self._today, self._public = alarms, advising, today, public
        self._lock = Lock()
        self._kept: dict[str, _Kept] = {}
        self._told: dict[str, _Told] = {}
        self._failed: dict[str, str] = {}
        self._works: dict[str, tuple[tuple[object, ...], Workday]] = {}
        self._register: tuple[int, Sequence[OfficeEntry]] = (-REGISTER_KEPT_MS, ())

    def glances(self, now_ms: int) -> list[Glance]:
        """Every office of the register, in its order."""
        images = {image.office: image for image in self._network.images()}
        alarms: dict[str, list[Alarm]] = defaultdict(list)
        for alarm in self._alarms.open():
            alarms[alarm.office].append(alarm)
        with self._lock:
            register = self._all(now_ms)
        return [self._one_glance(one, images.get(one.id), alarms.get(one.id, ()), now_ms) for one in register]

    def glance(self, office: str, now_ms: int) -> Glance | None:
        """One office; None when the register doesn't have it."""
        with self._lock:
            entry = next((one for one in self._all(now_ms) if one.id == office), None) or self._offices.get(office)
        if entry is None:
            return None
        return self._one_glance(entry, self._network.image(office), self._alarms.open(office), now_ms)

    def tiles(self, now_ms: int) -> list[Tile]:
        """The tiles in the order of the register; `tiles.by_trouble` sorts them."""
        return [glance.tile for glance in self.glances(now_ms)]

    def tile(self, office: str, now_ms: int) -> Tile | None:
        """One tile."""
        found = self.glance(office, now_ms)
        return None if found is None else found.tile

    def _all(self, now_ms: int) -> Sequence[OfficeEntry]:
        read_ms, known = self._register
        if not 0 <= now_ms - read_ms < REGISTER_KEPT_MS:
            found = self._offices.all()
            # The very same entries, where nothing has changed: what was made of them still holds.
            known = known if list(found) == list(known) else found
            self._register = (now_ms, known)
        return known

    def _kept_ms(self, office: str) -> int:
        longest_ms = KEPT_MS_PER_OFFICE * len(self._register[1])
        return max(FIGURES_KEPT_MS, longest_ms * (256 + crc32(office.encode()) % 256) // 512)

    def _one_glance(self, entry: OfficeEntry, image: Image | None, alarms: Sequence[Alarm], now_ms: int) -> Glance:
        """One office by itself: whoever goes round all offices at the same time finds here what the other has made."""
        with self._lock:
            return self._glance(entry, image, alarms, now_ms)

    def _glance(self, entry: OfficeEntry, image: Image | None, alarms: Sequence[Alarm], now_ms: int) -> Glance:
        """The office at this moment; one whose entries make no sense is in doubt and harms nobody else's tile."""
        try:
            return self._looked_at(entry, image, alarms, now_ms)
        except Exception as error:
            if self._failed.get(entry.id) != repr(error):
                self._failed[entry.id] = repr(error)
                _log.exception("office %s: no tile", entry.id)
            zone = zone_of(None, entry)
            doubt = Doubt("corrupt", now_ms, {"rules": f"{type(error).__name__}: {error}"[:200]}, "person")
            tile = Tile(entry.id, entry.name, entry.mobile, TileState.DOUBT, None, doubt=doubt)
            work = Workday(_local_date(zone, now_ms), zone, known=False)
            limits = self._thresholds.of(entry.id, mobile=entry.mobile)
            return Glance(entry, None, limits, work, NO_CALENDAR, with_alarms(tile, alarms))

    def _looked_at(self, entry: OfficeEntry, image: Image | None, alarms: Sequence[Alarm], now_ms: int) -> Glance:
        limits = self._thresholds.of(entry.id, mobile=entry.mobile)
        stops = self._stops.of(entry.id) if entry.mobile else ()
        ahead = self._advising.ahead(entry.id, now_ms) if image is not None else None
        made_of = (entry, image, limits, stops, ahead, self._today.of(entry.id))
        told = self._told.get(entry.id)
        if told is not None and _holds(told, made_of, alarms, now_ms):
            return told.glance
        glance = self._made(entry, image, limits, stops, ahead, alarms, now_ms)
        known_ms = data_ms(image, now_ms) if image is not None else 0
        kept = self._kept.get(entry.id)
        until_ms = kept.made_ms + self._kept_ms(entry.id) if kept is not None else now_ms
        self._told[entry.id] = _Told(glance, made_of, tuple(alarms), now_ms, until_ms, known_ms)
        return glance

    def _made(
        self,
        entry: OfficeEntry,
        image: Image | None,
        limits: Limits,
        stops: tuple[Stop, ...],
        ahead: Ahead | None,
        alarms: Sequence[Alarm],
        now_ms: int,
    ) -> Glance:
        work, public = self._workday(entry, image, stops, now_ms)
        figures = self._figures(entry, image, work, limits, ahead, public, now_ms) if image is not None else None
        here: Place | None = None
        following: Place | None = None
        if stops:
            here, following = places(stops, work.local(now_ms))
        tile = tile_of(
            image,
            entry,
            now_ms,
            limits=limits,
            work=work,
            public=public,
            alarms=alarms,
            place=here,
            next_place=following,
            figures=figures,
        )
        return Glance(entry, image, limits, work, public, tile, ahead)

    def _workday(
        self, entry: OfficeEntry, image: Image | None, stops: tuple[Stop, ...], now_ms: int
    ) -> tuple[Workday, PublicCalendar]:
        plan = plan_of(image.state) if image is not None else None
        zone = zone_of(image, entry)
        public = self._public_of(plan)
        made_of = (plan, stops, public, _local_date(zone, now_ms))
        known = self._works.get(entry.id)
        if known is not None and _same(known[0], made_of):
            return known[1], public
        work = workday(plan, zone, now_ms, public, stops)
        self._works[entry.id] = (made_of, work)
        return work, public

    def _figures(
        self,
        entry: OfficeEntry,
        image: Image,
        work: Workday,
        limits: Limits,
        ahead: Ahead | None,
        public: PublicCalendar,
        now_ms: int,
    ) -> Mapping[str, Figure] | None:
        """The figures, from what is kept where nothing has changed; None of an office that has told nothing yet."""
        if not image.state.seq:
            return None
        state = state_of(image, work, now_ms, limits["stale"])
        today = self._today.of(entry.id)
        kept = self._kept.get(entry.id)
        if kept is not None and 0 <= now_ms - kept.made_ms < self._kept_ms(entry.id):
            made_of = (kept.state, kept.limits, kept.work, kept.today, kept.ahead)
            if kept.tile_state is state and _same(made_of, (image.state, limits, work, today, ahead)):
                return kept.figures
        figures = figures_at(
            image,
            state,
            work,
            now_ms,
            limits,
            public=public,
            today=today,
            forecast=ahead.forecast if ahead is not None else None,
            newcomer_ms=ahead.newcomer_s * 1000 if ahead is not None and ahead.newcomer_s is not None else None,
        )
        self._kept[entry.id] = _Kept(image.state, state, limits, work, today, ahead, now_ms, figures)
        return figures

    def _public_of(self, plan: Plan | None) -> PublicCalendar:
        return NO_CALENDAR if plan is None else self._public(plan)


def _holds(told: _Told, made_of: tuple[object, ...], alarms: Sequence[Alarm], now_ms: int) -> bool:
    """Whether a glance may be told again: made of the same things a moment ago, on this side of turning grey."""
    if not told.made_ms <= now_ms < told.until_ms or tuple(alarms) != told.alarms:
        return False
    if any(one is not other for one, other in zip(told.made_of, made_of, strict=True)):
        return False
    stale_ms = told.glance.limits["stale"].lowest * 1000
    return (now_ms - told.known_ms <= stale_ms) == (told.made_ms - told.known_ms <= stale_ms)


def _same(some: Sequence[object], others: Sequence[object]) -> bool:
    """Whether these are the very same objects, dates compared by value."""
    return all(a is b or (isinstance(a, date) and a == b) for a, b in zip(some, others, strict=True))


def _local_date(zone: ZoneInfo, now_ms: int) -> date:
    return datetime.fromtimestamp(now_ms / 1000, zone).date()
