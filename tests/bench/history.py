"""Row `history`: an office with a year behind it beside one that has opened its first day, request by request."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median

from appliance.store.verify import verify
from tests.bench.client import Client
from tests.bench.figures import Finding, ms, ratio
from tests.bench.issue import TICKETS, body, key
from tests.bench.place import Place, make_place, seed
from tests.bench.running import Notices, RunningOffice, cpu_s
from tests.bench.year import make_year, size_mb

ROUNDS = 6
TIMES = 40
WARM_UP = 20
RESTARTS = 3
POLLS = {"hall": "/api/v1/hall", "kiosk": "/api/v1/kiosk"}
LIMIT = 1.10


@dataclass(slots=True)
class Samples:
    """Seconds of one round: the office with a year, and the one without."""

    year: list[float] = field(default_factory=list)
    young: list[float] = field(default_factory=list)


def run(folder: Path) -> list[Finding]:
    """Issue and polls against a young office, then restarts of the old one in the middle of its day."""
    old, young = make_place(folder / "old"), make_place(folder / "young")
    began = time.process_time()
    year = make_year(old)
    made = time.process_time() - began
    report = verify(old.database)
    assert report.clean, report.faults
    checked = time.process_time() - began - made
    seed(young)
    size = f"{len(year.tickets)} tickets, {year.seq} journal entries, {size_mb(old.database):.0f} MB"
    note = f"{size}; made in {made:.0f} s of CPU, verified clean in {checked:.0f} s"
    offices = [RunningOffice(old), RunningOffice(young)]
    try:
        clients = [office.client() for office in offices]
        for client in clients:
            _wait_open(client)
        found = _compare(clients[0], clients[1], note)
    finally:
        for office in offices:
            office.stop()
    notices = Notices(folder)
    restarts = [_restart(old, notices) for _ in range(RESTARTS)]
    notices.close()
    cpu, wall = zip(*restarts, strict=True)
    found.append(
        Finding(
            "history",
            "restart with a year to the first button, CPU",
            median(cpu),
            "s",
            2.0,
            (min(cpu), max(cpu)),
            note=f"wall time {median(wall):.2f} s; the open day holds {WARM_UP + ROUNDS * TIMES} tickets",
        )
    )
    return found


def _compare(old: Client, young: Client, note: str) -> list[Finding]:
    numbers = iter(range(WARM_UP + ROUNDS * TIMES))
    rounds: dict[str, list[Samples]] = {name: [] for name in ("issue", *POLLS)}
    for count in (WARM_UP, *[TIMES] * ROUNDS):
        for name in rounds:
            rounds[name].append(Samples())
        for _, number in zip(range(count), numbers, strict=False):
            _pair(rounds["issue"][-1], number, old, young, partial(_issue, number))
            for name, path in POLLS.items():
                _pair(rounds[name][-1], number, old, young, partial(_poll, path))
    found = []
    for name, samples in rounds.items():
        measured = ratio([(one.year, median(one.young)) for one in samples[1:]])
        alone = median(sample for one in samples[1:] for sample in one.young)
        found.append(
            Finding(
                "history",
                f"{'an issue' if name == 'issue' else f'a poll of the {name}'} with a year of history, p50",
                measured.value,
                "x without",
                LIMIT,
                measured.spread,
                f"without history {ms(alone)}",
                note if name == "issue" else "",
            )
        )
    return found


def _pair(into: Samples, number: int, old: Client, young: Client, work: Callable[[Client], float]) -> None:
    if number % 2:
        into.year.append(work(old))
        into.young.append(work(young))
    else:
        into.young.append(work(young))
        into.year.append(work(old))


def _poll(path: str, client: Client) -> float:
    return client.get(path).took


def _issue(number: int, client: Client) -> float:
    answer = client.post(TICKETS, body(number), key(number))
    assert answer.status == 201, answer.body
    return answer.took


def _wait_open(client: Client, within_s: float = 20.0) -> None:
    until = time.monotonic() + within_s
    while not client.get("/api/v1/day").json()["open"]:
        if time.monotonic() > until:
            raise TimeoutError("the day was not opened")
        time.sleep(0.05)


def _restart(place: Place, notices: Notices) -> tuple[float, float]:
    """Seconds of CPU and of wall time from the start of the process to READY, when a button would count."""
    office = RunningOffice(place, notify=notices.path)
    try:
        ready = notices.wait("READY=1")
        return cpu_s(office.pid), ready - office.began
    finally:
        office.stop()
