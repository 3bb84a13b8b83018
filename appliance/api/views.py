"""What people see, made from the office's state and the present. Pure: pages and API show the same things."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Literal, cast

from appliance.api import standing_view
from appliance.api.bells_view import bells
from appliance.api.context import Estimates, NoEstimates
from appliance.api.schemas import (
    AdviceView,
    CallView,
    CategoryView,
    DayView,
    DeskRow,
    DeviceView,
    HallView,
    KioskView,
    Language,
    OfficeView,
    Purpose,
    ReceptionView,
    ReplicaView,
    ServiceView,
    SlipView,
    StopView,
    TicketView,
    WaitView,
)
from appliance.domain import board, order, tickets
from appliance.domain.forecasts.advice import Advice
from appliance.domain.hours import ONE_DAY, day_hours, service_issuing
from appliance.domain.message import Record
from appliance.domain.moment import Now
from appliance.domain.office import Desk, DeskState, Office, Slip, SlipState, Ticket, TicketState
from appliance.domain.plan import LANGUAGES, Plan, Service, Words
from appliance.domain.refusal import Code, Refused
from appliance.domain.roster import planned_desks
from appliance.reason_words import hours_code
from appliance.store.told import NO_TEXTS, Texts

SlipCode = Literal["queued", "printed", "sent", "unknown", "expired"]

HALL_ROWS = 12
SLIP_ROWS = 50
LOOK_AHEAD_DAYS = 14
PENDING = (TicketState.WAITING, TicketState.CALLED, TicketState.PARKED)


def text(words: Words) -> dict[str, str]:
    """A text in every language of the pages; what was not given stands in by what was."""
    return {language: words.get(language) for language in LANGUAGES}


def clock(now: Now) -> str | None:
    """`HH:MM`, or None on a clock that nobody believes."""
    return now.local.strftime("%H:%M") if now.local is not None else None


def service_name(office: Office, service: str) -> dict[str, str]:
    """The service's short name, as slips and boards have it; its id where the plan no longer has it."""
    found = office.plan.services.get(service) if office.plan is not None else None
    return text(found.short) if found is not None else dict.fromkeys(LANGUAGES, service)


def newest_slip(office: Office, ticket: int) -> Slip | None:
    """The last paper of a ticket; looked for at the end first, where a fresh ticket's is."""
    last = office.slips.get(office.last_slip)
    if last is not None and last.ticket == ticket:
        return last
    papers = (slip for slip in office.slips.values() if slip.ticket == ticket)
    return max(papers, key=lambda slip: slip.id, default=None)


def waited_ms(office: Office, ticket: Ticket, now: Now) -> int:
    """From the number to the call, or to now while nobody has called it; pauses are left out."""
    end = ticket.called or ticket.ended
    until = now.moment if end is None else end.moment
    return office.elapsed(ticket.issued.moment, until)


def wait(low_s: int, high_s: int, mean_s: int | None, start: datetime | None) -> WaitView:
    """An estimate with the times of day it means, counted from `start` (None: nobody knows the time)."""
    times = (None, None)
    if start is not None:
        times = tuple(f"{start + timedelta(seconds=s):%H:%M}" for s in (low_s, high_s))  # type: ignore[assignment]
    return WaitView(low_s=low_s, high_s=high_s, mean_s=mean_s, calls_from=times[0], calls_until=times[1])


def told_wait(now: Now, ticket: Ticket) -> WaitView | None:
    """What was told with the number."""
    if ticket.told is None:
        return None
    low, high = ticket.told
    start = None
    if now.local is not None:
        start = now.local - timedelta(milliseconds=now.moment.since(ticket.issued.moment))
    return wait(low, high, None, start)


def ticket(office: Office, now: Now, shown: Ticket) -> TicketView:
    """One ticket."""
    return ticket_with(office, now, shown, newest_slip(office, shown.id))


