"""The model's ledger: the rows as dicts, what a rule may look at, and the single steps of a ticket's life."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.domain.model_plan import Facts, adjusted, directed
from tests.domain.model_rules import HELD, IN_HAND, Row, new_desk

Rows = dict[tuple[str, Any], Row]
Entry = tuple[str, dict[str, Any]]


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

    def __init__(self, documents: Mapping[str, str]) -> None:
        self.plans = {digest: Facts.read(document) for digest, document in documents.items()}
        self._adjusted: dict[tuple[str, str | None, tuple[int, ...]], Facts] = {}
        self.office: Row | None = None
        self.days: list[Row] = []
        self.tickets: dict[int, Row] = {}
        self.desks: dict[int, Row] = {}
        self.slips: dict[int, Row] = {}
        self.pauses: dict[int, Row] = {}
        self.bells: dict[int, Row] = {}
        self.devices: dict[str, Row] = {}
        self.directives: dict[int, Row] = {}
        self.standing: dict[int, Row] = {}
        self.counters: dict[tuple[int, str], int] = {}
        self.undo: dict[int, Row] = {}
        self.entries: list[Present] = []
        self.events: list[Entry] = []
        self.redated: set[int] = set()
        self.now = Present(0, False, "", 0, None, -1, False, True)

    def learn(self, digest: str, document: str) -> None:
        """One more plan that may be adopted."""
        self.plans[digest] = Facts.read(document)

    def rows(self) -> Rows:
        """Every row, by (table, key)."""
        rows: Rows = {} if self.office is None else {("office", 1): dict(self.office)}
        tables: dict[str, dict[Any, Row]] = {"ticket": self.tickets, "desk": self.desks, "slip": self.slips}
        tables |= {"pause": self.pauses, "bell": self.bells, "device": self.devices}
        tables |= {"directive": self.directives, "standing": self.standing}
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

    def _write(self, kind: str, /, **body: Any) -> int:
        self.events.append((kind, body))
        self.entries.append(self.now)
        return len(self.entries)

    def _since(self, seq: int, until: int | None = None) -> int:
        """Milliseconds from an entry to another one or to now, never negative; by uptime within one boot."""
        then, end = self.entries[seq - 1], self.now if until is None else self.entries[until - 1]
        if then.boot == end.boot:
            return max(0, end.uptime_ms - then.uptime_ms)
        return max(0, end.at_ms - then.at_ms)

    def _waited(self, seq: int, until: int | None = None) -> int:
        """The same without the pauses of the day."""
        whole = self._since(seq, until)
        paused = 0
        for pause in self.pauses.values():
            if pause["day"] == self.days[-1]["number"]:
                began = min(whole, self._since(pause["began"], until))
                ended = 0 if pause["ended"] is None else min(whole, self._since(pause["ended"], until))
                paused += max(0, began - ended)
        return max(0, whole - paused)

    @property
    def plan(self) -> Facts:
        """What is in force: the plan of the day with what holds at once of the one that waits, and with what stands."""
        if self.office is None or self.office["plan"] is None:
            raise No("no-plan")
        plan, following = self.office["plan"], self.office["next_plan"]
        lasting = [one for one in self.standing.values() if one["ended"] is None]
        if following is None and not lasting:
            return self.plans[plan]
        known = (plan, following, tuple(one["id"] for one in lasting))
        if known not in self._adjusted:
            facts = self.plans[plan] if following is None else adjusted(self.plans[plan], self.plans[following])
            self._adjusted[known] = directed(facts, lasting)
        return self._adjusted[known]

    def _offered(self, services: tuple[str, ...]) -> None:
        """Whether the centre lets numbers be given for these; `DirectiveModel` knows."""

    @property
    def day(self) -> Row | None:
        return self.days[-1] if self.days and self.days[-1]["closed"] is None else None

    @property
    def pause(self) -> Row | None:
        """The pause that lasts."""
        lasting = [pause for pause in self.pauses.values() if pause["ended"] is None]
        return lasting[0] if lasting else None

    def today(self) -> list[Row]:
        number = self.days[-1]["number"] if self.days else 0
        return [ticket for ticket in self.tickets.values() if ticket["day"] == number]

    def _open_day(self) -> Row:
        _ = self.plan
        if self.day is None:
            raise No("day-not-open")
        return self.day

    def _no_pause(self) -> None:
        if self.pause is not None:
            raise No("hall-paused")

    def _desk(self, number: int) -> Row:
        if number not in self.plan.desks:
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

    def _in_hand(self, number: int) -> Row:
        ticket = self._ticket(number)
        if ticket["state"] not in IN_HAND:
            raise No("ticket-not-in-queue")
        return ticket

    def _service(self, name: str) -> Row:
        if name not in self.plan.services:
            raise No("unknown-service")
        return self.plan.services[name]

    def _reason(self, kind: str, name: str) -> int:
        """Minutes of a reason of the plan, or 0."""
        found, minutes = self.plan.reasons.get(name, (kind, 0)) if not name else self.plan.reasons.get(name, ("", 0))
        if found != kind:
            raise No("unknown-reason")
        return minutes

    def _change(self, kind: str, ticket: Row, body: Mapping[str, Any], **to: Any) -> None:
        """One journal entry that changes a ticket and no desk."""
        seq = self._write(kind, **body)
        ticket.update({name: seq if value == "now" else value for name, value in to.items()})
        ticket["_moved"] = seq

    def _step(
        self, kind: str, ticket: Row, at: int, body: Mapping[str, Any], *, joined: bool = False, **to: Any
    ) -> None:
        """One journal entry that changes a ticket and its desk, and that this desk could undo.

        `joined`: it belongs to the same act as the one before.
        """
        before, desk_before = dict(ticket), dict(self._desk(at))
        self._change(kind, ticket, {"ticket": ticket["id"], "desk": at, **body}, **to)
        seq = len(self.entries)
        act = self.undo.get(at)
        if not joined or act is None:
            act = {"tickets": {}, "desk": desk_before, "first": seq}
        act["tickets"].setdefault(ticket["id"], before)
        act["seq"], act["kind"] = seq, kind
        act["after"] = {number: self.tickets[number]["_moved"] for number in act["tickets"]}
        self.undo[at] = act
        holds = ticket["state"] in HELD
        self._set_desk(
            at,
            state=ticket["state"] if holds else "free",
            ticket=ticket["id"] if holds else None,
            since=seq,
        )

    def _call(
        self,
        ticket: Row,
        desk: int,
        why: str,
        over: int | None,
        *,
        joined: bool = False,
        back: bool = False,
    ) -> None:
        self._step(
            "TicketCalled",
            ticket,
            desk,
            {"chained": joined, "back": back, "why": why, "over": over},
            joined=joined,
            state="called",
            desk=desk,
            calls=1,
            called="now",
            heard=None,
            started=None,
            inferred=0,
            ended=None,
            by_system=0,
            returned=1 if back else ticket["returned"],
            reason="",
            park_min=None,
            first_called=ticket["first_called"] or "now",
            last_called="now",
        )

    def _begin(self, ticket: Row, desk: int, *, inferred: bool) -> None:
        to: dict[str, Any] = {"state": "serving", "started": "now", "inferred": int(inferred)}
        self._step("ServiceStarted", ticket, desk, {"inferred": inferred}, **to)

    def _end(self, kind: str, state: str, ticket: Row, body: Mapping[str, Any], *, joined: bool = False) -> None:
        ends: dict[str, Any] = {"state": state, "desk": None, "for_desk": None, "ended": "now"}
        self._step(kind, ticket, ticket["desk"], body, joined=joined, by_system=int(body["by_system"]), **ends)

    def _waits_again(self, **to: Any) -> dict[str, Any]:
        """What changes in a ticket that waits once more after it had been with somebody."""
        clean: dict[str, Any] = dict.fromkeys(("desk", "called", "heard", "started", "ended", "park_min"))
        clean |= dict.fromkeys(("calls", "inferred", "by_system"), 0)
        return {"state": "waiting", "resumed": 1, "reason": "", **clean, **to}

    def _return(self, ticket: Row) -> None:
        returned = 1 if ticket["state"] == "missed" else ticket["returned"]
        self._change("TicketReturned", ticket, {"ticket": ticket["id"]}, **self._waits_again(returned=returned))

    def _desk_becomes(self, kind: str, number: int, state: str, body: Mapping[str, Any], **values: Any) -> None:
        seq = self._write(kind, desk=number, **body)
        self._set_desk(number, **{"state": state, "ticket": None, "since": seq, "reason": "", **values})
        self.undo.pop(number, None)
