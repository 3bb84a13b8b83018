"""Two processes extend the same offices in one database, each with pieces of its own: is any fact lost or doubled?

    python -m tests.centre.two_workers --offices 20 --rows 20000

Prints a table for SQLite and for a real PostgreSQL (with its flushes), and a control: without the lock of an office's
row the workers must get into each other's way. Exit status 1 when a fact is lost or doubled, or the control passes.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from sqlalchemy import text
from sqlmodel.sql.expression import SelectOfScalar

from appliance.store.journal import Row
from sync.centre.facts import Batch, Facts
from sync.centre.store import Store
from tests.centre.journals import Ledger
from tests.centre.postgres import NoServerError, server

WORKERS = 2
TOGETHER = 8


@dataclass(frozen=True)
class Found:
    """What one run came to."""

    lost: int
    doubled: int
    refused: int
    seconds: float


def main() -> int:
    """Run it on both databases; what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--offices", type=int, default=20)
    parser.add_argument("--rows", type=int, default=20_000, help="of all offices together")
    parser.add_argument("--worker", nargs=3, metavar=("URL", "SEED", "LOCK"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    each = options.rows // options.offices
    if options.worker:
        url, seed, lock = options.worker
        return work(url, int(seed), options.offices, each, lock == "lock")
    print(f"{options.offices} offices of {each} entries, {WORKERS} processes, pieces of 1 to 40 entries")
    print(f"{'database':<24}{'facts':>8}{'lost':>7}{'doubled':>9}{'refused':>9}{'seconds':>9}{'facts/s':>9}")
    with tempfile.TemporaryDirectory(prefix="talon-two-") as folder:
        lite = run(f"sqlite:///{Path(folder) / 'centre.db'}", options.offices, each, lock=True)
        show("SQLite", options.rows, lite)
    try:
        with server(durable=True) as running:
            post = run(running.url(), options.offices, each, lock=True)
            show("PostgreSQL", options.rows, post)
            control = run(running.url(), options.offices, each, lock=False)
            show("control: without lock", options.rows, control)
    except NoServerError as error:
        print(f"PostgreSQL: {error}")
        return 1
    whole = all(found.lost == found.doubled == found.refused == 0 for found in (lite, post))
    caught = control.lost + control.doubled + control.refused > 0
    print("whole" if whole else "NOT whole", "- the control is caught" if caught else "- THE CONTROL IS NOT CAUGHT")
    return 0 if whole and caught else 1


def run(url: str, offices: int, each: int, *, lock: bool) -> Found:
    """Both workers on an empty database; afterwards it is counted."""
    store = Store(url)
    store.make_tables()
    began = time.monotonic()
    size = ["--offices", str(offices), "--rows", str(offices * each)]
    command = [sys.executable, "-m", "tests.centre.two_workers", *size, "--worker", url]
    stderr = None if lock else subprocess.DEVNULL  # the control's complaints are wanted, not worth reading
    workers = [
        subprocess.Popen(
            [*command, str(seed), "lock" if lock else "none"], stdout=subprocess.PIPE, stderr=stderr, text=True
        )
        for seed in range(WORKERS)
    ]
    refused, busy = 0, 0.0
    for worker in workers:
        said, _ = worker.communicate()
        if worker.returncode != 0:
            refused += 1
            continue
        refused += int(said.split()[0])
        busy = max(busy, float(said.split()[1]))
    lost = doubled = 0
    facts = Facts(store)
    for number in range(offices):
        found = facts.history(name_of(number)).between(1, 2**62, 10**7)
        lost += len(set(journal(each)) - set(found))
        doubled += len(found) - len({row[0] for row in found})
    with store.read() as session:
        count = session.connection().execute(text("SELECT count(*) FROM fact")).scalar() or 0
    doubled += max(0, count - offices * each)
    store.close()
    return Found(lost, doubled, refused, busy or time.monotonic() - began)


def work(url: str, seed: int, offices: int, each: int, lock: bool) -> int:
    """One worker: pieces of all offices until each is through; prints how many batches were refused, and the time."""
    if not lock:
        SelectOfScalar.with_for_update = lambda self, **_: self  # type: ignore[method-assign,assignment]
    rows, chance = journal(each), Random(seed)
    store = Store(url)
    facts, at, refused = Facts(store), dict.fromkeys(range(offices), 0), 0
    began = time.monotonic()
    while left := [number for number in at if at[number] < each]:
        batches = []
        for number in chance.sample(left, min(TOGETHER, len(left))):
            to = min(each, at[number] + chance.randint(1, 40))
            batches.append(Batch(name_of(number), "0001-aaaa", rows[max(0, at[number] - 5) : to]))
            at[number] = to
        refused += sum(news.fault is not None for news in facts.extend_many(batches, 1))
    print(refused, time.monotonic() - began)
    store.close()
    return 0


@cache
def journal(rows: int) -> Sequence[Row]:
    """A journal of so many entries; every office has the same."""
    card, seed = Ledger().begin(), 0
    while len(card.rows) < rows:
        seed += 1
        card.day(seed, 60)
    return card.rows[:rows]


def name_of(number: int) -> str:
    """An office's id."""
    return f"office-{number:04d}"


def show(name: str, rows: int, found: Found) -> None:
    """A line of the table."""
    print(
        f"{name:<24}{rows:>8}{found.lost:>7}{found.doubled:>9}{found.refused:>9}"
        f"{found.seconds:>9.1f}{rows / found.seconds:>9.0f}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
