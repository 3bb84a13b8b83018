"""The box of an office as written steps: its power, its clocks as they are really judged, and the rules in memory.

A step is `[date] HH:MM act words`, in true local time. Acts by the clock: `tick` (one), `watch [date] HH:MM` (one a
minute until then). By people: `open`, `close`, `key` (NEXT of desk 1), `call`, `start`, `park`, `pause`, `resume`,
`take SERVICE [mean=MIN] [unpromised] [insist]`, `plan NAME`. To the box: `off`, `on` (the clock runs on), `dark` (it
wakes and nobody knows the time), `sync` (it learns the time), `clock +HH:MM` or `-HH:MM` (the wall clock jumps).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from appliance.domain.calling import CallNext
from appliance.domain.clockwork import Tick
from appliance.domain.days import CloseDay, DayClosed, DayOpened, DayRedated, OpenDay
from appliance.domain.desks import DeskClosed, DeskOpened, OpenDesk
from appliance.domain.hours import NO_CALENDAR, PublicCalendar
from appliance.domain.identity import AdoptPlan
from appliance.domain.keys import Key, Press
from appliance.domain.message import Command, Event, Record
from appliance.domain.moment import Moment, Now
from appliance.domain.office import Office
from appliance.domain.pausing import HallPaused, HallResumed, PauseHall, ResumeHall
from appliance.domain.plan import Plan
from appliance.domain.plans.reader import read_plan
from appliance.domain.refusal import Refused
from appliance.domain.rules import decide, evolve
from appliance.domain.serving import Park, ServiceFinished, Start
from appliance.domain.tickets import TakeTicket, TicketIssued, TicketLeft, Told
from appliance.domain.trust import Reading, first_look, look_again
from appliance.workers.public_calendar import load_here

MINUTE_MS = 60_000
NOTHING = "nothing"

PEOPLE: Mapping[str, Callable[[], Command]] = {
    "open": OpenDay,
    "close": CloseDay,
    "key": lambda: Press(1, Key.NEXT),
    "desk": lambda: OpenDesk(1),
    "call": lambda: CallNext(1),
    "start": lambda: Start(1),
    "park": lambda: Park(1),
    "pause": PauseHall,
    "resume": ResumeHall,
}


class Box:
    """One office. `do` takes one step and tells what came out, in words."""

    def __init__(self, plans: Mapping[str, str], name: str, begins: str) -> None:
        """The office works by plan `name`, and has had power since five minutes before `begins` (`date HH:MM`)."""
        self._documents = plans
        self._plans: dict[str, Plan] = {}
        plan = self._plan(name)
        self._zone, self._country = ZoneInfo(plan.timezone), plan.calendar.country
        self._true_ms = self._instant(*begins.split()) - 5 * MINUTE_MS
        self._date = begins.split()[0]
        self._error_ms, self._synced, self._boots = 0, True, 1
        self._booted_ms = self._true_ms
        self._known_ms = 0
        self.alive = True
        self._trust = first_look(self._reading(), 0)
        self.office = Office()
        self._carry_out(AdoptPlan(plan))

    def play(self, steps: Sequence[str]) -> str:
        """Take steps; what came out of the last one. An earlier one must not be refused."""
        told = NOTHING
        for step in steps:
            assert not told.startswith("no:"), f"before {step!r}: {told}"
            told = self.do(step)
        return told

    def do(self, step: str) -> str:
        """Take one step."""
        words = step.split()
        if "-" in words[0]:
            self._date = words.pop(0)
        time, act, *rest = words
        self._pass_until(self._instant(self._date, time))
        match act:
            case "tick":
                return ", ".join(self.tick()) or NOTHING
            case "watch":
                return ", ".join(self._watch(rest)) or NOTHING
        return self.ask(" ".join([act, *rest]))

    def ask(self, act: str) -> str:
        """Whatever is no tick, now."""
        name, *rest = act.split()
        if name in ("off", "on", "dark", "sync", "clock"):
            self._to_the_box(name, rest)
            return NOTHING
        return self._by_people(name, rest)

    def pass_time(self, minutes: int) -> None:
        """Let time pass while nobody does anything."""
        self._true_ms += minutes * MINUTE_MS

    @property
    def plan(self) -> Plan:
        """What the next opening would go by."""
        plan = self.office.next_plan or self.office.plan
        assert plan is not None
        return plan

    def now(self) -> Now:
        """What a rule may know."""
        moment = Moment(self._wall_ms(), self._trust.trusted, f"boot-{self._boots}", self._true_ms - self._booted_ms)
        local = self._local(self._wall_ms()).replace(tzinfo=None) if self._trust.trusted else None
        assert self.office.plan is not None
        grace_ms = self.office.plan.settings.grace_min * MINUTE_MS
        settled = self._trust.settled(moment.uptime_ms, grace_ms)
        public = NO_CALENDAR if local is None else calendar_of(self._country, local.year)
        return Now(moment, local, settled=settled, public=public)

    def tick(self) -> Sequence[str]:
        """One second of the clock worker, while the box has power."""
        if not self.alive:
            return ()
        self.look()
        return self._carry_out(Tick(self.now().settled))

    def look(self) -> None:
        """Judge the clocks once more."""
        self._trust = look_again(self._trust, self._reading(), self._known_ms)

    def _to_the_box(self, act: str, rest: Sequence[str]) -> None:
        match act:
            case "off":
                self.alive = False
            case "on" | "dark":
                self.alive, self._synced = True, act == "on"
                self._boots += 1
                self._booted_ms = self._true_ms - 20_000
                self._trust = first_look(self._reading(), self._known_ms)
            case "sync":
                self._synced, self._error_ms = True, 0
                self.look()
            case "clock":
                self.look()
                hours, minutes = map(int, rest[0][1:].split(":"))
                self._error_ms += (hours * 60 + minutes) * MINUTE_MS * (-1 if rest[0][0] == "-" else 1)
                self.look()

    def _by_people(self, act: str, rest: Sequence[str]) -> str:
        if not self.alive:
            return "no power"
        self.look()
        if act == "take":
            command: Command = _taking(rest)
        elif act == "plan":
            command = AdoptPlan(self._plan(" ".join(rest)))
        else:
            command = PEOPLE[act]()
        try:
            return ", ".join(self._carry_out(command)) or NOTHING
        except Refused as refusal:
            return f"no: {refusal}"

    def _watch(self, until: Sequence[str]) -> list[str]:
        """Tick each minute until then; each thing that came out, after the time that the office's clock showed."""
        end = self._instant(until[0] if len(until) == 2 else self._date, until[-1])
        told = []
        while self._true_ms <= end:
            found = self.tick()
            if found:
                told.append(f"{self._local(self._wall_ms()):%H:%M} {' + '.join(found)}")
            self._true_ms += MINUTE_MS
        self._date = self._local(self._true_ms).date().isoformat()
        return told

    def _carry_out(self, command: Command) -> list[str]:
        now = self.now() if self.office.plan is not None else Now(Moment(0, False, "", 0), None)
        events = decide(self.office, command, now)
        told = [self._tell(event) for event in events]
        if isinstance(command, AdoptPlan):
            self._plans[command.plan.digest] = command.plan
        for event in events:
            record = Record(self.office.seq + 1, now.moment, "", event)
            self.office = evolve(self.office, record, self._plans.__getitem__)
        if events and now.moment.trusted:
            self._known_ms = max(self._known_ms, now.moment.at_ms)
        return [one for one in told if one]

    def _tell(self, event: Event) -> str:
        match event:
            case DayOpened():
                return f"day {event.date or 'without a date'} opened{', numbers go on' if event.continues else ''}"
            case DayClosed():
                return "day closed by itself" if event.by_system else "day closed"
            case DayRedated():
                return f"day is {event.date}"
            case TicketIssued():
                return f"{event.series}{event.number}"
            case TicketLeft() | ServiceFinished():
                what = "left" if isinstance(event, TicketLeft) else "done"
                ticket = self.office.tickets[event.ticket]
                return f"{ticket.series}{ticket.number} {what}{' by the system' if event.by_system else ''}"
            case DeskOpened() | DeskClosed():
                return f"desk {event.desk} {'opened' if isinstance(event, DeskOpened) else 'closed'}"
            case HallPaused() | HallResumed():
                return "hall pauses" if isinstance(event, HallPaused) else "hall goes on"
        return type(event).__name__

    def _plan(self, name: str) -> Plan:
        return read_plan(self._documents[name])

    def _pass_until(self, instant_ms: int) -> None:
        assert instant_ms >= self._true_ms, "steps go forward in time"
        self._true_ms = instant_ms

    def _instant(self, day: str, time: str) -> int:
        hour, minute = map(int, time.split(":"))
        midnight = datetime.combine(date.fromisoformat(day), datetime.min.time())
        local = (midnight + timedelta(hours=hour, minutes=minute)).replace(tzinfo=self._zone)
        return round(local.timestamp() * 1000)

    def _local(self, at_ms: int) -> datetime:
        return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(self._zone)

    def _wall_ms(self) -> int:
        return self._true_ms + self._error_ms

    def _reading(self) -> Reading:
        return Reading(self._wall_ms(), self._true_ms - self._booted_ms, self._synced)


@cache
def calendar_of(country: str, year: int) -> PublicCalendar:
    """The public calendar that the office would have read."""
    return load_here(country, year) if country else NO_CALENDAR


def _taking(words: Sequence[str]) -> TakeTicket:
    service, *rest = words
    told = None
    for word in rest:
        if word.startswith("mean="):
            mean_s = int(word.removeprefix("mean=")) * 60
            told = Told(mean_s // 2, mean_s * 2, mean_s, mean_s)
    return TakeTicket(service, paper=False, told=told, unpromised="unpromised" in rest, insist="insist" in rest)
