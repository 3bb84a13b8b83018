"""The model's ledger: the rows as dicts, what a rule may look at, and the single steps of a ticket's life."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.domain.model_rules import HELD, Row, new_desk, turn
from tests.plans import Sketch

Rows = dict[tuple[str, Any], Row]


class No(Exception):
    """A refusal, by its code."""


@dataclass(frozen=True)
class Present:
    """What the model knows of the present; `date` and `minute` only while the clock is trusted."""

    at_ms: int
    trusted: bool
    boot: str
    uptime_ms: int
    date: str | None
    minute: int
    disk_tight: bool
    settled: bool


class Ledger:
    """Rows by table; a key that begins with `_` is the model's own and no column."""

    def __init__(self, sketches: Mapping[str, Sketch]) -> None:
        self.sketches = sketches
        self.office: Row | None = None
        self.days: list[Row] = []
        self.tickets: dict[int, Row] = {}
        self.desks: dict[int, Row] = {}
        self.slips: dict[int, Row] = {}
        self.counters: dict[tuple[int, str], int] = {}
        self.undo: dict[int, Row] = {}
        self.entries: list[Present] = []
        self.kinds: list[str] = []
        self.redated: set[int] = set()
        self.now = Present(0, False, "", 0, None, -1, False, True)

    def rows(self) -> Rows:
        """Every row, by (table, key)."""
        rows: Rows = {} if self.office is None else {("office", 1): dict(self.office)}
        tables = {"ticket": self.tickets, "desk": self.desks, "slip": self.slips}
        for table, kept in tables.items():
            for key, row in kept.items():
                columns = {name: value for name, value in row.items() if name[0] != "_"}
                rows[table, key] = columns
        rows.update({("day", day["number"]): dict(day) for day in self.days})
        for (day, series), number in self.counters.items():
            rows["counter", (day, series)] = {"day": day, "series": series, "next": number}
        return rows

    def restart(self) -> None:
        """Only what is on the disk is left: nothing can be undone."""
        self.undo = {}

    def _write(self, kind: str) -> int:
        self.kinds.append(kind)
        self.entries.append(self.now)
        return len(self.entries)

    def _since(self, seq: int) -> int:
        then = self.entries[seq - 1]
        if then.boot == self.now.boot:
            return max(0, self.now.uptime_ms - then.uptime_ms)
        return max(0, self.now.at_ms - then.at_ms)

    @property
    def sketch(self) -> Sketch:
        if self.office is None or self.office["plan"] is None:
            raise No("no-plan")
        return self.sketches[self.office["plan"]]

    @property
    def day(self) -> Row | None:
        return self.days[-1] if self.days and self.days[-1]["closed"] is None else None

    def today(self) -> list[Row]:
        number = self.days[-1]["number"] if self.days else 0
        return [ticket for ticket in self.tickets.values() if ticket["day"] == number]

    def line(self, desk: int) -> list[Row]:
        """Everybody whom this desk may call, in order."""
        sketch = self.sketch
        eligible = []
        for ticket in self.today():
            if ticket["state"] != "waiting":
                continue
            other = ticket["for_desk"]
            abandoned = other is None or self._desk(other)["state"] == "closed"
            if other == desk or (abandoned and sketch.serves(desk, ticket["service"])):
                eligible.append(ticket)
        return sorted(eligible, key=lambda ticket: turn(ticket, desk))

    def _open_day(self) -> Row:
        _ = self.sketch
        if self.day is None:
            raise No("day-not-open")
        return self.day

    def _desk(self, number: int) -> Row:
        if number not in self.sketch.desks:
            raise No("unknown-desk")
        return self.desks.get(number) or new_desk(number)

    def _set_desk(self, number: int, **values: Any) -> None:
        self.desks.setdefault(number, new_desk(number)).update(values)

    def _free_desk(self, number: int) -> Row:
        desk = self._desk(number)
        self._open_day()
        codes = {"closed": "desk-closed", "break": "desk-on-break", "free": ""}
        code = codes.get(desk["state"], "desk-busy")
        if code:
            raise No(code)
        return desk

    def _held(self, number: int, state: str) -> Row:
        desk = self._desk(number)
        if desk["state"] != state:
            raise No({"called": "desk-not-calling", "serving": "desk-not-serving"}[state])
        return self.tickets[desk["ticket"]]

    def _ticket(self, number: int) -> Row:
        day = self._open_day()
        ticket = self.tickets.get(number)
        if ticket is None or ticket["day"] != day["number"]:
            raise No("unknown-ticket")
        return ticket

    def _service(self, name: str) -> str:
        if name not in self.sketch.services:
            raise No("unknown-service")
        return self.sketch.services[name]

    def _step(self, kind: str, ticket: Row, at: int | None = None, *, joined: bool = False, **to: Any) -> None:
        """One journal entry that changes a ticket and, if a desk is named, what this desk could undo."""
        seq = self._write(kind)
        before = dict(ticket)
        ticket.update({name: seq if value == "now" else value for name, value in to.items()})
        ticket["_moved"] = seq
        if at is not None:
            act = self.undo.get(at)
            if not joined or act is None:
                act = {"tickets": {}, "desk": dict(self._desk(at))}
            act["tickets"].setdefault(ticket["id"], before)
            act["seq"] = seq
            act["after"] = {number: self.tickets[number]["_moved"] for number in act["tickets"]}
            self.undo[at] = act
            holds = to["state"] in HELD
            self._set_desk(
                at,
                state=to["state"] if holds else "free",
                ticket=ticket["id"] if holds else None,
                since=seq,
            )

    def _call(self, ticket: Row, desk: int, *, joined: bool = False, back: bool = False) -> None:
        self._step(
            "TicketCalled",
            ticket,
            desk,
            joined=joined,
            state="called",
            desk=desk,
            calls=1,
            called="now",
            heard=None,
            ended=None,
            by_system=0,
            returned=1 if back else ticket["returned"],
        )

    def _begin(self, ticket: Row, desk: int, *, inferred: int) -> None:
        self._step("ServiceStarted", ticket, desk, state="serving", started="now", inferred=inferred)

    def _end(
        self,
        kind: str,
        state: str,
        ticket: Row,
        desk: int,
        *,
        system: int = 0,
        joined: bool = False,
    ) -> None:
        ends: dict[str, Any] = {"state": state, "desk": None, "for_desk": None, "ended": "now", "by_system": system}
        self._step(kind, ticket, desk, joined=joined, **ends)

    def _back_in_line(self, kind: str, ticket: Row, at: int | None = None, **to: Any) -> None:
        clean: dict[str, Any] = {"calls": 0, "called": None, "heard": None, "started": None, "inferred": 0}
        self._step(kind, ticket, at, state="waiting", **clean, **to)

    def _return(self, ticket: Row) -> None:
        returned = 1 if ticket["state"] == "missed" else ticket["returned"]
        self._back_in_line("TicketReturned", ticket, returned=returned, ended=None, by_system=0)

    def _desk_becomes(self, kind: str, number: int, state: str, **values: Any) -> None:
        seq = self._write(kind)
        self._set_desk(number, state=state, ticket=None, since=seq, **values)
        self.undo.pop(number, None)
