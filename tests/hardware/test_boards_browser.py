"""Who vouches for the browser of a screen: a fake office, a child that does nothing, and a service manager's socket."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from hardware.boards.browser import SILENT_S, START_S, OfficePages, Told, run, vouched

PATIENCE_S = 30.0
UNIT = Path(__file__).resolve().parents[2] / "systemd" / "talon-hall.service"
SLEEPER = [sys.executable, "-c", "import sys, time; open(sys.argv[1], 'w').write(sys.argv[2]); time.sleep(600)"]


@pytest.mark.parametrize(
    ("told", "running_s", "well"),
    [
        (None, 1e6, True),
        (Told(0, ""), 1e6, True),
        (Told(SILENT_S, ""), 1e6, True),
        (Told(SILENT_S + 1, ""), 1e6, False),
        (Told(SILENT_S + 1, "screen-never-seen"), START_S, True),
        (Told(1e5, "screen-silent"), START_S, True),
        (Told(1e5, "screen-silent"), START_S + 1, False),
        (Told(1, "screen-stale"), START_S, True),
        (Told(1, "screen-stale"), START_S + 1, False),
    ],
)
def test_who_is_vouched_for(told: Told | None, running_s: float, well: bool) -> None:
    assert vouched(told, running_s) is well


class FakeOffice(ThreadingHTTPServer):
    """Serves the hall page and one screen."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.opened = True
        self.answer: Any = {"silent_s": 3, "reason": ""}
        self.asked: list[str] = []
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def end(self) -> None:
        self.shutdown()
        self.server_close()
        self.thread.join(10)


class Answering(BaseHTTPRequestHandler):
    server: FakeOffice

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        known = self.path in ("/hall", "/api/v1/hall/screens/hall")
        self.send_response(503 if not self.server.opened else 200 if known else 404)
        self.end_headers()
        self.wfile.write(json.dumps(self.server.answer).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def office() -> Iterator[FakeOffice]:
    made = FakeOffice()
    yield made
    made.end()


def until(true: Any) -> bool:
    end = monotonic() + PATIENCE_S
    while not true():
        if monotonic() > end:
            return False
        sleep(0.01)
    return True


def test_what_the_office_tells_of_a_screen(office: FakeOffice) -> None:
    pages = OfficePages(office.address, "hall")
    assert pages.address == f"{office.address}/hall?screen=hall"
    assert pages.served()
    assert pages.told() == Told(3.0, "")
    office.answer = {"silent_s": 90, "reason": "screen-silent"}
    assert pages.told() == Told(90.0, "screen-silent")
    for broken in ({}, [], "x", {"silent_s": "soon", "reason": ""}):
        office.answer = broken
        assert pages.told() is None
    assert OfficePages(office.address, "other screen").told() is None
    assert office.asked[-1] == "/api/v1/hall/screens/other%20screen"


def test_an_office_that_does_not_answer_tells_nothing() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        pages = OfficePages(f"http://127.0.0.1:{taken.getsockname()[1]}", "hall")
        assert not pages.served()
        assert pages.told() is None


def test_the_browser_begins_when_the_page_is_served_and_its_end_is_the_end(office: FakeOffice, tmp_path: Path) -> None:
    office.opened = False
    opened = tmp_path / "address"
    well: list[float] = []
    ended: list[int] = []
    command = [*SLEEPER[:2], "import sys; open(sys.argv[1], 'w').write(sys.argv[2]); sys.exit(7)", str(opened)]
    pages = OfficePages(office.address, "hall")
    waiting = threading.Thread(target=lambda: ended.append(run(pages, command, lambda: well.append(0.0), 0.02)))
    waiting.start()
    assert until(lambda: len(well) > 3)
    assert not opened.exists()
    office.opened = True
    waiting.join(PATIENCE_S)
    assert ended == [7]
    assert opened.read_text() == f"{office.address}/hall?screen=hall"


def test_nobody_vouches_for_a_silent_page_and_somebody_does_again(
    office: FakeOffice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hardware.boards.browser.START_S", 0.0)
    well: list[float] = []
    opened = tmp_path / "address"
    pages = OfficePages(office.address, "hall")
    ended: list[int] = []
    command = [*SLEEPER, str(opened)]
    # The child tells its own number, so that the test ends this one and no other.
    command[2] = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(600)"
    watching = threading.Thread(target=lambda: ended.append(run(pages, command, lambda: well.append(0.0), 0.02)))
    watching.start()
    try:
        assert until(lambda: len(well) > 3)
        office.answer = {"silent_s": SILENT_S + 1, "reason": "screen-silent"}
        asked = len(office.asked)
        assert until(lambda: len(office.asked) > asked + 3)
        before = len(well)
        asked = len(office.asked)
        assert until(lambda: len(office.asked) > asked + 5)
        assert len(well) == before
        office.opened = False
        assert until(lambda: len(well) > before + 3), "an office without an answer is no fault of the browser"
    finally:
        assert until(lambda: opened.exists() and opened.read_text() != "")
        os.kill(int(opened.read_text()), signal.SIGKILL)
        watching.join(PATIENCE_S)
    assert ended == [-signal.SIGKILL]


def test_the_command_tells_the_service_manager_and_takes_its_browser_along(office: FakeOffice, tmp_path: Path) -> None:
    opened = tmp_path / "address"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(PATIENCE_S)
        command = [
            sys.executable,
            "-m",
            "hardware.boards.browser",
            "--office",
            office.address,
            "--screen",
            "hall",
            "--",
        ]
        with subprocess.Popen(
            [*command, *SLEEPER, str(opened)], env={**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify")}
        ) as browser:
            try:
                assert manager.recv(100) == b"WATCHDOG=1"
                assert until(lambda: opened.exists() and opened.read_text() != "")
            finally:
                browser.send_signal(signal.SIGTERM)
            assert browser.wait(PATIENCE_S) == 0
    assert opened.read_text() == f"{office.address}/hall?screen=hall"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze")
def test_the_unit_is_one_that_systemd_understands(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text(encoding="utf-8").replace("/opt/talon/bin/python", sys.executable), encoding="utf-8")
    told = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, timeout=60)
    assert told.returncode == 0, told.stderr
    assert [line for line in told.stderr.splitlines() if UNIT.name in line] == []


def test_the_unit_begins_the_browser_anew_90_seconds_after_the_last_word() -> None:
    options = dict(line.split("=", 1) for line in UNIT.read_text(encoding="utf-8").splitlines() if "=" in line)
    assert SILENT_S + int(options["WatchdogSec"]) == 90
    assert options["Restart"] == "always"
