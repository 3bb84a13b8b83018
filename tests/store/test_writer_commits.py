"""The writer commits what waits together, and refuses alone what breaks a rule."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from appliance.domain import rules
from appliance.domain.calling import CallNext, Miss, TicketCalled
from appliance.domain.clockwork import CorrectClock
from appliance.domain.days import CloseDay
from appliance.domain.keys import TABLE, Key, Press
from appliance.domain.message import Event
from appliance.domain.moment import Now
from appliance.domain.office import DeskState
from appliance.domain.office import Office as State
from appliance.domain.refusal import Code
from appliance.domain.tickets import LeaveTicket, TakeTicket, TicketIssued
from appliance.store import database
from appliance.store.verify import verify
from appliance.store.writer import MAILBOX_LIMIT
from tests.domain.acts import without_undo
from tests.store.rig import PATIENCE_S, TAKE, Office, refusal


def fail(*_: Any) -> Any:
    raise ZeroDivisionError("a bug in the rules")


def test_what_waits_is_committed_together(office: Office) -> None:
    before = office.writer.commits
    futures = office.batch(*[TakeTicket("consult")] * 20)
    records = [record for future in futures for record in future.result().records]
    numbers = [record.event.number for record in records if isinstance(record.event, TicketIssued)]
    assert numbers == list(range(2, 22))
    assert office.writer.commits == before + 2


def test_each_command_sees_what_the_one_before_it_led_to(office: Office) -> None:
    office.do(TAKE)
    calls = office.batch(CallNext(1), CallNext(2))
    tickets = [record.event.tickets() for future in calls for record in future.result().records]
    assert tickets == [(1,), (2,)]


def test_a_refusal_leaves_its_neighbours_alone(office: Office) -> None:
    taken, refused, left = office.batch(TAKE, CallNext(9), LeaveTicket(1))
    assert taken.result().records
    assert refusal(refused) is Code.UNKNOWN_DESK
    assert left.result().records


def test_nothing_but_refusals_commits_nothing(office: Office) -> None:
    commits, seq = office.writer.commits, office.writer.office.seq
    assert office.refused(CallNext(9)) is Code.UNKNOWN_DESK
    assert (office.writer.commits, office.writer.office.seq) == (commits, seq)


def test_a_bug_in_the_rules_is_refused_alone(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rules.DECIDERS, CallNext, fail)
    before, broken, after = office.batch(TAKE, CallNext(1), TAKE)
    assert refusal(broken) is Code.INTERNAL_ERROR
    assert before.result().records
    assert after.result().records
    assert office.writer.internal_errors == 1
    assert office.writer.alive
    office.stop()
    assert verify(office.path).clean


def test_a_bug_after_the_first_event_leaves_nothing_of_the_command(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(state: State, command: CallNext, now: Now) -> Sequence[Event]:
        return [TicketCalled(1, 1), TicketCalled(77, 2)]

    monkeypatch.setitem(rules.DECIDERS, CallNext, half)
    first, broken, last = office.batch(TAKE, CallNext(1), LeaveTicket(1))
    assert refusal(broken) is Code.INTERNAL_ERROR
    assert last.result().records[0].seq == first.result().records[0].seq + 1
    assert office.query("SELECT state FROM ticket WHERE id = 1") == [("left",)]
    office.stop()
    assert verify(office.path).clean


def test_a_broken_constraint_is_refused_alone(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def same_number(state: State, command: TakeTicket, now: Now) -> Sequence[Event]:
        return [TicketIssued(state.last_ticket + 1, "А", 1, "consult", "ru", None)]

    office.do(TAKE)
    monkeypatch.setitem(rules.DECIDERS, TakeTicket, same_number)
    called, twice, missed = (
        office.submit(CallNext(1)),
        office.submit(TakeTicket("consult")),
        office.submit(Miss(1)),
    )
    assert refusal(twice) is Code.INTERNAL_ERROR
    assert called.result(PATIENCE_S).records
    assert missed.result(PATIENCE_S).records
    assert office.query("SELECT count(*) FROM ticket") == [(1,)]
    office.stop()
    assert verify(office.path).clean


def test_one_desk_can_never_hold_two_tickets(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(state: State, command: CallNext, now: Now) -> Sequence[Event]:
        return [TicketCalled(2, 1)]

    office.do(TAKE)
    office.do(TAKE)
    office.do(CallNext(1))
    monkeypatch.setitem(rules.DECIDERS, CallNext, careless)
    assert office.refused(CallNext(1)) is Code.INTERNAL_ERROR


def test_a_body_past_its_limit_is_refused_alone(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def wordy(state: State, command: TakeTicket, now: Now) -> Sequence[Event]:
        return [TicketIssued(state.last_ticket + 1, "А", 1, "x" * 5000, "ru", None)]

    monkeypatch.setitem(rules.DECIDERS, TakeTicket, wordy)
    assert office.refused(TAKE) is Code.INTERNAL_ERROR
    assert office.writer.alive


def test_a_full_mailbox_refuses_and_loses_nobody(office: Office) -> None:
    with office.clock.held() as asked:
        futures = [office.submit(TAKE)]
        assert asked.wait(PATIENCE_S)
        futures += [office.submit(TAKE) for _ in range(MAILBOX_LIMIT)]
        assert office.refused(TAKE) is Code.MAILBOX_FULL
    assert {len(future.result(PATIENCE_S).records) for future in futures} == {1}
    assert office.query("SELECT count(*) FROM ticket") == [(MAILBOX_LIMIT + 1,)]


def test_stopping_answers_what_waits_and_then_refuses(office: Office) -> None:
    with office.clock.held() as asked:
        futures = [office.submit(TAKE)]
        assert asked.wait(PATIENCE_S)
        futures += [office.submit(TAKE) for _ in range(100)]
        stopping = threading.Thread(target=office.stop)
        stopping.start()
    stopping.join(PATIENCE_S)
    assert all(future.result(0).records for future in futures)
    assert not office.writer.alive
    assert office.refused(TAKE) is Code.STORE_FAILED
    assert office.deaths == []


def test_listeners_are_nudged_after_the_commit_and_cannot_break_it(office: Office) -> None:
    seen: list[int] = []
    office.writer.listen(fail)
    office.writer.listen(seen.append)
    office.do(TAKE)
    office.do(TAKE)
    assert seen[-1] <= office.writer.office.seq
    assert office.writer.alive


def test_an_actor_is_never_empty_nor_too_long(office: Office) -> None:
    office.writer.submit(TAKE, actor="").result(PATIENCE_S)
    office.writer.submit(TAKE, actor="x" * 500).result(PATIENCE_S)
    actors = office.query("SELECT actor FROM journal ORDER BY seq DESC LIMIT 2")
    assert actors == [("x" * 80,), ("nobody",)]


def test_an_undone_finish_and_call_gives_the_desk_back_to_the_first_visitor(office: Office) -> None:
    for command in (TAKE, TAKE, CallNext(1), Press(1, Key.FINISH), Press(1, Key.NEXT)):
        office.do(command)
    assert office.query("SELECT id, desk FROM ticket ORDER BY id") == [(1, None), (2, 1)]
    office.do(Press(1, Key.NEXT, long=True))
    assert office.query("SELECT id, desk FROM ticket ORDER BY id") == [(1, 1), (2, None)]
    assert office.query("SELECT ticket FROM desk WHERE number = 1") == [(1,)]


def test_a_restart_keeps_everything(office: Office) -> None:
    office.batch(*[TakeTicket("consult")] * 5, CallNext(1), CallNext(2), Press(1, Key.FINISH))
    before = without_undo(office.writer.office)
    office.restart()
    assert without_undo(office.writer.office) == before
    assert office.writer.office.seq == max(seq for (seq,) in office.query("SELECT seq FROM journal"))
    office.do(CloseDay())
    before = without_undo(office.writer.office)
    office.restart()
    assert without_undo(office.writer.office) == before


def test_a_restart_between_the_first_entry_and_the_first_office_goes_on(tmp_path: Path) -> None:
    office = Office(tmp_path / "queue.db")
    office.do(CorrectClock(7))
    office.restart()
    office.furnish()
    assert office.writer.internal_errors == 0
    office.stop()
    assert verify(office.path).clean


@pytest.mark.parametrize("sql", ["UPDATE journal SET actor = 'me'", "DELETE FROM journal"])
def test_the_journal_is_neither_rewritten_nor_deleted(office: Office, sql: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="the journal is not"):
        office.query(sql)


def test_every_commit_is_on_the_disk_before_it_is_answered(office: Office) -> None:
    db = database.connect(office.path)
    try:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert db.execute("PRAGMA synchronous").fetchone() == (2,)
        assert db.execute("PRAGMA page_size").fetchone() == (database.PAGE_SIZE,)
    finally:
        db.close()


def test_a_database_of_a_later_release_is_left_alone(office: Office) -> None:
    office.stop()
    db = sqlite3.connect(office.path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(database.TooNewError):
        database.connect(office.path)


@pytest.mark.parametrize(("state", "key", "long"), TABLE, ids=lambda part: str(part))
def test_each_key_of_the_table_leaves_rows_that_the_constraints_accept(
    office: Office, state: DeskState, key: Key, long: bool
) -> None:
    office.batch(TAKE, TAKE, CallNext(1), Press(1, Key.REPEAT, long=True))
    ways: dict[DeskState, list[Press]] = {
        DeskState.CLOSED: [Press(1, Key.FINISH, long=True)],
        DeskState.FREE: [],
        DeskState.BREAK: [Press(1, Key.FINISH)],
        DeskState.CALLED: [Press(1, Key.NEXT)],
        DeskState.SERVING: [Press(1, Key.NEXT), Press(1, Key.FINISH)],
    }
    for press in ways[state]:
        office.do(press)
    assert office.writer.office.desks[1].state is state
    assert office.do(Press(1, key, long)).records
    assert office.writer.internal_errors == 0
    office.stop()
    assert verify(office.path).clean
