"""A second reading of the rules: predicts the rows of the database after each command, or the refusal.

Written from the rules alone, in plain dicts, without the deciding and evolving functions: where the two readings
differ, one of them is wrong.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

from tests.domain.model_desk import DeskModel
from tests.domain.model_ledger import No, Present
from tests.domain.model_rules import (
    IN_LINE,
    KEYS,
    SAME_DAY_MS,
    Row,
    adoptable,
    canonical,
    fresh_block,
    new_desk,
    new_ticket,
)


class Model(DeskModel):
    """The queue as rows. `expect` applies a command and returns the refusal's code, or None."""

    def expect(self, name: str, fields: Mapping[str, Any], now: Present) -> str | None:
        """Apply the command `name`; `kinds` then holds the journal entries it should have made."""
        self.kinds, self.now = [], now
        method = getattr(self, re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower())
        try:
            method(**fields)
        except No as refusal:
            return str(refusal)
        return None

    def take_ticket(self, service: str, language: str, paper: bool) -> None:
        day, series = self._open_day(), canonical(self._service(service))
        if self.now.disk_tight:
            raise No("disk-full")
        late = self.now.date is not None and self.now.minute >= self.sketch.closes
        opened_at = self.now.minute - self._since(day["opened"]) // 60_000
        if self.now.settled and late and opened_at < self.sketch.closes:
            raise No("issuing-closed")
        number = self._next_number(day, series)
        if number > day["block"] * 1000 + 999:
            raise No("numbers-exhausted")
        seq = self._write("TicketIssued")
        ticket = new_ticket(self._next_id(), day["number"], series, number, service, language, seq)
        self.tickets[ticket["id"]] = ticket
        self.counters[day["number"], series] = number + 1
        if paper:
            self._queue_slip(ticket, seq, copy=0)

    def adopt_ticket(self, series: str, number: int, service: str, language: str, printed_at: int | None) -> None:
        day = self._open_day()
        self._service(service)
        series = canonical(series)
        if series not in map(canonical, self.sketch.services.values()) or number < 1:
            raise No("number-not-ours")
        if any((t["series"], t["number"]) == (series, number) for t in self.today()):
            raise No("number-known")
        if not adoptable(number, day["block"], self._next_number(day, series)):
            raise No("number-not-ours")
        if self.now.disk_tight:
            raise No("disk-full")
        place = self._place_of_paper(printed_at)
        seq = self._write("TicketAdopted")
        new = self._next_id()
        ticket = new_ticket(new, day["number"], series, number, service, language, seq)
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

    def leave_ticket(self, ticket: int) -> None:
        found = self._ticket(ticket)
        if found["state"] not in ("waiting", "parked", "missed"):
            raise No("ticket-not-in-queue")
        self._leave(found, system=0)

    def _leave(self, ticket: Row, *, system: int) -> None:
        gone: dict[str, Any] = {
            "state": "left",
            "desk": None,
            "for_desk": None,
            "ended": "now",
            "by_system": system,
        }
        self._step("TicketLeft", ticket, **gone)

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
        self._queue_slip(found, self._write("SlipCopied"), copy=1)

    def record_slip(self, slip: int, outcome: str) -> None:
        found = self.slips.get(slip)
        if found is None or found["queued"] < self.days[-1]["opened"]:
            raise No("unknown-slip")
        if found["state"] != "queued":
            return
        kinds = {"printed": "SlipPrinted", "sent": "SlipPrinted", "expired": "SlipExpired"}
        found["settled"] = self._write(kinds.get(outcome, "SlipUnconfirmed"))
        found["state"] = outcome
        ticket = self.tickets[found["ticket"]]
        fresh = self._since(ticket["issued"]) <= self.sketch.seconds("slip_deadline_s") * 1000
        if outcome == "unknown" and fresh and ticket["state"] in ("waiting", "called"):
            self._queue_slip(ticket, self._write("SlipCopied"), copy=1)

    def press(self, desk: int, key: str, long: bool, expects: int | None) -> None:
        found = self._desk(desk)
        if expects is not None and expects != (found["ticket"] or 0):
            raise No("changed-meanwhile")
        meaning = KEYS.get((found["state"], key, long))
        if meaning is None:
            raise No("key-has-no-effect")
        if meaning == "setting":
            setting = str(self.sketch.setting("next_when_called"))
            meaning = {"recall": "recall", "start": "start"}.get(setting, "finish_and_call")
        if meaning == "open_desk" and self.day is None:
            self._open_day_and_desk(desk)
        elif meaning == "finish_and_call":
            self.finish(desk, call_next=True)
        else:
            getattr(self, meaning)(desk)

    def _open_day_and_desk(self, desk: int) -> None:
        before = {name: copy.deepcopy(value) for name, value in vars(self).items() if name != "sketches"}
        try:
            self.open_day()
            self.open_desk(desk)
        except No:
            vars(self).update(before)
            raise

    def open_day(self) -> None:
        date = self.now.date
        _ = self.sketch
        if self.day is not None and date is not None and self.day["date"] == date:
            raise No("day-already-open")
        if self.day is not None:
            self._close(system=1)
        self._open(date)

    def close_day(self) -> None:
        if self.day is None:
            raise No("day-not-open")
        self._close(system=0)

    def _close(self, *, system: int) -> None:
        for ticket in self.today():
            if ticket["state"] == "serving":
                self._end("ServiceFinished", "done", ticket, ticket["desk"], system=1)
            elif ticket["state"] in IN_LINE:
                self._leave(ticket, system=1)
        for number in self.sketch.desks:
            if self._desk(number)["state"] != "closed":
                self._desk_becomes("DeskClosed", number, "closed", operator=None)
        for slip in self.slips.values():
            if slip["state"] == "queued":
                slip.update(state="expired", settled=self._write("SlipExpired"))
        self.days[-1]["closed"] = self._write("DayClosed")

    def _open(self, date: str | None) -> None:
        assert self.office is not None
        block = self._block(date)
        last = self.days[-1] if self.days else None
        again = last is not None and self._same_working_day(last, date) and block == last["block"]
        before, self.office["plan"] = self.sketch, self.office["next_plan"] or self.office["plan"]
        self.office["next_plan"] = None
        number = 1 if last is None else last["number"] + 1
        seq = self._write("DayOpened")
        self.days.append(
            {
                "number": number,
                "date": date,
                "block": block,
                "plan": self.office["plan"],
                "opened": seq,
                "closed": None,
            }
        )
        if again:
            for (day, series), following in list(self.counters.items()):
                if day == number - 1:
                    self.counters[number, series] = following
        for desk in self.sketch.desks:
            if desk in before.desks:
                self._set_desk(desk)
            else:
                self.desks[desk] = new_desk(desk)
        if not block:
            self.office.update(fence_block=None, fence_until=None)
        elif self.office["fence_until"] is None:
            self.office["fence_until"] = date

    def _block(self, date: str | None) -> int:
        assert self.office is not None
        block, until = self.office["fence_block"], self.office["fence_until"]
        passed = date is not None and until is not None and date > until
        return 0 if block is None or passed else block

    def _same_working_day(self, last: Row, date: str | None) -> bool:
        soon = self.entries[last["opened"] - 1].boot == self.now.boot and self._since(last["opened"]) < SAME_DAY_MS
        if last["date"] is not None and date is not None:
            return bool(last["date"] == date)
        used = [number % 1000 for (day, _), number in self.counters.items() if day == last["number"]]
        return soon or max(used, default=0) <= 500

    def begin_incarnation(self, office: str, life: str) -> None:
        row = self._office_row()
        self._write("IncarnationBegun")
        row.update(office=office, incarnation=row["incarnation"] + 1, life=life)
        if row["incarnation"] == 1:
            return
        row.update(fence_block=fresh_block(row["incarnation"]), fence_until=self.now.date)
        if self.day is not None:
            self.day["block"] = row["fence_block"]
            for key in self.counters:
                if key[0] == self.day["number"]:
                    self.counters[key] = row["fence_block"] * 1000 + 1

    def adopt_plan(self, plan: str) -> None:
        row, new = self.office, self.sketches[plan]
        if row is not None and (row["next_plan"] or row["plan"]) == plan:
            return
        if self.day is not None:
            used = {t["service"] for t in self.today() if t["state"] not in ("done", "left", "missed")}
            open_desks = {n for n in self.sketch.desks if self._desk(n)["state"] != "closed"}
            if used - set(new.services) or open_desks - set(new.desks):
                raise No("plan-in-use")
        self._write("PlanAdopted")
        row = self._office_row()
        if row["plan"] is None:
            row["plan"] = plan
        else:
            row["next_plan"] = None if row["plan"] == plan else plan

    def _office_row(self) -> Row:
        if self.office is None:
            names = ("fence_block", "fence_until", "plan", "next_plan")
            self.office = {"id": 1, "office": "", "incarnation": 0, "life": ""} | dict.fromkeys(names)
        return self.office

    def correct_clock(self, offset_ms: int) -> None:
        self._write("ClockCorrected")

    def tick(self, settled: bool) -> None:
        if self.office is None or self.office["plan"] is None:
            return
        if self.day is not None:
            for ticket in self.today():
                self._due(ticket)
        if not self.kinds:
            self._hours(settled)

    def _due(self, ticket: Row) -> None:
        seconds = self.sketch.seconds
        if ticket["state"] == "parked" and seconds("park_min"):
            if self._since(ticket["ended"]) >= seconds("park_min") * 60_000:
                self._return(ticket)
        elif ticket["state"] == "called":
            if ticket["heard"] is not None:
                waited = self._since(ticket["heard"])
            else:
                waited = self._since(ticket["called"]) - seconds("unheard_after_s") * 1000
            if seconds("missed_after_s") and waited >= seconds("missed_after_s") * 1000:
                self._end("TicketMissed", "missed", ticket, ticket["desk"], system=1)
            elif seconds("start_after_s") and waited >= seconds("start_after_s") * 1000:
                self._begin(ticket, ticket["desk"], inferred=1)

    def _hours(self, settled: bool) -> None:
        today, minute = self.now.date, self.now.minute
        if today is None:
            return
        assert self.office is not None
        if self.day is None:
            newest = self.sketches[self.office["next_plan"] or self.office["plan"]]
            had_one = self.days and self.days[-1]["date"] == today
            if not had_one and newest.opens <= minute < newest.closes:
                self._open(today)
            return
        if not settled:
            return
        date, late = (
            self.day["date"],
            minute >= self.sketch.closes + self.sketch.seconds("grace_min"),
        )
        if date is None or date > today:
            self._write("DayRedated")
            self.day["date"] = today
            self.redated.add(self.day["number"])
        elif (date == today and late and not self._opened_after_hours(self.day)) or (
            date < today and (late or not self._dark_visitors())
        ):
            self._close(system=1)

    def _opened_after_hours(self, day: Row) -> bool:
        """Whether a person opened this day when it should have been closed already."""
        opened_at = self.now.minute - self._since(day["opened"]) // 60_000
        return bool(opened_at >= self.sketch.closes + self.sketch.seconds("grace_min"))

    def _dark_visitors(self) -> bool:
        """Whether somebody in the hall took a number in this boot before the clock was known."""
        return any(
            issued.boot == self.now.boot and not issued.trusted
            for issued in (
                self.entries[ticket["issued"] - 1]
                for ticket in self.today()
                if ticket["state"] in ("waiting", "called", "serving")
            )
        )
