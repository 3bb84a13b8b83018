"""What became of each number, read from the journal: a visit and its legs, one for each call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from appliance.domain.calling import TicketCalled, TicketMissed
from appliance.domain.message import Event, Record
from appliance.domain.moment import Stamp
from appliance.domain.office import TicketState
from appliance.domain.priority import CategoryRefused, CategorySet
from appliance.domain.serving import ServiceFinished, ServiceStarted, TicketParked, TicketReturned
from appliance.domain.tickets import TicketAdopted, TicketIssued, TicketLeft, Told
from appliance.domain.visits import MERGED, TicketSent, TicketsMerged, TicketTransferred, VisitContinued


class LegEnd(StrEnum):
    """What ended a leg. `open`: nothing yet; `left`: the day closed over a visitor who was called."""

    OPEN = "open"
    FINISHED = "finished"
    PARKED = "parked"
    TRANSFERRED = "transferred"
    MISSED = "missed"
    REFUSED = "refused"
    LEFT = "left"


class Outcome(StrEnum):
    """What became of a visit. `open`: it still waits, is called, served or parked."""

    OPEN = "open"
    SERVED = "served"
    MISSED = "missed"
    LEFT = "left"
    CANCELLED = "cancelled"
    MISTAKE = "mistake"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class Leg:
    """One call of a ticket and what followed at the desk.

    `operator`: who was signed in when the service began, or at the call if it never did. `waited_from`: since when the
    visitor waited for this call; None if they had not been waiting (called back after a no-show, picked while parked).
    `back`: called again after having been missed. `by_system`: the day closed over it, so its times count nowhere.
    """

    ticket: int
    service: str
    desk: int
    operator: str | None
    called: Stamp
    waited_from: Stamp | None
    why: str = ""
    back: bool = False
    started: Stamp | None = None
    inferred: bool = False
    ended: Stamp | None = None
    end: LegEnd = LegEnd.OPEN
    by_system: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """One number and all that happened to it, in order.

    `asked` is the service the number was taken for. `category` and `confirmed` are the last known; `claimed` is the
    entry that first gave a category, `judged` the one that last said whether the document was seen. `returned`: entries
    that let a missed one wait again; `sent`: those by which reception moved it. `by_system`: the day closed over it.
    """

    ticket: int
    asked: str
    issued: Stamp
    purpose: str = ""
    adopted: bool = False
    promised: bool = True
    slot: int | None = None
    told: Told | None = None
    category: str | None = None
    confirmed: bool | None = None
    claimed: Stamp | None = None
    judged: Stamp | None = None
    legs: tuple[Leg, ...] = ()
    returned: tuple[Stamp, ...] = ()
    sent: tuple[Stamp, ...] = ()
    outcome: Outcome = Outcome.OPEN
    ended: Stamp | None = None
    by_system: bool = False

    @property
    def served_once(self) -> bool:
        """Whether at least one service of it came to its end."""
        return any(leg.end is LegEnd.FINISHED for leg in self.legs)


LEFT_AS = {"cancelled": Outcome.CANCELLED, "mistake": Outcome.MISTAKE, MERGED: Outcome.MERGED}
"""What a reason of leaving makes of the visit; everything else is `left`."""


@dataclass(slots=True)
class _Place:
    """Where a visit stands while the day is read."""

    visit: Visit
    service: str
    waiting: Stamp | None
    state: TicketState = TicketState.WAITING


class VisitsReader:
    """Reads records, undone acts left out, in order. `operators`, kept by the caller: who is signed in where."""

    def __init__(self, operators: Mapping[int, str | None]) -> None:
        self._operators = operators
        self._places: dict[int, _Place] = {}
        self._readers: Mapping[type[Event], Callable[[Record, Any], None]] = {
            TicketIssued: self._issued,
            TicketAdopted: self._adopted,
            TicketLeft: self._left,
            TicketCalled: self._called,
            TicketMissed: self._missed,
            ServiceStarted: self._started,
            ServiceFinished: self._finished,
            TicketParked: self._parked,
            TicketTransferred: self._transferred,
            TicketReturned: self._returned,
            VisitContinued: self._continued,
            TicketSent: self._sent,
            TicketsMerged: self._merged,
            CategorySet: self._category_set,
            CategoryRefused: self._category_refused,
        }

    def note(self, record: Record) -> None:
        """Take one record in; those of other things change nothing."""
        reader = self._readers.get(type(record.event))
        if reader is not None:
            reader(record, record.event)

    def visits(self) -> tuple[Visit, ...]:
        """All visits so far, by ticket."""
        return tuple(place.visit for place in self._places.values())

    def _issued(self, record: Record, event: TicketIssued) -> None:
        visit = Visit(
            ticket=event.ticket,
            asked=event.service,
            issued=record.stamp,
            purpose=event.purpose,
            promised=event.promised,
            slot=event.slot,
            told=None if event.told is None else Told(*event.told),
            category=event.category,
            confirmed=event.confirmed,
            claimed=record.stamp if event.category is not None else None,
            judged=record.stamp if event.confirmed is not None else None,
        )
        self._places[event.ticket] = _Place(visit, event.service, record.stamp)

    def _adopted(self, record: Record, event: TicketAdopted) -> None:
        visit = Visit(ticket=event.ticket, asked=event.service, issued=record.stamp, adopted=True)
        self._places[event.ticket] = _Place(visit, event.service, record.stamp)

    def _called(self, record: Record, event: TicketCalled) -> None:
        place = self._places[event.ticket]
        leg = Leg(
            ticket=event.ticket,
            service=place.service,
            desk=event.desk,
            operator=self._operators.get(event.desk),
            called=record.stamp,
            waited_from=place.waiting,
            why=event.why,
            back=event.back,
        )
        visit = replace(place.visit, legs=(*place.visit.legs, leg), outcome=Outcome.OPEN, ended=None, by_system=False)
        place.visit, place.state, place.waiting = visit, TicketState.CALLED, None

    def _started(self, record: Record, event: ServiceStarted) -> None:
        operator = self._operators.get(event.desk)
        self._change_leg(event.ticket, started=record.stamp, inferred=event.inferred, operator=operator)
        self._places[event.ticket].state = TicketState.SERVING

    def _finished(self, record: Record, event: ServiceFinished) -> None:
        self._change_leg(event.ticket, ended=record.stamp, end=LegEnd.FINISHED, by_system=event.by_system)
        self._end(event.ticket, record, Outcome.SERVED, by_system=event.by_system)

    def _missed(self, record: Record, event: TicketMissed) -> None:
        self._change_leg(event.ticket, ended=record.stamp, end=LegEnd.MISSED)
        self._end(event.ticket, record, Outcome.MISSED, by_system=False)
        self._places[event.ticket].state = TicketState.MISSED

    def _left(self, record: Record, event: TicketLeft) -> None:
        if event.desk is not None:
            self._change_leg(event.ticket, ended=record.stamp, end=LegEnd.LEFT, by_system=event.by_system)
        self._end(event.ticket, record, LEFT_AS.get(event.reason, Outcome.LEFT), by_system=event.by_system)

    def _merged(self, record: Record, event: TicketsMerged) -> None:
        self._end(event.ticket, record, Outcome.MERGED, by_system=False)

    def _parked(self, record: Record, event: TicketParked) -> None:
        self._change_leg(event.ticket, ended=record.stamp, end=LegEnd.PARKED, reason=event.reason)
        place = self._places[event.ticket]
        place.state, place.waiting = TicketState.PARKED, None

    def _transferred(self, record: Record, event: TicketTransferred) -> None:
        self._change_leg(event.ticket, ended=record.stamp, end=LegEnd.TRANSFERRED)
        self._wait(event.ticket, record, event.service)

    def _continued(self, record: Record, event: VisitContinued) -> None:
        place = self._places[event.ticket]
        place.visit = replace(place.visit, outcome=Outcome.OPEN, ended=None)
        self._wait(event.ticket, record, event.service)

    def _returned(self, record: Record, event: TicketReturned) -> None:
        place = self._places[event.ticket]
        if place.state is TicketState.MISSED:
            returned = (*place.visit.returned, record.stamp)
            place.visit = replace(place.visit, returned=returned, outcome=Outcome.OPEN, ended=None)
        self._wait(event.ticket, record, place.service)

    def _sent(self, record: Record, event: TicketSent) -> None:
        place = self._places[event.ticket]
        place.visit = replace(place.visit, sent=(*place.visit.sent, record.stamp))
        if place.state is TicketState.PARKED:
            self._wait(event.ticket, record, event.service)
        place.service = event.service

    def _category_set(self, record: Record, event: CategorySet) -> None:
        place = self._places[event.ticket]
        visit = replace(place.visit, category=event.category, confirmed=event.confirmed)
        if event.category is not None:
            judged = record.stamp if event.confirmed is not None else None
            visit = replace(visit, claimed=visit.claimed or record.stamp, judged=judged)
        place.visit = visit

    def _category_refused(self, record: Record, event: CategoryRefused) -> None:
        place = self._places[event.ticket]
        place.visit = replace(place.visit, confirmed=False, judged=record.stamp)
        if event.desk is not None:
            self._change_leg(event.ticket, ended=record.stamp, end=LegEnd.REFUSED)
            self._wait(event.ticket, record, place.service)

    def _change_leg(self, ticket: int, **changes: Any) -> None:
        place = self._places[ticket]
        *before, last = place.visit.legs
        place.visit = replace(place.visit, legs=(*before, replace(last, **changes)))

    def _wait(self, ticket: int, record: Record, service: str) -> None:
        place = self._places[ticket]
        place.service, place.waiting, place.state = service, record.stamp, TicketState.WAITING

    def _end(self, ticket: int, record: Record, outcome: Outcome, *, by_system: bool) -> None:
        place = self._places[ticket]
        place.visit = replace(place.visit, outcome=outcome, ended=record.stamp, by_system=by_system)
        place.state, place.waiting = TicketState.DONE, None
