"""One day of the office, read from the journal as it was lived: visits, desks, pauses; undone acts taken back.

Records come in the order of their seq and with their times re-dated (`redating`). The office and the situation centre
read their journals with the same code; nothing here knows where the records lie.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from zoneinfo import ZoneInfo

from appliance.domain.bell import BellRung
from appliance.domain.days import DayClosed, DayOpened, DayRedated
from appliance.domain.identity import PlanAdopted
from appliance.domain.indicators.bells_log import RampCall, ramp_calls
from appliance.domain.indicators.desks_log import DesksReader, Receiving, Stretch
from appliance.domain.indicators.devices_log import DevicesReader, DeviceTime, Repair, Standing
from appliance.domain.indicators.local_time import LocalTime, local_time
from appliance.domain.indicators.visits_log import Visit, VisitsReader
from appliance.domain.message import Record
from appliance.domain.moment import Moment, Stamp, elapsed
from appliance.domain.office import Standing as Order
from appliance.domain.pausing import HallPaused, HallResumed
from appliance.domain.plan import Plan
from appliance.domain.plans.adjusting import adjusted
from appliance.domain.rules import Plans
from appliance.domain.standing import StandingBegun, StandingEnded, ordered
from appliance.domain.turning_away import VisitorTurnedAway
from appliance.domain.undoing import Undone


@dataclass(frozen=True, slots=True)
class Halt:
    """A pause of the hall. `ended` is None while it lasts."""

    reason: str
    began: Stamp
    ended: Stamp | None = None


@dataclass(frozen=True, slots=True)
class Away:
    """A visitor who got no number."""

    at: Stamp
    service: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class TakenBack:
    """An act that a desk has undone: `what` kind it was, `act` the entry that began it, `operator` who is signed in."""

    at: Stamp
    desk: int
    act: int
    what: str
    operator: str | None


@dataclass(frozen=True)
class DayLog:
    """All that the indicators need of one day.

    `plans`: the plan of the opening and what was adopted later that day, each with the entry it holds from. `until`:
    the present of a day that still lasts, else the moment of its last entry. `operators`: who was signed in at the end;
    `standing`: what was known of the devices then.
    """

    number: int
    date: date | None
    opened: Stamp
    closed: Stamp | None
    plans: Sequence[tuple[int, Plan]]
    visits: Sequence[Visit]
    stretches: Sequence[Stretch]
    receiving: Sequence[Receiving]
    halts: Sequence[Halt]
    away: Sequence[Away]
    undone: Sequence[TakenBack]
    until: Moment
    operators: Mapping[int, str | None] = field(default_factory=dict)
    bells: Sequence[RampCall] = ()
    devices: Mapping[str, DeviceTime] = field(default_factory=dict)
    outages: Sequence[tuple[str, Stamp]] = ()
    repairs: Sequence[Repair] = ()
    standing: Mapping[str, Standing] = field(default_factory=dict)

    @property
    def plan(self) -> Plan:
        """The plan that the day was opened with."""
        return self.plans[0][1]

    def plan_at(self, seq: int) -> Plan:
        """The plan in force at a journal entry."""
        return next((plan for since, plan in reversed(self.plans) if since <= seq), self.plan)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The office's time zone."""
        return ZoneInfo(self.plan.timezone)

    def local(self, moment: Moment) -> LocalTime | None:
        """The office's wall time of a moment, or None if its clock was never believed."""
        return local_time(moment, self.zone)

    def elapsed(self, since: Moment, until: Moment) -> int:
        """Milliseconds from one moment to another, the pauses of the day left out."""
        return elapsed(since, until, self.halts)


def day_logs(
    records: Iterable[Record], plans: Plans, *, first: int = 1, last: int = 2**62, now: Moment | None = None
) -> Iterator[DayLog]:
    """The days from number `first` to `last` among the records, one after another; only one is held in memory.

    `records` should begin with whatever followed the closing of the day before `first` (who signed in before the
    opening, who was turned away), and before that with what was last noted of the devices, and may go on after `last`
    is over. `now`: the present, for a day that still lasts.
    """
    operators: Mapping[int, str | None] = {}
    standing: Mapping[str, Standing] = {}
    for prelude, day, following in _split(records):
        opening = day[0].event
        assert isinstance(opening, DayOpened)
        if opening.day > last:
            return
        if opening.day >= first:
            present = now if following is None else None
            log = _read(prelude, day, following, plans, operators, standing, present)
            operators, standing = log.operators, log.standing
            yield log


def effective(records: Sequence[Record]) -> list[Record]:
    """The records without the acts that were taken back; the undoing itself stays.

    An undo restores tickets that nobody has moved since, so between the act and the undo all that touched them was
    the act itself, repeated calls and announcements: as if none of it had been.
    """
    cancelled: set[int] = set()
    for index, record in enumerate(records):
        event = record.event
        if not isinstance(event, Undone):
            continue
        restored = set(event.restored)
        for before in reversed(records[:index]):
            if before.seq < event.undone:
                break
            if not isinstance(before.event, Undone) and restored.intersection(before.event.tickets()):
                cancelled.add(before.seq)
    return [record for record in records if record.seq not in cancelled]


