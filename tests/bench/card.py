"""Row `card`: what a whole visit writes to the card, by file, and how often it waits for a flush."""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.client import Client
from tests.bench.figures import Finding, skipped
from tests.bench.issue import TICKETS, body, key, wait_printed
from tests.bench.place import Place, make_place, seed
from tests.bench.running import RunningOffice, children, memory_mb, strace

VISITS = 120
"""More than one checkpoint of the WAL falls into them."""

WARM_UP = 10
PACED = 4
PACE_S = 1.2
"""Visits beside Litestream leave this long between two commits, as in life: it looks once a second."""

CALLS = "pwrite64,pwritev,write,writev,fdatasync,fsync"
LINE = re.compile(r"^(?P<pid>\d+) +(?P<call>\w+)\(\d+<(?P<path>[^>]*)>(?P<rest>.*)")
UNITS = 1024


@dataclass(slots=True)
class Written:
    """Bytes and flushes by whose files they are: `database`, `litestream` (its copies on the card), `replica`."""

    written: Counter[str] = field(default_factory=Counter)
    flushes: Counter[str] = field(default_factory=Counter)


def run(folder: Path) -> list[Finding]:
    """Issue with a slip, print, call, heard, start, finish: over HTTP, with the keys of a desk."""
    tracer = strace()
    promise = "a whole visit, written by the database"
    if tracer is None:
        return [skipped("card", promise, "strace is not installed, or may not trace here")]
    place = make_place(folder / "alone")
    alone, _ = _measure(place, tracer, VISITS, 0.0)
    place = make_place(folder / "replicated", "folder")
    beside, memory = _measure(place, tracer, PACED, PACE_S)
    kib = alone.written["database"] / VISITS / UNITS
    share = {name: beside.written[name] / PACED / UNITS for name in ("database", "litestream", "replica")}
    return [
        Finding("card", promise, kib, "KiB", 60, note=f"{VISITS} visits, checkpoints included"),
        Finding(
            "card",
            "a whole visit, flushes by the database",
            alone.flushes["database"] / VISITS,
            "",
            8,
        ),
        Finding(
            "card",
            "the same visit by Litestream beside it",
            share["litestream"] + share["replica"],
            "KiB",
            note=f"{share['litestream']:.0f} KiB of copies beside the database, {share['replica']:.0f} KiB at the "
            f"target (a folder here); {beside.flushes['litestream'] / PACED:.1f} + "
            f"{beside.flushes['replica'] / PACED:.1f} flushes; the database itself {share['database']:.0f} KiB, "
            f"{beside.flushes['database'] / PACED:.1f} flushes; Litestream holds {memory:.0f} MB",
        ),
    ]


def _measure(place: Place, tracer: str, visits: int, pace_s: float) -> tuple[Written, float]:
    seed(place)
    log = place.folder / "strace.log"
    prefix = [tracer, "-f", "--seccomp-bpf", "-qq", "-y", "-s", "0", "-o", str(log), "-e", f"trace={CALLS}"]
    office = RunningOffice(place, prefix=prefix)
    try:
        client = office.owner()
        client.post("/api/v1/desks/1/press", {"key": "next"}, "open")
        for number in range(WARM_UP if not pace_s else 1):
            _visit(client, number, pace_s)
        time.sleep(2 * pace_s)
        first = len(log.read_bytes())
        for number in range(WARM_UP, WARM_UP + visits):
            _visit(client, number, pace_s)
        time.sleep(2 * pace_s)
        last = len(log.read_bytes())
        others = children(office.pid)
        memory = sum(memory_mb(pid) for pid in others)
    finally:
        office.stop()
    return read(log.read_bytes()[first:last].decode(), place), memory


def read(log: str, place: Place) -> Written:
    """What strace saw of the files below the office's folder."""
    found = Written()
    for line in log.splitlines():
        match = LINE.match(line)
        owner = None if match is None else owner_of(match["path"], place)
        if match is None or owner is None:
            continue
        if match["call"] in ("fdatasync", "fsync"):
            found.flushes[owner] += 1
        else:
            found.written[owner] += size(match["rest"])
    return found


def owner_of(path: str, place: Place) -> str | None:
    """Whose file this is; None of files that the row doesn't count (pipes, sockets, logs)."""
    data, target = place.folder / "data", place.folder / "replica"
    if path.startswith(f"{target}/"):
        return "replica"
    if path in (str(place.database), f"{place.database}-wal", f"{place.database}-journal"):
        return "database"
    if path.startswith(f"{data}/") and "litestream" in path:
        return "litestream"
    return None


def size(arguments: str) -> int:
    """Bytes that a call was asked to write, whether strace saw its end on the same line or not."""
    result = re.search(r"\) += (\d+)", arguments)
    if result is not None:
        return int(result[1])
    asked = re.search(r', ""\.\.\., (\d+)', arguments)
    return int(asked[1]) if asked is not None else 0


def _visit(client: Client, number: int, pace_s: float) -> None:
    """One visitor from the ticket to the end of the service."""
    answer = client.post(TICKETS, body(number, paper=True), key(number))
    assert answer.status == 201, answer.body
    ticket = answer.json()["id"]
    wait_printed(client, ticket)
    time.sleep(pace_s)
    for step, press in enumerate(("next", "finish", "finish")):
        answer = client.post("/api/v1/desks/1/press", {"key": press}, f"{key(number)}-{step}")
        assert answer.status == 200, answer.body
        if step == 0:
            _wait_heard(client)
        time.sleep(pace_s)


def _wait_heard(client: Client, within_s: float = 10.0) -> None:
    until = time.monotonic() + within_s
    while not client.get("/api/v1/desks/1").json()["heard"]:
        if time.monotonic() > until:
            raise TimeoutError("the call was not heard")
        time.sleep(0.005)
