"""What a key meant, from synthetic waveforms in simulated time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.keys.debounce import KeyDebounce, KeyRule, Verdict, VerdictKind
from tests.hardware.debouncing import judged
from tests.hardware.waveforms import BOUNCE, DESK, KIOSK, NAMED, Edge, edges, kinds, levels, oracle, run


@pytest.mark.parametrize("name", NAMED)
def test_a_waveform_means(name: str) -> None:
    spans, desk, kiosk = NAMED[name]
    assert kinds(run(DESK, edges(*spans))) == desk
    assert kinds(run(KIOSK, edges(*spans))) == kiosk


def test_a_tap_is_judged_at_the_stable_release_and_dated_from_the_first_edge() -> None:
    (tap,) = run(DESK, edges(1, 1, 78))
    assert tap.edge_at == pytest.approx(0.100)
    assert tap.at == pytest.approx(0.180 + 0.020)


def test_a_kiosk_key_is_judged_at_the_stable_press() -> None:
    (tap,) = run(KIOSK, edges(80))
    assert tap.at == pytest.approx(0.100 + 0.020)


def test_a_kiosk_key_has_no_hold_but_can_be_stuck() -> None:
    assert kinds(run(KIOSK, edges(12_000))) == ["tap", "stuck", "freed"]


def test_a_hold_fires_at_the_hold_time_while_the_key_is_down() -> None:
    key = KeyDebounce(DESK)
    key.sample(0.0, False)
    key.sample(0.1, True)
    assert key.advance(1.099) == []
    (hold,) = key.advance(1.1)
    assert (hold.kind, hold.edge_at) == (VerdictKind.HOLD, 0.1)
    assert hold.at == pytest.approx(1.1)
    assert key.sample(2.0, False) == []
    assert key.advance(60.0) == []


def test_stuck_is_reported_once_and_at_ten_seconds() -> None:
    verdicts = run(DESK, [(0.1, True)], until=3600.0)
    assert kinds(verdicts) == ["hold", "stuck"]
    assert verdicts[1].at == pytest.approx(10.1)


def test_a_key_held_at_start_is_no_press_but_gets_stuck() -> None:
    key = KeyDebounce(DESK)
    assert key.sample(0.0, True) == []
    assert kinds(key.advance(20.0)) == ["stuck"]
    key.sample(21.0, False)
    assert kinds(key.advance(22.0)) == ["freed"]


def test_a_key_held_at_start_counts_from_its_next_press() -> None:
    key = KeyDebounce(DESK)
    key.sample(0.0, True)
    verdicts = key.sample(0.5, False) + key.sample(1.0, True) + key.sample(1.1, False)
    assert kinds(verdicts + key.advance(2.0)) == ["tap"]


@pytest.mark.parametrize(("rule", "gap_ms"), [(DESK, 650), (KIOSK, 1350)])
def test_a_double_press_within_the_lockout_has_no_effect(rule: KeyRule, gap_ms: float) -> None:
    assert kinds(run(rule, edges(80, gap_ms, 80))) == ["tap"]


@pytest.mark.parametrize(("rule", "gap_ms"), [(DESK, 725), (KIOSK, 1445)])
def test_a_press_after_the_lockout_counts(rule: KeyRule, gap_ms: float) -> None:
    assert kinds(run(rule, edges(80, gap_ms, 80))) == ["tap", "tap"]


def test_ignored_presses_do_not_prolong_the_lockout() -> None:
    assert kinds(run(DESK, edges(80, 300, 80, 200, 80, 100, 80))) == ["tap", "tap"]


def test_a_hold_right_after_a_tap_is_deliberate() -> None:
    assert kinds(run(DESK, edges(80, 200, 1200))) == ["tap", "hold"]


def test_a_tap_right_after_a_hold_is_locked_out() -> None:
    assert kinds(run(DESK, edges(1100, 200, 80))) == ["hold"]


def test_next_due_is_all_a_sleeper_needs() -> None:
    """Waking only when due gives the same verdicts as looking every millisecond."""
    wave = edges(*BOUNCE, 80, 900, 1500, 800, 12_000)
    lazy = KeyDebounce(DESK)
    lazy.sample(0.0, False)
    heard: list[Verdict] = []
    pending = list(wave)
    while True:
        due = lazy.next_due()
        if pending and (due is None or pending[0][0] < due):
            heard += lazy.sample(*pending.pop(0))
        elif due is not None:
            heard += lazy.advance(due)
        else:
            break
    busy = KeyDebounce(DESK)
    seen = busy.sample(0.0, False)
    pending = list(wave)
    for tick in range(20_000):
        while pending and pending[0][0] <= tick / 1000:
            seen += busy.sample(*pending.pop(0))
        seen += busy.advance(tick / 1000)
    assert heard == seen
    assert kinds(heard) == ["tap", "hold", "hold", "stuck", "freed"]


def test_a_late_sample_takes_nothing_back() -> None:
    key = KeyDebounce(DESK)
    key.sample(0.0, False)
    key.sample(1.0, True)
    key.advance(1.5)
    assert key.sample(1.2, False) == []
    (tap,) = key.advance(2.0)
    assert tap.at == pytest.approx(1.52)


def _below_8_ms(spans: list[float]) -> list[float]:
    """An even number of spans, so that the line ends where it began, shrunk to less than 8 ms."""
    spans = spans[: len(spans) // 2 * 2]
    return [span * min(1.0, 7.9 / sum(spans)) for span in spans]


bounces = st.lists(st.floats(0.05, 6), max_size=10).map(_below_8_ms)


@given(press=st.floats(40, 250), before=bounces, after=bounces)
def test_any_bouncing_press_is_exactly_one_tap(press: float, before: list[float], after: list[float]) -> None:
    spans = [*before, press - sum(before) - sum(after), *after]
    assert kinds(run(DESK, edges(*spans))) == ["tap"]
    assert kinds(run(KIOSK, edges(*spans))) == ["tap"]


@given(spikes=st.lists(st.tuples(st.floats(0.01, 14.9), st.floats(0.01, 500)), max_size=40))
def test_spikes_below_15_ms_are_never_a_press(spikes: list[tuple[float, float]]) -> None:
    spans = [span for spike in spikes for span in spike]
    wave = edges(*spans[:-1]) if spans else []
    assert run(DESK, wave) == []
    assert run(KIOSK, wave) == []


RULES = [
    KeyRule(holds, lockout_s, stable_s=0.02005, hold_s=1.00005, stuck_s=3.00005)
    for holds in (True, False)
    for lockout_s in (0.00005, 0.30005)
]
"""No sum of tenths of a millisecond is exactly one of these times."""

any_spans = st.lists(
    st.one_of(
        st.integers(1, 199),  # shorter than the stable time
        st.integers(202, 3000),
        st.integers(9_000, 40_000),
    ),
    max_size=40,
)


@given(tenths=any_spans, rule=st.sampled_from(RULES))
def test_any_waveform_means_what_it_looks_like(tenths: list[int], rule: KeyRule) -> None:
    wave = edges(*(span / 10 for span in tenths))
    assert kinds(run(rule, wave, until=300.0)) == oracle(rule, wave, until=300.0)


@given(tenths=st.lists(st.integers(1, 199), max_size=80), rule=st.sampled_from(RULES))
def test_nothing_shorter_than_the_stable_time_ever_counts(tenths: list[int], rule: KeyRule) -> None:
    wave = edges(*(span / 10 for span in tenths))
    assert run(rule, wave if len(wave) % 2 == 0 else [*wave, (wave[-1][0] + 0.0001, False)]) == []


@given(
    noise=st.lists(st.integers(1, 199), max_size=20),
    press_ms=st.floats(20.2, 550),
    after=st.lists(st.integers(1, 199), max_size=20),
)
def test_a_press_that_lasts_counts_once_whatever_is_around_it(
    noise: list[int], press_ms: float, after: list[int]
) -> None:
    spans = [span / 10 for span in noise[: len(noise) // 2 * 2]]
    tail = [span / 10 for span in after[: len(after) // 2 * 2]]
    wave = edges(*spans, press_ms, *tail)
    for rule in RULES:
        assert kinds(run(rule, wave)) == ["tap"]


def test_the_oracle_sees_what_lasts() -> None:
    wave: list[Edge] = edges(5, 2, 30, 1, 40)
    lasting = levels(wave, 0.02, 1.0)
    assert [level.pressed for level in lasting] == [False, True, True, False]
    assert lasting[0].end == pytest.approx(0.1)


@pytest.mark.parametrize("rule", [DESK, KIOSK], ids=["desk", "kiosk"])
def test_of_generated_presses_none_is_missed_and_none_is_double(rule: KeyRule) -> None:
    figures = judged(rule, 3000, seed=20)
    assert (figures.missed, figures.doubled, figures.mistaken) == (0, 0, 0)
    assert (figures.made["hold"] > 0) == rule.holds
    assert figures.made["stuck"] > 0
    assert figures.spikes > 3000


class TestBaseline:
    """The first sample, and the first after nobody saw the key for a while."""

    BELL = KeyRule(holds=False, lockout_s=3.0, stuck_s=10.0, baseline_counts=True)

    def test_a_bell_that_is_down_at_the_first_sample_was_rung(self) -> None:
        key = KeyDebounce(self.BELL)
        assert key.sample(5.0, True) == []
        (tap,) = key.advance(5.5)
        assert (tap.kind, tap.edge_at) == (VerdictKind.TAP, 5.0)
        assert tap.at == pytest.approx(5.02)

    def test_a_spike_at_the_first_sample_was_not(self) -> None:
        key = KeyDebounce(self.BELL)
        key.sample(5.0, True)
        assert key.sample(5.01, False) + key.advance(9.0) == []

    def test_one_that_stays_down_is_stuck_from_then_on(self) -> None:
        key = KeyDebounce(self.BELL)
        key.sample(5.0, True)
        assert kinds(key.advance(14.9)) == ["tap"]
        assert kinds(key.advance(15.1)) == ["stuck"]

    def test_a_bell_at_rest_is_at_rest(self) -> None:
        key = KeyDebounce(self.BELL)
        key.sample(5.0, False)
        assert key.advance(60.0) == []
        assert key.next_due() is None

    @pytest.mark.parametrize("rule", [DESK, KIOSK], ids=["desk", "kiosk"])
    def test_a_press_under_way_when_nobody_saw_is_none(self, rule: KeyRule) -> None:
        key = KeyDebounce(rule)
        key.sample(0.0, False)
        key.sample(1.0, True)
        key.begin_anew()
        assert key.next_due() is None
        assert key.advance(5.0) == []
        assert key.sample(5.0, True) + key.sample(5.1, False) + key.advance(6.0) == []
        assert kinds(key.sample(7.0, True) + key.sample(7.1, False) + key.advance(8.0)) == ["tap"]

    def test_a_key_that_stays_down_is_stuck_in_the_end(self) -> None:
        key = KeyDebounce(DESK)
        key.sample(0.0, False)
        key.begin_anew()
        key.sample(5.0, True)
        assert kinds(key.advance(60.0)) == ["stuck"]

    def test_a_bell_that_was_rung_when_nobody_saw_counts_once(self) -> None:
        key = KeyDebounce(self.BELL)
        key.sample(0.0, False)
        key.begin_anew()
        key.sample(5.0, True)
        assert kinds(key.advance(6.0)) == ["tap"]
        key.begin_anew()
        key.sample(12.0, True)
        assert key.advance(21.9) == []
        assert kinds(key.advance(22.1)) == ["stuck"]

    def test_a_key_that_was_stuck_stays_so_until_it_is_seen_up(self) -> None:
        key = KeyDebounce(self.BELL)
        key.sample(0.0, False)
        key.sample(1.0, True)
        assert kinds(key.advance(20.0)) == ["tap", "stuck"]
        key.begin_anew()
        assert key.sample(30.0, True) + key.advance(90.0) == []
        assert key.stuck
        key.begin_anew()
        key.sample(100.0, False)
        assert kinds(key.advance(101.0)) == ["freed"]
        assert not key.stuck
