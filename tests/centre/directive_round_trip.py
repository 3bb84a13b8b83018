"""From an order at the centre to its effect at the office and back on the image:
`python -m tests.centre.directive_round_trip --orders 200`.

A real centre, a real office process with its link, a real Litestream (once a second). Orders open and close desks in
turn, at moments that have nothing to do with Litestream's second. Fails when one isn't applied, or not in order, or
when a percentile is above its bound.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.centre.link_rig import OFFICE, Rig, quantile, rig, wait_until

DESKS = 14
EFFECT_P99_MS = 2000.0
BACK_P99_MS = 6000.0


def round_trips(one: Rig, orders: int, chance: random.Random) -> tuple[list[float], list[float], list[str]]:
    """Milliseconds from each order to its effect and to the image, and what went wrong."""
    effects: list[float] = []
    backs: list[float] = []
    wrong: list[str] = []
    is_open = dict.fromkeys(range(1, DESKS + 1), False)
    for number in range(orders):
        time.sleep(chance.uniform(0.05, 0.5))
        desk = number % DESKS + 1
        kind = "close-desk" if is_open[desk] else "open-desk"
        began = time.monotonic()
        order = one.issue(kind, {"desk": desk})
        found = one.arrived.wait(order.id, 60.0)
        if found is None:
            wrong.append(f"{order.seq}: no outcome in 60 s")
            continue
        at, record = found
        outcome = getattr(record.event, "outcome", "")
        if outcome != "applied":
            wrong.append(f"{order.seq}: {outcome} {getattr(record.event, 'code', '')}")
            continue
        is_open[desk] = not is_open[desk]
        # Both processes read the same wall clock here.
        effects.append(float(record.moment.at_ms - order.issued_ms))
        backs.append((at - began) * 1000)
    return effects, backs, wrong


def main() -> int:
    """Run and print; 0 when all is well."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--orders", type=int, default=200)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--interval-ms", type=int, default=1000, help="how often Litestream sends")
    parser.add_argument("--tls", action="store_true", help="with certificates on both sides")
    options = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    with (
        tempfile.TemporaryDirectory(prefix="talon-round-trip-") as folder,
        rig(Path(folder), tls=options.tls, interval_ms=options.interval_ms) as one,
    ):
        with one.office():
            wait_until(lambda: OFFICE in one.centre.link.connected(), 60, "the office listens")
            wait_until(lambda: one.centre.network.image(OFFICE) is not None, 60, "the office's data have come")
            effects, backs, wrong = round_trips(one, options.orders, random.Random(options.seed))
        settled = len(one.outcomes())
        if settled != options.orders:
            wrong.append(f"the journal has {settled} outcomes of {options.orders}")
        if not effects:
            print("nothing was applied")
            return 1
        print(f"{'ms from the order to':<28}{'p50':>8}{'p95':>8}{'p99':>8}{'max':>8}")
        for name, values in (("its effect at the office", effects), ("the image at the centre", backs)):
            shares = [quantile(values, share) for share in (0.5, 0.95, 0.99)]
            print(f"{name:<28}" + "".join(f"{value:8.0f}" for value in (*shares, max(values))))
        print(f"{len(effects)} of {options.orders} applied, in order: {not wrong}")
        if quantile(effects, 0.99) > EFFECT_P99_MS:
            wrong.append(f"effect p99 above {EFFECT_P99_MS:.0f} ms")
        if quantile(backs, 0.99) > BACK_P99_MS:
            wrong.append(f"image p99 above {BACK_P99_MS:.0f} ms")
        for line in wrong:
            print("WRONG:", line)
        return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
