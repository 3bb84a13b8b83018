"""What a directive does outside the database: after the commit, in order, once, over a death in between too."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.domain.devices import NoteDevice
from appliance.workers.directed import Directed
from tests.domain.directing import order
from tests.plans import Sketch
from tests.store.rig import Office

LATER = Sketch(version=2)


class Outside:
    """What was asked for, in order."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.breaks = False

    def snapshot(self) -> None:
        """A fresh copy."""
        self.asked.append(("snapshot",))
        if self.breaks:
            raise OSError("no line")

    def restart(self, device: str) -> None:
        """A device begins anew."""
        self.asked.append(("restart", device))

    def call(self, device: str, note: str) -> None:
        """The technician is told."""
        self.asked.append(("call", device, note))

    def keep(self, document: str) -> None:
        """The plan's file."""
        self.asked.append(("plan", document))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """An office at work, its printer known."""
    made = Office(tmp_path / "queue.db")
    made.furnish()
    made.do(NoteDevice("printer", "ready"))
    yield made
    made.stop()


def directed(office: Office, outside: Outside) -> Directed:
    mark = office.path.with_name("directed")
    return Directed(
        office.writer,
        mark,
        snapshot=outside.snapshot,
        restart=outside.restart,
        call=outside.call,
        keep_plan=outside.keep,
    )


def give(office: Office, kind: str, body: dict[str, object]) -> None:
    office.do(order(office.writer.office, office.clock.clock.now().moment.at_ms, kind, body))


def test_each_is_done_once_and_in_order(office: Office) -> None:
    outside = Outside()
    worker = directed(office, outside)
    give(office, "fresh-snapshot", {})
    give(office, "restart-device", {"device": "printer"})
    give(office, "restart-device", {"device": "unknown"})
    give(office, "open-desk", {"desk": 1})
    give(office, "call-technician", {"device": "printer", "note": "paper-out"})
    give(office, "call-technician", {"note": "come"})
    give(office, "adopt-plan", {"plan": LATER.document})
    worker.look()
    worker.look()
    assert outside.asked == [
        ("snapshot",),
        ("restart", "printer"),
        ("call", "printer", "paper-out"),
        ("call", "", "come"),
        ("plan", LATER.document),
    ]
    directed(office, outside).look()
    assert len(outside.asked) == 5


def test_a_death_before_the_act_is_made_good_and_a_restart_repeats_nothing(office: Office) -> None:
    outside = Outside()
    directed(office, outside)
    give(office, "fresh-snapshot", {})
    office.restart()
    worker = directed(office, outside)
    worker.look()
    assert outside.asked == [("snapshot",)]
    office.restart()
    directed(office, outside).look()
    assert outside.asked == [("snapshot",)]


def test_a_new_card_does_nothing_of_what_was_before(office: Office) -> None:
    give(office, "fresh-snapshot", {})
    outside = Outside()
    worker = directed(office, outside)
    worker.look()
    assert outside.asked == []
    give(office, "fresh-snapshot", {})
    worker.look()
    assert outside.asked == [("snapshot",)]


def test_one_that_fails_does_not_hold_up_the_next(office: Office) -> None:
    outside = Outside()
    outside.breaks = True
    worker = directed(office, outside)
    worker.start()
    try:
        give(office, "fresh-snapshot", {})
        give(office, "restart-device", {"device": "printer"})
        until = time.monotonic() + 20
        while len(outside.asked) < 2 and time.monotonic() < until:
            time.sleep(0.01)
    finally:
        worker.stop()
    assert outside.asked == [("snapshot",), ("restart", "printer")]