def _split(records: Iterable[Record]) -> Iterator[tuple[list[Record], list[Record], Record | None]]:
    """For each day: what came after the closing of the one before, its own records and the next opening, if any."""
    prelude: list[Record] = []
    day: list[Record] = []
    for record in records:
        if isinstance(record.event, DayOpened):
            if day:
                yield prelude, day, record
                prelude = _after_closing(day)
            day = []
        elif not day:
            prelude.append(record)
            continue
        day.append(record)
    if day:
        yield prelude, day, None


def _after_closing(day: Sequence[Record]) -> list[Record]:
    closed = next((index for index, record in enumerate(day) if isinstance(record.event, DayClosed)), len(day))
    return list(day[closed + 1 :])


def _read(
    prelude: Sequence[Record],
    day: Sequence[Record],
    following: Record | None,
    plans: Plans,
    operators: Mapping[int, str | None],
    standing: Mapping[str, Standing],
    now: Moment | None,
) -> DayLog:
    opening = day[0].event
    assert isinstance(opening, DayOpened)
    desks = DesksReader()
    desks.operators.update(operators)
    devices = DevicesReader(standing)
    for record in prelude:
        desks.note(record)
        devices.before(record)
    visits = VisitsReader(desks.operators)
    halts: list[Halt] = []
    undone: list[TakenBack] = []
    timeline = [(day[0].seq, plans(opening.plan))]
    newest, orders = timeline[0][1], dict[str, Order]()
    known, closed = opening.date, None
    for record in effective(day):
        event = record.event
        desks.note(record)
        visits.note(record)
        if isinstance(event, HallPaused):
            halts.append(Halt(event.reason, record.stamp))
        elif isinstance(event, HallResumed):
            halts[-1] = Halt(halts[-1].reason, halts[-1].began, record.stamp)
        elif isinstance(event, Undone):
            operator = desks.operators.get(event.desk)
            undone.append(TakenBack(record.stamp, event.desk, event.undone, event.what, operator))
        elif isinstance(event, PlanAdopted) and closed is None:
            newest = plans(event.digest)
            timeline.append((record.seq, _in_force(timeline[0][1], newest, orders)))
        elif isinstance(event, StandingBegun | StandingEnded) and closed is None:
            _note_order(orders, record, event)
            timeline.append((record.seq, _in_force(timeline[0][1], newest, orders)))
        elif isinstance(event, DayRedated):
            known = event.date
        elif isinstance(event, DayClosed):
            closed = record.stamp
    for record in day:
        devices.note(record, open_day=closed is None or record.seq <= closed.seq)
    if closed is None and now is not None:
        devices.pass_to(now)
    zone = ZoneInfo(timeline[0][1].timezone)
    mine = list(_of_this_day(prelude, day, following, zone))
    at = local_time(day[0].moment, zone)
    today = date.fromisoformat(known) if known is not None else (at.date if at is not None else None)
    return DayLog(
        number=opening.day,
        date=today,
        opened=day[0].stamp,
        closed=closed,
        plans=timeline,
        visits=visits.visits(),
        stretches=desks.stretches(),
        receiving=desks.receiving(),
        halts=halts,
        away=[
            Away(record.stamp, record.event.service, record.event.reason)
            for record in mine
            if isinstance(record.event, VisitorTurnedAway)
        ],
        undone=undone,
        until=now or day[-1].moment,
        operators=dict(desks.operators),
        bells=ramp_calls(mine, (*prelude, *day)),
        devices=devices.times,
        outages=devices.outages,
        repairs=devices.repairs,
        standing=devices.standing,
    )


def _in_force(opened_with: Plan, newest: Plan, orders: Mapping[str, Order]) -> Plan:
    plan = opened_with if opened_with.digest == newest.digest else adjusted(opened_with, newest)
    return ordered(plan, orders)


def _note_order(orders: dict[str, Order], record: Record, event: StandingBegun | StandingEnded) -> None:
    """What the centre has changed for the day, as it stands after the event."""
    if isinstance(event, StandingBegun):
        orders[event.what] = Order(event.standing, event.what, event.value, event.by, event.told, record.stamp)
    else:
        orders.pop(event.what, None)


def _of_this_day(
    prelude: Sequence[Record], day: Sequence[Record], following: Record | None, zone: ZoneInfo
) -> Iterator[Record]:
    """Who was turned away, and who rang at the ramp, while the day was open, after it and before it.

    Somebody who came between two days counts with the later one if it bears the date on which they came, else with the
    earlier one.
    """
    today, tomorrow = _date_of(day[0], zone), _date_of(following, zone)
    over = False
    for record in (*prelude, *day):
        event = record.event
        over = over or isinstance(event, DayClosed)
        if not isinstance(event, VisitorTurnedAway | BellRung):
            continue
        at = local_time(record.moment, zone)
        on = at.date if at is not None else None
        if record.seq < day[0].seq:
            mine = on is not None and on == today
        else:
            mine = not over or on is None or on != tomorrow
        if mine:
            yield record


def _date_of(opening: Record | None, zone: ZoneInfo) -> date | None:
    """The date of an opening as it was known then, or by the clock as it is known now."""
    if opening is None or not isinstance(opening.event, DayOpened):
        return None
    if opening.event.date is not None:
        return date.fromisoformat(opening.event.date)
    at = local_time(opening.moment, zone)
    return at.date if at is not None else None
