"""The watchdog's choice: the gentlest step that can work."""

from __future__ import annotations

import pytest

from sync.watchdog import Limits, Signs, Step, Verdict, decide

LIMITS = Limits(mute_s=15, retry_s=60, retry_cap_s=300, disk_bytes=1000, floor_bytes=100, factor=1.5)


def test_a_copy_that_is_kept_is_left_alone() -> None:
    assert decide(Signs(), LIMITS) == Verdict(Step.WAIT)
    busy = Signs(uploading_s=899, backlog_bytes=90, fresh_bytes=10, silent_s=1)
    assert decide(busy, LIMITS).step is Step.WAIT


def test_after_an_error_it_waits_then_restarts_each_time_more_patiently() -> None:
    def after(seconds: float, fruitless: int) -> Step:
        return decide(Signs("target-unreachable", refused_s=seconds, fruitless=fruitless), LIMITS).step

    assert after(59, 0) is Step.WAIT
    assert after(61, 0) is Step.RESTART
    assert after(61, 1) is Step.WAIT
    assert after(121, 1) is Step.RESTART
    assert after(299, 99) is Step.WAIT
    assert after(301, 99) is Step.RESTART


def test_an_upload_under_way_is_not_cut_off_by_the_patience_after_an_error() -> None:
    signs = Signs("target-unreachable", refused_s=500, uploading_s=400)
    assert decide(signs, LIMITS).step is Step.WAIT


def test_silence_and_an_upload_without_end_are_restarted() -> None:
    assert decide(Signs(silent_s=16), LIMITS) == Verdict(Step.RESTART, "mute")
    assert decide(Signs(uploading_s=901), LIMITS) == Verdict(Step.RESTART, "stalled")


def test_a_second_copy_is_set_aside_where_the_main_one_is_restarted() -> None:
    assert decide(Signs(uploading_s=901, secondary=True), LIMITS).step is Step.SET_ASIDE
    full = Signs("disk-full", refused_s=61, secondary=True, alone=True)
    assert decide(full, LIMITS) == Verdict(Step.SET_ASIDE, "disk-full")
    with_others = Signs("target-unreachable", refused_s=61, secondary=True)
    assert decide(with_others, LIMITS).step is Step.RESTART


@pytest.mark.parametrize("hint", ["gap", "target-damaged"])
def test_what_a_restart_did_not_heal_begins_a_new_generation(hint: str) -> None:
    assert decide(Signs(hint, refused_s=0), LIMITS) == Verdict(Step.RESTART, hint)
    assert decide(Signs(hint, refused_s=0, fruitless=1), LIMITS) == Verdict(Step.NEW_GENERATION, hint)


def test_a_backlog_is_given_up_when_a_snapshot_is_clearly_smaller() -> None:
    def at(backlog: int | None, fresh: int | None, lag_s: float = 700) -> Verdict:
        return decide(Signs(lag_s=lag_s, backlog_bytes=backlog, fresh_bytes=fresh), LIMITS)

    assert at(151, 100) == Verdict(Step.NEW_GENERATION, "backlog")
    assert at(149, 100).step is Step.WAIT
    assert at(99, 1).step is Step.WAIT
    assert at(None, 1).step is Step.WAIT
    assert at(999, None).step is Step.WAIT
    assert at(151, 100, lag_s=599).step is Step.WAIT


def test_the_disk_comes_first() -> None:
    assert decide(Signs(disk_bytes=1001), LIMITS) == Verdict(Step.NEW_GENERATION, "disk")
