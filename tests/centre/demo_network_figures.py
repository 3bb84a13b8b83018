"""The demonstration network measured: `python -m tests.centre.demo_network_figures --offices 17 --minutes 5 [--tls]`.

Everything is real: the centre, the offices with their demo visitors, Litestream, the links (and stunnel with `--tls`).
Told: how long an entry takes from its commit to the centre's image and to an open wall, and what the centre, one
office, its Litestream, its link and its tunnel cost. Exits with 1 when a p99 is over 3 s, when nothing came, or when a
process ended by itself.
"""

from __future__ import annotations

import argparse
import logging
import re
import socket
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from statistics import median

from appliance.demo.district import OFFICES
from appliance.demo.network import Network, begin
from tests.centre.many_offices import P99_S, busy_share, machine, metrics
from tests.centre.processes import Cost, below, costs, kind_of
from tests.centre.wall_client import WallClient, quantile

SETTLE_S = 75.0
"""Until what came while everything started is older than the minute that counts as fresh."""


def free_range(length: int) -> int:
    """The first of so many neighbouring ports of the loopback that nobody listens on now."""
    for first in range(21_000, 30_000, 100):
        try:
            for port in range(first, first + length):
                with socket.socket() as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    raise RuntimeError("no free ports")


def admin_code(folder: Path) -> str:
    found = re.search(r"code (\S+)", (folder / "admin.txt").read_text(encoding="utf-8"))
    assert found is not None
    return found[1]


def kinds_of(network: Network) -> Mapping[int, str]:
    """Every process of the network and what it is."""
    found = {network.centre.pid: "centre"}
    for process in network.offices.values():
        found[process.pid] = "office"
        found |= {pid: kind_of(pid) for pid in below(process.pid)}
    return found


def tell_costs(kinds: Mapping[int, str], before: Mapping[int, Cost], after: Mapping[int, Cost], took_s: float) -> None:
    """A line for each kind of process: CPU of a core, and memory, of the middle one and the largest."""
    by_kind: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for pid, kind in kinds.items():
        if pid in before and pid in after:
            cpu = 100 * (after[pid].cpu_s - before[pid].cpu_s) / took_s
            by_kind[kind].append((cpu, after[pid].rss / 1e6))
    for kind, found in sorted(by_kind.items()):
        cpus, sizes = [cpu for cpu, _ in found], [size for _, size in found]
        print(
            f"  {kind:<12} x{len(found):<3} CPU {median(cpus):5.2f} % of a core (most {max(cpus):.2f} %), "
            f"{median(sizes):.0f} MB (most {max(sizes):.0f} MB)"
        )


def run(offices: int, minutes: float, *, tls: bool) -> bool:
    with tempfile.TemporaryDirectory(prefix="talon-figures-") as name:
        folder = Path(name)
        network = begin(folder, free_range(offices + 12), OFFICES[:offices], lambda _: None, tls=tls)
        processes = {"centre": network.centre, **network.offices}
        wall = WallClient(network.pages_url, admin_code(folder))
        port = int(network.pages_url.rpartition(":")[2])
        try:
            print(f"... {offices} offices run; measuring begins in {SETTLE_S:.0f} s", file=sys.stderr, flush=True)
            time.sleep(SETTLE_S)
            wall.start({office: folder / office / "data" / "queue.db" for office in network.offices})
            kinds = kinds_of(network)
            told, before, stat, began = metrics(port), costs(list(kinds)), machine(), time.monotonic()
            time.sleep(60 * minutes)
            after, took_s, busy = costs(list(kinds)), time.monotonic() - began, busy_share(stat, machine())
            last = metrics(port)
            gone = [one for one, process in processes.items() if process.poll() is not None]
        finally:
            wall.stop()
            network.stop()
        print(
            f"{offices} real offices{' over TLS' if tls else ''}, {took_s:.0f} s: "
            f"{(last['talon_centre_entries_total'] - told['talon_centre_entries_total']) / took_s:.1f} entries/s, "
            f"{(last['talon_inbox_puts_total'] - told['talon_inbox_puts_total']) / took_s:.1f} objects/s; "
            f"the machine was busy for {100 * busy:.0f} %"
        )
        p50, p95, p99 = (last.get(f'talon_centre_lag_seconds{{quantile="{q}"}}') for q in ("0.5", "0.95", "0.99"))
        if p50 is None or p95 is None or p99 is None or not wall.lags:
            print("  nothing came")
            return False
        print(f"  commit to image: p50 {p50:.2f} s, p95 {p95:.2f} s, p99 {p99:.2f} s")
        print(f"  commit to wall:  {wall.told()}")
        tell_costs(kinds, before, after, took_s)
        if gone:
            print(f"  ended by themselves: {', '.join(gone)}")
        return not gone and max(p99, quantile(wall.lags, 0.99)) <= P99_S


def main() -> int:
    """Run and print; 0 when all is well."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--offices", type=int, default=len(OFFICES))
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--tls", action="store_true")
    options = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    return 0 if run(options.offices, options.minutes, tls=options.tls) else 1


if __name__ == "__main__":
    raise SystemExit(main())
