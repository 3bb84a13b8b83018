"""A furnished office behind the real writer, for the workers' tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.rig import Office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """An open day, nobody in it."""
    made = Office(tmp_path / "queue.db")
    made.furnish()
    yield made
    made.stop()
