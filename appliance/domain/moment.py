"""Time as the office knows it: a wall clock that may lie, and an uptime that doesn't."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from appliance.domain.hours import NO_CALENDAR, PublicCalendar


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant.

    `at_ms`: UTC milliseconds since 1970 by the wall clock; `trusted`: whether that clock was believed then;
    `boot` and `uptime_ms`: the kernel's boot id and CLOCK_BOOTTIME, which no clock setting moves.
    """

    at_ms: int
    trusted: bool
    boot: str
    uptime_ms: int

    def since(self, earlier: Moment) -> int:
        """Milliseconds from `earlier` to this moment, never negative.

        Within one boot by uptime, so that a step of the wall clock changes no wait; across boots by the wall clock.
        """
        if self.boot == earlier.boot:
            return max(0, self.uptime_ms - earlier.uptime_ms)
        return max(0, self.at_ms - earlier.at_ms)

    def utc(self) -> datetime:
        """The wall clock's reading."""
        return datetime.fromtimestamp(self.at_ms / 1000, UTC)


@dataclass(frozen=True, slots=True)
class Stamp:
    """When a row's fact happened: the journal entry that says so, and its moment."""

    seq: int
    moment: Moment


class Halt(Protocol):
    """A stretch in which no clock of a visitor runs; it lasts while it has no end."""

    @property
    def began(self) -> Stamp: ...  # noqa: D102
    @property
    def ended(self) -> Stamp | None: ...  # noqa: D102


def elapsed(since: Moment, until: Moment, halts: Iterable[Halt]) -> int:
    """Milliseconds of a visitor's time from one moment to another, without the halts between them."""
    whole = until.since(since)
    halted = 0
    for halt in halts:
        begun = min(whole, until.since(halt.began.moment))
        over = min(whole, until.since(halt.ended.moment)) if halt.ended is not None else 0
        halted += max(0, begun - over)
    return max(0, whole - halted)


@dataclass(frozen=True, slots=True)
class Now:
    """What a rule may know of the present.

    `local` is the office's wall time (naive), or None while the clock is not trusted: no rule may read a date or an
    hour from a clock nobody believes. `settled`: it hasn't jumped lately, so it may close something. `disk_tight` says
    that the disk's reserve has been spent; `public` what the public calendar says of these years.
    """

    moment: Moment
    local: datetime | None
    disk_tight: bool = False
    settled: bool = True
    public: PublicCalendar = NO_CALENDAR

    def minute_at(self, earlier: Moment) -> int:
        """The minute of the office's day at an earlier moment, by the present clock and the time since; may be below 0.

        Only while the clock is trusted.
        """
        assert self.local is not None
        return self.local.hour * 60 + self.local.minute - self.moment.since(earlier) // 60_000


def iso(at_ms: int) -> str:
    """UTC milliseconds as the journal writes them: `2026-11-24T08:42:07.123Z`."""
    text = datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def from_iso(text: str) -> int:
    """The inverse of `iso`."""
    moment = datetime.fromisoformat(text)
    return round(moment.timestamp() * 1000)
