"""No ticket is called twice and none is passed over, however many desks press at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.domain import calling, serving
from appliance.domain.moment import Now
from appliance.domain.office import Office, Ticket, TicketState
from appliance.domain.order import Choice, Why
from tests.store.races import race


def choice(ticket: Ticket | None) -> Choice | None:
    return None if ticket is None else Choice(ticket, Why.TURN)


def let_choose(monkeypatch: pytest.MonkeyPatch, chosen: Callable[[Office, int, Now], Choice | None]) -> None:
    """Put other rules in the place of the calling order, wherever the next visitor is called."""
    for module in (calling, serving):
        monkeypatch.setattr(module, "choose", chosen)


def test_fourteen_desks_pressing_at_once_call_nobody_twice(tmp_path: Path) -> None:
    found = race(tmp_path / "queue.db", calls=2_000, tickets=1_000)
    assert found.calls >= 2_000
    assert (found.twice, found.gaps, found.internal_errors, found.faults) == ([], [], 0, [])


def test_the_race_sees_rules_that_do_not_look_at_the_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: with the check of the state taken out, served visitors are called again."""

    def careless(office: Office, desk: int, now: Now) -> Choice | None:
        return choice(next((t for t in office.tickets.values() if t.state is not TicketState.CALLED), None))

    let_choose(monkeypatch, careless)
    found = race(tmp_path / "queue.db", calls=200, tickets=40)
    assert found.twice


def test_the_constraints_stop_a_ticket_at_two_desks_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the second line: rules that call the same ticket to every desk are stopped by the schema."""
    let_choose(monkeypatch, lambda office, desk, now: choice(next(iter(office.tickets.values()), None)))
    found = race(tmp_path / "queue.db", calls=60, tickets=5)
    assert found.internal_errors > 0
