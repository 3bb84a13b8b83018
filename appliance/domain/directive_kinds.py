"""The kinds of directives: what each body holds, and which events it leads to.

    open-desk {desk}    close-desk {desk}    end-break {desk}
    add-skill {desk, service}    remove-skill {desk, service}    for the desk and whoever is at it
    stop-service {service}    limit-service {service, limit}    free-service {service}
    set-norm {service, wait_min} or {service, service_min}       service null with wait_min: the office's
    set-policy {kind, ratio?, passes?}                           kind absolute, ratio or ageing
    raise-ticket {ticket} or {label}                             the id, or the number as people read it
    show-message {texts, minutes}    clear-message {}            texts by language: ru, uk, en
    pause {reason}    resume {}                                  reason alarm, fire, power or other
    redirect {service, office, texts?}    end-redirect {service} service null: the whole office
    call-technician {device?, note}                              note is a code
    adopt-plan {plan}                                            the TOML document
    fresh-snapshot {}    restart-device {device}

Other fields make a body that isn't understood. What stands lasts until the day closes (`standing`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from appliance.domain import desks, devices, identity, pausing, require, standing
from appliance.domain.chain import to_json
from appliance.domain.message import Event, Record
from appliance.domain.moment import Now
from appliance.domain.office import DeskState, Office, Ticket, TicketState
from appliance.domain.plan import LANGUAGES, Plan, PolicyKind, canonical_series
from appliance.domain.plans.reader import PlanError, checked_plan
from appliance.domain.refusal import Code, Refused
from appliance.domain.skills import served_somewhere
from appliance.domain.standing import StandingEnd

CODE_LENGTH = 40
TEXT_LENGTH = 160
MESSAGE_MIN = 720
LONGEST_NORM_MIN = 240
HIGHEST_LIMIT = 9999
TARGET_LENGTH = 80
NAMED = ("desk", "service", "ticket", "label", "device", "office")
"""The fields of a body that say what it is about."""

CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
NAME = re.compile(r"[\w./-]+")
LABEL = re.compile(r"\s*([^\W\d_])\s*0*([1-9]\d{0,3})\s*")

Body = Mapping[str, Any]
Effect = Callable[[Office, int, Body, Now], Sequence[Event]]
"""From the state, the directive's number, its body and the present to events. Raises Refused, Bad."""


class Bad(Exception):  # noqa: N818 - like Refused an answer, not an error of the program
    """A body or a condition that can't be understood; the text names the field."""


@dataclass(frozen=True)
class TicketRaised(Event):
    """The situation centre has put a ticket first, whatever the policy."""

    ticket: int


def raised(office: Office, record: Record, event: TicketRaised) -> Office:
    """The ticket goes before everybody whom a desk might call."""
    return office.with_ticket(replace(office.tickets[event.ticket], raised=record.stamp))


def target_of(body: Body) -> str:
    """What a body is about, in codes."""
    found = [body[name] for name in NAMED if type(body.get(name)) in (int, str)]
    return " ".join(str(one) for one in found if type(one) is int or _plain(one))[:TARGET_LENGTH]


def _plain(text: str) -> bool:
    return len(text) <= CODE_LENGTH and (NAME.fullmatch(text) is not None or LABEL.fullmatch(text) is not None)


def plan_in(body: Body) -> Plan:
    """The plan that a body brings. Raises Bad."""
    plan = body.get("plan")
    if isinstance(plan, Plan):
        return plan
    if not isinstance(plan, str):
        raise Bad("plan")
    try:
        return checked_plan(plan)
    except PlanError as error:
        raise Bad("plan") from error


def texts_in(body: Body) -> Mapping[str, str]:
    """The texts that a body brings, by language; none is allowed. Raises Bad."""
    texts = body.get("texts", {})
    if not isinstance(texts, dict) or set(texts) - set(LANGUAGES):
        raise Bad("texts")
    for text in texts.values():
        if not isinstance(text, str) or not 1 <= len(text) <= TEXT_LENGTH or not text.isprintable():
            raise Bad("texts")
    return texts


def _only(body: Body, *names: str) -> None:
    other = sorted(set(body) - set(names))
    if other:
        raise Bad(other[0])


