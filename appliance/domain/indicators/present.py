"""The indicators of this moment, straight from the state in memory: cheap enough for every poll of a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from appliance.domain.hours import day_hours
from appliance.domain.indicators.local_time import MINUTE_MS
from appliance.domain.indicators.period import MFCX, OURS, Unit, Value
from appliance.domain.indicators.reading import before
from appliance.domain.moment import Now
from appliance.domain.office import DeskState, Office, Ticket, TicketState
from appliance.domain.order import booking_due, eligible
from appliance.domain.plan import Plan, Shift
from appliance.domain.roster import shifts_on


@dataclass(frozen=True, slots=True)
class NowIndicator:
    """An indicator of the present, as the documentation tells it."""

    id: str
    name: str
    unit: Unit
    text: str
    source: str


NOW_INDICATORS = (
    NowIndicator(
        "waiting",
        "Waiting now",
        Unit.COUNT,
        "Numbers that wait to be called. Called, served and parked ones don't count; a booked one doesn't before its "
        "minute.",
        MFCX,
    ),
    NowIndicator(
        "waiting_mean",
        "Wait so far, mean",
        Unit.MS,
        "Of those waiting now: from the number, or the booked minute if that is later, to now; pauses left out.",
        MFCX,
    ),
    NowIndicator(
        "waiting_max",
        "Wait so far, longest",
        Unit.MS,
        "The longest of these: a mean hides one forgotten person.",
        OURS,
    ),
    NowIndicator(
        "waiting_over_norm",
        "Waiting past the norm",
        Unit.COUNT,
        "Those waiting now for longer than the norm: of their service, or for a booked visitor `booked_norm_min`.",
        "decree 1376, p. 18; KMU 588",
    ),
    NowIndicator(
        "desks_working",
        "Desks working",
        Unit.COUNT,
        "Desks that receive: free, calling or serving. Breaks and closed desks don't count.",
        MFCX,
    ),
    NowIndicator(
        "desks_planned",
        "Desks planned",
        Unit.COUNT,
        "Desks at which the roster has somebody now who is not on a planned break; none without a roster or a clock.",
        "the plan",
    ),
    NowIndicator(
        "operators_present",
        "Operators present",
        Unit.COUNT,
        "Operators signed in at a desk that is not closed, on a break or not.",
        "Odintsovo: number of managers",
    ),
    NowIndicator(
        "operators_planned",
        "Operators planned",
        Unit.COUNT,
        "Operators whose shift is running and who are not on a planned break; none without a roster or a clock.",
        "the plan",
    ),
    NowIndicator(
        "idle_with_queue",
        "Free desks with a line",
        Unit.COUNT,
        "Free desks that might call somebody who waits, while the hall is not paused.",
        "QSystem (downtime_max)",
    ),
    NowIndicator(
        "paused",
        "Paused for",
        Unit.MS,
        "How long the hall has stood still; none while it goes on.",
        "MVS service centres",
    ),
)


@dataclass(frozen=True, slots=True)
class Live:
    """The present of an office: the values by id, and the desks that are free while somebody waits for them."""

    values: dict[str, Value]
    idle_desks: tuple[int, ...] = ()


def live(office: Office, now: Now) -> Live:
    """The indicators of this moment, by the plan in force."""
    waits = sorted(_waits(office, now))
    over = [seq for wait_ms, seq, norm_ms in waits if wait_ms > norm_ms]
    idle = tuple(idle_with_queue(office))
    duty = _on_duty(office.plan, now)
    desks = office.desks.values()
    working = [desk.since.seq for desk in desks if desk.working and desk.since is not None]
    present = {desk.operator for desk in desks if desk.operator is not None and desk.state is not DeskState.CLOSED}
    pause = office.pause
    seqs = tuple(sorted(seq for _, seq, _ in waits))
    oldest = waits[-1] if waits else None
    planned = None if duty is None else len({shift.desk for shift in duty})
    people = None if duty is None else len({shift.operator for shift in duty})
    idle_since = tuple(sorted(desk.since.seq for desk in desks if desk.number in idle and desk.since is not None))
    found = (
        Value("waiting", len(waits), len(waits), seqs),
        Value("waiting_mean", round(sum(w for w, _, _ in waits) / len(waits)) if waits else None, len(waits), seqs),
        Value("waiting_max", oldest[0] if oldest else None, len(waits), (oldest[1],) if oldest else ()),
        Value("waiting_over_norm", len(over), len(waits), tuple(sorted(over))),
        Value("desks_working", len(working), len(office.desks), tuple(sorted(working))),
        Value("desks_planned", planned, planned or 0),
        Value("operators_present", len(present), len(present)),
        Value("operators_planned", people, people or 0),
        Value("idle_with_queue", len(idle), len(working), idle_since),
        Value(
            "paused",
            now.moment.since(pause.began.moment) if pause is not None else None,
            int(pause is not None),
            (pause.began.seq,) if pause is not None else (),
        ),
    )
    return Live({one.id: one for one in found}, idle)


def waited_so_far(office: Office, plan: Plan, ticket: Ticket, now: Now) -> tuple[int, bool] | None:
    """Milliseconds that somebody has waited and whether as a booked visitor; None before the booked minute."""
    waited = office.elapsed(ticket.issued.moment, now.moment)
    if ticket.slot is None or now.local is None or booking_due(plan, ticket, now) is None:
        return waited, False
    local = now.local
    face_ms = ((local.hour * 60 + local.minute) * 60 + local.second) * 1000 + local.microsecond // 1000
    since_slot = face_ms - ticket.slot * MINUTE_MS
    if since_slot < 0:
        return None
    return min(waited, office.elapsed(before(now.moment, since_slot), now.moment)), True


def idle_with_queue(office: Office) -> Iterator[int]:
    """The free desks that might call somebody, by number."""
    if office.pause is not None or office.open_day is None:
        return
    for desk in sorted(office.desks):
        if office.desks[desk].state is DeskState.FREE and any(True for _ in eligible(office, desk)):
            yield desk


def _waits(office: Office, now: Now) -> Iterator[tuple[int, int, int]]:
    """The wait so far, the entry of the number and the norm, of everybody who waits."""
    plan = office.plan
    if plan is None or office.open_day is None:
        return
    for ticket in office.tickets.values():
        if ticket.state is TicketState.WAITING:
            found = waited_so_far(office, plan, ticket, now)
            if found is not None:
                norm_min = plan.settings.booked_norm_min if found[1] else plan.wait_norm(ticket.service)
                yield found[0], ticket.issued.seq, norm_min * MINUTE_MS


def _on_duty(plan: Plan | None, now: Now) -> list[Shift] | None:
    """The shifts that run now and have no break; None without a roster or a clock."""
    if plan is None or not plan.shifts or now.local is None:
        return None
    today, minute = now.local.date(), now.local.hour * 60 + now.local.minute
    weekday = day_hours(plan, today, now.public).weekday
    running = (shift for shift in shifts_on(plan, today, weekday=weekday) if minute in shift.span)
    return [shift for shift in running if not any(minute in span for span in shift.breaks)]
