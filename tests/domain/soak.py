"""The machines for long: `python -m tests.domain.soak --steps 200000 --seed 1 [--file]`; prints what was tried.

Each round is one Hypothesis run with its own seed, without shrinking; a divergence is counted, shown and left behind.
"""

from __future__ import annotations

import argparse
import logging
import time
import traceback
from collections import Counter

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from appliance.domain.codec import KINDS
from appliance.domain.keys import Press
from appliance.domain.rules import DECIDERS
from tests.domain.bench import Tally
from tests.domain.machine import Hall, HallOnFile

EXAMPLES, STEPS = 100, 60


def soak(steps: int, first_seed: int, machine: type[Hall]) -> tuple[Tally, int]:
    """Run until so many commands have been given; the tally and the number of divergences."""
    machine.tally = tally = Tally()
    divergences, number = 0, first_seed
    once = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )
    while tally.steps < steps:
        try:
            run_state_machine_as_test(seed(number)(machine), settings=once)
        except Exception as error:
            divergences += 1
            where = traceback.extract_tb(error.__traceback__)[-1]
            print(f"seed {number}: {where.name}: {error!r:.2000}", flush=True)
        number += 1
    return tally, divergences


def main() -> int:
    """Print the figures; 1 when anything diverged."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--file", action="store_true", help="through the writer on a file (slower)")
    asked = parser.parse_args()
    logging.disable(logging.ERROR)
    begun = time.monotonic()
    tally, divergences = soak(asked.steps, asked.seed, HallOnFile if asked.file else Hall)
    seconds = time.monotonic() - begun
    print(f"steps {tally.steps} in {seconds:.0f} s, from seed {asked.seed}")
    for title, counted in (
        ("commands", tally.commands),
        ("events", tally.events),
        ("refusals", tally.refusals),
        ("why called", tally.whys),
    ):
        print(f"{title}: {_told(counted)}")
    for title, all_of_them, counted in (
        ("commands", {kind.__name__ for kind in (*DECIDERS, Press)}, tally.commands),
        ("events", set(KINDS), tally.events),
    ):
        missed = sorted(all_of_them - set(counted))
        print(f"kinds of {title}: {len(counted)} of {len(all_of_them)}", *missed)
    print(f"divergences: {divergences}")
    return 1 if divergences else 0


def _told(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counted.items()))


if __name__ == "__main__":
    raise SystemExit(main())
