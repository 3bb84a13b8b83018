"""A clock that does what a test says: it passes, steps, loses its trust and starts anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from appliance.domain.moment import Moment, Now

HERE = timezone(timedelta(hours=3))
MORNING = round(datetime(2026, 11, 24, 9, 0, tzinfo=HERE).timestamp() * 1000)
SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
YEAR = 365 * DAY


@dataclass
class Clock:
    """The clocks of one box. `at_ms` is UTC; the office lives three hours east of it."""

    at_ms: int = MORNING
    uptime_ms: int = 5 * MINUTE
    boots: int = 1
    trusted: bool = True
    disk_tight: bool = False
    settled: bool = True

    @property
    def boot(self) -> str:
        """The id of this boot."""
        return f"boot-{self.boots}"

    @property
    def local(self) -> datetime:
        """What the wall clock shows in the office."""
        return datetime.fromtimestamp(self.at_ms / 1000, UTC).astimezone(HERE).replace(tzinfo=None)

    def now(self) -> Now:
        """What a rule may know."""
        moment = Moment(self.at_ms, self.trusted, self.boot, self.uptime_ms)
        return Now(moment, self.local if self.trusted else None, self.disk_tight, self.settled)

    def advance(self, milliseconds: int) -> None:
        """Time passes."""
        self.at_ms += milliseconds
        self.uptime_ms += milliseconds

    def step(self, milliseconds: int) -> None:
        """Somebody sets the wall clock; no time passes."""
        self.at_ms += milliseconds

    def reboot(self, *, trusted: bool = True, dark_ms: int = 30 * SECOND) -> None:
        """The box was dark for a while and wakes with another boot id."""
        self.at_ms += dark_ms
        self.uptime_ms = 20 * SECOND
        self.boots += 1
        self.trusted = trusted

    def set_local(self, hour: int, minute: int = 0, *, days: int = 0) -> None:
        """Let time pass until that hour, `days` days on."""
        wanted = self.local.replace(hour=hour, minute=minute, second=0, microsecond=0)
        self.advance(round((wanted + timedelta(days=days) - self.local).total_seconds() * 1000))
