"""A writer on a file for tests: a clock that can hold it in the middle of a command, and connections that break."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from appliance.domain.days import OpenDay
from appliance.domain.desks import OpenDesk
from appliance.domain.identity import AdoptPlan, BeginIncarnation
from appliance.domain.message import Command
from appliance.domain.moment import Now
from appliance.domain.refusal import Code, Refused
from appliance.domain.tickets import TakeTicket
from appliance.store.writer import Outcome, QueueWriter
from tests.domain.clock import Clock
from tests.plans import Sketch

PATIENCE_S = 20.0
TAKE = TakeTicket("consult", paper=False)


class HeldClock:
    """A clock for the writer. While held, whoever asks for the time waits: so a batch can be filled behind it."""

    def __init__(self) -> None:
        self.clock = Clock()
        self._free = threading.Event()
        self._free.set()
        self._asked = threading.Event()
        self.breaks: list[BaseException] = []

    def now(self) -> Now:
        """The time, once nobody holds it; or the next of `breaks` instead."""
        self._asked.set()
        assert self._free.wait(PATIENCE_S), "the clock was never released"
        if self.breaks:
            raise self.breaks.pop(0)
        return self.clock.now()

    @contextmanager
    def held(self) -> Iterator[threading.Event]:
        """Hold the clock; the event is set as soon as the writer has asked for the time."""
        self._asked.clear()
        self._free.clear()
        try:
            yield self._asked
        finally:
            self._free.set()


class Office:
    """One writer, its file, its clock, and what it died of."""

    def __init__(self, path: Path, sketch: Sketch | None = None) -> None:
        self.path, self.clock = path, HeldClock()
        self.deaths: list[BaseException] = []
        self.full = 0
        self.sketch = sketch or Sketch()
        self.writer = self._begin()

    def _begin(self) -> QueueWriter:
        writer = QueueWriter(self.path, self.clock.now, on_death=self.deaths.append, on_disk_full=self._count_full)
        writer.start()
        return writer

    def _count_full(self) -> None:
        self.full += 1

    def furnish(self) -> None:
        """A plan, an open day and every desk open."""
        commands = [BeginIncarnation("office-17", "life"), AdoptPlan(self.sketch.plan), OpenDay()]
        for command in [*commands, *map(OpenDesk, self.sketch.desks)]:
            self.do(command)

    def submit(self, command: Command, key: str | None = None) -> Future[Outcome]:
        """Put a command into the mailbox."""
        return self.writer.submit(command, actor="test", key=key)

    def do(self, command: Command, key: str | None = None) -> Outcome:
        """Give a command and wait for its outcome."""
        return self.submit(command, key).result(PATIENCE_S)

    def refused(self, command: Command, key: str | None = None) -> Code:
        """Give a command that is to be refused; the code."""
        return refusal(self.submit(command, key))

    def batch(self, *commands: Command) -> list[Future[Outcome]]:
        """Put the commands into one batch: they wait behind a first one that the clock holds."""
        with self.clock.held() as asked:
            first = self.submit(TAKE)
            assert asked.wait(PATIENCE_S)
            futures = [self.submit(command) for command in commands]
        for future in (first, *futures):
            future.exception(PATIENCE_S)
        return futures

    def restart(self) -> None:
        """Stop, and begin again from the file."""
        self.writer.stop()
        self.writer = self._begin()

    def stop(self) -> None:
        """Stop the writer."""
        self.writer.stop()

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows that another connection sees."""
        db = sqlite3.connect(self.path)
        try:
            return db.execute(sql).fetchall()
        finally:
            db.close()

    def tamper(self, *statements: str) -> None:
        """Change the file behind the journal's back; its triggers are taken out of the way first."""
        db = sqlite3.connect(self.path)
        try:
            db.execute("DROP TRIGGER IF EXISTS journal_is_not_updated")
            db.execute("DROP TRIGGER IF EXISTS journal_is_not_deleted")
            for statement in statements:
                assert db.execute(statement).rowcount != 0, statement
            db.commit()
        finally:
            db.close()


def refusal(future: Future[Outcome]) -> Code:
    """The code that a future was refused with."""
    error = future.exception(PATIENCE_S)
    assert isinstance(error, Refused), f"not refused: {error or future.result()}"
    return error.code


class BreakingConnection(sqlite3.Connection):
    """A connection whose COMMIT fails as long as `failing` holds an error; every one made is remembered."""

    failing: sqlite3.OperationalError | None = None
    made: list[BreakingConnection] = []  # noqa: RUF012 - shared on purpose: the writer makes its own connection

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        BreakingConnection.made.append(self)

    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
        """As ever, except for COMMIT."""
        if sql == "COMMIT" and BreakingConnection.failing is not None:
            raise BreakingConnection.failing
        return super().execute(sql, *args)
