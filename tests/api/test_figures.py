"""The figures over the API: who may see them, what a period is, and that they are the domain's own."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from appliance.domain.calling import CallNext, Miss
from appliance.domain.days import CloseDay, OpenDay
from appliance.domain.desks import OpenDesk, SignIn
from appliance.domain.indicators.day_log import day_logs
from appliance.domain.indicators.facts import DIMENSIONS, Facts, events, facts_of, merged
from appliance.domain.indicators.period import INDICATORS, OWN_DAY, desk_day, value, values
from appliance.domain.indicators.present import live
from appliance.domain.serving import Finish, Start
from appliance.domain.tickets import TakeTicket
from tests.api.rig import Browser, Rig

TODAY = "first=2026-11-24&last=2026-11-24"
PERIOD = "/api/v1/indicators?"


def small_day(rig: Rig) -> None:
    """Two visitors are served at table 1 after 2 and 21 min, one doesn't come to table 3, one still waits."""
    rig.do(SignIn(1, "anna"))
    rig.do(OpenDesk(1), actor="desk:1/anna")
    rig.do(OpenDesk(3), actor="desk:3")
    for service in ("consult", "consult"):
        rig.do(TakeTicket(service, paper=False), actor="kiosk")
    rig.clock.later(120)
    for minutes in (18, 5):
        rig.do(CallNext(1), actor="desk:1/anna")
        rig.clock.later(60)
        rig.do(Start(1), actor="desk:1/anna")
        rig.clock.later(60 * minutes)
        rig.do(Finish(1), actor="desk:1/anna")
    rig.do(TakeTicket("submit", paper=False), actor="kiosk")
    rig.clock.later(30)
    rig.do(CallNext(3), actor="desk:3")
    rig.clock.later(30)
    rig.do(Miss(3), actor="desk:3")
    rig.do(TakeTicket("consult", paper=False), actor="kiosk")
    rig.clock.later(90)


def by_the_domain(rig: Rig, first: int = 1, last: int = 1) -> Facts:
    """The facts of days, from the journal and the rules alone."""
    plan = rig.office.plan
    assert plan is not None
    now = rig.clock.now().moment
    logs = [
        next(day_logs(rig.reads.day_records(day), lambda _: plan, first=day, last=day, now=now))
        for day in range(first, last + 1)
    ]
    return merged(facts_of(log, by=DIMENSIONS) for log in logs)


def told(answer: list[dict[str, Any]]) -> dict[str, tuple[float | None, int]]:
    """Values and their n by indicator."""
    return {one["id"]: (one["value"], one["n"]) for one in answer}


def shut_out(client: Browser, path: str) -> str | None:
    """The code of the refusal; None where the door is open."""
    answer = client.get(path)
    return None if answer.status_code == 200 else str(answer.json()["code"])


def test_a_small_day_has_the_figures_worked_out_by_hand(hall: Rig) -> None:
    small_day(hall)
    figures = told(hall.owner().get(PERIOD + TODAY).json()["values"])
    expected = {
        "issued": (4, 4),
        "served": (2, 2),
        "missed": (1, 1),
        "in_hand": (1, 1),
        # 2 min, 2 + 1 + 18 min and half a minute.
        "wait_mean": (470_000, 3),
        "wait_max": (21 * 60_000, 3),
        "over_norm": (1 / 3, 3),
        "service_mean": (11.5 * 60_000, 2),
        "way_mean": (60_000, 2),
        "abandonment": (1 / 3, 3),
    }
    assert {name: figures[name] for name in expected} == expected


def test_every_value_is_the_domains_own(hall: Rig) -> None:
    small_day(hall)
    facts, owner = by_the_domain(hall), hall.owner()
    answer = owner.get(PERIOD + TODAY).json()
    expected = {name: (one.value, one.n) for name, one in values(facts).items()}
    found = told(answer["values"])
    assert found.pop("not_opened") == (0, 0)
    assert found == expected
    assert answer["days"] == 1


