"""What every test may count on: the repository's root can be imported from, wherever pytest was started."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

ROOT = str(Path(__file__).resolve().parent.parent)
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

from tests.examples import DEFAULT, LONG  # noqa: E402

settings.register_profile("short", max_examples=DEFAULT)
if not LONG:
    settings.load_profile("short")

MEMORY = Path("/dev/shm")
MEMORY_BYTES = 4 << 30
"""A run leaves well under 1 GB of files; a folder in memory with less room than this is left alone."""

# No test is about the disk it happens to run on, and a slow one made whole runs twice as long (TMPDIR overrides).
if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= MEMORY_BYTES:
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)

APART = frozenset({
    "test_behaviour.py", "test_commit_errors.py", "test_plan_at_noon.py", "test_played_days.py", "test_power.py",
    "test_printer.py", "test_reception.py", "test_screens.py", "test_simulation.py", "test_whole_office.py",
})  # fmt: skip
"""Files of long tests that share nothing: any worker may take any of them."""


def scope_of(nodeid: str) -> str:
    """What stays on one worker: the file of a test, or the test alone."""
    file, _, _ = nodeid.partition("::")
    return nodeid if Path(file).name in APART else file


def place_of(item: pytest.Item) -> tuple[bool, bytes]:
    """Where a test comes in the order of a run."""
    if item.nodeid.startswith("tests/web/"):
        return True, b""
    return False, hashlib.md5(scope_of(item.nodeid).encode(), usedforsecurity=False).digest()


class Scheduling(LoadFileScheduling):
    """A file's tests go to one worker, so that what they share is made once; those of APART go where there is room."""

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    """With several workers, share the tests out by `Scheduling`, in the order of `place_of`."""
    config.option.loadscopereorder = False
    return Scheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mix the files, and leave out what is marked `long`, unless it is asked for.

    Tests that wait for a printer's clock stand in one folder and those that reckon in another: mixed, some workers
    reckon while others wait. The order is the same at each run. Pages come last: a browser that is driven from a
    worker keeps an event loop running in it.
    """
    items.sort(key=place_of)
    if LONG:
        return
    skip = pytest.mark.skip(reason="takes long: TALON_LONG=1, or make soak")
    for item in items:
        if item.get_closest_marker("long") is not None:
            item.add_marker(skip)
