"""The run forward: it calls whom the rules would call, and says of a newcomer what follows from the hall."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from random import Random

from hypothesis import example, given, settings
from hypothesis import strategies as st

from appliance.domain.forecasts.advice import advise
from appliance.domain.forecasts.durations import learn, normal_quantiles, past_of
from appliance.domain.forecasts.forecast import Range, naive_s, outlook, predict
from appliance.domain.forecasts.forward import Forward
from appliance.domain.forecasts.hall import survey
from appliance.domain.moment import Moment, Now, Stamp
from appliance.domain.office import Day, Desk, DeskState, Office, Pause, Stop, Ticket, TicketState
from appliance.domain.order import choose
from appliance.domain.plan import Plan, PolicyKind
from appliance.domain.plans.reader import read_plan
from tests.domain.clock import Clock
from tests.domain.test_durations import SERVICE_DOCUMENT
from tests.examples import examples

PLAN = read_plan(SERVICE_DOCUMENT)
MIDDAY = Clock().now()


def ago(seconds: float, seq: int = 1) -> Stamp:
    """A stamp of so long ago."""
    moment = MIDDAY.moment
    shift = round(seconds * 1000)
    return Stamp(seq, Moment(moment.at_ms - shift, True, moment.boot, moment.uptime_ms + 10**9 - shift))


NOW = Now(ago(0).moment, MIDDAY.local)


def waiting(number: int, waited_s: float, service: str = "bills", category: str | None = None) -> Ticket:
    """Somebody in the line; the lower the number, the earlier."""
    state, issued = TicketState.WAITING, ago(waited_s, number)
    return Ticket(number, "А", number, service, "ru", state, (number, 0), issued, category=category, asked=service)


def office(plan: Plan, tickets: list[Ticket], desks: list[Desk]) -> Office:
    """An open day in this state."""
    day = Day(1, "2026-11-24", 0, ago(3 * 3600))
    return Office(
        plan=plan, day=day, tickets={t.id: t for t in tickets}, desks={desk.number: desk for desk in desks}, seq=10**6
    )


def serving(number: int, ticket: int, seconds: float) -> tuple[Desk, Ticket]:
    """A desk that has had a ticket for so long."""
    called = ago(seconds, 500 + number)
    one = replace(
        waiting(ticket, seconds + 60), state=TicketState.SERVING, desk=number, last_called=called, started=called
    )
    return Desk(number, DeskState.SERVING, ticket, since=called), one


def forecast(found: Office, *, heads: tuple[float | None, ...] = (None,), runs: int = 60) -> dict[object, Range]:
    """What newcomers are predicted, by head start and service."""
    assert found.plan is not None
    learnt = learn(found.plan, found, NOW, {})
    return dict(predict(survey(found.plan, found, NOW), learnt, Random(7).random, heads=heads, runs=runs))


def busy_office(ahead: int, plan: Plan = PLAN) -> Office:
    """Two busy desks for everything and so many who wait."""
    desks, tickets = zip(serving(1, 1001, 300), serving(2, 1002, 600), strict=True)
    return office(plan, [*tickets, *(waiting(n, 900 - n) for n in range(1, ahead + 1))], list(desks))


def test_a_free_desk_with_nobody_ahead_means_no_wait() -> None:
    found = forecast(office(PLAN, [], [Desk(1, DeskState.FREE, since=ago(60))]))
    assert found[(None, "bills")] == Range(0, 0, 0, 0)


def test_nothing_is_said_of_a_service_that_no_open_desk_serves() -> None:
    found = forecast(office(PLAN, [], [Desk(3, DeskState.FREE, since=ago(60)), Desk(1, since=ago(9))]))
    assert set(found) == {(None, "meters")}


def test_each_person_ahead_adds_about_a_service_divided_by_the_desks() -> None:
    means = [forecast(busy_office(ahead), runs=400)[(None, "bills")].mean_s for ahead in (0, 4, 8, 12)]
    steps = [after - before for before, after in pairwise(means)]
    usual = 4 * learn(PLAN, busy_office(4), NOW, {}).mean_s("bills") / 2
    assert all(0.8 * usual < step < 1.2 * usual for step in steps), (steps, usual)


def test_the_range_holds_the_middle_and_grows_with_the_line() -> None:
    short, long = (forecast(busy_office(ahead))[(None, "bills")] for ahead in (1, 10))
    for found in (short, long):
        assert 0 <= found.low_s <= found.median_s <= found.high_s
        assert found.low_s <= found.mean_s <= found.high_s
    assert long.high_s - long.low_s > short.high_s - short.low_s


def test_who_has_priority_waits_less_under_every_policy() -> None:
    for kind in PolicyKind:
        plan = replace(PLAN, policy=replace(PLAN.policy, kind=kind))
        found = forecast(busy_office(6, plan), heads=(None, 900.0))
        assert found[(900.0, "bills")].mean_s < 0.8 * found[(None, "bills")].mean_s, kind


def test_a_visitor_sent_to_one_desk_holds_up_nobody_at_the_other() -> None:
    held, one = serving(2, 1002, 60)
    sent = replace(waiting(1, 300), for_desk=2)
    found = forecast(office(PLAN, [sent, one], [Desk(1, DeskState.FREE, since=ago(60)), held]))
    assert found[(None, "bills")].high_s == 0


def test_somebody_long_in_service_does_not_make_the_wait_negative() -> None:
    held, one = serving(1, 1001, 3 * 3600)
    assert forecast(office(PLAN, [one], [held]))[(None, "bills")].low_s >= 0


def test_a_booked_visitor_who_is_not_due_yet_goes_before_a_newcomer_when_due() -> None:
    held, one = serving(1, 1001, 60)
    assert NOW.local is not None
    minute = NOW.local.hour * 60 + NOW.local.minute
    alone = forecast(office(PLAN, [one], [held]), runs=300)[(None, "bills")].mean_s
    booked = replace(waiting(1, 60), slot=minute + 1)
    with_booked = forecast(office(PLAN, [one, booked], [held]), runs=300)[(None, "bills")].mean_s
    assert with_booked > 1.5 * alone


def test_further_services_of_a_visit_come_back_into_the_line() -> None:
    held, one = serving(1, 1001, 60)
    alone = forecast(office(PLAN, [one], [held]), runs=300)[(None, "bills")].mean_s
    more = replace(one, route=(Stop("bills"), Stop("bills")))
    assert forecast(office(PLAN, [more], [held]), runs=300)[(None, "bills")].mean_s > 2 * alone


def test_the_naive_quotient_is_reckoned_as_it_is_defined() -> None:
    hall = survey(PLAN, busy_office(5), NOW)
    assert naive_s(hall, "bills", 600) == 6 * 600 / 2
    free = survey(PLAN, office(PLAN, [], [Desk(1, DeskState.FREE, since=ago(1))]), NOW)
    assert naive_s(free, "bills", 600) == 0


def test_more_desks_lower_the_share_past_the_norm() -> None:
    found = busy_office(12)
    hall, learnt = survey(PLAN, found, NOW), learn(PLAN, found, NOW, {})
    before = outlook(hall, learnt, Random(1).random, runs=200)
    advice = advise(PLAN, found, hall, learnt, Random(1).random)
    assert advice is not None
    assert advice.wait_now_s > PLAN.settings.advise_wait_min * 60
    assert advice.share_after < advice.share_before
    assert abs(advice.share_before - before.share_over) < 0.05
    assert set(advice.open_desks) <= {4, 5, 6}


def test_the_fewest_desks_are_advised() -> None:
    numbers = []
    for ahead in (3, 6, 12):
        found = busy_office(ahead)
        hall, learnt = survey(PLAN, found, NOW), learn(PLAN, found, NOW, {})
        advice = advise(PLAN, found, hall, learnt, Random(1).random)
        numbers.append(0 if advice is None else len(advice.open_desks))
    assert numbers == sorted(numbers)
    assert numbers[0] < numbers[-1]


def test_nothing_is_advised_in_a_short_line_or_a_pause_or_without_a_reserve() -> None:
    quiet = office(PLAN, [], [Desk(1, DeskState.FREE, since=ago(60))])
    long = busy_office(12)
    paused = replace(long, pauses=(Pause(1, "alarm", ago(60)),))
    opened = {n: Desk(n, DeskState.BREAK, since=ago(1)) for n in (4, 5, 6)}
    no_reserve = replace(long, desks={**long.desks, **opened})
    for found in (quiet, paused, no_reserve):
        hall, learnt = survey(PLAN, found, NOW), learn(PLAN, found, NOW, {})
        assert advise(PLAN, found, hall, learnt, Random(1).random) is None


def test_quantiles_are_those_of_the_normal_distribution() -> None:
    quantiles = normal_quantiles(1000)
    for index in (0, 25, 499, 500, 974, 999):
        z = quantiles[index]
        assert abs(0.5 * math.erfc(-z / math.sqrt(2)) - (index + 0.5) / 1000) < 1e-9


def test_what_was_learnt_of_other_days_outweighs_the_norm() -> None:
    past = past_of(("bills", 300.0 + n % 7) for n in range(500))
    learnt = learn(PLAN, office(PLAN, [], []), NOW, past)
    assert 0.95 * 303 < math.exp(learnt.log_means["bills"]) < 1.05 * 303


tickets = st.lists(
    st.tuples(
        st.integers(0, 3000),
        st.sampled_from(["bills", "meters"]),
        st.sampled_from([None, None, "veteran", "claimed"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)
called_before = st.lists(st.tuples(st.integers(0, 2500), st.booleans()), max_size=5)


@example(
    [(0, "meters", "veteran", False), (900, "bills", None, False)], [(0, False), (0, True)], PolicyKind.RATIO, 1, 7
)
@settings(max_examples=examples(600), deadline=None)
@given(tickets, called_before, st.sampled_from(list(PolicyKind)), st.integers(1, 2), st.sampled_from([1, 3, 7]))
def test_the_run_calls_first_whom_the_rules_would_call(
    line: list[tuple[int, str, str | None, bool]],
    before: list[tuple[int, bool]],
    kind: PolicyKind,
    passes: int,
    desk: int,
) -> None:
    plan = replace(PLAN, policy=replace(PLAN.policy, kind=kind, passes=passes))
    if kind is not PolicyKind.AGEING:  # head starts belong to ageing
        same = {name: replace(category, head_start_min=15) for name, category in plan.categories.items()}
        plan = replace(plan, categories=same)
    line = sorted(line, key=lambda one: -one[0])
    found = [
        replace(waiting(10 * n, waited + (100 - n) / 1000, service, category), confirmed=True if confirmed else None)
        for n, (waited, service, category, confirmed) in enumerate(line, start=1)
    ]
    for n, (seconds, privileged) in enumerate(before):
        category = "veteran" if privileged else None
        gone = waiting(5 + 10 * n, seconds + 10, "bills", category)
        found.append(replace(gone, state=TicketState.DONE, last_called=ago(seconds, 900 + n), ended=ago(0)))
    state = office(plan, found, [Desk(desk, DeskState.FREE, since=ago(60))])
    choice = choose(state, desk, NOW)
    waits: list[tuple[float, int]] = []
    learnt = learn(plan, state, NOW, {})
    forward = Forward(survey(plan, state, NOW), learnt, Random(1).random)
    calls = forward.play(0.0, waits=waits)
    assert calls == (choice is not None)
    if choice is not None:
        waited_s = NOW.moment.since(choice.ticket.issued.moment) / 1000
        assert waits[0][0] == waited_s, (choice.why, choice.ticket.label)
