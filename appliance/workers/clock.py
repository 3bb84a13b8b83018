"""The office's clock: what time it is, whether anybody believes it, and a tick when something is due."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from appliance.domain.clockwork import CorrectClock, Tick, tick
from appliance.domain.hours import NO_CALENDAR
from appliance.domain.moment import Moment, Now
from appliance.domain.office import Office, TicketState
from appliance.domain.trust import STEP_MS, Reading, Trust, confirmed, first_look, look_again
from appliance.store.told import EraseTold, due
from appliance.store.writer import QueueWriter
from appliance.workers.public_calendar import CalendarSource

log = logging.getLogger(__name__)

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
TIMESYNC = Path("/run/systemd/timesync/synchronized")
RTC = Path("/sys/class/rtc/rtc0/hctosys")


def read_boot_id() -> str:
    """The kernel's boot id, 32 hex digits; `unknown` where there is none."""
    try:
        return BOOT_ID.read_text().strip().replace("-", "")
    except OSError:
        return "unknown"


def system_synced() -> bool:
    """Whether the system's time comes from NTP (timesyncd's mark) or was set from a battery-backed clock at boot."""
    if TIMESYNC.exists():
        return True
    try:
        return RTC.read_text().strip() == "1"
    except OSError:
        return False


SOURCES: Mapping[str, Callable[[], bool]] = {
    "system": system_synced,
    "trusted": lambda: True,
    "untrusted": lambda: False,
}
"""What `clock` in office.toml may say: whom to ask whether the wall clock is right."""


CALENDAR_PATIENCE_S = 20.0
"""How long the clock's round waits for the public calendar, once a year."""


class OfficeClock:
    """Reads the clocks and keeps the judgement about them. `now` is thread-safe and cheap."""

    def __init__(
        self,
        synced: Callable[[], bool] = system_synced,
        *,
        disk_tight: Callable[[], bool] = lambda: False,
        wall_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        uptime_ms: Callable[[], int] = lambda: time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000,
    ) -> None:
        self._synced, self._wall_ms, self._uptime_ms = synced, wall_ms, uptime_ms
        self._disk_tight = disk_tight
        self._boot = read_boot_id()
        self._zone: ZoneInfo | None = None
        self._country = ""
        self.calendar = CalendarSource("")
        self._grace_ms = 0
        self._last_known_ms = 0
        self._lock = threading.Lock()
        self._untold = False
        self.trust: Trust = first_look(self._reading(), 0)
        self.since = datetime.fromtimestamp(self._wall_ms() / 1000).astimezone()

    def begin(self, office: Office, last_known_ms: int) -> None:
        """Learn the office's time zone and the newest trusted time in its journal."""
        self._last_known_ms = last_known_ms
        self.use_plan(office)
        self._judge(lambda reading: first_look(reading, last_known_ms))

    def use_plan(self, office: Office) -> None:
        """Take time zone, grace and the country of the public calendar from the plan in force."""
        if office.plan is not None:
            self._zone = ZoneInfo(office.plan.timezone)
            self._grace_ms = office.plan.settings.grace_min * 60_000
            if office.plan.calendar.country != self._country:
                self._country = office.plan.calendar.country
                self.calendar = CalendarSource(self._country)

    def await_calendar(self, timeout_s: float) -> None:
        """Wait for the public calendar of this year while it is being read: no holiday may open a day by mistake."""
        local = self.now().local
        if local is not None:
            self.calendar.current(local.date())
            self.calendar.wait(timeout_s)

    def now(self) -> Now:
        """The instant, with the office's local time if the clock is trusted."""
        at_ms, uptime_ms, trust = self._wall_ms(), self._uptime_ms(), self.trust
        # a step since the last look is not believed before it has been judged
        trusted = trust.trusted and abs(at_ms - uptime_ms - trust.offset) < STEP_MS
        moment = Moment(at_ms, trusted, self._boot, uptime_ms)
        local = None
        if trusted and self._zone is not None:
            local = datetime.fromtimestamp(at_ms / 1000, self._zone).replace(tzinfo=None)
        settled = trust.settled(uptime_ms, self._grace_ms)
        public = NO_CALENDAR if local is None else self.calendar.current(local.date())
        return Now(moment, local, self._disk_tight(), settled, public)

    def look(self) -> Trust:
        """Judge the clocks once more."""
        before = self.trust
        self._judge(lambda reading: look_again(self.trust, reading, self._last_known_ms))
        if (before.trusted, before.doubtful) != (self.trust.trusted, self.trust.doubtful):
            self.since = datetime.fromtimestamp(self._wall_ms() / 1000).astimezone()
            log.warning("clock trusted=%s doubtful=%s", self.trust.trusted, self.trust.doubtful)
        return self.trust

    def shown(self) -> datetime:
        """What the wall clock says in the office's zone, believed or not."""
        return datetime.fromtimestamp(self._wall_ms() / 1000, self._zone)

    def confirm(self) -> None:
        """A person says that the time shown is right."""
        self._judge(lambda reading: replace(confirmed(self.trust), offset=reading.offset))

    def correction(self) -> int | None:
        """The offset that the journal should learn, once; None when there is nothing new."""
        with self._lock:
            untold, self._untold = self._untold, False
            return self.trust.offset if untold else None

    def _judge(self, judge: Callable[[Reading], Trust]) -> None:
        """Replace the judgement; what it says of a correction is kept until somebody asks for it."""
        with self._lock:
            self.trust = judge(self._reading())
            self._untold = self._untold or self.trust.corrected

    def _reading(self) -> Reading:
        return Reading(self._wall_ms(), self._uptime_ms(), self._synced())


class ClockWorker:
    """A thread that looks at the clock each second and asks for a tick only when one would lead to something."""

    def __init__(self, writer: QueueWriter, clock: OfficeClock, period_s: float = 1.0) -> None:
        self._writer, self._clock, self._period_s = writer, clock, period_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="clock", daemon=True)

    def start(self) -> None:
        """Begin to tick."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        self._thread.join(5.0)

    def look(self) -> None:
        """One second's work."""
        office = self._writer.office
        self._clock.use_plan(office)
        self._clock.look()
        offset = self._clock.correction()
        if offset is not None:
            self._writer.submit(CorrectClock(offset), actor="clock")
        self._clock.await_calendar(CALENDAR_PATIENCE_S)
        now = self._clock.now()
        command = Tick(settled=now.settled)
        if tick(office, command, now):
            self._writer.submit(command, actor="clock")
        elif now.moment.trusted and now.settled and self._texts_due(office, now.moment.at_ms):
            self._writer.submit(EraseTold(now.moment.at_ms), actor="clock")

    def _texts_due(self, office: Office, at_ms: int) -> bool:
        """Whether texts of directives are past their term and nobody waits in the hall."""
        quiet = office.open_day is None or not any(t.state is TicketState.WAITING for t in office.tickets.values())
        return quiet and due(self._writer.texts, at_ms, day_open=office.open_day is not None)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.look()
            except Exception:
                log.exception("the clock's round failed")
            self._stop.wait(self._period_s)
