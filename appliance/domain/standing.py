"""Changes for the day that the situation centre has made: one overlay on the plan in force, and what it forbids.

What may stand, `what` and its `value`:

    skill:<desk>:<service>   `add`, `remove`: what the desk is for it, whoever is signed in there
    limit:<service>          `stop`, or the day's limit of numbers
    wait-norm:<service>      minutes; `wait-norm:` of the office, for the services without their own
    service-norm:<service>   minutes
    policy                   the policy as JSON: kind, ratio, passes
    message                  minutes that the text is shown
    redirect:<service>       the id of the neighbouring office; `redirect:` of all services

A change holds until the day closes, its minutes are over, the centre ends it, another one takes its place, or local
staff end it: theirs is the last word.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from appliance.domain.message import Command, Event, Record
from appliance.domain.moment import Now
from appliance.domain.office import Office, Standing
from appliance.domain.plan import Plan, Policy, PolicyKind
from appliance.domain.plans.adjusting import adjusted
from appliance.domain.refusal import Code, Refused
from appliance.domain.skills import served_somewhere

MESSAGE = "message"
POLICY = "policy"
STOP = "stop"
ADD, REMOVE = "add", "remove"
WHAT_LENGTH = 100
"""Letters that the name of a standing change may have."""


class StandingEnd(StrEnum):
    """Why a change no longer holds. `staff`: local people decided otherwise."""

    DAY = "day"
    TERM = "term"
    CENTRE = "centre"
    STAFF = "staff"
    REPLACED = "replaced"


@dataclass(frozen=True)
class DropStanding(Command):
    """Local staff end a change of the centre; see the module for `what`."""

    what: str


@dataclass(frozen=True)
class StandingBegun(Event):
    """A change holds from now on. `by` is the directive's number; `told`: a text lies under that number."""

    standing: int
    what: str
    value: str
    by: int
    told: bool = False


@dataclass(frozen=True)
class StandingEnded(Event):
    """It holds no longer; `how` is one of StandingEnd."""

    standing: int
    what: str
    how: str


StandingEvent = StandingBegun | StandingEnded


def skill(desk: int, service: str) -> str:
    """The name of a change of a desk's skill."""
    return f"skill:{desk}:{service}"


def limit(service: str) -> str:
    """The name of a stop or of a limit."""
    return f"limit:{service}"


def redirect(service: str = "") -> str:
    """The name of a redirection: of a service, or of the whole office."""
    return f"redirect:{service}"


def begin(office: Office, what: str, value: str, *, by: int, told: bool = False) -> Sequence[Event]:
    """Let a change hold, in place of what held of the same; the same value again (and no text) is none."""
    known = office.standing.get(what)
    begun = StandingBegun(office.last_standing + 1, what, value, by, told)
    if known is None:
        return [begun]
    if known.value == value and not told and not known.told:
        return []
    return [StandingEnded(known.id, what, StandingEnd.REPLACED.value), begun]


def end(office: Office, what: str, how: StandingEnd) -> Sequence[Event]:
    """End a change that holds."""
    known = office.standing.get(what)
    if known is None:
        raise Refused(Code.NOTHING_STANDING, what=what[:WHAT_LENGTH])
    return [StandingEnded(known.id, what, how.value)]


def drop(office: Office, command: DropStanding, now: Now) -> Sequence[Event]:
    """Local staff win."""
    return end(office, command.what, StandingEnd.STAFF)


def ending_with_the_day(office: Office) -> Iterator[Event]:
    """The end of everything that stands."""
    for one in office.standing.values():
        yield StandingEnded(one.id, one.what, StandingEnd.DAY.value)


def due(office: Office, now: Now) -> Iterator[Event]:
    """The message whose minutes are over."""
    message = office.standing.get(MESSAGE)
    if message is not None and now.moment.since(message.began.moment) >= int(message.value) * 60_000:
        yield StandingEnded(message.id, MESSAGE, StandingEnd.TERM.value)


