"""The model of numbers and papers: taking, adopting, leaving, returning, slips and their outcome."""

from __future__ import annotations

from typing import Any

from tests.domain.model_ledger import No
from tests.domain.model_rules import LEAVING, MOST_STOPS, Row, adoptable, canonical, new_ticket, written
from tests.domain.model_visits import VisitModel


class TicketModel(VisitModel):
    """Commands about a number or its paper, by their names in snake case."""

    def take_ticket(
        self,
        service: str,
        language: str,
        paper: bool,
        also: tuple[str, ...],
        purpose: str,
        category: str | None,
        confirmed: bool,
        needs: tuple[str, ...],
        slot: int | None,
        told: tuple[int, int, int, int] | None,
        unpromised: bool,
        insist: bool,
    ) -> None:
        day = self._open_day()
        for name in (service, *also):
            self._service(name)
        found = self._service(service)
        if len(also) > MOST_STOPS:
            raise No("route-too-long")
        if purpose and purpose not in found["purposes"]:
            raise No("unknown-purpose")
        if category is not None and category not in self.plan.categories:
            raise No("unknown-category")
        known_needs = self._known_needs(needs)
        if slot is not None and not 0 <= slot < 1440:
            raise No("minutes-out-of-range")
        if self.now.disk_tight:
            raise No("disk-full")
        self._no_pause()
        promised = not (unpromised or insist)
        in_time = self._would_end_in_time(service, told)
        if not insist:
            self._offered((service, *also))
            self._within_hours(service)
            self._within_limits(service)
            if not in_time and not unpromised:
                raise No("no-time-left")
        series = found["series"]
        number = self._next_number(day, series)
        if number > day["block"] * 1000 + 999:
            raise No("numbers-exhausted")
        id_, slip = self._next_id(), max(self.slips, default=0) + 1 if paper else None
        seen = True if category and confirmed else None
        seq = self._write(
            "TicketIssued",
            ticket=id_,
            series=series,
            number=number,
            service=service,
            language=_spoken(language),
            slip=slip,
            also=also,
            purpose=purpose,
            category=category,
            confirmed=seen,
            needs=tuple(known_needs.split(",")) if known_needs else (),
            slot=slot,
            told=told,
            promised=promised,
        )
        ticket = new_ticket(id_, day["number"], series, number, service, _spoken(language), seq)
        ticket.update(purpose=purpose, category=category, confirmed=1 if seen else None, needs=known_needs, slot=slot)
        ticket.update(route=written([(name, None) for name in also]), promised=int(promised))
        if told is not None:
            ticket.update(told_low=told[0], told_high=told[1])
        self.tickets[id_] = ticket
        self.counters[day["number"], series] = number + 1
        if paper:
            self._queue_slip(ticket, seq, copy=0)

    def _within_hours(self, service: str) -> None:
        """The hours of issuing, on a clock that is believed and has settled."""
        if self.now.date is None or not self.now.settled:
            return
        (_, _, hall), _ = self.plan.on(self.now.date)
        _, own = self.plan.service_on(service, self.now.date)
        if hall is None:
            if self.days[-1]["date"] is not None and self.days[-1]["date"] < self.now.date:
                raise No("issuing-closed")
            return
        if own is None:
            raise No("not-today")
        if self.now.minute < own[0]:
            raise No("issuing-not-yet")
        if self.now.minute >= own[1] and self._day_opened_at() < own[1]:
            raise No("issuing-closed")

    def _within_limits(self, service: str) -> None:
        asked = [ticket["asked"] for ticket in self.today()]
        limit, whole = self.plan.services[service]["limit"], self.plan.seconds("daily_limit")
        if (limit and asked.count(service) >= limit) or (whole and len(asked) >= whole):
            raise No("limit-reached")

    def _would_end_in_time(self, service: str, told: tuple[int, int, int, int] | None) -> bool:
        """Whether the estimate ends before reception does; True as well where nobody can say."""
        if told is None or self.now.date is None or not self.now.settled:
            return True
        received, _ = self.plan.service_on(service, self.now.date)
        if received is None or self._day_opened_at() >= received[1]:
            return True
        norm_min: int = self.plan.services[service]["norm_min"]
        return self.now.minute * 60 + told[2] + norm_min * 60 <= received[1] * 60

    def _day_opened_at(self) -> int:
        """The minute of today at which the day was opened; below 0 if that was before today."""
        return self.now.minute - self._since(self.days[-1]["opened"]) // 60_000

    def adopt_ticket(self, series: str, number: int, service: str, language: str, printed_at: int | None) -> None:
        day = self._open_day()
        self._service(service)
        series = canonical(series)
        if series not in [known["series"] for known in self.plan.services.values()] or number < 1:
            raise No("number-not-ours")
        if any((t["series"], t["number"]) == (series, number) for t in self.today()):
            raise No("number-known")
        if not adoptable(number, day["block"], self._next_number(day, series)):
            raise No("number-not-ours")
        if self.now.disk_tight:
            raise No("disk-full")
        place, new = self._place_of_paper(printed_at), self._next_id()
        seq = self._write(
            "TicketAdopted",
            ticket=new,
            series=series,
            number=number,
            service=service,
            language=_spoken(language),
            printed_at=printed_at,
            after=place,
        )
        ticket = new_ticket(new, day["number"], series, number, service, _spoken(language), seq)
        ticket.update(adopted=1, place=place, place_sub=1441 if printed_at is None else printed_at + 1)
        self.tickets[new] = ticket

    def _place_of_paper(self, printed_at: int | None) -> int:
        end = max(self.tickets, default=0)
        if printed_at is None or self.now.date is None or printed_at >= self.now.minute:
            return end
        ago_ms = (self.now.minute - printed_at) * 60_000
        before = [t["id"] for t in self.today() if not t["adopted"] and self._since(t["issued"]) >= ago_ms]
        return max(before, default=0)

    def _next_number(self, day: Row, series: str) -> int:
        first: int = day["block"] * 1000 + 1
        return self.counters.get((day["number"], series), first)

    def _next_id(self) -> int:
        return max(self.tickets, default=0) + 1

    def _queue_slip(self, ticket: Row, seq: int, *, copy: int) -> None:
        number = max(self.slips, default=0) + 1
        self.slips[number] = {
            "id": number,
            "ticket": ticket["id"],
            "copy": copy,
            "state": "queued",
            "queued": seq,
            "settled": None,
        }

    def leave_ticket(self, ticket: int, reason: str) -> None:
        found = self._ticket(ticket)
        if found["state"] not in ("waiting", "parked", "missed"):
            raise No("ticket-not-in-queue")
        if reason not in LEAVING:
            raise No("unknown-reason")
        self._leave(found, reason, by_system=False)

    def _leave(self, ticket: Row, reason: str, *, by_system: bool) -> None:
        body = {"ticket": ticket["id"], "desk": ticket["desk"], "by_system": by_system, "reason": reason}
        gone: dict[str, Any] = dict.fromkeys(("desk", "for_desk"))
        gone |= {"state": "left", "ended": "now", "by_system": int(by_system), "reason": reason, "route": ""}
        self._change("TicketLeft", ticket, body, **gone)

    def return_ticket(self, ticket: int) -> None:
        found = self._ticket(ticket)
        if found["state"] == "missed" and found["returned"]:
            raise No("already-returned")
        if found["state"] not in ("missed", "parked"):
            raise No("ticket-not-missed")
        self._return(found)

    def reprint(self, ticket: int) -> None:
        found = self._ticket(ticket)
        if found["state"] in ("done", "left"):
            raise No("ticket-not-in-queue")
        self._copy_slip(found)

    def _copy_slip(self, ticket: Row) -> None:
        number = max(self.slips, default=0) + 1
        self._queue_slip(ticket, self._write("SlipCopied", slip=number, ticket=ticket["id"]), copy=1)

    def record_slip(self, slip: int, outcome: str) -> None:
        found = self.slips.get(slip)
        if found is None or found["queued"] < self.days[-1]["opened"]:
            raise No("unknown-slip")
        if found["state"] != "queued":
            return
        if outcome in ("printed", "sent"):
            found["settled"] = self._write("SlipPrinted", slip=slip, confirmed=outcome == "printed")
        else:
            found["settled"] = self._write("SlipExpired" if outcome == "expired" else "SlipUnconfirmed", slip=slip)
        found["state"] = outcome
        ticket = self.tickets[found["ticket"]]
        fresh = self._since(ticket["issued"]) <= self.plan.seconds("slip_deadline_s") * 1000
        if outcome == "unknown" and fresh and ticket["state"] in ("waiting", "called"):
            self._copy_slip(ticket)


def _spoken(language: str) -> str:
    return language if language in ("ru", "uk", "en") else "ru"
