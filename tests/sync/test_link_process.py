"""`talon link` as the process it is: guarded by the office, killed at the worst moments, unenrolled and enrolled."""

from __future__ import annotations

import os
import signal
import socket
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from appliance.centre_line import CONNECTIONS
from appliance.linking import GuardPace, LinkGlance, Linking
from sync.centre_keys import FOLDER, NAME
from sync.link_office import NAME as SOCKET
from sync.link_office import OfficeAwayError, OfficeLine
from tests.sync.link_scene import OFFICE, RealOffice, centre, enrol, until

QUICK = """
import signal, sys, threading
from pathlib import Path
from sync.link import LinkPace, run_link
from sync.link_feed import FeedPace
import logging
logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
stopping = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stopping.set())
pace = LinkPace(pulse_s=0.1, keys_s=0.1, pause_s=0.01, feed=FeedPace(first_s=0.02, cap_s=0.2))
run_link(Path(sys.argv[1]), stopping, pace)
"""


@contextmanager
def guarded(data: Path) -> Iterator[tuple[RealOffice, Linking]]:
    """An office and the guard of its link."""
    office = RealOffice(data)
    command = (sys.executable, "-c", QUICK)
    pace = GuardPace(look_s=0.05, first_s=0.02, cap_s=0.1)
    linking = Linking(office.config, office.writer, office.clock, tuple, lambda: None, command=command, pace=pace)
    linking.start()
    try:
        yield office, linking
    finally:
        linking.stop()
        office.close()


def pid_of(linking: Linking) -> int:
    """The link's process: the child of this one that runs it."""
    return int(until(lambda: linking.pid))


def test_the_socket_is_for_the_owner_alone_and_bounded(tmp_path: Path) -> None:
    with guarded(tmp_path / "data") as (_, linking):
        path = tmp_path / "data" / SOCKET
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        lines = [OfficeLine(tmp_path / "data") for _ in range(CONNECTIONS + 1)]
        answers: list[Any] = []
        for line in lines:
            try:
                answers.append(line.ask({"ask": "cursor"}))
            except OfficeAwayError:
                answers.append(None)
        assert answers == [{"directive": 0}] * CONNECTIONS + [None]
        for line in lines:
            line.close()
        assert linking.glance().condition == "off"
    assert not path.exists()


def test_a_socket_of_an_earlier_life_is_replaced(tmp_path: Path) -> None:
    data = tmp_path / ("long" * 40)
    data.mkdir()
    with socket.socket(socket.AF_UNIX) as left:
        (tmp_path / "s").symlink_to(data)
        left.bind(str(tmp_path / "s" / SOCKET))
    with guarded(data):
        assert OfficeLine(data).ask({"ask": "cursor"}) == {"directive": 0}


def test_a_link_that_is_killed_at_the_worst_moments_brings_each_directive_once(tmp_path: Path) -> None:
    with centre(tmp_path / "centre") as one, guarded(tmp_path / "data") as (office, linking):
        enrol(one, tmp_path / "data")
        real = linking.line.answer
        killed: list[str] = []

        def killing(line: bytes) -> dict[str, Any]:
            """Between the commit and its answer the link dies, for every third directive; before it, for others."""
            is_directive = b'"directive":"' in line
            number = len(killed)
            if is_directive and number in (1, 4):
                killed.append("before")
                os.kill(pid_of(linking), signal.SIGKILL)
                return {"error": "gone"}
            answer = real(line)
            if is_directive:
                killed.append("")
                if number in (0, 3):
                    killed[-1] = "after"
                    os.kill(pid_of(linking), signal.SIGKILL)
            return answer

        linking.line.answer = killing  # type: ignore[method-assign]
        for _ in range(6):
            one.order("call-technician", {"note": "look"})
        until(lambda: len(office.settled()) >= 6, 60)
        assert office.settled() == [(n, "call-technician", "applied") for n in range(1, 7)]
        assert killed.count("after") == 2
        assert killed.count("before") == 2
        assert linking.glance().restarts >= 4
        until(lambda: linking.glance().condition == "connected")


def test_an_office_is_enrolled_while_it_runs_and_shut_out_again(tmp_path: Path) -> None:
    with centre(tmp_path / "centre") as one, guarded(tmp_path / "data") as (_, linking):
        assert linking.glance().condition == "off"
        enrol(one, tmp_path / "data")
        found: LinkGlance = until(lambda: linking.glance().last_pulse and linking.glance())
        assert found.condition == "connected"
        assert found.offset_ms is not None
        assert abs(found.offset_ms) < 2000
        until(lambda: linking.glance().mode == "stream")
        one.devices.known.clear()
        until(lambda: linking.glance().condition == "failed")
        assert linking.glance().error == "unknown-device"
        (tmp_path / "data" / FOLDER / NAME).unlink()
        until(lambda: linking.glance().condition == "off")
        until(lambda: linking.pid is None)


def test_keys_that_change_are_taken_up_at_once(tmp_path: Path) -> None:
    with centre(tmp_path / "centre") as one, guarded(tmp_path / "data") as (_, linking):
        enrol(one, tmp_path / "data")
        until(lambda: linking.glance().condition == "connected")
        pid = pid_of(linking)
        enrol(one, tmp_path / "data")
        last = len(one.network.pulses)
        until(lambda: len(one.network.pulses) > last + 2)
        until(lambda: linking.glance().condition == "connected")
        assert pid_of(linking) == pid


def test_the_line_is_a_device_of_the_technicians_list() -> None:
    told = []
    since = datetime.now(UTC)
    for condition, error, forged in (
        ("off", "", 0),
        ("starting", "", 0),
        ("connected", "", 0),
        ("connected", "", 3),
        ("waiting", "no-line", 0),
        ("failed", "two-devices", 0),
        ("failed", "link-ended", 0),
    ):
        found = LinkGlance(condition, since, error, forged=forged).device()
        told.append(None if found is None else (found.condition, found.reason, found.hint))
    assert told == [
        None,
        ("ready", "", ""),
        ("ready", "", ""),
        ("warning", "link-forged", "ask-centre"),
        ("warning", "link-no-line", "check-line"),
        ("fault", "link-two-devices", "ask-centre"),
        ("fault", "link-ended", "ask-centre"),
    ]


def test_centre_json_that_nobody_can_read_is_told(tmp_path: Path) -> None:
    with guarded(tmp_path / "data") as (_, linking):
        path = tmp_path / "data" / FOLDER / NAME
        path.parent.mkdir()
        path.write_text("{", encoding="utf-8")
        until(lambda: linking.glance().error == "no-keys")
        assert linking.glance().condition == "failed"


def test_the_link_dies_with_the_office(tmp_path: Path) -> None:
    with centre(tmp_path / "centre") as one:
        with guarded(tmp_path / "data") as (_, linking):
            enrol(one, tmp_path / "data")
            pid = pid_of(linking)
            until(lambda: one.link.connected() == {OFFICE})
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
