"""Offices for the tests of the API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.halls import Hall
from tests.api.rig import Rig
from tests.plans import Sketch


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """An open office with two services and three desks."""
    made = Rig(tmp_path, Sketch())
    yield made
    made.close()


@pytest.fixture
def shut(tmp_path: Path) -> Iterator[Rig]:
    """The same office before its day is opened."""
    made = Rig(tmp_path, Sketch(), open_day=False)
    yield made
    made.close()


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Rig]:
    """A box without a plan."""
    made = Rig(tmp_path)
    yield made
    made.close()


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Rig]:
    """An open office whose plan has categories, reasons, purposes, limits and a roster."""
    made = Rig(tmp_path, Hall())
    yield made
    made.close()
