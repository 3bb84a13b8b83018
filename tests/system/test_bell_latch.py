"""A press at the ramp while the box boots: the relay holds it, the call is in the book, and the relay lets go."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from appliance.config import read_config
from appliance.process import OfficeProcess
from tests.system.offices import lay_out

HARDWARE = """
schema = 1
mode = "simulated"
[[bell]]
name = "ramp"
pin = 22
contact = "open"
reset = 21
"""


def until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


def test_a_press_while_the_box_boots_is_not_lost_and_lets_the_relay_go(tmp_path: Path) -> None:
    office = OfficeProcess(read_config(lay_out(tmp_path, hardware=HARDWARE)))
    try:
        bench = office.devices.bench
        assert bench is not None
        bench.panel.stick("bell/ramp")
        office.start()
        until(lambda: bool(office.writer.office.bells), "the press that the relay has held is a call")
        relay = bench.header.pin(21)
        until(lambda: relay.function == "output" and any(state.state for state in relay.states), "the relay is driven")
        bench.panel.release("bell/ramp")
        until(lambda: not relay.state, "and let alone again")
        assert len(office.writer.office.bells) == 1
    finally:
        office.close()
