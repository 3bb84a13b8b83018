"""What every test may count on: the repository's root can be imported from, wherever pytest was started."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

LONG = os.environ.get("TALON_LONG") == "1"
"""`make soak` sets it: every state of every page in every language, and whatever takes long without finding more."""

ROOT = str(Path(__file__).resolve().parent.parent)
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what is marked `long`, unless it is asked for."""
    if LONG:
        return
    skip = pytest.mark.skip(reason="takes long: TALON_LONG=1, or make soak")
    for item in items:
        if item.get_closest_marker("long") is not None:
            item.add_marker(skip)
