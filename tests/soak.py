"""`make soak`: the long runs behind the figures. About an hour on two cores; each step prints its own table.

`python -m tests.soak [NAME ...]` runs all of them or those named; the exit code is the number that failed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

FULL: Mapping[str, Sequence[str]] = {
    "rules": ("tests.domain.soak", "--steps", "300000", "--seed", "1"),
    "starvation": ("tests.domain.starvation", "--halls", "1000", "--seed", "1"),
    "pauses": ("tests.domain.paused", "--halls", "1000", "--seed", "1"),
    "undo": ("tests.domain.undone", "--halls", "200"),
    "day-over-http": ("tests.system.day_over_http", "--visits", "300"),
    "races": ("tests.store.races", "--calls", "10000"),
    "races-outside": ("tests.system.races", "--calls", "10000", "--tickets", "4000"),
    "requests": ("tests.api.fuzz", "--requests", "2000"),
    "cuts": ("tests.faults.power", "--cuts", "2000", "--mode", "random", "--no-litestream"),
    "cuts-replicating": ("tests.faults.power", "--cuts", "300", "--mode", "random", "--litestream"),
    "cuts-normal": ("tests.faults.power", "--cuts", "100", "--mode", "random", "--no-litestream", "--sync", "NORMAL"),
    "cuts-delete": (
        "tests.faults.power",
        "--cuts",
        "100",
        "--mode",
        "random",
        "--no-litestream",
        "--journal",
        "DELETE",
    ),
    "every-operation": ("tests.faults.exhaustive", "--tickets", "60"),
    "kills": ("tests.faults.kills", "--rounds", "100"),
    "every-test": ("pytest", "-n", "4"),
    "replica": ("tests.sync.kill_matrix", "--rounds", "20"),
    "replica-centre": ("tests.centre.kill_matrix_centre", "--rounds", "20"),
    "ninety-days": ("tests.centre.ninety_days",),
    "planted-name": ("tests.centre.planted_name", "--hour-s", "2"),
    "follow": ("tests.centre.follow_soak", "--rounds", "60"),
    "two-workers": ("tests.centre.two_workers", "--offices", "20", "--rows", "20000"),
    "advice": ("tests.centre.advice_through_link", "--seeds", "20"),
    "round-trip": ("tests.centre.directive_round_trip", "--orders", "200"),
    "offline-hour": ("tests.centre.offline_hour",),
    "hostile": ("tests.centre.hostile",),
    "lossy-line": ("tests.centre.lossy_line",),
    "inbox-load": ("tests.centre.inbox_load", "--offices", "17,200,1000"),
    "link-load": ("tests.centre.link_load", "--offices", "1000"),
    "many-offices": ("tests.centre.many_offices", "--offices", "200,1000", "--seconds", "120"),
}
"""The runs by name; `cuts-normal` and `cuts-delete` are controls that must lose tickets, and say so."""


def main(names: Sequence[str]) -> int:
    """Run them one after the other, with what they print."""
    unknown = set(names) - set(FULL)
    if unknown:
        print(f"no such run: {', '.join(sorted(unknown))}; there are {', '.join(FULL)}", file=sys.stderr)
        return 2
    failed = []
    for name in names or FULL:
        command = FULL[name]
        print(f"\n== {name}: python -m {' '.join(command)}", flush=True)
        began = time.monotonic()
        env = {**os.environ, "TALON_LONG": "1"}
        code = subprocess.run([sys.executable, "-m", *command], check=False, env=env).returncode
        print(
            f"== {name}: {'as promised' if code == 0 else f'FAILED ({code})'}, {time.monotonic() - began:.0f} s",
            flush=True,
        )
        if code:
            failed.append(name)
    print(f"\n{len(failed)} of {len(names or FULL)} runs failed {' '.join(failed)}")
    return len(failed)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
