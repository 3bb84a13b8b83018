"""The model of a desk: calling, serving, undoing, and who sits there."""

from __future__ import annotations

from typing import Any

from tests.domain.model_ledger import No
from tests.domain.model_order import OrderModel
from tests.domain.model_rules import HELD, MOST_STOPS, PARKED_AT_MOST_MIN, Row, route_of, written


class DeskModel(OrderModel):
    """Commands that name a desk, by their names in snake case."""

    def call_next(self, desk: int) -> None:
        self._no_pause()
        self._free_desk(desk)
        choice = self.choose(desk)
        if choice is None:
            raise No("nobody-waiting")
        self._call(choice.ticket, desk, choice.why, choice.over)

    def call_ticket(self, desk: int, ticket: int) -> None:
        self._no_pause()
        operator = self._free_desk(desk)["operator"]
        found = self._ticket(ticket)
        if not self.plan.operators.get(operator or "", {}).get("may_pick"):
            raise No("may-not-pick")
        if found["state"] not in ("waiting", "parked"):
            raise No("ticket-not-in-queue")
        if not self.level(desk, found):
            raise No("desk-cannot-serve")
        self._call(found, desk, "picked", self.went_before(found, [t for t, _ in self.eligible(desk)]))

    def recall(self, desk: int) -> None:
        ticket = self._held(desk, "called")
        self._write("TicketRecalled", ticket=ticket["id"], desk=desk)
        ticket.update(calls=ticket["calls"] + 1, heard=None)

    def start(self, desk: int) -> None:
        self._begin(self._held(desk, "called"), desk, inferred=False)

    def finish(self, desk: int, call_next: bool = False) -> None:
        unstarted = self._desk(desk)["state"] == "called"
        ticket = self._held(desk, "called" if unstarted else "serving")
        following = self.choose(desk) if call_next and self.pause is None else None
        if unstarted:
            self._begin(ticket, desk, inferred=True)
        body = {"by_system": False, "chained": unstarted}
        self._end("ServiceFinished", "done", ticket, body, joined=unstarted)
        self._continue(ticket, desk)
        if following is not None:
            self._call(following.ticket, desk, following.why, following.over, joined=True)

    def _continue(self, ticket: Row, desk: int) -> None:
        """The ticket waits for the next stop of its route, if there is one."""
        route = route_of(ticket)
        if route:
            (service, to_desk), freed = route[0], self._desk(desk)["since"]
            self._step(
                "VisitContinued",
                ticket,
                desk,
                {"service": service, "to_desk": to_desk},
                joined=True,
                **self._waits_again(
                    service=service,
                    purpose=ticket["purpose"] if service == ticket["service"] else "",
                    for_desk=to_desk,
                    route=written(route[1:]),
                ),
            )
            self._set_desk(desk, since=freed)

    def miss(self, desk: int) -> None:
        self._end("TicketMissed", "missed", self._held(desk, "called"), {"by_system": False})

    def call_back(self, desk: int, ticket: int | None = None) -> None:
        self._no_pause()
        self._free_desk(desk)
        if ticket is not None:
            found = self._ticket(ticket)
            if found["state"] != "missed":
                raise No("ticket-not-missed")
            if not self.level(desk, found):
                raise No("desk-cannot-serve")
            if found["returned"]:
                raise No("already-returned")
        else:
            missed = [t for t in self.today() if t["state"] == "missed" and not t["returned"] and self.level(desk, t)]
            if not missed:
                raise No("nobody-missed")
            found = max(missed, key=lambda t: t["ended"])
        self._call(found, desk, "returned", None, back=True)

    def park(self, desk: int, reason: str = "", minutes: int | None = None) -> None:
        ticket = self._held(desk, "serving")
        usual = self._reason("park", reason)
        if minutes is not None and not 0 <= minutes <= PARKED_AT_MOST_MIN:
            raise No("minutes-out-of-range")
        if minutes is None:
            minutes = usual or self.plan.seconds("park_min")
        to: dict[str, Any] = {"state": "parked", "desk": None, "for_desk": desk, "ended": "now"}
        to |= {"reason": reason, "park_min": minutes}
        self._step("TicketParked", ticket, desk, {"reason": reason, "minutes": minutes}, **to)

    def transfer(
        self, desk: int, service: str | None = None, to_desk: int | None = None, come_back: bool = False
    ) -> None:
        ticket = self._held(desk, "serving")
        if to_desk == desk:
            raise No("desk-cannot-serve")
        target = service
        if service is None:
            target = self.plan.desks[desk]["transfer_to"] if to_desk is None else ticket["service"]
        if target is None:
            raise No("no-transfer-target")
        purpose = self._aim(ticket, target, to_desk)
        route = route_of(ticket)
        if come_back:
            if len(route) >= MOST_STOPS:
                raise No("route-too-long")
            route = [(ticket["service"], desk), *route]
        self._step(
            "TicketTransferred",
            ticket,
            desk,
            {"service": target, "to_desk": to_desk, "come_back": come_back},
            **self._waits_again(service=target, purpose=purpose, for_desk=to_desk, route=written(route)),
        )

    def _aim(self, ticket: Row, service: str, to_desk: int | None) -> str:
        """Whether the ticket may be sent there; its purpose afterwards."""
        self._service(service)
        purpose: str = ticket["purpose"] if service == ticket["service"] else ""
        if not self.plan.somebody_serves(service):
            raise No("nobody-serves")
        if to_desk is not None:
            operator = self._desk(to_desk)["operator"]
            if not self.plan.level(to_desk, service, purpose, operator):
                raise No("desk-cannot-serve")
        return purpose

    def hear_call(self, ticket: int, calls: int, called: int | None) -> None:
        for found in self.today():
            meant = called is None or called == found["called"]
            if meant and (found["id"], found["state"], found["calls"]) == (ticket, "called", calls):
                found["heard"] = self._write("CallHeard", ticket=ticket)

    def undo_last(self, desk: int) -> None:
        self._desk(desk)
        self._open_day()
        act = self.undo.get(desk)
        if act is None:
            raise No("nothing-to-undo")
        if self._since(act["seq"]) > self.plan.seconds("undo_s") * 1000:
            raise No("undo-too-late")
        if any(self.tickets[number]["_moved"] != moved for number, moved in act["after"].items()):
            raise No("undo-moved-on")
        seq = self._write("Undone", desk=desk, undone=act["first"], what=act["kind"], restored=tuple(act["tickets"]))
        for number, row in act["tickets"].items():
            now = self.tickets[number]
            by_timer = (now["state"] == "serving" and now["inferred"]) or (
                now["state"] == "missed" and now["by_system"]
            )
            self.tickets[number].update(row)
            if by_timer and row["state"] == "called":
                self.tickets[number]["heard"] = seq
        was = act["desk"]
        self._set_desk(desk, state=was["state"], ticket=was["ticket"], since=was["since"])
        del self.undo[desk]

    def open_desk(self, desk: int) -> None:
        state = self._desk(desk)["state"]
        if state == "break":
            return self._desk_becomes("BreakEnded", desk, "free", {})
        if state != "closed":
            raise No("desk-already-open")
        self._open_day()
        self._desk_becomes("DeskOpened", desk, "free", {})
        if self.now.date is not None and self._desk(desk)["operator"] is None:
            expected = self.plan.expected_at(desk, self.now.date, self.now.minute)
            if expected is not None and all(other["operator"] != expected for other in self.desks.values()):
                self._write("OperatorSignedIn", desk=desk, operator=expected)
                self._set_desk(desk, operator=expected)
        return None

    def close_desk(self, desk: int) -> None:
        state = self._desk(desk)["state"]
        if state == "closed":
            raise No("desk-closed")
        if state in HELD:
            raise No("desk-has-ticket")
        self._desk_becomes("DeskClosed", desk, "closed", {"by_system": False}, operator=None)

    def take_break(self, desk: int, reason: str = "") -> None:
        self._free_desk(desk)
        self._reason("break", reason)
        working = [n for n in self.plan.desks if n != desk and self._desk(n)["state"] in ("free", *HELD)]
        if len(working) < self.plan.seconds("min_cover"):
            raise No("too-few-desks")
        self._desk_becomes("BreakStarted", desk, "break", {"reason": reason}, reason=reason)

    def sign_in(self, desk: int, operator: str) -> None:
        operator = operator[:40]
        if self._desk(desk)["operator"] == operator:
            return
        for number in self.plan.desks:
            if self._desk(number)["operator"] == operator:
                self._write("OperatorSignedOut", desk=number)
                self._set_desk(number, operator=None)
        self._write("OperatorSignedIn", desk=desk, operator=operator)
        self._set_desk(desk, operator=operator)

    def sign_out(self, desk: int) -> None:
        if self._desk(desk)["operator"] is not None:
            self._write("OperatorSignedOut", desk=desk)
            self._set_desk(desk, operator=None)
