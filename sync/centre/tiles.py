"""From an image to its tile: the figures of the wall by the office's own rules, and how far they may be believed.

Each figure is declared once, in `tile_figures`. The present of a tile is that of its data: a silent office is
told as it was when it was last known, never as if nothing had happened since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from appliance.domain.devices import NOT_CONFIGURED, WORKING
from appliance.domain.hours import NO_CALENDAR, PublicCalendar
from appliance.domain.indicators.local_time import MINUTE_MS
from appliance.domain.indicators.period import Value
from appliance.domain.indicators.present import live
from appliance.domain.moment import Moment, Now, Stamp
from appliance.domain.office import DeskState, Office, TicketState
from sync.centre.alarm import Alarm, Severity
from sync.centre.forecast import Forecast
from sync.centre.images import Image
from sync.centre.offices import OfficeEntry
from sync.centre.schedule import Shift, Workday, plan_of, workday
from sync.centre.thresholds import BELOW, DEFAULTS, Limit, Limits
from sync.centre.tile import Figure, Place, Tile, TileState
from sync.centre.tile_figures import WEIGHT
from sync.centre.today import NOTHING, Share, Today

BELIEVED = (TileState.LIVE, TileState.OFF)
"""Only tiles in these states count in the totals."""


def tile_of(
    image: Image | None,
    entry: OfficeEntry,
    now_ms: int,
    *,
    limits: Limits = DEFAULTS,
    work: Workday | None = None,
    public: PublicCalendar = NO_CALENDAR,
    today: Today | None = None,
    forecast: Forecast | None = None,
    newcomer_ms: int | None = None,
    alarms: Sequence[Alarm] = (),
    place: Place | None = None,
    next_place: Place | None = None,
    figures: Mapping[str, Figure] | None = None,
) -> Tile:
    """The tile of an office at a moment of the centre's clock.

    `work` is the office's workday (worked out from its plan when left out), `today` the figures of its day,
    `newcomer_ms` a fresh prediction; `alarms` are its open ones. `figures`, if they are known already, are taken as
    they are (see `figures_at`).
    """
    zone = zone_of(image, entry)
    if image is None or not image.state.seq:
        tile = Tile(entry.id, entry.name, entry.mobile, TileState.NEVER, None, place=place, next_place=next_place)
        return with_alarms(tile, alarms)
    work = work or workday(plan_of(image.state), zone, now_ms, public)
    state = state_of(image, work, now_ms, limits["stale"])
    known_ms = data_ms(image, now_ms)
    if figures is None:
        figures = figures_at(
            image, state, work, now_ms, limits, public=public, today=today, forecast=forecast, newcomer_ms=newcomer_ms
        )
    shift = _shift_to_tell(work, now_ms)
    tile = Tile(
        office=entry.id,
        name=entry.name,
        mobile=entry.mobile,
        state=state,
        age_ms=max(0, now_ms - known_ms),
        figures=figures,
        doubt=image.doubt,
        opens=work.local(shift.opens_ms).strftime("%H:%M") if shift is not None else "",
        closes=work.local(shift.closes_ms).strftime("%H:%M") if shift is not None else "",
        place=place,
        next_place=next_place,
        paused=image.state.pause is not None,
        seq=image.state.seq,
        as_of_ms=now_ms if state in BELIEVED else known_ms,
    )
    return with_alarms(tile, alarms)


def figures_at(
    image: Image,
    state: TileState,
    work: Workday,
    now_ms: int,
    limits: Limits = DEFAULTS,
    *,
    public: PublicCalendar = NO_CALENDAR,
    today: Today | None = None,
    forecast: Forecast | None = None,
    newcomer_ms: int | None = None,
) -> dict[str, Figure]:
    """The figures of a tile: of this moment where the office is believed, else of the moment its data end at.

    Only a live office's figures have levels: what is stale is grey, and neither good nor bad.
    """
    if state not in BELIEVED:
        as_of_ms = data_ms(image, now_ms)
        if work.date != work.local(as_of_ms).date():
            work = workday(plan_of(image.state), work.zone, as_of_ms, public)
        return figures_of(image, work, as_of_ms, public, today)
    figures = figures_of(image, work, now_ms, public, today, forecast, newcomer_ms)
    if state is not TileState.LIVE:
        return figures
    return {name: _levelled(name, figure, figures, limits) for name, figure in figures.items()}


def zone_of(image: Image | None, entry: OfficeEntry) -> ZoneInfo:
    """The office's time zone: the plan's, or the register's as long as no plan has come."""
    plan = plan_of(image.state) if image is not None else None
    return ZoneInfo(plan.timezone if plan is not None else entry.zone)


