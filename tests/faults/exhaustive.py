"""A cut at every file operation of one run, and at each of them several states that the disk may be left in.

    python -m tests.faults.exhaustive --tickets 60

The run is made once and its log replayed. Each state must start, verify clean, and hold all that had been promised
before the cut. NORMAL and DELETE are run the same way and must lose.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.cutfs import Disk, why_not
from tests.faults.disk import Image, Mark, Platter
from tests.faults.ledger import DATABASE, Audit, Ledger, audit
from tests.faults.lives import Stage, stage
from tests.faults.office import Orders
from tests.faults.power import CHECKPOINT, FIRST_DATE

SETTINGS = (("WAL", "FULL"), ("WAL", "NORMAL"), ("DELETE", "FULL"))


@dataclass(slots=True)
class Result:
    """What the cuts of one run left. `audited` states differ from one another; the rest are repetitions of those."""

    operations: int = 0
    tickets: int = 0
    states: int = 0
    audited: int = 0
    lossy: int = 0
    corrupt: int = 0
    not_clean: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Whether nothing was lost or broken in any state."""
        return self.tickets > 0 and not (self.lossy or self.corrupt or self.not_clean)


def record(on: Stage, tickets: int, seed: int, journal: str, sync: str) -> Disk:
    """The log of one run on an empty disk; every answer waits until it stands in the log."""
    pragmas: tuple[str, ...] = (CHECKPOINT,)
    if (journal, sync) != ("WAL", "FULL"):
        pragmas = (f"journal_mode = {journal}", f"synchronous = {sync}", CHECKPOINT)
    disk = Disk()
    orders = Orders("", FIRST_DATE.isoformat(), 1, seed, tickets=tickets, prompt=True, pause_ms=5, pragmas=pragmas)
    heard = on.run(disk, orders)
    if heard.status != 0:
        raise RuntimeError(f"the run itself failed: {heard.status}")
    return disk


def cut_everywhere(
    disk: Disk, folder: Path, *, randoms: int, seed: int, stride: int = 1, progress: bool = False
) -> Result:
    """Cut before the first and after every operation: settled only, all of it, and some states between the two."""
    rng, result, promised = random.Random(seed), Result(), Ledger()
    platters = [Platter(disk.image), Platter(disk.image, strict_folders=True)]
    seen: dict[bytes, Audit] = {}
    started = time.monotonic()
    for at, op in enumerate(disk.log):
        for platter in platters:
            platter.step(op)
        if isinstance(op, Mark):
            promised.hear(op.what.encode())
            # What was just promised must be in whatever a cut leaves from here on.
        else:
            result.operations += 1
            if result.operations % stride:
                continue
        images = [platter.synced() for platter in platters]
        images += [platters[i % 2].random(rng) for i in range(randoms)]
        images.append(platters[0].everything())
        for image in images:
            result.states += 1
            _judge(image, folder, promised, seen, result, f"operation {at}")
        if progress and at % 500 == 0:
            spent = time.monotonic() - started
            print(f"{at:6d} of {len(disk.log)} {spent:5.0f} s  {result.audited} audited", flush=True)
    result.tickets = len(promised.tickets)
    return result


def _judge(image: Image, folder: Path, promised: Ledger, seen: dict[bytes, Audit], result: Result, where: str) -> None:
    digest = hashlib.sha256()
    for path in sorted(image.files):
        # What is in shared memory is built anew at every start.
        if path.startswith(DATABASE) and not path.endswith("-shm"):
            digest.update(path.encode() + len(image.files[path]).to_bytes(8, "big"))
            digest.update(image.files[path])
    key = digest.digest()
    if key not in seen:
        result.audited += 1
        seen[key] = audit(image, folder)
    found = seen[key]
    if found.corrupt:
        result.corrupt += 1
        result.notes.append(f"{where}: {found.corrupt}")
        return
    wrong = found.faults + found.gaps
    lost = [n for n, ticket in promised.tickets.items() if found.tickets.get(n) != ticket]
    wrong_answers = [s for s, kind in promised.answers.items() if found.kinds.get(s) != kind]
    result.not_clean += bool(wrong)
    result.lossy += bool(lost or wrong_answers)
    result.notes += [f"{where}: {text}" for text in wrong]
    if lost or wrong_answers:
        result.notes.append(f"{where}: {len(lost)} tickets, {len(wrong_answers)} answers lost")


def main() -> int:
    """Run all settings and print a table; the exit status is 0 when only the controls lost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--tickets", type=int, default=60)
    parser.add_argument("--randoms", type=int, default=3, help="random states at each operation")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--controls", action=argparse.BooleanOptionalAction, default=True)
    asked = parser.parse_args()
    if reason := why_not():
        print(f"cannot run here: {reason}")
        return 2
    held = True
    lines = []
    with stage() as on:
        for journal, sync in SETTINGS if asked.controls else SETTINGS[:1]:
            disk = record(on, asked.tickets, asked.seed, journal, sync)
            result = cut_everywhere(disk, on.outside / "audit", randoms=asked.randoms, seed=asked.seed, progress=True)
            control = (journal, sync) != ("WAL", "FULL")
            held = held and (result.lossy > 0 if control else result.whole)
            for note in result.notes[:10] if not control else ():
                print(f"  {note}")
            lines.append(
                f"{journal + '/' + sync:>12}  {result.tickets} tickets  {result.operations} operations  "
                f"{result.states} states ({result.audited} different)  {result.lossy} lossy  "
                f"{result.corrupt} corrupt  {result.not_clean} not clean"
            )
    print("\n".join(lines))
    print("as expected" if held else "NOT AS EXPECTED")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
