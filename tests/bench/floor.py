"""The floor: the very statements that the writer runs, with their values, committed by nothing but `sqlite3`.

`python -m tests.bench.floor DATABASE RECORDING` commits the next recorded transaction for every line it reads, and
answers with the seconds it took.
"""

from __future__ import annotations

import pickle
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from appliance.store.database import connect
from appliance.store.writer import Outcome
from tests.bench.place import Asked, writer_on

Statement = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Transaction:
    """What one command made the writer say to SQLite. `seq` is the newest journal entry after it."""

    statements: tuple[Statement, ...]
    measured: bool
    seq: int


class Recorder:
    """Stands where the writer's connection stands, and remembers what goes through it."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.said: list[Statement] = []

    def execute(self, sql: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        """Remember and pass on."""
        self.said.append((sql, tuple(values)))
        return self._db.execute(sql, values)

    def close(self) -> None:
        """Close the real one."""
        self._db.close()


def record(database: Path, script: Sequence[Asked]) -> list[Transaction]:
    """Let the real writer do `script` on `database`, one command for each commit."""
    writer, _ = writer_on(database)
    recorder = Recorder(writer._db)
    writer._db = cast(sqlite3.Connection, recorder)
    writer.start()
    recorded = []
    for asked in script:
        recorder.said = []
        reply: Future[Outcome] = writer.submit(asked.command, actor=asked.actor, key=asked.key)
        reply.result(30.0)
        recorded.append(Transaction(tuple(recorder.said), asked.measured, writer.office.seq))
    writer.stop()
    return recorded


class Raw:
    """Replays a recording on a database in this process."""

    def __init__(self, database: Path, recording: Sequence[Transaction]) -> None:
        self.db = connect(database)
        self._rest = iter(recording)

    def next(self) -> float:
        """Commit the next transaction that counts, and those before it that don't; its seconds."""
        for transaction in self._rest:
            began = time.perf_counter()
            for sql, values in transaction.statements:
                self.db.execute(sql, values)
            took = time.perf_counter() - began
            if transaction.measured:
                return took
        raise IndexError("the recording is at its end")


class RawProcess:
    """Replays a recording in a process of its own, as the office is one. `prefix` is put before its command."""

    def __init__(self, database: Path, recording: Sequence[Transaction], prefix: Sequence[str] = ()) -> None:
        file = database.with_suffix(".recording")
        file.write_bytes(pickle.dumps(list(recording)))
        self._process = subprocess.Popen(
            [*prefix, sys.executable, "-m", "tests.bench.floor", str(database), str(file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self._answer()

    def next(self) -> float:
        """Seconds of the next transaction that counts."""
        assert self._process.stdin is not None
        self._process.stdin.write("next\n")
        return float(self._answer())

    def close(self) -> None:
        """Let it end."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


def main(database: Path, recording: Path) -> None:
    """Serve at standard input and output."""
    transactions: list[Transaction] = pickle.loads(recording.read_bytes())
    raw = Raw(database, transactions)
    print("ready", flush=True)
    for _ in sys.stdin:
        print(raw.next(), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
