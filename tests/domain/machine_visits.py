"""What staff do with visits and with the hall, as rules of the state machine."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from appliance.domain.calling import CallTicket
from appliance.domain.clockwork import Tick
from appliance.domain.desks import SignIn, TakeBreak
from appliance.domain.pausing import PauseHall, ResumeHall
from appliance.domain.priority import ConfirmCategory, NoteNeeds, RefuseCategory, SetCategory
from appliance.domain.serving import Park
from appliance.domain.turning_away import TurnAway
from appliance.domain.visits import AddService, MergeTickets, SendTicket, Transfer
from tests.domain.clock import MINUTE, SECOND
from tests.domain.machine_base import (
    CATEGORIES,
    DESKS,
    NEEDS,
    OFTEN,
    RARELY,
    SERVICES,
    TICKETS,
    OfficeMachine,
)


class VisitRules(OfficeMachine):
    """Sending on, parking, several services, priority, needs, pauses."""

    @rule(
        pick=st.integers(0, 5),
        service=SERVICES | st.none(),
        to_desk=DESKS | st.none(),
        come_back=st.booleans(),
    )
    def transfer(self, pick: int, service: str | None, to_desk: int | None, come_back: bool) -> None:
        self.ask(Transfer(self.at_work(pick, "serving"), service, to_desk, come_back))

    @rule(
        pick=st.integers(0, 5),
        reason=st.sampled_from(("", "form", "bank", "documents", "lunch", "rain")),
        minutes=st.sampled_from((None, None, 0, 1, 3, 240, 241, -1)),
    )
    def park(self, pick: int, reason: str, minutes: int | None) -> None:
        self.ask(Park(self.at_work(pick, "serving"), reason, minutes))

    @rule(pick=st.integers(0, 5), reason=st.sampled_from(("", "lunch", "rest", "form")))
    def take_break(self, pick: int, reason: str) -> None:
        self.ask(TakeBreak(self.at_work(pick, "free"), reason))

    @rule(pick=st.integers(0, 5), ticket=TICKETS, any_state=RARELY, operator=st.sampled_from(("ann", "eve", "")))
    def call_ticket(self, pick: int, ticket: int, any_state: bool, operator: str) -> None:
        desk = self.at_work(pick, "free")
        if operator:
            self.ask(SignIn(desk, operator))
        self.ask(CallTicket(desk, ticket if any_state else self.ticket(ticket, ("waiting", "parked"))))

    @rule(pick=TICKETS, any_state=RARELY, service=SERVICES, times=st.sampled_from((1, 1, 2, 9)))
    def add_service(self, pick: int, any_state: bool, service: str, times: int) -> None:
        ticket = pick if any_state else self.ticket(pick, ("waiting", "called", "serving", "parked"))
        self.ask(*[AddService(ticket, service)] * times)

    @rule(pick=TICKETS, any_state=RARELY, service=SERVICES | st.none(), to_desk=DESKS | st.none())
    def send(self, pick: int, any_state: bool, service: str | None, to_desk: int | None) -> None:
        ticket = pick if any_state else self.ticket(pick, ("waiting", "parked"))
        self.ask(SendTicket(ticket, service, to_desk))

    @rule(pick=TICKETS, other=TICKETS, any_state=RARELY)
    def merge(self, pick: int, other: int, any_state: bool) -> None:
        ticket = pick if any_state else self.ticket(pick, ("waiting",))
        self.ask(MergeTickets(ticket, self.ticket(other, ("waiting", "called", "serving", "parked"))))

    @rule(pick=TICKETS, any_state=RARELY, category=CATEGORIES, confirmed=st.booleans())
    def set_category(self, pick: int, any_state: bool, category: str | None, confirmed: bool) -> None:
        ticket = pick if any_state else self.ticket(pick, ("waiting", "called", "serving", "parked"))
        self.ask(SetCategory(ticket, category, confirmed))

    @rule(pick=TICKETS, state=st.sampled_from(("waiting", "called", "serving", "parked", "done")), seen=st.booleans())
    def look_at_document(self, pick: int, state: str, seen: bool) -> None:
        claimed = [
            t.id for t in self.bench.office.tickets.values() if t.category is not None and t.state.value == state
        ]
        ticket = claimed[pick % len(claimed)] if claimed else self.ticket(pick, (state,))
        self.ask(ConfirmCategory(ticket) if seen else RefuseCategory(ticket))

    @rule(pick=TICKETS, any_state=RARELY, needs=NEEDS)
    def note_needs(self, pick: int, any_state: bool, needs: tuple[str, ...]) -> None:
        ticket = pick if any_state else self.ticket(pick, ("waiting", "called", "serving", "parked"))
        self.ask(NoteNeeds(ticket, needs))

    @rule(service=SERVICES | st.none(), reason=st.sampled_from(("closed", "limit", "left-before", "not-here", "rain")))
    def turn_away(self, service: str | None, reason: str) -> None:
        self.ask(TurnAway(service, reason))

    @rule(
        reason=st.sampled_from(("alarm", "fire", "power", "other", "lunch")),
        lasts=st.sampled_from((0, SECOND, MINUTE, 11 * MINUTE)),
        over=OFTEN,
    )
    def pause_hall(self, reason: str, lasts: int, over: bool) -> None:
        self.ask(PauseHall(reason))
        self.clock.advance(lasts)
        self.ask(Tick(settled=True))
        if over:
            self.ask(ResumeHall())

    @rule()
    def resume_hall(self) -> None:
        self.ask(ResumeHall())
