"""What must still hold at the office for a directive to take effect.

All that a condition names must hold:

    {"day": 12}                          this day is open
    {"plan": "<digest>"}                 the newest plan is this one
    {"paused": false}                    whether the hall stands still
    {"desks": {"5": ["closed"]}}         each desk is in one of these states
    {"tickets": {"45": ["waiting"]}}     each ticket of the day is in one of these states
    {"waiting": {"consult": 3, "": 8}}   at least so many wait for the service; "" for any

An empty one asks for nothing. One that can't be understood makes a bad directive.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from appliance.domain.directive_kinds import Bad
from appliance.domain.office import Office, TicketState


def unmet(office: Office, condition: Mapping[str, Any]) -> str | None:
    """The name of the first thing that doesn't hold, or None. Raises Bad."""
    if set(condition) - set(_CHECKS):
        raise Bad("condition")
    try:
        return next((name for name in sorted(condition) if not _CHECKS[name](office, condition[name])), None)
    except (ValueError, TypeError, AttributeError) as error:
        raise Bad("condition") from error


def _day(office: Office, number: int) -> bool:
    return office.open_day is not None and office.open_day.number == number


def _plan(office: Office, digest: str) -> bool:
    newest = office.next_plan or office.plan
    return newest is not None and newest.digest == digest


def _paused(office: Office, paused: bool) -> bool:
    return (office.pause is not None) == paused


def _desks(office: Office, wanted: Mapping[str, list[str]]) -> bool:
    known = {str(desk.number): desk.state.value for desk in office.desks.values()}
    return all(known.get(number) in list(states) for number, states in wanted.items())


def _tickets(office: Office, wanted: Mapping[str, list[str]]) -> bool:
    known = {str(ticket.id): ticket.state.value for ticket in office.tickets.values()} if office.open_day else {}
    return all(known.get(number) in list(states) for number, states in wanted.items())


def _waiting(office: Office, wanted: Mapping[str, int]) -> bool:
    waiting = [ticket.service for ticket in office.tickets.values() if ticket.state is TicketState.WAITING]
    return all((waiting.count(name) if name else len(waiting)) >= least for name, least in wanted.items())


_CHECKS: Mapping[str, Callable[[Office, Any], bool]] = {
    "day": _day,
    "plan": _plan,
    "paused": _paused,
    "desks": _desks,
    "tickets": _tickets,
    "waiting": _waiting,
}