def ticket_with(office: Office, now: Now, shown: Ticket, slip: Slip | None) -> TicketView:
    """One ticket with its newest paper."""
    return TicketView(
        id=shown.id,
        label=shown.label,
        service=shown.service,
        service_name=service_name(office, shown.service),
        language=cast(Language, shown.language),
        state=shown.state.value,
        desk=shown.desk,
        ahead=order.ahead(office, shown) if shown.state is TicketState.WAITING else None,
        waited_s=waited_ms(office, shown, now) // 1000,
        called_times=shown.calls,
        returned=shown.returned,
        issued_at=shown.issued.moment.utc(),
        told=told_wait(now, shown),
        purpose=cast(Purpose, shown.purpose),
        category=shown.category,
        confirmed=shown.confirmed,
        needs=list(shown.needs),
        route=[
            StopView(service=stop.service, service_name=service_name(office, stop.service), desk=stop.desk)
            for stop in shown.route
        ],
        for_desk=shown.for_desk,
        promised=shown.promised,
        reason=shown.reason,
        parked_s=parked_s(office, now, shown),
        overdue=office.plan is not None
        and shown.state is TicketState.WAITING
        and order.overdue(office, office.plan, shown, now.moment),
        paper=slip.state.value if slip is not None else "none",
    )


def parked_s(office: Office, now: Now, shown: Ticket) -> int | None:
    """Seconds until a parked visitor waits again; None for others and without a timer."""
    if shown.state is not TicketState.PARKED or shown.ended is None or not shown.park_min:
        return None
    return max(0, shown.park_min * 60 - office.elapsed(shown.ended.moment, now.moment) // 1000)


def taken(office: Office, records: Sequence[Record]) -> Ticket:
    """The ticket that an issue or an adoption made, in its state of now.

    A day that ended between the commit and this look has taken its tickets along: then it is shown as left.
    """
    for record in records:
        event = record.event
        if isinstance(event, tickets.TicketIssued | tickets.TicketAdopted):
            found = office.tickets.get(event.ticket)
            if found is not None:
                return found
            return Ticket(
                id=event.ticket,
                series=event.series,
                number=event.number,
                service=event.service,
                language=event.language,
                state=TicketState.LEFT,
                place=(event.ticket, 0),
                issued=record.stamp,
                by_system=True,
            )
    raise LookupError("no ticket was made")


def hall(office: Office, now: Now, texts: Texts = NO_TEXTS) -> HallView:
    """The board: who is called, newest first, and those whose service began in the last minutes."""
    calls = [
        CallView(
            ticket=shown.id,
            label=shown.label,
            desk=shown.desk,
            calls=shown.calls,
            state=cast(Literal["called", "serving"], shown.state.value),
            seq=board.call_seq(office, shown),
        )
        for shown in board.at_desks(office)
        if shown.desk is not None and board.stands_out(shown, now.moment)
    ]
    day = office.open_day
    return HallView(
        seq=office.seq,
        calls=calls[:HALL_ROWS],
        waiting=waiting(office),
        open=day is not None,
        now=clock(now),
        date=now.local.date().isoformat() if now.local is not None else None,
        on_break=sorted(d.number for d in office.desks.values() if d.state is DeskState.BREAK),
        languages=languages(office.plan),
        paused=paused(office),
        message=standing_view.message(office, texts),
    )


def paused(office: Office) -> str | None:
    """The reason of the pause that lasts now."""
    return office.pause.reason if office.pause is not None else None


def waiting(office: Office) -> int:
    """How many wait."""
    return sum(1 for t in office.tickets.values() if t.state is TicketState.WAITING)


def languages(plan: Plan | None) -> list[Language]:
    """The languages of the office's pages, its first one first."""
    spoken = [language for language in (plan.languages if plan else ()) if language in LANGUAGES]
    return cast("list[Language]", spoken or list(LANGUAGES))


def kiosk(
    office: Office, now: Now, *, paper: bool, estimates: Estimates | None = None, texts: Texts = NO_TEXTS
) -> KioskView:
    """What a visitor may choose. Whether a number can be given is asked of the rules themselves."""
    plan = office.plan
    if plan is None:
        nothing = dict.fromkeys(LANGUAGES, "")
        return KioskView(
            seq=office.seq,
            office=nothing,
            address=nothing,
            languages=languages(None),
            now=clock(now),
            open=False,
            reason=Code.NO_PLAN.value,
            paper=paper,
            waiting=0,
            desks_working=0,
            services=[],
        )
    per_service: dict[str, int] = {}
    for shown in office.tickets.values():
        if shown.state is TicketState.WAITING:
            per_service[shown.service] = per_service.get(shown.service, 0) + 1
    estimates = estimates or NoEstimates()
    services = [
        _service(office, now, plan, s, per_service.get(s.id, 0), estimates.told(s.id), texts)
        for s in plan.services.values()
    ]
    reasons = {service.reason for service in services}
    everywhere = reasons.pop() if len(reasons) == 1 else None
    return KioskView(
        seq=office.seq,
        office=text(plan.name),
        address=text(plan.address),
        languages=languages(plan),
        now=clock(now),
        open=any(service.available for service in services),
        reason=everywhere,
        paper=paper,
        waiting=sum(per_service.values()),
        desks_working=sum(1 for desk in office.desks.values() if desk.working),
        services=services,
        categories=categories(plan),
        paused=paused(office),
    )


def categories(plan: Plan) -> list[CategoryView]:
    """The priority categories of the plan."""
    return [
        CategoryView(id=one.id, name=text(one.name), kiosk=one.kiosk, confirm_first=one.confirm_first)
        for one in plan.categories.values()
    ]


def _service(
    office: Office, now: Now, plan: Plan, service: Service, queue: int, told: tickets.Told | None, texts: Texts
) -> ServiceView:
    reason: str | None = None
    try:
        tickets.take(office, tickets.TakeTicket(service.id, paper=False, told=told), now)
    except Refused as refused:
        reason = refused.code.value
    organisation = plan.organisations.get(service.organisation)
    return ServiceView(
        id=service.id,
        series=service.series,
        name=text(service.name),
        short=text(service.short),
        documents=text(service.documents),
        organisation=text(organisation.name) if organisation is not None else text(Words({})),
        icon=service.icon,
        popular=service.popular,
        waiting=queue,
        available=reason is None,
        reason=reason,
        group=text(service.group),
        keywords=text(service.keywords),
        purposes=list(service.purposes),
        wait=None if told is None else wait(told.low_s, told.high_s, told.mean_s, now.local),
        next_opening=_next_issuing(plan, service, now) if reason in CLOSED else None,
        may_wait=reason == Code.NO_TIME_LEFT.value,
        elsewhere=standing_view.elsewhere(office, service.id, texts),
    )


CLOSED = (Code.DAY_NOT_OPEN.value, Code.ISSUING_CLOSED.value, Code.ISSUING_NOT_YET.value, Code.NOT_TODAY.value)


def _next_issuing(plan: Plan, service: Service, now: Now) -> str | None:
    """When numbers for this service are next given out, `2026-11-30T08:00`; None without a clock or in two weeks."""
    if now.local is None:
        return None
    for ahead in range(LOOK_AHEAD_DAYS + 1):
        day = now.local.date() + ahead * ONE_DAY
        span = service_issuing(plan, service.id, day, now.public)
        if span is not None:
            opens = datetime.combine(day, time()) + timedelta(minutes=span.opens)
            if opens >= now.local:
                return opens.isoformat(timespec="minutes")
    return None


def reception(office: Office, now: Now, advice: Advice | None, texts: Texts = NO_TEXTS) -> ReceptionView:
    """The hall as reception sees it: those who wait by place, then desks and what is advised."""
    shown = sorted(office.tickets.values(), key=lambda one: one.place) if office.open_day is not None else []

    papers = {slip.ticket: slip for slip in office.slips.values()}

    def of(*states: TicketState) -> list[TicketView]:
        return [ticket_with(office, now, one, papers.get(one.id)) for one in shown if one.state in states]

    return ReceptionView(
        seq=office.seq,
        open=office.open_day is not None,
        paused=paused(office),
        now=clock(now),
        waiting=of(TicketState.WAITING),
        at_desks=of(TicketState.CALLED, TicketState.SERVING),
        parked=of(TicketState.PARKED),
        missed=of(TicketState.MISSED),
        gone=sum(one.state in (TicketState.DONE, TicketState.LEFT) for one in shown),
        desks=desk_rows(office, now),
        advice=advice_view(advice),
        bells=bells(office, now),
        standing=standing_view.standing_views(office, texts),
    )


def advice_view(advice: Advice | None) -> AdviceView | None:
    """The advice, if there is one."""
    if advice is None or not advice.open_desks:
        return None
    return AdviceView(
        open_desks=list(advice.open_desks),
        share_before=round(advice.share_before, 4),
        share_after=round(advice.share_after, 4),
        wait_s=advice.wait_now_s,
        wait_after_s=advice.wait_after_s,
    )


def desk_rows(office: Office, now: Now) -> list[DeskRow]:
    """Every desk of the plan."""
    plan = office.plan
    if plan is None:
        return []
    planned = None
    if now.local is not None:
        today = now.local.date()
        worked_as = day_hours(plan, today, now.public).weekday
        planned = planned_desks(plan, today, now.local.hour * 60 + now.local.minute, weekday=worked_as)
    rows = []
    for number, known in plan.desks.items():
        desk = office.desks.get(number, Desk(number))
        held = office.tickets.get(desk.ticket) if desk.ticket is not None else None
        rows.append(
            DeskRow(
                number=number,
                desk_class=known.desk_class.value,
                state=desk.state.value,
                label=held.label if held is not None else None,
                elapsed_s=now.moment.since(desk.since.moment) // 1000 if desk.since is not None else 0,
                operator=desk.operator,
                reason=desk.reason,
                planned=None if planned is None else number in planned,
                services=_named_services(plan, number),
                organisation=known.organisation,
            )
        )
    return rows


def _named_services(plan: Plan, desk: int) -> list[str]:
    """The services that the plan names for a desk, with what the centre has added and taken away."""
    known = plan.desks[desk]
    named = [*known.services, *known.secondary]
    if known.services:
        named += [service for (at, service), added in plan.skills.items() if at == desk and added]
    return [service for service in dict.fromkeys(named) if plan.skills.get((desk, service)) is not False]


def slips(office: Office, now: Now) -> list[SlipView]:
    """The papers that need an eye: the newest of a ticket still in the queue, and it isn't known to have come out."""
    newest = {slip.ticket: slip for slip in office.slips.values()}
    return [
        SlipView(
            slip=slip.id,
            ticket=slip.ticket,
            label=office.tickets[slip.ticket].label,
            copy_marked=slip.copy,
            state=cast(SlipCode, slip.state.value),
            queued_s=now.moment.since(slip.queued.moment) // 1000,
        )
        for slip in reversed(newest.values())
        if slip.state in (SlipState.QUEUED, SlipState.UNKNOWN, SlipState.EXPIRED)
        and office.tickets[slip.ticket].state in PENDING
    ][:SLIP_ROWS]


def day(office: Office, now: Now) -> DayView:
    """The day that is open, or the last one."""
    hours = None
    if office.plan is not None and now.local is not None:
        today = day_hours(office.plan, now.local.date(), now.public)
        hours = hours_code(today.reason, next(iter(today.note.texts.values()), ""))
    last = office.day
    return DayView(
        day=last.number if last is not None else None,
        date=last.date if last is not None else None,
        open=office.open_day is not None,
        paused=paused(office),
        hours=hours,
    )


def office_view(
    office: Office,
    now: Now,
    *,
    devices: Sequence[DeviceView] = (),
    replica: ReplicaView | None = None,
    version: str = "",
    texts: Texts = NO_TEXTS,
) -> OfficeView:
    """The office at a glance. `uptime_s` is the box's own."""
    counts = _counts(office.tickets.values())
    last = office.day
    longest = max(
        (waited_ms(office, t, now) for t in office.tickets.values() if t.state is TicketState.WAITING),
        default=0,
    )
    plan, coming = office.plan, office.next_plan
    return OfficeView(
        seq=office.seq,
        office=office.id,
        name=text(plan.name) if plan is not None else dict.fromkeys(LANGUAGES, office.id),
        incarnation=office.incarnation,
        day=last.number if last is not None else None,
        date=last.date if last is not None else None,
        open=office.open_day is not None,
        plan_version=plan.version if plan is not None else None,
        next_plan_version=coming.version if coming is not None else None,
        waiting=counts.get(TicketState.WAITING, 0),
        served=counts.get(TicketState.DONE, 0),
        missed=counts.get(TicketState.MISSED, 0),
        left=counts.get(TicketState.LEFT, 0),
        issued=len(office.tickets),
        longest_wait_s=longest // 1000,
        desks=None,
        devices=list(devices),
        replica=replica,
        slips=slips(office, now),
        clock_trusted=now.moment.trusted,
        uptime_s=now.moment.uptime_ms // 1000,
        version=version,
        bells=bells(office, now),
        standing=standing_view.standing_views(office, texts),
        directives=standing_view.directives(office, texts).settled,
    )


def _counts(shown: Iterable[Ticket]) -> Mapping[TicketState, int]:
    counts: dict[TicketState, int] = {}
    for one in shown:
        counts[one.state] = counts.get(one.state, 0) + 1
    return counts
