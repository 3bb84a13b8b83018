"""An office an hour without a line, and twenty orders meanwhile, of which every second has expired when it comes back:
`python -m tests.centre.offline_hour`.

It applies exactly the unexpired ones, in their order, and says of each of the others that it expired. The hour is the
time between order and term, scaled: `--minute 1` makes a minute of it a second. The office works on all the while.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from pathlib import Path

from tests.centre.link_rig import OFFICE, rig, wait_until

ORDERS = 20
HOUR_MIN = 60
SHORT_MIN, LONG_MIN = 10, 600


def main() -> int:
    """Run and print; 0 when all is well."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--minute", type=float, default=1.0, help="seconds of a minute")
    options = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="talon-offline-") as folder, rig(Path(folder)) as one:
        with one.office():
            wait_until(lambda: OFFICE in one.centre.link.connected(), 60, "the office listens")
            wait_until(lambda: one.centre.network.image(OFFICE) is not None, 60, "its data have come")
            one.cut_line()
            wait_until(lambda: OFFICE not in one.centre.link.connected(), 60, "the line is gone")
            began = time.monotonic()
            orders = []
            for number in range(ORDERS):
                short = number % 2 == 1
                ttl_s = max(5, int((SHORT_MIN if short else LONG_MIN) * options.minute))
                orders.append(one.issue("open-desk", {"desk": number // 2 + 1}, ttl_s=ttl_s))
                time.sleep(options.minute)
            queued = [order.fate.value for order in one.centre.directives.open_orders()]
            left_s = HOUR_MIN * options.minute - (time.monotonic() - began)
            time.sleep(max(left_s, (SHORT_MIN + 2) * options.minute, 6.0))
            early = len(one.outcomes())
            one.mend_line()
            back = time.monotonic()
            wait_until(lambda: len(one.outcomes()) == ORDERS, 180, "every order has its outcome")
            settled_s = time.monotonic() - back
            ids = [order.id for order in orders]
            wait_until(lambda: all(id in one.arrived.settled for id in ids), 120, "the outcomes are at the centre")
            arrived_s = time.monotonic() - back
        outcomes = [outcome for _, _, outcome in one.outcomes()]
        wanted = ["expired" if n % 2 else "applied" for n in range(ORDERS)]
        fates = [order.fate.value for order in reversed(one.centre.directives.orders(OFFICE)) if order.author == "u1"]
    print(f"while offline: {early} settled, fates at the centre {sorted(set(queued))}")
    print(f"line back to the last outcome in the journal: {settled_s:.1f} s, at the centre {arrived_s:.1f} s")
    print("outcomes:", " ".join(outcomes))
    good = outcomes == wanted and fates == wanted and early == 0
    print("exactly the unexpired ones, in order:", good)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
