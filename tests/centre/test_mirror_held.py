"""Somebody holds the mirror open: they see one state as long as they like, and the mirror goes on all the same."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.centre.inbox import Inbox
from sync.centre.mirror import Mirror
from tests.centre.inbox_helpers import INCARNATION, OFFICE, Source, keys, rows_in, store

# A process of its own: locks of SQLite are of processes.
OUTSIDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
def state():
    return connection.execute("SELECT count(*), max(id), sum(length(body)), hex(body) FROM slip").fetchone()
for step in sys.argv[2].split(";"):
    connection.execute(step)
print(state(), flush=True)
sys.stdin.readline()
print(state(), flush=True)
print([row[0] for row in connection.execute("PRAGMA integrity_check")], flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path / "inbox", keys())


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Source]:
    source = Source(tmp_path / "queue.db")
    source.write(40)
    yield source
    source.close()


@pytest.mark.parametrize(
    "held",
    [
        "BEGIN;SELECT * FROM slip",
        "BEGIN IMMEDIATE",
        "BEGIN EXCLUSIVE",
        "BEGIN;DELETE FROM slip WHERE id > 5",
        "PRAGMA cache_size=1;BEGIN;DELETE FROM slip WHERE id > 5",
        "PRAGMA journal_mode=WAL;BEGIN;SELECT * FROM slip",
        "PRAGMA locking_mode=EXCLUSIVE;SELECT * FROM slip",
    ],
)
def test_mirror_goes_on_whatever_an_outsider_does(tmp_path: Path, inbox: Inbox, source: Source, held: str) -> None:
    mirror = Mirror(tmp_path / "mirrors", inbox, OFFICE, INCARNATION)
    store(inbox, source.snapshot())
    store(inbox, source.piece())
    mirror.bring_forward()
    outsider = subprocess.Popen(
        [sys.executable, "-c", OUTSIDER, str(mirror.path), held],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert outsider.stdin is not None
    assert outsider.stdout is not None
    try:
        first = outsider.stdout.readline()
        for step in range(4):
            source.write(5)
            store(inbox, source.piece())
            began = time.monotonic()
            state = mirror.bring_forward()
            assert time.monotonic() - began < 5
            assert state.trouble == "", state
            assert rows_in(mirror.path) == source.rows()
            if step == 1:
                source.next_index()
        outsider.stdin.write("\n")
        outsider.stdin.flush()
        assert outsider.stdout.readline() == first
        assert outsider.stdout.readline() == "['ok']\n"
        # The outsider lets go, in whichever way; what is under the mirror's name is ours.
        outsider.stdin.write("\n")
        outsider.stdin.flush()
        outsider.wait(10)
        source.write(5)
        store(inbox, source.piece())
        assert mirror.bring_forward().trouble == ""
        assert rows_in(mirror.path) == source.rows()
        assert mirror.quick_check() == ""
    finally:
        outsider.kill()
        outsider.wait(10)
        outsider.stdin.close()
        outsider.stdout.close()


def test_a_forgotten_connection_sees_the_new_state_at_its_next_query(
    tmp_path: Path, inbox: Inbox, source: Source
) -> None:
    mirror = Mirror(tmp_path / "mirrors", inbox, OFFICE, INCARNATION)
    store(inbox, source.snapshot())
    store(inbox, source.piece())
    mirror.bring_forward()
    reader = sqlite3.connect(mirror.path)
    for _ in range(3):
        source.write(3)
        store(inbox, source.piece())
        assert mirror.bring_forward().trouble == ""
        assert reader.execute("SELECT id, body FROM slip ORDER BY id").fetchall() == source.rows()
    reader.close()
