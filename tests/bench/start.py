"""Rows `start` and `memory`: from the start of the process to the first button and to the first page; what it holds."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench.client import HEALTH, Client, Screens
from tests.bench.figures import Finding
from tests.bench.issue import TICKETS, body, key, wait_printed
from tests.bench.place import make_place, seed
from tests.bench.running import Notices, RunningOffice, cpu_s, memory_mb
from tests.bench.screens import SCREENS
from tests.bench.served import wait_ticket

STARTS = 5
TICKETS_TAKEN = 500
ON_PAPER = 10
PAGES = ("/kiosk", "/kiosk/services", "/hall", "/technician", "/sim")
LIMIT_MB = 128


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds since the process was started; CPU seconds used by then."""

    ready: float
    ready_cpu: float
    pressed: float
    pressed_cpu: float
    page: float
    page_cpu: float


def run(folder: Path) -> list[Finding]:
    """Several starts with a real press on a simulated pin as soon as the office says that it is ready."""
    starts = [_start(folder / f"start-{number}") for number in range(STARTS)]
    return [
        _part(starts, "wall time", "pressed", "page", "ready"),
        _part(starts, "CPU", "pressed_cpu", "page_cpu", "ready_cpu"),
    ]


def _part(starts: Sequence[Start], what: str, first: str, last: str, ready: str) -> Finding:
    parts = [getattr(one, first) / getattr(one, last) for one in starts]
    page, pressed, said = (median(getattr(one, name) for one in starts) for name in (last, first, ready))
    return Finding(
        "start",
        f"first button committed, of the way to the first page, {what}",
        median(parts),
        "of it",
        0.35,
        (min(parts), max(parts)),
        f"the first page after {page:.2f} s",
        f"READY after {said:.2f} s, the first press in the book after {pressed:.2f} s; {len(starts)} starts",
    )


def _start(folder: Path) -> Start:
    place = make_place(folder)
    seed(place)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.settimeout(60.0)
    notices = Notices(folder)
    office = RunningOffice(
        place,
        module=("tests.bench.served", str(theirs.fileno())),
        pass_fds=[theirs.fileno()],
        notify=notices.path,
    )
    theirs.close()
    try:
        ready = notices.wait("READY=1") - office.began
        ready_cpu = cpu_s(office.pid)
        ours.send(b"press")
        _, pressed = wait_ticket(ours, 1)
        pressed_cpu = cpu_s(office.pid)
        _first_page(office)
        page = time.monotonic() - office.began
        return Start(ready, ready_cpu, pressed - office.began, pressed_cpu, page, cpu_s(office.pid))
    finally:
        office.stop()
        ours.close()
        notices.close()


def _first_page(office: RunningOffice) -> None:
    client = office.client()
    answer = client.get("/kiosk")
    assert answer.status == 200, answer.body
    client.close()


def memory(folder: Path) -> list[Finding]:
    """The office alone: Litestream and the browsers are processes of their own."""
    place = make_place(folder / "memory")
    seed(place)
    office = RunningOffice(place)
    try:
        client = office.client()
        client.get("/kiosk")
        after_start = memory_mb(office.pid)
        screens = Screens(client.port, SCREENS)
        for number in range(TICKETS_TAKEN):
            _take(client, number)
            if number % 10 == 0:
                _look(client)
        after_day = memory_mb(office.pid)
        peak = memory_mb(office.pid, "VmHWM")
        screens.close()
    finally:
        office.stop()
    return [
        Finding(
            "memory",
            f"RSS after {TICKETS_TAKEN} tickets, {SCREENS} screens open",
            after_day,
            "MB",
            LIMIT_MB,
            note=f"{after_start:.0f} MB after the first page, {peak:.0f} MB at most; {ON_PAPER} slips were printed",
        )
    ]


def _take(client: Client, number: int) -> None:
    paper = number % (TICKETS_TAKEN // ON_PAPER) == 0
    answer = client.post(TICKETS, body(number, paper=paper), key(number))
    assert answer.status == 201, answer.body
    if paper:
        wait_printed(client, answer.json()["id"])


def _look(client: Client) -> None:
    """Pages and polls as screens ask for them."""
    for path in (HEALTH, "/api/v1/hall", "/api/v1/kiosk", *PAGES):
        for language in ("ru", "uk", "en"):
            answer = client.get(f"{path}?lang={language}" if path in PAGES else path)
            assert answer.status == 200, (path, answer.body)
