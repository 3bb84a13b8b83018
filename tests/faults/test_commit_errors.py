"""The disk answers with an error in a commit: everybody is told, nobody is told yes, the next start is clean."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from appliance.domain.refusal import Code
from tests.faults.cutfs import Disk
from tests.faults.disk import Platter
from tests.faults.errors import KINDS, Kind, cases, run_case
from tests.faults.ledger import audit
from tests.faults.lives import Heard, Stage
from tests.faults.office import DIED, Orders
from tests.faults.power import CHECKPOINT, FIRST_DATE

FLUSH = KINDS[0]
BALLAST = 256 * 1024


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_nobody_is_told_yes_by_a_commit_that_failed(on: Stage, kind: Kind) -> None:
    step = 6 if kind is FLUSH else 60
    found = dict(cases(on, kind, step=step))

    assert "died" in {case.outcome for case in found.values()}
    assert {nth: case.wrong for nth, case in found.items() if case.wrong} == {}


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_an_office_that_cannot_enter_wal_mode_does_not_start_in_another(on: Stage, nth: int) -> None:
    # SQLite stays in the journal mode it is in and says so in the answer to the pragma, not by an error.
    case = run_case(on, FLUSH, nth)

    assert case.struck
    assert case.wrong == []


@pytest.mark.parametrize("nth", [11, 13, 15])
def test_a_restart_after_a_failed_flush_does_not_build_on_what_only_the_kernel_has(on: Stage, nth: int) -> None:
    # The failed frames are still readable, so the next life would append to a WAL with a hole in it.
    case = run_case(on, FLUSH, nth, power_cut=False)

    assert case.outcome == "died"
    assert case.wrong == []


def test_on_a_full_disk_issuing_stops_and_calling_goes_on(on: Stage) -> None:
    disk = Disk(limit=1_200_000)
    orders = Orders("", FIRST_DATE.isoformat(), 1, seed=1, pause_ms=1, pragmas=(CHECKPOINT,), ballast=BALLAST)
    first = on.run(disk, replace(orders, tickets=5000))
    assert first.status == DIED
    assert "ballast" not in disk.names

    disk.cut_at(disk.operations + 2500)
    second = on.run(disk, replace(orders, life=2))

    assert Code.DISK_FULL in _refusals(second)
    assert Code.STORE_FAILED not in _refusals(second, late=False)
    kinds = {told.get("kind") for told in _told(second)}
    assert "TicketIssued" not in kinds
    assert {"TicketCalled", "ServiceFinished"} <= kinds
    platter = Platter(disk.image)
    for op in disk.log:
        platter.step(op)
    found = audit(platter.synced(), on.outside / "audit")
    assert (found.corrupt, found.faults, found.gaps) == ("", [], [])


def _told(heard: Heard, *, late: bool = True) -> list[dict[str, object]]:
    return [
        json.loads(message)
        for message, was_late in heard.messages
        if message.startswith(b"{") and (late or not was_late)
    ]


def _refusals(heard: Heard, *, late: bool = True) -> set[object]:
    return {told["refused"] for told in _told(heard, late=late) if "refused" in told}
