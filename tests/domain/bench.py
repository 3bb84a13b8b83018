"""The real rules and the model side by side: each command goes to both, and any difference is an error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Any, Protocol

from appliance.domain.identity import AdoptPlan, BeginIncarnation
from appliance.domain.message import Command, Event
from appliance.domain.moment import Now
from appliance.domain.office import Office
from appliance.domain.plan import Plan
from appliance.domain.refusal import Code, Refused
from tests.domain.clock import Clock
from tests.domain.model import Model
from tests.domain.model_ledger import Present
from tests.domain.stores import Answer, MemoryStore, Rows
from tests.plans import Sketch


class Divergence(AssertionError):
    """The rules and the model disagree."""


class Document(Protocol):
    """A plan that a test may adopt."""

    @property
    def document(self) -> str: ...

    @property
    def digest(self) -> str: ...

    @property
    def plan(self) -> Plan: ...


class Store(Protocol):
    """Where the real rules run."""

    @property
    def office(self) -> Office: ...

    def ask(self, commands: Sequence[Command]) -> list[Answer]: ...

    def rows(self) -> Rows: ...

    def restart(self) -> None: ...

    def check_whole(self) -> None: ...

    def close(self) -> None: ...


@dataclass
class Tally:
    """What has been tried so far."""

    steps: int = 0
    commands: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    whys: Counter[str] = field(default_factory=Counter)


class Bench:
    """One office under test. `do` raises Refused as the rules do, and Divergence when the model expects otherwise."""

    def __init__(self, sketches: Sequence[Document], store: Store, clock: Clock, tally: Tally | None = None) -> None:
        self.clock, self.store, self.tally = clock, store, tally or Tally()
        self.model = Model({sketch.digest: sketch.document for sketch in sketches})

    @property
    def office(self) -> Office:
        """The real state."""
        return self.store.office

    def do(self, command: Command) -> list[Event]:
        """Give a command; the events that it led to."""
        (answer,) = self.together([command])
        if isinstance(answer, Refused):
            raise answer
        return [record.event for record in answer]

    def refused(self, command: Command) -> Code:
        """Give a command that is to be refused; the code."""
        try:
            events = self.do(command)
        except Refused as refusal:
            return refusal.code
        raise AssertionError(f"{command} was not refused but led to {events}")

    def together(self, commands: Sequence[Command]) -> list[Answer]:
        """Give several commands at one instant; every answer and then every row is compared."""
        now = self.clock.now()
        answers = self.store.ask(commands)
        for command, answer in zip(commands, answers, strict=True):
            self._compare_answer(command, answer, now)
        self._compare_rows(commands)
        self._check_invariants()
        return answers

    def restart(self) -> None:
        """The program ends and starts again from the disk."""
        self.store.restart()
        self.model.restart()
        self._compare_rows(())

    def _compare_answer(self, command: Command, answer: Answer, now: Now) -> None:
        name = type(command).__name__
        expected = self.model.expect(name, _plain(command), _present(now))
        self.tally.steps += 1
        self.tally.commands[name] += 1
        if isinstance(answer, Refused):
            self.tally.refusals[answer.code.value] += 1
            if expected != answer.code.value:
                raise Divergence(f"{command}: refused {answer}, the model says {expected or 'yes'}")
            return
        made = [(type(record.event).__name__, _known_to_the_model(vars(record.event))) for record in answer]
        self.tally.events.update(kind for kind, _ in made)
        self.tally.whys.update(body["why"] for kind, body in made if kind == "TicketCalled")
        if expected is not None:
            raise Divergence(f"{command}: led to {made}, the model refuses {expected}")
        if made != self.model.events:
            raise Divergence(f"{command}: led to {made}, the model says {self.model.events}")

    def _compare_rows(self, commands: Sequence[Command]) -> None:
        real = {key: _without_facts(key[0], row) for key, row in self.store.rows().items()}
        predicted = self.model.rows()
        if real != predicted:
            different = [
                f"{key}: {_difference(real.get(key), predicted.get(key))}"
                for key in sorted({*real, *predicted}, key=str)
                if real.get(key) != predicted.get(key)
            ]
            raise Divergence("\n".join([*map(str, commands), *different]))

    def _check_invariants(self) -> None:
        office = self.office
        held = [t.desk for t in office.tickets.values() if t.active]
        assert len(held) == len(set(held)), "two tickets at one desk"
        for desk in office.desks.values():
            active = desk.state.value in ("called", "serving")
            assert active == (desk.ticket is not None)
            if desk.ticket is not None:
                ticket = office.tickets[desk.ticket]
                assert (ticket.desk, ticket.state.value) == (desk.number, desk.state.value)
        operators = [d.operator for d in office.desks.values() if d.operator is not None]
        assert len(operators) == len(set(operators)), "one operator at two desks"
        self._check_numbers()

    def _check_numbers(self) -> None:
        """No number is given out twice on one date, as far as the date was known when the day was opened."""
        days, redated = self.model.days, self.model.redated
        first = len(days) - 1
        while first > 0 and days[first]["number"] not in redated:
            if days[first]["date"] is None or days[first]["date"] != days[first - 1]["date"]:
                break
            first -= 1
        given = [
            (ticket["series"], ticket["number"])
            for ticket in self.model.tickets.values()
            if ticket["day"] > first and not ticket["adopted"]
        ]
        assert len(given) == len(set(given)), "one number was given out twice on one date"


def _known_to_the_model(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields of an event; the model gives a refusal's code but no facts."""
    return {**body, "facts": {}} if body.get("outcome") == "refused" else body


def _without_facts(table: str, row: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**row, "facts": "{}"} if table == "directive" and row["outcome"] == "refused" else row


def _difference(real: Mapping[str, object] | None, predicted: Mapping[str, object] | None) -> str:
    if real is None or predicted is None:
        return f"{real} but the model says {predicted}"
    return ", ".join(
        f"{name} is {value!r}, the model says {predicted.get(name)!r}"
        for name, value in real.items()
        if value != predicted.get(name)
    )


def _plain(command: Command) -> Mapping[str, Any]:
    """The command's fields without any type of the appliance."""
    values = {}
    for known in fields(command):
        value = getattr(command, known.name)
        if isinstance(value, Plan):
            value = value.digest
        values[known.name] = value.value if isinstance(value, Enum) else value
    return values


def _present(now: Now) -> Present:
    local, moment = now.local, now.moment
    return Present(
        at_ms=moment.at_ms,
        trusted=moment.trusted,
        boot=moment.boot,
        uptime_ms=moment.uptime_ms,
        date=local.date().isoformat() if local is not None else None,
        minute=local.hour * 60 + local.minute if local is not None else -1,
        disk_tight=now.disk_tight,
        settled=now.settled,
    )


def office_in_memory(sketch: Document | None = None, *others: Document, clock: Clock | None = None) -> Bench:
    """An office with a plan, whose day is not yet open."""
    sketch, clock = sketch or Sketch(), clock or Clock()
    bench = Bench([sketch, *others], MemoryStore(clock), clock)
    bench.do(BeginIncarnation("office-17", "life-1"))
    bench.do(AdoptPlan(sketch.plan))
    return bench
