"""The model of the calling order: whom NEXT calls at a desk, why, and before whom."""

from __future__ import annotations

from typing import NamedTuple

from tests.domain.model_ledger import Ledger
from tests.domain.model_rules import Row, place


class Choice(NamedTuple):
    """A ticket, what put it first, and the oldest ticket that it went before."""

    ticket: Row
    why: str
    over: int | None


class OrderModel(Ledger):
    """Who is next, by the words of docs/rules.md."""

    def level(self, desk: int, ticket: Row) -> int:
        """What the desk is for this ticket by whoever is signed in there: 2 main, 1 secondary, 0 nothing."""
        return self.plan.level(desk, ticket["service"], ticket["purpose"], self._desk(desk)["operator"])

    def eligible(self, desk: int) -> list[tuple[Row, int]]:
        """The waiting tickets that the desk may call, by place, each with what the desk is for it."""
        found = []
        for ticket in sorted(self.today(), key=place):
            if ticket["state"] != "waiting":
                continue
            directed, level = ticket["for_desk"], self.level(desk, ticket)
            if not level:
                continue
            if directed == desk:
                found.append((ticket, 2))
            elif directed is not None and self._is_open(directed) and self.level(directed, ticket):
                continue
            elif self._access(desk, ticket):
                found.append((ticket, level))
        return found

    def _is_open(self, desk: int) -> bool:
        return desk in self.plan.desks and self._desk(desk)["state"] != "closed"

    def _access(self, desk: int, ticket: Row) -> bool:
        needs = {need for need in ticket["needs"].split(",") if need}
        if not needs or self._meets(desk, needs):
            return True
        return not any(
            self._is_open(other) and self._meets(other, needs) and self.level(other, ticket)
            for other in self.plan.desks
        )

    def _meets(self, desk: int, needs: set[str]) -> bool:
        return needs <= set(self.plan.desks[desk]["needs"])

    def privileged(self, ticket: Row) -> bool:
        """Whether its category counts now."""
        category = self.plan.categories.get(ticket["category"] or "")
        if category is None or ticket["confirmed"] == 0:
            return False
        return ticket["confirmed"] == 1 or not category["confirm_first"]

    def booking(self, ticket: Row) -> str:
        """`due`, `later`, or `` for who has no booking any more or never had."""
        if ticket["slot"] is None or self.now.date is None:
            return ""
        taken = self.now.minute - self._since(ticket["issued"]) // 60_000
        if taken > ticket["slot"] + self.plan.seconds("booked_late_min"):
            return ""
        return "due" if self.now.minute >= ticket["slot"] - self.plan.seconds("booked_early_min") else "later"

    def choose(self, desk: int) -> Choice | None:
        """The next one of this desk."""
        everybody = self.eligible(desk)
        if not everybody:
            return None
        best = max(level for _, level in everybody)
        pool = [ticket for ticket, level in everybody if level == best]
        ticket, why = self._of_pool(desk, pool)
        if why != "raised" and self.privileged(ticket):
            held_up = self._held_up(ticket, [t for t, _ in everybody])
            if held_up is not None:
                ticket, why = held_up, "overdue"
        return Choice(ticket, why, self.went_before(ticket, pool))

    def went_before(self, ticket: Row, pool: list[Row]) -> int | None:
        """The oldest of the pool that stands before the ticket."""
        passed = [t for t in pool if place(t) < place(ticket)]
        return min(passed, key=place)["id"] if passed else None

    def _of_pool(self, desk: int, pool: list[Row]) -> tuple[Row, str]:
        raised = [t for t in pool if t["raised"] is not None]
        if raised:
            return min(raised, key=lambda t: t["raised"]), "raised"
        directed = [t for t in pool if t["for_desk"] == desk]
        if directed:
            return min(directed, key=place), "directed"

        def by_slot(ticket: Row) -> tuple[int, tuple[int, int]]:
            return ticket["slot"], place(ticket)

        due = [t for t in pool if self.booking(t) == "due"]
        if due:
            return min(due, key=by_slot), "booked"
        rest = [t for t in pool if not self.booking(t)]
        return self._by_policy(rest or pool)

    def _by_policy(self, rest: list[Row]) -> tuple[Row, str]:
        privileged = sorted((t for t in rest if self.privileged(t)), key=place)
        others = sorted((t for t in rest if not self.privileged(t)), key=lambda t: (not t["resumed"], place(t)))
        if not others:
            return self._longest_standing(privileged), "priority"
        their_turn = others[0], "returned" if others[0]["resumed"] else "turn"
        if not privileged:
            return their_turn
        kind = self.plan.policy["kind"]
        if kind == "ageing":
            best = self._longest_standing(privileged)
            longest = min((best, *others), key=lambda t: (-self._standing(t), place(t)))
            return (best, "priority") if longest is best else their_turn
        if kind == "ratio" and self._privileged_in_a_row() >= self.plan.policy["ratio"]:
            return others[0], "ratio"
        return privileged[0], "priority"

    def _longest_standing(self, privileged: list[Row]) -> Row:
        if self.plan.policy["kind"] != "ageing":
            return privileged[0]
        return min(privileged, key=lambda t: (-self._standing(t), place(t)))

    def _standing(self, ticket: Row) -> int:
        head_start: int = 0
        if self.privileged(ticket):
            head_start = self.plan.categories[ticket["category"]]["head_start_min"]
        return self._waited(ticket["issued"]) + head_start * 60_000

    def _privileged_in_a_row(self) -> int:
        """How many of the last calls of the day, back to an unprivileged one, were privileged."""
        count = 0
        called = [t for t in self.today() if t["last_called"] is not None]
        for ticket in sorted(called, key=lambda t: -t["last_called"]):
            if not self.privileged(ticket):
                break
            count += 1
        return count

    def _held_up(self, chosen: Row, everybody: list[Row]) -> Row | None:
        for ticket in everybody:
            if self.privileged(ticket) or self.booking(ticket) == "later" or place(ticket) > place(chosen):
                continue
            norm_ms = self.plan.wait_norm(ticket["service"]) * 60_000
            if self._waited(ticket["issued"]) < norm_ms:
                continue
            passed = [
                t
                for t in self.today()
                if t is not chosen
                and t["last_called"] is not None
                and self.privileged(t)
                and place(t) > place(ticket)
                and self._waited(ticket["issued"], t["last_called"]) >= norm_ms
            ]
            if len(passed) >= self.plan.policy["passes"]:
                return ticket
        return None