def stopped(office: Office, service: str) -> bool:
    """Whether no numbers are given for this service."""
    found = office.standing.get(limit(service))
    return found is not None and found.value == STOP


def redirected(office: Office, service: str) -> Standing | None:
    """The redirection that a visitor for this service meets: its own, else the whole office's."""
    return office.standing.get(redirect(service)) or office.standing.get(redirect())


def require_offered(office: Office, services: Sequence[str]) -> None:
    """None of these services is stopped or sent to a neighbouring office."""
    for service in services if office.standing else ():
        elsewhere = redirected(office, service)
        if elsewhere is not None:
            raise Refused(Code.SERVICE_REDIRECTED, service=service, office=elsewhere.value)
        if stopped(office, service):
            raise Refused(Code.SERVICE_STOPPED, service=service)


def ordered(plan: Plan, standing: Mapping[str, Standing]) -> Plan:
    """The plan with what stands; its version and its document stay what they are.

    Names that the plan doesn't have change nothing, nor does the end of a skill that no other desk has.
    """
    for one in sorted(standing.values(), key=lambda one: one.id):
        kind, _, of = one.what.partition(":")
        made = _OVERLAYS.get(kind)
        if made is not None:
            plan = made(plan, of, one.value)
    return plan


def in_force(office: Office, plans: Callable[[str], Plan]) -> Plan | None:
    """The plan of the opening with what holds at once of the newest one, and with what stands."""
    if office.plan is None:
        return None
    plan = plans(office.plan.digest)
    if office.next_plan is not None:
        plan = adjusted(plan, office.next_plan)
    return ordered(plan, office.standing)


def begun(office: Office, record: Record, event: StandingBegun, plans: Callable[[str], Plan]) -> Office:
    """The change holds."""
    one = Standing(event.standing, event.what, event.value, event.by, event.told, record.stamp)
    after = replace(office, standing={**office.standing, event.what: one}, last_standing=event.standing)
    return replace(after, plan=in_force(after, plans))


def ended(office: Office, event: StandingEnded, plans: Callable[[str], Plan]) -> Office:
    """The plan without it."""
    after = replace(office, standing={what: one for what, one in office.standing.items() if what != event.what})
    return replace(after, plan=in_force(after, plans))


def _skill(plan: Plan, of: str, value: str) -> Plan:
    number, _, service = of.partition(":")
    desk = int(number)
    if desk not in plan.desks or service not in plan.services:
        return plan
    after = replace(plan, skills={**plan.skills, (desk, service): value == ADD})
    return after if value == ADD or served_somewhere(after, service) else plan


def _limit(plan: Plan, service: str, value: str) -> Plan:
    return plan if value == STOP else _service(plan, service, "limit", value)


def _service_norm(plan: Plan, service: str, value: str) -> Plan:
    return _service(plan, service, "norm_min", value)


def _wait_norm(plan: Plan, service: str, value: str) -> Plan:
    if service:
        return _service(plan, service, "wait_norm_min", value)
    return replace(plan, settings=replace(plan.settings, wait_norm_min=int(value)))


def _service(plan: Plan, name: str, field: str, value: str) -> Plan:
    found = plan.services.get(name)
    if found is None:
        return plan
    changed: dict[str, Any] = {field: int(value)}
    return replace(plan, services={**plan.services, name: replace(found, **changed)})


def _policy(plan: Plan, of: str, value: str) -> Plan:
    return replace(plan, policy=policy_of(value))


def policy_of(value: str) -> Policy:
    """The policy as it stands. Raises ValueError, KeyError for anything else."""
    found = json.loads(value)
    return Policy(PolicyKind(found["kind"]), int(found["ratio"]), int(found["passes"]))


_OVERLAYS: Mapping[str, Callable[[Plan, str, str], Plan]] = {
    "skill": _skill,
    "limit": _limit,
    "wait-norm": _wait_norm,
    "service-norm": _service_norm,
    "policy": _policy,
}
