"""The devices of an office that doesn't run, opened for an examination: nobody's press reaches a queue."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

from appliance.devices import build
from appliance.technician.doctoring import Doctoring
from appliance.technician.teaching import Teaching
from appliance.technician.walk import KeyWalk
from hardware.config import HardwareConfig

LOOK_S = 0.1


@contextlib.contextmanager
def opened(config: HardwareConfig, file: Path, settle_s: float) -> Iterator[Doctoring]:
    """Open the devices and give them `settle_s` seconds at most to tell how they are; closed at the end."""
    with tempfile.TemporaryDirectory(prefix="talon-doctor-") as folder:
        devices = build(config, Path(folder))
        walk = KeyWalk()
        doctoring = Doctoring(devices, walk, Teaching(config, file, devices.watch))
        try:
            devices.open(walk.takes)
            for board in devices.boards.values():
                board.show(())
            until = monotonic() + settle_s
            while monotonic() < until and any(part.state.reason == "not-started" for part in devices.parts()):
                sleep(LOOK_S)
            yield doctoring
        finally:
            doctoring.close()
            devices.close()
