"""A working office behind a line that loses three packets in ten: `python -m tests.centre.lossy_line` (root, nftables).

Everything runs in a network namespace of its own, whose loopback carries packets as small as a real line's; nftables
drops 30 % of all that goes between the office and the centre, in both directions. The office serves a visitor every
second, the centre gives an order every few seconds. Nothing is asked of the speed: orders must be applied once each and
in order, and when the work ends the mirror must become equal to the office's database, row by row, without a doubt
left on the wall.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tests.centre.link_rig import OFFICE, Rig, quantile, rig, wait_until
from tests.centre.ninety_days import tables
from tests.sync import helpers
from tests.system.offices import OfficeRun

INSIDE = "TALON_LOSSY_NAMESPACE"
MTU = 1500
DESKS = 10
SETTLE_S = 600.0


def why_not() -> str:
    """What is missing here, empty when nothing is."""
    missing = [tool for tool in ("unshare", "ip", "nft") if shutil.which(tool) is None]
    if missing:
        return f"{', '.join(missing)} not installed"
    return "" if os.geteuid() == 0 else "not root"


def lose(ports: Sequence[int], percent: int) -> None:
    """Drop this share of what goes to and from those ports of this namespace."""
    those = ", ".join(map(str, ports))
    rules = f"""
    table inet line {{
        counter carried {{ }}
        counter dropped {{ }}
        chain loses {{
            counter name "carried"
            numgen random mod 100 < {percent} counter name "dropped" drop
        }}
        chain arriving {{
            type filter hook input priority 0
            tcp dport {{ {those} }} jump loses
            tcp sport {{ {those} }} jump loses
        }}
    }}
    """
    subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)


def packets() -> tuple[int, int]:
    """How many packets came to the rules, and how many were dropped."""
    told = subprocess.run(["nft", "-j", "list", "counters"], capture_output=True, text=True, check=True).stdout
    found = {
        one["counter"]["name"]: one["counter"]["packets"] for one in json.loads(told)["nftables"] if "counter" in one
    }
    return found["carried"], found["dropped"]


class Visitors:
    """One a second takes a number."""

    def __init__(self, office: OfficeRun) -> None:
        self._office, self.taken, self.failed = office, 0, 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._ended.wait(1.0):
            status, _ = self._office.ask("POST", "/api/v1/tickets", {"service": "s0", "paper": False})
            self.taken += status == 201
            self.failed += status != 201

    def end(self) -> None:
        self._ended.set()
        self._thread.join(20)


def mirror_of(one: Rig) -> Path | None:
    """The centre's copy of the office's database."""
    return next(one.centre.config.mirrors.rglob("queue.db"), None)


def equal(one: Rig, copy: Path) -> bool:
    """Whether the mirror holds what the office does, row by row."""
    mirror = mirror_of(one)
    with suppress(OSError, ValueError):
        return mirror is not None and tables(mirror) == tables(helpers.copy_of(one.queue_db, copy))
    return False


def run(one: Rig, seconds: float, percent: int, every_s: float) -> int:
    """Work, lose, settle, compare; 0 when all is well."""
    with one.office() as office:
        wait_until(lambda: OFFICE in one.centre.link.connected(), 60, "the office listens")
        wait_until(lambda: one.centre.network.image(OFFICE) is not None, 60, "its data have come")
        lose([way.port for way in one.ways], percent)
        pulses_before, ages, orders = one.centre.link.counts.pulses, [], []
        visitors = Visitors(office)
        until = next_order = time.monotonic()
        until += seconds
        while time.monotonic() < until:
            if time.monotonic() >= next_order:
                next_order += every_s
                kind = ("open-desk", "close-desk")[len(orders) // DESKS % 2]
                orders.append(one.issue(kind, {"desk": len(orders) % DESKS + 1}, ttl_s=3600))
            image = one.centre.network.image(OFFICE)
            if image is not None:
                ages.append(time.time() - image.complete_ms / 1000)
            time.sleep(0.25)
        visitors.end()
        ended = time.monotonic()
        wait_until(lambda: len(one.outcomes()) == len(orders), SETTLE_S, "every order has its outcome")
        wait_until(lambda: all(order.id in one.arrived.settled for order in orders), SETTLE_S, "outcomes are back")
        copy = one.folder / "copy"
        copy.mkdir()
        wait_until(lambda: equal(one, copy), SETTLE_S, "the mirror is equal")
        settled_s = time.monotonic() - ended
        pulses = one.centre.link.counts.pulses - pulses_before
        told = [order.id for order in orders]
    heard = {event.id for event in (record.event for record in one.settled())}  # type: ignore[attr-defined]
    every, lost = packets()
    doubts = one.centre.network.doubts(OFFICE)
    print(f"{visitors.taken} visitors, {visitors.failed} without a number; {len(orders)} orders, {pulses} pulses")
    print(f"packets: {lost} of {every} lost ({100 * lost / max(every, 1):.1f} %)")
    print(
        f"data age at the centre: p50 {quantile(ages, 0.5):.1f} s, p95 {quantile(ages, 0.95):.1f}, most {max(ages):.1f}"
    )
    print(f"settled {settled_s:.1f} s after the last visitor; doubts left: {sorted(doubts)}")
    good = heard >= set(told) and not doubts and lost > every // 5 and not visitors.failed
    print("orders once each and in order, mirror equal:", good)
    return 0 if good else 1


def main() -> int:
    """Run and print; 0 when all is well."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--percent", type=int, default=30)
    parser.add_argument("--order-every", type=float, default=6.0, help="seconds")
    options = parser.parse_args()
    if reason := why_not():
        print(f"not here: {reason}")
        return 0
    if INSIDE not in os.environ:
        again = ["unshare", "-n", sys.executable, "-m", "tests.centre.lossy_line", *sys.argv[1:]]
        return subprocess.run(again, env={**os.environ, INSIDE: "1"}, check=False).returncode
    subprocess.run(["ip", "link", "set", "lo", "mtu", str(MTU), "up"], check=True)
    logging.basicConfig(level=logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="talon-lossy-") as folder, rig(Path(folder)) as one:
        return run(one, options.seconds, options.percent, options.order_every)


if __name__ == "__main__":
    sys.exit(main())