def _number(body: Body, name: str, low: int, high: int) -> int:
    value = body.get(name)
    if type(value) is not int or not low <= value <= high:
        raise Bad(name)
    return value


def _text(body: Body, name: str, of: re.Pattern[str] = NAME) -> str:
    value = body.get(name)
    if not isinstance(value, str) or len(value) > CODE_LENGTH or of.fullmatch(value) is None:
        raise Bad(name)
    return value


def _desk(body: Body) -> int:
    return _number(body, "desk", 1, 9999)


def _service(office: Office, body: Body, *, whole: bool = False) -> str:
    """The service of the body, which the plan has; "" for the whole office where that may be."""
    if whole and "service" in body and body["service"] is None:
        return ""
    plan, _ = require.open_day(office)
    return require.service(plan, _text(body, "service")).id


def _open_desk(office: Office, seq: int, body: Body, now: Now) -> Sequence[Event]:
    _only(body, "desk")
    return desks.open_desk(office, desks.OpenDesk(_desk(body)), now)


def _close_desk(office: Office, seq: int, body: Body, now: Now) -> Sequence[Event]:
    _only(body, "desk")
    return desks.close_desk(office, desks.CloseDesk(_desk(body)), now)


def _end_break(office: Office, seq: int, body: Body, now: Now) -> Sequence[Event]:
    _only(body, "desk")
    desk = require.desk(office, _desk(body))
    if desk.state is not DeskState.BREAK:
        raise Refused(Code.DESK_NOT_ON_BREAK, desk=desk.number)
    return desks.open_desk(office, desks.OpenDesk(desk.number), now)


def _add_skill(office: Office, seq: int, body: Body, now: Now) -> Sequence[Event]:
    _only(body, "desk", "service")
    desk, service = require.desk(office, _desk(body)).number, _service(office, body)
    return standing.begin(office, standing.skill(desk, service), standing.ADD, by=seq)


def _remove_skill(office: Office, seq: int, body: Body, now: Now) -> Sequence[Event]:
    _only(body, "desk", "service")
    desk, service = require.desk(office, _desk(body)).number, _service(office, body)
    plan, _ = require.open_day(office)
    if not served_somewhere(replace(plan, skills={**plan.skills, (desk, service): False}), service):
        raise Refused(Code.NOBODY_SERVES, service=service)
    return standing.begin(office, standing.skill(desk, service), standing.REMOVE, by=seq)


def _stop_service(office: Office, seq: int, body: Body, now: Now) -> Sequence[Event]:
    _only(body, "service")
    return standing.begin(office, standing.limit(_service(office, body)), standing.STOP, by=seq)


def _limit_service(office: Office, seq: int, body: Body, now: Now) -> Sequence[Event]:
    _only(body, "service", "limit")
    most = _number(body, "limit", 1, HIGHEST_LIMIT)
    return standing.begin(office, standing.limit(_service(office, body)), str(most), by=seq)


def _free_service(office: Office, seq: int, body: Body, now: Now) -> Sequence[Event]:
    _only(body, "service")
    return standing.end(office, standing.limit(_service(office, body)), StandingEnd.CENTRE)


def _set_norm(office: Office, seq: int, body: Body, now: Now) -> Sequence[Event]:
    of = "service_min" if "service_min" in body else "wait_min"
    _only(body, "service", of)
    minutes = _number(body, of, 1, LONGEST_NORM_MIN)
    require.open_day(office)
    service = _service(office, body, whole=of == "wait_min")
    kind = "wait-norm" if of == "wait_min" else "service-norm"
    return standing.begin(office, f"{kind}:{service}", str(minutes), by=seq)


def _set_policy(office: Office, seq: int, body: Body, now: Now) -> Sequence[Event]:
    _only(body, "kind", "ratio", "passes")
    kind = _text(body, "kind")
    if kind not in set(PolicyKind):
        raise Bad("kind")
    ratio = _number({"ratio": 1, **body}, "ratio", 1, 99)
    passes = _number({"passes": 1, **body}, "passes", 0, 99)
    require.open_day(office)
    value = to_json({"kind": kind, "ratio": ratio, "passes": passes})
    return standing.begin(office, standing.POLICY, value, by=seq)


