"""Numbers with more to them: services, purposes, categories, access needs; sending, merging, leaving with a reason."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.rig import Browser, Rig, press


def taken(client: Browser, **body: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/tickets", json={"service": "consult", **body})
    assert answer.status_code == 201, answer.text
    view: dict[str, Any] = answer.json()
    return view


def refused(answer: Any) -> tuple[int, str]:
    return (answer.status_code, answer.json()["code"])


def test_a_ticket_bears_what_was_said_with_it(hall: Rig) -> None:
    view = taken(hall.client(), also=["submit"], purpose="collect", category="veteran", needs=["voice", "step-free"])
    assert (view["purpose"], view["category"], view["confirmed"]) == ("collect", "veteran", None)
    assert view["needs"] == ["step-free", "voice"]
    assert [(stop["service"], stop["service_name"]["ru"]) for stop in view["route"]] == [("submit", "Подача")]
    assert view["promised"] is True


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"purpose": "submit"}, 404, "unknown-purpose"),
        ({"category": "king"}, 404, "unknown-category"),
        ({"also": ["none"]}, 404, "unknown-service"),
        ({"also": ["submit"] * 9}, 422, "bad-input"),
        ({"needs": ["gold"]}, 422, "bad-input"),
        ({"insist": True}, 401, "not-signed-in"),
        ({"confirmed": True, "category": "veteran"}, 401, "not-signed-in"),
        ({"service": "archive"}, 409, "not-today"),
    ],
)
def test_what_a_kiosk_may_not_ask(hall: Rig, body: dict[str, Any], status: int, code: str) -> None:
    answer = hall.client().post("/api/v1/tickets", json={"service": "consult", **body})
    assert refused(answer) == (status, code)
    assert hall.office.tickets == {}


def test_staff_confirm_at_once_and_insist_past_the_limit(hall: Rig) -> None:
    staff, kiosk = hall.operator(None), hall.client()
    assert taken(staff, category="veteran", confirmed=True)["confirmed"] is True
    for _ in range(2):
        taken(kiosk, service="submit")
    limit = kiosk.post("/api/v1/tickets", json={"service": "submit"})
    assert refused(limit) == (409, "limit-reached")
    assert limit.json()["facts"] == {"service": "submit", "limit": 2}
    assert taken(staff, service="submit", insist=True)["promised"] is False


def test_a_visitor_is_sent_to_another_service_and_to_a_desk(hall: Rig) -> None:
    staff = hall.operator(None)
    number = taken(hall.client())["id"]
    path = f"/api/v1/tickets/{number}/send"
    view = staff.post(path, json={"service": "submit", "desk": 3}).json()
    assert (view["service"], view["for_desk"], view["state"]) == ("submit", 3, "waiting")
    assert staff.post(path, json={}).json()["for_desk"] is None
    assert refused(staff.post(path, json={"service": "consult", "desk": 3})) == (409, "desk-cannot-serve")
    assert refused(staff.post(path, json={"service": "none"})) == (404, "unknown-service")
    assert refused(staff.post(path, json={"desk": 77})) == (404, "unknown-desk")


def test_two_numbers_of_one_person_become_one(hall: Rig) -> None:
    staff, kiosk = hall.operator(None), hall.client()
    first, second = taken(kiosk)["id"], taken(kiosk, service="submit")["id"]
    view = staff.post(f"/api/v1/tickets/{second}/merge", json={"into": first}).json()
    assert (view["id"], [stop["service"] for stop in view["route"]]) == (first, ["submit"])
    gone = staff.get(f"/api/v1/tickets/{second}").json()
    assert (gone["state"], gone["reason"]) == ("left", "merged")
    again = staff.post(f"/api/v1/tickets/{second}/merge", json={"into": first})
    assert refused(again) == (409, "ticket-not-in-queue")
    assert refused(staff.post(f"/api/v1/tickets/{first}/merge", json={"into": first})) == (409, "ticket-not-in-queue")


def test_a_visit_grows_by_eight_services_and_no_more(hall: Rig) -> None:
    staff = hall.operator(None)
    path = f"/api/v1/tickets/{taken(hall.client())['id']}/services"
    for count in range(1, 9):
        assert len(staff.post(path, json={"service": "submit"}).json()["route"]) == count
    answer = staff.post(path, json={"service": "submit"})
    assert refused(answer) == (409, "route-too-long")
    assert answer.json()["facts"]["limit"] == 8
    assert refused(staff.post(path, json={"service": "none"})) == (404, "unknown-service")


def test_a_category_is_given_confirmed_refused_and_taken_away(hall: Rig) -> None:
    staff = hall.operator(None)
    path = f"/api/v1/tickets/{taken(hall.client())['id']}/category"
    for act in ("confirm", "refuse"):
        assert refused(staff.post(f"{path}/{act}")) == (409, "no-category")
    given = staff.post(path, json={"category": "veteran", "confirmed": False}).json()
    assert (given["category"], given["confirmed"]) == ("veteran", None)
    assert staff.post(f"{path}/confirm").json()["confirmed"] is True
    assert staff.post(f"{path}/refuse").json()["confirmed"] is False
    assert refused(staff.post(f"{path}/refuse")) == (409, "no-category")
    assert staff.post(path, json={"category": None}).json()["category"] is None
    assert refused(staff.post(path, json={"category": "king"})) == (404, "unknown-category")
    assert refused(staff.post(path, json={})) == (422, "bad-input")


def test_a_refused_category_gives_the_visitor_back_to_the_line(hall: Rig) -> None:
    desk = hall.operator(1)
    number = taken(hall.client(), category="veteran")["id"]
    press(desk, 1, "next")
    assert press(desk, 1, "next").json()["state"] == "called"
    assert desk.post(f"/api/v1/tickets/{number}/category/refuse").json()["state"] == "waiting"
    assert desk.get("/api/v1/desks/1").json()["state"] == "free"


def test_access_needs_are_noted_and_taken_back(hall: Rig) -> None:
    staff = hall.operator(None)
    path = f"/api/v1/tickets/{taken(hall.client())['id']}/needs"
    assert staff.post(path, json={"needs": ["voice", "time"]}).json()["needs"] == ["time", "voice"]
    assert staff.post(path, json={"needs": []}).json()["needs"] == []
    assert refused(staff.post(path, json={"needs": ["gold"]})) == (422, "bad-input")


@pytest.mark.parametrize("reason", ["left", "cancelled", "mistake"])
def test_a_visitor_leaves_with_a_reason(hall: Rig, reason: str) -> None:
    staff, number = hall.operator(None), taken(hall.client())["id"]
    path = f"/api/v1/tickets/{number}"
    assert refused(staff.post(f"{path}/leave", json={"reason": "merged"})) == (422, "bad-input")
    view = staff.post(f"{path}/leave", json={"reason": reason}).json()
    assert (view["state"], view["reason"]) == ("left", reason)
    for act, body in (("send", {}), ("needs", {"needs": []}), ("services", {"service": "submit"})):
        assert refused(staff.post(f"{path}/{act}", json=body)) == (409, "ticket-not-in-queue")


CHANGES: list[tuple[str, dict[str, Any] | None]] = [
    ("send", {"service": "submit"}),
    ("services", {"service": "submit"}),
    ("category", {"category": "veteran", "confirmed": False}),
    ("needs", {"needs": ["voice"]}),
    ("merge", {"into": 2}),
    ("leave", {"reason": "cancelled"}),
]


@pytest.mark.parametrize(("act", "body"), CHANGES, ids=[act for act, _ in CHANGES])
def test_a_change_is_done_once_for_its_key(hall: Rig, act: str, body: dict[str, Any]) -> None:
    staff, kiosk = hall.operator(None), hall.client()
    for _ in range(2):
        taken(kiosk)
    before = hall.office.seq
    headers = {"Idempotency-Key": f"once-{act}"}
    first = staff.post(f"/api/v1/tickets/1/{act}", json=body, headers=headers)
    again = staff.post(f"/api/v1/tickets/1/{act}", json=body, headers=headers)
    assert (first.status_code, again.status_code) == (200, 200), again.text
    assert (first.headers.get("idempotency-replayed"), again.headers["idempotency-replayed"]) == (None, "true")
    assert hall.office.seq == before + 1


@pytest.mark.parametrize(
    "act", ["send", "merge", "services", "category", "category/confirm", "category/refuse", "needs"]
)
def test_a_ticket_that_is_not_there_can_not_be_changed(hall: Rig, act: str) -> None:
    body = {**dict(CHANGES), "category/confirm": None, "category/refuse": None}[act]
    answer = hall.operator(None).post(f"/api/v1/tickets/77/{act}", json=body)
    assert refused(answer) == (404, "unknown-ticket")


def test_who_counts_ids_up_learns_nobodys_category_or_needs(hall: Rig) -> None:
    staff, kiosk = hall.operator(None), hall.client()
    number = taken(kiosk)["id"]
    staff.post(f"/api/v1/tickets/{number}/needs", json={"needs": ["step-free"]})
    staff.post(f"/api/v1/tickets/{number}/category", json={"category": "veteran"})
    path = f"/api/v1/tickets/{number}"
    hidden, shown = kiosk.get(path).json(), staff.get(path).json()
    assert (hidden["category"], hidden["confirmed"], hidden["needs"]) == (None, None, [])
    assert (shown["category"], shown["confirmed"], shown["needs"]) == ("veteran", True, ["step-free"])
