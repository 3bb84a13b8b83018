"""The hall as a whole: reception, pauses, whoever went without a number, the waits that are told."""

from __future__ import annotations

import json

import pytest

from appliance.domain.calling import HearCall
from appliance.domain.days import CloseDay
from appliance.domain.tickets import Told
from tests.api.halls import ADVICE, Hall
from tests.api.rig import Rig, press, take


def away(rig: Rig) -> list[tuple[str | None, str, str]]:
    """Everybody who was counted as turned away: service, reason, actor."""
    rig.do(HearCall(0, 0))  # whatever waits before it is in the book
    rows = [row for row in rig.reads.journal(0, 500) if row.kind == "VisitorTurnedAway"]
    bodies = [(json.loads(row.body), row.actor) for row in rows]
    return [(body["service"], body["reason"], actor) for body, actor in bodies]


def test_a_pause_stops_numbers_and_calls_and_ends_with_resume(hall: Rig) -> None:
    staff, desk, kiosk = hall.operator(None, "vera"), hall.operator(1), hall.client("uk")
    take(kiosk)
    press(desk, 1, "next")
    assert staff.post("/api/v1/pause", json={"reason": "alarm"}).json()["paused"] == "alarm"
    assert staff.post("/api/v1/pause", json={"reason": "fire"}).json()["paused"] == "alarm"
    refused = kiosk.post("/api/v1/tickets", json={"service": "consult"})
    assert (refused.status_code, refused.json()["code"]) == (409, "hall-paused")
    assert refused.json()["detail"].startswith("Прийом призупинено")
    assert press(desk, 1, "next").json()["code"] == "hall-paused"
    assert kiosk.get("/api/v1/kiosk").json()["paused"] == "alarm"
    assert kiosk.get("/api/v1/hall").json()["paused"] == "alarm"
    assert staff.post("/api/v1/resume").json()["paused"] is None
    assert staff.post("/api/v1/resume").json()["code"] == "not-paused"
    assert press(desk, 1, "next").json()["state"] == "called"


def test_a_pause_needs_an_open_day_and_a_known_reason(hall: Rig) -> None:
    staff = hall.operator(None)
    assert staff.post("/api/v1/pause", json={"reason": "lunch"}).status_code == 422
    hall.do(CloseDay())
    assert staff.post("/api/v1/pause", json={}).json()["code"] == "day-not-open"


def test_whoever_is_refused_a_number_is_counted_once_per_key(hall: Rig) -> None:
    staff, kiosk = hall.operator(None), hall.client()
    staff.post("/api/v1/pause", json={})
    for key in ("k1", "k1", "k2"):
        kiosk.post("/api/v1/tickets", json={"service": "consult"}, headers={"Idempotency-Key": key})
    kiosk.post("/api/v1/tickets", json={"service": "submit"})
    assert away(hall) == [("consult", "paused", "kiosk"), ("consult", "paused", "kiosk"), ("submit", "paused", "kiosk")]


@pytest.mark.parametrize(
    ("later_h", "service", "code", "reason"),
    [
        (0, "archive", "not-today", "closed"),
        (11, "consult", "issuing-closed", "closed"),
        (22, "consult", "issuing-not-yet", "closed"),
    ],
)
def test_the_hours_turn_visitors_away(hall: Rig, later_h: int, service: str, code: str, reason: str) -> None:
    hall.clock.later(later_h * 3600)
    answer = hall.client().post("/api/v1/tickets", json={"service": service})
    assert answer.json()["code"] == code
    assert away(hall) == [(service, reason, "kiosk")]


def test_limits_and_a_closed_day_turn_visitors_away_and_a_mistake_does_not(hall: Rig) -> None:
    kiosk = hall.client()
    for service in ("submit", "submit", "submit", "none"):
        kiosk.post("/api/v1/tickets", json={"service": service})
    hall.do(CloseDay())
    kiosk.post("/api/v1/tickets", json={"service": "consult"})
    assert away(hall) == [("submit", "limit", "kiosk"), ("consult", "closed", "kiosk")]


def test_no_time_left_is_refused_unless_the_visitor_waits_without_a_promise(hall: Rig) -> None:
    hall.waits.known["consult"] = Told(3600, 3 * 3600, 2 * 3600, 7200)
    hall.clock.later(10 * 3600)
    kiosk = hall.client("en")
    refused = kiosk.post("/api/v1/tickets", json={"service": "consult"})
    assert (refused.status_code, refused.json()["code"]) == (409, "no-time-left")
    assert refused.json()["facts"] == {"closes": "20:00", "wait_min": 120}
    offered = next(one for one in kiosk.get("/api/v1/kiosk").json()["services"] if one["id"] == "consult")
    assert (offered["available"], offered["may_wait"]) == (False, True)
    view = kiosk.post("/api/v1/tickets", json={"service": "consult", "unpromised": True}).json()
    assert view["promised"] is False
    assert away(hall) == [("consult", "no-time", "kiosk")]


