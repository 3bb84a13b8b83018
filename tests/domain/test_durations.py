"""What is learnt of the time that services take."""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random

from appliance.domain.forecasts.durations import NO_SHOW, USUAL_VARIANCE, Learnt, learn, past_of
from appliance.domain.moment import Moment, Now, Stamp
from appliance.domain.office import Desk, DeskState, Office, Ticket, TicketState
from appliance.domain.plan import Plan
from appliance.domain.plans.reader import read_plan
from tests.domain.clock import Clock

SERVICE_DOCUMENT = """
schema = 1
version = 1
office = "office-17"
timezone = "Europe/Moscow"
[name]
ru = "Отделение 17"
[hours]
opens = "08:00"
closes = "20:00"
[[organisation]]
id = "city"
name = { ru = "Город" }
[[category]]
id = "veteran"
name = { ru = "Ветераны" }
head_start_min = 15
[[category]]
id = "claimed"
name = { ru = "По документу" }
head_start_min = 10
confirm_first = true
[[service]]
id = "bills"
series = "А"
organisation = "city"
norm_min = 10
name = { ru = "Счета" }
[[service]]
id = "meters"
series = "Б"
organisation = "city"
norm_min = 20
name = { ru = "Счётчики" }
[[desk]]
number = 1
[[desk]]
number = 2
[[desk]]
number = 3
services = ["meters"]
[[desk]]
number = 4
class = "reserve"
[[desk]]
number = 5
class = "reserve"
[[desk]]
number = 6
class = "reserve"
[[desk]]
number = 7
services = ["meters"]
secondary = ["bills"]
"""

PLAN = read_plan(SERVICE_DOCUMENT)
START = Clock().now()


def stamp(seconds: float) -> Stamp:
    """A stamp so long after the start."""
    shift = round(seconds * 1000)
    moment = START.moment
    return Stamp(1, Moment(moment.at_ms + shift, True, moment.boot, moment.uptime_ms + shift))


NOW = Now(stamp(7200).moment, START.local)


def ticket(number: int, service: str, seconds: float) -> Ticket:
    """One who was called an hour after the start and was served so long."""
    one = Ticket(number, "А", number, service, "ru", TicketState.DONE, (number, 0), stamp(0), asked=service)
    return replace(one, last_called=stamp(3600), started=stamp(3620), ended=stamp(3600 + seconds))


def served_today(plan: Plan, *done: tuple[str, float]) -> Learnt:
    """What is learnt from these services of today alone."""
    found = {n: ticket(n, service, seconds) for n, (service, seconds) in enumerate(done, start=1)}
    return learn(plan, Office(plan=plan, tickets=found), NOW, {})


def test_an_office_that_has_served_nobody_takes_the_norms() -> None:
    learnt = served_today(PLAN)
    assert math.isclose(learnt.mean_s("bills"), 600, rel_tol=1e-6)
    assert math.isclose(learnt.mean_s("meters"), 1200, rel_tol=1e-6)
    assert math.isclose(learnt.sigma**2, USUAL_VARIANCE)


def test_many_services_outweigh_the_norm_and_doubt_shrinks() -> None:
    dice = Random(3)
    times = [("bills", dice.lognormvariate(math.log(400), 0.5)) for _ in range(400)]
    learnt = served_today(PLAN, *times)
    assert math.isclose(math.exp(learnt.log_means["bills"]), 400, rel_tol=0.08)
    assert math.isclose(learnt.sigma, 0.5, rel_tol=0.1)
    assert learnt.doubts["bills"] < 0.05 < served_today(PLAN).doubts["bills"]


def test_a_service_that_nobody_had_follows_the_hall() -> None:
    learnt = served_today(PLAN, *[("bills", 300.0 + n) for n in range(50)])
    assert 0.5 * 1200 < learnt.mean_s("meters") < 0.8 * 1200


def test_two_visitors_do_not_decide() -> None:
    learnt = served_today(PLAN, ("bills", 60.0), ("bills", 70.0))
    assert learnt.mean_s("bills") > 200


def test_services_still_going_on_count() -> None:
    short = [("bills", 200.0), ("bills", 240.0), ("bills", 220.0)]
    found = {n: ticket(n, service, seconds) for n, (service, seconds) in enumerate(short, start=1)}
    desks = {}
    for n in range(1, 3):
        one = replace(ticket(10 + n, "bills", 0), state=TicketState.SERVING, desk=n, ended=None)
        found[one.id] = replace(one, last_called=stamp(7200 - 1500))
        desks[n] = Desk(n, DeskState.SERVING, one.id)
    office = Office(plan=PLAN, tickets=found, desks=desks)
    assert learn(PLAN, office, NOW, {}).mean_s("bills") > 1.3 * served_today(PLAN, *short).mean_s("bills")


def test_what_a_person_did_not_end_teaches_nothing() -> None:
    whole = [("bills", 600.0)] * 5
    odd = replace(ticket(99, "bills", 9000), by_system=True)
    again = replace(ticket(98, "bills", 10), resumed=True)
    found = {n: ticket(n, service, seconds) for n, (service, seconds) in enumerate(whole, start=1)}
    office = Office(plan=PLAN, tickets={**found, 98: again, 99: odd})
    assert learn(PLAN, office, NOW, {}).log_means == served_today(PLAN, *whole).log_means


def test_those_who_do_not_come_are_counted() -> None:
    gone = {n: replace(ticket(n, "bills", 120), state=TicketState.MISSED) for n in range(1, 11)}
    learnt = learn(PLAN, Office(plan=PLAN, tickets=gone), NOW, {})
    assert learnt.no_show == (10 + NO_SHOW[0]) / (10 + NO_SHOW[1])
    assert learnt.missed_s == 120


def test_the_past_leaves_out_what_cannot_be_a_service() -> None:
    past = past_of([("bills", 0.0), ("bills", -5.0), ("bills", 600.0), ("bills", 10**6)])
    assert past["bills"].count == 1
