"""Random halls, a short seeded share of `starvation`, `paused` and `undone`, and what each must be able to catch."""

from __future__ import annotations

import pytest

from appliance.domain import order, rules, skills, undoing
from appliance.domain.skills import Level
from tests.domain import paused, starvation, undone

UNDOABLE = {
    "TicketCalled",
    "ServiceStarted",
    "ServiceFinished",
    "ServiceFinished + TicketCalled",
    "ServiceFinished + VisitContinued",
    "ServiceFinished + VisitContinued + TicketCalled",
    "ServiceStarted + ServiceFinished + TicketCalled",
    "TicketMissed",
    "TicketParked",
    "TicketTransferred",
    "CategoryRefused",
}


def test_nobody_past_the_norm_is_passed_too_often_and_nobody_called_where_nobody_serves() -> None:
    seen = starvation.watch(halls=25, first_seed=1)
    assert seen.faults == []
    assert seen.most[1] > 100
    assert {"directed", "overdue", "priority", "ratio", "returned", "turn"} <= set(seen.calls)


def test_without_the_guard_somebody_is_starved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order._Line, "_held_up", lambda *_: None)
    assert any("was passed by" in fault for fault in starvation.watch(halls=3, first_seed=1).faults)


def test_without_the_skills_somebody_is_called_to_a_desk_that_does_not_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (order, skills):
        monkeypatch.setattr(module, "level", lambda *_: Level.MAIN)
    assert any("can't serve" in fault for fault in starvation.watch(halls=3, first_seed=1).faults)


def test_a_pause_changes_neither_the_order_of_the_calls_nor_the_waits() -> None:
    found = paused.compare(halls=12, first_seed=1)
    assert found.faults == []
    assert found.calls_after > 100


def test_a_pause_that_counts_as_waiting_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.domain.office.Office.elapsed", lambda _, since, until: until.since(since))
    assert paused.compare(halls=3, first_seed=1).faults


def test_undo_of_every_kind_of_act_restores_every_ticket_and_every_desk() -> None:
    found = undone.watch(halls=20, first_seed=1)
    assert found.faults == []
    assert set(found.acts) >= UNDOABLE


def test_an_undo_that_restores_nothing_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rules.EVOLVERS, undoing.Undone, lambda office, record, event: office)
    assert undone.watch(halls=1, first_seed=1).faults
