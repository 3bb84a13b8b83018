"""What a key meant, from synthetic waveforms in simulated time."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.keys.debounce import KeyDebounce, KeyRule, Verdict, VerdictKind

DESK = KeyRule(holds=True, lockout_s=0.7)
KIOSK = KeyRule(holds=False, lockout_s=1.5)

Edge = tuple[float, bool]


def edges(*spans_ms: float, start_ms: float = 100.0) -> list[Edge]:
    """Edges of a line that is up, then alternately down and up for the given milliseconds."""
    at, pressed = start_ms, True
    made = [(at / 1000, pressed)]
    for span in spans_ms:
        at += span
        pressed = not pressed
        made.append((at / 1000, pressed))
    return made


def run(rule: KeyRule, wave: Iterable[Edge], until: float = 60.0) -> list[Verdict]:
    """All verdicts on a line that is up at time 0."""
    key = KeyDebounce(rule)
    verdicts = key.sample(0.0, False)
    for at, pressed in wave:
        verdicts += key.sample(at, pressed)
    return verdicts + key.advance(until)


def kinds(verdicts: Sequence[Verdict]) -> list[str]:
    return [str(verdict.kind) for verdict in verdicts]


BOUNCE = [1, 0.5, 2, 0.3, 1.5, 0.7]
WAVES: dict[str, tuple[Sequence[float], list[str]]] = {
    "clean tap": ([80], ["tap"]),
    "bouncing on press": ([*BOUNCE, 80], ["tap"]),
    "bouncing on release": ([80, *BOUNCE[1:], 0.4], ["tap"]),
    "bouncing on both": ([*BOUNCE, 80, *BOUNCE[1:], 0.4], ["tap"]),
    "bounce of 19 ms still within one press": ([19, 1, 60], ["tap"]),
    "one spike": ([2], []),
    "spike of 19.9 ms": ([19.9], []),
    "train of spikes 3 ms apart": ([14, 3] * 20 + [14], []),
    "long cable: spikes every 40 ms for 4 s": ([2, 38] * 100 + [2], []),
    "long cable: a tap among spikes": ([2, 38, 2, 38, 120, 38, 2, 38, 2], ["tap"]),
    "dropouts of 5 ms while held for 300 ms": ([100, 5, 100, 5, 90], ["tap"]),
    "just under the hold time": ([999], ["tap"]),
    "hold": ([1500], ["hold"]),
    "a dropout at the hold time": ([995, 10, 500], ["hold"]),
    "released at 995 ms, bouncing across the hold time": ([995, 3, 4, 3, 2], ["tap"]),
    "stuck for 12 s": ([12_000], ["hold", "stuck", "freed"]),
    "stuck with dropouts": ([5000, 10, 6000], ["hold", "stuck", "freed"]),
}


@pytest.mark.parametrize("name", WAVES)
def test_a_desk_key_reads_the_waveform(name: str) -> None:
    spans, expected = WAVES[name]
    assert kinds(run(DESK, edges(*spans))) == expected


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


@pytest.mark.parametrize("rule", [DESK, KIOSK], ids=["desk", "kiosk"])
def test_of_5000_generated_presses_none_is_missed_and_none_is_double(rule: KeyRule) -> None:
    dice = random.Random(20)
    key = KeyDebounce(rule)
    key.sample(0.0, False)
    at = 1.0
    missed = double = 0
    for _ in range(5000):
        taps = 0
        for _ in range(dice.randrange(4)):  # noise between the presses
            taps += len(key.sample(at, True))
            taps += len(key.sample(at + dice.uniform(0.0001, 0.015), False))
            at += dice.uniform(0.016, 0.2)
        at += 0.03
        level, down = True, at
        at += dice.uniform(0.04, 0.25)
        marks = [down, *sorted(dice.uniform(down, down + 0.008) for _ in range(6))]
        marks += [at - 0.0005, *sorted(dice.uniform(at, at + 0.008) for _ in range(6))]
        for mark in marks:
            taps += len(key.sample(mark, level))
            level = not level
        assert level  # the line is up again
        at += 0.008 + rule.lockout_s + 0.03
        taps += len(key.advance(at))
        missed += taps == 0
        double += taps > 1
    assert (missed, double) == (0, 0)
