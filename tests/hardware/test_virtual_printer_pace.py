"""The virtual printer's paper takes its time, and the printer goes on when that has passed, however late it looks."""

from __future__ import annotations

import os
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from hardware.simulator import printer as module
from hardware.simulator.printer import VirtualPrinter

_FEED = b"\x1bJ\x10"  # a millimetre of paper
_LATE_S = 0.004


def test_a_late_look_at_the_moving_paper_does_not_stop_the_printer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaps = [0.0]

    def monotonic() -> float:
        """A clock that moves on by some milliseconds between any two looks at it, as on a machine under load."""
        leaps[0] += _LATE_S
        return time.monotonic() + leaps[0]

    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=monotonic))
    printer = VirtualPrinter(tmp_path / "printer", paper_mm_s=150, buffer_bytes=64)
    job = _FEED * 400 + b"\x1dVB\x00"
    line = os.open(printer.path, os.O_WRONLY | os.O_NOCTTY)
    try:
        assert os.write(line, job) == len(job)
        assert printer.wait(lambda it: it.received == len(job) and bool(it.paper or it.blank_cuts), 10)
    finally:
        os.close(line)
        printer.close()
