"""The model of a desk: calling, serving, undoing, and who sits there."""

from __future__ import annotations

from tests.domain.model_ledger import Ledger, No
from tests.domain.model_rules import HELD


class DeskModel(Ledger):
    """Commands that name a desk, by their names in snake case."""

    def call_next(self, desk: int) -> None:
        self._free_desk(desk)
        line = self.line(desk)
        if not line:
            raise No("nobody-waiting")
        self._call(line[0], desk)

    def recall(self, desk: int) -> None:
        ticket = self._held(desk, "called")
        self._write("TicketRecalled")
        ticket.update(calls=ticket["calls"] + 1, heard=None)

    def start(self, desk: int) -> None:
        self._begin(self._held(desk, "called"), desk, inferred=0)

    def finish(self, desk: int, call_next: bool = False) -> None:
        unstarted = self._desk(desk)["state"] == "called"
        ticket = self._held(desk, "called" if unstarted else "serving")
        following = self.line(desk)
        if unstarted:
            self._begin(ticket, desk, inferred=1)
        self._end("ServiceFinished", "done", ticket, desk, joined=unstarted)
        if call_next and following:
            self._call(following[0], desk, joined=True)

    def miss(self, desk: int) -> None:
        self._end("TicketMissed", "missed", self._held(desk, "called"), desk)

    def call_back(self, desk: int, ticket: int | None = None) -> None:
        self._free_desk(desk)
        if ticket is not None:
            found = self._ticket(ticket)
            if found["state"] != "missed":
                raise No("ticket-not-missed")
        else:
            missed = [
                t
                for t in self.today()
                if t["state"] == "missed" and not t["returned"] and self.sketch.serves(desk, t["service"])
            ]
            if not missed:
                raise No("nobody-missed")
            found = max(missed, key=lambda t: t["ended"])
        if found["returned"]:
            raise No("already-returned")
        self._call(found, desk, back=True)

    def park(self, desk: int) -> None:
        ticket = self._held(desk, "serving")
        self._step("TicketParked", ticket, desk, state="parked", desk=None, for_desk=desk, ended="now")

    def transfer(self, desk: int, service: str | None = None) -> None:
        ticket = self._held(desk, "serving")
        target = service or self.sketch.transfer_to.get(desk)
        if target is None:
            raise No("no-transfer-target")
        self._service(target)
        if not any(self.sketch.serves(number, target) for number in self.sketch.desks):
            raise No("nobody-serves")
        self._back_in_line("TicketTransferred", ticket, desk, service=target, desk=None, for_desk=None)

    def hear_call(self, ticket: int, calls: int, called: int | None) -> None:
        for found in self.today():
            meant = called is None or called == found["called"]
            if meant and (found["id"], found["state"], found["calls"]) == (ticket, "called", calls):
                found["heard"] = self._write("CallHeard")

    def undo_last(self, desk: int) -> None:
        self._desk(desk)
        self._open_day()
        act = self.undo.get(desk)
        if act is None:
            raise No("nothing-to-undo")
        if self._since(act["seq"]) > self.sketch.seconds("undo_s") * 1000:
            raise No("undo-too-late")
        if any(self.tickets[number]["_moved"] != moved for number, moved in act["after"].items()):
            raise No("undo-moved-on")
        seq = self._write("Undone")
        for number, row in act["tickets"].items():
            by_timer = self.tickets[number]["state"] == "serving" and self.tickets[number]["inferred"]
            self.tickets[number].update(row)
            if by_timer and row["state"] == "called":
                self.tickets[number]["heard"] = seq
        was = act["desk"]
        self._set_desk(desk, state=was["state"], ticket=was["ticket"], since=was["since"])
        del self.undo[desk]

    def open_desk(self, desk: int) -> None:
        state = self._desk(desk)["state"]
        if state == "break":
            return self._desk_becomes("BreakEnded", desk, "free")
        if state != "closed":
            raise No("desk-already-open")
        self._open_day()
        return self._desk_becomes("DeskOpened", desk, "free")

    def close_desk(self, desk: int) -> None:
        state = self._desk(desk)["state"]
        if state == "closed":
            raise No("desk-closed")
        if state in HELD:
            raise No("desk-has-ticket")
        self._desk_becomes("DeskClosed", desk, "closed", operator=None)

    def take_break(self, desk: int) -> None:
        self._free_desk(desk)
        self._desk_becomes("BreakStarted", desk, "break")

    def sign_in(self, desk: int, operator: str) -> None:
        operator = operator[:40]
        if self._desk(desk)["operator"] == operator:
            return
        for number in self.sketch.desks:
            if self._desk(number)["operator"] == operator:
                self._write("OperatorSignedOut")
                self._set_desk(number, operator=None)
        self._write("OperatorSignedIn")
        self._set_desk(desk, operator=operator)

    def sign_out(self, desk: int) -> None:
        if self._desk(desk)["operator"] is not None:
            self._write("OperatorSignedOut")
            self._set_desk(desk, operator=None)
