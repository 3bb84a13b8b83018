"""Generated requests meet answers, never accidents."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.api.fuzz import run


@pytest.mark.parametrize("seed", [1])
def test_generated_requests_meet_no_internal_error(tmp_path: Path, seed: int) -> None:
    outcome = run(tmp_path, 600, seed)
    assert outcome.bad == []
    assert outcome.by_status[200] > 20
    assert outcome.by_status[422] > 20
    assert len(outcome.by_operation) >= 45
