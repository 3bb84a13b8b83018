"""The planted name, in a day of some seconds; `python -m tests.centre.planted_name` takes longer and shows a table."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.litestream import find_binary
from tests.centre.planted_name import Found, holds, run

pytestmark = pytest.mark.skipif(find_binary() is None, reason="litestream is not installed")


@pytest.mark.long
def test_a_planted_name_is_gone_from_every_byte_of_office_and_centre(tmp_path: Path) -> None:
    purged = run(tmp_path / "purged", 0.2, purge=True)
    control = run(tmp_path / "control", 0.1, purge=False)
    assert purged.after == Found(0, 0)
    assert holds(purged, control), (purged, control)
