"""Row `screens`: from the publishing of a commit to the last of thirty screens, against an empty request."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from statistics import median

from tests.bench.client import HEALTH, Client, Screens
from tests.bench.figures import Finding, ms, quantile, ratio
from tests.bench.place import make_place, seed
from tests.bench.running import RunningOffice
from tests.bench.served import wait_ticket

SCREENS = 30
ROUNDS = 6
TIMES = 40
WARM_UP = 20


def run(folder: Path) -> list[Finding]:
    """Tickets are given without HTTP, as by a button; the bench reads all screens in one process."""
    place = make_place(folder / "screens")
    seed(place)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    module = ("tests.bench.served", str(theirs.fileno()))
    office = RunningOffice(place, module=module, pass_fds=[theirs.fileno()])
    theirs.close()
    ours.settimeout(10.0)
    try:
        client = office.client()
        screens = Screens(client.port, SCREENS)
        _round(ours, screens, client, 0, WARM_UP)
        rounds = [_round(ours, screens, client, WARM_UP + n * TIMES, TIMES) for n in range(ROUNDS)]
        screens.close()
    finally:
        office.stop()
        ours.close()
    found = ratio([(heard, median(empty)) for heard, empty, _ in rounds])
    heard = [sample for one, _, _ in rounds for sample in one]
    empty = [sample for _, one, _ in rounds for sample in one]
    pressed = [sample for _, _, one in rounds for sample in one]
    return [
        Finding(
            "screens",
            f"publish to the last of {SCREENS} screens, p50",
            found.value,
            "empty requests",
            10,
            found.spread,
            f"an empty request {ms(median(empty))}",
            f"p50 {ms(median(heard))}, p99 {ms(quantile(heard, 0.99))}; "
            f"from the order to the last screen p50 {ms(median(pressed))}",
        )
    ]


def _round(
    orders: socket.socket, screens: Screens, client: Client, given: int, times: int
) -> tuple[list[float], list[float], list[float]]:
    """Seconds from publish to the last screen, of empty requests, and from the order to the last screen."""
    heard, empty, pressed = [], [], []
    request = client.request("GET", HEALTH)
    for ticket in range(given + 1, given + times + 1):
        began = time.monotonic()
        orders.send(b"ticket")
        seq, published = wait_ticket(orders, ticket)
        last = screens.wait_all(seq)
        if last is None:
            raise TimeoutError(f"a screen was not told of entry {seq}")
        heard.append(last - published)
        pressed.append(last - began)
        empty.append(client.send(request).took)
    return heard, empty, pressed
