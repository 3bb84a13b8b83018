"""When the store fails nobody is answered yes, and the disk alone decides what happened."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from appliance.domain.refusal import Code, Refused
from appliance.store.verify import verify
from tests.domain.acts import without_undo
from tests.store.rig import PATIENCE_S, TAKE, BreakingConnection, Office, refusal


class Killed(BaseException):
    """Something that no rule catches."""


@pytest.fixture
def breaking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """An office whose COMMIT can be made to fail."""
    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=BreakingConnection))
    made = Office(tmp_path / "queue.db")
    made.furnish()
    yield made
    made.stop()
    BreakingConnection.failing = None
    for connection in BreakingConnection.made:
        connection.close()
    BreakingConnection.made.clear()


def error_of(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = code
    return error


def wait_for_death(office: Office) -> None:
    office.writer._thread.join(PATIENCE_S)
    assert not office.writer.alive


@pytest.mark.parametrize("code", [sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_FULL])
def test_a_commit_that_fails_answers_nobody_yes(breaking: Office, code: int) -> None:
    breaking.do(TAKE)
    before = without_undo(breaking.writer.office)
    BreakingConnection.failing = error_of(code)
    with breaking.clock.held() as asked:
        futures = [breaking.submit(TAKE)]
        assert asked.wait(PATIENCE_S)
        futures += [breaking.submit(TAKE, f"press-{number}") for number in range(100)]
    assert {refusal(future) for future in futures} == {Code.STORE_FAILED}
    wait_for_death(breaking)
    assert breaking.deaths == [BreakingConnection.failing]
    assert breaking.full == (1 if code == sqlite3.SQLITE_FULL else 0)
    assert without_undo(breaking.writer.office) == before
    assert breaking.refused(TAKE) is Code.STORE_FAILED

    BreakingConnection.failing = None
    BreakingConnection.made[-1].close()
    breaking.restart()
    assert without_undo(breaking.writer.office) == before
    assert not breaking.do(TAKE, "press-0").replayed


def test_a_writer_that_is_killed_fails_all_who_wait(office: Office) -> None:
    office.do(TAKE)
    before = without_undo(office.writer.office)
    office.clock.breaks.append(death := Killed())
    with office.clock.held() as asked:
        futures = [office.submit(TAKE)]
        assert asked.wait(PATIENCE_S)
        futures += [office.submit(TAKE) for _ in range(200)]
    assert {refusal(future) for future in futures} == {Code.STORE_FAILED}
    wait_for_death(office)
    assert office.deaths == [death]
    office.writer._db.close()
    office.restart()
    assert without_undo(office.writer.office) == before


def test_a_clock_that_fails_is_refused_and_survived(office: Office) -> None:
    office.clock.breaks.append(OSError("no clock"))
    assert office.refused(TAKE) is Code.INTERNAL_ERROR
    assert office.do(TAKE).records


def test_a_caller_who_has_gone_stops_nobody(office: Office) -> None:
    with office.clock.held() as asked:
        first = office.submit(TAKE)
        assert asked.wait(PATIENCE_S)
        gone, last = office.submit(TAKE), office.submit(TAKE)
        assert gone.cancel()
    assert first.result(PATIENCE_S).records
    assert last.result(PATIENCE_S).records
    assert office.writer.alive


def test_two_writers_on_one_file_are_found_out(office: Office) -> None:
    """The control: with a second memory beside it a writer dies at its first commit; the journal stays one chain."""
    office.do(TAKE)
    second = Office(office.path)
    answers = []
    for _ in range(5):
        answers += [office.submit(TAKE), second.submit(TAKE)]
        for future in answers[-2:]:
            future.exception(PATIENCE_S)
    second.stop()
    assert office.deaths + second.deaths
    assert not (office.writer.alive and second.writer.alive)
    assert any(isinstance(future.exception(), Refused) for future in answers)
    numbers = office.query("SELECT series, number FROM ticket")
    assert len(numbers) == len(set(numbers))
    office.stop()
    assert verify(office.path).clean
