"""A tile of the wall: one office in a dozen numbers, each with the journal entries behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sync.centre.alarm import Alarm
from sync.centre.images import Doubt


class TileState(StrEnum):
    """What the tile says at the first glance.

    `asleep`: silent outside the plan's hours, which rings nobody. `stale`: nothing newer is known though it should be.
    `doubt`: what is known may not be believed. `never`: nothing has come yet. `off`: planned not to work (a bus between
    two stops, a day off) while its line holds.
    """

    LIVE = "live"
    STALE = "stale"
    ASLEEP = "asleep"
    DOUBT = "doubt"
    OFF = "off"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of a tile. None: unknown, which is never 0. `seqs`: the journal entries behind it.

    `level`: '', 'warning' or 'alarm' by the thresholds in force. `of`: what it is measured against (planned desks).
    """

    value: float | None
    of: float | None = None
    level: str = ""
    seqs: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mobile office stands or goes next: the stop, and the hours there as local ISO times."""

    stop: str
    begins: str
    ends: str


@dataclass(frozen=True, slots=True)
class Tile:
    """One office on the wall, by the figures named below.

    `schedule` (share of the plan's minutes of today in which somebody received), `equipment` (share of devices that
    work, `of` their number), `staff` (operators present, `of` planned), `waiting`, `wait_mean`, `wait_max` (ms),
    `over_norm` (share of today's), `service` (mean ms today), `desks` (working, `of` planned), `finish` (expected end
    of the last visitor, UTC ms), `not_started` (ms late). Definitions: `sync.centre.tiles`.

    `newcomer` (predicted mean wait of whoever comes now, ms) and `wait_day` (mean wait of today's called, ms) too.

    `age_ms` is the data's age, None when nothing came; `as_of_ms` the moment that all the figures speak of (UTC ms).
    `alarms` are the open ones, gravest first. `trouble` sorts the wall: the larger the sooner.
    """

    office: str
    name: str
    mobile: bool
    state: TileState
    age_ms: int | None
    figures: Mapping[str, Figure] = field(default_factory=dict)
    doubt: Doubt | None = None
    alarms: tuple[Alarm, ...] = ()
    opens: str = ""
    closes: str = ""
    place: Place | None = None
    next_place: Place | None = None
    paused: bool = False
    seq: int = 0
    trouble: int = 0
    as_of_ms: int | None = None
