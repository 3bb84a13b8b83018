"""The parts of the replica that need no process: names, configuration, log, lag."""

from __future__ import annotations

import json
import os
import sqlite3
import struct
from pathlib import Path

import pytest
import writer

from sync.lag import LagMeter
from sync.litestream import (
    LogKind,
    Pace,
    Position,
    child_environment,
    find_binary,
    hint_for,
    parse_log,
    render_config,
)
from sync.target import FolderTarget, ReplicaPlace, S3Target

GENERATION = "f22b55653dc24698"


def s3_place(secret: Path, prefix: str = "/offices/") -> ReplicaPlace:
    target = S3Target("https://centre.example", "talon", "office-17", secret, prefix)
    return ReplicaPlace(target, "office-17", "a1")


def test_the_place_holds_the_office_and_its_incarnation(tmp_path: Path) -> None:
    assert ReplicaPlace(FolderTarget(tmp_path), "office-17", "a1").path == f"{tmp_path}/office-17/a1/queue"
    assert s3_place(tmp_path / "secret").path == "offices/office-17/a1/queue"
    assert s3_place(tmp_path / "secret", "").path == "office-17/a1/queue"


@pytest.mark.parametrize("name", ["", "..", "a/b", "-x", "a b", "офис", "x" * 65])
def test_a_name_that_could_leave_its_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="part of a path"):
        ReplicaPlace(FolderTarget(tmp_path), name, "a1")


def test_a_path_is_quoted_so_that_it_stays_one_value(tmp_path: Path) -> None:
    odd = tmp_path / 'stick "A": $HOME # Київ \\'
    text = render_config(tmp_path / "queue.db", ReplicaPlace(FolderTarget(odd), "o", "a1"), Pace())
    assert f'{tmp_path}/stick \\"A\\": $HOME # Київ \\\\/o/a1/queue"\n' in text
    place = ReplicaPlace(FolderTarget(tmp_path / "a\nb"), "o", "a1")
    with pytest.raises(ValueError, match="printable"):
        render_config(tmp_path / "queue.db", place, Pace())


