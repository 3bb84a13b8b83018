"""A second reading of the rules: predicts the events and the rows of the database after each command, or the refusal.

Written from the rules alone, in plain dicts, without the deciding and evolving functions: where the two readings
differ, one of them is wrong.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from datetime import date as calendar_date
from datetime import timedelta
from typing import Any

from tests.domain.model_bells import BellModel
from tests.domain.model_directives import DirectiveModel
from tests.domain.model_ledger import No, Present
from tests.domain.model_rules import (
    IN_HAND,
    IN_LINE,
    KEYS,
    SAME_DAY_MS,
    Row,
    fresh_block,
    new_desk,
    route_of,
)


class Model(BellModel, DirectiveModel):
    """The queue as rows. `expect` applies a command and returns the refusal's code, or None."""

    def expect(self, name: str, fields: Mapping[str, Any], now: Present) -> str | None:
        """Apply the command `name`; `events` then holds the journal entries it should have made."""
        self.events, self.now = [], now
        method = getattr(self, re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower())
        try:
            method(**fields)
        except No as refusal:
            return str(refusal)
        return None

    def press(self, desk: int, key: str, long: bool, expects: int | None) -> None:
        found = self._desk(desk)
        if expects is not None and expects != (found["ticket"] or 0):
            raise No("changed-meanwhile")
        meaning = KEYS.get((found["state"], key, long))
        if meaning is None:
            raise No("key-has-no-effect")
        if meaning == "setting":
            setting = str(self.plan.settings["next_when_called"])
            meaning = {"recall": "recall", "start": "start"}.get(setting, "finish_and_call")
        if meaning == "open_desk" and self.day is None:
            self._open_day_and_desk(desk)
        elif meaning == "finish_and_call":
            self.finish(desk, call_next=True)
        else:
            getattr(self, meaning)(desk)

    def _open_day_and_desk(self, desk: int) -> None:
        before = {
            name: copy.deepcopy(value) for name, value in vars(self).items() if name not in ("plans", "_adjusted")
        }
        try:
            self.open_day()
            self.open_desk(desk)
        except No:
            vars(self).update(before)
            raise

    def open_day(self) -> None:
        date = self.now.date
        _ = self.plan
        if self.day is not None and date is not None and self.day["date"] == date:
            raise No("day-already-open")
        if self.day is not None:
            self._close(by_system=True)
        self._open(date)

    def close_day(self) -> None:
        if self.day is None:
            raise No("day-not-open")
        self._close(by_system=False)

    def _close(self, *, by_system: bool) -> None:
        self._resume(by_system=True)
        for ticket in self.today():
            if ticket["state"] == "serving":
                self._end("ServiceFinished", "done", ticket, {"by_system": True, "chained": False})
            elif ticket["state"] in IN_LINE:
                self._leave(ticket, "", by_system=True)
        for number in self.plan.desks:
            if self._desk(number)["state"] != "closed":
                self._desk_becomes("DeskClosed", number, "closed", {"by_system": True}, operator=None)
        self._nothing_stands()
        for slip in self.slips.values():
            if slip["state"] == "queued":
                slip.update(state="expired", settled=self._write("SlipExpired", slip=slip["id"]))
        self.days[-1]["closed"] = self._write("DayClosed", day=self.days[-1]["number"], by_system=by_system)

    def _open(self, date: str | None) -> None:
        assert self.office is not None
        block = self._block(date)
        last = self.days[-1] if self.days else None
        again = last is not None and self._same_working_day(last, date) and block == last["block"]
        before, self.office["plan"] = self.plan, self.office["next_plan"] or self.office["plan"]
        self.office["next_plan"] = None
        number = 1 if last is None else last["number"] + 1
        seq = self._write(
            "DayOpened", day=number, date=date, block=block, plan=self.office["plan"], continues=bool(again)
        )
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
        for desk in self.plan.desks:
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
        block = fresh_block(row["incarnation"] + 1)
        row.update(office=office, incarnation=row["incarnation"] + 1, life=life)
        self._write(
            "IncarnationBegun",
            office=office,
            incarnation=row["incarnation"],
            block=block,
            until=self.now.date,
            life=life,
        )
        if row["incarnation"] == 1:
            return
        row.update(fence_block=block, fence_until=self.now.date)
        if self.day is not None:
            self.day["block"] = row["fence_block"]
            for key in self.counters:
                if key[0] == self.day["number"]:
                    self.counters[key] = row["fence_block"] * 1000 + 1

    def adopt_plan(self, plan: str) -> None:
        row, new = self.office, self.plans[plan]
        if row is not None and (row["next_plan"] or row["plan"]) == plan:
            return
        if self.day is not None:
            here = [t for t in self.today() if t["state"] in IN_HAND]
            used = {t["service"] for t in here} | {stop[0] for t in here for stop in route_of(t)}
            open_desks = {n for n in self.plan.desks if self._desk(n)["state"] != "closed"}
            if used - set(new.services) or open_desks - set(new.desks):
                raise No("plan-in-use")
        self._write("PlanAdopted", plan_version=new.document["version"], digest=plan)
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
        self._write("ClockCorrected", boot=self.now.boot, offset_ms=offset_ms)

    def tick(self, settled: bool) -> None:
        self._bells_due()
        if self.office is None or self.office["plan"] is None:
            return
        self._message_is_over()
        if self.day is not None and self.pause is None:
            for ticket in self.today():
                self._due(ticket)
        if not self.events:
            self._hours(settled)

    def _due(self, ticket: Row) -> None:
        seconds = self.plan.seconds
        if ticket["state"] == "parked":
            minutes = seconds("park_min") if ticket["park_min"] is None else ticket["park_min"]
            if minutes and self._waited(ticket["ended"]) >= minutes * 60_000:
                self._return(ticket)
        elif ticket["state"] == "called":
            if ticket["heard"] is not None:
                waited = self._waited(ticket["heard"])
            else:
                waited = self._waited(ticket["called"]) - seconds("unheard_after_s") * 1000
            extra = seconds("needs_extra_s") if ticket["needs"] else 0
            if seconds("missed_after_s") and waited >= (seconds("missed_after_s") + extra) * 1000:
                self._end("TicketMissed", "missed", ticket, {"by_system": True})
            elif seconds("start_after_s") and waited >= (seconds("start_after_s") + extra) * 1000:
                self._begin(ticket, ticket["desk"], inferred=True)

    def _hours(self, settled: bool) -> None:
        today, minute = self.now.date, self.now.minute
        if today is None:
            return
        assert self.office is not None
        if self.day is None:
            span = self.plans[self.office["next_plan"] or self.office["plan"]].open_on(today)
            had_one = self.days and self.days[-1]["date"] == today
            if settled and not had_one and span is not None and span[0] <= minute < span[1]:
                self._open(today)
            return
        if not settled:
            return
        date, closes = self.day["date"], self._closes_by_itself(today)
        late = closes is not None and minute >= closes
        if date is None or date > today:
            self._write("DayRedated", day=self.day["number"], date=today)
            self.day["date"] = today
            self.redated.add(self.day["number"])
        elif (date == today and late and self.pause is None and not self._opened_after(closes)) or (
            date < today and not self._last_night_goes_on(date) and (late or not self._dark_visitors())
        ):
            self._close(by_system=True)

    def _last_night_goes_on(self, date: str) -> bool:
        """Whether it is past midnight but yesterday's day still has its grace, and today hasn't opened."""
        assert self.now.date is not None
        closes, opens = self._closes_by_itself(date), self.plan.open_on(self.now.date)
        yesterday = calendar_date.fromisoformat(self.now.date) - timedelta(days=1)
        if closes is None or date != yesterday.isoformat() or (opens is not None and self.now.minute >= opens[0]):
            return False
        return self.now.minute + 1440 < closes

    def _closes_by_itself(self, date: str) -> int | None:
        (office, _, _), _ = self.plan.on(date)
        return None if office is None else office[1] + self.plan.seconds("grace_min")

    def _opened_after(self, closes: int | None) -> bool:
        """Whether a person opened this day when it should have been closed already."""
        assert self.day is not None
        return closes is not None and self._day_opened_at() >= closes

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