def state_of(image: Image, work: Workday, now_ms: int, stale: Limit) -> TileState:
    """How far the image may be believed at a moment."""
    if image.doubt is not None:
        return TileState.DOUBT
    if now_ms - data_ms(image, now_ms) <= stale.lowest * 1000:
        if not work.known or work.shift_at(now_ms) is not None or in_use(image.state):
            return TileState.LIVE
        return TileState.OFF
    if not work.known or work.heard_from(now_ms) is not None:
        return TileState.STALE
    return TileState.ASLEEP


def in_use(state: Office) -> bool:
    """Whether somebody is being received or waits, whatever the plan says."""
    if state.open_day is None:
        return False
    if any(desk.working for desk in state.desks.values()):
        return True
    return any(ticket.active or ticket.state is TicketState.WAITING for ticket in state.tickets.values())


def data_ms(image: Image, now_ms: int) -> int:
    """Up to which moment (centre's clock) everything is known: it was said to be complete, or the newest row's time.

    While three days of a bus come in, it is the time of the row that has just arrived.
    """
    offset_ms = image.pulse.clock_offset_ms if image.pulse is not None else None
    row_ms = min(image.row_at_ms - (offset_ms or 0), image.arrived_ms)
    return min(now_ms, max(image.complete_ms, row_ms))


def office_now(image: Image, at_ms: int, work: Workday, public: PublicCalendar = NO_CALENDAR) -> Now:
    """The present of the rules at a moment of the centre's clock: the office's own clocks, carried on to it."""
    offset_ms = image.pulse.clock_offset_ms if image.pulse is not None else None
    at_office_ms = at_ms + (offset_ms or 0)
    mark = newest_stamp(image.state)
    local = work.local(at_ms)
    if mark is None:
        return Now(Moment(at_office_ms, True, "", 0), local, public=public)
    moment = mark.moment
    if moment.trusted:
        passed_ms = at_office_ms - moment.at_ms
    else:
        # A clock that nobody believes still counts rightly from one of its rows to another.
        passed_ms = image.row_at_ms - moment.at_ms + at_ms - image.arrived_ms
    passed_ms = max(0, passed_ms)
    ended = Moment(moment.at_ms + passed_ms, moment.trusted, moment.boot, moment.uptime_ms + passed_ms)
    return Now(ended, local, public=public)


def newest_stamp(state: Office) -> Stamp | None:
    """The newest entry that the state still remembers."""
    stamps = [desk.since for desk in state.desks.values() if desk.since is not None]
    if state.day is not None:
        stamps.append(state.day.closed or state.day.opened)
    last = state.tickets.get(state.last_ticket)
    if last is not None:
        stamps.append(last.issued)
    return max(stamps, key=lambda stamp: stamp.seq, default=None)


