"""Offices on real files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.rig import Office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A furnished office; its writer runs."""
    made = Office(tmp_path / "queue.db")
    made.furnish()
    yield made
    made.stop()
