"""Slips under trouble: `python -m tests.hardware.paper_trouble --slips 2000 --seed 1`.

Offices with printers of every kind issue tickets while paper ends, covers open, power and plugs are pulled, answers
come late, torn or not at all, and the process of the office dies. It prints what became of the slips, and ends with 1
when a visitor has no number, or a number is on two unmarked papers. `unproven` counts confirmations without a whole
paper: a power cut shorter than the way of a slip down the line can lose its head and still confirm its end. `--control`
breaks a rule on purpose.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

from tests.hardware.troubled_office import Kind, Tally, TroubledOffice

KINDS = (
    Kind("serial", "process-id"),
    Kind("serial", "process-id", raster=True),
    Kind("serial", "gs-r"),
    Kind("serial", "none"),
    Kind("usb", "process-id"),
    Kind("usb", "gs-r"),
    Kind("tcp", "process-id"),
    Kind("tcp", "gs-r", raster=True),
)
CONTROLS = {
    "none": "the office as it is",
    "reprint": "what may have come out is printed again without a mark: numbers on two unmarked papers",
    "believe": "printers that confirm at once are believed: confirmations without a paper",
}


def run(slips: int, seed: int, control: str = "none", folder: Path | None = None) -> list[tuple[Kind, Tally]]:
    """One office of each kind, all at once."""
    kinds = KINDS
    if control == "believe":
        kinds = tuple(replace(kind, lies=True) for kind in KINDS if kind.confirm != "none")
    with tempfile.TemporaryDirectory(dir=folder) as root:
        offices = []
        for number, kind in enumerate(kinds):
            share = slips // len(kinds) + (number < slips % len(kinds))
            office = TroubledOffice(
                Path(root) / str(number), kind, seed * 1000 + number, share, careless=control == "reprint"
            )
            offices.append((kind, office))
        threads = [threading.Thread(target=office.run, name=str(kind), daemon=True) for kind, office in offices]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [(kind, office.tally) for kind, office in offices]


def report(results: list[tuple[Kind, Tally]], seconds: float) -> Tally:
    """Print the table; the sum."""
    states = ("printed", "sent", "unknown", "expired", "queued")
    print(f"{'printer':<24}{'issued':>7}" + "".join(f"{state:>9}" for state in states), end="")
    print(f"{'copies':>8}{'papers':>8}{'torn':>6}{'lost':>6}{'doubled':>9}{'unproven':>10}")
    total = Tally()
    for kind, tally in results:
        total.add(tally)
        _row(str(kind), tally, states)
    _row("all", total, states)
    print(f"\n{total.restarts} restarts; " + ", ".join(f"{name} {n}" for name, n in sorted(total.faults.items())))
    print(f"{seconds:.0f} s; databases that verify does not find clean: {total.unclean}")
    for note in total.notes[:20]:
        print(f"  {note}")
    return total


def _row(name: str, tally: Tally, states: tuple[str, ...]) -> None:
    print(f"{name:<24}{tally.issued:>7}" + "".join(f"{tally.states[state]:>9}" for state in states), end="")
    print(
        f"{tally.copies:>8}{tally.papers:>8}{tally.torn:>6}{tally.lost:>6}{tally.doubled:>9}{tally.unproven:>10}",
        flush=True,
    )


def main() -> int:
    """Run and print; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--slips", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--control", choices=CONTROLS, default="none")
    args = parser.parse_args()
    logging.disable(logging.CRITICAL)
    print(f"{args.slips} slips, seed {args.seed}: {CONTROLS[args.control]}\n")
    began = time.monotonic()
    results = run(args.slips, args.seed, args.control)
    total = report(results, time.monotonic() - began)
    return 1 if total.lost or total.doubled or total.unclean else 0


if __name__ == "__main__":
    sys.exit(main())
