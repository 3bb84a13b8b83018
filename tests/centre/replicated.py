"""A small office whose database reaches an inbox in pieces, as Litestream cuts them, but when a test says so."""

from __future__ import annotations

from pathlib import Path

import lz4.frame

from appliance.domain.office import Office
from appliance.domain.rules import evolve
from appliance.store import changes, database
from appliance.store.journal import INSERT
from sync.centre.inbox import Inbox
from sync.centre.inbox.names import Kind, Lineage, ObjectName
from tests.centre.journals import Ledger


class Replicated:
    """The database of a card, and the Litestream beside it."""

    def __init__(self, card: Ledger, path: Path, inbox: Inbox, *, restored: int = 0, generation: str = "") -> None:
        """`restored`: so many entries were in the database before this Litestream began; `generation`: the last one."""
        self.card, self.path, self.inbox = card, path, inbox
        self.db = database.connect(path)
        self.db.execute("PRAGMA wal_autocheckpoint = 0")
        self.office, self.sent = Office(), 0
        self.generation, self.index, self.offset = generation, 0, 0
        self.write(restored)
        self.begin_generation()

    @property
    def lineage(self) -> Lineage:
        """Where its pieces go."""
        return Lineage(self.card.name, self.card.incarnation, "queue")

    def write(self, upto: int | None = None) -> None:
        """The office commits the card's entries up to this one: rows and journal, one transaction."""
        made: changes.Changes = {}
        self.db.execute("BEGIN IMMEDIATE")
        for digest, plan in self.card.plans.items():
            if self.db.execute("SELECT 1 FROM plan WHERE digest = ?", (digest,)).fetchone() is None:
                row = (digest, plan.version, plan.document)
                self.db.execute("INSERT INTO plan (digest, version, document) VALUES (?, ?, ?)", row)
        records = self.card.records[self.sent : upto]
        for record in records:
            before, self.office = self.office, evolve(self.office, record, self.card.plans.__getitem__)
            changes.note(made, before, self.office, record)
        changes.write(self.db, made)
        self.db.executemany(INSERT, self.card.rows[self.sent : self.sent + len(records)])
        self.db.execute("COMMIT")
        self.sent += len(records)

    def push(self, upto: int | None = None) -> None:
        """Commit, and let the piece arrive."""
        self.write(upto)
        self.deliver(self.piece())

    def piece(self) -> tuple[ObjectName, bytes]:
        """What the WAL has grown by since the last one."""
        raw = self.path.with_name(self.path.name + "-wal").read_bytes()[self.offset :]
        name = ObjectName(self.lineage, self.generation, Kind.WAL, self.index, self.offset)
        self.offset += len(raw)
        return name, lz4.frame.compress(raw, content_checksum=True)

    def begin_generation(self) -> None:
        """A fresh snapshot, under a new generation."""
        self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.generation = f"{int(self.generation or '0', 16) + 1:016x}"
        self.index = self.offset = 0
        name = ObjectName(self.lineage, self.generation, Kind.SNAPSHOT, 0)
        self.deliver((name, lz4.frame.compress(self.path.read_bytes(), content_checksum=True)))
        # Litestream makes sure by a write of its own that a WAL is there to follow the snapshot.
        self.db.execute("CREATE TABLE IF NOT EXISTS _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER)")
        self.db.execute("REPLACE INTO _litestream_seq SELECT 1, 1 + count(*) FROM _litestream_seq")
        self.deliver(self.piece())

    def deliver(self, one: tuple[ObjectName, bytes]) -> None:
        """Put an object without HTTP."""
        name, content = one
        body = self.inbox.body()
        try:
            body.write(content)
            self.inbox.store(name, body)
        finally:
            body.discard()

    def close(self) -> None:
        """The card is pulled."""
        self.db.close()
