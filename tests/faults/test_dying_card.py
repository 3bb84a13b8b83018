"""A card that gives back other bytes than it was given: nobody may go on with it."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from appliance.domain.days import OpenDay
from appliance.domain.identity import AdoptPlan, BeginIncarnation
from appliance.domain.moment import Moment, Now
from appliance.domain.plans.reader import read_plan
from appliance.domain.refusal import Code, Refused
from appliance.domain.tickets import TakeTicket
from appliance.store import database
from appliance.store.writer import QueueWriter
from tests.faults.office import PLAN


def now() -> Now:
    return Now(Moment(1_795_500_000_000, True, "boot", 1000), datetime(2026, 11, 24, 9, 0))


def ruin(path: Path, table: str) -> None:
    """Put garbage where the table begins, and make every connection read it anew."""
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = other.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        other.execute("PRAGMA application_id = 1")
        other.commit()
        file = os.open(path, os.O_WRONLY)
        os.pwrite(file, b"\xff" * database.PAGE_SIZE, (page - 1) * database.PAGE_SIZE)
        os.close(file)


def test_a_malformed_database_ends_the_writer_instead_of_refusing_press_after_press(
    tmp_path: Path,
) -> None:
    died = threading.Event()
    writer = QueueWriter(tmp_path / "queue.db", now, on_death=lambda death: died.set())
    writer.start()
    for command in (BeginIncarnation("faults"), AdoptPlan(read_plan(PLAN)), OpenDay()):
        writer.submit(command, actor="installer").result(5.0)
    ruin(tmp_path / "queue.db", "ticket")

    with pytest.raises(Refused) as refusal:
        writer.submit(TakeTicket("passport"), actor="kiosk:1").result(5.0)

    assert refusal.value.code is Code.STORE_FAILED
    assert died.wait(5.0)
    assert not writer.alive
