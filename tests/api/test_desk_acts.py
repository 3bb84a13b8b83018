"""What a screen at a desk can do besides the three keys."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.rig import Browser, Rig, press, take


def serving(rig: Rig, desk: Browser, number: int = 1) -> None:
    """A visitor of `number` is being served."""
    take(rig.client())
    if rig.office.desks[number].state == "closed":
        press(desk, number, "next")
    press(desk, number, "next")
    assert press(desk, number, "finish").json()["state"] == "serving"


def refused(answer: Any) -> tuple[int, str]:
    return (answer.status_code, answer.json()["code"])


def test_a_desk_opens_and_ends_its_break_by_a_screen(hall: Rig) -> None:
    desk = hall.operator(1)
    assert desk.post("/api/v1/desks/1/open").json()["state"] == "free"
    assert refused(desk.post("/api/v1/desks/1/open")) == (409, "desk-already-open")


def test_whom_the_roster_has_at_a_desk_is_signed_in_by_opening_it(hall: Rig) -> None:
    owner = hall.owner()
    assert owner.post("/api/v1/desks/2/open").json()["operator"] == "vera"
    assert owner.post("/api/v1/desks/3/open").json()["operator"] is None


def test_a_break_needs_a_known_reason_and_enough_other_desks(hall: Rig) -> None:
    desk, owner = hall.operator(1), hall.owner()
    desk.post("/api/v1/desks/1/open")
    few = desk.post("/api/v1/desks/1/break", json={"reason": "lunch"})
    assert refused(few) == (409, "too-few-desks")
    assert few.json()["facts"] == {"desk": 1, "working": 0, "needed": 1}
    owner.post("/api/v1/desks/2/open")
    assert refused(desk.post("/api/v1/desks/1/break", json={"reason": "form"})) == (404, "unknown-reason")
    view = desk.post("/api/v1/desks/1/break", json={"reason": "lunch"}).json()
    assert (view["state"], view["break_reason"]) == ("break", "lunch")
    assert desk.post("/api/v1/desks/1/open").json()["state"] == "free"
    assert desk.post("/api/v1/desks/1/break").json()["break_reason"] == ""


def test_a_visitor_is_set_aside_with_reason_and_minutes(hall: Rig) -> None:
    desk = hall.operator(1)
    serving(hall, desk)
    assert refused(desk.post("/api/v1/desks/1/park", json={"reason": "lunch"})) == (404, "unknown-reason")
    assert refused(desk.post("/api/v1/desks/1/park", json={"minutes": 241})) == (422, "bad-input")
    view = desk.post("/api/v1/desks/1/park", json={"reason": "form"}).json()
    assert [(row["ticket"], row["reason"]) for row in view["parked"]] == [(1, "form")]
    ticket = desk.get("/api/v1/tickets/1").json()
    assert (ticket["state"], ticket["reason"], ticket["parked_s"]) == ("parked", "form", 300)
    serving(hall, desk)
    desk.post("/api/v1/desks/1/park", json={"minutes": 0})
    assert hall.client().get("/api/v1/tickets/2").json()["parked_s"] is None
    assert refused(desk.post("/api/v1/desks/1/park")) == (409, "desk-not-serving")


def test_a_visitor_goes_to_another_desk_and_comes_back(hall: Rig) -> None:
    desk, owner = hall.operator(1), hall.owner()
    owner.post("/api/v1/desks/3/open")
    serving(hall, desk)
    path = "/api/v1/desks/1/transfer"
    assert refused(desk.post(path, json={"to_desk": 1})) == (409, "desk-cannot-serve")
    assert refused(desk.post(path, json={"to_desk": 3})) == (409, "desk-cannot-serve")
    assert refused(desk.post(path, json={"to_desk": 77})) == (404, "unknown-desk")
    assert refused(desk.post(path, json={"service": "none"})) == (404, "unknown-service")
    view = desk.post(path, json={"service": "submit", "to_desk": 3, "come_back": True}).json()
    assert view["state"] == "free"
    ticket = hall.client().get("/api/v1/tickets/1").json()
    assert (ticket["service"], ticket["for_desk"]) == ("submit", 3)
    assert [(stop["service"], stop["desk"]) for stop in ticket["route"]] == [("consult", 1)]
    for key in ("next", "finish", "finish"):
        press(owner, 3, key)
    back = hall.client().get("/api/v1/tickets/1").json()
    assert (back["state"], back["service"], back["for_desk"], back["route"]) == ("waiting", "consult", 1, [])
    line = desk.get("/api/v1/desks/1").json()["line"]
    assert [(row["ticket"], row["why"]) for row in line] == [(1, "directed")]


def test_a_number_is_called_past_the_line_by_whoever_may(hall: Rig) -> None:
    anna, vera = hall.operator(1), hall.operator(2, "vera")
    for _ in range(3):
        take(hall.client())
    anna.post("/api/v1/desks/1/open")
    vera.post("/api/v1/desks/2/open")
    assert refused(vera.post("/api/v1/desks/2/call", json={"ticket": 3})) == (409, "may-not-pick")
    view = anna.post("/api/v1/desks/1/call", json={"ticket": 3}).json()
    assert (view["state"], view["ticket"]["id"], view["may_pick"]) == ("called", 3, True)
    assert refused(anna.post("/api/v1/desks/1/call", json={"ticket": 2})) == (409, "desk-busy")
    press(anna, 1, "finish")
    press(anna, 1, "finish")
    assert refused(anna.post("/api/v1/desks/1/call", json={"ticket": 3})) == (409, "ticket-not-in-queue")
    assert refused(anna.post("/api/v1/desks/1/call", json={"ticket": 77})) == (404, "unknown-ticket")
    picked = [row for row in hall.reads.journal(0, 500) if row.kind == "TicketCalled"]
    assert [(row.actor, '"why":"picked"' in row.body.replace(" ", "")) for row in picked] == [("desk:1/anna", True)]


def test_the_line_says_why_each_is_where_they_are(hall: Rig) -> None:
    desk = hall.operator(1)
    desk.post("/api/v1/desks/1/open")
    take(hall.client())
    hall.client().post("/api/v1/tickets", json={"service": "consult", "category": "veteran"})
    line = desk.get("/api/v1/desks/1").json()["line"]
    assert [(row["ticket"], row["why"], row["over"]) for row in line] == [
        (2, "priority", "А\u00a0001"),
        (1, "turn", None),
    ]
    assert [(row["category"], row["confirmed"]) for row in line] == [("veteran", None), (None, None)]


ACTS: list[tuple[str, dict[str, Any]]] = [
    ("park", {"reason": "form"}),
    ("transfer", {"service": "submit", "come_back": True}),
]


@pytest.mark.parametrize(("act", "body"), ACTS, ids=[act for act, _ in ACTS])
def test_an_act_of_a_desk_is_done_once_for_its_key(hall: Rig, act: str, body: dict[str, Any]) -> None:
    desk = hall.operator(1)
    serving(hall, desk)
    before = hall.office.seq
    headers = {"Idempotency-Key": f"once-{act}"}
    answers = [desk.post(f"/api/v1/desks/1/{act}", json=body, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[1].headers["idempotency-replayed"] == "true"
    assert hall.office.seq == before + 1