def _raise_ticket(office: Office, seq: int, body: Body, now: Now) -> Sequence[Event]:
    _only(body, "label" if "label" in body else "ticket")
    ticket = _labelled(office, body) if "label" in body else require.ticket(office, _number(body, "ticket", 0, 2**53))
    if ticket.state not in (TicketState.WAITING, TicketState.PARKED):
        raise Refused(Code.TICKET_NOT_IN_QUEUE, number=ticket.label)
    return [] if ticket.raised is not None else [TicketRaised(ticket.id)]


def _labelled(office: Office, body: Body) -> Ticket:
    label = body["label"]
    found = LABEL.fullmatch(label) if isinstance(label, str) else None
    if found is None:
        raise Bad("label")
    require.open_day(office)
    wanted = (canonical_series(found[1]), int(found[2]))
    ticket = next((one for one in office.tickets.values() if (one.series, one.number) == wanted), None)
    if ticket is None:
        raise Refused(Code.UNKNOWN_TICKET, ticket=label)
    return ticket


def _show_message(office: Office, seq: int, body: Body, now: Now) -> Sequence[Event]:
    _only(body, "texts", "minutes")
    minutes = _number(body, "minutes", 1, MESSAGE_MIN)
    if not texts_in(body):
        raise Bad("texts")
    require.open_day(office)
    return standing.begin(office, standing.MESSAGE, str(minutes), by=seq, told=True)


def _clear_message(office: Office, seq: int, body: Body, now: Now) -> Sequence[Event]:
    _only(body)
    return standing.end(office, standing.MESSAGE, StandingEnd.CENTRE)


def _pause(office: Office, seq: int, body: Body, now: Now) -> Sequence[Event]:
    _only(body, "reason")
    return pausing.pause(office, pausing.PauseHall(_text(body, "reason")), now)


def _resume(office: Office, seq: int, body: Body, now: Now) -> Sequence[Event]:
    _only(body)
    return pausing.resume(office, pausing.ResumeHall(), now)


def _redirect(office: Office, seq: int, body: Body, now: Now) -> Sequence[Event]:
    _only(body, "service", "office", "texts")
    neighbour, told = _text(body, "office"), bool(texts_in(body))
    require.open_day(office)
    what = standing.redirect(_service(office, body, whole=True))
    return standing.begin(office, what, neighbour, by=seq, told=told)


def _end_redirect(office: Office, seq: int, body: Body, now: Now) -> Sequence[Event]:
    _only(body, "service")
    what = standing.redirect(_service(office, body, whole=True))
    return standing.end(office, what, StandingEnd.CENTRE)


def _call_technician(office: Office, seq: int, body: Body, now: Now) -> Sequence[Event]:
    _only(body, "device", "note")
    _text(body, "note", CODE)
    if "device" in body:
        _text(body, "device", devices.NAME)
    return []


def _adopt_plan(office: Office, seq: int, body: Body, now: Now) -> Sequence[Event]:
    _only(body, "plan")
    plan = plan_in(body)
    if office.id and plan.office != office.id:
        raise Bad("office")
    return identity.adopt_plan(office, identity.AdoptPlan(plan), now)


def _fresh_snapshot(office: Office, seq: int, body: Body, now: Now) -> Sequence[Event]:
    _only(body)
    return []


def _restart_device(office: Office, seq: int, body: Body, now: Now) -> Sequence[Event]:
    _only(body, "device")
    device = _text(body, "device", devices.NAME)
    if device not in office.devices:
        raise Refused(Code.UNKNOWN_DEVICE, device=device)
    return []


EFFECTS: Mapping[str, Effect] = {
    "open-desk": _open_desk,
    "close-desk": _close_desk,
    "end-break": _end_break,
    "add-skill": _add_skill,
    "remove-skill": _remove_skill,
    "stop-service": _stop_service,
    "limit-service": _limit_service,
    "free-service": _free_service,
    "set-norm": _set_norm,
    "set-policy": _set_policy,
    "raise-ticket": _raise_ticket,
    "show-message": _show_message,
    "clear-message": _clear_message,
    "pause": _pause,
    "resume": _resume,
    "redirect": _redirect,
    "end-redirect": _end_redirect,
    "call-technician": _call_technician,
    "adopt-plan": _adopt_plan,
    "fresh-snapshot": _fresh_snapshot,
    "restart-device": _restart_device,
}
"""What each kind does."""
