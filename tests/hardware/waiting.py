"""Waiting for what another thread does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from time import monotonic


def wait_for(condition: Callable[[], object], timeout_s: float = 20.0) -> None:
    """Look every few milliseconds until something is true; a busy machine may take its time."""
    tick = threading.Event()
    deadline = monotonic() + timeout_s
    while not condition():
        assert monotonic() < deadline, "it did not happen in time"
        tick.wait(0.005)


def open_files() -> int:
    """How many descriptors this process has open, to see that none is left."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())
