"""A desk as its operator sees it: the visitor, the line, and what each key would do now."""

from __future__ import annotations

import re
from collections.abc import Sequence

from appliance.api import standing_view, views
from appliance.api.bells_view import bells
from appliance.api.schemas import DeskView, KeyView, LineView, ReasonView
from appliance.domain import order, require, rules
from appliance.domain.calling import CallBack, TicketCalled
from appliance.domain.keys import Key, Press, meaning
from appliance.domain.message import Command, Event
from appliance.domain.moment import Now
from appliance.domain.office import Office, Ticket, TicketState
from appliance.domain.refusal import Code, Refused
from appliance.domain.serving import Finish
from appliance.domain.skills import level
from appliance.domain.undoing import UndoLast
from appliance.store.told import NO_TEXTS, Texts

LINE_ROWS = 20
MISSED_ROWS = 20


def desk(
    office: Office,
    now: Now,
    number: int,
    *,
    operator_name: str | None = None,
    served_today: int = 0,
    texts: Texts = NO_TEXTS,
) -> DeskView:
    """The desk's page. Raises Refused for a desk that the plan doesn't have."""
    shown = require.desk(office, number)
    ticket = office.tickets.get(shown.ticket) if shown.ticket is not None else None
    service = office.plan.services.get(ticket.service) if ticket is not None and office.plan is not None else None
    line = order.line(office, number, now, LINE_ROWS)
    return DeskView(
        seq=office.seq,
        number=number,
        state=shown.state.value,
        operator=shown.operator,
        operator_name=operator_name,
        ticket=views.ticket(office, now, ticket) if ticket is not None else None,
        documents=views.text(service.documents) if service is not None else None,
        elapsed_s=now.moment.since(shown.since.moment) // 1000 if shown.since is not None else 0,
        norm_s=service.norm_min * 60 if service is not None else 0,
        heard=ticket is not None and ticket.heard is not None,
        inferred=ticket is not None and ticket.inferred,
        served_today=served_today,
        keys=[key(office, now, number, k, long) for k in Key for long in (False, True)],
        line=[_line(office, now, number, choice.ticket, choice) for choice in line],
        waiting=sum(1 for _ in order.eligible(office, number)),
        missed=[_line(office, now, number, gone) for gone in missed(office, number)],
        parked=[_line(office, now, number, aside) for aside in parked(office, number)],
        reasons=_reasons(office),
        break_reason=shown.reason,
        may_pick=_may_pick(office, shown.operator),
        paused=office.pause is not None,
        undo_s=undo_s(office, now, number),
        open_day=office.open_day is not None,
        now=views.clock(now),
        bells=bells(office, now, level=1),
        standing=standing_view.at_desk(office, number, texts),
    )


def key(office: Office, now: Now, number: int, pressed: Key, long: bool) -> KeyView:
    """What this key stands for, by the table of keys, and what the rules would make of it now."""
    try:
        commands = meaning(office, Press(number, pressed, long))
    except Refused as refused:
        return _key(pressed, long, None, None, None, refused.code)
    does = command_code(commands[0])
    try:
        events = rules.decide(office, commands[0], now)
    except Refused as refused:
        return _key(pressed, long, does, _held(office, number), None, refused.code)
    acted, following = _labels(office, number, commands[0], events)
    return _key(pressed, long, does, acted, following, None)


def command_code(command: Command) -> str:
    """`CallNext` as `call-next`; a finish that calls is `finish-and-call`."""
    if isinstance(command, Finish) and command.call_next:
        return "finish-and-call"
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", type(command).__name__).lower()


def undo_s(office: Office, now: Now, number: int) -> int:
    """Seconds left to take back the desk's last act, 0 when there is nothing to take back."""
    shown = office.desks.get(number)
    if shown is None or shown.undo is None or office.plan is None or office.open_day is None:
        return 0
    left_ms = office.plan.settings.undo_s * 1000 - now.moment.since(shown.undo.moment)
    return max(0, -(-left_ms // 1000))


def missed(office: Office, number: int) -> list[Ticket]:
    """Whom this desk may still call back, the one missed last first."""
    plan = office.plan
    if plan is None:
        return []
    gone = [
        ticket
        for ticket in office.tickets.values()
        if ticket.state is TicketState.MISSED and not ticket.returned and level(office, number, ticket)
    ]
    gone.sort(key=lambda ticket: ticket.ended.seq if ticket.ended is not None else 0, reverse=True)
    return gone[:MISSED_ROWS]


def _labels(office: Office, number: int, command: Command, events: Sequence[Event]) -> tuple[str | None, str | None]:
    """The ticket acted on and the one called; a call back acts on the very ticket that it calls."""
    if isinstance(command, UndoLast):
        restored = [office.tickets[ticket].label for event in events for ticket in event.tickets()]
        return (restored[0] if restored else None), None
    called = next((event.ticket for event in events if isinstance(event, TicketCalled)), None)
    following = office.tickets[called].label if called is not None else None
    return (following if isinstance(command, CallBack) else _held(office, number)), following


def _held(office: Office, number: int) -> str | None:
    shown = office.desks.get(number)
    return office.tickets[shown.ticket].label if shown and shown.ticket is not None else None


def _key(
    pressed: Key,
    long: bool,
    does: str | None,
    ticket: str | None,
    following: str | None,
    refusal: Code | None,
) -> KeyView:
    return KeyView(
        key=pressed.value,
        long=long,
        does=does,
        ticket=ticket,
        following=following,
        refusal=refusal.value if refusal is not None else None,
    )


def parked(office: Office, number: int) -> list[Ticket]:
    """Whom this desk has set aside, in the order of their places."""
    aside = [t for t in office.tickets.values() if t.state is TicketState.PARKED and t.for_desk == number]
    return sorted(aside, key=lambda ticket: ticket.place)


def _reasons(office: Office) -> list[ReasonView]:
    reasons = office.plan.reasons.values() if office.plan is not None else ()
    return [
        ReasonView(id=reason.id, kind=reason.kind.value, name=views.text(reason.name), minutes=reason.minutes)
        for reason in reasons
    ]


def _may_pick(office: Office, operator: str | None) -> bool:
    person = office.plan.operators.get(operator) if office.plan is not None and operator is not None else None
    return person is not None and person.may_pick


def _line(office: Office, now: Now, number: int, ticket: Ticket, choice: order.Choice | None = None) -> LineView:
    return LineView(
        ticket=ticket.id,
        label=ticket.label,
        service_name=views.service_name(office, ticket.service),
        waited_s=views.waited_ms(office, ticket, now) // 1000,
        returned=ticket.returned,
        directed=ticket.for_desk == number,
        why=choice.why.value if choice is not None else None,
        over=choice.over.label if choice is not None and choice.over is not None else None,
        secondary=choice is not None and choice.secondary,
        category=ticket.category,
        confirmed=ticket.confirmed,
        needs=list(ticket.needs),
        reason=ticket.reason,
    )
