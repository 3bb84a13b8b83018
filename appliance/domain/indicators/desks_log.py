"""What each desk did all day, read from the journal: stretches of being free, calling, serving and on a break."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from appliance.domain.calling import TicketCalled, TicketMissed
from appliance.domain.desks import (
    BreakEnded,
    BreakStarted,
    DeskClosed,
    DeskOpened,
    OperatorSignedIn,
    OperatorSignedOut,
)
from appliance.domain.message import Record
from appliance.domain.moment import Moment, Stamp
from appliance.domain.office import DeskState
from appliance.domain.priority import CategoryRefused
from appliance.domain.serving import ServiceFinished, ServiceStarted, TicketParked
from appliance.domain.tickets import TicketLeft
from appliance.domain.visits import TicketTransferred

STATE_AFTER = {
    DeskOpened: DeskState.FREE,
    BreakEnded: DeskState.FREE,
    BreakStarted: DeskState.BREAK,
    DeskClosed: DeskState.CLOSED,
    TicketCalled: DeskState.CALLED,
    ServiceStarted: DeskState.SERVING,
    ServiceFinished: DeskState.FREE,
    TicketParked: DeskState.FREE,
    TicketTransferred: DeskState.FREE,
    TicketMissed: DeskState.FREE,
    CategoryRefused: DeskState.FREE,
    TicketLeft: DeskState.FREE,
}
"""What an event that names a desk makes of it. (A continued visit names the one that it left.)"""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A desk in one state under one operator. `ended` is None while it lasts.

    `continued`: only the operator is another one than in the stretch before it.
    `by_system`: the closing of the day ended a service in it, so nobody knows when the visitor went.
    """

    desk: int
    state: DeskState
    operator: str | None
    began: Stamp
    ended: Stamp | None = None
    reason: str = ""
    continued: bool = False
    by_system: bool = False

    @property
    def working(self) -> bool:
        """Whether the desk received visitors in it."""
        return self.state in (DeskState.FREE, DeskState.CALLED, DeskState.SERVING)

    def until(self, now: Moment) -> Moment:
        """Its end, or the present while it lasts."""
        return now if self.ended is None else self.ended.moment


@dataclass(frozen=True, slots=True)
class Receiving:
    """At least one desk received visitors. `ended` is None while it lasts."""

    began: Stamp
    ended: Stamp | None = None


OF_OPERATORS = (OperatorSignedIn, OperatorSignedOut, DeskClosed)
"""The events that say who works at a desk."""


def desks_of(records: Iterable[Record]) -> frozenset[int]:
    """The numbers of the desks that any of the records names."""
    return frozenset(desk for record in records for desk in record.event.desks())


def still_signed_in(desks: Iterable[int], newest_first: Iterable[Record]) -> Sequence[Record]:
    """Who signed in at each of these desks and has not left since, oldest first.

    Of the records, which may be of anything, no more are taken than needed: once all desks are known, or until the end.
    """
    unknown, found = set(desks), list[Record]()
    for record in newest_first:
        if not unknown:
            break
        event = record.event
        if isinstance(event, OF_OPERATORS) and event.desk in unknown:
            unknown.remove(event.desk)
            if isinstance(event, OperatorSignedIn):
                found.append(record)
    return found[::-1]


class DesksReader:
    """Reads records, undone acts left out, in order."""

    def __init__(self) -> None:
        self.operators: dict[int, str | None] = {}
        self._open: dict[int, Stretch] = {}
        self._done: list[Stretch] = []
        self._working: set[int] = set()
        self._since: Stamp | None = None
        self._receiving: list[Receiving] = []

    def note(self, record: Record) -> None:
        """Take one record in; those of other things change nothing."""
        event = record.event
        if isinstance(event, OperatorSignedIn | OperatorSignedOut):
            self.operators[event.desk] = event.operator if isinstance(event, OperatorSignedIn) else None
            last = self._open.get(event.desk)
            if last is not None:
                self._change(record, event.desk, last.state, reason=last.reason, continued=True)
            return
        state = STATE_AFTER.get(type(event))
        desks = event.desks()
        if state is None or not desks:
            return
        by_system = isinstance(event, ServiceFinished) and event.by_system
        reason = event.reason if isinstance(event, BreakStarted) else ""
        self._change(record, desks[0], state, reason=reason, by_system=by_system)
        if state is DeskState.CLOSED:
            self.operators[desks[0]] = None

    def stretches(self) -> tuple[Stretch, ...]:
        """All stretches so far: those that are over in the order of their ends, then those that last."""
        return (*self._done, *self._open.values())

    def receiving(self) -> tuple[Receiving, ...]:
        """When at least one desk received."""
        last = [] if self._since is None else [Receiving(self._since)]
        return (*self._receiving, *last)

    def _change(
        self,
        record: Record,
        desk: int,
        state: DeskState,
        *,
        reason: str = "",
        continued: bool = False,
        by_system: bool = False,
    ) -> None:
        last = self._open.pop(desk, None)
        if last is not None:
            self._done.append(replace(last, ended=record.stamp, by_system=by_system))
        if state is not DeskState.CLOSED:
            self._open[desk] = Stretch(
                desk, state, self.operators.get(desk), record.stamp, reason=reason, continued=continued
            )
        self._count(record, desk, working=state not in (DeskState.CLOSED, DeskState.BREAK))

    def _count(self, record: Record, desk: int, *, working: bool) -> None:
        if working:
            self._working.add(desk)
        else:
            self._working.discard(desk)
        if self._working and self._since is None:
            self._since = record.stamp
        elif not self._working and self._since is not None:
            self._receiving.append(Receiving(self._since, record.stamp))
            self._since = None