@pytest.mark.parametrize("by", ["service", "organisation", "purpose", "category", "desk", "operator", "hour", "reason"])
def test_the_parts_of_a_period_are_the_domains_own(hall: Rig, by: str) -> None:
    small_day(hall)
    facts = by_the_domain(hall)
    answer = hall.owner().get(f"{PERIOD}{TODAY}&by={by}").json()
    keys = facts.values_of(by)
    assert [group["key"] for group in answer["groups"]] == [str(key) for key in keys]
    for group, key in zip(answer["groups"], keys, strict=True):
        expected = {name: (one.value, one.n) for name, one in values(facts, (by, key)).items()}
        assert told(group["values"]) == expected


def test_parts_add_up_to_the_whole(hall: Rig) -> None:
    small_day(hall)
    owner = hall.owner()
    for by in ("service", "hour"):
        answer = owner.get(f"{PERIOD}{TODAY}&by={by}").json()
        whole = told(answer["values"])
        for name in ("issued", "served", "missed", "services", "no_shows"):
            assert sum(told(group["values"])[name][0] or 0 for group in answer["groups"]) == whole[name][0], (by, name)


def test_the_figures_of_a_desk_and_of_a_person_are_for_the_owner_alone(hall: Rig) -> None:
    owner, operator, nobody = hall.owner(), hall.operator(1), hall.client()
    for path in (PERIOD + TODAY, f"{PERIOD}{TODAY}&by=service", f"/api/v1/indicators/wait_mean/events?{TODAY}"):
        assert [shut_out(one, path) for one in (owner, operator, nobody)] == [None, None, "not-signed-in"]
    for by in ("desk", "operator"):
        for path in (f"{PERIOD}{TODAY}&by={by}", f"/api/v1/indicators/services/events?{TODAY}&by={by}&key=1"):
            assert [shut_out(one, path) for one in (owner, operator, nobody)] == [None, "owner-only", "not-signed-in"]
    assert [shut_out(one, "/api/v1/indicators/now") for one in (owner, operator, nobody)] == [
        None,
        None,
        "not-signed-in",
    ]


def test_an_operator_sees_the_own_day_and_nobody_elses(hall: Rig) -> None:
    small_day(hall)
    anna, path = hall.operator(1, "anna"), "/api/v1/indicators/desks/{}"
    own = anna.get(path.format(1)).json()
    facts = by_the_domain(hall)
    assert own["operator"] == "anna"
    assert [one["id"] for one in own["values"]] == list(OWN_DAY)
    assert told(own["values"]) == {
        name: (one.value, one.n) for name, one in desk_day(facts, ("operator", "anna")).items()
    }
    assert shut_out(anna, path.format(3)) == "other-desk"
    assert shut_out(hall.client(), path.format(1)) == "not-signed-in"
    of_desk = hall.owner().get(path.format(3)).json()
    assert of_desk["operator"] is None
    assert told(of_desk["values"])["no_shows"] == (1, 1)


def test_before_the_first_day_there_is_no_own_day(shut: Rig) -> None:
    assert shut.operator(1).get("/api/v1/indicators/desks/1").json()["values"] == []


def test_a_period_takes_the_days_with_its_dates_and_no_others(hall: Rig) -> None:
    small_day(hall)
    hall.do(CloseDay())
    hall.clock.later(24 * 3600)
    hall.do(OpenDay())
    hall.do(TakeTicket("consult", paper=False))
    owner = hall.owner()

    def issued(first: str, last: str) -> tuple[int, float]:
        answer = owner.get(f"{PERIOD}first={first}&last={last}").json()
        return answer["days"], told(answer["values"])["issued"][0] or 0

    assert issued("2026-11-24", "2026-11-24") == (1, 4)
    assert issued("2026-11-25", "2026-11-25") == (1, 1)
    assert issued("2026-11-01", "2026-12-31") == (2, 5)
    assert issued("2026-11-26", "2026-12-31") == (0, 0)


