"""The stage of the fault tests, mounted once; without FUSE they are skipped with the reason."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.cutfs import why_not
from tests.faults.lives import Stage, stage


@pytest.fixture(scope="session")
def on() -> Iterator[Stage]:
    """Where offices live and lose their power."""
    if reason := why_not():
        pytest.skip(f"the cut file system needs FUSE: {reason}")
    with stage() as made:
        yield made
