"""What each route does, on the real writer."""

from __future__ import annotations

from appliance.domain.days import CloseDay, OpenDay
from tests.api.rig import PIN, Rig, press, take


def test_a_taken_ticket_is_told_with_its_number_its_place_and_its_paper(rig: Rig) -> None:
    kiosk = rig.client()
    take(kiosk)
    view = take(kiosk)
    assert (view["id"], view["label"], view["state"], view["ahead"]) == (2, "А\u00a0002", "waiting", 1)
    assert (view["paper"], view["service_name"]["uk"]) == ("queued", "Услуга consult")
    assert view["issued_at"] == "2026-11-24T06:00:00Z"
    assert kiosk.get("/api/v1/tickets/2").json() == view


def test_a_ticket_without_paper_has_none(rig: Rig) -> None:
    answer = rig.client().post("/api/v1/tickets", json={"service": "submit", "paper": False})
    assert answer.json()["paper"] == "none"


def test_the_same_key_gets_the_same_ticket_and_says_so(rig: Rig) -> None:
    kiosk = rig.client()
    first = kiosk.post("/api/v1/tickets", json={"service": "consult"}, headers={"Idempotency-Key": "k1"})
    again = kiosk.post("/api/v1/tickets", json={"service": "consult"}, headers={"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert len(rig.office.tickets) == 1


def test_the_same_key_with_another_body_is_a_conflict(rig: Rig) -> None:
    kiosk = rig.client()
    take(kiosk, key="k1")
    answer = kiosk.post("/api/v1/tickets", json={"service": "submit"}, headers={"Idempotency-Key": "k1"})
    assert (answer.status_code, answer.json()["code"]) == (409, "key-reused")
    assert len(rig.office.tickets) == 1


def test_a_key_from_the_network_is_not_the_key_of_a_panel(rig: Rig) -> None:
    operator = rig.operator(1)
    headers = {"Idempotency-Key": "b0/7"}
    operator.post("/api/v1/desks/1/press", json={"key": "next"}, headers=headers)
    from appliance.domain.keys import Key, Press

    outcome = rig.do(Press(2, Key.NEXT), key="b0/7")
    assert not outcome.replayed
    assert outcome.records


def test_a_key_that_is_no_visible_text_is_refused(rig: Rig) -> None:
    for key in ("", " ", "a b", "x" * 81, "\x7f"):
        answer = rig.client().post("/api/v1/tickets", json={"service": "consult"}, headers={"Idempotency-Key": key})
        assert answer.status_code == 422, key
        assert answer.json()["facts"]["field"] == "Idempotency-Key"


def test_a_ticket_whose_day_ended_at_once_is_told_as_left(rig: Rig) -> None:
    from appliance.api import views
    from appliance.domain.tickets import TakeTicket

    outcome = rig.do(TakeTicket("consult"))
    rig.do(CloseDay())
    rig.clock.later(86_400)
    rig.do(OpenDay())
    ticket = views.taken(rig.office, outcome.records)
    assert views.ticket(rig.office, rig.clock.now(), ticket).state == "left"


def test_a_paper_from_elsewhere_is_adopted_by_staff(rig: Rig) -> None:
    answer = rig.operator(None).post(
        "/api/v1/tickets/adopt",
        json={"series": "a", "number": 9004, "service": "consult", "printed_at": "08:40"},
    )
    assert (answer.status_code, answer.json()["label"]) == (201, "А\u00a09004")


def test_leave_return_and_reprint_answer_with_the_ticket(rig: Rig) -> None:
    operator = rig.operator(1)
    ticket = take(rig.client())["id"]
    assert operator.post(f"/api/v1/tickets/{ticket}/reprint").json()["paper"] == "queued"
    press(operator, 1, "next")
    press(operator, 1, "next")
    assert operator.post("/api/v1/desks/1/miss").json()["missed"][0]["ticket"] == ticket
    assert operator.post(f"/api/v1/tickets/{ticket}/return").json()["state"] == "waiting"
    assert operator.post(f"/api/v1/tickets/{ticket}/leave").json()["state"] == "left"


def test_a_whole_visit_goes_by_keys(rig: Rig) -> None:
    operator = rig.operator(1)
    take(rig.client())
    states = [press(operator, 1, key).json()["state"] for key in ("next", "next", "finish", "finish")]
    assert states == ["free", "called", "serving", "free"]


def test_a_press_meant_for_another_situation_is_refused(rig: Rig) -> None:
    operator = rig.operator(1)
    take(rig.client())
    press(operator, 1, "next")
    answer = press(operator, 1, "next", expects=99)
    assert (answer.status_code, answer.json()["code"]) == (409, "changed-meanwhile")
    assert press(operator, 1, "next", expects=0).status_code == 200


def test_park_transfer_call_back_and_close(rig: Rig) -> None:
    operator = rig.operator(1)
    first, second = take(rig.client())["id"], take(rig.client())["id"]
    for key in ("next", "next", "finish"):
        press(operator, 1, key)
    assert operator.post("/api/v1/desks/1/transfer", json={}).json()["state"] == "free"
    assert rig.office.tickets[first].service == "submit"
    press(operator, 1, "next")
    press(operator, 1, "finish")
    assert operator.post("/api/v1/desks/1/close").json()["code"] == "desk-has-ticket"
    assert operator.post("/api/v1/desks/1/park").json()["state"] == "free"
    press(operator, 1, "next")
    operator.post("/api/v1/desks/1/miss")
    missed = [t.id for t in rig.office.tickets.values() if t.state == "missed"]
    back = operator.post("/api/v1/desks/1/call-back", json={"ticket": missed[0]})
    assert back.json()["state"] == "called"
    press(operator, 1, "finish")
    press(operator, 1, "finish")
    assert operator.post("/api/v1/desks/1/close").json()["state"] == "closed"
    assert second in rig.office.tickets


def test_the_day_is_opened_and_closed_by_staff(shut: Rig) -> None:
    operator = shut.operator(None)
    before = {"day": None, "date": None, "open": False, "paused": None, "hours": "hours-ordinary"}
    assert shut.client().get("/api/v1/day").json() == before
    assert operator.post("/api/v1/day/open").json() == {**before, "day": 1, "date": "2026-11-24", "open": True}
    assert operator.post("/api/v1/day/open").json()["code"] == "day-already-open"
    assert operator.post("/api/v1/day/close").json()["open"] is False


def test_the_first_key_of_a_morning_opens_the_day_too(shut: Rig) -> None:
    operator = shut.operator(1)
    assert press(operator, 1, "next").json()["open_day"] is True


def test_the_journal_names_who_did_it(rig: Rig) -> None:
    kiosk, reception, operator, owner = rig.client(), rig.operator(None, "vera"), rig.operator(1), rig.owner()
    take(kiosk)
    take(reception)
    take(owner)
    press(operator, 1, "next")
    rows = owner.get("/api/v1/journal").json()
    told = [(row["kind"], row["actor"]) for row in rows]
    assert told[-5:] == [
        ("OperatorSignedIn", "desk:1/anna"),
        ("TicketIssued", "kiosk"),
        ("TicketIssued", "reception/vera"),
        ("TicketIssued", "owner"),
        ("DeskOpened", "desk:1/anna"),
    ]
    assert rows[0]["seq"] == 1
    assert len(rows[0]["chain"]) == 64
    assert [row["seq"] for row in owner.get("/api/v1/journal?after=2&limit=2").json()] == [3, 4]
    assert owner.get("/api/v1/journal?limit=501").status_code == 422


def test_a_desk_that_closed_is_told_again_who_works_there(rig: Rig) -> None:
    operator = rig.operator(1)
    press(operator, 1, "next")
    operator.post("/api/v1/desks/1/close")
    assert rig.office.desks[1].operator is None
    assert press(operator, 1, "next").json()["operator"] == "anna"


def test_health_tells_whether_the_writer_lives(rig: Rig) -> None:
    answer = rig.client().get("/api/v1/health")
    assert (answer.status_code, answer.json()["alive"]) == (200, True)
    assert answer.json()["seq"] == rig.office.seq
    rig.writer.stop()
    dead = rig.client().get("/api/v1/health")
    assert (dead.status_code, dead.json()["alive"]) == (503, False)


def test_a_dead_writer_says_ask_again(rig: Rig) -> None:
    rig.writer.stop()
    answer = rig.client().post("/api/v1/tickets", json={"service": "consult"})
    assert (answer.status_code, answer.json()["code"]) == (503, "store-failed")
    assert answer.headers["retry-after"] == "2"


def test_signing_in_moves_the_operator_in_the_queue(rig: Rig) -> None:
    rig.operator(1)
    assert rig.office.desks[1].operator == "anna"
    second = rig.operator(2)
    assert (rig.office.desks[1].operator, rig.office.desks[2].operator) == (None, "anna")
    assert second.get("/api/v1/desks/2").json()["operator_name"] == "Anna"
    answer = second.post("/api/v1/desks/2/sign-out")
    assert answer.json()["role"] == "nobody"
    assert rig.office.desks[2].operator is None
    assert second.get("/api/v1/desks/2").status_code == 401


def test_an_operator_who_goes_to_reception_leaves_the_desk(rig: Rig) -> None:
    rig.operator(1)
    rig.operator(None)
    assert rig.office.desks[1].operator is None


def test_a_removed_operator_works_nowhere(rig: Rig) -> None:
    operator, owner = rig.operator(1), rig.owner()
    assert owner.delete("/api/v1/operators/anna").json() == {"operator": "anna", "name": "Anna"}
    assert rig.office.desks[1].operator is None
    assert operator.get("/api/v1/desks/1").status_code == 401
    again = owner.delete("/api/v1/operators/anna")
    assert (again.status_code, again.json()["code"]) == (404, "unknown-operator")


def test_the_owner_keeps_the_list_of_operators(rig: Rig) -> None:
    owner = rig.owner()
    body = {"operator": "oleh", "name": "Олег", "pin": PIN}
    assert owner.put("/api/v1/operators", json=body).json() == {"operator": "oleh", "name": "Олег"}
    assert owner.get("/api/v1/operators").json() == [{"operator": "oleh", "name": "Олег"}]
    for pin in ("111111", "123456", "987654", "890123"):
        answer = owner.put("/api/v1/operators", json={**body, "pin": pin})
        assert (answer.status_code, answer.json()["code"]) == (422, "simple-pin"), pin
