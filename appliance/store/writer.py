"""The one writer: it owns the write connection and the state in memory, and commits its whole mailbox together."""

from __future__ import annotations

import hashlib
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass
from pathlib import Path

from appliance.domain.days import DayClosed
from appliance.domain.directives import ApplyDirective, read_ahead, text_of
from appliance.domain.identity import AdoptPlan, PlanAdopted
from appliance.domain.message import Command, Event, Record
from appliance.domain.moment import Now
from appliance.domain.office import Office
from appliance.domain.plan import Plan
from appliance.domain.refusal import Code, Refused
from appliance.domain.rules import decide, evolve
from appliance.domain.standing import StandingBegun
from appliance.store import changes, database, journal, told
from appliance.store.load import Request, load
from appliance.store.told import EraseTold, Texts

MAILBOX_LIMIT = 256
BATCH_LIMIT = 64

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command led to. `replayed`: the same key had been answered before, and this is that answer."""

    records: tuple[Record, ...]
    replayed: bool = False


@dataclass(slots=True)
class Envelope:
    """A command in the mailbox."""

    command: Command
    actor: str
    key: str | None
    reply: Future[Outcome]


@dataclass(slots=True)
class Tentative:
    """The state of a batch before its commit; none of it counts until then."""

    office: Office
    chain: bytes
    requests: dict[str, Request]
    plans: dict[str, Plan]
    texts: Texts
    emptied: bool = False


class QueueWriter:
    """The only one who writes queue.db.

    Everybody else puts commands into its bounded mailbox with `submit` and may read `office`, the newest committed
    state. Any death of its thread fails all waiting callers and calls `on_death`, which in an office ends the process.
    """

    def __init__(
        self,
        path: Path,
        clock: Callable[[], Now],
        *,
        on_death: Callable[[BaseException], None],
        on_disk_full: Callable[[], None] = lambda: None,
    ) -> None:
        self._db = database.connect(path)
        loaded = load(self._db)
        self._office, self._chain = loaded.office, loaded.chain
        self._plans, self._requests = loaded.plans, loaded.requests
        self._texts = told.load_texts(self._db)
        self._clock, self._on_death, self._on_disk_full = clock, on_death, on_disk_full
        self._mailbox: queue.Queue[Envelope | None] = queue.Queue(MAILBOX_LIMIT)
        self._listeners: list[Callable[[int], None]] = []
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="queue-writer", daemon=True)
        self.internal_errors = 0
        self.commits = 0

    @property
    def office(self) -> Office:
        """The newest committed state; immutable, so any thread may read it without a lock."""
        return self._office

    @property
    def texts(self) -> Texts:
        """The texts that came with directives, by the number of theirs; any thread may read them."""
        return self._texts

    @property
    def alive(self) -> bool:
        """Whether commands are still being answered."""
        return self._thread.is_alive() and not self._closed.is_set()

    def listen(self, callback: Callable[[int], None]) -> None:
        """Be nudged after every commit with the newest seq, on the writer's thread; must be quick."""
        self._listeners.append(callback)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answer what waits, then close the database."""
        if self._thread.is_alive():
            self._mailbox.put(None)
            self._thread.join(10.0)

    def submit(self, command: Command, *, actor: str, key: str | None = None) -> Future[Outcome]:
        """Ask for `command`; from any thread, never blocks.

        The future's result is the Outcome, or it raises Refused: a rule's code, or `mailbox-full`, `store-failed`
        (nobody knows whether it happened: ask again with the same key), `key-reused`, `internal-error`.
        """
        reply: Future[Outcome] = Future()
        if self._closed.is_set():
            reply.set_exception(Refused(Code.STORE_FAILED))
            return reply
        try:
            self._mailbox.put_nowait(Envelope(command, actor[:80] or "nobody", key, reply))
        except queue.Full:
            reply.set_exception(Refused(Code.MAILBOX_FULL))
            return reply
        if self._closed.is_set():
            self._fail_waiting()
        return reply

    def _run(self) -> None:
        try:
            while self._serve(self._batch()):
                pass
            self._db.close()
        except BaseException as death:
            log.critical("writer died: %s", death)
            self._closed.set()
            self._fail_waiting()
            self._on_death(death)
        finally:
            self._closed.set()
            self._fail_waiting()

    def _batch(self) -> list[Envelope | None]:
        """What waits in the mailbox, at least one."""
        batch = [self._mailbox.get()]
        while len(batch) < BATCH_LIMIT:
            try:
                batch.append(self._mailbox.get_nowait())
            except queue.Empty:
                break
        return batch

    def _serve(self, batch: list[Envelope | None]) -> bool:
        """Decide and commit one batch; False when it was told to stop."""
        asked = [envelope for envelope in batch if envelope is not None]
        if asked:
            try:
                self._commit(asked)
            except BaseException as death:
                for envelope in asked:
                    _answer(envelope.reply, Refused(Code.STORE_FAILED))
                if getattr(death, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
                    self._on_disk_full()
                raise
        return len(asked) == len(batch)

    def _commit(self, asked: list[Envelope]) -> None:
        tentative = Tentative(self._office, self._chain, {}, dict(self._plans), self._texts)
        answers: list[tuple[Envelope, Outcome | Refused]] = []
        self._db.execute("BEGIN IMMEDIATE")
        for envelope in asked:
            answers.append((envelope, self._answer_one(tentative, envelope)))
        changed = tentative.office is not self._office or tentative.texts is not self._texts
        self._db.execute("COMMIT" if changed else "ROLLBACK")
        if changed:
            self._office, self._chain = tentative.office, tentative.chain
            self._plans, self._texts = tentative.plans, tentative.texts
            if tentative.emptied:
                self._requests = {}
            self._requests.update(tentative.requests)
            self.commits += 1
        for envelope, answer in answers:
            _answer(envelope.reply, answer)
        if changed:
            for listener in self._listeners:
                try:
                    listener(self._office.seq)
                except Exception:
                    log.exception("a listener failed")

    def _answer_one(self, tentative: Tentative, envelope: Envelope) -> Outcome | Refused:
        """One command on the batch's tentative state, under its own savepoint."""
        digest = "" if envelope.key is None else _digest(envelope.command)
        if envelope.key is not None:
            known = self._known(tentative, envelope.key)
            if known is not None:
                if known.digest != digest:
                    return Refused(Code.KEY_REUSED)
                return Outcome(known.records, replayed=True)
        self._db.execute("SAVEPOINT command")
        try:
            outcome = self._apply(tentative, envelope, digest)
        except Refused as refusal:
            self._undo_command()
            return refusal
        except Exception as error:
            if _is_fatal(error):
                raise
            self._undo_command()
            self.internal_errors += 1
            log.exception("%s by %s failed", type(envelope.command).__name__, envelope.actor)
            return Refused(Code.INTERNAL_ERROR)
        self._db.execute("RELEASE command")
        return outcome

    def _apply(self, tentative: Tentative, envelope: Envelope, digest: str) -> Outcome:
        """Decide, write journal and rows, and move the tentative state on. Nothing of it moves when this raises."""
        now, command = self._clock(), envelope.command
        if isinstance(command, EraseTold):
            return self._erase(tentative, command)
        if isinstance(command, ApplyDirective):
            command = read_ahead(command)
        events = decide(tentative.office, command, now)
        if not events:
            return Outcome(())
        plans, adopted = tentative.plans, any(type(event) is PlanAdopted for event in events)
        if isinstance(command, AdoptPlan | ApplyDirective) and command.plan is not None and adopted:
            plans = {**plans, command.plan.digest: command.plan}
        office, chain = tentative.office, tentative.chain
        records: list[Record] = []
        dirty: changes.Changes = {}
        for event in events:
            record = Record(office.seq + 1, now.moment, envelope.actor, event)
            row = journal.row_of(record, chain)
            self._db.execute(journal.INSERT, row)
            before, office, chain = office, evolve(office, record, plans.__getitem__), row[-1]
            changes.note(dirty, before, office, record)
            records.append(record)
        if plans is not tentative.plans:
            self._keep_plan(plans, records)
        changes.write(self._db, dirty)
        texts = self._keep_texts(tentative.texts, command, events, now)
        emptied = any(type(event) is DayClosed for event in events)
        if emptied:
            self._db.execute("DELETE FROM request")
        if envelope.key is not None and office.open_day is not None:
            self._db.execute(
                "INSERT INTO request (key, digest, first, last) VALUES (?, ?, ?, ?)",
                (envelope.key, digest, records[0].seq, records[-1].seq),
            )
        if emptied:
            tentative.requests, tentative.emptied = {}, True
        if envelope.key is not None and office.open_day is not None:
            tentative.requests[envelope.key] = Request(digest, tuple(records))
        tentative.office, tentative.chain, tentative.plans, tentative.texts = office, chain, plans, texts
        return Outcome(tuple(records))

    def _keep_texts(self, known: Texts, command: Command, events: Sequence[Event], now: Now) -> Texts:
        """Write the text of a directive beside its effect, and set the terms when a day closes."""
        body = text_of(command) if any(isinstance(event, StandingBegun) and event.told for event in events) else None
        if body is not None and isinstance(command, ApplyDirective):
            told.keep(self._db, command.seq, body)
        elif known and now.moment.trusted and any(type(event) is DayClosed for event in events):
            told.set_terms(self._db, now.moment.at_ms)
        else:
            return known
        return told.load_texts(self._db)

    def _erase(self, tentative: Tentative, command: EraseTold) -> Outcome:
        if tentative.office.open_day is None:
            told.set_terms(self._db, command.at_ms)
        told.erase(self._db, command.at_ms)
        tentative.texts = told.load_texts(self._db)
        return Outcome(())

    def _keep_plan(self, plans: dict[str, Plan], records: Sequence[Record]) -> None:
        for record in records:
            digest = getattr(record.event, "digest", None)
            if digest is None:
                continue
            if self._db.execute("SELECT 1 FROM plan WHERE digest = ?", (digest,)).fetchone():
                continue
            plan = plans[digest]
            self._db.execute(
                "INSERT INTO plan (digest, version, document) VALUES (?, ?, ?)",
                (digest, plan.version, plan.document),
            )

    def _known(self, tentative: Tentative, key: str) -> Request | None:
        if key in tentative.requests:
            return tentative.requests[key]
        return None if tentative.emptied else self._requests.get(key)

    def _undo_command(self) -> None:
        self._db.execute("ROLLBACK TO command")
        self._db.execute("RELEASE command")

    def _fail_waiting(self) -> None:
        while True:
            try:
                envelope = self._mailbox.get_nowait()
            except queue.Empty:
                return
            if envelope is not None:
                _answer(envelope.reply, Refused(Code.STORE_FAILED))


def _is_fatal(error: Exception) -> bool:
    """Whether nobody may go on with this database: disk failed, file malformed, or somebody else wrote to it."""
    if isinstance(error, sqlite3.IntegrityError):
        return "journal.seq" in str(error)
    return isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError


def _digest(command: Command) -> str:
    """What was asked, in short: what the office itself adds to a command must not be in its repr."""
    return hashlib.sha256(repr(command).encode()).hexdigest()[:16]


def _answer(reply: Future[Outcome], answer: Outcome | Refused) -> None:
    """Set the answer unless the caller has gone."""
    try:
        if isinstance(answer, Refused):
            reply.set_exception(answer)
        else:
            reply.set_result(answer)
    except InvalidStateError:
        pass
