"""Whether the wall clock is believed."""

from __future__ import annotations

from appliance.domain.clockwork import ClockCorrected
from appliance.domain.message import Record
from appliance.domain.moment import Moment, from_iso, iso
from appliance.domain.office import Office
from appliance.domain.redating import corrections, redate
from appliance.domain.slips import SlipExpired
from appliance.domain.trust import Reading, Trust, confirmed, first_look, look_again
from tests.domain.clock import HOUR, MINUTE, MORNING, SECOND, YEAR

GRACE_MS = 30 * MINUTE
LAST_KNOWN = MORNING - HOUR


def reading(at_ms: int = MORNING, uptime_ms: int = MINUTE, *, synced: bool = True) -> Reading:
    return Reading(at_ms, uptime_ms, synced)


def after(trust: Trust, ms: int, step: int = 0, *, synced: bool = True) -> Trust:
    """The judgement `ms` after nine o'clock on a clock that was set by `step`."""
    return look_again(trust, reading(MORNING + ms + step, MINUTE + ms, synced=synced), LAST_KNOWN)


def test_a_synced_clock_is_believed_and_written_down() -> None:
    trust = first_look(reading(), LAST_KNOWN)
    assert trust.trusted
    assert trust.corrected
    assert trust.settled(MINUTE, GRACE_MS)


def test_a_clock_that_is_not_synced_is_not_believed() -> None:
    trust = first_look(reading(synced=False), LAST_KNOWN)
    assert not trust.trusted
    assert not trust.settled(MINUTE, GRACE_MS)
    assert after(trust, SECOND).trusted


def test_a_clock_behind_the_journal_is_wrong_whatever_the_system_says() -> None:
    trust = first_look(reading(LAST_KNOWN - 1), LAST_KNOWN)
    assert not trust.trusted
    assert not look_again(trust, reading(LAST_KNOWN - 1, 2 * MINUTE), LAST_KNOWN).trusted


def test_slow_trimming_is_no_step() -> None:
    trust = after(first_look(reading(), LAST_KNOWN), HOUR, 2 * SECOND)
    assert trust.settled(MINUTE + HOUR, GRACE_MS)
    assert not trust.corrected


def test_a_small_step_is_written_down_and_ends_nothing() -> None:
    trust = after(first_look(reading(), LAST_KNOWN), HOUR, 3 * SECOND)
    assert trust.corrected
    assert trust.settled(MINUTE + HOUR, GRACE_MS)


def test_a_larger_step_settles_after_the_grace_time() -> None:
    trust = after(first_look(reading(), LAST_KNOWN), SECOND, 2 * HOUR)
    assert trust.trusted
    assert not trust.settled(MINUTE + SECOND + GRACE_MS - 1, GRACE_MS)
    assert trust.settled(MINUTE + SECOND + GRACE_MS, GRACE_MS)


def test_two_years_ahead_are_not_believed_and_the_way_back_is() -> None:
    away = after(first_look(reading(), LAST_KNOWN), SECOND, 2 * YEAR)
    assert away.doubtful
    assert not away.trusted
    assert not after(away, HOUR, 2 * YEAR).trusted
    back = after(away, HOUR)
    assert back.trusted
    assert not back.doubtful


def test_a_person_may_say_that_the_jump_was_right() -> None:
    away = after(first_look(reading(), LAST_KNOWN), SECOND, 2 * YEAR)
    assert confirmed(away).trusted
    assert after(confirmed(away), HOUR, 2 * YEAR).trusted


def test_what_a_person_confirmed_counts_until_the_clock_steps() -> None:
    trust = confirmed(first_look(reading(synced=False), LAST_KNOWN))
    assert after(trust, HOUR, synced=False).trusted
    assert not after(trust, HOUR, 2 * HOUR, synced=False).trusted


def test_a_clock_that_is_no_longer_synced_is_no_longer_believed() -> None:
    assert not after(first_look(reading(), LAST_KNOWN), HOUR, synced=False).trusted


def test_untrusted_entries_of_a_boot_get_their_true_time_on_reading() -> None:
    dark = Record(1, Moment(7, False, "boot-1", 5 * SECOND), "test", SlipExpired(1))
    known = Record(2, Moment(MORNING, True, "boot-1", MINUTE), "test", ClockCorrected("boot-1", MORNING - MINUTE))
    offsets = corrections([dark, known])
    assert redate(dark, offsets).moment == Moment(MORNING - MINUTE + 5 * SECOND, True, "boot-1", 5 * SECOND)
    assert redate(known, offsets) == known


def test_untrusted_entries_of_a_boot_that_never_knew_its_time_stay_as_they_are() -> None:
    dark = Record(1, Moment(7, False, "boot-2", 5 * SECOND), "test", SlipExpired(1))
    assert redate(dark, {"boot-1": MORNING}) == dark


def test_moments_measure_by_uptime_within_a_boot_and_by_the_wall_across_boots() -> None:
    earlier = Moment(MORNING, True, "boot-1", MINUTE)
    assert Moment(MORNING - HOUR, True, "boot-1", 2 * MINUTE).since(earlier) == MINUTE
    assert Moment(MORNING + HOUR, True, "boot-2", SECOND).since(earlier) == HOUR
    assert Moment(MORNING - HOUR, True, "boot-2", SECOND).since(earlier) == 0
    assert Moment(MORNING, True, "boot-1", SECOND).since(earlier) == 0


def test_the_journals_time_goes_there_and_back() -> None:
    assert iso(MORNING) == "2026-11-24T06:00:00.000Z"
    assert from_iso("2026-11-24T08:42:07.123Z") == 1_795_509_727_123
    assert iso(from_iso("2026-11-24T08:42:07.123Z")) == "2026-11-24T08:42:07.123Z"


def test_an_empty_office_has_no_day() -> None:
    assert Office().open_day is None