def test_staff_count_whom_they_saw_go(hall: Rig) -> None:
    staff = hall.operator(None)
    assert staff.post("/api/v1/turned-away", json={"service": "consult", "reason": "left-before"}).status_code == 204
    headers = {"Idempotency-Key": "w1"}
    for _ in range(2):
        answer = staff.post("/api/v1/turned-away", json={"reason": "not-here"}, headers=headers)
        assert (answer.status_code, answer.content) == (204, b"")
    unknown = staff.post("/api/v1/turned-away", json={"service": "none", "reason": "limit"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown-service")
    assert staff.post("/api/v1/turned-away", json={"reason": "bored"}).status_code == 422
    actor = "reception/anna"
    assert away(hall) == [("consult", "left-before", actor), (None, "not-here", actor)]


def test_the_wait_is_told_as_a_range_and_as_times_of_day(hall: Rig) -> None:
    kiosk = hall.client()
    unknown = kiosk.get("/api/v1/services/consult/wait")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "no-estimate")
    assert kiosk.get("/api/v1/services/none/wait").json()["code"] == "unknown-service"
    hall.waits.known["consult"] = Told(480, 900, 600, 500)
    told = {"low_s": 480, "high_s": 900, "mean_s": 600, "calls_from": "09:08", "calls_until": "09:15"}
    assert kiosk.get("/api/v1/services/consult/wait").json() == told
    view = take(kiosk)
    hall.clock.later(300)
    now = kiosk.get(f"/api/v1/tickets/{view['id']}").json()["told"]
    assert {name: now[name] for name in ("low_s", "high_s", "calls_from", "calls_until")} == {
        name: told[name] for name in ("low_s", "high_s", "calls_from", "calls_until")
    }
    hall.clock.trusted = False
    assert kiosk.get("/api/v1/services/consult/wait").json()["calls_from"] is None


def test_a_box_without_a_plan_tells_no_wait(bare: Rig) -> None:
    assert bare.client().get("/api/v1/services/consult/wait").json()["code"] == "no-plan"


def test_reception_sees_everybody_in_hand_and_what_is_advised(hall: Rig) -> None:
    staff, kiosk = hall.operator(None, "vera"), hall.client()
    desk = hall.operator(1)
    for _ in range(4):
        take(kiosk)
    for key in ("next", "next", "finish", "repeat", "next"):
        press(desk, 1, key)
    hall.waits.advised = ADVICE
    view = staff.get("/api/v1/reception").json()
    assert [row["id"] for row in view["parked"]] == [1]
    assert [row["id"] for row in view["at_desks"]] == [2]
    assert [row["id"] for row in view["waiting"]] == [3, 4]
    assert (view["open"], view["paused"], view["gone"]) == (True, None, 0)
    assert view["advice"] == {
        "open_desks": [3],
        "share_before": 0.31,
        "share_after": 0.02,
        "wait_s": 700,
        "wait_after_s": 120,
    }
    first = view["desks"][0]
    assert (first["number"], first["state"], first["operator"]) == (1, "called", "anna")
    assert [row["planned"] for row in view["desks"]] == [False, True, False]
    kiosk.post("/api/v1/tickets/3/leave")
    staff.post("/api/v1/tickets/3/leave")
    assert staff.get("/api/v1/reception").json()["gone"] == 1


def test_reception_of_a_closed_office_is_empty(hall: Rig) -> None:
    take(hall.client())
    hall.do(CloseDay())
    view = hall.operator(None).get("/api/v1/reception").json()
    assert (view["open"], view["waiting"], view["gone"]) == (False, [], 0)


def test_a_refusal_says_the_offices_word_for_a_desk(hall: Rig) -> None:
    desk = hall.operator(1)
    told = {}
    for language in ("ru", "uk", "en"):
        headers = {"Accept-Language": language}
        told[language] = desk.post("/api/v1/desks/1/miss", headers=headers).json()["detail"]
    assert told["ru"].startswith("Стол 1 сейчас никого не вызывает")
    assert told["uk"].startswith("Стіл 1 зараз нікого не викликає")
    assert told["en"].startswith("Table 1 has not called anybody")


def test_the_hall_of_the_tests_is_a_plan_without_mistakes() -> None:
    assert Hall().plan.desk_word == "table"
