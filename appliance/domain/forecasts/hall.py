"""The hall as the run forward needs it: flat figures of desks, line and newcomers, taken from the state at one moment.

Times are seconds from now, past ones negative. Desks and services are known by their index, sets of them are bit masks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from appliance.domain.moment import Now
from appliance.domain.office import Desk, DeskState, Office, Ticket, TicketState
from appliance.domain.order import booking_due, privileged
from appliance.domain.plan import Plan, PolicyKind
from appliance.domain.roster import shifts_on
from appliance.domain.skills import Level, desk_level, suits

DIRECTED, BOOKED, BEFORE_ALL = -3e9, -2e9, -1e9
"""Where the ranks begin of those directed to a desk, of the booked, and of priority where it goes before everybody."""

BREAK_S = 600
"""How long a break lasts about which nothing is known."""

LOOK_BACK_S = 3600
USUAL_GAP_S = 600
"""How far back newcomers are counted, and what the count is spread over at least."""

USUAL_SHARE, SHARE_WEIGHT = 0.08, 50
"""The share of visitors with priority, and for how many visitors it counts against those of the day."""


@dataclass(frozen=True, slots=True)
class Stay:
    """Whom a desk has now: for what, for how long since the call, whether still only called, and what comes after."""

    service: int
    elapsed_s: float
    called: bool
    route: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class DeskNow:
    """One desk that receives or will. `main` and `secondary` are masks of services; `away`: from and until when not."""

    number: int
    main: int
    secondary: int
    stay: Stay | None = None
    free_in_s: float = 0.0
    away: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Waiter:
    """Somebody in the line. The lower `rank`, the earlier; a newcomer without priority has rank 0.

    `mains` and `secondaries` are masks of the desks that serve them. `since_s`: when the number was taken. `passed`:
    newer priority calls since they are past their norm. `due_s`: a booked one counts from then on.
    """

    rank: float
    service: int
    mains: int
    secondaries: int
    since_s: float
    privileged: bool = False
    passed: int = 0
    route: tuple[int, ...] = ()
    due_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Hall:
    """Everything that decides how long a newcomer waits, less what chance does.

    `rates`: newcomers a second by service; `share`: of them with priority, with one of `heads` (seconds) each.
    """

    services: tuple[str, ...]
    norms_s: tuple[int, ...]
    desks: tuple[DeskNow, ...]
    line: tuple[Waiter, ...]
    kind: PolicyKind
    ratio: int
    passes: int
    in_a_row: int
    rates: tuple[float, ...]
    share: float
    heads: tuple[float, ...]
    paused: bool = False

    def with_open(self, desks: Iterable[DeskNow]) -> Hall:
        """The hall with these desks open and free from now on."""
        more = tuple(desks)
        first = len(self.desks)
        line = []
        for waiter in self.line:
            bit = 1 << waiter.service
            mains = sum(1 << first + n for n, desk in enumerate(more) if desk.main & bit)
            seconds = sum(1 << first + n for n, desk in enumerate(more) if desk.secondary & bit)
            directed = waiter.rank < BOOKED
            line.append(
                waiter
                if directed
                else replace(waiter, mains=waiter.mains | mains, secondaries=waiter.secondaries | seconds)
            )
        return replace(self, desks=(*self.desks, *more), line=tuple(line))

    def rank(self, head_s: float | None) -> float:
        """The rank of a newcomer with a head start, or without priority (None)."""
        if head_s is None:
            return 0.0
        return -head_s if self.kind is PolicyKind.AGEING else BEFORE_ALL


def survey(plan: Plan, office: Office, now: Now) -> Hall:
    """The hall of an open day as it stands."""
    services = tuple(plan.services)
    index = {name: n for n, name in enumerate(services)}
    away = _away(plan, now)
    desks = [found for desk in office.desks.values() if (found := _desk(plan, office, desk, now, index, away))]
    rates, share = _newcomers(plan, office, now, services)
    return Hall(
        services=services,
        norms_s=tuple(plan.wait_norm(name) * 60 for name in services),
        desks=tuple(desks),
        line=tuple(_line(plan, office, now, index, [desk.number for desk in desks])),
        kind=plan.policy.kind,
        ratio=plan.policy.ratio,
        passes=plan.policy.passes,
        in_a_row=_in_a_row(plan, office),
        rates=rates,
        share=share,
        heads=tuple(category.head_start_min * 60.0 for category in plan.categories.values()),
        paused=office.pause is not None,
    )


def closed_desk(plan: Plan, number: int, services: Sequence[str]) -> DeskNow:
    """A closed desk as it would be if it opened now with nobody in particular."""
    return DeskNow(number, *_masks(plan, number, None, services))


def _masks(plan: Plan, number: int, operator: str | None, services: Sequence[str]) -> tuple[int, int]:
    main = secondary = 0
    for n, service in enumerate(services):
        match desk_level(plan, number, service, operator=operator):
            case Level.MAIN:
                main |= 1 << n
            case Level.SECONDARY:
                secondary |= 1 << n
    return main, secondary


def _away(plan: Plan, now: Now) -> dict[int, list[tuple[float, float, str]]]:
    """By desk: from and until when the roster has nobody at it: before a shift that is still to begin, in a break."""
    found: dict[int, list[tuple[float, float, str]]] = {}
    if now.local is None or not plan.shifts:
        return found
    second = now.local.hour * 3600 + now.local.minute * 60 + now.local.second + now.local.microsecond / 1e6
    staffed: dict[int, float] = {}
    for shift in sorted(shifts_on(plan, now.local.date()), key=lambda one: one.span):
        spans = found.setdefault(shift.desk, [])
        opens, closes = shift.span.opens * 60.0, shift.span.closes * 60.0
        if second >= closes:
            continue
        until = staffed.get(shift.desk, second)
        if opens > until:
            spans.append((until - second, opens - second, shift.operator))
        staffed[shift.desk] = max(until, closes)
        spans += [
            (pause.opens * 60.0 - second, pause.closes * 60.0 - second, shift.operator)
            for pause in shift.breaks
            if pause.closes * 60 > second
        ]
    return found


def _desk(
    plan: Plan,
    office: Office,
    desk: Desk,
    now: Now,
    index: dict[str, int],
    away: dict[int, list[tuple[float, float, str]]],
) -> DeskNow | None:
    spans = away.get(desk.number, [])
    operator = desk.operator
    free_in_s, stay = 0.0, None
    if desk.state is DeskState.CLOSED:
        coming = next((span for span in spans if span[0] == 0.0), None)
        if coming is None:
            return None
        free_in_s, operator = coming[1], coming[2]
    elif desk.state is DeskState.BREAK:
        free_in_s = _break_left(plan, desk, now, spans)
    elif desk.ticket is not None:
        ticket = office.tickets[desk.ticket]
        begun = ticket.last_called or desk.since
        elapsed_s = now.moment.since(begun.moment) / 1000 if begun is not None else 0.0
        route = tuple(index[stop.service] for stop in ticket.route if stop.service in index)
        stay = Stay(index.get(ticket.service, 0), elapsed_s, desk.state is DeskState.CALLED, route)
    main, secondary = _masks(plan, desk.number, operator, list(index))
    return DeskNow(desk.number, main, secondary, stay, free_in_s, tuple((a, b) for a, b, _ in spans if b > 0))


def _break_left(plan: Plan, desk: Desk, now: Now, spans: Sequence[tuple[float, float, str]]) -> float:
    running = next((until for begin, until, _ in spans if begin <= 0 < until), None)
    if running is not None:
        return running
    reason = plan.reasons.get(desk.reason)
    length_s = (reason.minutes * 60 if reason is not None else 0) or BREAK_S
    since_s = now.moment.since(desk.since.moment) / 1000 if desk.since is not None else 0.0
    return max(60.0, length_s - since_s)


def _line(plan: Plan, office: Office, now: Now, index: dict[str, int], numbers: Sequence[int]) -> list[Waiter]:
    """Those who wait, by rank."""
    waiting = [t for t in office.tickets.values() if t.state is TicketState.WAITING and t.service in index]
    waiting.sort(key=lambda ticket: ticket.place, reverse=True)
    passes = _passes(plan, office, waiting) if waiting else {}
    masks: dict[tuple[str, str], tuple[int, int]] = {}
    line, behind, resumed = list[Waiter](), 0.0, list[Waiter]()
    for ticket in waiting:
        since_s = -office.elapsed(ticket.issued.moment, now.moment) / 1000
        first, due_s = privileged(plan, ticket), 0.0
        if ticket.for_desk is not None or ticket.needs:
            mains, secondaries, directed = _own_masks(plan, office, ticket, numbers)
        else:
            key = (ticket.service, ticket.purpose)
            if key not in masks:
                masks[key] = _ticket_masks(plan, office, ticket, numbers)
            (mains, secondaries), directed = masks[key], False
        due = booking_due(plan, ticket, now)
        if directed:
            rank = DIRECTED + since_s
        elif due is not None:
            assert ticket.slot is not None
            rank = BOOKED + ticket.slot * 60 + since_s / 1e6
            if not due:
                due_s = (ticket.slot - plan.settings.booked_early_min - now.minute_at(now.moment)) * 60.0
        elif first:
            head_s = plan.categories[ticket.category or ""].head_start_min * 60
            rank = since_s - head_s if plan.policy.kind is PolicyKind.AGEING else BEFORE_ALL + since_s
        else:
            rank = behind = min(since_s, behind - 0.001)
        route = tuple(index[stop.service] for stop in ticket.route if stop.service in index)
        waiter = Waiter(
            rank, index[ticket.service], mains, secondaries, since_s, first, passes.get(ticket.id, 0), route, due_s
        )
        (resumed if ticket.resumed and not first and rank > BEFORE_ALL else line).append(waiter)
    ahead = min([behind, *(waiter.since_s for waiter in resumed)])
    line += [replace(waiter, rank=ahead - 0.001 * (n + 1)) for n, waiter in enumerate(resumed)]
    return sorted(line, key=lambda waiter: waiter.rank)


def _ticket_masks(plan: Plan, office: Office, ticket: Ticket, numbers: Sequence[int]) -> tuple[int, int]:
    """The desks that serve the ticket, mainly and else, as masks over `numbers`."""
    main = secondary = 0
    for n, number in enumerate(numbers):
        match desk_level(plan, number, ticket.service, ticket.purpose, office.desks[number].operator):
            case Level.MAIN:
                main |= 1 << n
            case Level.SECONDARY:
                secondary |= 1 << n
    return main, secondary


def _own_masks(plan: Plan, office: Office, ticket: Ticket, numbers: Sequence[int]) -> tuple[int, int, bool]:
    """The same for somebody directed to a desk or with access needs, and whether they go to their own desk alone."""
    main, secondary = _ticket_masks(plan, office, ticket, numbers)
    wanted = ticket.for_desk
    if wanted is not None and wanted in numbers and office.desks[wanted].state is not DeskState.CLOSED:
        own = 1 << list(numbers).index(wanted)
        if (main | secondary) & own:
            return own, 0, True
    if ticket.needs:
        fit = sum(1 << n for n, number in enumerate(numbers) if suits(office, number, ticket))
        main, secondary = main & fit, secondary & fit
    return main, secondary, False


def _passes(plan: Plan, office: Office, waiting: Iterable[Ticket]) -> dict[int, int]:
    """For each ordinary one past the norm, how many newer priority tickets were called since then."""
    calls = [t for t in office.tickets.values() if t.last_called is not None and privileged(plan, t)]
    found: dict[int, int] = {}
    if not calls:
        return found
    for ticket in waiting:
        norm_ms = plan.wait_norm(ticket.service) * 60_000
        found[ticket.id] = sum(
            1
            for other in calls
            if other.place > ticket.place
            and other.last_called is not None
            and other.last_called.moment.since(ticket.issued.moment) >= norm_ms
        )
    return found


def _in_a_row(plan: Plan, office: Office) -> int:
    """How many priority calls there have been since the last other one."""
    seqs = [(t.last_called.seq, privileged(plan, t)) for t in office.tickets.values() if t.last_called is not None]
    ordinary = max((seq for seq, first in seqs if not first), default=0)
    return sum(1 for seq, first in seqs if first and seq > ordinary)


def _newcomers(plan: Plan, office: Office, now: Now, services: Sequence[str]) -> tuple[tuple[float, ...], float]:
    """Newcomers a second by service, as in the last hour, and the day's share of those with priority."""
    day = office.open_day
    open_s = now.moment.since(day.opened.moment) / 1000 if day is not None else 0.0
    span_s = min(LOOK_BACK_S, max(USUAL_GAP_S, open_s))
    counts = dict.fromkeys(services, 0)
    first = 0
    for ticket in office.tickets.values():
        asked = ticket.asked or ticket.service
        first += privileged(plan, ticket)
        if asked in counts and now.moment.since(ticket.issued.moment) <= span_s * 1000:
            counts[asked] += 1
    share = (first + USUAL_SHARE * SHARE_WEIGHT) / (len(office.tickets) + SHARE_WEIGHT)
    return tuple(counts[name] / span_s for name in services), share
