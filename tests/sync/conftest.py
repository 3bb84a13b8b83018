"""Fixtures of the replica's tests: a folder for the target, a database, a replica that is stopped
afterwards."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import helpers
import writer

from sync.replica import Replica


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "target").mkdir()
    return tmp_path


@pytest.fixture
def db(home: Path) -> Path:
    return home / "queue.db"


@pytest.fixture
def connection(db: Path) -> Iterator[sqlite3.Connection]:
    connection = writer.connect(db)
    for _ in range(5):
        writer.add(connection)
    yield connection
    connection.close()


@pytest.fixture
def replica(home: Path, connection: sqlite3.Connection) -> Iterator[Replica]:
    """Started on a database that has rows, and complete once."""
    assert connection.in_transaction is False
    replica = helpers.make_replica(home)
    replica.start()
    helpers.wait_complete(replica)
    yield replica
    replica.stop()