def figures_of(
    image: Image,
    work: Workday,
    as_of_ms: int,
    public: PublicCalendar = NO_CALENDAR,
    today: Today | None = None,
    forecast: Forecast | None = None,
    newcomer_ms: int | None = None,
) -> dict[str, Figure]:
    """The figures at a moment, without levels. `work` is of that moment's date."""
    state = image.state
    now = office_now(image, as_of_ms, work, public)
    present = live(state, now).values
    day = state.day
    same_day = day is not None and (day.date is None or day.date == work.date.isoformat())
    current = today if same_day and today is not None and day is not None and today.day == day.number else None
    late_ms, late_seqs = not_started_ms(state, work, as_of_ms, same_day=same_day)
    seated = [d for d in state.desks.values() if d.operator is not None and d.state is not DeskState.CLOSED]
    return {
        "schedule": _share(_schedule(current, state, work, now, as_of_ms) if current is not None else NOTHING),
        "equipment": equipment(image),
        "staff": Figure(
            present["operators_present"].value,
            present["operators_planned"].value,
            seqs=tuple(sorted(d.since.seq for d in seated if d.since is not None)),
        ),
        "waiting": _now(present["waiting"]),
        "wait_mean": _now(present["waiting_mean"]),
        "wait_max": _now(present["waiting_max"]),
        "newcomer": Figure(newcomer_ms),
        "wait_day": _share(current.wait if current is not None else NOTHING),
        "over_norm": _share(current.over_norm if current is not None else NOTHING),
        "service": _share(current.service if current is not None else NOTHING),
        "desks": Figure(
            present["desks_working"].value, present["desks_planned"].value, seqs=present["desks_working"].events
        ),
        "finish": Figure(forecast.finish_ms if forecast is not None and same_day else None),
        "not_started": Figure(late_ms, seqs=late_seqs),
    }


def equipment(image: Image) -> Figure:
    """The share of devices and parts of IT that work, and of how many; the entries are those of what doesn't."""
    marks = [mark for mark in image.state.devices.values() if mark.reason != NOT_CONFIGURED]
    broken = [mark for mark in marks if mark.condition not in WORKING]
    parts = it_parts(image)
    count = len(marks) + len(parts)
    if not count:
        return Figure(None)
    works = len(marks) - len(broken) + sum(parts.values())
    return Figure(works / count, count, seqs=tuple(sorted(mark.since.seq for mark in broken or marks)))


def it_parts(image: Image) -> Mapping[str, bool]:
    """The parts of IT that the last pulse tells of, and whether each works."""
    pulse = image.pulse
    if pulse is None:
        return {}
    found = {"clock": pulse.clock_trusted}
    if "condition" in pulse.replica:
        found["replica"] = pulse.replica["condition"] in ("running", "starting")
    free_mb = pulse.health.get("disk_free_mb")
    if isinstance(free_mb, int | float) and not isinstance(free_mb, bool):
        lowest = DEFAULTS["disk-low"].alarm
        found["disk"] = lowest is None or free_mb > lowest
    return found


def not_started_ms(state: Office, work: Workday, at_ms: int, *, same_day: bool) -> tuple[int | None, tuple[int, ...]]:
    """How long reception should have begun while no desk has received today; None when one has, or need not yet."""
    shift = work.shift_at(at_ms)
    if shift is None or shift.reception_opens_ms is None or shift.reception_closes_ms is None:
        return None, ()
    if not shift.reception_opens_ms < at_ms < shift.reception_closes_ms:
        return None, ()
    day = state.day if same_day else None
    if day is not None and has_received(state):
        return None, ()
    return at_ms - shift.reception_opens_ms, () if day is None else (day.opened.seq,)


def has_received(state: Office) -> bool:
    """Whether a desk has received since the opening of the newest day."""
    day = state.day
    if day is None:
        return False
    if any(
        desk.working or (desk.since is not None and desk.since.seq > day.opened.seq) for desk in state.desks.values()
    ):
        return True
    return any(ticket.first_called is not None for ticket in state.tickets.values())


