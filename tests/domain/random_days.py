"""Days at random through the real rules: everything that people do in a hall, and what clocks and power do to it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

from appliance.domain.bell import AnswerBell, BellLoopCut, CloseBell, PressBell
from appliance.domain.calling import CallBack, CallNext, CallTicket, HearCall, Miss, Recall
from appliance.domain.clockwork import CorrectClock, Tick
from appliance.domain.days import CloseDay, OpenDay
from appliance.domain.desks import CloseDesk, OpenDesk, SignIn, SignOut, TakeBreak
from appliance.domain.devices import NOT_CONFIGURED, NoteDevice
from appliance.domain.identity import AdoptPlan, BeginIncarnation
from appliance.domain.message import Command, Event, Record
from appliance.domain.office import DeskState, Office, Ticket, TicketState
from appliance.domain.pausing import PauseHall, ResumeHall
from appliance.domain.plan import Plan
from appliance.domain.plans.reader import read_plan
from appliance.domain.priority import ConfirmCategory, RefuseCategory, SetCategory
from appliance.domain.redating import corrections, redate
from appliance.domain.refusal import Refused
from appliance.domain.rules import decide, evolve
from appliance.domain.serving import Finish, Park, ReturnTicket, Start
from appliance.domain.standing import DropStanding
from appliance.domain.tickets import AdoptTicket, LeaveTicket, TakeTicket, Told
from appliance.domain.turning_away import AwayReason, TurnAway
from appliance.domain.undoing import UndoLast
from appliance.domain.visits import AddService, MergeTickets, SendTicket, Transfer
from tests.domain.clock import DAY, HOUR, MINUTE, SECOND, Clock
from tests.domain.directing import order

PLAN = """
schema = 1
version = 1
office = "office-17"
timezone = "Europe/Moscow"
[name]
ru = "Отделение 17"
[hours]
opens = "08:30"
closes = "18:00"
sun = "closed"
[hours.reception]
opens = "09:00"
closes = "17:45"
[hours.issuing]
closes = "17:15"
[settings]
start_after_s = 60
missed_after_s = 0
park_min = 10
grace_min = 30
wait_norm_min = 15
booked_norm_min = 5
booked_late_min = 15
booked_early_min = 5
[[category]]
id = "veteran"
name = { ru = "Ветераны" }
[[category]]
id = "child"
name = { ru = "С детьми" }
confirm_first = true
[[reason]]
id = "form"
kind = "park"
name = { ru = "Заполняет бланк" }
minutes = 5
[[reason]]
id = "lunch"
kind = "break"
name = { ru = "Обед" }
[[organisation]]
id = "city"
name = { ru = "Город" }
[[organisation]]
id = "water"
name = { ru = "Водоканал" }
hours = "10:00-16:00"
[[service]]
id = "consult"
series = "А"
name = { ru = "Консультация" }
organisation = "city"
purposes = ["consult", "submit"]
[[service]]
id = "submit"
series = "Б"
name = { ru = "Приём документов" }
organisation = "city"
norm_min = 3
wait_norm_min = 5
[[service]]
id = "meters"
series = "В"
name = { ru = "Счётчики" }
organisation = "water"
norm_min = 8
[[operator]]
id = "ann"
may_pick = true
[[operator]]
id = "bob"
[[operator]]
id = "cat"
may_pick = true
[[desk]]
number = 1
[[desk]]
number = 2
[[desk]]
number = 3
services = ["submit", "meters"]
secondary = ["consult"]
organisation = "city"
[[desk]]
number = 4
organisation = "water"
class = "reserve"
[[shift]]
operator = "ann"
desk = 1
days = "mon-sat"
hours = "09:00-18:00"
breaks = ["13:00-13:45"]
[[shift]]
operator = "bob"
desk = 2
days = "mon-fri"
hours = "09:00-14:00"
breaks = ["11:00-11:15"]
[[shift]]
operator = "cat"
desk = 2
days = "mon-fri"
hours = "13:00-18:00"
"""

NEWER_PLAN = (
    PLAN.replace("version = 1\n", "version = 2\n")
    .replace("wait_norm_min = 15", "wait_norm_min = 4")
    .replace("booked_norm_min = 5", "booked_norm_min = 2")
    .replace("norm_min = 8", "norm_min = 2")
    .replace('closes = "17:45"', 'closes = "16:30"')
    .replace('closes = "17:15"', 'closes = "16:00"')
)

Act = Callable[["RandomDays"], Command | None]


class PlayedOffice:
    """An office in memory under the real rules. `records` is its journal, `texts` are its plans."""

    def __init__(self, plans: Sequence[str] = (PLAN, NEWER_PLAN)) -> None:
        self.clock, self.office = Clock(), Office()
        self.texts = tuple(plans)
        self.known = {hashlib.sha256(text.encode()).hexdigest(): read_plan(text) for text in plans}
        self.records: list[Record] = []
        self.do(BeginIncarnation("office-17", "life-1"))
        self.do(AdoptPlan(next(iter(self.known.values()))))

    def plan(self, digest: str) -> Plan:
        """The plan of a digest."""
        return self.known[digest]

    def do(self, command: Command) -> list[Event]:
        """Give a command; a refusal leads to nothing."""
        try:
            events = list(decide(self.office, command, self.clock.now()))
        except Refused:
            return []
        for event in events:
            actor = f"desk:{desk}" if (desk := getattr(command, "desk", None)) else "test"
            record = Record(self.office.seq + 1, self.clock.now().moment, actor, event)
            self.office = evolve(self.office, record, self.plan)
            self.records.append(record)
        return events

    def redated(self) -> list[Record]:
        """The journal at its true times."""
        known = corrections(self.records)
        return [redate(record, known) for record in self.records]

    def lines(self) -> list[str]:
        """The journal as `talon journal --jsonl --redated` prints it, without the chain."""
        return [_line(record) for record in self.redated()]


class RandomDays(PlayedOffice):
    """An office whose people act at random."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.random = Random(seed)

    def live(self, days: int, steps: int = 250) -> RandomDays:
        """So many working days with about so many acts each."""
        for day in range(days):
            self.morning(day)
            for _ in range(steps):
                self.step()
            self.evening()
        return self

    def morning(self, day: int) -> None:
        """The box wakes, with a clock or without one, and somebody opens."""
        clock, random = self.clock, self.random
        if day:
            clock.set_local(8, random.choice((10, 25)), days=1)
        if random.random() < 0.4:
            self.reboot(trusted=random.random() < 0.5)
        if random.random() < 0.3:
            self.do(TurnAway("consult", "closed"))
        if random.random() < 0.4:
            self.do(PressBell("ramp"))
            self.do(_note(self))
        if random.random() < 0.3:
            self.do(SignIn(1, "cat"))
        clock.advance(random.choice((5, 20, 35, 50)) * MINUTE)
        self.do(OpenDay())
        for desk in (1, 2, 3):
            if random.random() < 0.9:
                clock.advance(random.randrange(3 * MINUTE))
                self.do(OpenDesk(desk))
        if not clock.trusted and random.random() < 0.8:
            clock.advance(random.randrange(20 * MINUTE))
            clock.trusted = True
            self.do(CorrectClock(clock.at_ms - clock.uptime_ms))

    def evening(self) -> None:
        """Somebody closes, or the clock does, or nobody until the next morning; some leave a service running."""
        kind = self.random.randrange(4)
        if kind == 0:
            self.do(CloseDay())
        elif kind == 1:
            if self.clock.local.hour < 19:
                self.clock.set_local(19)
            self.do(Tick(settled=True))
        if kind < 2 and self.random.random() < 0.5:
            self.clock.advance(5 * MINUTE)
            self.do(TurnAway(None, "closed"))
            self.do(PressBell("ramp"))
            self.do(_note(self))
            self.clock.advance(self.random.choice((30 * SECOND, 90 * SECOND, 3 * MINUTE)))
            if self.random.random() < 0.5:
                self.do(AnswerBell("ramp"))

    def reboot(self, *, trusted: bool) -> None:
        """The power was off: what could be undone is forgotten."""
        self.clock.reboot(trusted=trusted, dark_ms=self.random.choice((30 * SECOND, HOUR // 2)))
        desks = {number: replace(desk, undo=None) for number, desk in self.office.desks.items()}
        self.office = replace(self.office, desks=desks)

    def step(self) -> None:
        """Some time, and somebody does something."""
        random = self.random
        self.clock.advance(random.choice((0, 700, 3 * SECOND, 8 * SECOND, 40 * SECOND, 2 * MINUTE, 4 * MINUTE + 17)))
        self.do(Tick(settled=True))
        act = random.choices(ACTS, WEIGHTS)[0]
        command = act(self)
        if command is not None:
            self.do(command)
        if random.random() < 0.002:
            self.reboot(trusted=random.random() < 0.7)
        if random.random() < 0.003:
            self.clock.step(random.choice((-3 * MINUTE, 2 * MINUTE, 40 * SECOND)))
        if random.random() < 0.002:
            self.clock.advance(DAY // 3)
        if random.random() < 0.0005:
            self.reboot(trusted=True)
            self.do(BeginIncarnation("office-17", f"life-{self.office.seq}"))

    def desk(self, *states: DeskState) -> int | None:
        """A desk in one of these states."""
        found = [desk.number for desk in self.office.desks.values() if desk.state in states]
        return self.random.choice(found) if found else None

    def ticket(self, *states: TicketState) -> Ticket | None:
        """A ticket in one of these states."""
        found = [ticket for ticket in self.office.tickets.values() if ticket.state in states]
        return self.random.choice(found) if found else None

    def service(self) -> str:
        """One of the services."""
        return self.random.choice(("consult", "consult", "submit", "meters"))


def _line(record: Record) -> str:
    from appliance.domain.codec import encode
    from appliance.domain.moment import iso

    moment = record.moment
    values = {
        "seq": record.seq,
        "at": iso(moment.at_ms),
        "clock_trusted": int(moment.trusted),
        "boot_id": moment.boot,
        "uptime_ms": moment.uptime_ms,
        "actor": record.actor,
        "kind": type(record.event).__name__,
        "version": record.event.version,
        "body": json.loads(encode(record.event)),
    }
    return json.dumps(values, ensure_ascii=False)


def _take(day: RandomDays) -> Command:
    random, local = day.random, day.clock.local
    slot = None
    if random.random() < 0.25:
        slot = min(1439, max(0, local.hour * 60 + local.minute + random.choice((-30, -10, -3, 0, 5, 20))))
    low, high = sorted((random.randrange(900), random.randrange(1800)))
    if random.random() < 0.1:
        low = high = 0
    return TakeTicket(
        day.service(),
        paper=random.random() < 0.5,
        also=(day.service(),) if random.random() < 0.15 else (),
        category=random.choice(("veteran", "child")) if random.random() < 0.2 else None,
        confirmed=random.random() < 0.3,
        slot=slot,
        told=Told(low, high, (low + high) // 2, random.randrange(1500)) if random.random() < 0.7 else None,
        insist=random.random() < 0.3,
    )


def _note(day: RandomDays) -> Command:
    device = day.random.choice(("printer", "printer", "voice", "module/desks/1"))
    condition = day.random.choice(("ready", "ready", "warning", "missing", "fault"))
    gone = condition == "missing" and day.random.random() < 0.3
    return NoteDevice(device, condition, NOT_CONFIGURED if gone else "" if condition == "ready" else "silent")


def _direct(day: RandomDays) -> Command:
    """The centre sets a norm, adds or removes a skill, raises a ticket, or says something."""
    service, minutes = day.service(), day.random.choice((1, 2, 5, 30))
    kind, body = day.random.choice(
        (
            ("set-norm", {"service": service, "wait_min": minutes}),
            ("set-norm", {"service": None, "wait_min": minutes}),
            ("set-norm", {"service": service, "service_min": minutes}),
            ("add-skill", {"desk": 1, "service": service}),
            ("raise-ticket", {"ticket": day.random.choice([*day.office.tickets, 1])}),
            ("show-message", {"texts": {"en": "Hello"}, "minutes": minutes}),
            ("make-coffee", {}),
        )
    )
    return order(day.office, day.clock.now().moment.at_ms, kind, body)


def _at_desk(states: Sequence[DeskState], make: Callable[[RandomDays, int], Command]) -> Act:
    def act(day: RandomDays) -> Command | None:
        desk = day.desk(*states)
        return None if desk is None else make(day, desk)

    return act


def _of_ticket(states: Sequence[TicketState], make: Callable[[RandomDays, int], Command]) -> Act:
    def act(day: RandomDays) -> Command | None:
        ticket = day.ticket(*states)
        return None if ticket is None else make(day, ticket.id)

    return act


FREE, CALLED, SERVING, BREAK, CLOSED = (
    DeskState.FREE,
    DeskState.CALLED,
    DeskState.SERVING,
    DeskState.BREAK,
    DeskState.CLOSED,
)
WAITING, PARKED, MISSED = TicketState.WAITING, TicketState.PARKED, TicketState.MISSED
ANY = (FREE, CALLED, SERVING, BREAK, CLOSED)
IN_HAND = (WAITING, TicketState.CALLED, TicketState.SERVING, PARKED)

ACTS_AND_WEIGHTS: Sequence[tuple[Act, int]] = (
    (_take, 40),
    (lambda day: AdoptTicket("А", 9001 + day.random.randrange(900), day.service(), "ru", None), 2),
    (lambda day: TurnAway(day.random.choice((None, day.service())), day.random.choice(list(AwayReason)).value), 2),
    (_at_desk((FREE,), lambda day, desk: CallNext(desk)), 30),
    (_at_desk((FREE,), lambda day, desk: CallBack(desk)), 3),
    (_at_desk((FREE,), lambda day, desk: CallTicket(desk, day.random.choice([*day.office.tickets, 1]))), 6),
    (_at_desk((FREE,), lambda day, desk: TakeBreak(desk, day.random.choice(("", "lunch")))), 2),
    (_at_desk((BREAK, CLOSED), lambda day, desk: OpenDesk(desk)), 6),
    (_at_desk((FREE, BREAK), lambda day, desk: CloseDesk(desk)), 1),
    (_at_desk((CALLED,), lambda day, desk: Start(desk)), 25),
    (_at_desk((CALLED,), lambda day, desk: Miss(desk)), 5),
    (_at_desk((CALLED,), lambda day, desk: Recall(desk)), 3),
    (_at_desk((CALLED, SERVING), lambda day, desk: Finish(desk, call_next=day.random.random() < 0.6)), 25),
    (_at_desk((SERVING,), lambda day, desk: Park(desk, day.random.choice(("", "form")))), 5),
    (
        _at_desk(
            (SERVING,),
            lambda day, desk: Transfer(
                desk,
                day.random.choice((None, day.service())),
                day.random.choice((None, 1, 2, 3)),
                come_back=day.random.random() < 0.4,
            ),
        ),
        6,
    ),
    (_at_desk(ANY, lambda day, desk: UndoLast(desk)), 25),
    (_at_desk(ANY, lambda day, desk: SignIn(desk, day.random.choice(("ann", "bob", "cat")))), 3),
    (_at_desk(ANY, lambda day, desk: SignOut(desk)), 1),
    (_of_ticket((TicketState.CALLED,), lambda day, ticket: HearCall(ticket, 1)), 12),
    (_of_ticket((PARKED, MISSED), lambda day, ticket: ReturnTicket(ticket)), 4),
    (
        _of_ticket(
            (WAITING, PARKED, MISSED),
            lambda day, ticket: LeaveTicket(ticket, day.random.choice(("", "left", "cancelled", "mistake"))),
        ),
        3,
    ),
    (_of_ticket(IN_HAND, lambda day, ticket: AddService(ticket, day.service())), 3),
    (
        _of_ticket(
            (WAITING, PARKED), lambda day, ticket: SendTicket(ticket, day.service(), day.random.choice((None, 1, 3)))
        ),
        3,
    ),
    (_of_ticket((WAITING,), lambda day, ticket: MergeTickets(ticket, day.random.choice([*day.office.tickets, 1]))), 2),
    (
        _of_ticket(
            IN_HAND,
            lambda day, ticket: SetCategory(ticket, day.random.choice((None, "veteran", "child")), confirmed=False),
        ),
        3,
    ),
    (_of_ticket(IN_HAND, lambda day, ticket: ConfirmCategory(ticket)), 5),
    (_of_ticket(IN_HAND, lambda day, ticket: RefuseCategory(ticket)), 5),
    (lambda day: PauseHall(day.random.choice(("alarm", "power"))), 1),
    (lambda day: ResumeHall(), 6),
    (lambda day: PressBell(day.random.choice(("ramp", "ramp", "yard"))), 8),
    (lambda day: AnswerBell(day.random.choice([*day.office.bells, "ramp"])), 8),
    (lambda day: CloseBell(day.random.choice([*day.office.bells, "ramp"])), 3),
    (lambda day: BellLoopCut(day.random.choice([*day.office.bells, "ramp"])), 1),
    (_note, 12),
    (lambda day: AdoptPlan(day.random.choice(list(day.known.values()))), 1),
    (_direct, 4),
    (lambda day: DropStanding(day.random.choice([*day.office.standing, "policy"])), 2),
)
ACTS = [act for act, _ in ACTS_AND_WEIGHTS]
WEIGHTS = [weight for _, weight in ACTS_AND_WEIGHTS]
