"""The line into a running office: what `talon doctor` asks over it, and what becomes of callers that misbehave."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from appliance.technician.doctoring import Report, report_of
from appliance.technician.line import NAME, DoctorLine, NotRunningError, _reachable, ask
from appliance.technician.walk import KeyWalk
from hardware.doctor.finding import Finding, Verdict
from hardware.ports import Gesture, Press

FINDINGS = (Finding("printer", Verdict.FAULT, "", "paper-out", "load-paper", {"port": "/dev/x"}),)


@dataclass
class FakeDoctoring:
    walk: KeyWalk = field(default_factory=KeyWalk)
    asked: list[str] = field(default_factory=list)

    def report(self) -> Report:
        return Report(FINDINGS, datetime(2026, 11, 24, 8, tzinfo=UTC), 0.25)

    def print_test(self, paper: str) -> str:
        self.asked.append(paper)
        return "printed"

    def show_pattern(self) -> int:
        return 3

    def chime(self) -> bool:
        return False

    def begin_walk(self) -> None:
        self.walk.begin(["desk/1/next", "desk/1/finish"])


@pytest.fixture
def doctoring() -> FakeDoctoring:
    return FakeDoctoring()


@pytest.fixture
def folder(tmp_path: Path, doctoring: FakeDoctoring) -> Iterator[Path]:
    deep = tmp_path / ("a folder whose name is long " * 4)
    deep.mkdir()
    line = DoctorLine(deep, doctoring)  # type: ignore[arg-type]
    line.start()
    yield deep
    line.close()
    assert not (deep / NAME).exists()


def answer(folder: Path, **request: Any) -> dict[str, Any]:
    (only,) = ask(folder, request)
    return only


def test_the_report_arrives_whole_over_a_path_longer_than_sockets_allow(folder: Path) -> None:
    assert len(str(folder)) > 108
    report = report_of(answer(folder, ask="report"))
    assert report.findings == FINDINGS
    assert (report.took_s, report.healthy) == (0.25, False)


def test_papers_boards_and_chime(folder: Path, doctoring: FakeDoctoring) -> None:
    assert answer(folder, ask="print", paper="code-pages") == {"outcome": "printed"}
    assert answer(folder, ask="print") == {"outcome": "printed"}
    assert doctoring.asked == ["code-pages", "self-test"]
    assert answer(folder, ask="board")["boards"] == 3
    assert answer(folder, ask="chime") == {"heard": False}


def test_a_strange_request_is_told_so(folder: Path) -> None:
    assert "error" in answer(folder, ask="coffee")


def test_the_walk_is_told_key_by_key_and_ends_with_the_last(folder: Path, doctoring: FakeDoctoring) -> None:
    told = ask(folder, {"ask": "buttons"})
    assert next(told) == {"ticked": [], "missing": ["desk/1/next", "desk/1/finish"]}
    for control in ("desk/1/finish", "desk/1/next"):
        threading.Timer(0.05, doctoring.walk.takes, (Press(control, Gesture.TAP, 1, 0.0, 0.0),)).start()
    last = list(told)[-1]
    assert last["missing"] == []
    assert set(last["ticked"]) == {"desk/1/next", "desk/1/finish"}
    assert not doctoring.walk.view().active


def test_nobody_but_the_owner_may_ask(folder: Path) -> None:
    assert (folder / NAME).stat().st_mode & 0o777 == 0o600


def test_a_caller_that_says_nothing_sensible_harms_nobody(folder: Path) -> None:
    for rubbish in (b"", b"\x00\xff\n", b"[1,2]\n", b"x" * 9000):
        with socket.socket(socket.AF_UNIX) as caller:
            with _reachable(folder) as path:
                caller.connect(path)
            caller.settimeout(5)
            told = b""
            with contextlib.suppress(ConnectionError):
                caller.sendall(rubbish)
                caller.shutdown(socket.SHUT_WR)
                told = caller.recv(100)
            assert told == b""
    assert report_of(answer(folder, ask="report")).findings


def test_an_office_that_doesnt_run(tmp_path: Path) -> None:
    with pytest.raises(NotRunningError):
        next(ask(tmp_path, {"ask": "report"}))
    with pytest.raises(NotRunningError):
        next(ask(tmp_path / "nothing", {"ask": "report"}))


def test_a_socket_of_an_earlier_life_is_replaced(tmp_path: Path, doctoring: FakeDoctoring) -> None:
    (tmp_path / NAME).write_bytes(b"")
    line = DoctorLine(tmp_path, doctoring)  # type: ignore[arg-type]
    line.start()
    assert report_of(answer(tmp_path, ask="report")).findings
    line.close()
    assert list(tmp_path.iterdir()) == []
