"""A short day of trouble for every kind of printer; `python -m tests.hardware.paper_trouble` has the long one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from hardware.paper.slip import SlipContent
from hardware.ports import PrintOutcome
from hardware.printing.encoder import PrinterProfile
from tests.hardware.letter_reader import printed
from tests.hardware.make_golden import SAMPLES
from tests.hardware.paper_trouble import KINDS, run
from tests.hardware.printers import RASTER, TEXT, slip
from tests.hardware.troubled_office import Careless, Kind, Reader, Tally, TroubledOffice


@pytest.fixture
def calm(tmp_path: Path) -> Iterator[TroubledOffice]:
    """An office that nobody spoils anything in."""
    office = TroubledOffice(tmp_path / "office", Kind("serial", "process-id"), 1, 6)
    office._trouble = lambda: None  # type: ignore[method-assign]
    yield office


@pytest.mark.timeout(200)
def test_nobody_is_without_a_number_and_no_number_is_on_two_unmarked_papers(tmp_path: Path) -> None:
    results = run(8 * len(KINDS), seed=7, folder=tmp_path)
    total = Tally()
    for _, tally in results:
        total.add(tally)

    assert total.issued == 8 * len(KINDS)
    assert (total.lost, total.doubled, total.unclean) == (0, 0, 0), total.notes
    assert total.states["printed"] > 0
    assert total.states["queued"] == 0
    assert sum(total.faults.values()) > 0


def test_without_trouble_every_slip_is_confirmed(calm: TroubledOffice) -> None:
    tally = calm.run()

    assert tally.issued == 6
    assert tally.states.keys() == {"printed"}
    assert tally.papers == 6 + tally.copies
    assert (tally.lost, tally.doubled, tally.unproven, tally.unclean, tally.torn) == (0, 0, 0, 0, 0)


def test_the_audit_notices_a_visitor_without_a_number(calm: TroubledOffice) -> None:
    """The control: a ticket that the file has lost."""
    drain = calm._drain

    def lose() -> bool:
        done = drain()
        with closing(sqlite3.connect(calm._path)) as db:
            db.execute("DELETE FROM slip WHERE ticket = 3")
            db.execute("DELETE FROM ticket WHERE id = 3")
            db.commit()
        return done

    calm._drain = lose  # type: ignore[method-assign]
    tally = calm.run()

    assert tally.lost == 1
    assert tally.unclean == 1


def test_the_audit_notices_a_number_on_two_papers(calm: TroubledOffice) -> None:
    """The control: the same slip once more, without a mark."""

    class Twice(Careless):
        def print(self, job: bytes, job_id: int, timeout_s: float) -> PrintOutcome:
            super().print(job, job_id, timeout_s)
            return super().print(job, job_id, timeout_s)

    calm._end_life()
    calm._driver_kind = Twice
    calm._life, calm._driver, calm._worker = calm._begin_life()
    tally = calm.run()

    assert tally.doubled == 6


def test_the_audit_notices_a_confirmation_without_a_paper(calm: TroubledOffice) -> None:
    """The control: somebody takes a paper away before it is looked at."""
    drain = calm._drain

    def steal() -> bool:
        done = drain()
        calm.paper.take()
        return done

    calm._drain = steal  # type: ignore[method-assign]
    assert calm.run().unproven == 1


SET = replace(TEXT, code_pages={46: "CP1251"})


@pytest.mark.parametrize("profile", [SET, RASTER], ids=["text", "raster"])
@pytest.mark.parametrize("mark", ["", "КОПИЯ"])
def test_numbers_are_read_from_papers(profile: PrinterProfile, mark: str) -> None:
    reader = Reader(profile)
    papers = [printed(reader.compose(slip(number, mark)), profile) for number in (18, 19, 108)]

    assert [reader.numbers(paper) for paper in papers] == [
        [(label, bool(mark))] for label in ("А 018", "А 019", "А 108")
    ]


@pytest.mark.parametrize("profile", [SET, RASTER], ids=["text", "raster"])
def test_a_number_that_was_not_given_out_is_none(profile: PrinterProfile) -> None:
    reader = Reader(profile)
    reader.compose(slip(1))
    stranger: SlipContent = SAMPLES["ru"]

    assert reader.numbers(printed(Reader(profile).compose(stranger), profile)) == []
