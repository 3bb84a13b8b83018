"""The model of what staff do with a visit and with the hall: services, merging, priority, needs, pauses."""

from __future__ import annotations

from typing import Any

from tests.domain.model_desk import DeskModel
from tests.domain.model_ledger import No
from tests.domain.model_rules import AWAY, HELD, MOST_STOPS, NEEDS, PAUSES, Row, place, route_of, written


class VisitModel(DeskModel):
    """Commands about a visit or the whole hall, by their names in snake case."""

    def add_service(self, ticket: int, service: str) -> None:
        found = self._in_hand(ticket)
        self._service(service)
        if not self.plan.somebody_serves(service):
            raise No("nobody-serves")
        route = route_of(found)
        if len(route) >= MOST_STOPS:
            raise No("route-too-long")
        body = {"ticket": ticket, "service": service}
        self._change("ServiceAdded", found, body, route=written([*route, (service, None)]))

    def send_ticket(self, ticket: int, service: str | None = None, to_desk: int | None = None) -> None:
        found = self._ticket(ticket)
        if found["state"] not in ("waiting", "parked"):
            raise No("ticket-not-in-queue")
        target = found["service"] if service is None else service
        purpose = self._aim(found, target, to_desk)
        to: dict[str, Any] = {"service": target, "purpose": purpose, "for_desk": to_desk}
        if found["state"] == "parked":
            to = self._waits_again(**to)
        self._change("TicketSent", found, {"ticket": ticket, "service": target, "to_desk": to_desk}, **to)

    def merge_tickets(self, ticket: int, into: int) -> None:
        gone, kept = self._ticket(ticket), self._in_hand(into)
        if gone["state"] != "waiting" or gone is kept:
            raise No("ticket-not-in-queue")
        route = [*route_of(kept), (gone["service"], None), *route_of(gone)]
        if len(route) > MOST_STOPS:
            raise No("route-too-long")
        better, needs = min(place(gone), place(kept)), self._needs_of(gone) | self._needs_of(kept)
        self._change(
            "TicketsMerged",
            gone,
            {"ticket": ticket, "into": into},
            state="left",
            for_desk=None,
            ended="now",
            route="",
            reason="merged",
        )
        kept.update(place=better[0], place_sub=better[1], needs=_in_order(needs), route=written(route))
        kept["raised"] = kept["raised"] or gone["raised"]
        kept["_moved"] = gone["_moved"]

    def _needs_of(self, ticket: Row) -> set[str]:
        return {need for need in ticket["needs"].split(",") if need}

    def set_category(self, ticket: int, category: str | None, confirmed: bool = True) -> None:
        found = self._in_hand(ticket)
        if category is not None and category not in self.plan.categories:
            raise No("unknown-category")
        self._categorise(found, category, True if confirmed and category else None)

    def confirm_category(self, ticket: int) -> None:
        found = self._ticket(ticket)
        if found["category"] is None:
            raise No("no-category")
        self._in_hand(ticket)
        self._categorise(found, found["category"], True)

    def _categorise(self, ticket: Row, category: str | None, confirmed: bool | None) -> None:
        row = None if confirmed is None else int(confirmed)
        if (ticket["category"], ticket["confirmed"]) != (category, row):
            body = {"ticket": ticket["id"], "category": category, "confirmed": confirmed}
            self._change("CategorySet", ticket, body, category=category, confirmed=row)

    def refuse_category(self, ticket: int) -> None:
        found = self._ticket(ticket)
        if found["category"] is None or found["confirmed"] == 0:
            raise No("no-category")
        self._in_hand(ticket)
        if found["state"] in HELD:
            waits = self._waits_again(confirmed=0, for_desk=None, resumed=found["resumed"])
            self._step("CategoryRefused", found, found["desk"], {}, **waits)
        else:
            self._change("CategoryRefused", found, {"ticket": ticket, "desk": None}, confirmed=0)

    def note_needs(self, ticket: int, needs: tuple[str, ...]) -> None:
        found = self._in_hand(ticket)
        known = self._known_needs(needs)
        if known != found["needs"]:
            kept = tuple(known.split(",")) if known else ()
            self._change("NeedsNoted", found, {"ticket": ticket, "needs": kept}, needs=known)

    def _known_needs(self, needs: tuple[str, ...]) -> str:
        if set(needs) - set(NEEDS):
            raise No("unknown-need")
        return _in_order(set(needs))

    def pause_hall(self, reason: str) -> None:
        day = self._open_day()
        if reason not in PAUSES:
            raise No("unknown-reason")
        if self.pause is None:
            number = max(self.pauses, default=0) + 1
            seq = self._write("HallPaused", pause=number, reason=reason)
            self.pauses[number] = {
                "id": number,
                "day": day["number"],
                "reason": reason,
                "began": seq,
                "ended": None,
            }

    def resume_hall(self) -> None:
        self._open_day()
        if self.pause is None:
            raise No("not-paused")
        self._resume(by_system=False)

    def _resume(self, *, by_system: bool) -> None:
        pause = self.pause
        if pause is not None:
            pause["ended"] = self._write("HallResumed", pause=pause["id"], by_system=by_system)

    def turn_away(self, service: str | None, reason: str) -> None:
        _ = self.plan
        if service is not None:
            self._service(service)
        if reason not in AWAY:
            raise No("unknown-reason")
        self._write("VisitorTurnedAway", service=service, reason=reason)


def _in_order(needs: set[str]) -> str:
    return ",".join(need for need in NEEDS if need in needs)
