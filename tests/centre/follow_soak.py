"""Random troubles between an office and the centre, many rounds: `python -m tests.centre.follow_soak --rounds 100`.

Each round: pieces lost, late and doubled, power cuts that lose entries, replaced cards, restarts of the centre. Prints
how often which doubt was shown. Exit status 1 when an image goes back, stops or errs without a doubt.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.centre.test_follow_random import Trouble

STEPS = 40


def main() -> int:
    """Play the rounds and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1000)
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    seen: Counter[str] = Counter()
    wrong = 0
    for seed in range(options.seed, options.seed + options.rounds):
        with tempfile.TemporaryDirectory(prefix="talon-follow-") as folder:
            trouble = Trouble(Path(folder), seed)
            try:
                for _ in range(STEPS):
                    seen[trouble.step()] += 1
                    image = trouble.centre.image()
                    seen["believed" if image.doubt is None else f"doubt {image.doubt.reason}, {image.doubt.cure}"] += 1
                    trouble.true(image)
                trouble.heal()
            except AssertionError as error:
                wrong += 1
                print(f"seed {seed}: {str(error)[:200]}")
            finally:
                trouble.close()
    for name, count in sorted(seen.items()):
        print(f"{name:<32}{count:>8}")
    print(f"{options.rounds} rounds of {STEPS} steps, unannounced: {wrong}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
