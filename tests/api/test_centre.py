"""The situation centre as the API tells it: outcomes, what stands, and who of the staff may end it."""

from __future__ import annotations

from typing import Any

import pytest

from appliance.domain.desks import OpenDesk
from tests.api.rig import Browser, Rig, take
from tests.domain.directing import order


def direct(rig: Rig, kind: str, body: dict[str, Any]) -> None:
    """Give the next directive."""
    rig.do(order(rig.office, rig.clock.now().moment.at_ms, kind, body), actor="centre:disp-1")


def end(client: Browser, what: str) -> tuple[int, str]:
    """End a change; the status and the code."""
    answer = client.post(f"/api/v1/standing/{what}/end")
    return answer.status_code, answer.json().get("code", "")


def test_outcomes_are_told_newest_first_with_what_stands(rig: Rig) -> None:
    direct(rig, "limit-service", {"service": "consult", "limit": 10})
    direct(rig, "close-desk", {"desk": 2})
    view = rig.operator(None).get("/api/v1/directives").json()
    assert view["last"] == 2
    assert [(one["number"], one["kind"], one["outcome"], one["code"]) for one in view["settled"]] == [
        (2, "close-desk", "refused", "desk-closed"),
        (1, "limit-service", "applied", ""),
    ]
    (standing,) = view["standing"]
    assert (standing["what"], standing["kind"], standing["value"]) == ("limit:consult", "limit", "10")
    assert (standing["service"], standing["author"], standing["directive"]) == ("consult", "disp-1", 1)
    assert rig.client().get("/api/v1/directives").status_code == 401


def test_reception_ends_a_limit_at_once_and_the_journal_names_it(rig: Rig) -> None:
    direct(rig, "stop-service", {"service": "consult"})
    kiosk = rig.client()
    refused = kiosk.post("/api/v1/tickets", json={"service": "consult"})
    assert (refused.status_code, refused.json()["code"]) == (409, "service-stopped")
    assert end(kiosk, "limit:consult") == (401, "not-signed-in")
    reception = rig.operator(None, "vera")
    assert end(reception, "limit:consult") == (200, "")
    take(kiosk)
    assert end(reception, "limit:consult") == (409, "nothing-standing")
    row = next(row for row in rig.reads.journal(0, 99) if row.kind == "StandingEnded")
    assert row.actor == "reception/vera"


def test_a_refused_visitor_is_counted_as_stopped_or_redirected(rig: Rig) -> None:
    direct(rig, "stop-service", {"service": "consult"})
    direct(rig, "redirect", {"service": "submit", "office": "office-18"})
    kiosk = rig.client()
    for service in ("consult", "submit"):
        kiosk.post("/api/v1/tickets", json={"service": service})
    kinds = [row.body for row in rig.reads.journal(0, 99) if row.kind == "VisitorTurnedAway"]
    assert kinds == ['{"service":"consult","reason":"stopped"}', '{"service":"submit","reason":"redirected"}']


@pytest.mark.parametrize("what", ["wait-norm:", "service-norm:consult", "policy"])
def test_norms_and_the_policy_are_the_owners_to_end(rig: Rig, what: str) -> None:
    direct(rig, "set-norm", {"service": None, "wait_min": 5})
    direct(rig, "set-norm", {"service": "consult", "service_min": 5})
    direct(rig, "set-policy", {"kind": "absolute"})
    assert end(rig.operator(None), what) == (403, "owner-only")
    assert end(rig.owner(), what) == (200, "")


def test_an_operator_ends_the_skills_of_their_own_desk(rig: Rig) -> None:
    rig.do(OpenDesk(1))
    direct(rig, "add-skill", {"desk": 3, "service": "consult"})
    direct(rig, "add-skill", {"desk": 2, "service": "submit"})
    assert end(rig.operator(2, "boris"), "skill:3:consult") == (403, "other-desk")
    assert [one["what"] for one in rig.operator(3, "olga").get("/api/v1/desks/3").json()["standing"]] == [
        "skill:3:consult"
    ]
    assert end(rig.operator(3, "olga"), "skill:3:consult") == (200, "")
    assert end(rig.operator(None, "vera"), "skill:2:submit") == (200, "")


def test_the_hall_shows_the_message_until_it_is_taken_away(rig: Rig) -> None:
    screen = rig.client()
    assert screen.get("/api/v1/hall").json()["message"] is None
    direct(rig, "show-message", {"texts": {"ru": "Печать до 14:00", "en": "Printing until 14:00"}, "minutes": 30})
    message = screen.get("/api/v1/hall").json()["message"]
    assert (message["ru"], message["en"], message["uk"]) == (
        "Печать до 14:00",
        "Printing until 14:00",
        "Печать до 14:00",
    )
    assert end(rig.operator(None), "message") == (200, "")
    assert screen.get("/api/v1/hall").json()["message"] is None


def test_the_kiosk_says_why_and_where_else(rig: Rig) -> None:
    direct(rig, "redirect", {"service": "consult", "office": "office-18", "texts": {"ru": "Соседний офис, дом 3"}})
    direct(rig, "stop-service", {"service": "submit"})
    services = {one["id"]: one for one in rig.client().get("/api/v1/kiosk").json()["services"]}
    assert (services["consult"]["reason"], services["consult"]["elsewhere"]["ru"]) == (
        "service-redirected",
        "Соседний офис, дом 3",
    )
    assert (services["submit"]["reason"], services["submit"]["elsewhere"]) == ("service-stopped", None)
    told = rig.client("ru").post("/api/v1/tickets", json={"service": "consult"}).json()["detail"]
    assert "office-18" in told


def test_a_name_that_no_change_can_have_is_bad_input(rig: Rig) -> None:
    assert end(rig.operator(None), "limit:%D1%8F")[0] == 422
    assert end(rig.operator(None), "nonsense")[0] == 403
