from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hardware.ports import PrintOutcome
from hardware.printing import probing
from hardware.printing.confirming import Confirm
from hardware.printing.printer import Patience
from hardware.printing.probing import FASTEST_MM_S, FEED_MM, Word, probe
from tests.hardware.printers import PATIENCE_S, TEXT, TRANSPORTS, States, Workbench, in_thread, job

HASTY = Patience(poll_s=0.1, resync_s=0.5)
HONEST = {"paper_mm_s": 150}


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_an_honest_printer_is_recognised_and_named(bench: Workbench, transport: str) -> None:
    paper, driver = bench.pair(transport=transport, paper_mm_s=150)
    report = probe(driver)

    assert (report.process_ids, report.inline_status) == (Word.HONEST, Word.HONEST)
    assert (report.confirm, report.verdict) == ("process-id", "confirm-right")
    assert report.questions == (1, 2, 3, 4)
    assert report.texts["model"] == "Virtual"
    assert report.feed_s >= FEED_MM / 150 * 0.9
    assert driver.print(job(1), 1, PATIENCE_S) is PrintOutcome.PRINTED
    assert [p.job_ids for p in paper.paper] == [[1]], "the probe's feed is cut off and not on the next slip"


@pytest.mark.parametrize(
    ("wishes", "configured", "ids", "status", "confirm", "verdict"),
    [
        (HONEST | {"process_ids": False}, "gs-r", Word.NONE, Word.HONEST, "gs-r", "confirm-right"),
        (HONEST | {"process_ids": False}, "process-id", Word.NONE, Word.HONEST, "gs-r", "confirm-false"),
        (HONEST | {"eager": True}, "gs-r", Word.AT_ONCE, Word.AT_ONCE, "none", "confirm-false"),
        (HONEST | {"eager": True}, "none", Word.AT_ONCE, Word.AT_ONCE, "none", "confirm-right"),
        (HONEST, "gs-r", Word.HONEST, Word.HONEST, "process-id", "confirm-better"),
        ({"paper_mm_s": 450}, "process-id", Word.HONEST, Word.HONEST, "process-id", "confirm-right"),
    ],
)
def test_what_is_recommended(
    bench: Workbench,
    monkeypatch: pytest.MonkeyPatch,
    wishes: dict[str, Any],
    configured: Confirm,
    ids: Word,
    status: Word,
    confirm: Confirm,
    verdict: str,
) -> None:
    monkeypatch.setattr(probing, "PATIENCE_S", 1.8)
    monkeypatch.setattr(probing, "ANSWER_S", 0.5)
    paper, driver = bench.pair(replace(TEXT, confirm=configured), patience=HASTY, **wishes)
    report = probe(driver)

    assert (report.process_ids, report.inline_status) == (ids, status)
    assert (report.confirm, report.verdict) == (confirm, verdict)
    assert report.facts()["confirm"] == confirm
    paper._mechanism.unknown.clear()


def test_a_clone_that_answers_at_once_is_not_believed_for_a_slow_line(bench: Workbench) -> None:
    """Every answer is late by what the feed would take, but so is the answer without a feed."""
    paper, driver = bench.pair(eager=True)
    paper.answers.late_s = 0.15
    report = probe(driver)

    assert (report.process_ids, report.inline_status, report.confirm) == (Word.AT_ONCE, Word.AT_ONCE, "none")


def test_a_printer_that_is_not_well_is_not_probed(bench: Workbench, states: States) -> None:
    paper, driver = bench.pair()
    paper.paper_out()
    assert states.wait("paper-out", PATIENCE_S)
    report = probe(driver)

    assert (report.verdict, report.reason, report.hint) == ("probe-failed", "paper-out", "load-paper")


def test_a_printer_with_a_slip_in_hand_is_busy(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "RESERVE_S", 0.2)
    paper, driver = bench.pair()
    paper.paper_out(after_dots=100)
    outcome = in_thread(lambda: driver.print(job(1), 1, PATIENCE_S))
    assert paper.wait(lambda p: not p.works)

    assert probe(driver).reason in ("busy", "paper-out")
    paper.load_paper()
    assert outcome() is PrintOutcome.PRINTED


def test_a_printer_that_answers_nothing_can_confirm_nothing(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "ANSWER_S", 0.1)
    paper, driver = bench.pair(replace(TEXT, confirm="none", answers=False))
    paper.silent = True
    report = probe(driver)

    assert (report.questions, report.texts, report.confirm) == ((), {}, "none")
    assert (report.process_ids, report.inline_status) == (Word.NONE, Word.NONE)


def test_a_printer_that_goes_away_under_the_probe_is_no_crash(bench: Workbench) -> None:
    paper, driver = bench.pair(paper_mm_s=100)
    paper.unplug(after_bytes=40)
    report = probe(driver)

    assert report.confirm == "none"


def test_no_printer_is_faster_than_the_limit() -> None:
    assert probing._judge(0.01, 0.01 + FEED_MM / FASTEST_MM_S) is Word.HONEST
    assert probing._judge(0.01, 0.9 * FEED_MM / FASTEST_MM_S) is Word.AT_ONCE
    assert probing._judge(None, None) is Word.NONE
