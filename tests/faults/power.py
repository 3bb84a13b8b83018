"""Power cuts in a chain: each life of the office starts on what the last cut left of the disk.

    python -m tests.faults.power --cuts 2000 --mode random --sync FULL --journal WAL --seed 1

WAL with FULL must lose nothing; every other setting is a control that must lose, or the harness is blind. The exit
status is 0 when that held.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from pathlib import Path

from tests.faults.cutfs import Disk, why_not
from tests.faults.disk import Image, Platter, Sync
from tests.faults.ledger import Ledger, Tally, audit
from tests.faults.lives import Stage, stage
from tests.faults.office import Orders

FIRST_DATE = date(2026, 11, 24)
CHECKPOINT = "wal_autocheckpoint = 50"
"""Short lives never fill SQLite's thousand pages; most of them checkpoint often instead, to be cut in the middle."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """One series of cuts."""

    cuts: int
    mode: str = "random"
    litestream: bool = False
    sync: str = "FULL"
    journal: str = "WAL"
    seed: int = 1
    chain: int = 25
    keep: Path | None = None

    @property
    def control(self) -> bool:
        """Whether it must lose."""
        return (self.journal, self.sync) != ("WAL", "FULL")

    def holds(self, tally: Tally) -> bool:
        """Whether the figures are as they must be."""
        return tally.lost > 0 if self.control else tally.whole and tally.answered > 0


def run(experiment: Experiment, on: Stage, *, progress: bool = False) -> tuple[Tally, list[str]]:
    """All cuts of an experiment: the figures and what was found in words."""
    rng = random.Random(experiment.seed)
    total, notes, started = Tally(), [], time.monotonic()
    while total.cuts < experiment.cuts:
        chain = Chain(experiment, on, rng)
        chain.run(min(experiment.chain, experiment.cuts - total.cuts))
        total.add(chain.ledger.tally)
        notes += chain.ledger.notes
        if progress:
            spent = time.monotonic() - started
            print(
                f"{total.cuts:6d} cuts {spent:6.0f} s  answered {total.answered}  lost {total.lost}"
                f"  two papers {total.two_papers}  corrupt {total.corrupt}  not clean {total.not_clean}",
                flush=True,
            )
    return total, notes


class Chain:
    """One office from its first start through some cuts."""

    def __init__(self, experiment: Experiment, on: Stage, rng: random.Random) -> None:
        self.ledger = Ledger()
        self._experiment, self._stage, self._rng = experiment, on, rng
        self._image = Image()
        self._date = FIRST_DATE
        self._replica = on.outside / f"replica-{rng.randrange(10**9)}" if experiment.litestream else None

    def run(self, cuts: int) -> None:
        """That many lives, each ended by a cut; fewer when a control has broken the disk for good."""
        found = None
        for life in range(1, cuts + 1):
            before = self._image
            self._live(life)
            found = audit(self._image, self._stage.outside / "audit")
            self.ledger.settle(found)
            if self._experiment.keep and not self._experiment.control and not self.ledger.tally.whole:
                before.lay(self._experiment.keep / f"{self._experiment.seed}-{life}-before")
                self._image.lay(self._experiment.keep / f"{self._experiment.seed}-{life}-after")
            if found.corrupt:
                break
        if found is not None:
            self.ledger.tally.issued = len(found.tickets) + self.ledger.tally.lost

    def _live(self, life: int) -> None:
        rng = self._rng
        disk = Disk(self._image)
        orders = self._orders(life)
        if self._experiment.litestream:
            seconds = rng.uniform(0.1, 1.2)
        else:
            seconds = 20.0
            # Every fifth cut falls into the start: recovery, the first checkpoint, left-over slips.
            disk.cut_at(rng.randint(1, 80) if rng.random() < 0.2 else rng.randint(80, 1500))
        heard = self._stage.run(disk, orders, seconds=seconds, litestream=self._replica)
        for message, late in heard.messages:
            # What an office says after the cut it never said; but with FULL its flush was before the cut.
            if not late or not self._experiment.control:
                self.ledger.hear(message, late=late)
        log = disk.log
        if disk.in_flight and isinstance(log[-1], Sync) and rng.random() < 0.5:
            log = log[:-1]
        platter = Platter(self._image, strict_folders=rng.random() < 0.5)
        for op in log:
            platter.step(op)
        match self._experiment.mode:
            case "synced":
                self._image = platter.synced()
            case "prefix":
                self._image = platter.everything()
            case _:
                self._image = platter.random(rng)

    def _orders(self, life: int) -> Orders:
        rng, experiment = self._rng, self._experiment
        pragmas: tuple[str, ...] = (CHECKPOINT,) if rng.random() < 0.7 else ()
        if experiment.control:
            pragmas = (
                f"journal_mode = {experiment.journal}",
                f"synchronous = {experiment.sync}",
                *pragmas,
            )
        orders = Orders("", self._date.isoformat(), life, rng.randrange(2**31), pragmas=pragmas)
        if life > 1 and rng.random() < 0.12:
            self._date += timedelta(days=1)
            self.ledger.forget_keys()
            return replace(orders, date=self._date.isoformat())
        if life > 1 and rng.random() < 0.08:
            self.ledger.forget_keys()
            return replace(orders, reopen=True)
        return replace(orders, again=tuple(self.ledger.owed(orders.date, 12)))


COLUMNS = {
    "issued": "issued",
    "answered": "acked",
    "papers": "papers",
    "copies": "copies",
    "cuts": "cuts",
    "cuts_with_loss": "cuts with loss",
    "lost": "tickets lost",
    "answers_lost": "answers lost",
    "reissued": "numbers re-issued",
    "two_papers": "on two unmarked papers",
    "other_answer": "keys answered otherwise",
    "gaps": "gaps",
    "corrupt": "corrupt",
    "not_clean": "verify not clean",
    "internal_errors": "internal errors",
}


def table(name: str, tally: Tally) -> str:
    """The figures, one to a line."""
    assert set(COLUMNS) == {item.name for item in fields(Tally)}
    lines = [f"{title:>24}  {getattr(tally, column)}" for column, title in COLUMNS.items()]
    return "\n".join([name, *lines])


def main() -> int:
    """Run one experiment from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--cuts", type=int, default=200)
    parser.add_argument("--mode", choices=("random", "synced", "prefix"), default="random")
    parser.add_argument("--litestream", action=argparse.BooleanOptionalAction, default=False)
    parser.add_argument("--sync", choices=("FULL", "NORMAL", "EXTRA"), default="FULL")
    parser.add_argument("--journal", choices=("WAL", "DELETE"), default="WAL")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--chain", type=int, default=25, help="lives of one office")
    parser.add_argument("--keep", type=Path, help="folder for the disks of a failure")
    experiment = Experiment(**vars(parser.parse_args()))
    if reason := why_not():
        print(f"cannot run here: {reason}")
        return 2
    with stage() as on:
        tally, notes = run(experiment, on, progress=True)
    held = experiment.holds(tally)
    for note in notes[:20] if not experiment.control else ():
        print(f"  {note}")
    print(table(f"{experiment.journal}/{experiment.sync}, {experiment.mode}, seed {experiment.seed}", tally))
    print("as expected" if held else "NOT AS EXPECTED")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