def trouble_of(tile: Tile) -> int:
    """How much an office needs somebody; see TROUBLE."""
    total = WEIGHT.get(tile.state.value, 0)
    for alarm in tile.alarms:
        if alarm.now is Severity.WARNING:
            total += WEIGHT["warning"]
        else:
            total += WEIGHT["taken" if alarm.acknowledged_ms is not None else "alarm"]
    if tile.state is TileState.LIVE:
        oldest = tile.figures["wait_max"].value or 0
        total += WEIGHT["wait"] * min(60, int(oldest // MINUTE_MS))
        total += WEIGHT["line"] * min(40, int(tile.figures["waiting"].value or 0))
    return total


def with_alarms(tile: Tile, alarms: Sequence[Alarm]) -> Tile:
    """The tile with its open alarms, gravest first, and the trouble that follows."""
    if alarms:
        gravest = sorted(alarms, key=lambda one: (one.now is not Severity.ALARM, one.raised_ms, one.id))
        tile = replace(tile, alarms=tuple(gravest))
    return replace(tile, trouble=trouble_of(tile))


def by_trouble(tiles: Iterable[Tile]) -> list[Tile]:
    """The tiles in the order of the wall: the most trouble first, equals as they came, who sleeps last."""
    resting = (TileState.ASLEEP, TileState.OFF)
    return sorted(tiles, key=lambda tile: (-tile.trouble, tile.state in resting))


def level_of(rule: str, value: float | None, limit: Limit) -> str:
    """'', 'warning' or 'alarm': what a value means by its threshold."""
    if value is None:
        return ""
    sign = -1 if rule in BELOW else 1
    if limit.alarm is not None and sign * value >= sign * limit.alarm:
        return Severity.ALARM.value
    if limit.warn is not None and sign * value >= sign * limit.warn:
        return Severity.WARNING.value
    return ""


def _levelled(name: str, figure: Figure, figures: Mapping[str, Figure], limits: Limits) -> Figure:
    level = ""
    minutes = figure.value / MINUTE_MS if figure.value is not None else None
    match name:
        case "wait_max":
            level = level_of("oldest-wait", minutes, limits["oldest-wait"])
        case "newcomer":
            level = level_of("newcomer-wait", minutes, limits["newcomer-wait"])
        case "not_started":
            level = level_of("not-opened", minutes, limits["not-opened"])
        case "desks" if figure.value is not None:
            waiting = figures["waiting"].value or 0
            if waiting and not figure.value:
                level = Severity.ALARM.value
            elif figure.of is not None:
                level = level_of("desks-short", figure.of - figure.value, limits["desks-short"])
        case "staff" if figure.value is not None and figure.of is not None:
            level = level_of("desks-short", figure.of - figure.value, limits["desks-short"])
        case "equipment" if figure.value is not None and figure.value < 1:
            level = Severity.WARNING.value
    return figure if not level else Figure(figure.value, figure.of, level, figure.seqs)


def _schedule(today: Today, state: Office, work: Workday, now: Now, as_of_ms: int) -> Share:
    """The schedule kept by now: since the day's newest entry time has gone on, with desks that receive or without."""
    if today.until is None or any(shift.stop for shift in work.shifts):
        return today.schedule
    since_ms, more_ms = as_of_ms - now.moment.since(today.until), 0
    for shift in work.shifts:
        if shift.reception_opens_ms is not None and shift.reception_closes_ms is not None and state.pause is None:
            within_ms = min(as_of_ms, shift.reception_closes_ms) - max(since_ms, shift.reception_opens_ms)
            more_ms += max(0, within_ms)
    due_ms = today.due_ms + more_ms
    if not due_ms:
        return NOTHING
    covered_ms = today.covered_ms + (more_ms if any(desk.working for desk in state.desks.values()) else 0)
    return Share(covered_ms / due_ms, 1, today.schedule.seqs)


def _shift_to_tell(work: Workday, now_ms: int) -> Shift | None:
    """The shift that lasts, else the next of today, else the last one."""
    if not work.shifts:
        return None
    coming = (shift for shift in work.shifts if shift.closes_ms > now_ms)
    return next(coming, work.shifts[-1])


def _now(value: Value) -> Figure:
    return Figure(value.value, seqs=value.events)


def _share(share: Share) -> Figure:
    return Figure(share.value, seqs=share.seqs)
