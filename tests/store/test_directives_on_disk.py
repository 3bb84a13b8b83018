"""Directives through the writer on a file: one transaction, texts that are erased, an error that holds nothing up."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.domain.days import CloseDay, OpenDay
from appliance.domain.directives import DirectiveSettled
from appliance.domain.refusal import Code
from appliance.domain.standing import DropStanding
from appliance.store.told import EraseTold, due
from appliance.store.verify import verify
from appliance.workers.clock import ClockWorker
from tests.domain.clock import DAY, HOUR, SECOND
from tests.domain.directing import order
from tests.plans import Sketch
from tests.store.rig import Office

TEXT = "Прием ведет сосед Семен"
LATER = Sketch(version=2)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """An office at work."""
    made = Office(tmp_path / "queue.db")
    made.furnish()
    yield made
    made.stop()
    assert made.deaths == []


def give(office: Office, kind: str, body: dict[str, object], **more: object) -> str:
    """Give the next directive; its outcome, or `nothing`."""
    now_ms = office.clock.clock.now().moment.at_ms
    outcome = office.do(order(office.writer.office, now_ms, kind, body, **more))
    if not outcome.records:
        return "nothing"
    settled = outcome.records[-1].event
    assert isinstance(settled, DirectiveSettled)
    return f"{settled.outcome} {settled.code}".strip()


def show(office: Office) -> None:
    assert give(office, "show-message", {"texts": {"ru": TEXT}, "minutes": 60}) == "applied"


def test_a_text_is_beside_its_effect_and_not_in_the_journal(office: Office) -> None:
    show(office)
    assert office.query("SELECT ref, body, erase_after FROM told") == [(1, f'{{"ru":"{TEXT}"}}', None)]
    assert office.writer.texts[1].texts == {"ru": TEXT}
    assert office.query(f"SELECT count(*) FROM journal WHERE body LIKE '%{TEXT[:6]}%'") == [(0,)]
    office.restart()
    assert office.writer.texts[1].texts == {"ru": TEXT}
    assert office.writer.office.standing["message"].directive == 1
    assert verify(office.path).clean


def test_a_refused_or_repeated_one_leaves_no_text(office: Office) -> None:
    office.do(CloseDay())
    body: dict[str, object] = {"texts": {"ru": TEXT}, "minutes": 60}
    assert give(office, "show-message", body) == "refused day-not-open"
    office.do(OpenDay())
    assert give(office, "show-message", body, seq=1) == "nothing"
    assert office.query("SELECT * FROM told") == []


def test_a_text_goes_a_day_after_its_day_has_closed(office: Office) -> None:
    clock, at_ms = office.clock.clock, office.clock.clock.now().moment.at_ms
    show(office)
    office.do(EraseTold(at_ms + 90 * DAY))
    assert office.query("SELECT count(*) FROM told") == [(1,)], "its day is still open"
    clock.advance(HOUR)
    office.do(CloseDay())
    closed_ms = clock.now().moment.at_ms
    assert office.query("SELECT erase_after FROM told") == [(closed_ms + DAY,)]
    assert not due(office.writer.texts, closed_ms + DAY - 1, day_open=False)
    assert due(office.writer.texts, closed_ms + DAY, day_open=False)
    office.do(EraseTold(closed_ms + DAY - 1))
    assert office.query("SELECT count(*) FROM told") == [(1,)]
    office.do(EraseTold(closed_ms + DAY))
    assert office.query("SELECT count(*) FROM told") == [(0,)]
    assert office.writer.texts == {}
    office.stop()
    db = sqlite3.connect(office.path)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    assert TEXT.encode() not in office.path.read_bytes()
    assert verify(office.path).clean


def test_a_day_that_closed_without_a_clock_sets_the_term_later(office: Office) -> None:
    clock = office.clock.clock
    show(office)
    clock.trusted = False
    office.do(CloseDay())
    assert office.query("SELECT erase_after FROM told") == [(None,)]
    clock.trusted = True
    at_ms = clock.now().moment.at_ms
    assert due(office.writer.texts, at_ms, day_open=False)
    office.do(EraseTold(at_ms))
    assert office.query("SELECT erase_after FROM told") == [(at_ms + DAY,)]


def test_the_clock_erases_in_a_quiet_minute(office: Office) -> None:
    class Known:
        """The office's clock as the worker asks it."""

        def __getattr__(self, name: str) -> object:
            return office.clock.now if name == "now" else lambda *_: None

    worker = ClockWorker(office.writer, Known())  # type: ignore[arg-type]
    show(office)
    office.do(CloseDay())
    office.clock.clock.set_local(6, 0, days=1)
    worker.look()
    office.restart()
    assert office.query("SELECT count(*) FROM told") == [(1,)]
    office.clock.clock.advance(DAY + SECOND)
    worker = ClockWorker(office.writer, Known())  # type: ignore[arg-type]
    worker.look()
    office.restart()
    assert office.query("SELECT count(*) FROM told") == [(0,)]


