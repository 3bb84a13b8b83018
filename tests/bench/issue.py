"""Row `issue`: a ticket over HTTP, from the request's first byte to the answer's last, against the floor F."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from appliance.domain.office import SlipState
from appliance.domain.slips import RecordSlip
from appliance.domain.tickets import TakeTicket
from tests.bench.client import HEALTH, Client
from tests.bench.figures import Finding, ms, quantile, ratio, skipped
from tests.bench.floor import RawProcess, record
from tests.bench.place import SERVICES, Asked, copy, make_place, seed
from tests.bench.running import FLUSH_MS, RunningOffice, slow_flush, strace

TICKETS = "/api/v1/tickets"
ROUNDS = 6
TIMES = 50
"""Six times fifty: the tickets of an ordinary day."""

WARM_UP = 20


@dataclass(slots=True)
class Samples:
    """Seconds of one round."""

    issue: list[float] = field(default_factory=list)
    commit: list[float] = field(default_factory=list)
    empty: list[float] = field(default_factory=list)

    @property
    def floor(self) -> float:
        """F of this round."""
        return median(self.commit) + median(self.empty)


def run(folder: Path) -> list[Finding]:
    """On the disk as it is, with paper, and with flushes that take 10 ms more."""
    found = [
        finding("an issue over HTTP, p50, on disk", 1.6, measure(folder / "disk", ROUNDS, TIMES)),
        finding(
            "the same with a slip printed after it",
            None,
            measure(folder / "paper", 3, 12, paper=True),
        ),
    ]
    tracer = strace()
    promise = f"an issue over HTTP, p50, flushes {FLUSH_MS} ms longer"
    if tracer is None:
        return [*found, skipped("issue", promise, "strace is not installed, or may not trace here")]
    slow = measure(folder / "slow", 4, 25, prefix=slow_flush(tracer))
    return [*found, finding(promise, 1.15, slow)]


def finding(promise: str, limit: float | None, rounds: Sequence[Samples]) -> Finding:
    """What the rounds come to."""
    measured = ratio([(one.issue, one.floor) for one in rounds])
    issue, commit, empty = (
        [sample for one in rounds for sample in getattr(one, name)] for name in ("issue", "commit", "empty")
    )
    floor = median(commit) + median(empty)
    return Finding(
        "issue",
        promise,
        measured.value,
        "F",
        limit,
        measured.spread,
        f"F = {ms(floor)}: the same SQL {ms(median(commit))} + an empty request {ms(median(empty))}",
        f"issue p50 {ms(median(issue))}, p99 {ms(quantile(issue, 0.99))}, {len(issue)} tickets",
    )


def measure(folder: Path, rounds: int, times: int, *, paper: bool = False, prefix: Sequence[str] = ()) -> list[Samples]:
    """Issue, floor commit and empty request in turns: what disturbs the machine disturbs all three."""
    place = make_place(folder / "office")
    seed(place)
    raw_database = copy(place, folder / "raw" / "queue.db")
    script = takes(WARM_UP + rounds * times, paper=paper)
    recording = record(copy(place, folder / "recorded" / "queue.db"), script)
    raw = RawProcess(raw_database, recording, prefix)
    office = RunningOffice(place, prefix=prefix)
    try:
        client = office.client()
        empty = client.request("GET", HEALTH)
        numbers = iter(range(WARM_UP + rounds * times))

        def one_round(count: int) -> Samples:
            samples = Samples()
            for _, number in zip(range(count), numbers, strict=False):
                _sample(client, raw, empty, number, samples, paper=paper)
            return samples

        one_round(WARM_UP)
        return [one_round(times) for _ in range(rounds)]
    finally:
        office.stop()
        raw.close()


def _sample(client: Client, raw: RawProcess, empty: bytes, number: int, into: Samples, *, paper: bool) -> None:
    """One of each, beginning with another one every time."""
    request = client.request("POST", TICKETS, body(number, paper=paper), key(number))
    for turn in range(3):
        which = (turn + number) % 3
        if which == 0:
            answer = client.send(request)
            assert answer.status == 201, answer.body
            into.issue.append(answer.took)
            if paper:
                wait_printed(client, answer.json()["id"])
        elif which == 1:
            into.commit.append(raw.next())
        else:
            into.empty.append(client.send(empty).took)


def takes(count: int, *, paper: bool = False) -> list[Asked]:
    """What the writer is asked for when the bench issues `count` tickets over HTTP, and its printer prints them."""
    script = []
    for number in range(count):
        wanted = body(number, paper=paper)
        command = TakeTicket(str(wanted["service"]), "ru", paper)
        script.append(Asked(command, "kiosk", f"http/{key(number)}"))
        if paper:
            printed = RecordSlip(number + 1, SlipState.PRINTED)
            script.append(Asked(printed, "printer", measured=False))
    return script


def body(number: int, *, paper: bool = False) -> dict[str, object]:
    """The body of the issue of that number; the services take turns."""
    return {"service": SERVICES[number % len(SERVICES)], "language": "ru", "paper": paper}


def key(number: int) -> str:
    """An idempotency key as long as a browser's."""
    return f"00000000-0000-4000-8000-{number:012d}"


def wait_printed(client: Client, ticket: int, within_s: float = 20.0) -> None:
    """Until the ticket's slip has come out."""
    until = time.monotonic() + within_s
    while client.get(f"{TICKETS}/{ticket}").json()["paper"] not in ("printed", "sent"):
        if time.monotonic() > until:
            raise TimeoutError(f"the slip of ticket {ticket} is not printed")
        time.sleep(0.01)
