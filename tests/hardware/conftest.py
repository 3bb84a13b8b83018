"""What printer tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hardware.printers import States, Workbench


@pytest.fixture
def states() -> States:
    """The states that every driver of a test goes through."""
    return States()


@pytest.fixture
def bench(tmp_path: Path, states: States) -> Iterator[Workbench]:
    """Printers and drivers, closed and checked after the test."""
    made = Workbench(tmp_path, states)
    yield made
    made.close()
