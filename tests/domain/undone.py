"""Does undo restore everything? `python -m tests.domain.undone --halls 200 --seed 1`.

After every act of random halls that a desk could take back, a copy of the office takes it back at once: every ticket
and every desk must be as it was.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from dataclasses import dataclass, field, replace

from appliance.domain.message import Record
from appliance.domain.office import Desk, Office, Ticket, Undo
from appliance.domain.rules import decide, evolve
from appliance.domain.undoing import UndoLast
from appliance.store import rows
from tests.domain.play import Play, Seen


@dataclass
class Restored:
    """What was taken back: by the kinds of the act's events. A fault is a sentence."""

    acts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def watch(self, play: Play) -> None:
        """Take every act of a hall back."""
        for seen in play.seen:
            desks = [d for d in seen.after.desks if _may_undo_anew(seen, d)]
            for desk in desks:
                self._take_back(play, seen, desk, alone=all(desk in event.desks() for event in seen.events))

    def _take_back(self, play: Play, seen: Seen, desk: int, *, alone: bool) -> None:
        act = seen.after.desks[desk].undo
        assert act is not None
        kinds = " + ".join(type(event).__name__ for event in seen.events if desk in event.desks())
        self.acts[kinds] += 1
        office = seen.after
        for event in decide(office, UndoLast(desk), seen.now):
            record = Record(office.seq + 1, seen.now.moment, "test", event)
            office = evolve(office, record, play.plans.__getitem__)
        tickets = list(seen.before.tickets) if alone else [ticket.id for ticket in act.before]
        for number in tickets:
            was, now = seen.before.tickets[number], office.tickets[number]
            if _row(was) != _row(_reheard(was, now, by_timer=_by_timer(act))):
                self.faults.append(f"hall {play.seed}: {kinds}: {was} came back as {now}")
        for number in list(seen.before.desks) if alone else [desk]:
            if _desk_row(seen.before, number) != _desk_row(office, number):
                self.faults.append(f"hall {play.seed}: {kinds}: {office.desks[number]}")


def _may_undo_anew(seen: Seen, desk: int) -> bool:
    before: Desk | None = seen.before.desks.get(desk)
    undo = seen.after.desks[desk].undo
    return undo is not None and (before is None or before.undo is not undo)


def _by_timer(act: Undo) -> bool:
    """Whether the timer did it: a start that nobody pressed, or a no-show that nobody saw."""
    end = act.after[0]
    return end.inferred if act.kind == "ServiceStarted" else act.kind == "TicketMissed" and end.by_system


def _reheard(was: Ticket, now: Ticket, *, by_timer: bool) -> Ticket:
    """What the timer did and somebody takes back counts as a call heard now, or the next tick would do it again."""
    return replace(now, heard=was.heard) if by_timer else now


def _row(ticket: Ticket) -> rows.Row:
    return rows.ticket_row(ticket, 1)


def _desk_row(office: Office, number: int) -> rows.Row:
    return rows.desk_row(office.desks[number])


def watch(halls: int, first_seed: int) -> Restored:
    """Play so many halls."""
    found = Restored()
    for seed in range(first_seed, first_seed + halls):
        found.watch(Play(seed, minutes=12).run())
    return found


def main() -> int:
    """Print the figures; 1 when anything came back otherwise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--halls", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    begun = time.monotonic()
    found = watch(asked.halls, asked.seed)
    print(f"halls {asked.halls}, acts {found.acts.total()} in {time.monotonic() - begun:.0f} s, from seed {asked.seed}")
    print(*(f"{count:7} {kinds}" for kinds, count in found.acts.most_common()), sep="\n")
    print(*found.faults[:10], f"not restored: {len(found.faults)}", sep="\n")
    return 1 if found.faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