def test_the_secret_goes_through_the_environment_only(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("wJalrXUtnFEMI\n")
    place = s3_place(secret)
    parent = {
        "PATH": "/bin",
        "AWS_CA_BUNDLE": "/x.pem",
        "AWS_PROFILE": "other",
        "LITESTREAM_SECRET_ACCESS_KEY": "old",
        "TALON_OWNER_CODE": "123",
    }
    env = child_environment(place, parent)
    assert env == {
        "PATH": "/bin",
        "AWS_ACCESS_KEY_ID": "office-17",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI",
    }
    text = render_config(tmp_path / "queue.db", place, Pace())
    assert 'endpoint: "https://centre.example"' in text
    assert "wJalr" not in text + repr(place)


def test_the_binary_beside_the_interpreter_is_found_without_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    found = find_binary()
    assert found is not None
    assert os.access(found, os.X_OK)


def line(level: str, message: str, **more: object) -> bytes:
    entry = {"time": "2026-11-22T14:01:09Z", "level": level, "msg": message, **more}
    return json.dumps(entry, separators=(",", ":")).encode()


def test_the_end_of_a_written_piece_is_its_start_and_its_size() -> None:
    written = line("INFO", "wal segment written", position=f"{GENERATION}/0000000a:4224", sz=1048)
    entry = parse_log(written)
    assert (entry.kind, entry.position) == (LogKind.WRITTEN, Position(GENERATION, 10, 5272))


def test_the_position_found_at_a_start_is_taken_as_it_is() -> None:
    found = line("DEBUG", "replica sync: calc new pos", position=f"{GENERATION}/00000000:32")
    assert parse_log(found).position == Position(GENERATION, 0, 32)
    assert parse_log(found).kind is LogKind.FOUND


@pytest.mark.parametrize(
    "odd",
    [b"", b"{", b"null", b"[1]", b'{"level":"ERROR"}', b"\xff\xfe", b'{"msg":"x calc new pos"}'],
)
def test_no_line_of_the_log_can_break_the_supervisor(odd: bytes) -> None:
    assert parse_log(odd).position is None


def test_errors_lead_to_hints() -> None:
    error = line("ERROR", "monitor error", error="write /mnt/x: no space left on device")
    entry = parse_log(error)
    assert entry.kind is LogKind.ERROR
    assert hint_for(entry.text) == "disk-full"
    assert hint_for("RequestError: send request failed\ncaused by: dial tcp") == "target-unreachable"
    assert hint_for("SignatureDoesNotMatch: status code: 403") == "target-refused"
    assert hint_for("something new") == "see-error"
    waiting = line("ERROR", "monitor error", error="no generation, waiting for data")
    assert parse_log(waiting).kind is LogKind.OTHER


class FakeLitestream:
    """Copies the live WAL to where Litestream keeps its copies."""

    def __init__(self, db: Path) -> None:
        self.wal = db.with_name(db.name + "-wal")
        meta = db.with_name(f".{db.name}-litestream")
        self.copies = meta / "generations" / GENERATION / "wal"
        self.copies.mkdir(parents=True)
        (meta / "generation").write_text(GENERATION + "\n")

    def capture(self, index: int = 0) -> Position:
        data = self.wal.read_bytes()
        (self.copies / f"{index:08x}.wal").write_bytes(data)
        return Position(GENERATION, index, len(data))


def test_while_nothing_is_confirmed_all_of_the_database_counts_as_missing(db: Path) -> None:
    meter = LagMeter(db, 100.0)
    assert meter.measure(None, 100.0).missing == 0
    connection = writer.connect(db)
    writer.add(connection)
    lag = meter.measure(None, 103.0)
    assert lag.missing >= db.stat().st_size
    assert lag.seconds == 3.0
    connection.close()


def test_the_lag_is_the_age_of_the_oldest_commit_that_is_not_there(db: Path, connection: sqlite3.Connection) -> None:
    litestream = FakeLitestream(db)
    meter = LagMeter(db, 0.0)
    first = litestream.capture()
    assert meter.measure(first, 1.0).missing == 0
    writer.add(connection)
    grown = meter.measure(first, 2.0)
    assert grown.missing > 0
    assert grown.seconds == 1.0
    second = litestream.capture()
    assert meter.measure(first, 3.0).seconds == 2.0
    writer.add(connection)
    meter.measure(first, 4.0)
    halfway = meter.measure(second, 5.0)
    assert (halfway.missing > 0, halfway.seconds) == (True, 2.0)
    done = meter.measure(litestream.capture(), 6.0)
    assert (done.missing, done.seconds) == (0, 0.0)


def test_a_transaction_that_is_not_committed_is_not_missing(db: Path, connection: sqlite3.Connection) -> None:
    litestream = FakeLitestream(db)
    connection.execute("PRAGMA cache_size = 5")
    meter = LagMeter(db, 0.0)
    confirmed = litestream.capture()
    connection.execute("BEGIN IMMEDIATE")
    for _ in range(50):
        connection.execute("INSERT INTO slip (number, body) VALUES ('x', ?)", (os.urandom(900),))
    assert litestream.wal.stat().st_size > confirmed.offset, "nothing was spilled"
    assert meter.measure(confirmed, 1.0).missing == 0
    connection.execute("COMMIT")
    assert meter.measure(confirmed, 2.0).missing > 50 * 900


def test_a_wal_that_began_anew_behind_litestreams_back_counts_as_missing(
    db: Path, connection: sqlite3.Connection
) -> None:
    litestream = FakeLitestream(db)
    meter = LagMeter(db, 0.0)
    confirmed = litestream.capture()
    assert meter.measure(confirmed, 1.0).missing == 0
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    writer.add(connection)
    lag = meter.measure(confirmed, 2.0)
    assert lag.missing > 0
    assert lag.seconds == 1.0


def test_months_of_marks_stay_bounded_and_never_make_the_lag_look_smaller(
    db: Path, connection: sqlite3.Connection
) -> None:
    meter = LagMeter(db, 0.0)
    wal = db.with_name(db.name + "-wal")
    header = wal.read_bytes()[:32]
    frame = struct.pack(">II", 1, 9) + header[16:24] + bytes(8 + 1024)
    connection.close()
    with wal.open("wb", buffering=0) as f:
        f.write(header)
        for second in range(1, 5000):
            f.write(frame)
            lag = meter.measure(None, float(second))
            assert lag.seconds == second
    assert len(meter._marks) <= 2048
