"""The three numbers of a day, and the advice on images: what they are made of and how they score themselves."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from appliance.domain.calling import CallNext
from appliance.domain.days import CloseDay, OpenDay
from appliance.domain.desks import CloseDesk, OpenDesk
from appliance.domain.serving import Finish, Start
from appliance.domain.tickets import TakeTicket
from appliance.simulation.day import Day
from appliance.simulation.figures import Figures
from appliance.simulation.scene import Scene, plain_hall, popularity, true_means_s
from sync.centre.advice import SCORED_AFTER_MS, Advised, score
from sync.centre.advising import Advising
from sync.centre.forecast import HALVES, Arrivals, arrivals_of, forecast_of, learn_profile, planned_profile
from sync.centre.images import Image
from sync.centre.store import Store
from tests.centre.advice_through_link import play, share
from tests.centre.watched_offices import MINUTE, TUESDAY, Box, at, plan_of


def opened(desks: int = 2, *, shifts: bool = False) -> Box:
    box = Box(plan=plan_of(shifts=shifts)).begin(at(8, 40))
    box.do(OpenDay(), at(9))
    for number in range(1, desks + 1):
        box.do(OpenDesk(number), at(9))
    return box


def served(box: Box, first_ms: int, visits: int, every_ms: int, took_ms: int) -> None:
    """Visitors who are called at once by desk 1 and take as long as told."""
    for number in range(visits):
        moment = first_ms + number * every_ms
        box.do(TakeTicket("visit"), moment)
        box.do(CallNext(1), moment)
        box.do(Start(1), moment + 1000)
        box.do(Finish(1), moment + took_ms)


def test_arrivals_are_counted_by_the_half_hour_of_their_number() -> None:
    box = opened()
    for moment in (at(9, 0, 1), at(9, 29, 59), at(9, 30), at(17, 29)):
        box.do(TakeTicket("visit"), moment)
    found = arrivals_of(box.log())
    assert found is not None and found.date == TUESDAY
    assert {half: count for half, count in enumerate(found.counts) if count} == {18: 2, 19: 1, 34: 1}


def day_of(on: date, half: int, count: int) -> Arrivals:
    counts = [0] * HALVES
    counts[half] = count
    return Arrivals(on, tuple(counts))


def test_a_profile_is_the_mean_of_the_newest_days_of_the_weekday() -> None:
    tuesdays = [day_of(TUESDAY - timedelta(weeks=n), 20, 10 + n) for n in range(1, 12)]
    monday = day_of(TUESDAY - timedelta(days=1), 20, 500)
    profile = learn_profile([*tuesdays, monday], weekday=1)
    assert profile is not None
    assert (profile.counts[20], profile.days) == (sum(range(11, 19)) / 8, 8)
    sunday = learn_profile([*tuesdays, monday], weekday=6)
    assert sunday is not None and sunday.counts[20] > 11
    assert learn_profile([], weekday=1) is None


def test_without_history_the_plan_says_what_to_expect() -> None:
    plan = plan_of(desks=4)
    profile = planned_profile(plan, TUESDAY, mean_s=900)
    # Four desks for nine hours at four an hour each, three quarters of it.
    assert sum(profile.counts) == pytest.approx(4 * 9 * 4 * 0.75)
    assert sum(profile.counts[:18]) == 0 and sum(profile.counts[35:]) == 0
    assert sum(planned_profile(plan, date(2026, 11, 29), 900).counts) == 0


def test_the_three_numbers_add_up() -> None:
    box = opened(desks=2)
    served(box, at(9, 5), 6, 15 * MINUTE, 14 * MINUTE)
    now = box.now(at(10, 35))
    known = learn_profile([Arrivals(TUESDAY - timedelta(weeks=1), (0,) * 18 + (4,) * 17 + (0,) * 13)], 1)
    found = forecast_of(box.plan, box.state, now, 900.0, known)
    assert found is not None
    assert (found.actual, found.served) == (6, 6)
    # From 10:35 to 18:00 two desks at four an hour each.
    assert found.capacity == 6 + int(445 / 15 * 2)
    bent = (6 + 8) / (3 * 4 + 4 * 5 / 30 + 8)
    assert found.expected == 6 + round(bent * (4 * 14 - 4 * 5 / 30))
    assert found.short == 0
    assert found.finish_ms is not None and at(17, 25) <= found.finish_ms <= at(17, 40)
    assert found.learnt_days == 1


def test_too_many_visitors_for_the_desks_are_told() -> None:
    box = opened(desks=1)
    for second in range(40):
        box.do(TakeTicket("visit"), at(16, 0, second))
    found = forecast_of(box.plan, box.state, box.now(at(16, 1)), 900.0, None)
    assert found is not None
    assert found.short >= 30
    assert found.finish_ms is None or found.finish_ms > at(23)


def test_a_day_without_reception_or_clock_has_no_forecast() -> None:
    box = opened()
    sunday = date(2026, 11, 29)
    assert forecast_of(box.plan, box.state, box.now(at(10, day=sunday)), 900.0, None) is None


def test_expected_finish_of_a_simulated_day_is_near_the_true_one() -> None:
    """At noon, on three days: off by at most 45 minutes; the truth lies between 18:00 and 19:30."""
    plan = plain_hall(12, 0)
    for seed in (1, 2, 3):
        scene = Scene(plan, seed, true_means_s(plan, 840.0), popularity(plan), estimates=False)
        book = Day(scene).play()
        end_s = max(
            (t.ended.moment.at_ms - scene.utc_ms(0)) / 1000 for t in book.office.tickets.values() if t.ended is not None
        )
        halfway = _office_at(scene, 13 * 3600)
        profile = learn_profile([_arrivals(scene, 1000 + seed * 10 + n) for n in range(5)], 1)
        now = halfway.now()
        found = forecast_of(plan, halfway.office, now, 840.0, profile)
        assert found is not None and found.finish_ms is not None
        told_s = (found.finish_ms - scene.utc_ms(0)) / 1000
        assert abs(told_s - end_s) <= 45 * 60, (seed, told_s / 3600, end_s / 3600)
        assert abs(found.expected - 300) <= 45


class _Stop(Exception):
    """Ends a simulated day; nothing is wrong."""


def _office_at(scene: Scene, second: float):  # type: ignore[no-untyped-def]
    class Until:
        def look(self, day: Day) -> None:
            if day.book.second >= second:
                raise _Stop

    day = Day(scene, None, Until())
    with pytest.raises(_Stop):
        day.play()
    return day.book


def _arrivals(scene: Scene, seed: int) -> Arrivals:
    other = Scene(scene.plan, seed, scene.means_s, scene.weights)
    from appliance.simulation.arrivals import visitors

    counts = [0] * HALVES
    for visitor in visitors(other):
        counts[int(visitor.at_s // 1800)] += 1
    return Arrivals(scene.date - timedelta(weeks=1), tuple(counts))


@pytest.fixture
def crowded() -> Box:
    """Two desks busy, twenty waiting, two reserve desks closed."""
    box = opened(desks=2)
    for second in range(22):
        box.do(TakeTicket("visit"), at(10, 0, second))
    for desk in (1, 2):
        box.do(CallNext(desk), at(10, 1))
        box.do(Start(desk), at(10, 1, 10))
    return box


def looked(advising: Advising, box: Box, at_ms: int) -> Image:
    image = box.heard(at_ms)
    advising.look(image, box.now(at_ms), at_ms)
    return image


def test_an_advice_is_kept_once_and_scores_itself_when_followed(store: Store, crowded: Box) -> None:
    advising = Advising(store)
    looked(advising, crowded, at(10, 2))
    (given,) = advising.history(None, 0, 2**50)
    assert given.desks == (5, 6)
    assert given.wait_now_s > 15 * 60 > 0 and given.wait_after_s < given.wait_now_s
    looked(advising, crowded, at(10, 3))
    assert [one.id for one in advising.history("o-1", 0, 2**50)] == [given.id]
    crowded.do(OpenDesk(5), at(10, 4))
    crowded.do(OpenDesk(6), at(10, 4))
    crowded.do(TakeTicket("visit"), at(10, 5))
    looked(advising, crowded, at(10, 5))
    assert advising.current("o-1", at(10, 5)) is None
    looked(advising, crowded, at(10, 2) + SCORED_AFTER_MS - 1)
    assert advising.history(None, 0, 2**50)[0].outcome is None
    looked(Advising(store), crowded, at(10, 2) + SCORED_AFTER_MS)
    (scored,) = advising.history(None, 0, 2**50)
    assert scored.outcome is not None and scored.over_ms == at(10, 5)
    assert scored.outcome.followed
    assert scored.outcome.predicted_wait_s == given.wait_after_s
    # Who came at 10:05 has waited 17 minutes; nobody has been called since.
    assert scored.outcome.wait_s == 17 * 60
    assert (scored.outcome.n, scored.outcome.share_over) == (21, 1.0)


def test_an_advice_nobody_follows_says_so(store: Store, crowded: Box) -> None:
    advising = Advising(store)
    looked(advising, crowded, at(10, 2))
    crowded.do(OpenDesk(5), at(10, 30))
    looked(advising, crowded, at(10, 2) + SCORED_AFTER_MS)
    (first, *_) = reversed(advising.history(None, 0, 2**50))
    assert first.outcome is not None
    assert first.outcome.followed == (first.desks == (5,)) is False
    assert first.outcome.predicted_wait_s == first.wait_now_s


def test_an_advice_whose_day_is_over_is_lost(store: Store, crowded: Box) -> None:
    advising = Advising(store)
    looked(advising, crowded, at(10, 2))
    crowded.do(CloseDay(), at(10, 5))
    wednesday = date(2026, 11, 25)
    crowded.do(OpenDay(), at(9, day=wednesday))
    looked(advising, crowded, at(9, 1, day=wednesday))
    (found,) = advising.history(None, 0, 2**50)
    assert found.lost and found.outcome is None


def test_score_counts_true_times_of_late_rows(crowded: Box) -> None:
    """The rows of the twenty minutes come an hour later: what is scored is what happened then."""
    advised = Advised(1, "o-1", at(10, 2), crowded.state.seq, (5,), 1800, 600, 0.9, 0.1)
    crowded.do(CloseDesk(6), at(10, 3)) if crowded.state.desks[6].working else None
    crowded.do(OpenDesk(5), at(10, 6))
    for minute in range(7, 19):
        crowded.do(CallNext(5), at(10, minute))
        crowded.do(Start(5), at(10, minute, 5))
        crowded.do(Finish(5), at(10, minute, 40))
    found = score(crowded.state, advised, crowded.now(at(11, 30)))
    assert found.followed
    # Twelve were called before their quarter of an hour was over or soon after; the others still wait at 11:30.
    over = sum(minute * 60 + 0 - n > 900 for n, minute in enumerate(range(7, 19), start=2)) + 8
    assert found.n == 20
    assert found.share_over == over / 20


def test_what_a_day_teaches_is_used_the_next_time(store: Store) -> None:
    box = opened(desks=1)
    served(box, at(9, 5), 20, 10 * MINUTE, 5 * MINUTE)
    box.do(CloseDay(), at(18, 5))
    advising = Advising(store)
    advising.learn_from("o-1", box.log())
    wednesday = date(2026, 11, 25)
    box.do(OpenDay(), at(9, day=wednesday))
    box.do(OpenDesk(1), at(9, day=wednesday))
    found = advising.look(box.heard(at(9, 1, day=wednesday)), box.now(at(9, 1, day=wednesday)), at(9, 1, day=wednesday))
    assert found is not None and found.forecast is not None
    assert found.forecast.learnt_days == 1
    assert found.forecast.expected == 20
    # Five minutes each instead of the plan's fifteen: at least twice as many fit in.
    without = Advising(store)
    without._past["o-1"] = (2, {})
    plain = without.look(box.heard(at(9, 1, day=wednesday)), box.now(at(9, 1, day=wednesday)), at(9, 1, day=wednesday))
    assert plain is not None and plain.forecast is not None
    assert found.forecast.capacity > 2 * plain.forecast.capacity


@pytest.mark.long
def test_one_day_through_the_link_warns_in_time_and_helps() -> None:
    """Seed 5 of `tests.centre.advice_through_link`, which plays twenty of them; alone it has 38 % over the norm."""
    plan = plain_hall(11, 3)
    alone = Figures()
    scene = Scene(plan, 5, true_means_s(plan, 900.0), popularity(plan), estimates=False, past_days=5)
    alone.add(plan, Day(scene).play().records)
    followed, better = play(5, follow=True)
    assert followed.in_time and followed.advised_s is not None
    assert followed.ordered > 0 and followed.refused == 0
    assert share(alone) > 0.3
    assert share(better) < 0.03
