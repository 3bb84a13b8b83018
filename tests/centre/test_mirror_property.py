"""Whatever order pieces, repeats, snapshots, restarts and crashes come in: the mirror is what SQLite itself had."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.centre.inbox import Inbox
from sync.centre.inbox.names import Kind, ObjectName
from sync.centre.mirror import Mirror
from tests.centre.inbox_helpers import INCARNATION, OFFICE, Source, keys, rows_in, store

STEPS = (
    *("write", "write", "write", "cut", "cut", "deliver", "deliver", "deliver", "forward", "forward"),
    *("next-index", "snapshot", "new-generation", "repeat", "swap", "restart-mirror", "crash", "restart-inbox"),
    *("shrink", "retention"),
)


class World:
    """A source, what is on its way, an inbox, a mirror; and what SQLite had at the end of each piece."""

    def __init__(self, home: Path, seed: int) -> None:
        self.home, self.random = home, random.Random(seed)
        self.source = Source(home / "queue.db")
        self.inbox = Inbox(home / "inbox", keys())
        self.mirror = self.new_mirror()
        self.way: list[tuple[ObjectName, bytes]] = []
        self.sent: list[tuple[ObjectName, bytes]] = []
        self.had: dict[tuple[str, int, int], list[tuple[object, ...]]] = {}
        self.ends: dict[ObjectName, tuple[str, int, int]] = {}
        self.way.append(self.source.snapshot())

    def new_mirror(self) -> Mirror:
        return Mirror(self.home / "mirrors", self.inbox, OFFICE, INCARNATION)

    def cut(self) -> None:
        piece = self.source.piece()
        if piece is not None:
            self.way.append(piece)
            end = (self.source.generation, self.source.index, self.source.offset)
            self.ends[piece[0]], self.had[end] = end, self.source.rows()

    def deliver(self) -> None:
        if self.way:
            item = self.way.pop(0)
            store(self.inbox, item)
            self.sent.append(item)

    def do(self, step: str) -> None:
        source = self.source
        if step == "write":
            source.write(self.random.randint(1, 4), self.random.choice((20, 200, 1500)))
        elif step == "shrink":
            source.drop_some()
        elif step == "cut":
            self.cut()
        elif step == "deliver":
            self.deliver()
        elif step == "next-index":
            self.cut()
            if source.offset:
                source.next_index()
        elif step == "snapshot":
            self.cut()
            source.connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
            self.way.append(source.snapshot())
        elif step == "new-generation":
            self.cut()
            source.new_generation(f"{self.random.getrandbits(64):016x}")
            self.way.append(source.snapshot())
            source.write()
        elif step == "repeat" and self.sent:
            item = self.random.choice(self.sent)
            if item[0].kind is Kind.WAL:
                store(self.inbox, item)
        elif step == "swap" and len(self.way) > 1:
            # A snapshot that overtakes its piece has a test of its own.
            first, second = self.way[0][0], self.way[1][0]
            if first.generation == second.generation and second.kind is Kind.WAL:
                self.way[:2] = self.way[1::-1]
        elif step == "retention" and self.sent:
            self.retain()
        elif step == "restart-mirror":
            self.mirror = self.new_mirror()
        elif step == "crash":
            self.mirror = self.new_mirror()
            self.mirror.path.with_name(".queue.position").unlink(missing_ok=True)
        elif step == "restart-inbox":
            self.inbox = Inbox(self.home / "inbox", keys())
            self.mirror = self.new_mirror()
        elif step == "forward":
            self.forward()

    def retain(self) -> None:
        """As Litestream's retention: everything before the newest snapshot of what has arrived."""
        newest = [name for name, _ in self.sent if name.kind is Kind.SNAPSHOT][-1:]
        for name, _ in self.sent:
            if newest and name.generation == newest[0].generation and name.index < newest[0].index:
                self.inbox.delete(name)

    def overtaken(self) -> bool:
        """Whether something came before what belongs before it."""
        return any(
            one.generation == other.generation and (one.index, one.offset) <= (other.index, other.offset)
            for one, _ in self.way
            for other, _ in self.sent
            if other.kind is Kind.WAL
        )

    def newest(self) -> tuple[str, int, int] | None:
        """Where a mirror must be when everything came in order: the newest generation with a snapshot and a piece."""
        kinds: dict[str, set[Kind]] = {}
        for name, _ in self.sent:
            kinds.setdefault(name.generation, set()).add(name.kind)
        whole = [generation for generation, one in kinds.items() if len(one) == 2]
        ends = [self.ends[name] for name, _ in self.sent if name in self.ends and name.generation in whole[-1:]]
        return max(ends) if ends else None

    def forward(self) -> None:
        state = self.mirror.bring_forward()
        if self.overtaken():
            assert state.trouble in ("", "gap", "no-base"), state
        else:
            assert state.trouble == "", state
            at = None if state.path is None else (state.generation, state.index, state.offset)
            assert at == self.newest()
        if state.path is not None:
            # Exactly a state that SQLite had at the end of a piece, and the one that it says it is.
            assert rows_in(state.path) == self.had[(state.generation, state.index, state.offset)]

    def settle(self) -> None:
        self.do("write")
        self.cut()
        while self.way:
            self.deliver()
        for mirror in (self.mirror, Mirror(self.home / "fresh", self.inbox, OFFICE, INCARNATION)):
            state = mirror.bring_forward()
            assert state.trouble == "", state
            source = self.source
            assert (state.generation, state.index, state.offset) == (source.generation, source.index, source.offset)
            assert rows_in(mirror.path) == source.rows()
            assert mirror.quick_check() == ""


def live(steps: list[str], seed: int) -> None:
    with tempfile.TemporaryDirectory() as home:
        world = World(Path(home), seed)
        try:
            for step in steps:
                world.do(step)
            world.settle()
        finally:
            world.source.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(STEPS), max_size=40), st.integers(0, 999))
def test_mirror_is_what_sqlite_had(steps: list[str], seed: int) -> None:
    live(steps, seed)


def test_long_lives() -> None:
    for seed in range(6):
        live(random.Random(seed).choices(STEPS, k=250), seed)