def test_a_bug_refuses_the_command_alone_until_it_is_given_up(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("appliance.domain.directives.EFFECTS", {"open-desk": broken})
    now_ms = office.clock.clock.now().moment.at_ms
    command = order(office.writer.office, now_ms, "open-desk", {"desk": 1})
    assert office.refused(command) is Code.INTERNAL_ERROR
    assert office.query("SELECT count(*) FROM directive") == [(0,)]
    assert give(office, "open-desk", {"desk": 1}, give_up=True) == "refused internal-error"
    monkeypatch.undo()
    assert give(office, "call-technician", {"note": "broken"}) == "applied"
    assert office.query("SELECT seq, outcome FROM directive ORDER BY seq") == [(1, "refused"), (2, "applied")]


def test_a_plan_of_a_directive_is_kept_and_comes_back(office: Office) -> None:
    assert give(office, "adopt-plan", {"plan": LATER.document}) == "applied"
    assert office.query("SELECT version FROM plan ORDER BY id") == [(1,), (2,)]
    office.restart()
    assert office.writer.office.next_plan == LATER.plan
    assert verify(office.path).clean


def test_everything_that_stands_survives_a_restart_in_the_middle(office: Office) -> None:
    assert give(office, "stop-service", {"service": "consult"}) == "applied"
    assert give(office, "set-norm", {"service": None, "wait_min": 3}) == "applied"
    before = office.writer.office
    office.restart()
    assert office.writer.office == before
    office.do(DropStanding("limit:consult"))
    assert give(office, "stop-service", {"service": "consult"}, seq=1) == "nothing"
    assert "limit:consult" not in office.writer.office.standing
    office.do(CloseDay())
    office.restart()
    assert office.writer.office.standing == {}
    rows = office.query("SELECT what, how FROM standing ORDER BY id")
    assert rows == [("limit:consult", "staff"), ("wait-norm:", "day")]
    facts = office.query("SELECT facts FROM directive")
    assert [json.loads(row[0]) for row in facts] == [{}, {}]
    assert verify(office.path).clean


def test_only_the_newest_are_in_memory_and_all_on_the_disk(office: Office) -> None:
    for _ in range(60):
        assert give(office, "fresh-snapshot", {}) == "applied"
    kept = [one.seq for one in office.writer.office.directives]
    assert kept == list(range(11, 61))
    before = office.writer.office
    office.restart()
    assert office.writer.office == before
    assert office.query("SELECT count(*) FROM directive") == [(60,)]


def test_what_can_not_be_written_down_holds_nothing_up(office: Office) -> None:
    odd = "\ud800\x00" + "я" * 200
    for kind, body in (("open-desk", {"desk": odd}), (odd, {}), ("raise-ticket", {"label": odd})):
        given = give(office, kind, dict(body), id=odd, author=odd, reason=odd)
        assert given == "refused bad-directive"
    assert give(office, "show-message", {"texts": {"ru": odd[:9]}, "minutes": 5}) == "refused bad-directive"
    assert office.writer.internal_errors == 0
    assert verify(office.path).clean
