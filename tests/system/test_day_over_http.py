"""A whole day through the real doors, in small; `python -m tests.system.day_over_http` plays the large one."""

from __future__ import annotations

import json
from pathlib import Path

from appliance.scenario.playing import faults_unlogged
from tests.system.day_over_http import run
from tests.system.day_waits import waits_of


def test_a_day_through_api_and_keys_ends_with_everybody_in_a_final_state_and_true_figures(tmp_path: Path) -> None:
    with faults_unlogged():
        outcome = run(tmp_path, visits=60, desks=(6, 9, 11))
    assert outcome.failures == []
    assert outcome.figures["issued"] == 61
    assert outcome.figures["refused at the kiosk"]["issuing-closed"] == 1  # type: ignore[index]
    for act in ("park", "transfer", "merge", "send", "return", "refuse", "confirm", "miss", "long next", "also"):
        assert outcome.acts[act], f"nobody did {act}"


def test_waits_read_from_the_journal_leave_out_pauses_and_undone_calls() -> None:
    acts = [
        ("TicketIssued", 0, {"ticket": 1}),
        ("TicketIssued", 60, {"ticket": 2}),
        ("TicketCalled", 120, {"ticket": 1, "desk": 1}),
        ("Undone", 125, {"desk": 1, "undone": 3, "restored": [1]}),
        ("HallPaused", 300, {"pause": 1}),
        ("HallResumed", 900, {"pause": 1}),
        ("TicketCalled", 1000, {"ticket": 1, "desk": 1}),
        ("ServiceFinished", 1100, {"ticket": 1, "desk": 1}),
        ("TicketCalled", 2000, {"ticket": 2, "desk": 1}),
        ("TicketLeft", 2100, {"ticket": 2}),
    ]
    lines = [
        json.dumps({"seq": seq, "kind": kind, "uptime_ms": second * 1000, "body": body})
        for seq, (kind, second, body) in enumerate(acts, start=1)
    ]
    waits = waits_of(lines)
    assert waits.each == {1: 400_000, 2: 1_340_000}
    assert waits.outcomes == {1: "done", 2: "left"}
    assert waits.over(15) == 0.5
