"""Two homes for the real rules, alike from outside: rows in memory for speed, and the real writer on a file."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from appliance.domain.chain import GENESIS
from appliance.domain.directives import ApplyDirective, read_ahead
from appliance.domain.identity import AdoptPlan
from appliance.domain.message import Command, Event, Record
from appliance.domain.moment import Now
from appliance.domain.office import Office
from appliance.domain.plan import Plan
from appliance.domain.refusal import Refused
from appliance.domain.rules import decide, evolve
from appliance.store import changes, database, journal, rows
from appliance.store.load import load
from appliance.store.reader import connect_reader
from appliance.store.verify import verify
from appliance.store.writer import MAILBOX_LIMIT, QueueWriter
from tests.domain.clock import Clock

Answer = Sequence[Record] | Refused
Rows = dict[tuple[str, object], dict[str, object]]


class NotNamed(AssertionError):
    """An event changed a row that it doesn't name."""


class MemoryStore:
    """`decide`, `evolve` and `changes.note` over a dict of rows; checks every single event on the way."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.office = Office()
        self.journal: list[journal.Row] = []
        self._rows: changes.Changes = {}
        self._plans: dict[str, Plan] = {}

    def ask(self, commands: Sequence[Command]) -> list[Answer]:
        """Apply the commands in order."""
        return [self._ask(command, self._clock.now()) for command in commands]

    def _ask(self, command: Command, now: Now) -> Answer:
        try:
            events = decide(self.office, command, now)
        except Refused as refusal:
            return refusal
        if isinstance(command, ApplyDirective):
            command = read_ahead(command)
        if isinstance(command, AdoptPlan | ApplyDirective) and command.plan is not None:
            self._plans[command.plan.digest] = command.plan
        return [self._move_on(event, now) for event in events]

    def _move_on(self, event: Event, now: Now) -> Record:
        before = self.office
        record = Record(before.seq + 1, now.moment, "test", event)
        self.office = evolve(before, record, self._plans.__getitem__)
        self.journal.append(journal.row_of(record, self._head))
        _check_names(before, self.office, event)
        changes.note(self._rows, before, self.office, record)
        return record

    @property
    def _head(self) -> bytes:
        return self.journal[-1][-1] if self.journal else GENESIS

    def rows(self) -> Rows:
        """The rows as dicts by column."""
        return {key: _columns(key[0], row) for key, row in self._rows.items() if row is not None}

    def restart(self) -> None:
        """Write everything into an empty database and read the state back from it."""
        db = sqlite3.connect(":memory:", isolation_level=None)
        try:
            database.migrate(db)
            db.executemany(journal.INSERT, self.journal)
            for plan in self._plans.values():
                db.execute(
                    "INSERT INTO plan (digest, version, document) VALUES (?, ?, ?)",
                    (plan.digest, plan.version, plan.document),
                )
            changes.write(db, {key: row for key, row in self._rows.items() if row is not None})
            broken = journal.broken_link(db)
            loaded = load(db)
        finally:
            db.close()
        assert broken is None, f"the chain breaks at {broken}"
        assert loaded.office == self.office, "another state came back from the disk"
        assert loaded.chain == self._head
        self.office = loaded.office

    def check_whole(self) -> None:
        """The fold of the journal, decoded from its text, is this state and gives these rows."""
        office, folded = Office(), changes.Changes()
        for row in self.journal:
            record = journal.record_of(row)
            before, office = office, evolve(office, record, self._plans.__getitem__)
            changes.note(folded, before, office, record)
        assert office == self.office, "the fold of the journal is another state"
        kept = {key: row for key, row in self._rows.items() if row is not None}
        assert {key: row for key, row in folded.items() if row is not None} == kept

    def close(self) -> None:
        """Nothing is held."""


class FileStore:
    """The real writer on a real file; `restart` leaves it as a cut of the power would and opens a copy."""

    def __init__(self, clock: Clock, folder: Path) -> None:
        self._clock, self._folder, self._copies = clock, folder, 0
        self._path = folder / "queue.db"
        self._deaths: list[BaseException] = []
        self._writer = self._begin()

    def _begin(self) -> QueueWriter:
        writer = QueueWriter(self._path, self._clock.now, on_death=self._deaths.append)
        writer.start()
        self._reader = connect_reader(self._path)
        return writer

    @property
    def office(self) -> Office:
        return self._writer.office

    def ask(self, commands: Sequence[Command]) -> list[Answer]:
        """Put the commands into the mailbox at once, so that they share commits; then wait for all."""
        answers: list[Answer] = []
        for first in range(0, len(commands), MAILBOX_LIMIT):
            asked = commands[first : first + MAILBOX_LIMIT]
            futures = [self._writer.submit(command, actor="test") for command in asked]
            answers += [_answer(future.exception(30), future) for future in futures]
        return answers

    def rows(self) -> Rows:
        """The rows of the file."""
        found: Rows = {}
        for table in rows.COLUMNS:
            for row in self._reader.execute(rows.select(table)):
                keys = row[: len(rows.KEYS[table])]
                found[table, keys[0] if len(keys) == 1 else keys] = _columns(table, row)
        return found

    def restart(self) -> None:
        """Copy what the disk holds while the writer still runs, and go on from the copy."""
        before, old = self.office, self._path
        self._copies += 1
        self._path = self._folder / f"queue-{self._copies}.db"
        for suffix in ("", "-wal"):
            source = old.with_name(old.name + suffix)
            if source.exists():
                self._path.with_name(self._path.name + suffix).write_bytes(source.read_bytes())
        self._leave()
        self._writer = self._begin()
        assert self.office == before, "another state came back from the disk"

    def check_whole(self) -> None:
        """The database is what its journal says."""
        report = verify(self._path)
        assert report.clean, report.faults
        assert self._writer.internal_errors == 0
        assert not self._deaths

    def close(self) -> None:
        """Stop the writer."""
        self._leave()

    def _leave(self) -> None:
        self._reader.close()
        self._writer.stop()


def _answer(error: BaseException | None, future: object) -> Answer:
    if isinstance(error, Refused):
        return error
    if error is not None:
        raise error
    records: Sequence[Record] = future.result().records  # type: ignore[attr-defined]
    return records


def _columns(table: str, row: rows.Row) -> dict[str, object]:
    return dict(zip(rows.COLUMNS[table], row, strict=True))


def _check_names(before: Office, after: Office, event: Event) -> None:
    """Every row that an event changes is one that it names; a new day may name none, for it starts with none."""
    pairs: Sequence[tuple[str, Mapping[Any, object], Mapping[Any, object], tuple[int | str, ...]]] = (
        ("ticket", before.tickets, after.tickets, event.tickets()),
        ("slip", before.slips, after.slips, event.slips()),
        ("desk", _without_undo(before), _without_undo(after), event.desks()),
        ("device", before.devices, after.devices, event.devices()),
        ("bell", _by_id(before), _by_id(after), event.bells()),
        ("standing", _lasting(before), _lasting(after), event.standings()),
        ("directive", _settled(before), _settled(after), event.directives()),
    )
    for table, old, new, named in pairs:
        for key, value in new.items():
            known = old.get(key)
            if known is not value and known != value and key not in named:
                if table == "desk" and known is None:
                    continue
                raise NotNamed(f"{type(event).__name__} changes {table} {key}")


def _by_id(office: Office) -> dict[int, object]:
    return {call.id: call for call in office.bells.values()}


def _lasting(office: Office) -> dict[int, object]:
    return {one.id: one for one in office.standing.values()}


def _settled(office: Office) -> dict[int, object]:
    return {one.seq: one for one in office.directives}


def _without_undo(office: Office) -> dict[int, object]:
    return {number: replace(desk, undo=None) for number, desk in office.desks.items()}
