"""A disk that answers with an error: EIO or ENOSPC at the n-th flush or write, for every n of a short run.

    python -m tests.faults.errors

Whoever was told yes must be on the disk, whoever was not must have been told so, the process must end when its
database fails it, and the next start must be clean.
"""

from __future__ import annotations

import errno
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from appliance.domain.refusal import Code
from tests.faults.cutfs import Disk, Fault, why_not
from tests.faults.disk import Platter, Sync, Write
from tests.faults.ledger import Ledger, audit
from tests.faults.lives import Heard, Stage, stage
from tests.faults.office import DIED, Orders
from tests.faults.power import CHECKPOINT, FIRST_DATE

FIRST = Orders("", FIRST_DATE.isoformat(), 1, seed=1, clients=4, desks=1, tickets=8, pause_ms=3)


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to fail. `lasting`: everything after the n-th fails too, as on a full disk."""

    name: str
    operation: type[Sync] | type[Write]
    error: int
    lasting: bool


KINDS = (
    Kind("EIO at the n-th flush", Sync, errno.EIO, lasting=False),
    Kind("EIO at the n-th write", Write, errno.EIO, lasting=False),
    Kind("ENOSPC from the n-th write on", Write, errno.ENOSPC, lasting=True),
)


@dataclass(slots=True)
class Case:
    """What one fault led to. `wrong` is empty when all was as it must be."""

    struck: bool
    outcome: str
    wrong: list[str]


def run_case(on: Stage, kind: Kind, nth: int, *, power_cut: bool = True) -> Case:
    """A life with the fault, then one without, which ends in a power cut.

    With `power_cut` the second starts on what a first cut left. Without, only the process is started again, on what
    the kernel still shows of the disk.
    """
    disk, ledger, folder = Disk(), Ledger(), on.outside / "audit"
    fault = Fault(kind.operation, nth, kind.error, kind.lasting)
    disk.faults.append(fault)
    # Without checkpoints in between, a hole that the error left in the WAL stays there.
    pragmas = (CHECKPOINT,) if power_cut else ()
    heard = on.run(disk, replace(FIRST, pragmas=pragmas))
    _hear(ledger, heard)
    wrong = [
        f"{key} never got an answer" for key in ledger.asked if key not in ledger.by_key and key not in ledger.refused
    ]
    if Code.STORE_FAILED in ledger.refused.values() and heard.status != DIED:
        wrong.append(f"told store-failed, but went on: {heard.status}")

    platter = Platter(disk.image)
    for op in disk.log:
        platter.step(op)
    image, fed = platter.synced(), len(disk.log)
    ledger.settle(audit(platter.everything(), folder))
    ledger.settle(audit(image, folder))
    disk.faults.clear()
    if power_cut:
        disk, platter, fed = Disk(image), Platter(image), 0
    disk.cut_at(disk.operations + 500)
    again = tuple(ledger.owed(FIRST.date, 20))
    second = on.run(disk, replace(FIRST, life=2, tickets=0, pragmas=pragmas, again=again))
    _hear(ledger, second)
    if not any(b"started" in message for message, _ in second.messages):
        wrong.append("the next start failed")
    for op in disk.log[fed:]:
        platter.step(op)
    ledger.settle(audit(platter.synced(), folder))
    if not ledger.tally.whole:
        wrong += ledger.notes or [str(ledger.tally)]
    refused = any(b"start_failed" in message for message, _ in heard.messages)
    outcome = "start refused" if refused else "died" if heard.status == DIED else "unharmed"
    return Case(fault.struck, outcome, wrong)


def cases(on: Stage, kind: Kind, *, power_cut: bool = True, step: int = 1) -> Iterator[tuple[int, Case]]:
    """The cases of every n (or every `step`-th) until the run is over before the fault strikes."""
    nth = 1
    while (case := run_case(on, kind, nth, power_cut=power_cut)).struck:
        yield nth, case
        nth += step


def _hear(ledger: Ledger, heard: Heard) -> None:
    for message, late in heard.messages:
        ledger.hear(message, late=late)


def _report(on: Stage, kind: Kind, *, power_cut: bool) -> int:
    outcomes: Counter[str] = Counter()
    bad = 0
    name = f"{kind.name}, then {'a power cut' if power_cut else 'only a restart'}"
    for nth, case in cases(on, kind, power_cut=power_cut):
        outcomes[case.outcome] += 1
        bad += bool(case.wrong)
        for text in case.wrong[:2]:
            print(f"  {name}, n = {nth}: {text}")
    told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
    print(f"{name}: {sum(outcomes.values())} cases ({told}), {bad} wrong", flush=True)
    return bad


def main() -> int:
    """Every n of every kind; the exit status is 0 when nothing was wrong."""
    if reason := why_not():
        print(f"cannot run here: {reason}")
        return 2
    bad = 0
    with stage() as on:
        for kind in KINDS:
            for power_cut in (True, False):
                bad += _report(on, kind, power_cut=power_cut)
    print(f"{bad} cases wrong")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
