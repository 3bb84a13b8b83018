"""Short ways to bring an office into a state."""

from __future__ import annotations

from dataclasses import replace

from appliance.domain.calling import CallNext, Miss
from appliance.domain.desks import CloseDesk, TakeBreak
from appliance.domain.keys import Key, Press
from appliance.domain.office import DeskState, Office, Ticket
from appliance.domain.serving import Finish, Park, Start
from appliance.domain.tickets import TakeTicket
from tests.domain.bench import Bench
from tests.domain.stores import Rows


def take(bench: Bench, count: int = 1, service: str = "consult", *, paper: bool = False) -> int:
    """Take `count` numbers; the id of the last ticket."""
    for _ in range(count):
        bench.do(TakeTicket(service, paper=paper))
    return bench.office.last_ticket


def ticket(bench: Bench, number: int) -> Ticket:
    """The ticket of this id."""
    return bench.office.tickets[number]


def state(bench: Bench, number: int) -> str:
    """The state of a ticket."""
    return bench.office.tickets[number].state.value


def at(bench: Bench, desk: int) -> tuple[str, int | None]:
    """What the desk does, and with which ticket."""
    found = bench.office.desks[desk]
    return found.state.value, found.ticket


def missed(bench: Bench, desk: int = 1) -> int:
    """A ticket that was called to the desk and did not come."""
    number = called(bench, desk)
    bench.do(Miss(desk))
    return number


def called(bench: Bench, desk: int = 1) -> int:
    """A new ticket that the desk has called."""
    take(bench)
    bench.do(CallNext(desk))
    number = bench.office.desks[desk].ticket
    assert number is not None
    return number


def serving(bench: Bench, desk: int = 1) -> int:
    """A new ticket that the desk serves."""
    number = called(bench, desk)
    bench.do(Start(desk))
    return number


def parked(bench: Bench, desk: int = 1) -> int:
    """A ticket that the desk has set aside."""
    number = serving(bench, desk)
    bench.do(Park(desk))
    return number


def done(bench: Bench, desk: int = 1) -> int:
    """A ticket that the desk has served."""
    number = serving(bench, desk)
    bench.do(Finish(desk))
    return number


def bring(bench: Bench, desk: int, wanted: DeskState) -> int | None:
    """Bring an open desk into a state; the ticket it holds."""
    match wanted:
        case DeskState.CLOSED:
            bench.do(CloseDesk(desk))
        case DeskState.BREAK:
            bench.do(TakeBreak(desk))
        case DeskState.CALLED:
            return called(bench, desk)
        case DeskState.SERVING:
            return serving(bench, desk)
    return None


def press(bench: Bench, desk: int, key: Key, *, long: bool = False) -> list[str]:
    """Press a key; the kinds of the events."""
    return [type(event).__name__ for event in bench.do(Press(desk, key, long))]


def rows(bench: Bench) -> Rows:
    """Every row of tickets and desks."""
    return {key: row for key, row in bench.store.rows().items() if key[0] in ("ticket", "desk")}


def without_undo(office: Office) -> Office:
    """The state less what lives in memory alone, and less the journal's position."""
    desks = {number: replace(desk, undo=None) for number, desk in office.desks.items()}
    return replace(office, desks=desks, seq=0)
