"""Idempotency keys: the same question has the same answer until the day closes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from appliance.domain.calling import CallNext
from appliance.domain.days import CloseDay, OpenDay
from appliance.domain.desks import SignOut
from appliance.domain.refusal import Code
from appliance.domain.tickets import TakeTicket, Told
from tests.domain.clock import DAY
from tests.store.rig import PATIENCE_S, TAKE, Office, refusal


def test_the_same_key_gives_the_same_answer(office: Office) -> None:
    first = office.do(TAKE, "press-1")
    again = office.do(TAKE, "press-1")
    assert again.records == first.records
    assert (first.replayed, again.replayed) == (False, True)
    assert office.query("SELECT count(*) FROM ticket") == [(1,)]


def test_the_same_key_with_another_body_is_a_conflict(office: Office) -> None:
    office.do(TAKE, "press-1")
    assert office.refused(TakeTicket("submit"), "press-1") is Code.KEY_REUSED
    assert office.refused(CallNext(1), "press-1") is Code.KEY_REUSED
    assert office.query("SELECT count(*) FROM ticket") == [(1,)]


def test_the_same_key_gives_the_same_answer_though_another_wait_would_be_told_now(office: Office) -> None:
    first = office.do(replace(TAKE, told=Told(60, 300, 120, 150)), "press-1")
    again = office.do(replace(TAKE, told=Told(300, 900, 600, 700)), "press-1")
    assert (again.records, again.replayed) == (first.records, True)
    assert office.do(TAKE, "press-1").replayed


def test_the_same_key_twice_in_one_batch_happens_once(office: Office) -> None:
    with office.clock.held() as asked:
        futures = [office.submit(TAKE)]
        assert asked.wait(PATIENCE_S)
        futures += [office.submit(TAKE, "press-1"), office.submit(TAKE, "press-1")]
        other = office.submit(CallNext(1), "press-1")
    answers = [future.result(PATIENCE_S) for future in futures]
    assert [answer.replayed for answer in answers] == [False, False, True]
    assert answers[1].records == answers[2].records
    assert refusal(other) is Code.KEY_REUSED


def test_the_same_key_gives_the_same_answer_after_a_restart(office: Office) -> None:
    first = office.do(TAKE, "press-1")
    office.restart()
    again = office.do(TAKE, "press-1")
    assert (again.records, again.replayed) == (first.records, True)
    assert office.refused(CallNext(1), "press-1") is Code.KEY_REUSED


def test_a_refusal_is_not_remembered(office: Office) -> None:
    assert office.refused(CallNext(1), "press-1") is Code.NOBODY_WAITING
    office.do(TAKE)
    assert not office.do(CallNext(1), "press-1").replayed


@pytest.mark.parametrize("restart", [False, True])
def test_keys_are_forgotten_when_the_day_closes(office: Office, restart: bool) -> None:
    office.do(TAKE, "press-1")
    office.do(CloseDay())
    assert office.query("SELECT count(*) FROM request") == [(0,)]
    if restart:
        office.restart()
    assert office.refused(TAKE, "press-1") is Code.DAY_NOT_OPEN
    office.do(OpenDay())
    assert not office.do(TAKE, "press-1").replayed


def test_keys_are_forgotten_within_a_batch_that_closes_the_day(office: Office) -> None:
    office.do(TAKE, "press-1")
    office.clock.clock.advance(DAY)
    with office.clock.held() as asked:
        first = office.submit(OpenDay(), "open")
        assert asked.wait(PATIENCE_S)
        taken, opened = office.submit(TAKE, "press-1"), office.submit(OpenDay(), "open")
    assert first.result(PATIENCE_S).records
    assert not taken.result(PATIENCE_S).replayed
    assert opened.result(PATIENCE_S).replayed
    assert {key for (key,) in office.query("SELECT key FROM request")} == {"press-1", "open"}


def test_a_command_without_effect_may_be_asked_again(office: Office) -> None:
    assert office.do(SignOut(1), "out").records == ()
    assert not office.do(SignOut(1), "out").replayed
