"""A snapshot that makes no sense without its WAL, as an office leaves it whose power was cut in a checkpoint."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from sync.centre.inbox import Inbox
from sync.centre.mirror import Mirror
from tests.centre.inbox_helpers import INCARNATION, OFFICE, Source, keys, packed, rows_in, store

PAGE = 1024


def test_a_torn_snapshot_is_mended_by_its_own_wal(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox", keys())
    source = Source(tmp_path / "queue.db")
    source.connection.execute("CREATE TABLE other (id INTEGER PRIMARY KEY)")
    source.write(20)
    name, bytes_ = source.snapshot()
    raw = bytearray(source.path.read_bytes())
    # The schema's page is in the WAL as a whole; of the file's own, half a sector arrived.
    raw[100:PAGE] = bytes(PAGE - 100)
    (tmp_path / "torn.db").write_bytes(raw)
    with pytest.raises(sqlite3.DatabaseError, match="malformed"):
        rows_in(tmp_path / "torn.db")
    assert bytes_ != packed(bytes(raw))
    store(inbox, (name, packed(bytes(raw))))
    store(inbox, source.piece())
    mirror = Mirror(tmp_path / "mirrors", inbox, OFFICE, INCARNATION)
    state = mirror.bring_forward()
    assert state.trouble == "", state
    assert rows_in(mirror.path) == source.rows()
    source.close()
