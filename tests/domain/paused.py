"""Does a pause change anything but the clock? `python -m tests.domain.paused --halls 1000 --seed 1`.

Every hall is played twice, once with a pause put in at a random moment: the calls and the waits must be the same.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from tests.domain.play import Play

MINUTES = 20


class Call(NamedTuple):
    """One call, in the hall's own time; `waited_ms` is what the rules say of the wait, pauses left out."""

    at_ms: int
    ticket: int
    desk: int
    why: str
    over: int | None
    waited_ms: int


@dataclass
class Compared:
    """What came of some pairs of halls."""

    halls: int = 0
    calls_after: int = 0
    faults: list[str] = field(default_factory=list)


def calls_of(play: Play) -> list[Call]:
    """The calls of a hall in order."""
    made = []
    for seen, event in play.calls():
        issued, now = seen.before.tickets[event.ticket].issued, seen.now.moment
        waited_ms = seen.before.elapsed(issued.moment, now)
        made.append(Call(seen.at_ms, event.ticket, event.desk, event.why, event.over, waited_ms))
    return made


def compare(halls: int, first_seed: int) -> Compared:
    """Play so many pairs."""
    found = Compared()
    for seed in range(first_seed, first_seed + halls):
        at_min = Random(-seed).uniform(1, MINUTES)
        smooth = calls_of(Play(seed, MINUTES).run())
        paused = calls_of(Play(seed, MINUTES, pause_at=at_min).run())
        found.halls += 1
        found.calls_after += sum(call.at_ms >= at_min * 60_000 for call in smooth)
        if smooth != paused:
            both = zip(smooth, paused, strict=False)
            first = next((pair for pair in both if pair[0] != pair[1]), (len(smooth), len(paused)))
            found.faults.append(f"hall {seed}, pause at {at_min:.1f} min: {first}")
    return found


def main() -> int:
    """Print the figures; 1 when a pause changed anything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--halls", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    begun = time.monotonic()
    found = compare(asked.halls, asked.seed)
    print(f"halls {found.halls}, each played twice, in {time.monotonic() - begun:.0f} s, from seed {asked.seed}")
    print(f"calls after the pause: {found.calls_after}")
    print(*found.faults[:20], f"halls in which the pause changed something: {len(found.faults)}", sep="\n")
    return 1 if found.faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
