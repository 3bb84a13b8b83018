"""Row `cpu`: what rules, rows, chain and mailbox cost beside the bare statements. A tmpfs takes the disk out of it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

from appliance.domain.message import Record
from appliance.domain.office import Office
from appliance.domain.rules import decide, evolve
from appliance.store import changes, database, journal
from appliance.store.load import load
from tests.bench.figures import Finding, ratio, skipped
from tests.bench.floor import Raw, record
from tests.bench.issue import takes
from tests.bench.place import copy, make_place, seed, writer_on

ROUNDS = 8
TIMES = 50
WARM_UP = 30
MEMORY = Path("/dev/shm")
PROMISE = "CPU of an issue by the writer, without HTTP"


def run(folder: Path) -> list[Finding]:
    """Measured in this process: the writer's thread, the mailbox and the waiting caller together."""
    if not MEMORY.is_dir():
        return [skipped("cpu", PROMISE, "no /dev/shm")]
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="talon-bench-") as home:
        return [_measure(Path(home))]


def _measure(folder: Path) -> Finding:
    place = make_place(folder / "office")
    seed(place)
    raw_database = copy(place, folder / "raw.db")
    script = takes(WARM_UP + ROUNDS * TIMES, paper=False)
    raw = Raw(raw_database, record(copy(place, folder / "recorded.db"), script))
    steps = _steps(copy(place, folder / "steps.db"))
    writer, _ = writer_on(place.database)
    writer.start()
    asked = iter(script)

    def issue() -> None:
        one = next(asked)
        writer.submit(one.command, actor=one.actor, key=one.key).result(30.0)

    for _ in range(WARM_UP):
        issue()
        raw.next()
    rounds = [([_cpu(issue)], _cpu(raw.next)) for _ in range(ROUNDS)]
    writer.stop()
    measured = ratio(rounds)
    floor = median(one for _, one in rounds)
    parts = ", ".join(f"{name} {cost * 1e6:.0f}" for name, cost in steps.items())
    return Finding(
        "cpu",
        PROMISE,
        measured.value,
        "x raw sqlite3",
        None,
        measured.spread,
        f"raw {floor * 1e6:.0f} us, writer {median(s[0] for s, _ in rounds) * 1e6:.0f} us for a ticket",
        f"of these, in us: {parts}",
    )


def _cpu(work: Callable[[], object]) -> float:
    """Seconds of CPU of one piece of work, all threads: the mean of `TIMES`."""
    began = time.process_time()
    for _ in range(TIMES):
        work()
    return (time.process_time() - began) / TIMES


def _steps(path: Path) -> Mapping[str, float]:
    """Seconds of each step of the writer's way, one after the other on a day of 200 tickets."""
    db = database.connect(path)
    loaded = load(db)
    db.close()
    _, clock = writer_on(path)
    office, chain = loaded.office, loaded.chain
    spent: dict[str, list[float]] = {"clock": [], "decide": [], "evolve": [], "chain": [], "rows": []}
    for asked in takes(200):
        times = [time.perf_counter()]
        now = clock.now()
        times.append(time.perf_counter())
        (event,) = decide(office, asked.command, now)
        times.append(time.perf_counter())
        record = Record(office.seq + 1, now.moment, asked.actor, event)
        after: Office = evolve(office, record, loaded.plans.__getitem__)
        times.append(time.perf_counter())
        chain = journal.row_of(record, chain)[-1]
        times.append(time.perf_counter())
        changes.note({}, office, after, record)
        times.append(time.perf_counter())
        office = after
        for name, began, ended in zip(spent, times, times[1:], strict=False):
            spent[name].append(ended - began)
    return {name: median(samples) for name, samples in spent.items()}
