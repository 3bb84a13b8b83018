"""kill -9 of the writer's process under load, on an ordinary disk, again and again on one database.

    python -m tests.faults.kills --rounds 100

This shows that the process keeps its word, not that the disk does: the kernel flushes politely after a kill.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

from tests.faults.disk import Image
from tests.faults.ledger import Audit, Ledger, Tally, audit
from tests.faults.lives import Nursery, run_on_folder
from tests.faults.office import Orders
from tests.faults.power import CHECKPOINT, FIRST_DATE, table

ROUNDS_OF_AN_OFFICE = 25


def run(rounds: int, folder: Path, seed: int, *, progress: bool = False) -> tuple[Tally, list[str]]:
    """That many kills: the figures and what was found in words."""
    rng, total, notes = random.Random(seed), Tally(), []
    nursery = Nursery()
    try:
        while total.cuts < rounds:
            home = folder / f"office-{total.cuts}"
            home.mkdir(parents=True)
            ledger = Ledger()
            found = None
            for life in range(1, min(ROUNDS_OF_AN_OFFICE, rounds - total.cuts) + 1):
                pragmas = (CHECKPOINT,) if rng.random() < 0.7 else ()
                again = tuple(ledger.owed(FIRST_DATE.isoformat(), 12))
                orders = Orders(
                    str(home), FIRST_DATE.isoformat(), life, rng.randrange(2**31), pragmas=pragmas, again=again
                )
                for message, _ in run_on_folder(nursery, orders, rng.uniform(0.0, 0.3)).messages:
                    ledger.hear(message)
                found = audit_copy(home, folder / "audit")
                ledger.settle(found)
            if found is not None:
                ledger.tally.issued = len(found.tickets)
            total.add(ledger.tally)
            notes += ledger.notes
            if progress:
                print(f"{total.cuts} kills  answered {total.answered}  lost {total.lost}", flush=True)
    finally:
        nursery.close()
    return total, notes


def audit_copy(home: Path, folder: Path) -> Audit:
    """Audit a copy: the next life must find the files as the kill left them."""
    files = {path.name: path.read_bytes() for path in home.iterdir() if path.is_file()}
    return audit(Image(files), folder)


def main() -> int:
    """Run from the command line; the exit status is 0 when nothing was lost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        tally, notes = run(asked.rounds, Path(folder), asked.seed, progress=True)
    for note in notes[:20]:
        print(f"  {note}")
    print(table(f"SIGKILL, WAL/FULL, seed {asked.seed}", tally).replace("    cuts  ", "   kills  "))
    return 0 if tally.whole and tally.answered else 1


if __name__ == "__main__":
    sys.exit(main())
