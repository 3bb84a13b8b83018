"""Generated presses through the debounce: `python -m tests.hardware.debouncing --presses 100000`.

Worn contacts bounce at both ends, spikes come between, some keys are held, some are jammed. Every press must be told
once, as what it was, and nothing else. Ends with 1 if not.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

from hardware.keys.debounce import KeyDebounce, KeyRule
from tests.hardware.waveforms import DESK, KIOSK, NAMED, Finger, edges, kinds, run


@dataclass
class Figures:
    """What became of the presses that were made. `mistaken`: told, but as something else, or noise that was told."""

    made: Counter[str] = field(default_factory=Counter)
    spikes: int = 0
    missed: int = 0
    doubled: int = 0
    mistaken: int = 0
    seconds: float = 0.0
    edges: int = 0


def meant(rule: KeyRule, seconds: float) -> list[str]:
    """What a press of this length is."""
    first = "hold" if rule.holds and seconds >= rule.hold_s else "tap"
    return [first, "stuck", "freed"] if seconds >= rule.stuck_s else [first]


def judged(rule: KeyRule, presses: int, seed: int) -> Figures:
    """Make so many presses, with noise between them, and judge them."""
    figures = Figures()
    finger = Finger(seed, rule)
    key = KeyDebounce(rule)
    key.sample(0.0, False)
    began = time.perf_counter()
    for _ in range(presses):
        noise = list(finger.noise())
        figures.spikes += len(noise) // 2
        wave = list(noise)
        told = [verdict for at, pressed in noise for verdict in key.sample(at, pressed)]
        figures.mistaken += len(told) + len(key.advance(finger.at))
        seconds = finger.seconds()
        wave = list(finger.press(seconds))
        figures.edges += len(wave) + len(noise)
        told = [verdict for at, pressed in wave for verdict in key.sample(at, pressed)]
        found = kinds([*told, *key.advance(finger.at)])
        wanted = meant(rule, seconds)
        figures.made[wanted[-1] if len(wanted) == 1 else "stuck"] += 1
        count = found.count("tap") + found.count("hold")
        figures.missed += count == 0
        figures.doubled += count > 1
        figures.mistaken += count == 1 and found != wanted
    figures.seconds = time.perf_counter() - began
    return figures


def main() -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--presses", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(f"{'key':<8}{'presses':>9}{'taps':>8}{'holds':>7}{'stuck':>7}{'spikes':>9}{'missed':>8}{'doubled':>9}"
          f"{'mistaken':>10}{'us/edge':>9}")  # fmt: skip
    wrong = 0
    for name, rule in (("desk", DESK), ("kiosk", KIOSK)):
        got = judged(rule, options.presses, options.seed)
        wrong += got.missed + got.doubled + got.mistaken
        print(
            f"{name:<8}{options.presses:>9}{got.made['tap']:>8}{got.made['hold']:>7}{got.made['stuck']:>7}"
            f"{got.spikes:>9}{got.missed:>8}{got.doubled:>9}{got.mistaken:>10}{got.seconds / got.edges * 1e6:>9.1f}"
        )
    print(f"\n{'waveform':<58}{'desk':<22}{'kiosk':<22}")
    for name, (spans, desk, kiosk) in NAMED.items():
        found = kinds(run(DESK, edges(*spans))), kinds(run(KIOSK, edges(*spans)))
        wrong += found != (desk, kiosk)
        print(f"{name:<58}{', '.join(found[0]) or '-':<22}{', '.join(found[1]) or '-':<22}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
