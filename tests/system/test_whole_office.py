"""From the button to the paper, the hall, the journal and the replica: real processes, nothing mocked."""

from __future__ import annotations

import json
import shutil
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.offices import OfficeRun, await_true, lay_out, talon

TICKETS = "SELECT * FROM ticket ORDER BY id"


def rows(database: Path, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as db:
        return db.execute(query).fetchall()


def test_a_press_becomes_paper_a_call_and_history(tmp_path: Path) -> None:
    with OfficeRun(lay_out(tmp_path)) as office:
        office.wait_ready()
        office.press("kiosk/bills", "bounce")

        def papers() -> list[dict[str, object]]:
            return list(office.ask("GET", "/api/v1/sim/state")[1]["papers"])

        await_true(lambda: len([p for p in papers() if not p["torn"]]) >= 1, "a slip came out", 20)
        number = papers()[-1]["n"]
        status, picture = office.ask("GET", f"/api/v1/sim/paper/{number}.png")
        assert status == 200
        assert picture[:4] == b"\x89PNG"
        office.press("desk/1/next")
        await_true(
            lambda: office.ask("GET", "/api/v1/hall")[1]["open"] and _desk_state(office, 1) == "free",
            "desk 1 is open",
        )
        await_true(lambda: _next_until_called(office), "the hall shows the call", 15)
        call = office.ask("GET", "/api/v1/hall")[1]["calls"][0]
        assert call["label"] == "А\u00a0001"
        assert call["desk"] == 1
        await_true(
            lambda: any("Талон А один" in s["text"] for s in office.ask("GET", "/api/v1/sim/state")[1]["spoken"]),
            "the call was spoken",
            15,
        )
        await_true(
            lambda: rows(tmp_path / "data/queue.db", "SELECT state FROM slip") == [("printed",)],
            "the outcome of the print is in the book",
        )
    journal = talon("journal", str(tmp_path / "data/queue.db"), "--jsonl").stdout.splitlines()
    kinds = [json.loads(line)["kind"] for line in journal]
    for kind in ("IncarnationBegun", "PlanAdopted", "DayOpened", "TicketIssued", "SlipPrinted", "TicketCalled"):
        assert kind in kinds
    assert kinds.count("TicketIssued") == 1
    columns = {"seq", "at", "clock_trusted", "boot_id", "uptime_ms", "actor", "kind", "version", "body", "chain"}
    assert set(json.loads(journal[0])) == columns
    assert talon("verify", str(tmp_path / "data/queue.db")).returncode == 0


def _desk_state(office: OfficeRun, desk: int) -> object:
    found = rows(office.folder / "data/queue.db", f"SELECT state FROM desk WHERE number = {desk}")
    return found[0][0] if found else None


def _next_until_called(office: OfficeRun) -> bool:
    if not office.ask("GET", "/api/v1/hall")[1]["calls"]:
        office.press("desk/1/next")
    return bool(office.ask("GET", "/api/v1/hall")[1]["calls"])


def test_restored_on_another_card_the_rows_are_equal_the_numbers_fenced_and_an_unknown_slip_is_adopted(
    tmp_path: Path,
) -> None:
    old = tmp_path / "old"
    with OfficeRun(lay_out(old)) as office:
        office.wait_ready()
        for _ in range(5):
            assert office.ask("POST", "/api/v1/tickets", {"service": "bills", "paper": False})[0] == 201
        database = old / "data/queue.db"
        await_true(lambda: _replica_complete(office), "the replica is complete", 20)
        before = {
            table: rows(database, f"SELECT * FROM {table}") for table in ("ticket", "slip", "desk", "day", "journal")
        }
        # the old card goes on after the last piece the replica got: its numbers are unknown to the new one
        replica = tmp_path / "replica"
        shutil.copytree(old / "replica", replica)
        status, lost = office.ask("POST", "/api/v1/tickets", {"service": "bills", "paper": False})
        assert (status, lost["label"]) == (201, "А\u00a0006")
    new = tmp_path / "new"
    config = lay_out(new)
    restored = talon("restore", str(config), str(replica))
    assert restored.returncode == 0, restored.stdout + restored.stderr
    assert "incarnation=2" in restored.stdout
    after = new / "data/queue.db"
    for table in ("ticket", "slip", "desk"):
        assert rows(after, f"SELECT * FROM {table}") == before[table]
    assert rows(after, "SELECT * FROM journal")[: len(before["journal"])] == before["journal"]
    assert talon("verify", str(after)).returncode == 0
    with OfficeRun(config) as office:
        office.wait_ready()
        status, fresh = office.ask("POST", "/api/v1/tickets", {"service": "bills", "paper": False})
        assert (status, fresh["label"]) == (201, "А\u00a01001")
        assert office.ask("POST", "/api/v1/session/owner", {"code": office.owner_code()})[0] in (200, 201, 204)
        slip = {"series": "A", "number": 6, "service": "bills"}
        status, adopted = office.ask("POST", "/api/v1/tickets/adopt", slip)
        assert (status, adopted["label"]) == (201, "А\u00a0006")
        status, problem = office.ask("POST", "/api/v1/tickets/adopt", slip)
        assert (status, problem["code"]) == (409, "number-known")
        status, problem = office.ask("POST", "/api/v1/tickets/adopt", {**slip, "number": 1002})
        assert (status, problem["code"]) == (409, "number-not-ours")
        await_true(lambda: len(list((new / "replica/demo").iterdir())) == 1, "its own place at the target", 10)
    assert talon("verify", str(after)).returncode == 0


def _replica_complete(office: OfficeRun) -> bool:
    log = office.folder / "log.txt"
    assert log.exists()
    pieces = list((office.folder / "replica").rglob("*.lz4"))
    if not pieces:
        return False
    target = next((office.folder / "replica/demo").iterdir()).name
    probe = office.folder / "probe"
    shutil.rmtree(probe, ignore_errors=True)
    probe.mkdir()
    copy = lay_out(probe)
    made = talon("restore", str(copy), str(office.folder / "replica"), "--incarnation", target)
    if made.returncode != 0:
        return False
    count = "SELECT count(*) FROM ticket"
    return rows(probe / "data/queue.db", count) == rows(office.folder / "data/queue.db", count)


def test_killed_in_the_middle_it_comes_back_with_everybody_and_a_slip_in_doubt_is_marked(tmp_path: Path) -> None:
    config = lay_out(tmp_path)
    with OfficeRun(config) as office:
        office.wait_ready()
        office.ask("POST", "/api/v1/sim/fault", {"device": "printer", "fault": "paper-out"})
        labels = []
        for n in range(3):
            status, ticket = office.ask("POST", "/api/v1/tickets", {"service": "bills"}, key=f"k{n}")
            assert status == 201
            labels.append(ticket["label"])
        office.kill()
    with OfficeRun(config) as office:
        office.wait_ready()
        status, again = office.ask("POST", "/api/v1/tickets", {"service": "bills"}, key="k2")
        assert status == 201, again
        assert again["label"] == labels[2]
        slips = "SELECT ticket, copy, state FROM slip ORDER BY id"
        database = tmp_path / "data/queue.db"
        await_true(
            lambda: [row for row in rows(database, slips) if row[1] == 1 and row[2] == "printed"].__len__() == 3,
            "three marked copies came out",
            30,
        )
        assert [row[2] for row in rows(database, slips) if row[1] == 0] == ["unknown"] * 3
        papers = office.ask("GET", "/api/v1/sim/state")[1]["papers"]
        assert all(paper["copy_marked"] for paper in papers)
    assert talon("verify", str(tmp_path / "data/queue.db")).returncode == 0


def test_the_first_button_counts_before_the_web_is_loaded(tmp_path: Path) -> None:
    config = lay_out(tmp_path)
    script = f"""
import sys, threading
from pathlib import Path
from appliance.process import OfficeProcess
from appliance.config import read_config
office = OfficeProcess(read_config(Path({str(config)!r})))
counted = threading.Event()
loaded = []
def committed(seq):
    if office.writer.office.tickets:
        loaded.extend(name for name in ("fastapi", "sqlmodel", "sqlalchemy", "pydantic") if name in sys.modules)
        counted.set()
office.writer.listen(committed)
office.start()
office.clock.look(); office._clock_worker.look()
office.devices.bench.panel.press("kiosk/bills")
assert counted.wait(10)
print("loaded:", loaded)
office.close()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert "loaded: []" in done.stdout, done.stdout + done.stderr


@pytest.mark.long
def test_a_second_office_s_database_is_refused(tmp_path: Path) -> None:
    config = lay_out(tmp_path)
    with OfficeRun(config) as office:
        office.wait_ready()
    config.write_text(config.read_text().replace('office = "demo"', 'office = "other"'))
    done = talon("office", str(config))
    assert done.returncode != 0
    assert "demo" in done.stderr
    assert "other" in done.stderr


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("office.toml", "schema = 1\noffise = 'x'\n", "office"),
        ("office.toml", "schema = \n", "office.toml"),
        ("plan.toml", "schema = 1\n", "plan.version"),
        ("hardware.toml", "schema = 1\nmode = 'simulatd'\n", "simulated"),
    ],
)
def test_a_broken_document_is_told_in_words_and_no_traceback(tmp_path: Path, file: str, text: str, said: str) -> None:
    config = lay_out(tmp_path)
    (tmp_path / file).write_text(text)
    done = talon("office", str(config))
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.long
def test_a_plan_that_drops_what_is_in_use_or_is_broken_stops_nobody(tmp_path: Path) -> None:
    config = lay_out(tmp_path)
    with OfficeRun(config) as office:
        office.wait_ready()
        assert office.ask("POST", "/api/v1/tickets", {"service": "subsidy", "paper": False})[0] == 201
    plan = (tmp_path / "plan.toml").read_text()
    dropped = (
        plan.replace('id = "subsidy"', 'id = "grants"').replace('"subsidy", ', "").replace("version = 1", "version = 2")
    )
    for text, reason in ((dropped, "plan-refused"), ("schema = \n", "plan-wrong")):
        (tmp_path / "plan.toml").write_text(text)
        with OfficeRun(config) as office:
            office.wait_ready()
            assert office.ask("POST", "/api/v1/tickets", {"service": "subsidy", "paper": False})[0] == 201
            renewed = talon("owner", str(config)).stdout
            assert office.ask("POST", "/api/v1/session/owner", {"code": renewed.split()[-1]})[0] == 200
            devices = office.ask("GET", "/api/v1/office")[1]["devices"]
            assert (reason, "warning") in [(one["reason"], one["condition"]) for one in devices]


@pytest.mark.long
def test_a_second_process_is_kept_off_the_data_folder(tmp_path: Path) -> None:
    config = lay_out(tmp_path)
    with OfficeRun(config) as office:
        office.wait_ready()
        second = talon("office", str(config))
        assert (second.returncode, "Traceback" in second.stderr) == (2, False)
        assert str(tmp_path / "data") in second.stderr
        restored = talon("restore", str(config), str(tmp_path / "replica"))
        assert (restored.returncode, "Traceback" in restored.stderr) == (2, False)
        assert office.ask("POST", "/api/v1/tickets", {"service": "bills", "paper": False})[0] == 201


@pytest.mark.long
def test_a_taken_port_stops_neither_buttons_nor_printer_and_the_pages_come_when_it_is_free(tmp_path: Path) -> None:
    config = lay_out(tmp_path)
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    port = taken.getsockname()[1]
    config.write_text(config.read_text().replace("port = 0", f"port = {port}"))
    log = tmp_path / "log.txt"
    process = subprocess.Popen([sys.executable, "-m", "appliance", "office", str(config)], stderr=log.open("wb"))
    try:
        await_true(lambda: log.exists() and "trying again" in log.read_text(), "it says that the port is taken", 20)
        assert process.poll() is None
        assert rows(tmp_path / "data/queue.db", "SELECT count(*) FROM day") == [(1,)]
        taken.close()
        await_true(lambda: _listens(port), "the pages come", 20)
    finally:
        taken.close()
        process.terminate()
        process.wait(20)


def _listens(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.long
def test_a_restore_that_was_cut_short_leaves_nothing_that_an_office_would_start_on(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    with OfficeRun(lay_out(old)) as office:
        office.wait_ready()
        assert office.ask("POST", "/api/v1/tickets", {"service": "bills", "paper": False})[0] == 201
        await_true(lambda: _replica_complete(office), "the replica is complete", 20)
    config = lay_out(new)
    cut = f"""
import os
from pathlib import Path
import appliance.replication as replication
from appliance.config import read_config
from appliance.workers.clock import OfficeClock
replication._begin_incarnation = lambda *_: os._exit(9)
clock, source = OfficeClock(lambda: True), Path({str(old / "replica")!r})
replication.restore_office(read_config(Path({str(config)!r})), clock, source)
"""
    assert subprocess.run([sys.executable, "-c", cut], timeout=60, check=False).returncode == 9
    assert not (new / "data/queue.db").exists()
    assert talon("restore", str(config), str(old / "replica")).returncode == 0
    assert rows(new / "data/queue.db", "SELECT incarnation FROM office") == [(2,)]


@pytest.mark.long
def test_damaged_databases_are_told_in_words_and_pins_are_made_anew(tmp_path: Path) -> None:
    config = lay_out(tmp_path)
    with OfficeRun(config) as office:
        office.wait_ready()
        first = office.owner_code()
    (tmp_path / "data/local.db").write_bytes(b"no database at all" * 100)
    for end in ("-wal", "-shm"):
        (tmp_path / f"data/local.db{end}").unlink(missing_ok=True)
    with OfficeRun(config) as office:
        office.wait_ready()
        assert office.owner_code() != first
        assert office.ask("POST", "/api/v1/tickets", {"service": "bills", "paper": False})[0] == 201
    assert list((tmp_path / "data").glob("local.db.damaged-*"))
    (tmp_path / "data/queue.db").write_bytes(b"no database at all" * 100)
    for end in ("-wal", "-shm"):
        (tmp_path / f"data/queue.db{end}").unlink(missing_ok=True)
    done = talon("office", str(config))
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "restore" in done.stderr
