"""Power cuts on the real writer: nothing shown is lost with WAL and FULL, and the same harness sees what others lose.

The long runs are `python -m tests.faults.power` and its neighbours.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults import kills
from tests.faults.exhaustive import cut_everywhere, record
from tests.faults.lives import Stage
from tests.faults.power import Experiment, run


def test_a_ticket_once_shown_survives_every_cut(on: Stage) -> None:
    tally, notes = run(Experiment(cuts=20, seed=101, chain=10), on)

    assert notes == []
    assert tally.whole
    assert tally.answered > 60
    assert tally.papers > 30


def test_a_ticket_once_shown_survives_every_cut_while_litestream_copies(on: Stage) -> None:
    tally, notes = run(Experiment(cuts=6, seed=102, chain=6, litestream=True), on)

    assert notes == []
    assert tally.whole
    assert tally.answered > 50
    copied = [file for file in on.outside.glob("replica-*/**/*.lz4") if file.stat().st_size]
    assert copied, "Litestream was not at work"


@pytest.mark.long  # how much a cut catches depends on what else the machine does: the exhaustive one below does not
@pytest.mark.parametrize(
    "control",
    [
        Experiment(cuts=20, mode="synced", sync="NORMAL", seed=103, chain=10),
        Experiment(cuts=20, mode="synced", journal="DELETE", seed=104, chain=10),
    ],
    ids=lambda control: f"{control.journal}-{control.sync}",
)
def test_the_harness_sees_what_a_weaker_setting_loses(on: Stage, control: Experiment) -> None:
    cuts = lost = doubled = 0
    for seed in range(control.seed, control.seed + 120, 10):  # how much a cut catches depends on the machine's load
        tally, _ = run(replace(control, seed=seed), on)
        cuts, lost = cuts + tally.cuts_with_loss, lost + tally.lost
        doubled += tally.two_papers + tally.reissued
        if cuts >= 3 and doubled:
            break

    assert cuts >= 3
    assert lost >= 3
    # What is lost is given out again: two visitors hold the number.
    assert doubled > 0


def test_a_cut_at_any_file_operation_of_a_short_day_loses_nothing(on: Stage) -> None:
    disk = record(on, tickets=8, seed=105, journal="WAL", sync="FULL")
    result = cut_everywhere(disk, on.outside / "audit", randoms=1, seed=105)

    assert result.notes == []
    assert result.whole
    assert result.operations > 200


@pytest.mark.parametrize(("journal", "sync"), [("WAL", "NORMAL"), ("DELETE", "FULL")])
def test_the_exhaustive_run_sees_what_a_weaker_setting_loses(on: Stage, journal: str, sync: str) -> None:
    disk = record(on, tickets=12, seed=106, journal=journal, sync=sync)
    result = cut_everywhere(disk, on.outside / "audit", randoms=1, seed=106, stride=5)

    assert result.lossy > result.states // 20


def test_killing_the_process_loses_nothing(tmp_path: Path) -> None:
    tally, notes = kills.run(5, tmp_path, seed=107)

    assert notes == []
    assert tally.whole
    assert tally.answered > 20
