"""What people see, made from the office's state and the present. Pure: pages and API show the same things."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, cast

from appliance.api.schemas import (
    CallView,
    DayView,
    DeviceView,
    HallView,
    KioskView,
    Language,
    OfficeView,
    ReplicaView,
    ServiceView,
    SlipView,
    TicketView,
)
from appliance.domain import order, tickets
from appliance.domain.message import Record
from appliance.domain.moment import Now
from appliance.domain.office import DeskState, Office, Slip, SlipState, Ticket, TicketState
from appliance.domain.plan import LANGUAGES, Plan, Service, Words
from appliance.domain.refusal import Code, Refused

SlipCode = Literal["queued", "printed", "sent", "unknown", "expired"]

HALL_ROWS = 12
SERVING_SHOWN_S = 180
"""How long a number stays on the board after its service began: whoever looks late still finds the desk."""

SLIP_ROWS = 50
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


def waited_ms(ticket: Ticket, now: Now) -> int:
    """From the number to the call, or to now while nobody has called it."""
    end = ticket.called or ticket.ended
    until = now.moment if end is None else end.moment
    return until.since(ticket.issued.moment)


def ticket(office: Office, now: Now, shown: Ticket) -> TicketView:
    """One ticket."""
    slip = newest_slip(office, shown.id)
    return TicketView(
        id=shown.id,
        label=shown.label,
        service=shown.service,
        service_name=service_name(office, shown.service),
        language=cast(Language, shown.language),
        state=shown.state.value,
        desk=shown.desk,
        ahead=order.ahead(office, shown) if shown.state is TicketState.WAITING else None,
        waited_s=waited_ms(shown, now) // 1000,
        called_times=shown.calls,
        returned=shown.returned,
        issued_at=shown.issued.moment.utc(),
        paper=slip.state.value if slip is not None else "none",
    )


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


def call_seq(office: Office, called: Ticket) -> int:
    """Where a call stands in time: a recall is the newest thing until it was heard, and then stands there."""
    if called.called is None:
        return 0
    if called.calls <= 1:
        return called.called.seq
    return called.heard.seq if called.heard is not None else office.seq


def hall(office: Office, now: Now) -> HallView:
    """The board: who is called, newest first, and those whose service began in the last minutes."""
    calls = [
        CallView(
            ticket=shown.id,
            label=shown.label,
            desk=shown.desk,
            calls=shown.calls,
            state=cast(Literal["called", "serving"], shown.state.value),
            seq=call_seq(office, shown),
        )
        for shown in (office.tickets[desk.ticket] for desk in office.desks.values() if desk.ticket is not None)
        if shown.desk is not None and (shown.state is TicketState.CALLED or just_began(shown, now))
    ]
    calls.sort(key=lambda call: (call.seq, call.ticket), reverse=True)
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
    )


def just_began(shown: Ticket, now: Now) -> bool:
    """Whether the service began so lately that the board still shows the way."""
    return (
        shown.state is TicketState.SERVING
        and shown.started is not None
        and now.moment.since(shown.started.moment) <= SERVING_SHOWN_S * 1000
    )


def waiting(office: Office) -> int:
    """How many wait."""
    return sum(1 for t in office.tickets.values() if t.state is TicketState.WAITING)


def languages(plan: Plan | None) -> list[Language]:
    """The languages of the office's pages, its first one first."""
    spoken = [language for language in (plan.languages if plan else ()) if language in LANGUAGES]
    return cast("list[Language]", spoken or list(LANGUAGES))


def kiosk(office: Office, now: Now, *, paper: bool) -> KioskView:
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
    services = [_service(office, now, plan, s, per_service.get(s.id, 0)) for s in plan.services.values()]
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
    )


def _service(office: Office, now: Now, plan: Plan, service: Service, queue: int) -> ServiceView:
    reason: str | None = None
    try:
        tickets.take(office, tickets.TakeTicket(service.id, paper=False), now)
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
    )


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


def day(office: Office) -> DayView:
    """The day that is open, or the last one."""
    last = office.day
    return DayView(
        day=last.number if last is not None else None,
        date=last.date if last is not None else None,
        open=office.open_day is not None,
    )


def office_view(
    office: Office,
    now: Now,
    *,
    devices: Sequence[DeviceView] = (),
    replica: ReplicaView | None = None,
    version: str = "",
) -> OfficeView:
    """The office at a glance. `uptime_s` is the box's own."""
    counts = _counts(office.tickets.values())
    last = office.day
    longest = max(
        (waited_ms(t, now) for t in office.tickets.values() if t.state is TicketState.WAITING),
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
    )


def _counts(shown: Iterable[Ticket]) -> Mapping[TicketState, int]:
    counts: dict[TicketState, int] = {}
    for one in shown:
        counts[one.state] = counts.get(one.state, 0) + 1
    return counts
