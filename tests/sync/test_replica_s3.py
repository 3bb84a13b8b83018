"""The same replica over S3: through an outage, without the parent's AWS settings, and back."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import helpers
import pytest
import writer
from tiny_s3 import KEY_ID, tiny_s3

from sync.replica import Replica, ReplicaCondition
from sync.restore import RestoreCode, restore
from sync.target import ReplicaPlace, S3Target


def place_on(endpoint: str, home: Path) -> ReplicaPlace:
    secret = home / "secret"
    secret.write_text("not-a-real-secret\n")
    target = S3Target(endpoint, "talon", KEY_ID, secret, "offices")
    return ReplicaPlace(target, "office-17", "a1")


def test_bucket_that_was_unreachable_is_completed_and_restored_equal(
    home: Path, db: Path, connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", "/no/such/bundle.pem")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "someone-else")
    with tiny_s3() as s3:
        place = place_on(s3.endpoint, home)
        replica = Replica(db, place, home / "work", pace=helpers.FAST, patience=helpers.EAGER)
        replica.start()
        try:
            state = helpers.wait_complete(replica)
            assert state.condition is ReplicaCondition.RUNNING
            s3.down()
            writer.add(connection)
            lost = helpers.wait_for(replica, lambda s: s.hint == "target-unreachable")
            assert lost.condition is ReplicaCondition.FAILED
            assert lost.lag_bytes > 0
            assert lost.lag_s > 0
            output = home / "restored.db"
            assert restore(place, output).code is RestoreCode.TARGET_UNREACHABLE
            s3.up()
            # Nothing is written now: the retry has to come from the supervisor.
            helpers.wait_complete(replica, within=20.0)
            assert replica.state().condition is ReplicaCondition.RUNNING
        finally:
            replica.stop()
        assert s3.key_ids == {KEY_ID}
        assert all(key.startswith("offices/office-17/a1/queue/generations/") for key in s3.objects)
        assert "not-a-real-secret" not in (home / "work" / "litestream.yml").read_text()
        report = restore(place, output)
        assert report.ok, report
        assert writer.rows(output) == writer.rows(db)


def test_empty_bucket_has_no_replica(home: Path) -> None:
    with tiny_s3() as s3:
        report = restore(place_on(s3.endpoint, home), home / "restored.db")
    assert report.code is RestoreCode.NO_REPLICA


def test_unreadable_secret_is_a_state(home: Path, db: Path) -> None:
    place = place_on("http://127.0.0.1:9", home)
    (home / "secret").unlink()
    replica = Replica(db, place, home / "work", patience=helpers.EAGER)
    replica.start()
    try:
        helpers.wait_for(replica, lambda s: s.hint == "secret-unreadable")
    finally:
        replica.stop()
