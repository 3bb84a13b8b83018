"""Is anybody starved, or called to the wrong desk? `python -m tests.domain.starvation --halls 1000 --seed 1`.

Overloaded halls are played through the rules; a witness that shares no code with the calling order reads every call.
Who is called with a claim that is then refused has passed nobody: the visitor waits again in the order of issue.
Who is sent to another service has the norm of that one from then on, so the passes are counted anew.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from appliance.domain.calling import TicketCalled
from appliance.domain.office import DeskState, Office, Ticket, TicketState
from appliance.domain.priority import CategoryRefused
from appliance.domain.visits import TicketSent
from tests.domain.clock import MINUTE
from tests.domain.model_plan import Facts
from tests.domain.play import Play, Seen

BY_NUMBER = ("picked",)


@dataclass
class Witness:
    """What was seen in some halls. A fault is a sentence; none is what must be found.

    `most`: how often an ordinary ticket past its norm was passed for the first time, the second and so on.
    """

    halls: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    most: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def watch(self, play: Play) -> None:
        """Read every call of a hall."""
        self.halls += 1
        facts = Facts.read(play.hall.document)
        issued = {t: seen.at_ms for seen in play.seen for t in _issued(seen)}
        passed_by: dict[int, set[int]] = defaultdict(set)
        for seen in play.seen:
            for event in seen.events:
                if isinstance(event, TicketCalled | TicketSent):
                    passed_by.pop(event.ticket, None)
                if isinstance(event, TicketCalled):
                    self._watch_call(play.seed, facts, seen, event, issued, passed_by)
                elif isinstance(event, CategoryRefused):
                    for others in passed_by.values():
                        others.discard(event.ticket)

    def _watch_call(
        self,
        hall: int,
        facts: Facts,
        seen: Seen,
        event: TicketCalled,
        issued: Mapping[int, int],
        passed_by: dict[int, set[int]],
    ) -> None:
        called = seen.before.tickets[event.ticket]
        self.calls[event.why] += 1
        if not may_serve(facts, seen.before, event.desk, called):
            self.faults.append(f"hall {hall}: {called.id} was called to desk {event.desk}, which can't serve it")
        if event.back or event.why in BY_NUMBER or not is_privileged(facts, called):
            return
        for ticket in _held_up(facts, seen, event, issued):
            passed_by[ticket].add(called.id)
            self.most[len(passed_by[ticket])] += 1
            if len(passed_by[ticket]) > facts.policy["passes"]:
                self.faults.append(f"hall {hall}: {ticket} was passed by {sorted(passed_by[ticket])}")


def _issued(seen: Seen) -> list[int]:
    return [ticket for event in seen.events for ticket in event.tickets() if ticket not in seen.before.tickets]


def _held_up(facts: Facts, seen: Seen, event: TicketCalled, issued: Mapping[int, int]) -> list[int]:
    """The ordinary tickets past their norm that this desk might have called, and that stand before the called one."""
    office, called = seen.before, seen.before.tickets[event.ticket]
    return [
        ticket.id
        for ticket in office.tickets.values()
        if ticket.state is TicketState.WAITING
        and ticket.place < called.place
        and not is_privileged(facts, ticket)
        and seen.at_ms - issued[ticket.id] >= facts.wait_norm(ticket.service) * MINUTE
        and may_call(facts, office, event.desk, ticket)
    ]


def is_privileged(facts: Facts, ticket: Ticket) -> bool:
    """Whether the category counts: seen, or looked at only at the desk."""
    if ticket.category is None or ticket.confirmed is False:
        return False
    return bool(ticket.confirmed) or not facts.categories[ticket.category]["confirm_first"]


def may_serve(facts: Facts, office: Office, desk: int, ticket: Ticket) -> bool:
    """Whether the desk takes the service, with whoever is signed in."""
    return facts.level(desk, ticket.service, ticket.purpose, office.desks[desk].operator) > 0


def may_call(facts: Facts, office: Office, desk: int, ticket: Ticket) -> bool:
    """Whether the ticket doesn't wait for another desk."""
    if not may_serve(facts, office, desk, ticket):
        return False
    if ticket.for_desk == desk:
        return True

    def takes(number: int) -> bool:
        return office.desks[number].state is not DeskState.CLOSED and may_serve(facts, office, number, ticket)

    def meets(number: int) -> bool:
        return set(ticket.needs) <= set(facts.desks[number]["needs"])

    if ticket.for_desk is not None and takes(ticket.for_desk):
        return False
    return meets(desk) or not any(takes(number) and meets(number) for number in facts.desks)


def watch(halls: int, first_seed: int) -> Witness:
    """Play so many halls."""
    witness = Witness()
    for seed in range(first_seed, first_seed + halls):
        witness.watch(Play(seed).run())
    return witness


def main() -> int:
    """Print the figures; 1 when anybody was starved or called to the wrong desk."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--halls", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    begun = time.monotonic()
    found = watch(asked.halls, asked.seed)
    print(
        f"halls {found.halls}, calls {found.calls.total()} in {time.monotonic() - begun:.0f} s, from seed {asked.seed}"
    )
    print("why called:", ", ".join(f"{why or 'back'} {count}" for why, count in sorted(found.calls.items())))
    told = ", ".join(f"{count} by the {number}." for number, count in sorted(found.most.items()))
    print(f"passed after their norm: {told} such passing")
    print(*found.faults[:20], f"faults: {len(found.faults)}", sep="\n")
    return 1 if found.faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
