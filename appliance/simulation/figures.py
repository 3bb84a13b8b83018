"""The figures of simulated days, from their journals alone; docs/estimates.md has the definitions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from appliance.domain.calling import TicketCalled, TicketMissed
from appliance.domain.desks import DeskOpened
from appliance.domain.message import Record
from appliance.domain.plan import Plan
from appliance.domain.serving import ServiceFinished, TicketReturned
from appliance.domain.tickets import TicketIssued, TicketLeft
from appliance.domain.turning_away import VisitorTurnedAway
from appliance.domain.undoing import Undone


@dataclass(frozen=True, slots=True)
class Visit:
    """One called ticket, in seconds: how long it waited, its norm, and what was told (low, high, mean, naive)."""

    wait_s: float
    norm_s: int
    told: tuple[int, ...] | None

    @property
    def over(self) -> bool:
        """Whether it waited longer than its norm."""
        return self.wait_s > self.norm_s


@dataclass
class Figures:
    """Sums over one or more days; `visits` holds every ticket that was called by the line."""

    days: int = 0
    issued: int = 0
    served: int = 0
    missed: int = 0
    left: int = 0
    turned_away: int = 0
    reserve_openings: int = 0
    visits: list[Visit] = field(default_factory=list)

    def add(self, plan: Plan, records: Iterable[Record], reserve: frozenset[int] = frozenset()) -> None:
        """Add a day by its journal, which has no undone act (nobody in a simulated hall makes a mistake)."""
        issued: dict[int, tuple[Record, TicketIssued]] = {}
        first: dict[int, Record] = {}
        served, missed = set[int](), set[int]()
        self.days += 1
        for record in records:
            match record.event:
                case TicketIssued() as event:
                    issued[event.ticket] = (record, event)
                case TicketCalled(back=False) as event:
                    first.setdefault(event.ticket, record)
                case TicketMissed(ticket):
                    missed.add(ticket)
                case TicketReturned(ticket) | TicketCalled(ticket):
                    missed.discard(ticket)
                case ServiceFinished(ticket, by_system=False):
                    served.add(ticket)
                case TicketLeft():
                    self.left += 1
                case VisitorTurnedAway():
                    self.turned_away += 1
                case DeskOpened(desk) if desk in reserve:
                    self.reserve_openings += 1
                case Undone():
                    raise ValueError("an undone act in a simulated day")
        self.issued += len(issued)
        self.served += len(served)
        self.missed += len(missed)
        for ticket, call in first.items():
            taken, event = issued[ticket]
            wait_s = call.moment.since(taken.moment) / 1000
            self.visits.append(Visit(wait_s, plan.wait_norm(event.service) * 60, event.told))

    def report(self) -> dict[str, float | int | None]:
        """All figures by name; None where there is nothing to compute one from."""
        waits = sorted(visit.wait_s for visit in self.visits)
        told = [(visit.wait_s, visit.told) for visit in self.visits if visit.told is not None]
        ranges = [(wait_s, low, high) for wait_s, (low, high, _, _) in told if high > 0]
        return {
            "days": self.days,
            "issued": self.issued,
            "served": self.served,
            "missed": self.missed,
            "left": self.left,
            "turned_away": self.turned_away,
            "reserve_openings": self.reserve_openings,
            "called": len(waits),
            "mean_wait_s": _mean(waits),
            "p95_wait_s": nearest_rank(waits, 0.95),
            "max_wait_s": waits[-1] if waits else None,
            "share_over_norm": _mean([visit.over for visit in self.visits]),
            "estimates": len(told),
            "estimate_mae_s": _mean([abs(mean - wait_s) for wait_s, (_, _, mean, _) in told]),
            "naive_mae_s": _mean([abs(naive - wait_s) for wait_s, (_, _, _, naive) in told]),
            "ranges": len(ranges),
            "range_coverage": _mean([low <= wait_s <= high for wait_s, low, high in ranges]),
        }


def nearest_rank(ordered: Sequence[float], share: float) -> float | None:
    """The smallest value that at least `share` of the ascending values don't exceed."""
    return ordered[math.ceil(share * len(ordered)) - 1] if ordered else None


def _mean(values: Sequence[float]) -> float | None:
    return round(math.fsum(values) / len(values), 6) if values else None


def as_lines(report: Mapping[str, object]) -> list[str]:
    """The figures for reading: one a line."""
    return [f"{name:<18} {'-' if value is None else value}" for name, value in report.items()]