def test_a_day_that_is_over_says_the_same_when_it_is_asked_again(hall: Rig) -> None:
    small_day(hall)
    hall.do(CloseDay())
    hall.clock.later(24 * 3600)
    hall.do(OpenDay())
    owner = hall.owner()
    once = owner.get(PERIOD + TODAY).json()
    hall.do(TakeTicket("consult", paper=False))
    assert owner.get(PERIOD + TODAY).json() == once


@pytest.mark.parametrize(
    ("period", "code"),
    [
        ("first=2026-11-24&last=2026-11-23", "period-wrong"),
        ("first=2025-01-01&last=2026-11-24", "period-wrong"),
        ("first=24.11.2026&last=24.11.2026", "bad-input"),
        ("first=2026-11-24", "bad-input"),
        (f"{TODAY}&by=colour", "bad-input"),
    ],
)
def test_a_period_that_is_none_is_refused(hall: Rig, period: str, code: str) -> None:
    assert shut_out(hall.owner(), PERIOD + period) == code


def test_the_longest_period_is_answered(hall: Rig) -> None:
    assert hall.owner().get(f"{PERIOD}first=2025-10-20&last=2026-11-24").status_code == 200
    assert (date(2026, 11, 24) - date(2025, 10, 20)).days == 400


def test_the_entries_behind_a_value_are_in_the_journal_and_are_those_of_the_domain(hall: Rig) -> None:
    small_day(hall)
    owner, plan = hall.owner(), hall.office.plan
    assert plan is not None
    (log,) = day_logs(hall.reads.day_records(1), lambda _: plan, now=hall.clock.now().moment)
    journal = {row.seq: row.kind for row in hall.reads.journal(0, 10_000)}
    for name, declared in INDICATORS.items():
        found = owner.get(f"/api/v1/indicators/{name}/events?{TODAY}").json()["events"]
        expected = {seq for sample in events([log], declared.measures) for seq in sample.seqs}
        if not declared.measures:  # of planned dates: the value names its entries itself
            expected = set(value(facts_of(log), name).events)
        assert found == sorted(expected), name
        assert set(found) <= set(journal), name
    waits = owner.get(f"/api/v1/indicators/wait_mean/events?{TODAY}").json()["events"]
    assert sorted(journal[seq] for seq in waits) == ["TicketCalled"] * 3 + ["TicketIssued"] * 3


def test_the_entries_of_a_part_are_a_part_of_the_entries(hall: Rig) -> None:
    small_day(hall)
    owner = hall.owner()
    path = f"/api/v1/indicators/wait_mean/events?{TODAY}"
    whole = owner.get(path).json()["events"]
    of = {key: owner.get(f"{path}&by=service&key={key}").json()["events"] for key in ("consult", "submit", "gone")}
    assert (len(of["consult"]), len(of["submit"]), of["gone"]) == (4, 2, [])
    assert sorted(of["consult"] + of["submit"]) == whole


@pytest.mark.parametrize(
    "path", ["no-such/events?", "wait_mean/events?by=desk&key=one&", "wait_mean/events?by=reason&"]
)
def test_entries_of_what_there_is_not_are_not_found(hall: Rig, path: str) -> None:
    assert shut_out(hall.owner(), f"/api/v1/indicators/{path}{TODAY}") == "not-found"


def test_the_present_is_the_domains_own_and_brings_the_advice(hall: Rig) -> None:
    small_day(hall)
    answer = hall.owner().get("/api/v1/indicators/now").json()
    present = live(hall.office, hall.clock.now())
    assert told(answer["values"]) == {name: (one.value, one.n) for name, one in present.values.items()}
    assert told(answer["values"])["waiting_max"] == (90_000, 1)
    assert answer["idle_desks"] == list(present.idle_desks) == [1]
    assert answer["advice"] is None
