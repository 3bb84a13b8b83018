"""What the rules of the alarms see in an office: a value for each rule and subject, measured; nothing is decided here.

Values are counted as `thresholds.DEFAULTS` says. What can't be judged now (the hall of an office that is silent) is
left out of `judged`, so that its alarms stay as they are: silence neither raises nor closes an alarm of the hall.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from appliance.domain.devices import NOT_CONFIGURED, WORKING
from appliance.domain.hours import NO_CALENDAR, PublicCalendar
from appliance.domain.indicators.local_time import MINUTE_MS
from appliance.domain.indicators.present import idle_with_queue
from appliance.domain.moment import Now, Stamp
from appliance.domain.office import DeskState, DeviceMark, Office, TicketState
from appliance.domain.plan import DeskClass
from sync.centre.images import Image
from sync.centre.schedule import EARLY_MIN, Workday
from sync.centre.thresholds import Limits
from sync.centre.tile import Tile, TileState
from sync.centre.tiles import data_ms, has_received, not_started_ms, office_now

HALL = (
    *("oldest-wait", "newcomer-wait", "nobody-works", "desks-short", "idle-with-queue", "long-service"),
    *("not-opened", "closed-early"),
)
"""Rules of the hall: judged of a live office alone, over when it goes to sleep."""

DEVICES = ("paper-out", "paper-near-end", "display-silent", "device-fault")
"""Rules of what the journal says of devices: judged while the data are fresh, from `EARLY_MIN` before opening to the
closing; a printer that is switched off for the night is no news.
"""

BELL = ("bell",)
"""The bell at the ramp rings day and night: judged whenever the data are fresh."""

PULSE = ("disk-low", "hot", "clock-offset", "replica-lag", "forged", "directive-stuck")
"""Rules of what the newest pulse says; judged while pulses come."""

LINE = ("unseen", "no-data")
TRUST = ("doubt", "two-devices")

PAPER_OUT, NEAR_END = "paper-out", "paper-near-end"
SILENT = ("display-silent", "screen-silent", "silent", "module-silent")
"""Reasons by which a display or the page of a screen tells that it no longer answers."""

DISPLAYS = ("board", "display", "screen", "hall")
"""Devices that visitors look at have one of these in their name or reason."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A rule's value of one subject (a desk, a device, ''). `facts` fill its sentence; `since_ms`: since when it has
    been so, where the events tell (centre's UTC ms).
    """

    rule: str
    subject: str
    value: float
    facts: Mapping[str, str] = field(default_factory=dict)
    since_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Survey:
    """What was seen of an office. `judged`: the rules that could be judged; what is open of any other stays as it is.

    `ended`: rules whose alarms are over at once because the office has gone to sleep or is planned off.
    """

    seen: tuple[Seen, ...] = ()
    judged: frozenset[str] = frozenset()
    ended: frozenset[str] = frozenset()


def survey(
    image: Image | None,
    tile: Tile,
    work: Workday,
    now_ms: int,
    limits: Limits,
    *,
    public: PublicCalendar = NO_CALENDAR,
) -> Survey:
    """What the rules see at a moment of the centre's clock, `tile` and `work` being those of that moment.

    An office that has never been heard is seen as nothing.
    """
    if image is None or not image.state.seq:
        return Survey()
    seen: list[Seen] = []
    judged: set[str] = {*LINE, *TRUST}
    ended: set[str] = set()
    seen += _line(image, work, now_ms, limits)
    seen += _trust(image, now_ms)
    state = tile.state
    if image.pulse is not None and now_ms - image.pulse_ms <= limits["stale"].lowest * 1000:
        judged.update(PULSE)
        seen += _pulse(image)
    fresh = state in (TileState.LIVE, TileState.OFF)
    on_duty = state is TileState.LIVE or work.heard_from(now_ms) is not None
    if fresh:
        judged.update(BELL)
        seen += _bells(image.state)
        if on_duty:
            now = office_now(image, now_ms, work, public)
            judged.update(DEVICES)
            seen += _devices(image.state, now, now_ms)
            if state is TileState.LIVE:
                judged.update(HALL)
                seen += _hall(image.state, tile, work, now, now_ms)
        else:
            ended.update(DEVICES)
    if state in (TileState.OFF, TileState.ASLEEP):
        ended.update(HALL)
    if state is TileState.ASLEEP:
        ended.update((*DEVICES, *BELL, *PULSE))
    return Survey(tuple(seen), frozenset(judged), frozenset(ended))


def _line(image: Image, work: Workday, now_ms: int, limits: Limits) -> Iterator[Seen]:
    """Nothing comes though it should: not heard by a quarter of an hour before opening, or silent within the hours."""
    since_ms = work.heard_from(now_ms)
    if since_ms is None:
        return
    known_ms = data_ms(image, now_ms)
    silent_ms = now_ms - known_ms
    facts = {"since": str(known_ms), "minutes": str(silent_ms // MINUTE_MS)}
    if image.pulse is not None and now_ms - image.pulse_ms <= limits["stale"].lowest * 1000:
        facts["pulse"] = "yes"
    grace_min = min(limits["no-data"].lowest, 60.0)
    if known_ms < since_ms:
        if silent_ms >= grace_min * MINUTE_MS:
            yield Seen("unseen", "", 1, {**facts, "before": str(EARLY_MIN)}, since_ms)
        return
    yield Seen("no-data", "", silent_ms / MINUTE_MS, facts, known_ms)


def _trust(image: Image, now_ms: int) -> Iterator[Seen]:
    doubt = image.doubt
    if doubt is not None:
        rule = "two-devices" if doubt.reason == "two-devices" else "doubt"
        facts = {**doubt.facts, "reason": doubt.reason, "cure": doubt.cure}
        yield Seen(rule, "", 1, facts, min(now_ms, doubt.since_ms))


def _pulse(image: Image) -> Iterator[Seen]:
    pulse = image.pulse
    assert pulse is not None
    if pulse.clock_offset_ms is not None:
        seconds = abs(pulse.clock_offset_ms) / 1000
        yield Seen("clock-offset", "", seconds, {"seconds": f"{pulse.clock_offset_ms / 1000:+.1f}"})
    free_mb = _number(pulse.health, "disk_free_mb")
    if free_mb is not None:
        yield Seen("disk-low", "", free_mb, {"mb": str(round(free_mb))})
    celsius = _number(pulse.health, "temp_c")
    if celsius is not None:
        yield Seen("hot", "", celsius, {"celsius": str(round(celsius))})
    lag_s = _number(pulse.replica, "lag_s")
    if lag_s is not None:
        facts = {"seconds": str(round(lag_s)), "hint": str(pulse.replica.get("hint", ""))}
        yield Seen("replica-lag", "", lag_s / 60, facts)
    forged = _number(pulse.health, "forged")
    if forged:
        yield Seen("forged", "", forged, {"count": str(round(forged))})
    if pulse.health.get("directive_stuck"):
        yield Seen("directive-stuck", "", 1, {"directive": str(pulse.health["directive_stuck"])})


def _devices(state: Office, now: Now, now_ms: int) -> Iterator[Seen]:
    """A device that doesn't work rings under the rule that knows its reason best; one that works only warns."""
    for name, mark in state.devices.items():
        if mark.reason == NOT_CONFIGURED:
            continue
        since_ms = _centre_ms(mark.since, now, now_ms)
        facts = {"device": name, "reason": mark.reason, "condition": mark.condition}
        if mark.reason == PAPER_OUT:
            yield Seen("paper-out", name, 1, facts, since_ms)
        elif mark.reason == NEAR_END:
            yield Seen("paper-near-end", name, 1, facts, since_ms)
        elif mark.condition not in WORKING and _is_silent_display(name, mark):
            yield Seen("display-silent", name, max(0, now_ms - since_ms) / 1000, facts, since_ms)
        elif mark.condition not in WORKING:
            yield Seen("device-fault", name, 1, facts, since_ms)


def _is_silent_display(name: str, mark: DeviceMark) -> bool:
    shown = any(word in name or word in mark.reason for word in DISPLAYS)
    return mark.reason in SILENT and shown


def _bells(state: Office) -> Iterator[Seen]:
    for call in state.bells.values():
        if call.answered is None and call.escalated:
            yield Seen("bell", call.bell, call.escalated, {"bell": call.bell, "rings": str(call.rings)})


def _hall(state: Office, tile: Tile, work: Workday, now: Now, now_ms: int) -> Iterator[Seen]:
    day = state.day
    same_day = day is not None and (day.date is None or day.date == work.date.isoformat())
    nobody_planned = tile.figures["desks"].of == 0
    yield from _opening(state, work, now_ms, same_day=same_day, nobody_planned=nobody_planned)
    if state.open_day is None or state.pause is not None or state.plan is None:
        return
    oldest, newcomer_ms = tile.figures["wait_max"].value, tile.figures["newcomer"].value
    waiting = int(tile.figures["waiting"].value or 0)
    desks, planned = int(tile.figures["desks"].value or 0), tile.figures["desks"].of
    if oldest is not None:
        facts = {"minutes": str(int(oldest // MINUTE_MS)), "waiting": str(waiting), "desks": str(desks)}
        yield Seen("oldest-wait", "", oldest / MINUTE_MS, facts)
    if newcomer_ms is not None:
        reserve = sorted(_reserve_left(state))
        facts = {"minutes": str(round(newcomer_ms / MINUTE_MS)), "desks": ", ".join(map(str, reserve)) or "—"}
        yield Seen("newcomer-wait", "", newcomer_ms / MINUTE_MS, facts)
    if waiting and not desks:
        since_ms = _nobody_since(state, oldest or 0, now, now_ms)
        facts = {"waiting": str(waiting), "minutes": str((now_ms - since_ms) // MINUTE_MS)}
        yield Seen("nobody-works", "", (now_ms - since_ms) / MINUTE_MS, facts, since_ms)
    if planned is not None:
        facts = {"desks": str(desks), "planned": str(int(planned))}
        yield Seen("desks-short", "", planned - desks, facts)
    if waiting:
        yield from _idle(state, idle_with_queue(state), now, now_ms)
    yield from _long_services(state, now)


def _opening(state: Office, work: Workday, now_ms: int, *, same_day: bool, nobody_planned: bool) -> Iterator[Seen]:
    """Reception that should have begun and hasn't, or that has ended before its time."""
    late_ms, _ = not_started_ms(state, work, now_ms, same_day=same_day)
    shift = work.shift_at(now_ms)
    if late_ms is not None:
        assert shift is not None
        begins = work.local(now_ms - late_ms).strftime("%H:%M")
        facts = {"minutes": str(late_ms // MINUTE_MS), "opens": begins, "stop": shift.stop}
        yield Seen("not-opened", "", late_ms / MINUTE_MS, facts, now_ms - late_ms)
        return
    if shift is None or shift.reception_closes_ms is None or not same_day or not has_received(state):
        return
    left_ms = shift.reception_closes_ms - now_ms
    # Desks that all close over a break of the roster haven't closed early.
    nobody = not nobody_planned and all(desk.state is DeskState.CLOSED for desk in state.desks.values())
    if left_ms > 0 and (state.open_day is None or nobody):
        ends = work.local(shift.reception_closes_ms).strftime("%H:%M")
        yield Seen("closed-early", "", left_ms / MINUTE_MS, {"minutes": str(left_ms // MINUTE_MS), "closes": ends})


def _idle(state: Office, idle: Iterable[int], now: Now, now_ms: int) -> Iterator[Seen]:
    """A free desk while somebody waits for it: since it has been free, or since the first of them has waited."""
    waiting = [t.issued for t in state.tickets.values() if t.state is TicketState.WAITING]
    if not waiting:
        return
    first_ms = min(_centre_ms(stamp, now, now_ms) for stamp in waiting)
    for number in idle:
        since = state.desks[number].since
        if since is None:
            continue
        since_ms = max(first_ms, _centre_ms(since, now, now_ms))
        minutes = max(0, now_ms - since_ms) / MINUTE_MS
        facts = {"desk": str(number), "minutes": str(int(minutes))}
        yield Seen("idle-with-queue", str(number), minutes, facts, since_ms)


def _long_services(state: Office, now: Now) -> Iterator[Seen]:
    """Services that last a multiple of their norm: usually a finish that nobody pressed."""
    plan = state.plan
    assert plan is not None
    for desk in state.desks.values():
        ticket = state.tickets.get(desk.ticket) if desk.ticket is not None else None
        if desk.state is not DeskState.SERVING or ticket is None or ticket.started is None:
            continue
        service = plan.services.get(ticket.service)
        if service is None:
            continue
        lasted_ms = state.elapsed(ticket.started.moment, now.moment)
        times = lasted_ms / (service.norm_min * MINUTE_MS)
        facts = {"desk": str(desk.number), "minutes": str(lasted_ms // MINUTE_MS), "norm": str(service.norm_min)}
        yield Seen("long-service", str(desk.number), times, facts)


def _nobody_since(state: Office, oldest_ms: float, now: Now, now_ms: int) -> int:
    """Since when somebody has waited and no desk has worked."""
    stamps = [desk.since for desk in state.desks.values() if desk.since is not None]
    last_ms = max((_centre_ms(stamp, now, now_ms) for stamp in stamps), default=0)
    return min(now_ms, max(last_ms, now_ms - round(oldest_ms)))


def _reserve_left(state: Office) -> Iterator[int]:
    assert state.plan is not None
    for planned in state.plan.desks.values():
        desk = state.desks.get(planned.number)
        if planned.desk_class is DeskClass.RESERVE and (desk is None or desk.state is DeskState.CLOSED):
            yield planned.number


def _centre_ms(stamp: Stamp, now: Now, now_ms: int) -> int:
    """A moment of the office by the centre's clock: so long ago as the office's own clocks say."""
    return now_ms - now.moment.since(stamp.moment)


def _number(facts: Mapping[str, object], name: str) -> float | None:
    found = facts.get(name)
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None
