"""Who is killed, and is the replica still equal? `python -m tests.sync.kill_matrix --rounds 20`

A writer commits about 80 transactions a second (autocheckpoint on) while a `Replica` keeps its
copy. Each round kills -9 the writer, Litestream, or both under load and lets the killed come back;
then the writer falls silent, the replica says that nothing is missing, and a restore is compared
row by row with a byte copy of the database. A new version of Litestream goes in on the day it
passes this.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

if __package__:
    from tests.sync import helpers, writer
else:
    import helpers
    import writer

from sync.replica import Replica
from sync.restore import restore

PATTERNS = ("writer", "litestream", "both")


@dataclass(slots=True)
class Score:
    """What the rounds of one pattern came to. `unlike` lists what was wrong, round by round."""

    pattern: str
    rounds: int = 0
    equal: int = 0
    rows: int = 0
    settle_max_s: float = 0.0
    restarts: int = 0
    generations: int = 0
    unlike: tuple[str, ...] = ()


def _load(db: Path, chance: random.Random, low: float, high: float) -> helpers.Writer:
    running = helpers.Writer(db)
    time.sleep(chance.uniform(low, high))
    return running


def _kill_litestream(replica: Replica) -> None:
    pid = helpers.wait_for(replica, lambda s: s.pid is not None).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def _one_round(pattern: str, db: Path, replica: Replica, chance: random.Random) -> int:
    """Load, kill, come back, fall silent; returns the last id that a writer was told is
    committed."""
    first = _load(db, chance, 0.3, 0.9)
    if pattern == "litestream":
        _kill_litestream(replica)
        time.sleep(chance.uniform(0.2, 0.8))
        first.end()
        return first.acknowledged
    if pattern == "both":
        _kill_litestream(replica)
    first.kill()
    time.sleep(chance.uniform(0.0, 0.3))
    second = _load(db, chance, 0.2, 0.6)
    second.kill() if pattern == "writer" else second.end()
    return max(first.acknowledged, second.acknowledged)


def _difference(home: Path, acknowledged: int) -> tuple[str, int]:
    """What is wrong with a restore ('' when nothing), and how many rows the source holds."""
    source = writer.rows(helpers.copy_of(home / "queue.db", home))
    output = home / "restored.db"
    report = restore(helpers.place_in(home / "target"), output)
    if not report.ok:
        return f"{report.code}: {report.detail}", len(source)
    restored = writer.rows(output)
    for leftover in home.glob("restored.db*"):
        leftover.unlink()
    if report.skipped:
        return f"only an older generation: {report.skipped[0].detail}", len(source)
    if len(source) < acknowledged:
        return f"the source lost rows: {len(source)} of {acknowledged}", len(source)
    if restored != source:
        return f"{len(restored)} rows restored, {len(source)} in the source", len(source)
    return "", len(source)


def run_pattern(pattern: str, rounds: int, seed: int, home: Path, keep: Path | None) -> Score:
    """All rounds on one database with one `Replica`, in `home`; what failed is copied to `keep`."""
    chance = random.Random(f"{pattern}-{seed}")
    score = Score(pattern)
    (home / "target").mkdir()
    db = home / "queue.db"
    replica = helpers.make_replica(home)
    replica.start()
    generations: set[str] = set()
    try:
        for number in range(rounds):
            acknowledged = _one_round(pattern, db, replica, chance)
            silent = time.monotonic()
            try:
                generations.add(helpers.wait_complete(replica, 20.0).generation)
                wrong, score.rows = _difference(home, acknowledged)
            except AssertionError as stuck:
                wrong = str(stuck)
            score.settle_max_s = max(score.settle_max_s, time.monotonic() - silent)
            score.rounds += 1
            if wrong:
                if keep is not None:
                    shutil.copytree(home, keep / f"{pattern}-{seed}-{number + 1}")
                score.unlike = (*score.unlike, f"{pattern} {number + 1}: {wrong}")
            else:
                score.equal += 1
        score.restarts = replica.state().restarts
    finally:
        replica.stop()
    score.generations = len(generations)
    return score


def _row(killed: str, *rest: object) -> str:
    return f"{killed:<12}" + "".join(f"{cell!s:>13}" for cell in rest)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--patterns", nargs="+", choices=PATTERNS, default=list(PATTERNS))
    parser.add_argument("--keep", type=Path, help="copy database and target here when unequal")
    wanted = parser.parse_args()
    print(f"seed {wanted.seed}")
    print(_row("killed", "equal", "rows", "restarts", "generations", "settled in"), flush=True)
    good = True
    for pattern in wanted.patterns:
        with tempfile.TemporaryDirectory(prefix="talon-kill-") as folder:
            s = run_pattern(pattern, wanted.rounds, wanted.seed, Path(folder), wanted.keep)
        good &= s.equal == s.rounds
        result = f"{s.equal}/{s.rounds}"
        settled = f"{s.settle_max_s:.1f} s"
        print(_row(pattern, result, s.rows, s.restarts, s.generations, settled), flush=True)
        for line in s.unlike:
            print(f"  {line}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
